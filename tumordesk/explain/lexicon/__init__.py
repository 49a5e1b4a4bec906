"""What words mean in each language, for the guard that reads a language model's text."""

from __future__ import annotations

from importlib import import_module

from tumordesk.core.explanation import Language
from tumordesk.explain.lexicon.entry import Lexicon

_MODULES = {
    Language.ENGLISH: "en",
    Language.KOREAN: "ko",
    Language.CHINESE: "zh",
    Language.GERMAN: "de",
    Language.FRENCH: "fr",
    Language.SPANISH: "es",
}


def lexicon_of(language: Language) -> Lexicon:
    """The lexicon of a language."""
    lexicon: Lexicon = import_module(f"tumordesk.explain.lexicon.{_MODULES[language]}").LEXICON
    return lexicon
