"""What comes with every number: doubts, remarks, and how the result came about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from tumordesk.core.finding import Provenance
from tumordesk.core.model_card import NOTICE
from tumordesk.gui import tokens
from tumordesk.gui.panels import numbers
from tumordesk.gui.panels.parts import TONE_ICONS, IconLabel, label, selectable, tight

HASH_DIGITS = 12


def unique(texts: Iterable[str]) -> tuple[str, ...]:
    """The texts without repeats and without empty ones, in order."""
    return tuple(dict.fromkeys(text for text in texts if text))


def notice(text: str, tone: str = "") -> QFrame:
    """A text on a raised ground with the icon of its tone."""
    frame = QFrame()
    frame.setObjectName("notice")
    row = QHBoxLayout(frame)
    row.setContentsMargins(tokens.SPACE_8, tokens.SPACE_8, tokens.SPACE_8, tokens.SPACE_8)
    row.setSpacing(tokens.SPACE_8)
    row.addWidget(IconLabel(TONE_ICONS[tone], tone), 0, Qt.AlignmentFlag.AlignTop)
    row.addWidget(label(text, "small" if not tone else "", tone, wrap=True), 1)
    return frame


def notices(warnings: Sequence[str], notes: Sequence[str]) -> QWidget:
    """Warnings first, then remarks, each once."""
    box = QWidget()
    column = tight(QVBoxLayout(box), tokens.SPACE_4)
    for text in unique(warnings):
        column.addWidget(notice(text, "warning"))
    for text in unique(notes):
        column.addWidget(notice(text))
    return box


def provenance_words(made: Provenance) -> str:
    """'flair-glioma 1.0 on CPU in 12 s, weights 3f2a91c0d7e4'."""
    return (
        f"{made.model_id} {made.model_version} on {made.device} in "
        f"{numbers.seconds(made.seconds)}, weights {made.model_sha256[:HASH_DIGITS]}"
    )


def origins(makers: Sequence[Provenance]) -> QWidget:
    """A line for each model, and what the result must not be used for."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(tokens.SPACE_8, 0, tokens.SPACE_8, 0)
    column.setSpacing(tokens.SPACE_4)
    for made in makers:
        line = selectable(provenance_words(made), "small")
        line.setToolTip(f"Architecture {made.architecture}\n{made.software}\n{made.model_sha256}")
        column.addWidget(line)
    column.addWidget(label(NOTICE.rstrip("."), "small", wrap=True))
    return box
