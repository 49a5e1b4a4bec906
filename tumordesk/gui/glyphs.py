"""Whether this computer can draw a text at all."""

from __future__ import annotations

from PySide6.QtGui import QFontMetricsF

from tumordesk.core.explanation import Language
from tumordesk.gui import theme

ENGLISH_NAMES = {
    Language.ENGLISH: "English",
    Language.KOREAN: "Korean",
    Language.CHINESE: "Traditional Chinese",
    Language.GERMAN: "German",
    Language.FRENCH: "French",
    Language.SPANISH: "Spanish",
}
OWN_NAMES = {
    Language.ENGLISH: "English",
    Language.KOREAN: "한국어",
    Language.CHINESE: "繁體中文",
    Language.GERMAN: "Deutsch",
    Language.FRENCH: "Français",
    Language.SPANISH: "Español",
}


def missing_glyphs(text: str) -> bool:
    """True where no font of this computer can draw all of ``text``."""
    metrics = QFontMetricsF(theme.base_font())
    return any(not metrics.inFontUcs4(ord(sign)) for sign in set(text) if not sign.isspace())


def language_name(language: Language) -> str:
    """A language as those who speak it write it, or in English where no font can draw that."""
    own = OWN_NAMES[language]
    return ENGLISH_NAMES[language] if missing_glyphs(own) else own
