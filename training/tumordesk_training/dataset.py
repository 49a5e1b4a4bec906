"""Decoded pictures kept ready, so that the network is the limit and not the disk."""

from __future__ import annotations

import math
import os
import random
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset, Sampler
from torchvision import tv_tensors

from tumordesk.core.errors import DataError, WriteError
from tumordesk.core.model_card import InputSpec
from tumordesk.core.training_run import DataConfig
from tumordesk.imaging.preprocess import Preparer
from tumordesk_training.data import Case
from tumordesk_training.images import draw_polygons, load_grey, load_mask, load_sequences
from tumordesk_training.label_map import LabelMap, label_map
from tumordesk_training.nifti import count_slices, load_case

UInt8 = npt.NDArray[np.uint8]
Unread = list[tuple[str, str]]
"""(key, reason) of what was left out because it cannot be read."""
S = TypeVar("S")
T = TypeVar("T")

_WORKERS = 4
_AHEAD = 8


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices that share one intensity range: a patient's volume, or a single picture.

    ``shown``: the channel that people are shown, where each holds another sequence.
    ``spacing_mm``: (slice, row, column) of the masks' voxels, None where it is not known.
    ``notes``: how its sequences were found to lie to each other.
    """

    cases: tuple[Case, ...]
    group: str
    preparer: Preparer
    masks: tuple[UInt8 | None, ...]
    shown: int = 0
    spacing_mm: tuple[float, float, float] | None = None
    notes: tuple[str, ...] = ()

    def unit(self, index: int) -> npt.NDArray[np.float32]:
        """Slice ``index`` as people are shown it, 0..1, float32 (H, W)."""
        return self.preparer.unit(index, self.shown)


def stacks_of(cases: Sequence[Case], config: DataConfig) -> list[tuple[Case, ...]]:
    """Cases that are decoded together: by group where the data are volumes, else one by one."""
    if not config.volumes:
        return [(case,) for case in cases]
    groups: dict[str, list[Case]] = {}
    for case in cases:
        groups.setdefault(case.group, []).append(case)
    return [tuple(group) for group in groups.values()]


def read_stack(
    cases: tuple[Case, ...],
    config: DataConfig,
    spec: InputSpec,
    labels: LabelMap | None,
    unread: Unread,
) -> list[Stack]:
    """Decode one stack; slices of several sizes in a group make one stack for each size.

    One bad file does not stop the others: a case that cannot be read, or whose mask does not fit,
    is left out and told in ``unread``.

    Args:
        labels: how label maps are read; None leaves masks unread.
    """
    shown = shown_channel(config, spec)
    if cases[0].volume:
        volumes = (_try(c, lambda c: _read_volume(c, spec, labels, shown), unread) for c in cases)
        return [volume for volume in volumes if volume is not None]
    shaped: dict[tuple[int, ...], list[tuple[Case, Any, UInt8 | None]]] = {}
    for case in cases:
        item = _try(case, lambda c: _read_slice(c, config, labels), unread)
        if item is not None:
            shaped.setdefault(item[1].shape, []).append(item)
    stacks = []
    for items in shaped.values():
        pictures = np.stack([item[1] for item in items])
        # A sequence in each channel: (sequences, slices, rows, columns).
        grey = tuple(np.moveaxis(pictures, -1, 0)) if config.channel_sources else pictures
        preparer = Preparer(grey, None, spec)
        masks = tuple(item[2] for item in items)
        own = tuple(item[0] for item in items)
        stacks.append(Stack(own, cases[0].group, preparer, masks, shown))
    return stacks


def shown_channel(config: DataConfig, spec: InputSpec) -> int:
    """The channel of the sequence that the network is named after; 0 where there is only one."""
    names = [source.sequence for source in config.sequences]
    return names.index(spec.sequence) if spec.sequence in names else 0


def _try(case: Case, read: Callable[[Case], T], unread: Unread) -> T | None:
    try:
        return read(case)
    except DataError as error:
        unread.append((case.key, error.message))
        return None


def _read_slice(
    case: Case, config: DataConfig, labels: LabelMap | None
) -> tuple[Case, npt.NDArray[Any], UInt8 | None]:
    if config.channel_sources:
        channels = [source.channel for source in config.channel_sources]
        grey = load_sequences(case.image, channels)
    else:
        grey = load_grey(case.image, config.channel)
    return case, grey, _mask_of(case, grey.shape[:2], labels) if labels is not None else None


def _read_volume(case: Case, spec: InputSpec, labels: LabelMap | None, shown: int) -> Stack:
    notes: list[str] = []
    volumes, mask, geometry = (
        load_case(case, masked=False, first=shown, notes=notes)
        if labels is None
        else load_case(case, labels=labels, first=shown, notes=notes)
    )
    preparer, slices = Preparer(volumes, geometry, spec), len(volumes[0])
    masks = tuple(mask) if mask is not None else (None,) * slices
    cases = (case,) * slices
    return Stack(cases, case.group, preparer, masks, shown, geometry.spacing_mm, tuple(notes))


def _mask_of(case: Case, shape: tuple[int, ...], labels: LabelMap) -> UInt8 | None:
    size = (int(shape[0]), int(shape[1]))
    if case.mask is not None:
        mask = load_mask(case.mask, labels)
        if mask.shape != size:
            raise DataError(
                f"The mask of {case.key} has {mask.shape} pixels, the picture {size}.",
                "Picture and mask must have the same rows and columns.",
            )
        return mask
    if case.polygons:
        return labels.read(case.key, draw_polygons(case.polygons, size))
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
    """Pictures as uint8 (n, H, W), and label maps (n, H, W) or class numbers (n,).

    Where a network sees several sequences the pictures are (n, sequences, H, W), and ``shown`` is
    the one that people are shown. ``unread``: (key, reason) of what was left out; ``keys``: the
    picture (or volume) of each; ``stacks``: number of the stack that each is a slice of, in order
    (none: each stands alone). ``moved``: (key, what was found) of cases whose sequences did not lie
    on each other.
    """

    images: UInt8
    targets: npt.NDArray[Any]
    groups: tuple[str, ...]
    unread: tuple[tuple[str, str], ...] = ()
    keys: tuple[str, ...] = ()
    stacks: tuple[int, ...] = ()
    shown: int = 0
    moved: tuple[tuple[str, str], ...] = ()

    def __len__(self) -> int:
        return len(self.groups)

    def picture(self, row: int) -> UInt8:
        """The picture as people are shown it, uint8 (H, W)."""
        picture: UInt8 = self.images[row]
        return picture if picture.ndim == 2 else picture[self.shown]

    def channels(self, rows: Sequence[int], neighbours: int) -> UInt8:
        """Pictures with so many slices on either side, uint8 (n, 2 * neighbours + 1, H, W), or
        with all their sequences, (n, sequences, H, W).

        At the ends of a stack the nearest slice is repeated, as ``Preparer.batch`` does.
        """
        if self.images.ndim == 4:
            return self.images[list(rows)]
        return np.stack([self.images[self._around(row, neighbours)] for row in rows])

    def _around(self, row: int, neighbours: int) -> list[int]:
        wanted = [row]
        for step in (-1, 1):
            at = row
            for _ in range(neighbours):
                at = at + step if self._same_stack(row, at + step) else at
                wanted.append(at)
        return sorted(wanted)

    def _same_stack(self, row: int, other: int) -> bool:
        return 0 <= other < len(self.stacks) and self.stacks[other] == self.stacks[row]

    @property
    def memory_mb(self) -> int:
        """Memory that the arrays hold; memory maps count as none."""
        held = (a.nbytes for a in (self.images, self.targets) if not isinstance(a, np.memmap))
        return sum(held) // 2**20


def _room(shape: tuple[int, ...], limit_mb: int) -> UInt8:
    """Zeroed memory, or an unnamed memory map where it would be more than ``limit_mb``.

    Raises:
        WriteError: the disk has no room for the map.
    """
    size = math.prod(shape)
    if size <= limit_mb * 2**20:
        return np.zeros(shape, dtype=np.uint8)
    try:
        # Without a name, so that nothing is left behind even when the program is killed.
        with tempfile.TemporaryFile(prefix="tumordesk-cache-") as stream:
            if hasattr(os, "posix_fallocate"):  # else a full disk is a crash at the first write
                os.posix_fallocate(stream.fileno(), 0, size)
            else:
                stream.truncate(size)
            return np.memmap(stream, dtype=np.uint8, mode="r+", shape=shape)
    except OSError as error:
        raise WriteError(
            f"There is no room for {size // 2**20} MB of decoded pictures in "
            f"{tempfile.gettempdir()}: {error.strerror}.",
            "Free some space, set TMPDIR to another disk, or raise data.cache_mb.",
        ) from error


def _ahead(pool: ThreadPoolExecutor, function: Callable[[S], T], items: Sequence[S]) -> Iterator[T]:
    """Results in order, with only a few more under way, so that they do not pile up in memory."""
    waiting: deque[Future[T]] = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) >= _AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def build_cache(
    cases: Sequence[Case],
    config: DataConfig,
    spec: InputSpec,
    classes: tuple[str, ...],
    task: str,
    *,
    limit_mb: int | None = None,
) -> Cache:
    """Decode ``cases`` once. Volumes (NIfTI) give as many entries as they have slices.

    What cannot be read is left out and told in ``unread``. ``limit_mb``: instead of
    ``config.cache_mb``.

    Raises:
        DataError: nothing readable is left, a mask is missing, a label is not in ``classes``.
        WriteError: no room for the memory map.
    """
    segment = task == "segmentation"
    _check_cases(cases, classes, segment)
    labels = label_map(config.labels, classes) if segment else None
    unread: Unread = []
    moved: list[tuple[str, str]] = []

    def read(group: tuple[Case, ...]) -> list[tuple[UInt8, Any, Case, int]]:
        rows: list[tuple[UInt8, Any, Case, int]] = []
        stacks = read_stack(group, config, spec, labels, unread)
        for number, stack in enumerate(stacks):
            moved.extend((stack.cases[0].key, note) for note in stack.notes)
            for index, case in enumerate(stack.cases):
                image = _byte(stack.preparer, index, len(config.channel_sources))
                mask = stack.masks[index]
                target = (
                    place_mask(stack.preparer, mask, len(classes))
                    if segment and mask is not None
                    else classes.index(case.label)
                )
                rows.append((image, target, case, number))
        return rows

    most = sum(_most_slices(case) for case in cases)
    limit = (config.cache_mb if limit_mb is None else limit_mb) // (2 if segment else 1)
    deep = (len(config.channel_sources),) if config.channel_sources else ()
    images = _room((most, *deep, *spec.size), limit)
    targets: npt.NDArray[Any] = (
        _room((most, *spec.size), limit) if segment else np.zeros(most, dtype=np.int64)
    )
    read_cases: list[Case] = []
    stacks: list[int] = []
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        for rows in _ahead(pool, read, stacks_of(cases, config)):
            first = stacks[-1] + 1 if stacks else 0
            for image, target, case, number in rows:
                images[len(read_cases)], targets[len(read_cases)] = image, target
                read_cases.append(case)
                stacks.append(first + number)
    if not read_cases:
        why = f"{unread[0][0]}: {unread[0][1]}" if unread else ""
        raise DataError(f"Not one of {len(cases)} pictures can be read. {why}".strip())
    count = len(read_cases)
    groups, keys = (c.group for c in read_cases), (c.key for c in read_cases)
    left = tuple(sorted(unread))
    return Cache(
        images[:count], targets[:count], tuple(groups), left, tuple(keys), tuple(stacks),
        shown_channel(config, spec), tuple(sorted(moved)),
    )  # fmt: skip


def _most_slices(case: Case) -> int:
    """At most so many: which of several sequences has the outline's grid is not known yet."""
    if not case.volume:
        return 1
    return max(count_slices(path) for path in case.channels or (case.image,))


def _byte(preparer: Preparer, index: int, sequences: int) -> UInt8:
    """A slice (H, W), or all its sequences (sequences, H, W), as uint8."""
    units = [preparer.unit(index, channel) for channel in range(max(1, sequences))]
    made = np.rint(np.stack(units) * 255).astype(np.uint8)
    return made if sequences else made[0]


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
    """One entry: uint8 picture (channels, H, W) and label map (H, W) or class number, transformed.

    With ``neighbours`` the channels are slices, from either end of the patient: half of the time
    in reverse, for which way a stack runs says nothing; with the chance ``alone`` the slice itself
    stands in their place, as where a single picture is looked at.
    """

    def __init__(
        self, cache: Cache, transform: Any, neighbours: int = 0, alone: float = 0.0
    ) -> None:
        self._cache, self._neighbours, self._alone = cache, neighbours, alone
        self._transform = transform

    def __len__(self) -> int:
        return len(self._cache)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        slices = torch.from_numpy(self._cache.channels([index], self._neighbours)[0])
        if self._neighbours and float(torch.rand(())) < 0.5:
            slices = slices.flip(0)
        if self._neighbours and self._alone and float(torch.rand(())) < self._alone:
            slices = slices[self._neighbours].expand_as(slices).contiguous()
        image = tv_tensors.Image(slices)
        value = self._cache.targets[index]
        if np.ndim(value):
            mask = tv_tensors.Mask(torch.from_numpy(np.array(value)))
            picture, target = self._transform(image, mask)
            return picture.as_subclass(torch.Tensor), target.as_subclass(torch.Tensor).long()
        return self._transform(image).as_subclass(torch.Tensor), torch.tensor(int(value))


class EpochSampler(Sampler[int]):
    """Seeded order of one epoch for one rank; empty slices thinned to ``empty_share``.

    All ranks get the same number of entries: the last few of an epoch are left out.
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
