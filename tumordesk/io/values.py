"""Values out of untrusted DICOM data sets: right type and finite, or None. Never an exception."""

from __future__ import annotations

import math
import re
import struct
from typing import Any

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset

from tumordesk.io.quiet import HOSTILE_ERRORS

_BINARY = {
    "US": "H", "SS": "h", "UL": "L", "SL": "l", "FL": "f", "FD": "d", "UV": "Q", "SV": "q",
}  # fmt: skip
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
LONGEST_TEXT = 256


def _element(dataset: Dataset, tag: int) -> RawDataElement | DataElement | None:
    try:
        return dataset.get_item(tag)
    except HOSTILE_ERRORS:
        return None


def _strings(raw: bytes) -> list[str]:
    text = raw.decode("latin-1").replace("\x00", " ")
    return [part.strip() for part in text.split("\\")]


def codes(dataset: Dataset, tag: int) -> tuple[str, ...]:
    """Values of a CS, UI, DS, IS, DA or TM element as stripped text; empty when absent."""
    element = _element(dataset, tag)
    if element is None or element.value is None:
        return ()
    value = element.value
    if isinstance(value, bytes):
        parts = _strings(value)
    elif isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
        parts = [str(v).strip() for v in value]
    else:
        parts = [str(value).strip()]
    parts = [_CONTROL.sub(" ", p)[:LONGEST_TEXT] for p in parts]
    return tuple(parts) if any(parts) else ()


def code(dataset: Dataset, tag: int) -> str:
    """First value of :func:`codes`, or ''."""
    found = codes(dataset, tag)
    return found[0] if found else ""


def _finite(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _dictionary_vr(tag: int) -> str:
    try:
        return dictionary_VR(tag)
    except KeyError:
        return ""


def _binary_numbers(element: RawDataElement, tag: int) -> list[float | None] | None:
    vr = element.VR if element.VR not in (None, "UN") else _dictionary_vr(tag)
    kind = _BINARY.get(str(vr)[:2])
    if kind is None or not isinstance(element.value, bytes):
        return None
    size = struct.calcsize("=" + kind)
    count = len(element.value) // size
    order = "<" if element.is_little_endian else ">"
    found = struct.unpack(f"{order}{count}{kind}", element.value[: count * size])
    return [float(v) if math.isfinite(v) else None for v in found]


def numbers(dataset: Dataset, tag: int, limit: int = 4096) -> tuple[float, ...] | None:
    """All values as finite floats, or None when absent, empty or any of them is not a number."""
    element = _element(dataset, tag)
    if element is None or element.value is None:
        return None
    values: list[float | None] | None = None
    if isinstance(element, RawDataElement):
        values = _binary_numbers(element, tag)
    if values is None:
        values = [_finite(text) for text in codes(dataset, tag)]
    if not values or len(values) > limit or any(v is None for v in values):
        return None
    return tuple(v for v in values if v is not None)


def exactly(dataset: Dataset, tag: int, count: int) -> tuple[float, ...] | None:
    """``count`` finite numbers, or None."""
    found = numbers(dataset, tag)
    return found if found is not None and len(found) == count else None


def number(dataset: Dataset, tag: int) -> float | None:
    """The first of the element's numbers, or None."""
    found = numbers(dataset, tag)
    return found[0] if found else None


def integer(dataset: Dataset, tag: int) -> int | None:
    """A whole number, or None."""
    found = number(dataset, tag)
    return int(found) if found is not None and abs(found) < 2**53 else None


def text(dataset: Dataset, tag: int) -> str:
    """Free text in the data set's character set, on one line, at most 256 characters."""
    try:
        element = dataset[tag]
        value = element.value
    except HOSTILE_ERRORS:
        return code(dataset, tag)
    if value is None:
        return ""
    if isinstance(value, (list, tuple)) or type(value).__name__ == "MultiValue":
        value = " / ".join(str(v) for v in value)
    return _CONTROL.sub(" ", str(value)).strip()[:LONGEST_TEXT]


def items(dataset: Dataset, tag: int) -> list[Dataset]:
    """Items of a sequence; empty when absent or damaged."""
    if tag not in dataset:
        return []
    try:
        value: Any = dataset[tag].value
        return [item for item in value if isinstance(item, Dataset)]
    except HOSTILE_ERRORS:
        return []


def first_item(dataset: Dataset, tag: int) -> Dataset | None:
    """The first item of a sequence, or None."""
    found = items(dataset, tag)
    return found[0] if found else None


def iso_date(raw: str) -> str:
    """YYYYMMDD (or the old YYYY.MM.DD) as YYYY-MM-DD; '' when it is not a date."""
    digits = raw.replace(".", "").replace("-", "")[:8]
    if len(digits) != 8 or not digits.isdecimal():
        return ""
    year, month, day = digits[:4], digits[4:6], digits[6:]
    plausible = "1850" <= year <= "2200" and "01" <= month <= "12" and "01" <= day <= "31"
    return f"{year}-{month}-{day}" if plausible else ""
