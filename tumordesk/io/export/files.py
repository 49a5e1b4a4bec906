"""Writes a DICOM data set so that it is whole, read back, or not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pydicom.dataset import Dataset

from tumordesk.core.errors import ReadError, WriteError, plain_reason
from tumordesk.core.jsonio import atomic_write
from tumordesk.io.export.identity import sign
from tumordesk.io.header import Unusable
from tumordesk.io.quiet import HOSTILE_ERRORS, quiet

UNREADABLE: tuple[type[Exception], ...] = (ReadError, Unusable, *HOSTILE_ERRORS)


def write_dataset(
    path: Path, dataset: Dataset, verify: Callable[[Path], bool], *, overwrite: bool
) -> Path:
    """Write ``dataset``; ``verify`` reads the file and says whether it holds what it must.

    Raises:
        WriteError: disk full, no permission, there already, or it reads back different.
    """
    sign(dataset)

    def write(temporary: Path) -> None:
        try:
            with quiet():
                dataset.save_as(temporary, enforce_file_format=True)
        except OSError:
            raise
        except HOSTILE_ERRORS as error:
            raise WriteError(
                f"{path.name} could not be made: a value taken over from the scan cannot be "
                f"written ({plain_reason(error)}).",
                "Export NIfTI or NRRD instead.",
            ) from error
        try:
            with quiet():
                same = verify(temporary)
        except UNREADABLE as error:
            raise WriteError(f"{path.name} reads back damaged.", "Is the disk full?") from error
        if not same:
            raise WriteError(f"{path.name} reads back different from what was written.")

    atomic_write(path, write, overwrite=overwrite)
    return path
