"""Findings in plain words, each number tied to the finding it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Language(StrEnum):
    """Languages that findings are explained in."""

    ENGLISH = "en"
    KOREAN = "ko"
    CHINESE = "zh-Hant"
    GERMAN = "de"
    FRENCH = "fr"
    SPANISH = "es"


class Register(StrEnum):
    """For whom a text is written."""

    PATIENT = "patient"
    REFERRER = "referrer"
    RADIOLOGIST = "radiologist"


@dataclass(frozen=True)
class Fact:
    """One finding that a text may state.

    ``key`` is stable ("lesion.1.volume", "class.glioma", "total.volume", "slices.first"...).
    ``value`` is the number as it may be written (already rounded for people), or None for a
    fact in words; ``unit`` 'mL', 'mm', 'mm²', '%', 'px' or ''. ``words`` name what the number is
    of, in English ("volume of lesion 1"), or are the fact itself. ``slice_index`` and ``point``
    (row, column) say where to jump, where it has a place. ``digits`` are the decimals that the
    value is written with; ``bound`` '<' or '>' where only that much is known ("< 1 %").
    """

    key: str
    value: float | None
    unit: str
    words: str
    slice_index: int | None = None
    point: tuple[float, float] | None = None
    digits: int = 0
    bound: Literal["", "<", ">"] = ""


@dataclass(frozen=True)
class Link:
    """Characters ``start`` to ``end`` of a text say the fact ``key``."""

    start: int
    end: int
    key: str


@dataclass(frozen=True)
class Explanation:
    """A text and its ties. ``paragraphs`` are separated in ``text`` by a blank line.

    ``source``: 'offline' (templates) or 'model' (a language model, checked); ``model`` then names
    it. ``rejected`` says why a language model's text was not shown.
    """

    language: Language
    register: Register
    text: str
    links: tuple[Link, ...]
    facts: tuple[Fact, ...]
    source: Literal["offline", "model"] = "offline"
    model: str = ""
    rejected: str = ""
