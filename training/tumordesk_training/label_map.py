"""What the numbers of a label map mean to a network. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import DataError
from tumordesk.core.label_numbers import BACKGROUND, LabelNumber
from tumordesk_training.words import together

UInt8 = npt.NDArray[np.uint8]

_SMALL = 20
"""Numbers up to this are those of parts; higher ones may be shades of grey."""
_MOST_LEVELS = 8
_INSIDE = 0.2
"""Parts have an inside; the greys along a smoothed edge have none."""


@dataclass(frozen=True)
class LabelMap:
    """How label maps become the class numbers of a network.

    ``classes``: with the background. ``numbers``: (number in the file, class number); empty: of
    two classes everything above 0 is the object, of more the numbers are the class numbers.
    """

    classes: int = 2
    numbers: tuple[tuple[int, int], ...] = ()

    @property
    def plain(self) -> bool:
        """Whether there is one object, and no number of its own for it."""
        return self.classes == 2 and not self.numbers

    def read(self, name: str, values: npt.NDArray[Any]) -> UInt8:
        """``values`` of the file ``name`` as class numbers, uint8 of the same shape.

        Raises:
            DataError: a number is there that stands for nothing.
        """
        if self.plain:
            return np.asarray(values > 0.5, dtype=np.uint8)
        return self._named(name, values) if self.numbers else self._counted(name, values)

    def _named(self, name: str, values: npt.NDArray[Any]) -> UInt8:
        result = np.zeros(values.shape, dtype=np.uint8)
        known = values == 0
        for number, place in self.numbers:
            found = values == number
            result[found] = place
            known |= found
        if not known.all():
            raise DataError(
                f"{name} holds the number {values[~known].flat[0]:g}, which has no name.",
                f"Named are {together([str(number) for number, _ in self.numbers])}: say what the "
                f"others stand for; '{BACKGROUND}' is not outlined.",
            )
        return result

    def _counted(self, name: str, values: npt.NDArray[Any]) -> UInt8:
        low, top = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
        if not (low >= 0 and top < self.classes):
            raise DataError(
                f"{name} holds the value {top if low >= 0 else low:g}, "
                f"but there are only {self.classes} classes.",
                "A mask holds class numbers from 0; say as data.labels where they are others.",
            )
        return np.asarray(values, dtype=np.uint8)


ANY = LabelMap()
"""One object: everything that is outlined."""


def label_map(labels: Sequence[LabelNumber], classes: Sequence[str]) -> LabelMap:
    """The map for a network of these ``classes`` (names, background first).

    Raises:
        DataError: ``labels`` name what is none of them.
    """
    places = {BACKGROUND: 0, **{name: place for place, name in enumerate(classes)}}
    other = sorted({one.name for one in labels} - set(places))
    if other:
        raise DataError(
            f"The label numbers name {together([repr(name) for name in other])}, "
            f"which the model does not outline.",
            f"It outlines {together([repr(name) for name in classes[1:]])}.",
        )
    return LabelMap(len(classes), tuple((one.number, places[one.name]) for one in labels))


def counted(labels: Sequence[LabelNumber]) -> LabelMap:
    """All that ``labels`` have outlined as one object."""
    return LabelMap(2, tuple((one.number, int(one.name != BACKGROUND)) for one in labels))


def numbers_in(values: npt.NDArray[Any]) -> tuple[int, ...]:
    """The numbers of parts in a label map, beside 0; () where the values are no such numbers.

    Small whole numbers are taken for what they are. Higher ones (85, 170, 255) count where there
    are several, but few, and each has an inside, which the shades along a smoothed edge have not:
    255 alone is a plain mask.
    """
    if not values.size or values.min() < 0:
        return ()
    found = np.unique(values)
    if not np.array_equal(found, np.round(found)):
        return ()
    numbers = tuple(int(number) for number in found if number)
    if found[-1] <= _SMALL:
        return numbers
    few = 1 < len(numbers) <= _MOST_LEVELS
    return numbers if few and all(_has_inside(values == number) for number in numbers) else ()


def _has_inside(part: npt.NDArray[np.bool_]) -> bool:
    """Whether much of a part has only itself above, below and on both sides."""
    padded = np.pad(part, [(0, 0)] * (part.ndim - 2) + [(1, 1), (1, 1)], mode="edge")
    rows = padded[..., :-2, 1:-1] & padded[..., 2:, 1:-1]
    columns = padded[..., 1:-1, :-2] & padded[..., 1:-1, 2:]
    inside = np.count_nonzero(part & rows & columns)
    return bool(inside >= _INSIDE * np.count_nonzero(part))
