"""A made-up examination of several sequences, of which one alone shows the lesion."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from factories import AXES, write_series
from inference_fakes import BrightIsTumour, make_card
from tumordesk.core.geometry import affine_from
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import InputSpec, ModelCard
from tumordesk.core.study import Series
from tumordesk.core.volume import Volume
from tumordesk.io.nifti_write import build_nifti_header
from tumordesk.io.reader import open_series
from tumordesk.io.scan import scan_paths

SEQUENCES = ("T1", "FLAIR", "T1C")
DESCRIPTIONS = {
    "T1": "T1 AX", "FLAIR": "AX FLAIR", "T1C": "T1 AX POST GAD", "T2": "AX T2",
}  # fmt: skip
NUMBERS = {"T1": 4, "FLAIR": 5, "T1C": 9, "T2": 2}
BRATS = {"T1": "t1n", "FLAIR": "t2f", "T1C": "t1c", "T2": "t2w"}
LESION_MM = (32.0, -18.0, 4.0)
"""On the left."""


class ReadsChannel(BrightIsTumour):
    """Outlines what is bright in one channel of the input, and keeps what it was given."""

    def __init__(self, channel: int, limit: float = 0.7) -> None:
        super().__init__(limit)
        self.channel = channel
        self.inputs: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (n, 2, H, W)."""
        self.inputs.append(x.detach().clone())
        return super().forward(x[:, self.channel : self.channel + 1])


def several_card(**changes: Any) -> ModelCard:
    """A card that reads T1, FLAIR and T1 post-contrast; ``changes`` are those of its input."""
    spec = InputSpec(sequence="T1", sequences=SEQUENCES, channels=3, size=(64, 64), plane="axial")
    return make_card(id="several-fake", name="Several", input=replace(spec, **changes))


@dataclass(frozen=True)
class Grid:
    """Where the voxels of a series lie: plane, shape, (slice, row, column) mm, first voxel."""

    plane: str = "axial"
    shape: tuple[int, int, int] = (12, 64, 64)
    spacing: tuple[float, float, float] = (5.0, 3.0, 3.0)
    origin: tuple[float, float, float] = (-94.5, -94.5, -27.5)

    @property
    def affine(self) -> np.ndarray:
        """(slice, row, column, 1) to LPS mm."""
        row, column = (np.array(v) for v in AXES[self.plane])
        axes = np.stack([np.cross(row, column), column, row], axis=1)
        return affine_from(self.origin, axes, self.spacing)

    def scene(
        self, *, lesion: bool, moved: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ) -> np.ndarray:
        """A head (uint16) with a bright ball, which is on the right if not a ``lesion``.

        Skull, ventricle and eyes show where it lies to whoever compares two series.
        """
        index = np.stack(np.meshgrid(*map(np.arange, self.shape), indexing="ij"), axis=-1)
        places = index @ self.affine[:3, :3].T + self.affine[:3, 3]
        places = places - np.array(moved)
        x, y, z = np.moveaxis(places, -1, 0)
        out = (x / 75) ** 2 + (y / 85) ** 2 + ((z - 8) / 70) ** 2
        values = np.where(out < 1, 300.0, 0.0)
        values[(out > 0.8) & (out < 1)] = 420
        values[(x / 12) ** 2 + ((y + 8) / 30) ** 2 + ((z - 6) / 14) ** 2 < 1] = 120
        for side in (-28, 31):
            values[np.hypot(np.hypot(x - side, y + 62), z + 12) < 11] = 180
        centre = np.array(LESION_MM) * (1.0 if lesion else -1.0, 1.0, 1.0)
        away = np.linalg.norm(places - centre, axis=-1)
        # A soft edge, so that other grids show the same ball.
        ball = 700 * np.clip((18.0 - away) / 6.0, 0, 1)
        return np.asarray(values + ball, dtype=np.uint16)


AXIAL = Grid()
SAGITTAL = Grid("sagittal", (64, 40, 64), (3.0, 2.0, 3.0), (94.5, -94.5, 39.0))
"""Slices from left to right, rows to the feet."""


def write_dicom(
    folder: Path,
    sequence: str,
    grid: Grid = AXIAL,
    *,
    moved: tuple[float, float, float] = (0.0, 0.0, 0.0),
    **attributes: Any,
) -> None:
    """One series of the study; the post-contrast one shows the lesion.

    ``moved``: LPS mm by which the head lay elsewhere while it was made.
    """
    own = {
        "study": "several", "series": sequence, "SeriesDescription": DESCRIPTIONS[sequence],
        "SeriesNumber": NUMBERS[sequence],
    }  # fmt: skip
    write_series(
        folder / sequence, grid.scene(lesion=sequence == "T1C", moved=moved), plane=grid.plane,
        spacing_mm=grid.spacing, origin_mm=grid.origin, **(own | attributes),
    )  # fmt: skip


def write_study(folder: Path, sequences: tuple[str, ...] = (*SEQUENCES, "T2")) -> Path:
    """A DICOM study of these sequences, all on one grid."""
    for sequence in sequences:
        write_dicom(folder, sequence)
    return folder


def write_nifti(
    folder: Path, patient: str, sequence: str, grid: Grid = AXIAL, *, placed: bool = True
) -> Path:
    """One volume file named as BraTS names it."""
    folder.mkdir(parents=True, exist_ok=True)
    array = grid.scene(lesion=sequence == "T1C")
    affine = grid.affine if placed else None
    header = build_nifti_header(array.shape, array.dtype, grid.spacing, affine, "")
    path = folder / f"{patient}-{BRATS[sequence]}.nii"
    path.write_bytes(header + array.astype("<u2").tobytes())
    return path


def found_in(folder: Path) -> dict[str, Series]:
    """Series of a folder by their sequence."""
    return {s.guess.sequence.value: s for s in scan_paths([folder], JobContext()).series}


def voxels(series: Series) -> Volume:
    """The decoded series."""
    reader = open_series(series)
    try:
        return reader.read_volume()
    finally:
        reader.close()
