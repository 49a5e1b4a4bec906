"""Made-up slices of brains, and the ways in which people save a picture once more."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from training_factories import save

Picture = np.ndarray
SIZE = 160


def brain(seed: int, shift: float = 0.0) -> Picture:
    """Folds and ventricles like those of a slice; ``shift`` is a slice further up or down."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:SIZE, 0:SIZE] / (SIZE / 2) - 1
    radius = np.hypot(y, x * 1.15)
    picture = 90.0 * (radius < 0.88)
    for _ in range(40):
        centre, width = rng.uniform(-0.7, 0.7, 2), rng.uniform(0.04, 0.12)
        centre = centre + shift * rng.normal(0.0, 0.05, 2)
        picture += rng.uniform(-60, 90) * np.exp(
            -((y - centre[0]) ** 2 + (x - centre[1]) ** 2) / width**2
        )
    return np.clip(picture * (radius < 0.9), 0, 255).astype(np.uint8)


def jpeg(picture: Picture, quality: int) -> Picture:
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


def resized(picture: Picture, width: int, height: int) -> Picture:
    return np.asarray(Image.fromarray(picture).resize((width, height)))


COPIES: dict[str, Callable[[Picture], Picture]] = {
    "saved again": lambda p: jpeg(p, 60),
    "saved badly": lambda p: jpeg(p, 20),
    "half the size": lambda p: resized(p, SIZE // 2, SIZE // 2),
    "another shape": lambda p: resized(p, 224, 300),
    "brightened": lambda p: np.clip(p * 1.15 + 10, 0, 255).astype(np.uint8),
    "darker and smaller": lambda p: jpeg(resized((p * 0.8).astype(np.uint8), 120, 120), 70),
    "16 bits": lambda p: p.astype(np.uint16) * 257,
    "mirrored": lambda p: np.ascontiguousarray(p[:, ::-1]),
    "turned": lambda p: np.ascontiguousarray(np.rot90(p)),
    "mirrored, turned and saved again": lambda p: jpeg(np.ascontiguousarray(p.T), 60),
}


def folder_of(root: Path, seeds: range) -> Path:
    """Class folders of brains, each seed another one."""
    for seed in seeds:
        save(root / ("blob", "ring")[seed % 2] / f"{seed}.png", brain(seed))
    return root
