"""The card of a model, as people read it."""

from __future__ import annotations

from PySide6.QtWidgets import QFormLayout, QVBoxLayout, QWidget

from tumordesk.core.model_card import ModelCard
from tumordesk.core.study import Sequence
from tumordesk.gui import tokens
from tumordesk.gui.dialogs.base import BaseDialog, scrolled, text_label
from tumordesk.zoo import ORIGINS, ModelEntry

_TASKS = {"segmentation": "Outlines", "classification": "Classifies"}


class CardDialog(BaseDialog):
    """Purpose, input, training data, figures with their split, limits."""

    def __init__(self, entry: ModelEntry, parent: QWidget | None = None) -> None:
        card = entry.card
        super().__init__(card.name, parent)
        self.body.addWidget(text_label(card.name, "title"))
        told = f"{card.id} {card.version} · {ORIGINS[entry.origin]}"
        self.body.addWidget(text_label(told, "secondary"))
        if card.summary:
            self.body.addWidget(text_label(card.summary))
        area, column = scrolled()
        self._facts(column, card)
        self._data(column, card)
        self._figures(column, card)
        self._limits(column, card)
        column.addStretch(1)
        self.body.addWidget(area, 1)
        self.body.addWidget(text_label(card.notice, tone="warning"))
        self.add_close()
        self.resize(640, 560)

    def _facts(self, column: QVBoxLayout, card: ModelCard) -> None:
        form = _form(column, "What it does")
        names = ", ".join(c.label for c in card.classes if c.name != "background")
        form.addRow(_key("Task"), text_label(f"{_TASKS[card.task]}: {names}"))
        spec = card.input
        named = spec.sequences or spec.sequence in set(Sequence)
        sequence = spec.sequences_shown if named else "any"
        if spec.sequences:
            sequence += " of one examination"
        plane = "any plane" if spec.plane == "any" else spec.plane
        rows, columns = spec.size
        text = f"{spec.modality}, {sequence}, {plane}; {rows} × {columns} pixels"
        form.addRow(_key("Input"), text_label(text))
        form.addRow(_key("Network"), text_label(card.network))
        form.addRow(_key("Weights"), text_label(f"sha256 {card.weights_sha256[:16]}…"))
        form.addRow(_key("Licence"), text_label(card.licence or "not stated"))
        form.addRow(_key("Made"), text_label(f"{card.date} with {card.software}".strip()))

    def _data(self, column: QVBoxLayout, card: ModelCard) -> None:
        for data in card.training_data:
            form = _form(column, f"Trained on {data.name}")
            counts = [f"{data.patients} patients" if data.patients else ""]
            counts.append(f"{data.images} images" if data.images else "")
            form.addRow(_key("Size"), text_label(", ".join(c for c in counts if c) or "not stated"))
            form.addRow(_key("Licence"), text_label(data.licence or "not stated"))
            if data.citation:
                form.addRow(_key("Cite"), text_label(data.citation))
            if data.note:
                form.addRow(_key("Note"), text_label(data.note))

    def _figures(self, column: QVBoxLayout, card: ModelCard) -> None:
        if not card.metrics:
            return
        form = _form(column, "Measured")
        for metric in card.metrics:
            text = f"{metric.value:.3f}  ({metric.split}; n = {metric.n}; {metric.data})"
            label = text_label(text)
            label.setToolTip(metric.command)
            form.addRow(_key(metric.name), label)
        if card.task == "classification":
            form.addRow(_key("Unlike pictures"), text_label(_familiar(card)))

    def _limits(self, column: QVBoxLayout, card: ModelCard) -> None:
        if not card.limits:
            return
        column.addWidget(text_label("Limits", "strong"))
        for limit in card.limits:
            column.addWidget(text_label(f"• {limit}"))


def _familiar(card: ModelCard) -> str:
    told = card.reference
    if told is None:
        return "cannot be told: the model has no reference of its training pictures"
    return (
        f"told from {told.pictures} training pictures of {told.data}; of {told.validation} others "
        "1 in 100 is taken for unlike"
    )


def _form(column: QVBoxLayout, title: str) -> QFormLayout:
    column.addWidget(text_label(title, "strong"))
    form = QFormLayout()
    form.setHorizontalSpacing(tokens.SPACE_16)
    form.setVerticalSpacing(tokens.SPACE_4)
    form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    column.addLayout(form)
    return form


def _key(text: str) -> QWidget:
    label = text_label(text, "secondary")
    label.setMinimumWidth(120)
    label.setMaximumWidth(190)
    return label
