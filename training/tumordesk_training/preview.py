"""What augmentation makes of a few of one's own pictures."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tumordesk.core.errors import WriteError
from tumordesk.core.job import JobContext
from tumordesk.core.training_run import TrainingConfig
from tumordesk_training.data import Case
from tumordesk_training.dataset import Cache, Slices, build_cache
from tumordesk_training.layouts import scan
from tumordesk_training.presets import plain_transform, train_transform
from tumordesk_training.samples import drawn, write_png
from tumordesk_training.usable import limited, usable

VERSIONS = 3


def preview(
    config: TrainingConfig,
    out: Path,
    *,
    count: int = 6,
    versions: int = VERSIONS,
    seed: int = 1,
    context: JobContext | None = None,
) -> list[dict[str, Any]]:
    """Write <i>_original.png and <i>_<j>.png (j from 1), as the network would see them.

    Masks are drawn as a contour. Pictures that hold something come first; no picture is shown
    twice.

    Returns:
        For each picture: "key", "class", "original" and "augmented" (file names in ``out``).

    Raises:
        DataError, ConfigError: the folder or configuration cannot be used.
        WriteError: ``out`` cannot be written.
        Cancelled: a person stopped it.
    """
    context = context or JobContext()
    context.progress(0.0, "Looking for pictures")
    data, _ = usable(scan(Path(config.data.root), config.data), config)
    cases = _choose(data.cases, config, count, seed)
    cache = build_cache(cases, config.data, config.input, config.classes, config.task)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteError(f"{out.name} cannot be made: {error.strerror}.") from error
    torch.manual_seed(seed)
    rows = _rows(cache, count)
    result = []
    for index, row in enumerate(rows):
        context.progress(index / len(rows), "Changing pictures")
        result.append(_one(cache, row, config, out, index, versions))
    context.progress(1.0, "Done")
    return result


def _choose(
    cases: tuple[Case, ...], config: TrainingConfig, count: int, seed: int
) -> tuple[Case, ...]:
    """Some cases of all classes; of outlines a few more, for some may be empty."""
    if cases and cases[0].volume:
        return tuple(random.Random(seed).sample(cases, min(2, len(cases))))
    wanted = count * (3 if config.task == "segmentation" else 1)
    return limited(cases, replace(config, limit=wanted, seed=seed))


def _rows(cache: Cache, count: int) -> Sequence[int]:
    """Rows with something on them first; of those, spread over the volume."""
    if cache.targets.ndim == 1:
        return range(min(count, len(cache)))
    full = cache.targets.reshape(len(cache), -1).any(axis=1)
    found, empty = np.flatnonzero(full), np.flatnonzero(~full)
    picks = found[np.linspace(0, len(found) - 1, min(count, len(found))).astype(int)]
    return [int(i) for i in (*picks, *empty[: count - len(picks)])]


def _one(
    cache: Cache, row: int, config: TrainingConfig, out: Path, index: int, versions: int
) -> dict[str, Any]:
    size = config.input.size
    names = [f"{index}_original.png", *(f"{index}_{j}.png" for j in range(1, versions + 1))]
    plain = Slices(cache, plain_transform(size))
    changed = Slices(cache, train_transform(config.augment, size))
    for name, source in zip(names, (plain, *[changed] * versions), strict=True):
        image, target = source[row]
        grey = (image[cache.shown].clamp(0, 1) * 255).round().to(torch.uint8).numpy()
        write_png(out / name, drawn(grey, target.numpy() if target.ndim else None))
    number = cache.targets[row]
    label = "" if np.ndim(number) else config.classes[int(number)]
    key = cache.keys[row] if cache.keys else cache.groups[row]
    return {"key": key, "class": label, "original": names[0], "augmented": names[1:]}
