"""A text whose numbers lead to what they say, with mouse and keyboard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QLabel, QSizePolicy

from tumordesk.core.explanation import Explanation, Fact, Link
from tumordesk.gui import theme, tokens
from tumordesk.session.explaining import place_of

_BETWEEN = re.compile(r"\n{2,}")
_LINKED = (
    Qt.TextInteractionFlag.TextSelectableByMouse
    | Qt.TextInteractionFlag.LinksAccessibleByMouse
    | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
)


class LinkedText(QLabel):
    """Shows an explanation. Tab goes from number to number, Enter follows."""

    fact_chosen = Signal(str)
    """The key of a fact whose number was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setWordWrap(True)
        self.setMinimumWidth(1)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setTextInteractionFlags(_LINKED)
        self.setAccessibleName("Explanation")
        self._shown: Explanation | None = None
        self.linkActivated.connect(self._activated)
        self.linkHovered.connect(self._hovered)

    def show_explanation(self, shown: Explanation) -> None:
        """Show a text with its links."""
        self._shown = shown
        self.setText(page(shown.text, linked(shown), theme.palette().text))
        self.setAccessibleDescription(shown.text)

    def show_plain(self, text: str) -> None:
        """Show words without links, in the colour of what is not settled."""
        self._shown = None
        self.setText(page(text, (), theme.palette().text_secondary))
        self.setAccessibleDescription(text)

    def sizeHint(self) -> QSize:
        """As high as the text is at the width that it has."""
        width = max(self.width(), tokens.RIGHT_PANEL_W // 2)
        return QSize(tokens.RIGHT_PANEL_W // 2, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """As narrow as need be; the height follows."""
        return QSize(1, self.fontMetrics().height())

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Tab goes straight to the first number, from below to the last."""
        super().focusInEvent(event)
        ways = {Qt.FocusReason.TabFocusReason: True, Qt.FocusReason.BacktabFocusReason: False}
        forward = ways.get(event.reason())
        if forward is not None:
            self.focusNextPrevChild(forward)

    def changeEvent(self, event: QEvent) -> None:
        """Colours of the new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.StyleChange and self._shown is not None:
            self.show_explanation(self._shown)

    def _activated(self, target: str) -> None:
        shown = self._shown
        if shown is not None and target.isdecimal() and int(target) < len(shown.links):
            self.fact_chosen.emit(shown.links[int(target)].key)

    def _hovered(self, target: str) -> None:
        shown = self._shown
        known = shown is not None and target.isdecimal() and int(target) < len(shown.links)
        self.setToolTip(
            tip_of(shown.links[int(target)].key, shown.facts) if known and shown else ""
        )


def linked(shown: Explanation) -> tuple[tuple[int, Link], ...]:
    """Links that are drawn as such, with their place in ``shown.links``: numbers, and whatever
    has a place in the picture."""
    by_key = {fact.key: fact for fact in shown.facts}
    found = []
    for index, link in enumerate(shown.links):
        fact = by_key.get(link.key)
        if fact is not None and (fact.value is not None or place_of(fact.key, shown.facts)):
            found.append((index, link))
    return tuple(found)


def tip_of(key: str, facts: Sequence[Fact]) -> str:
    """'Volume of lesion 1. Go to slice 14.'"""
    fact = next((one for one in facts if one.key == key), None)
    if fact is None:
        return ""
    words = fact.words[:1].upper() + fact.words[1:]
    place = place_of(key, facts)
    return f"{words}. Go to slice {place.slice_index + 1}." if place else f"{words}."


def page(text: str, links: Sequence[tuple[int, Link]], colour: str) -> str:
    """Rich text of plain words: everything in them is escaped."""
    pieces: list[str] = []
    at = 0
    for index, link in links:
        if link.start < at or link.end > len(text):
            continue
        pieces.append(escape(text[at : link.start]))
        words = escape(text[link.start : link.end])
        style = f"color:{theme.palette().accent_text};text-decoration:none"
        pieces.append(f'<a href="{index}" style="{style}">{words}</a>')
        at = link.end
    pieces.append(escape(text[at:]))
    paragraphs = _BETWEEN.split("".join(pieces).strip())
    gap = tokens.SPACE_8
    return "".join(
        f'<p style="margin:{gap if number else 0}px 0 0 0;line-height:135%;color:{colour}">'
        f"{words.replace(chr(10), '<br>')}</p>"
        for number, words in enumerate(paragraphs)
    )
