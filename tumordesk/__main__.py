"""Start of the program: ``tumordesk`` and ``python -m tumordesk``."""

from __future__ import annotations

import sys
from multiprocessing import freeze_support


def main() -> int:
    """Run the command line; returns the exit code."""
    freeze_support()
    import os

    # Waiting OpenMP threads sleep instead of spinning: set before torch is first imported.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # Weights come with the program or from the user, never from the network.
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from tumordesk.cli import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
