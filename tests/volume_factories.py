"""Small NIfTI folders as public collections lay them out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk

from training_factories import head

NAMES = ("t1", "t1ce", "t2", "flair")


def write(path: Path, values: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    sitk.WriteImage(sitk.GetImageFromArray(values), str(path))
    return path


def stack(seed: int, kind: int) -> np.ndarray:
    return np.stack([head(seed * 10 + n)[kind] for n in range(3)])


def scan_of(path: Path, seed: int = 1, dim: int = 1) -> Path:
    return write(path, stack(seed, 0) // dim)


def outline(path: Path, seed: int = 1) -> Path:
    return write(path, stack(seed, 1) // 255)


def brats(root: Path, patients: int = 3, names: tuple[str, ...] = NAMES) -> Path:
    """The folders of BraTS: each sequence is darker than the one before it."""
    for patient in range(1, patients + 1):
        stem = f"BraTS20_Training_{patient:03d}"
        for number, name in enumerate(names):
            scan_of(root / stem / f"{stem}_{name}.nii", patient, number + 1)
        outline(root / stem / f"{stem}_seg.nii", patient)
    return root
