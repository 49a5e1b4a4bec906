"""Whether a text is in the right language, and free of what identifies a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from tumordesk.core.explanation import Language
from tumordesk.explain.lexicon import lexicon_of
from tumordesk.explain.lexicon.entry import Lexicon, Script

_LINK = re.compile(
    r"https?:|www\.|\b[\w.+-]+@[\w-]+\.\w|\b[\w-]+\.(?:com|org|net|de|fr|es|kr|tw)\b"
)
_UID = re.compile(r"\b\d+(?:\.\d+){3,}\b")
_DATE = re.compile(
    r"\b(?:19|20)\d{2}[-./]\s?\d{1,2}[-./]\s?\d{1,2}|\b\d{1,2}[-./]\s?\d{1,2}[-./]\s?(?:19|20)?\d{2}\b"
    r"|(?:19|20)\d{2}\s?[年년]"
)
_MARKUP = re.compile(r"</?[A-Za-z!][^>]*>|\]\(|javascript:")
_ROMAN = re.compile(r"(?<![A-Za-z])(?:II|III|IV|VI{1,3}|IX|XI{0,3})(?![A-Za-z'’])")
_TITLED = re.compile(
    r"[가-힣]{2,4}\s?(?:씨|님)(?![가-힣])|[가-힣]{2,4}\s?(?:씨|님)(?=[의이가은는을를께과와도])|[\u4e00-\u9fff]{1,3}(?:先生|女士|小姐|太太)"
)
_POLITE = re.compile(r"의사 ?선생님|선생님|환자분?님|의료진님|담당의님|醫師先生")
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_SIMPLIFIED = frozenset(
    "们这肿医图层发现测积脑边侧区结论断疗该请为时间说话问题应无没关从将还样处张长宽认学习类预声检"
) - {"区"}
"""Characters that are written otherwise in Traditional Chinese."""


def language_problems(text: str, language: Language, lexicon: Lexicon) -> Iterator[str]:
    """A text in another language or script."""
    letters = [c for c in text if unicodedata.category(c) in ("Lu", "Ll", "Lo", "Lt", "Lm")]
    if not letters:
        yield "The text holds no words."
        return
    own = _OWN[lexicon.script]
    share = sum(1 for c in letters if own(c)) / len(letters)
    foreign = [c for c in letters if not own(c) and not (_is_latin(c) or c in "ΔδμΑα")]
    if (
        share < 0.5
        or foreign
        or any(_foreign(sentence, language, lexicon) for sentence in (text, *_parts(text)))
    ):
        yield "The text is not in the language that was asked for."
    elif lexicon.script == "han" and sum(1 for c in text if c in _SIMPLIFIED) > 0:
        yield "The text is not in Traditional Chinese."


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"[.!?。！？\n]", text) if len(part) > 15]


def _foreign(text: str, language: Language, lexicon: Lexicon) -> bool:
    """Whether a text, or one sentence of it, is in another language."""
    if lexicon.script == "latin":
        return _other_language(text, language, lexicon)
    return len(_LATIN_RUN.findall(text)) > 0


_LATIN_RUN = re.compile(r"(?:[A-Za-z]{2,}[ ,]+){4,}[A-Za-z]{2,}")


def _is_hangul(char: str) -> bool:
    return _HANGUL.match(char) is not None


def _is_han(char: str) -> bool:
    return _HAN.match(char) is not None


def _is_latin(char: str) -> bool:
    return char.isascii() or "LATIN" in unicodedata.name(char, "")


_OWN: dict[Script, Callable[[str], bool]] = {
    "latin": _is_latin,
    "hangul": _is_hangul,
    "han": _is_han,
}


def _other_language(text: str, language: Language, lexicon: Lexicon) -> bool:
    """Whether frequent words of another language stand in it more often than its own."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    own = sum(1 for word in words if word in lexicon.common)
    for other in Language:
        entry = lexicon_of(other)
        if other is language or entry.script != "latin":
            continue
        count = sum(1 for word in words if word in entry.common and word not in lexicon.common)
        if count > own + 1 or (count >= 4 and count * 2 > own):
            return True
    return False


def identity_problems(text: str, lexicon: Lexicon) -> Iterator[str]:
    """Names, dates, UIDs, addresses, links: nothing of the kind is among the findings."""
    for what, pattern in (
        ("a link or address", _LINK),
        ("an identifier", _UID),
        ("a date", _DATE),
        ("markup", _MARKUP),
    ):
        found = pattern.search(text)
        if found is not None:
            yield f"“{found[0].strip()}” looks like {what}."
    if re.search(
        rf"\b\d{{1,2}}\.? (?:de |of )?(?:{lexicon.months})\b|\b(?:{lexicon.months}) \d", text
    ):
        yield "The text holds a date that is not among the findings."
    named = re.search(lexicon.person, text) or _TITLED.search(_POLITE.sub("", text))
    if named is not None:
        yield f"“{named[0].strip()}” looks like a name or something about a person."


def roman(text: str) -> str | None:
    """A Roman numeral, None where there is none."""
    found = _ROMAN.search(text)
    return found[0] if found else None
