"""Archives that were unpacked for a batch are removed as soon as they were used.

A folder of hundreds of zipped studies would fill the disk else: unpacked files usually stay until
the program ends.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from tumordesk.core.study import ScanResult


def unpacked_folders(scan: ScanResult) -> frozenset[Path]:
    """Private folders that this very scan unpacked series into; empty for ordinary files."""
    from tumordesk.io.archives import temporary_root

    root = temporary_root()
    paths = (item.path for series in scan.series for item in series.instances)
    return frozenset(
        root / path.relative_to(root).parts[0] for path in paths if path.is_relative_to(root)
    )


def remove(folders: Iterable[Path]) -> None:
    """Delete what was unpacked; what cannot be deleted goes when the program ends."""
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
