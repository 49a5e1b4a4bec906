"""Decoded pictures kept ready, so that the network is the limit and not the disk."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset, Sampler
from torchvision import tv_tensors

from tumordesk.core.errors import DataError
from tumordesk.core.model_card import InputSpec
from tumordesk.core.training_run import DataConfig
from tumordesk.imaging.preprocess import Preparer
from tumordesk_training.data import Case
from tumordesk_training.images import draw_polygons, load_grey, load_mask
from tumordesk_training.nifti import load_pair

UInt8 = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices that share one intensity range: a patient's volume, or a single picture."""

    cases: tuple[Case, ...]
    group: str
    preparer: Preparer
    masks: tuple[UInt8 | None, ...]


def stacks_of(cases: Sequence[Case], config: DataConfig) -> list[tuple[Case, ...]]:
    """Cases that are decoded together: by group where the data are volumes, else one by one."""
    if not config.volumes:
        return [(case,) for case in cases]
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    return [tuple(group) for group in groups.values()]


def read_stack(
    cases: tuple[Case, ...], config: DataConfig, spec: InputSpec, classes: int = 2
) -> list[Stack]:
    """Decode one stack; slices of several sizes in a group make one stack for each size.

    ``classes``: of the label maps; 0 leaves masks unread.

    Raises:
        DataError: a file cannot be read, or mask and picture differ in size.
    """
    if cases[0].volume:
        return [_read_volume(case, spec, classes) for case in cases]
    shaped: dict[tuple[int, ...], list[tuple[Case, Any, UInt8 | None]]] = {}
    for case in cases:
        grey = load_grey(case.image, config.channel)
        mask = _mask_of(case, grey.shape, classes) if classes else None
        shaped.setdefault(grey.shape, []).append((case, grey, mask))
    stacks = []
    for items in shaped.values():
        grey = np.stack([item[1] for item in items])
        preparer = Preparer(grey, None, spec)
        masks = tuple(item[2] for item in items)
        stacks.append(Stack(tuple(item[0] for item in items), cases[0].group, preparer, masks))
    return stacks


def _read_volume(case: Case, spec: InputSpec, classes: int) -> Stack:
    grey, mask, geometry = load_pair(case.image, case.mask if classes else None, classes)
    masks = tuple(mask) if mask is not None else (None,) * len(grey)
    return Stack((case,) * len(grey), case.group, Preparer(grey, geometry, spec), masks)


def _mask_of(case: Case, shape: tuple[int, ...], classes: int) -> UInt8 | None:
    size = (int(shape[0]), int(shape[1]))
    if case.mask is not None:
        mask = load_mask(case.mask, classes)
        if mask.shape != size:
            raise DataError(
                f"The mask of {case.key} has {mask.shape} pixels, the picture {size}.",
                "Picture and mask must have the same rows and columns.",
            )
        return mask
    if case.polygons:
        return draw_polygons(case.polygons, size)
    return np.zeros(size, dtype=np.uint8) if case.empty else None


def place_mask(preparer: Preparer, mask: UInt8, classes: int) -> UInt8:
    """A label map on the network's grid: the class with the largest share of each pixel."""
    if classes == 2:
        return np.asarray(preparer.place(mask) >= 0.5, dtype=np.uint8)
    shares = np.stack([preparer.place(mask == c) for c in range(1, classes)])
    best = shares.argmax(axis=0) + 1
    return np.asarray(np.where(shares.sum(axis=0) >= 0.5, best, 0), dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class Cache:
    """Pictures as uint8 (n, H, W), and label maps (n, H, W) or class numbers (n,)."""

    images: UInt8
    targets: npt.NDArray[Any]
    groups: tuple[str, ...]
    folder: tempfile.TemporaryDirectory[str] | None = None

    def __len__(self) -> int:
        return len(self.groups)


def _room(
    shape: tuple[int, ...], limit_mb: int, folder: tempfile.TemporaryDirectory[str], name: str
) -> UInt8:
    """Zeroed memory, or a memory map in ``folder`` where it would be more than ``limit_mb``."""
    if int(np.prod(shape)) <= limit_mb * 2**20:
        return np.zeros(shape, dtype=np.uint8)
    path = Path(folder.name) / name
    return np.memmap(path, dtype=np.uint8, mode="w+", shape=shape)


def build_cache(
    cases: Sequence[Case], config: DataConfig, spec: InputSpec, classes: tuple[str, ...], task: str
) -> Cache:
    """Decode ``cases`` once. Volumes (NIfTI) give as many entries as they have slices.

    Raises:
        DataError: a file is unreadable, a mask is missing, a label is not one of ``classes``.
    """
    segment = task == "segmentation"
    _check_cases(cases, classes, segment)
    folder = tempfile.TemporaryDirectory(prefix="tumordesk-cache-")
    stacks = stacks_of(cases, config)

    def read(group: tuple[Case, ...]) -> list[tuple[UInt8, Any, str]]:
        rows: list[tuple[UInt8, Any, str]] = []
        for stack in read_stack(group, config, spec, len(classes) if segment else 0):
            for index, case in enumerate(stack.cases):
                image = np.rint(stack.preparer.unit(index) * 255).astype(np.uint8)
                mask = stack.masks[index]
                target = (
                    place_mask(stack.preparer, mask, len(classes))
                    if segment and mask is not None
                    else classes.index(case.label)
                )
                rows.append((image, target, case.group))
        return rows

    with ThreadPoolExecutor(max_workers=4) as pool:
        results = pool.map(read, stacks)
        if any(case.volume for case in cases):
            rows = [row for result in results for row in result]
            count = len(rows)
            source: Iterator[tuple[UInt8, Any, str]] = iter(rows)
        else:
            count = len(cases)
            source = (row for result in results for row in result)
        shape = (count, *spec.size)
        limit = config.cache_mb // (2 if segment else 1)
        images = _room(shape, limit, folder, "images")
        targets: npt.NDArray[Any] = (
            _room(shape, limit, folder, "targets") if segment else np.zeros(count, dtype=np.int64)
        )
        groups = []
        for index, (image, target, group) in enumerate(source):
            images[index], targets[index] = image, target
            groups.append(group)
    return Cache(images, targets, tuple(groups), folder)


def _check_cases(cases: Sequence[Case], classes: tuple[str, ...], segment: bool) -> None:
    if not cases:
        raise DataError("There are no pictures in this part of the data.")
    for case in cases:
        if segment and not case.has_mask:
            raise DataError(f"{case.key} has no mask.", "Segmentation needs one for each picture.")
        if not segment and case.label not in classes:
            raise DataError(
                f"{case.key} is of the class {case.label or '(none)'!r}.",
                f"The configuration knows: {', '.join(classes)}.",
            )


class Slices(Dataset[tuple[torch.Tensor, torch.Tensor]]):
    """One entry: uint8 picture (1, H, W) and label map (H, W) or class number, transformed."""

    def __init__(self, cache: Cache, transform: Any) -> None:
        self._cache = cache
        self._transform = transform

    def __len__(self) -> int:
        return len(self._cache)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        image = tv_tensors.Image(torch.from_numpy(np.array(self._cache.images[index]))[None])
        value = self._cache.targets[index]
        if np.ndim(value):
            mask = tv_tensors.Mask(torch.from_numpy(np.array(value)))
            picture, target = self._transform(image, mask)
            return picture.as_subclass(torch.Tensor), target.as_subclass(torch.Tensor).long()
        return self._transform(image).as_subclass(torch.Tensor), torch.tensor(int(value))


class EpochSampler(Sampler[int]):
    """Seeded order of one epoch for one rank; empty slices thinned to ``empty_share``.

    All ranks get the same number of entries, a multiple of nothing: the last few are left out.
    """

    def __init__(
        self, cache: Cache, seed: int, empty_share: float | None, rank: int = 0, world: int = 1
    ) -> None:
        self._seed, self._rank, self._world, self.epoch = seed, rank, world, 0
        if cache.targets.ndim == 3 and empty_share is not None:
            full = cache.targets.reshape(len(cache), -1).any(axis=1)
            self._keep = [int(i) for i in np.flatnonzero(full)]
            self._empty = [int(i) for i in np.flatnonzero(~full)]
            wanted = round(len(self._keep) * empty_share / max(1e-6, 1.0 - empty_share))
            self._take = min(len(self._empty), wanted) if self._keep else len(self._empty)
        else:
            self._keep, self._empty, self._take = list(range(len(cache))), [], 0

    def __len__(self) -> int:
        return (len(self._keep) + self._take) // self._world

    def __iter__(self) -> Iterator[int]:
        rng = random.Random(f"{self._seed}/{self.epoch}")
        order = self._keep + rng.sample(self._empty, self._take)
        rng.shuffle(order)
        return iter(order[self._rank : len(self) * self._world : self._world])
