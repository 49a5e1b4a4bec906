"""What the network says on a few validation pictures after each epoch, as pictures."""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import nn

from tumordesk.core.errors import WriteError
from tumordesk.core.jsonio import atomic_write, write_json
from tumordesk.core.training_run import SAMPLES, TrainingConfig
from tumordesk_training.dataset import Cache, UInt8
from tumordesk_training.drawing import FOUND_COLOUR, TRUE_COLOUR, with_outlines
from tumordesk_training.metrics import dice
from tumordesk_training.setup import Precision
from tumordesk_training.validate import Scaler

INDEX = "index.json"
_SIDE = 256
"""Smaller pictures are enlarged to so many pixels."""


def folder_of(epoch: int) -> str:
    """Folder of one epoch's samples, below the run folder."""
    return f"{SAMPLES}/epoch-{epoch:03d}"


def drawn(
    grey: UInt8, truth: npt.NDArray[Any] | None = None, found: npt.NDArray[Any] | None = None
) -> Image.Image:
    """A grey picture (H, W), uint8, with the outlines of up to two masks, true and found.

    Of several classes each has its outline.
    """
    masks = ((truth, TRUE_COLOUR), (found, FOUND_COLOUR))
    outlines = [
        (mask == number, colour)
        for mask, colour in masks
        if mask is not None
        for number in np.unique(mask[mask > 0])
    ]
    unit = np.asarray(grey, dtype=np.float32) / 255.0
    return with_outlines(unit, outlines, max(_SIDE, *grey.shape))


def write_png(path: Path, picture: Image.Image) -> None:
    """Write a PNG atomically. Raises WriteError."""
    atomic_write(path, lambda temporary: picture.save(temporary, "PNG"))


def choose(cache: Cache, count: int, seed: int) -> tuple[int, ...]:
    """Rows to look at: the same for a whole run, from different groups, of all classes in turn.

    Of label maps, three of four hold something where there are so many.
    """
    order = list(range(len(cache)))
    random.Random(f"{seed}/samples").shuffle(order)
    kinds: dict[int, list[int]] = defaultdict(list)
    for row in order:
        target = cache.targets[row]
        kinds[int(np.any(target)) if np.ndim(target) else int(target)].append(row)
    segment = cache.targets.ndim == 3
    turns = [1, 1, 1, 0] if segment else sorted(kinds)
    chosen: list[int] = []
    for turn in range(min(count, len(cache))):
        own = kinds.get(turns[turn % len(turns)]) or next(k for k in kinds.values() if k)
        groups = {cache.groups[row] for row in chosen}
        row = next((r for r in own if cache.groups[r] not in groups), own[0])
        own.remove(row)
        chosen.append(row)
    return tuple(chosen)


class Samples:
    """The chosen pictures of one run, and what was said about them last."""

    def __init__(self, cache: Cache, config: TrainingConfig) -> None:
        self._cache, self._config = cache, config
        self._rows = choose(cache, config.samples, config.seed)
        self._found: list[npt.NDArray[Any]] = []

    def __len__(self) -> int:
        return len(self._rows)

    @torch.inference_mode()
    def look(self, network: nn.Module, precision: Precision, scale: Scaler) -> None:
        """Run the network on the pictures; :meth:`write` shows them. Sets it to eval mode."""
        network.eval()
        self._found = []
        for row in self._rows:
            seen = self._cache.channels([row], self._config.input.neighbours)
            with precision.autocast():
                logits = network(scale(torch.from_numpy(seen).float() / 255))
            self._found.append(logits.float().argmax(dim=1)[0].cpu().numpy())

    def write(self, run: Path, epoch: int) -> str | None:
        """Write <i>.png and index.json below the run folder; the folder's name, None without any.

        Raises:
            WriteError: full disk, folder gone.
        """
        if not self._found:
            return None
        name = folder_of(epoch)
        folder = run / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteError(f"{name} cannot be made: {error.strerror}.") from error
        entries = [self._one(folder, index) for index in range(len(self._rows))]
        write_json(folder / INDEX, entries)
        return name

    def _one(self, folder: Path, index: int) -> dict[str, Any]:
        row, said = self._rows[index], self._found[index]
        cache, classes = self._cache, self._config.classes
        target = np.asarray(cache.targets[row])
        file = f"{index}.png"
        entry: dict[str, Any] = {
            "file": file,
            "key": cache.keys[row] if cache.keys else cache.groups[row],
            "truth": "",
            "said": "",
            "dice": None,
        }
        if target.ndim:
            write_png(folder / file, drawn(cache.picture(row), target, said))
            wanted, found = target > 0, said > 0
            both = float(np.count_nonzero(wanted & found))
            sizes = float(np.count_nonzero(found)), float(np.count_nonzero(wanted))
            entry["dice"] = round(dice(both, *sizes), 4)
        else:
            write_png(folder / file, drawn(cache.picture(row)))
            entry |= {"truth": classes[int(target)], "said": classes[int(said)]}
        return entry
