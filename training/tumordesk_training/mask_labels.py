"""Classes made from masks: whether there is a tumour on a picture. No torch."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import numpy as np

from tumordesk.core.errors import DataError
from tumordesk_training.data import Case
from tumordesk_training.images import load_mask
from tumordesk_training.label_map import ANY, LabelMap

POSITIVE = "tumour"
NEGATIVE = "no_tumour"
_WORKERS = 4


def labelled(
    cases: list[Case], problems: list[tuple[str, str]], labels: LabelMap = ANY
) -> list[Case]:
    """``cases`` with the class that their mask says; those without a mask are left out.

    A picture whose mask has any pixel that counts for ``labels`` is "tumour", any other
    "no_tumour". Masks that cannot be read are added to ``problems`` (key, reason), and their
    pictures left out.

    Raises:
        DataError: no case has a mask, or they are volumes, whose slices have no class each.
    """
    masked = [case for case in cases if case.has_mask]
    if cases and not masked:
        raise DataError(
            "Classes are to be made from masks, but there is no mask in this folder.",
            "Give a folder of pictures with masks, or use class folders.",
        )
    if any(case.volume for case in masked):
        raise DataError(
            "Classes can be made from the masks of single pictures, not of whole volumes.",
            "Write the slices as pictures with masks first.",
        )
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        answers = list(pool.map(partial(_positive, labels=labels), masked))
    result = []
    for case, answer in zip(masked, answers, strict=True):
        if isinstance(answer, str):
            problems.append((case.key, answer))
        else:
            result.append(replace(case, label=POSITIVE if answer else NEGATIVE))
    return result


def _positive(case: Case, labels: LabelMap) -> bool | str:
    """Whether the mask holds anything, or the reason why that cannot be told."""
    try:
        if case.mask is None:
            numbers = np.array([[number for number, _ in case.polygons]], dtype=np.uint8)
            return bool(labels.read(case.key, numbers).any())
        return bool(load_mask(case.mask, labels).any())
    except DataError as error:
        return f"its mask: {error.message}"
