"""Small pictures of cases to show in a table: grey, with the outline of the mask. No torch."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from tumordesk.core.errors import DataError
from tumordesk.core.job import JobContext
from tumordesk.core.jsonio import atomic_write
from tumordesk.core.training_run import DataConfig
from tumordesk_training.check.look import mask_of
from tumordesk_training.data import Case
from tumordesk_training.images import load_grey
from tumordesk_training.label_map import counted
from tumordesk_training.work import for_each

UInt8 = npt.NDArray[np.uint8]
Answer = str | dict[str, str]

_OUTLINE = (255, 176, 0)
_BRIGHTEST_PERCENTILE = 99.5


def file_name(key: str) -> str:
    """Name of a key's thumbnail."""
    return f"{hashlib.sha1(key.encode(), usedforsecurity=False).hexdigest()[:16]}.png"


def write_thumbnails(
    cases: Sequence[Case], config: DataConfig, out: Path, size: int, context: JobContext
) -> dict[str, Answer]:
    """Write a PNG for each case into ``out``; old ones are replaced.

    Returns:
        key -> file name, or {"error": why not}.

    Raises:
        WriteError: the folder cannot be written. Cancelled: the user stopped it.
    """

    def make(case: Case) -> Answer:
        try:
            picture = thumbnail(case, config, size)
        except (DataError, OSError) as error:
            reason = error.message if isinstance(error, DataError) else error.strerror
            return {"error": reason or "it cannot be read"}
        name = file_name(case.key)
        atomic_write(out / name, partial(_save, picture))
        return name

    answers = for_each(cases, make, context, "Drawing thumbnails")
    return {case.key: answer for case, answer in zip(cases, answers, strict=True)}


def _save(picture: Image.Image, path: Path) -> None:
    picture.save(path, "PNG")


def thumbnail(case: Case, config: DataConfig, size: int) -> Image.Image:
    """RGB picture of at most ``size`` x ``size``, with the outline of the mask where there is one.

    Of a volume, the slice with most of the mask, else the middle one.

    Raises:
        DataError, OSError: it cannot be read. A mask that cannot be read is not drawn.
    """
    grey, mask = _volume(case, config) if case.volume else _picture(case, config)
    small = Image.fromarray(_eight_bit(grey))
    small.thumbnail((size, size), Image.Resampling.BILINEAR)
    if mask is None or mask.shape != grey.shape or not mask.any():
        return small.convert("RGB")
    shape = (small.width, small.height)
    outline = Image.fromarray(np.asarray(mask > 0, dtype=np.uint8) * 255)
    found = np.asarray(outline.resize(shape, Image.Resampling.BILINEAR)) >= 128
    colours = np.asarray(small.convert("RGB")).copy()
    colours[edge(found)] = _OUTLINE
    return Image.fromarray(colours)


def _picture(case: Case, config: DataConfig) -> tuple[npt.NDArray[Any], UInt8 | None]:
    grey = load_grey(case.image, config.channel)
    try:
        return grey, mask_of(case, (int(grey.shape[0]), int(grey.shape[1])), counted(config.labels))
    except DataError:
        return grey, None


def _volume(case: Case, config: DataConfig) -> tuple[npt.NDArray[Any], UInt8 | None]:
    from tumordesk_training.nifti import load_case

    (grey, *_), labels, _ = load_case(case, labels=counted(config.labels))
    index = len(grey) // 2
    if labels is not None and labels.any():
        index = int(np.argmax(labels.reshape(len(labels), -1).sum(axis=1)))
    return grey[index], labels[index] if labels is not None else None


def _eight_bit(grey: npt.NDArray[Any]) -> UInt8:
    if grey.dtype == np.uint8:
        return grey
    values = np.nan_to_num(grey.astype(np.float32))
    low, high = float(values.min()), float(np.percentile(values, _BRIGHTEST_PERCENTILE))
    scaled = (values - low) * (255.0 / max(high - low, 1e-6))
    return np.asarray(np.clip(np.rint(scaled), 0, 255), dtype=np.uint8)


def edge(mask: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Pixels of ``mask`` (rows, columns) that touch what is not in it."""
    around = np.pad(mask, 1)
    inner = around[:-2, 1:-1] & around[2:, 1:-1] & around[1:-1, :-2] & around[1:-1, 2:]
    return mask & ~inner
