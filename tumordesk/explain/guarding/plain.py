"""A text made plain: one form of every character, names masked, sentences apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from tumordesk.core.explanation import Fact

MASK = "\ue000"
"""Stands for each character of a name that was recognised: neither letter nor digit."""

_SQUARE = "\ue001"
_CUBE = "\ue002"
UNIT_POWERS = {_SQUARE: "²", _CUBE: "³"}
_SEQUENCES = {
    "T1 post-contrast": ("T1 post-contrast", "T1 post contrast", "T1-weighted", "T1C", "T1c", "T1"),
    "T1": ("T1-weighted", "T1w", "T1"),
    "T2": ("T2-weighted", "T2w", "T2"),
}


@dataclass(frozen=True)
class Plain:
    """``text`` after NFKC and without invisible characters; ``origin[i]``: where it came from.

    ``strange``: characters that are numbers of another kind (½, Ⅳ, ③), taken out.
    """

    text: str
    origin: tuple[int, ...]
    strange: tuple[str, ...]


@lru_cache(maxsize=512)
def made_plain(text: str) -> Plain:
    """One form for full-width, Arabic-Indic and other digits; '²' and '³' kept after 'mm', 'cm'."""
    out: list[str] = []
    origin: list[int] = []
    strange: list[str] = []
    for at, char in enumerate(text):
        if char.isascii():
            out.append(char)
            origin.append(at)
            continue
        kind = unicodedata.category(char)
        if kind == "Cf":
            continue
        if char in "²³" and "".join(out[-2:]).lower() in ("mm", "cm"):
            new = _SQUARE if char == "²" else _CUBE
        elif kind in ("No", "Nl"):
            strange.append(char)
            new = " "
        elif kind == "Nd":
            new = str(unicodedata.decimal(char))
        else:
            new = unicodedata.normalize("NFKC", char)
            if kind == "So" and new[-1:] in ("2", "3"):  # one character for mm², cm³
                new = new[:-1] + (_SQUARE if new[-1] == "2" else _CUBE)
        out.extend(new)
        origin.extend([at] * len(new))
    one = _POWER.sub(_raised, "".join(out).translate(_SAME))
    return Plain(one, tuple(origin), tuple(strange))


_POWER = re.compile(r"(?<![A-Za-z])([mc]m)(\^?)([23])(?![\d]|[.,]\d)")


def _raised(found: re.Match[str]) -> str:
    power = _SQUARE if found[3] == "2" else _CUBE
    return found[1] + power + " " * len(found[2])


_SAME = {ord("٫"): ".", ord("٬"): ",", ord("٪"): "%", ord("﹪"): "%", ord("’"): "'", ord("‐"): "-",
         ord("‑"): "-", ord("µ"): "μ"}  # fmt: skip


def mask(text: str, pattern: re.Pattern[str]) -> str:
    """The text with all matches masked, of the same length."""
    return pattern.sub(lambda found: MASK * len(found[0]), text)


def mask_names(text: str, names: Iterable[str]) -> str:
    """Names masked wherever they stand as whole words, the longest first."""
    low = text.lower()
    here = {n for n in names if n.strip() and made_plain(n).text.lower() in low}
    for name in sorted(here, key=len, reverse=True):
        text = mask(text, _whole(name))
    return text


@lru_cache(maxsize=512)
def _whole(name: str) -> re.Pattern[str]:
    plain = re.escape(made_plain(name).text)
    return re.compile(rf"(?<![A-Za-z0-9]){plain}(?![A-Za-z0-9]|[.,]\d|-\w)", re.IGNORECASE)


def names_of(facts: tuple[Fact, ...]) -> list[str]:
    """Names with digits that a text may hold: models, hashes, the sequence."""
    names: list[str] = []
    for fact in facts:
        start = fact.key.split("@")[0]
        if start in ("model", "classifier"):
            identity, _, version = fact.words.rpartition(" ")
            names += [fact.words, f"{identity} version {version}", identity]
            names += [f"{word} {version}" for word in _VERSION_WORDS] if version else []
        elif start in ("model.hash", "classifier.hash"):
            names.append(fact.words)
        elif start == "sequence":
            names += [fact.words, *_SEQUENCES.get(fact.words, ())]
    return names


def hide_label_digits(text: str, facts: tuple[Fact, ...]) -> str:
    """Digits in names of classes ('Type 2') put out of sight, each digit to a sign of its own."""
    for fact in facts:
        if fact.key.startswith("class.") and any(c.isdigit() for c in fact.words):
            text = _whole(fact.words).sub(lambda found: found[0].translate(HIDDEN), text)
    return text


HIDDEN = {ord("0") + digit: 0xE010 + digit for digit in range(10)}
_VERSION_WORDS = ("version", "Version", "versión", "v", "版本", "버전", "v.")


def day_names(facts: tuple[Fact, ...], written: Iterable[str]) -> list[str]:
    """Ways to write the days among the facts; ``written``: those of the language."""
    names = list(written)
    for fact in facts:
        if fact.key.startswith("date."):
            year, month, day = fact.words.split("-")
            m, d = int(month), int(day)
            names += [
                fact.words, f"{day}.{month}.{year}", f"{d}.{m}.{year}", f"{day}/{month}/{year}",
                f"{year}年{m}月{d}日", f"{year} 年 {m} 月 {d} 日", f"{year}년 {m}월 {d}일",
                f"{year}/{month}/{day}", f"{year}.{month}.{day}", f"{year}. {m}. {d}.",
            ]  # fmt: skip
    return names


_END = re.compile(r"(?<=[.!?])(?=\s|$)|(?<=[。！？；;])|\n")


@dataclass(frozen=True)
class Sentence:
    """Part of a text: ``start`` and ``end`` in it, and which ``paragraph`` it stands in."""

    start: int
    end: int
    paragraph: int


def sentences(text: str, keep: Iterable[tuple[int, int]]) -> list[Sentence]:
    """Sentences of a plain text; ``keep``: spans (numbers) in which nothing ends."""
    spans = list(keep)
    made: list[Sentence] = []
    start = 0
    for end in [*(m.end() for m in _END.finditer(text)), len(text)]:
        if any(a < end < b for a, b in spans) or end <= start:
            continue
        if text[start:end].strip():
            made.append(Sentence(start, end, text.count("\n\n", 0, start + 1)))
        start = end
    return made
