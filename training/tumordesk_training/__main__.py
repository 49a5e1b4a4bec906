"""Entry point only: spawned workers cannot unpickle classes that are defined in __main__."""

from __future__ import annotations

import sys
from multiprocessing import freeze_support


def main() -> int:
    """Run the command line; return its exit code."""
    freeze_support()
    from tumordesk_training.allocator import keep_memory
    from tumordesk_training.cli import main as run

    keep_memory()
    return run()


if __name__ == "__main__":
    sys.exit(main())
