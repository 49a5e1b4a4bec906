"""Keeps the explanation in step with the findings, and asks a language model where wanted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QScrollArea, QWidget

from tumordesk.core.explanation import Explanation, Fact, Language, Register
from tumordesk.core.job import JobContext
from tumordesk.core.policy import policy
from tumordesk.core.study_findings import StudyFindings
from tumordesk.gui import tokens
from tumordesk.gui.banner import Message
from tumordesk.gui.jobs import Failure, RunnerContext
from tumordesk.gui.panels.explanation import NOTHING, WAITING
from tumordesk.session.explaining import explain_offline, explainable, place_of, still_true
from tumordesk.session.gather import findings_of

if TYPE_CHECKING:
    from tumordesk.explain.client import Endpoint, ListedModel
    from tumordesk.gui.dialogs.language_model import LanguageModelDialog
    from tumordesk.gui.main_window import MainWindow

OFFLINE_KEY = "explain"
ASK_KEY = "explain-ask"
TEST_KEY = "explain-test"


@dataclass(frozen=True)
class _Asked:
    """A question that is under way."""

    series_key: str
    facts: tuple[Fact, ...]
    endpoint: Endpoint


class ExplainController(QObject):
    """Makes the offline text when findings change; everything else only when a person asks."""

    said = Signal(object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._panel = window.parts.explanation
        self._session = window.session
        self._asked: _Asked | None = None
        self._keys: dict[str, str] = {}  # by origin; never written anywhere
        self._due = False
        session = window.session
        session.results_changed.connect(self._results_changed)
        session.active_changed.connect(self._active_changed)
        session.explanation_changed.connect(self._explained)
        window.opening.source_complete.connect(self._soon)
        self._panel.wish_changed.connect(self._wished)
        self._panel.fact_chosen.connect(self.follow)
        self._panel.ask_requested.connect(self.open_dialog)
        self._panel.cancel_requested.connect(self.cancel)
        self._panel.own_requested.connect(self._own_text)
        self._panel.set_wish(*self.wish)
        self._panel.forbid_asking(policy().refusal("language-model"))

    @property
    def wish(self) -> tuple[Language, Register]:
        """Language and reader of the texts."""
        settings = self._window.settings
        return Language(settings.explain_language), Register(settings.explain_register)

    # Offline -------------------------------------------------------------------------------

    def _results_changed(self, key: str) -> None:
        active = self._session.active
        if active is not None and active.key == key:
            self._soon()
        elif self._session.series(key) is not None:  # made again when the series is shown
            self._session.results(key).explanation = None

    def _active_changed(self) -> None:
        self._stop_asking()
        self._soon()

    def _soon(self) -> None:
        """Once, after everything that changes now has changed."""
        if not self._due:
            self._due = True
            QTimer.singleShot(0, self, self._refresh)

    def _refresh(self) -> None:
        self._due = False
        series = self._session.active
        results = self._session.results(series.key) if series is not None else None
        if series is None or not explainable(results):
            self._window.runner.cancel(OFFLINE_KEY)
            self._stop_asking()
            waits = results is not None and results.active is not None
            self._panel.show_nothing(WAITING if waits else NOTHING)
            return
        source = self._session.buffers.get(series.key)
        volume = source.volume() if source is not None else None
        if volume is None:
            return  # source_complete comes
        findings = findings_of(self._session, series.key, volume)
        if findings is None:
            return
        language, register = self.wish
        self._window.runner.submit(
            "io",
            OFFLINE_KEY,
            lambda context: _explain(context, findings, language, register),
            done=lambda made: self._made(series.key, made),
            failed=self._failed,
        )

    def _made(self, key: str, made: Explanation) -> None:
        shown = self._session.results(key).explanation
        if self._asked is not None and self._asked.facts != made.facts:
            self._stop_asking()
            self.said.emit(Message("info", "The findings changed", "The question was cancelled."))
        if still_true(shown, made):
            self._explained(key)
        else:
            self._session.set_explanation(key, made)

    def _explained(self, key: str) -> None:
        active = self._session.active
        shown = self._session.results(key).explanation
        if active is not None and active.key == key and shown is not None and self._asked is None:
            self._panel.show_explanation(shown)

    def _failed(self, failure: Failure) -> None:
        if failure.crash is not None:
            self._window.dialogs.crash(failure.crash)
        else:
            self.said.emit(Message("error", failure.message, failure.hint))

    # What a person does --------------------------------------------------------------------

    def _wished(self, language: Language, register: Register) -> None:
        self._stop_asking()
        self._window.change_settings(
            explain_language=language.value, explain_register=register.value
        )
        self._soon()

    def follow(self, key: str) -> None:
        """Go to where a fact lies; facts without a place stand in the findings."""
        window, shown = self._window, self._panel.shown
        series = self._session.active
        if shown is None or series is None:
            return
        place = place_of(key, shown.facts)
        if place is None:
            scroll_to(window.parts.findings)
            return
        layer = self._session.results(series.key).active
        lesions = layer.measurements.lesions if layer and layer.measurements else ()
        lesion = next((one for one in lesions if one.number == place.lesion), None)
        if place.point is not None:
            row, column = place.point
            window.parts.viewer.go_to(place.slice_index, round(row), round(column))
        elif lesion is not None:
            window.viewing.jump_to_lesion(lesion)
        else:
            window.parts.viewer.go_to(place.slice_index, None, None)

    def _own_text(self) -> None:
        series = self._session.active
        if series is not None:
            self._session.results(series.key).explanation = None
            self._soon()

    # Asking --------------------------------------------------------------------------------

    def open_dialog(self) -> None:
        """Show whom to ask and what would be sent."""
        from tumordesk.explain.asking import request_for
        from tumordesk.gui.dialogs.language_model import LanguageModelDialog

        shown, series = self._panel.shown, self._session.active
        if shown is None or series is None:
            return
        settings = self._window.settings
        language, register = shown.language, shown.register
        dialog = LanguageModelDialog(
            settings.explain_endpoint,
            settings.explain_model,
            settings.explain_consent,
            lambda model: request_for(shown.facts, language, register, model),
            self._window,
            self._keys,
        )
        dialog.consent_changed.connect(self.set_consent)
        dialog.test_requested.connect(lambda endpoint: self._test(dialog, endpoint))
        dialog.finished.connect(lambda _: self._window.runner.cancel(TEST_KEY))
        dialog.accepted.connect(lambda: self.ask(series.key, shown, dialog.endpoint()))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def set_consent(self, origin: str, allowed: bool) -> None:
        """Keep that a person allowed an address, or withdrew it."""
        kept = [one for one in self._window.settings.explain_consent if one != origin]
        self._window.change_settings(explain_consent=(*kept, *((origin,) if allowed else ())))
        self.check_consent()

    def check_consent(self) -> None:
        """Stop a question to an address that is not allowed any more."""
        asked = self._asked
        if asked is None:
            return
        address = asked.endpoint.address
        if not address.named_local and address.origin not in self._window.settings.explain_consent:
            self.cancel()

    def _test(self, dialog: LanguageModelDialog, endpoint: Endpoint) -> None:
        def job(context: RunnerContext) -> tuple[ListedModel, ...]:
            from tumordesk.explain.client import list_models

            return list_models(context, endpoint)

        def failed(failure: Failure) -> None:
            dialog.show_failure(f"{failure.message} {failure.hint}".strip())

        self._keys[endpoint.address.origin] = endpoint.key
        self._window.runner.submit("net", TEST_KEY, job, done=dialog.show_models, failed=failed)

    def ask(self, series_key: str, shown: Explanation, endpoint: Endpoint) -> None:
        """Ask a language model to put the facts of ``shown`` into words."""
        self._keys[endpoint.address.origin] = endpoint.key
        self._window.change_settings(
            explain_endpoint=str(endpoint.address), explain_model=endpoint.model
        )
        self._asked = _Asked(series_key, shown.facts, endpoint)
        self._panel.show_writing("", endpoint.model)
        self._to_top()

        def job(context: RunnerContext) -> Explanation:
            return _ask(context, shown, endpoint, context.post)

        self._window.runner.submit(
            "net",
            ASK_KEY,
            job,
            done=lambda made: self._answered(series_key, made),
            failed=self._not_answered,
            cancelled=lambda: None,
            partial=lambda text: self._panel.show_writing(text, endpoint.model),
        )

    def _answered(self, key: str, made: Explanation) -> None:
        self._asked = None
        self._session.set_explanation(key, made)
        self._to_top()

    def _to_top(self) -> None:
        """Bring the beginning of the section into view, once it has its new height."""
        QTimer.singleShot(0, self, lambda: scroll_to(self._panel.reader))

    def _not_answered(self, failure: Failure) -> None:
        self._stop_asking()
        self._failed(failure)

    def cancel(self) -> None:
        """Stop the question; the connection is closed at once."""
        if self._asked is not None:
            self._stop_asking()
            self.said.emit(Message("info", "The question was cancelled", ""))

    def _stop_asking(self) -> None:
        asked, self._asked = self._asked, None
        if asked is not None:
            self._window.runner.cancel(ASK_KEY)
            self._explained(asked.series_key)


def _explain(
    context: JobContext, findings: StudyFindings, language: Language, register: Register
) -> Explanation:
    made = explain_offline(context, findings, language, register)
    # Here nobody waits for it; the dialog then opens at once.
    import_module("tumordesk.gui.dialogs.language_model")
    import_module("tumordesk.explain.asking")
    return made


def _ask(
    context: JobContext, shown: Explanation, endpoint: Endpoint, on_text: Callable[[str], None]
) -> Explanation:
    from tumordesk.explain.asking import explain_with_model
    from tumordesk.explain.registers import explain_facts

    language, register = shown.language, shown.register
    offline = explain_facts(shown.facts, language, register)
    return explain_with_model(
        context, shown.facts, language, register, endpoint, on_text, offline=offline
    )


def scroll_to(part: QWidget) -> None:
    """Bring the top of a part of a scrolled side panel to the top, as far as it goes."""
    above = part.parentWidget()
    while above is not None and not isinstance(above, QScrollArea):
        above = above.parentWidget()
    inner = above.widget() if above is not None else None
    if above is not None and inner is not None:
        top = part.mapTo(inner, QPoint(0, 0)).y()
        above.verticalScrollBar().setValue(top - tokens.SPACE_8)
