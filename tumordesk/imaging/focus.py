"""How an activation map and an outline meet: overlap as numbers, and a verdict for people.

The verdict compares the share of the map that lies in the outline with the share that a map would
have there which is equally bright everywhere in the head:

- "inside": at least three times as much (or half of the whole map, for outlines so large that
  three times cannot be reached);
- "elsewhere": less than such an even map has, so the outline is not what the classifier read;
- "partly": in between.

Measured with the model tumour-type on 243 held-out T1 post-contrast pictures with tumours that
experts outlined (docs/activation-maps.md): "inside" for 27 % of them, but for 9 % when the outline
is that of another picture; "elsewhere" for 34 % and 53 %. So "inside" speaks for a map and an
outline that belong together; "partly" says little.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tumordesk.core.activation import ActivationMap, Focus, Verdict, map_mark
from tumordesk.core.errors import InputMismatch
from tumordesk.core.segmentation import Segmentation
from tumordesk.core.volume import Volume

Bools = npt.NDArray[np.bool_]
Float32 = npt.NDArray[np.float32]

INSIDE_TIMES = 3.0
INSIDE_SHARE = 0.5
_HEAD_LEVEL = 0.15
"""The head is what lies above this share of the range, as for location (imaging.location)."""


def focus(found: ActivationMap, outline: Segmentation | None, volume: Volume | None) -> Focus:
    """How ``found`` meets ``outline`` on the slices that have both.

    Args:
        found: the map.
        outline: what the tumour is taken to be; None or empty gives the verdict 'unknown'.
        volume: the series, to tell the head from air; None takes the whole picture for the head.

    Raises:
        InputMismatch: map, outline and volume are not of one series.
    """
    if outline is None:
        return _unknown("There is no outline to compare the activation map with.")
    if outline.array.shape[1:] != found.array.shape[1:] or (
        volume is not None and volume.geometry.shape != outline.geometry.shape
    ):
        raise InputMismatch(
            "Activation map and outline are not of the same series.", "Run the classifier again."
        )
    if map_mark(outline.segments):
        return _unknown(
            "The outline is the region of an activation map itself, so there is nothing to "
            "compare it with."
        )
    both = [i for i in found.slices if outline.array[i].any()]
    if not both:
        return _unknown("The classifier read no slice on which something is outlined.")
    places = [found.slices.index(i) for i in both]
    values, mask = found.array[places], outline.array[both] > 0
    total = float(values.sum(dtype=np.float64))
    if total <= 0.0:
        return _unknown(f"Nothing on the outlined slices spoke for {found.label}.")
    inside = float(values.sum(where=mask, dtype=np.float64)) / total
    head = mask if volume is None else _head(volume, both) | mask
    expected = float(mask.sum()) / float(mask.size if volume is None else head.sum())
    verdict = _verdict(inside, expected)
    return Focus(
        inside, _overlap(values, mask), expected, verdict, _text(verdict, inside, expected)
    )


def _verdict(inside: float, expected: float) -> Verdict:
    if inside >= INSIDE_TIMES * expected or inside >= max(INSIDE_SHARE, expected):
        return "inside"
    return "elsewhere" if inside < expected else "partly"


def _overlap(values: Float32, mask: Bools) -> float:
    """Dice of the mask with as many of the brightest pixels as it has (only those above 0)."""
    count = int(mask.sum())
    flat = values.reshape(-1)
    brightest = np.argpartition(-flat, count - 1)[:count]
    brightest = brightest[flat[brightest] > 0]
    hit = int(mask.reshape(-1)[brightest].sum())
    return 2.0 * hit / (count + len(brightest))


def _head(volume: Volume, slices: list[int]) -> Bools:
    grey = volume.grey()[slices].astype(np.float32)
    grey = np.nan_to_num(grey, nan=0.0, posinf=0.0, neginf=0.0)
    if volume.inverted:
        grey = grey.max() - grey
    low, high = float(grey.min()), float(np.percentile(grey, 99.5))
    return np.asarray(grey > low + _HEAD_LEVEL * (high - low))


def _text(verdict: Verdict, inside: float, expected: float) -> str:
    numbers = (
        f"{_percent(inside)} of its activation map lies in the outline; a map without any focus "
        f"would have {_percent(expected)} there."
    )
    says = {
        "inside": "The classifier looked at the outline clearly more than elsewhere.",
        "partly": "The classifier looked partly at the outline, and partly elsewhere.",
        "elsewhere": "The classifier looked elsewhere than at the outline.",
    }
    return f"{says[verdict]} {numbers}"


def _percent(share: float) -> str:
    if share >= 0.01 or share == 0.0:
        return f"{100 * share:.0f} %"
    return "Under 1 %"


def _unknown(text: str) -> Focus:
    return Focus(None, None, None, "unknown", text)
