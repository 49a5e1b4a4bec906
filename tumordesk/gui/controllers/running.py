"""Runs: which models, the doubts before, progress, cancel, and how it ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from tumordesk.core.job import Progress
from tumordesk.core.segmentation import Segmentation
from tumordesk.core.settings import Settings
from tumordesk.core.study import Series
from tumordesk.gui.banner import Message
from tumordesk.gui.controllers.opening import message_of
from tumordesk.gui.jobs import Failure, JobRunner, RunnerContext
from tumordesk.session.audited import watched_run
from tumordesk.session.classifying import Classified, ClassifyRequest, run_classifiers
from tumordesk.session.layers import Layer
from tumordesk.session.model_choice import ModelChoice, choose_models
from tumordesk.session.run_state import IDLE, RunState
from tumordesk.session.session import Session
from tumordesk.session.use_cases import RunOutcome, RunRequest, run_analysis

if TYPE_CHECKING:
    from tumordesk.zoo import ModelEntry, Problem

RUN_KEY = "run"
WARM_UP_KEY = "warm-up"
ZOO_KEY = "zoo"


class RunController(QObject):
    """Starts and stops runs. All slots are called on the window's thread."""

    models_changed = Signal()
    choice_changed = Signal()
    doubts_raised = Signal(object)
    """A Doubts: the person must choose before the run starts."""
    said = Signal(object)
    finished = Signal(object)
    """A RunOutcome that the session has taken."""
    ended = Signal(str)
    """'done', 'failed' or 'cancelled', after every run."""
    crashed = Signal(object)
    device_known = Signal(str)

    def __init__(self, session: Session, runner: JobRunner, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._runner = runner
        self.settings = Settings()
        self.entries: tuple[ModelEntry, ...] = ()
        self.problems: tuple[Problem, ...] = ()
        self._wish = ""

    # Models --------------------------------------------------------------------------------

    def load_models(self) -> None:
        """List the models and check their hashes, off the window's thread."""

        def job(_: RunnerContext) -> Any:
            from tumordesk.zoo import Zoo

            zoo = Zoo()
            return zoo.entries(), zoo.problems()

        self._runner.submit(
            "io", ZOO_KEY, job, done=self._models_loaded, failed=self._failed_quietly
        )

    def _models_loaded(self, found: tuple[Any, Any]) -> None:
        self.entries, self.problems = found
        self.models_changed.emit()
        self.choice_changed.emit()
        if self.problems:
            first = self.problems[0]
            title = f"{len(self.problems)} model(s) were refused"
            self.said.emit(Message("warning", title, f"{first.folder.name}: {first.reason}"))

    def _failed_quietly(self, failure: Failure) -> None:
        self.said.emit(message_of(failure))

    def warm_up(self) -> None:
        """Import torch in the background, once the window is on screen."""

        def job(_: RunnerContext) -> str:
            from tumordesk.inference.warmup import warm_up

            return warm_up()

        self._runner.submit(
            "compute", WARM_UP_KEY, job, done=self.device_known.emit, failed=self._failed_quietly
        )

    def set_wish(self, model_id: str) -> None:
        """The person picked a model; empty means automatic."""
        self._wish = model_id
        self.choice_changed.emit()

    @property
    def wish(self) -> str:
        """The picked model's id; empty means automatic."""
        return self._wish

    def choice(self) -> ModelChoice:
        """What a run on the active series would use."""
        active = self._session.active
        return choose_models(active, self.entries, self._wish, self._beside(active))

    def _beside(self, series: Series | None) -> tuple[Series, ...]:
        """All series of the study of ``series``, itself among them."""
        owner = self._session.owner(series.key) if series is not None else None
        return owner[1].series if owner is not None else ()

    # Running -------------------------------------------------------------------------------

    def run(self) -> None:
        """Run on the active series; doubts are raised first where there are any."""
        series = self._session.active
        if series is None or self._session.run.busy:
            return
        choice = self.choice()
        if choice.empty:
            self.said.emit(Message("warning", "No model to run", choice.reason))
            return
        doubts = find_doubts(series, choice, self._beside(series))
        if doubts.messages:
            self.doubts_raised.emit(doubts)
        else:
            self.start(series, choice)

    def start(self, series: Series, choice: ModelChoice) -> None:
        """Start the run without asking any more."""
        if self._session.run.busy:
            return
        source = self._session.buffers.get(series.key)
        request = RunRequest(
            series=series,
            segmentation=choice.segmentation,
            classification=choice.classification,
            volume=source.volume() if source is not None else None,
            device=self.settings.device,
            flips=self.settings.test_time_flips,
            outline=self._outline(series, choice),
            study=self._beside(series),
        )
        self._session.set_run(RunState("running", "Starting", None, time.monotonic(), series.key))

        owner = self._session.owner(series.key)
        study = owner[1] if owner is not None else None

        def job(context: RunnerContext) -> RunOutcome:
            entries = (choice.segmentation, choice.classification)
            with watched_run("window", series, study, entries) as watch:
                outcome = run_analysis(context, request)
                watch.took(outcome.segmentation, outcome.classification)
            return outcome

        self._runner.submit(
            "compute",
            RUN_KEY,
            job,
            done=self._done,
            failed=self._failed,
            cancelled=self._cancelled,
            progress=self._progress,
        )

    def classify(self, entries: Sequence[ModelEntry]) -> None:
        """Run further classifiers on the active series, on the slices of its outline."""
        series = self._session.active
        if series is None or self._session.run.busy or not entries:
            return
        source = self._session.buffers.get(series.key)
        request = ClassifyRequest(
            series=series,
            entries=tuple(entries),
            volume=source.volume() if source is not None else None,
            outline=self._session.outline(series.key),
            device=self.settings.device,
        )
        self._session.set_run(RunState("running", "Starting", None, time.monotonic(), series.key))
        owner = self._session.owner(series.key)
        study = owner[1] if owner is not None else None

        def job(context: RunnerContext) -> Classified:
            with watched_run("window", series, study, entries) as watch:
                found = run_classifiers(context, request)
                watch.took(*(outcome.classification for outcome in found.outcomes))
            return found

        self._runner.submit(
            "compute",
            RUN_KEY,
            job,
            done=self._classified,
            failed=self._failed,
            cancelled=self._cancelled,
            progress=self._progress,
        )

    def _classified(self, found: Classified) -> None:
        self._session.set_run(IDLE)
        for outcome in found.outcomes:
            self._session.take_outcome(outcome, self.settings.overlay_opacity)
        if found.failures:
            title = f"{found.failures[0][0]} gave no answer"
            self.said.emit(Message("warning", title, found.failures[0][1]))
        else:
            self.said.emit(outcome_message(found.outcomes[-1]))
        for outcome in found.outcomes:
            self.finished.emit(outcome)
        self.ended.emit("done")

    def _outline(self, series: Series, choice: ModelChoice) -> Segmentation | None:
        if choice.segmentation is not None:
            return None
        return self._session.outline(series.key)

    def cancel(self) -> None:
        """Stop the run; said at once, true within one batch."""
        if self._session.run.phase == "running":
            self._session.run_cancelling()
            self._runner.cancel(RUN_KEY)

    def _progress(self, progress: Progress) -> None:
        state = self._session.run.advanced(progress.fraction, progress.message)
        self._session.set_run(state)

    def _done(self, outcome: RunOutcome) -> None:
        self._session.set_run(IDLE)
        self._session.take_outcome(outcome, self.settings.overlay_opacity)
        self.said.emit(outcome_message(outcome))
        self.finished.emit(outcome)
        self.ended.emit("done")

    def _failed(self, failure: Failure) -> None:
        self._session.set_run(IDLE)
        if failure.crash is not None:
            self.crashed.emit(failure.crash)
        else:
            self.said.emit(message_of(failure))
        self.ended.emit("failed")

    def _cancelled(self) -> None:
        self._session.set_run(IDLE)
        self.said.emit(Message("info", "Run cancelled", "Nothing was changed."))
        self.ended.emit("cancelled")

    # Own outlines --------------------------------------------------------------------------

    def measure(self, series_key: str, layer: Layer) -> None:
        """Measure a corrected layer again; a newer stroke replaces an older measuring."""
        outline = layer.segmentation()
        of_run = layer.result.measurements if layer.result is not None else None
        midline_x_mm = of_run.midline_x_mm if of_run is not None else None
        head_box_mm = of_run.head_box_mm if of_run is not None else None
        source = self._session.buffers.get(series_key) if of_run is None else None
        volume = source.volume() if source is not None else None

        def job(context: RunnerContext) -> Any:
            from tumordesk.session.use_cases import measure_layer

            return measure_layer(
                context, outline, midline_x_mm, head_box_mm=head_box_mm, volume=volume
            )

        self._runner.submit(
            "io",
            f"measure:{layer.key}",
            job,
            done=lambda found: self._session.set_measurements(series_key, layer.key, found),
            failed=self._failed_quietly,
        )


class Doubts:
    """Why a run may not mean much: shown before it, with a choice; without one where not
    ``may_run``: a sequence that the model reads is missing."""

    def __init__(
        self,
        series: Series,
        choice: ModelChoice,
        messages: Sequence[str],
        *,
        may_run: bool = True,
    ) -> None:
        self.series = series
        self.choice = choice
        self.messages = tuple(messages)
        self.may_run = may_run


def find_doubts(series: Series, choice: ModelChoice, study: Sequence[Series]) -> Doubts:
    """What does not fit between the series and the models that would read it.

    ``study``: all series of its study.
    """
    from tumordesk.inference.preflight import preflight

    entries = [e for e in (choice.segmentation, choice.classification) if e is not None]
    found = [w for entry in entries for w in preflight(series, entry.card, study)]
    messages = tuple(dict.fromkeys(w.message for w in found))
    may_run = all(w.code != "sequences" for w in found)
    return Doubts(series, choice, messages, may_run=may_run)


def outcome_message(outcome: RunOutcome) -> Message:
    """How a run ended, in a banner."""
    result = outcome.segmentation or outcome.classification
    if result is None:
        return Message("warning", "Nothing was run", outcome.note)
    warnings = len(result.provenance.warnings)
    notes = " ".join(result.provenance.notes)
    suffix = f"{warnings} warning{'s' if warnings > 1 else ''} in the findings." if warnings else ""
    text = " ".join(t for t in (notes, suffix) if t)
    seconds = sum(r.provenance.seconds for r in (outcome.segmentation, outcome.classification) if r)
    if result.outcome == "no tumour":
        return Message("info", "No tumour found", text, stays=True)
    done = f"Done in {seconds:.0f} s" if seconds >= 1 else "Done in under a second"
    return Message("warning" if warnings else "success", done, text)
