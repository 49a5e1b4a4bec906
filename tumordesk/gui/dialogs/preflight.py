"""Doubts before a run: what does not fit, and the choice to run all the same."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from tumordesk.gui import theme, tokens
from tumordesk.gui.dialogs.base import BaseDialog, scrolled, text_label
from tumordesk.gui.icons import pixmap


class PreflightDialog(BaseDialog):
    """Accepted: run anyway. The doubts travel with the result.

    ``may_run`` False: the model lacks what it reads, and the run would refuse.
    """

    def __init__(
        self,
        warnings: Sequence[str],
        model_name: str,
        parent: QWidget | None = None,
        *,
        may_run: bool = True,
    ) -> None:
        super().__init__("Before you run", parent)
        title = "was trained on other images" if may_run else "cannot run on this series"
        self.body.addWidget(text_label(f"{model_name} {title}", "strong"))
        area, column = scrolled()
        for warning in warnings:
            row = QHBoxLayout()
            row.setSpacing(tokens.SPACE_8)
            sign = QLabel()
            sign.setPixmap(pixmap("warning", theme.palette().warning, tokens.ICON_SMALL))
            row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(text_label(warning), 1)
            column.addLayout(row)
        column.addStretch(1)
        self.body.addWidget(area, 1)
        from tumordesk.inference.companions import HINT

        told = "The result will carry these warnings." if may_run else HINT
        self.body.addWidget(text_label(told, "secondary"))
        self.cancel_button = self.add_button("Cancel")
        self.cancel_button.clicked.connect(self.reject)
        self.run_button = self.add_button("Run anyway", primary=True)
        self.run_button.clicked.connect(self.accept)
        self.run_button.setEnabled(may_run)
        self.resize(tokens.DIALOG_W, 320)
