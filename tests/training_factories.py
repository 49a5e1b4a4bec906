"""Small made-up training folders and configurations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tumordesk.core.model_card import InputSpec, Normalisation
from tumordesk.core.training_run import AugmentConfig, DataConfig, SplitConfig, TrainingConfig

SHAPE = (40, 36)
SPEC = InputSpec(size=(32, 32), normalisation=Normalisation(mean=(0.3,), std=(0.3,)))
NO_AUGMENT = AugmentConfig(
    flip=0.0, rotation_deg=0.0, scale=(1.0, 1.0), shift=0.0,
    brightness=0.0, contrast=0.0, gamma=0.0, noise=0.0, blur=0.0,
)  # fmt: skip


def head(seed: int, *, tumour: bool = True, ring: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """A grey picture (uint8) of a head with a bright blob (or ring), and the blob's mask 0/255."""
    rng = np.random.default_rng(seed)
    rows, columns = SHAPE
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float64)
    picture = np.zeros(SHAPE)
    picture[
        ((y - rows / 2) / (rows * 0.46)) ** 2 + ((x - columns / 2) / (columns * 0.42)) ** 2 < 1
    ] = 90
    mask = np.zeros(SHAPE, dtype=bool)
    if tumour:
        centre = rng.uniform(0.35, 0.65, 2) * SHAPE
        distance = np.hypot(y - centre[0], x - centre[1])
        mask = distance < rng.uniform(4.0, 6.5)
        picture[mask & (distance > 2.5) if ring else mask] = 220
    picture += rng.normal(0.0, 4.0, SHAPE) * (picture > 0)
    return np.clip(picture, 0, 255).astype(np.uint8), mask.astype(np.uint8) * 255


def save(path: Path, array: np.ndarray) -> Path:
    """Write a picture, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)
    return path


def mask_folder(root: Path, patients: int = 6, slices: int = 4) -> Path:
    """Patients 'TCGA_XX_0000' with pictures and masks side by side (_mask), one slice empty."""
    for patient in range(patients):
        for number in range(slices):
            picture, mask = head(patient * 100 + number, tumour=number > 0)
            stem = root / f"TCGA_AA_{patient:04d}_{number}"
            save(stem.with_suffix(".png"), picture)
            save(stem.with_name(stem.name + "_mask.png"), mask)
    return root


def parts_folder(root: Path, patients: int = 6, slices: int = 4) -> Path:
    """As :func:`mask_folder`, with numbers in the masks: 2 around 1, in some 4 inside."""
    for path in sorted(mask_folder(root, patients, slices).glob("*_mask.png")):
        mask = np.asarray(Image.open(path)) > 0
        rows, columns = np.nonzero(mask)
        numbers = np.where(mask, 2, 0).astype(np.uint8)
        if len(rows):
            y, x = np.indices(mask.shape)
            far = np.maximum(abs(y - round(rows.mean())), abs(x - round(columns.mean())))
            numbers[mask & (far < 4)] = 1
            numbers[mask & (far < 2)] = 1 if "_1_mask" in path.name else 4
        save(path, numbers)
    return root


def class_folder(root: Path, each: int = 8, classes: tuple[str, ...] = ("blob", "ring")) -> Path:
    """Class folders with ``each`` pictures; the first class has blobs, the second has rings."""
    for index, name in enumerate(classes):
        for number in range(each):
            picture, _ = head(index * 1000 + number, ring=index == 1)
            save(root / name / f"{name}{number}.png", picture)
    return root


def mask_config(root: Path, **changes: Any) -> TrainingConfig:
    """A quick configuration for :func:`mask_folder`."""
    config = TrainingConfig(
        name="Blobs",
        task="segmentation",
        architecture="unet",
        classes=("background", "tumour"),
        input=SPEC,
        options={"width": 4},
        data=DataConfig(root=str(root), volumes=True),
        split=SplitConfig(validation=0.2, test=0.2),
        augment=NO_AUGMENT,
        epochs=2,
        batch_size=4,
        precision="float32",
        threads=1,
        device="cpu",
    )
    return replace(config, **changes)


def class_config(root: Path, **changes: Any) -> TrainingConfig:
    """A quick configuration for :func:`class_folder`."""
    config = mask_config(
        root,
        name="Blob or ring",
        task="classification",
        architecture="mobilenetv2",
        classes=("blob", "ring"),
        options={},
        data=DataConfig(root=str(root)),
    )
    return replace(config, **changes)
