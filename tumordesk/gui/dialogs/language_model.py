"""Ask a language model: whom, which one, and what it would be sent, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QStandardItemModel
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from tumordesk.core.errors import ConfigError
from tumordesk.core.policy import policy
from tumordesk.explain.address import DEFAULT_ADDRESS, Address, parse_address
from tumordesk.explain.client import Endpoint, ListedModel, valid_name
from tumordesk.explain.cloud import cloud_by_name, refusal
from tumordesk.explain.prompt import Request, readable
from tumordesk.gui import tokens
from tumordesk.gui.dialogs.base import BaseDialog
from tumordesk.gui.panels.parts import label
from tumordesk.gui.training_wizard.switch import Switch

_INTRO = (
    "A language model can put the findings into other words. It runs on this computer (Ollama, "
    "llama.cpp, LM Studio, vLLM). Its text is compared with the findings before it is shown."
)


class _Prose(QLabel):
    """Words of several lines that make a dialog neither wide nor high: as high as their width
    asks for."""

    def __init__(self, text: str = "", role: str = "", tone: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setProperty("role", role)
        self.setProperty("tone", tone)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def sizeHint(self) -> QSize:
        """The height at a dialog's width."""
        width = max(self.width(), tokens.FORM_WIDE_W)
        return QSize(tokens.FORM_WIDE_W, self.heightForWidth(width))

    def minimumSizeHint(self) -> QSize:
        """The height at the width that it has."""
        return QSize(1, self.sizeHint().height())


class LanguageModelDialog(BaseDialog):
    """``endpoint()`` is whom to ask, once accepted. Connects to nobody by itself.

    ``request_of(model)`` gives what would be sent to a model of that name.
    """

    test_requested = Signal(object)
    """An Endpoint whose models are to be listed."""
    consent_changed = Signal(str, bool)
    """(origin, allowed): the person allowed an address beyond this machine, or withdrew it."""

    def __init__(
        self,
        address: str,
        model: str,
        allowed: Sequence[str],
        request_of: Callable[[str], Request],
        parent: QWidget | None = None,
        keys: dict[str, str] | None = None,
    ) -> None:
        super().__init__("Ask a language model", parent)
        room = self.screen().availableSize().height() * 3 // 4
        self.resize(tokens.DIALOG_W + 2 * tokens.SPACE_32, min(tokens.DIALOG_W, room))
        self._allowed = set(allowed)
        self._request_of = request_of
        self._keys = dict(keys or {})
        self._address: Address | None = None
        self.address = QLineEdit(address or DEFAULT_ADDRESS)
        self.model = QComboBox()
        self.key = QLineEdit()
        self.test_button = QPushButton("Test connection")
        self.status = _Prose("", "small")
        self.consent = QCheckBox()
        self.consent_note = _Prose(tone="warning")
        self._consent_frame = self._consent_part()
        self.form_switch = Switch(
            ("Words", "As sent"), ("The words of the request", "The bytes of the request")
        )
        self.prompt = QPlainTextEdit()
        self._build(model)
        self.ask_button = self._buttons_below()
        self._wire()
        self._address_edited()

    # Parts ---------------------------------------------------------------------------------

    def _build(self, model: str) -> None:
        self.model.setEditable(True)
        self.model.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.model.setEditText(model)
        edit = self.model.lineEdit()
        if edit is not None:
            edit.setPlaceholderText("Name of the model, such as llama3.2")
        self.key.setEchoMode(QLineEdit.EchoMode.Password)
        self.key.setPlaceholderText("Only where the server asks for one; forgotten at the end")
        self.prompt.setReadOnly(True)
        self.prompt.setAccessibleName("What is sent")
        self.prompt.setTabChangesFocus(True)
        self.prompt.setMinimumHeight(2 * tokens.SPACE_32)
        self.body.addWidget(_Prose(_INTRO, "secondary"))
        self.body.addLayout(self._form())
        self.body.addWidget(self.status)
        self.body.addWidget(self._consent_frame)
        heading = QHBoxLayout()
        heading.addWidget(label("What is sent: measured findings, no names, no pictures"), 1)
        heading.addWidget(self.form_switch)
        self.body.addLayout(heading)
        self.body.addWidget(self.prompt, 1)

    def _form(self) -> QGridLayout:
        form = QGridLayout()
        form.setHorizontalSpacing(tokens.SPACE_16)
        form.setVerticalSpacing(tokens.SPACE_8)
        form.setColumnStretch(1, 1)
        rows: tuple[tuple[str, QWidget], ...] = (
            ("&Address", self.address),
            ("&Model", self.model),
            ("&Key", self.key),
        )
        for number, (words, field) in enumerate(rows):
            caption = label("")
            caption.setText(words)
            caption.setTextFormat(Qt.TextFormat.AutoText)
            caption.setBuddy(field)
            field.setAccessibleName(words.replace("&", ""))
            form.addWidget(caption, number, 0)
            form.addWidget(field, number, 1, 1, 1 if number == 0 else 2)
        form.addWidget(self.test_button, 0, 2)
        return form

    def _consent_part(self) -> QFrame:
        frame = QFrame()
        frame.setObjectName("notice")
        column = QVBoxLayout(frame)
        column.setContentsMargins(tokens.SPACE_12, tokens.SPACE_8, tokens.SPACE_12, tokens.SPACE_8)
        column.setSpacing(tokens.SPACE_4)
        column.addWidget(self.consent_note)
        column.addWidget(self.consent)
        return frame

    def _buttons_below(self) -> QPushButton:
        close = self.add_button("Close")
        close.clicked.connect(self.reject)
        ask = self.add_button("Ask", primary=True)
        ask.clicked.connect(self.accept)
        return ask

    def _wire(self) -> None:
        self.address.textChanged.connect(self._address_edited)
        self.model.editTextChanged.connect(self._update)
        self.key.textChanged.connect(self._key_edited)
        self.consent.toggled.connect(self._consented)
        self.form_switch.chosen.connect(self._show_prompt)
        self.test_button.clicked.connect(self._test)

    # What is chosen ------------------------------------------------------------------------

    def endpoint(self) -> Endpoint:
        """Whom to ask. Raises ConfigError where address or key cannot be."""
        address = parse_address(self.address.text())
        allowed = frozenset(self._allowed)
        return Endpoint(address, self.model.currentText().strip(), allowed, self.key.text().strip())

    def request(self) -> Request:
        """What is sent, exactly."""
        return self._request_of(self.model.currentText().strip())

    def show_models(self, models: Sequence[ListedModel]) -> None:
        """Offer what a server has; what it sends on to a cloud cannot be chosen."""
        chosen = self.model.currentText().strip()
        self.model.clear()
        for one in models:
            self.model.addItem(one.name)
            items = self.model.model()
            last = self.model.count() - 1
            item = items.item(last) if isinstance(items, QStandardItemModel) else None
            if one.refused and item is not None:
                item.setEnabled(False)
                item.setText(f"{one.name} (runs in a cloud, refused)")
                item.setToolTip(one.refused)
        usable = [one.name for one in models if not one.refused]
        self.model.setEditText(chosen or (usable[0] if usable else ""))
        refused = len(models) - len(usable)
        words = (
            f"Connected. Models: {len(usable)}." if usable else "Connected, but no model is there."
        )
        if refused:
            words += f" Refused, because they run in a cloud: {refused}."
        self._say(words, "" if usable else "warning")
        self.test_button.setEnabled(True)

    def show_failure(self, words: str) -> None:
        """A test came to nothing."""
        self._say(words, "error")
        self.test_button.setEnabled(True)

    # Reactions -----------------------------------------------------------------------------

    def _address_edited(self) -> None:
        before = self._address.origin if self._address is not None else ""
        try:
            self._address = parse_address(self.address.text())
        except ConfigError as error:
            self._address = None
            self._say(str(error), "error")
        else:
            self._say("")
            if self._address.origin != before:  # a key never goes to another address
                self.key.setText(self._keys.get(self._address.origin, ""))
        self._show_consent()
        self._update()

    def _key_edited(self) -> None:
        if self._address is not None:
            self._keys[self._address.origin] = self.key.text().strip()
        self._update()

    def _show_consent(self) -> None:
        address = self._address
        beyond = address is not None and not address.named_local
        self._consent_frame.setVisible(beyond)
        if address is None or not beyond:
            return
        forbidden = policy().refusal("network")
        self.consent.setVisible(not forbidden)
        if forbidden:
            self.consent_note.setText(f"{address.place} is not this computer. {forbidden}")
            return
        words = f"{address.place} is not this computer: the text below leaves it."
        if not address.encrypted:
            words += " It is not encrypted (http): anybody on the way can read it."
        self.consent_note.setText(words)
        self.consent.setText(f"Allow sending to {address.place}")
        self.consent.blockSignals(True)
        self.consent.setChecked(address.origin in self._allowed)
        self.consent.blockSignals(False)

    def _consented(self, allowed: bool) -> None:
        if self._address is None:
            return
        origin = self._address.origin
        (self._allowed.add if allowed else self._allowed.discard)(origin)
        self.consent_changed.emit(origin, allowed)
        self._update()

    def _update(self) -> None:
        """What can be pressed, and why not."""
        address, model = self._address, self.model.currentText().strip()
        missing = ""
        if address is None:
            missing = "Enter an address"
        elif not address.named_local and not policy().allows("network"):
            missing = policy().refusal("network")
        elif not address.named_local and address.origin not in self._allowed:
            missing = f"Allow sending to {address.place} first"
        self.test_button.setEnabled(not missing)
        self.test_button.setToolTip(missing or "Ask which models are there; sends no findings")
        cloud = cloud_by_name(model)
        if address is not None and cloud:
            self._say(str(refusal(model, address.place)), "error")
        elif address is not None and self.status.text().endswith(refusal("", "").hint):
            self._say("")
        if not missing and not valid_name(model):
            missing = "Choose a model first"
        self.ask_button.setEnabled(not missing and not cloud)
        self.ask_button.setToolTip(missing)
        self._show_prompt()

    def _show_prompt(self) -> None:
        request = self.request()
        text = request.text if self.form_switch.index else readable(request)
        if text != self.prompt.toPlainText():
            self.prompt.setPlainText(text)

    def _test(self) -> None:
        try:
            endpoint = self.endpoint()
        except ConfigError as error:
            self._say(str(error), "error")
            return
        self._say(f"Connecting to {endpoint.address.place}…")
        self.test_button.setEnabled(False)
        self.test_requested.emit(endpoint)

    def accept(self) -> None:
        """Only where everything needed is there."""
        if not self.ask_button.isEnabled():
            return
        try:
            self.endpoint()
        except ConfigError as error:
            self._say(str(error), "error")
            return
        super().accept()

    def _say(self, words: str, tone: str = "") -> None:
        self.status.setText(words)
        self.status.setProperty("tone", tone)
        self.status.style().unpolish(self.status)
        self.status.style().polish(self.status)
        self.status.setVisible(bool(words))
