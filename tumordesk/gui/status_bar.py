"""The bottom line: device, model, what runs and how far it is, Cancel, and the notice."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from tumordesk.core.model_card import NOTICE
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import IconLabel
from tumordesk.session.run_state import IDLE, RunState, shown_eta

_TICK_MS = 500


class StatusBar(QFrame):
    """Shows a :class:`RunState`; between its reports the time left counts on."""

    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status")
        self.setMinimumHeight(tokens.STATUS_H)
        self._state: RunState = IDLE
        self._reading = ""
        self._chip = IconLabel("chip")
        self._device = QLabel("Starting…")
        self._model = _elided()
        self._stage = _elided()
        self._stage.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(tokens.PROGRESS_W)
        self._bar.setRange(0, 1000)
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop the run (Esc)")
        self.cancel.clicked.connect(self.cancel_requested)
        notice = QLabel(NOTICE)
        row = QHBoxLayout(self)
        row.setContentsMargins(tokens.SPACE_12, 2, tokens.SPACE_12, 2)
        row.setSpacing(tokens.SPACE_8)
        row.addWidget(self._chip)
        row.addWidget(self._device)
        row.addWidget(self._model, 1)
        row.addWidget(self._stage, 1)
        row.addWidget(self._bar)
        row.addWidget(self.cancel)
        row.addWidget(notice)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._show()

    def set_device(self, text: str) -> None:
        """Say what computes."""
        self._device.setText(text)

    @property
    def device_text(self) -> str:
        """What computes, in words."""
        return self._device.text()

    def set_model(self, text: str, *, warning: bool = False) -> None:
        """Say which model a run would use, or what its last run warned of."""
        self._model.setText(text)
        self._model.setToolTip(text)
        self._model.setProperty("tone", "warning" if warning else "")
        self._model.style().unpolish(self._model)
        self._model.style().polish(self._model)

    def set_reading(self, text: str) -> None:
        """Say what is being read; empty when nothing is."""
        self._reading = text
        self._show()

    def set_run(self, state: RunState) -> None:
        """Show where the run stands."""
        self._state = state
        if state.busy and not self._timer.isActive():
            self._timer.start()
        elif not state.busy:
            self._timer.stop()
        self._show()

    def stop(self) -> None:
        """Nothing runs any more (the window closes)."""
        self._timer.stop()

    def _tick(self) -> None:
        self._show()

    def _show(self) -> None:
        state = self._state
        self.cancel.setVisible(state.busy)
        self.cancel.setEnabled(state.phase == "running")
        self.cancel.setText("Cancelling…" if state.phase == "cancelling" else "Cancel")
        self._bar.setVisible(state.busy or bool(self._reading))
        if not state.busy:
            self._stage.setText(self._reading)
            self._bar.setRange(0, 0 if self._reading else 1000)
            return
        if state.fraction is None:
            self._bar.setRange(0, 0)
        else:
            self._bar.setRange(0, 1000)
            self._bar.setValue(round(1000 * state.fraction))
        eta = "" if "left" in state.stage else shown_eta(state.eta_s(time.monotonic()))
        self._stage.setText(" · ".join(t for t in (state.stage, eta) if t))


def _elided() -> QLabel:
    label = QLabel()
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
