"""The words that a text about measured findings needs, in each language; any other is refused.

A list of forbidden words can never be whole. So a language model's text may use only words that
stand here, in the offline phrases of the language, or are units, numbers or names of classes.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module

from tumordesk.core.explanation import Language
from tumordesk.explain.lexicon import lexicon_of
from tumordesk.explain.registers import speech_of

_MODULES = {
    Language.ENGLISH: "en",
    Language.KOREAN: "ko",
    Language.CHINESE: "zh",
    Language.GERMAN: "de",
    Language.FRENCH: "fr",
    Language.SPANISH: "es",
}
_UNITS = "x ml mm cm px cc ccm cl dl dice rano mr ct mri irm rm hash t flair dwi roi"
_WORD = re.compile(r"[^\W\d_\ue000-\uf8ff]+")
_LATIN = re.compile(r"[a-zß-öø-ɏ]+")
_HANGUL = re.compile(r"[가-힣]+")
_HAN = re.compile(r"[\u3400-\u9fff]+")


def unknown_words(text: str, language: Language) -> list[str]:
    """Words of a text (names and class names masked) that are not in the vocabulary."""
    if language is Language.CHINESE:
        return _unknown_chinese(text)
    if language is Language.KOREAN:
        words = [m for m in _HANGUL.finditer(text) if not _known_korean(text, m)]
        return [m[0] for m in words] + _unknown_latin(text, language)
    return _unknown_latin(text, language)


def _unknown_latin(text: str, language: Language) -> list[str]:
    known = _latin_words(language)
    return [word for word in _LATIN.findall(text.lower()) if word not in known]


def _own_phrases(language: Language) -> str:
    speech = speech_of(language)
    parts = (speech.phrases, speech.reasons, speech.places, speech.geometry, speech.sequences)
    told = " ".join(text for part in parts for text in part.values())
    return re.sub(r"\{\w+\}", " ", told).replace("\u2019", "'")


def _listed(language: Language) -> str:
    words: str = import_module(f"tumordesk.explain.vocabulary.{_MODULES[language]}").WORDS
    return words


@cache
def _latin_words(language: Language) -> frozenset[str]:
    numbers = " ".join(lexicon_of(language).words)
    if lexicon_of(language).script != "latin":
        return frozenset(_UNITS.split()) | frozenset(_WORD.findall(_own_phrases(language).lower()))
    told = " ".join((_own_phrases(language), _listed(language), numbers, _UNITS))
    return frozenset(_WORD.findall(told.lower()))


@cache
def _stems() -> tuple[frozenset[str], re.Pattern[str]]:
    endings = import_module("tumordesk.explain.vocabulary.ko").ENDINGS.split()
    own = _HANGUL.findall(_own_phrases(Language.KOREAN))
    stems = frozenset([*own, *_listed(Language.KOREAN).split()])
    pieces = "|".join(sorted(endings, key=len, reverse=True))
    return stems, re.compile(f"(?:{pieces})*")


@cache
def _korean(word: str) -> bool:
    """Whether a Korean word is a known stem with known endings."""
    stems, endings = _stems()
    return any(
        word[:cut] in stems and endings.fullmatch(word, cut) for cut in range(len(word), 0, -1)
    )


def _known_korean(text: str, found: re.Match[str]) -> bool:
    """A known word, or endings alone behind a number, a unit or a name."""
    if _korean(found[0]):
        return True
    behind = text[found.start() - 1 : found.start()].strip() != ""
    return behind and _stems()[1].fullmatch(found[0]) is not None


@cache
def _chinese_words() -> re.Pattern[str]:
    words = sorted(set(_listed(Language.CHINESE).split()), key=len, reverse=True)
    return re.compile("|".join(words))


def _unknown_chinese(text: str) -> list[str]:
    left = _chinese_words().sub(" ", text)
    return _HAN.findall(left) + _unknown_latin(text, Language.CHINESE)
