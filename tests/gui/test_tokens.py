"""Words can be read on every surface of both themes (WCAG 2.2: 4.5 to 1)."""

from __future__ import annotations

import pytest

from tumordesk.gui import tokens

SURFACES = ("window", "panel", "raised")
WORDS = ("text", "text_secondary", "success_text", "warning_text", "error_text", "accent_text")


@pytest.mark.parametrize("theme", tokens.PALETTES)
@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("words", WORDS)
def test_words_are_readable(theme: tokens.ThemeName, surface: str, words: str) -> None:
    palette = tokens.PALETTES[theme]
    assert tokens.contrast(getattr(palette, words), getattr(palette, surface)) >= 4.5


@pytest.mark.parametrize("theme", tokens.PALETTES)
@pytest.mark.parametrize("surface", ["accent", "accent_hover"])
def test_the_label_of_the_accent_button_is_readable(theme: tokens.ThemeName, surface: str) -> None:
    palette = tokens.PALETTES[theme]
    assert tokens.contrast(palette.on_accent, getattr(palette, surface)) >= 4.5


def test_contrast_is_the_one_of_wcag() -> None:
    assert tokens.contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert tokens.contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)
