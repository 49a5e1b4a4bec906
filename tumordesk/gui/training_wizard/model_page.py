"""Model: what is trained, from where, and how; in a few words or in every number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from PySide6.QtWidgets import QStackedWidget, QWidget

from tumordesk.core.errors import ConfigError
from tumordesk.core.recipes import merged, recipes
from tumordesk.core.training_run import TrainingConfig
from tumordesk.gui.jobs import Failure
from tumordesk.gui.panels.parts import label
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.known_starts import KnownStarts
from tumordesk.gui.training_wizard.model_expert import ExpertForm, Stock
from tumordesk.gui.training_wizard.model_guided import GuidedChoices, time_words
from tumordesk.gui.training_wizard.pages import Page
from tumordesk.session.folder_peek import number
from tumordesk.session.model_choices import (
    SCRATCH,
    StartPoint,
    fits,
    guided_settings,
    level_of,
    sequence_settings,
    start_points,
    suggested,
)
from tumordesk.session.model_edit import ModelEditor
from tumordesk.session.model_problems import FieldProblem, problems
from tumordesk.session.training_progress import network_words
from tumordesk.zoo import Zoo


@dataclass
class Plan:
    """The simple choices. ``picked``: the start was chosen by a person; ``own``: Expert's numbers
    took their place."""

    level: str = "quick"
    minutes: int = level_of("quick").minutes
    sequence: str = "unknown"
    start: str = ""
    picked: bool = False
    own: bool = False


class ModelPage(Page):
    """Guided choices, or the long form; both change the draft at once."""

    stage = "model"
    title = "Model"
    hint = (
        "What learns, and what it knows already. With few pictures, going on from weights that "
        "have seen similar scans gives the best result."
    )

    def __init__(self, context: WizardContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self.plan = Plan()
        self.guided = GuidedChoices()
        self._form: ExpertForm | None = None
        self.problem = label("", "", "error", wrap=True)
        self._stock: Stock | None = None
        self._config: TrainingConfig | None = None
        self.problems: tuple[FieldProblem, ...] = ()
        self.known = KnownStarts(context)
        self.known.changed.connect(self.refresh)
        self._stack = QStackedWidget()
        self.body.addWidget(self.problem)
        self.body.addWidget(self._stack, 1)
        self._stack.addWidget(self.guided)
        self.problem.hide()
        self.guided.level_chosen.connect(self._level_chosen)
        self.guided.start_chosen.connect(self._start_chosen)
        self.guided.minutes_chosen.connect(self._minutes_chosen)
        self.guided.sequence_chosen.connect(self._sequence_chosen)
        self.set_expert(context.expert)

    @property
    def expert(self) -> ExpertForm:
        """The long form, made when it is first asked for: it is large."""
        if self._form is None:
            self._form = ExpertForm(self.context, self._stack)
            self._form.use_stock(self._stock or Stock())
            self._form.changed.connect(self._edited)
            self._stack.addWidget(self._form)
        return self._form

    # Beginning -----------------------------------------------------------------------------

    def enter(self) -> None:
        """Show the draft's model; where there is none yet, the remembered or the usual one."""
        if self._stock is not None:
            self._begin()
            return
        self.context.runner.submit(
            "io", "model-stock", lambda _: _read_stock(), done=self._stocked, failed=self._no_stock
        )

    def _stocked(self, stock: Stock) -> None:
        self._stock = stock
        if self._form is not None:
            self._form.use_stock(stock)
        self._begin()

    def _no_stock(self, failure: Failure) -> None:
        self._say(f"{failure.message} {failure.hint}".strip())
        self.changed.emit()

    def _begin(self) -> None:
        draft = self.context.draft
        if draft.report is None:
            return
        if not self._fits():
            draft.forget_model()
        if not draft.architecture and not draft.recipe and not self._recall():
            self.plan = Plan(sequence=self._told)
            self._suggest()
            self._apply()
        self.refresh()

    def _fits(self) -> bool:
        """Whether the draft's model is for its data, which may have been read otherwise since."""
        from tumordesk.networks.catalog import ARCHITECTURES

        draft, stock = self.context.draft, self._stock or Stock()
        if draft.recipe:
            return any(r.name == draft.recipe and fits(r, draft.learns) for r in stock.recipes)
        info = ARCHITECTURES.get(draft.architecture)
        return info is None or info.task == draft.task

    def _points(self) -> tuple[StartPoint, ...]:
        entries = self._stock.entries if self._stock is not None else ()
        return start_points(self.context.draft.task, entries)

    @property
    def _told(self) -> str:
        """The sequence that the data say they are of."""
        report = self.context.draft.report
        return (report.sequence if report is not None else "") or "unknown"

    # Remembering ---------------------------------------------------------------------------

    @property
    def _memory(self) -> str:
        return f"model-{self.context.draft.learns}"

    def _remember(self) -> None:
        draft = self.context.draft
        if self._config is None or not self.complete():
            return
        kept = {**vars(self.plan), "recipe": draft.recipe, "variant": draft.variant}
        kept["root"] = draft.data.root
        kept |= {"architecture": draft.architecture, "settings": draft.settings}
        if kept != self.context.choices.values.get(self._memory):
            self.context.remember_value(self._memory, kept)

    def _recall(self) -> bool:
        """Take the choices of the last time; False where there are none, or they fit no more."""
        kept = self.context.choices.values.get(self._memory) or {}
        draft = self.context.draft
        try:
            self.plan = Plan(**{name: kept[name] for name in vars(Plan())})
            draft.recipe, draft.variant = str(kept["recipe"]), str(kept["variant"])
            draft.architecture, draft.settings = str(kept["architecture"]), dict(kept["settings"])
            if kept.get("root") != draft.data.root:  # of these pictures nobody has said it yet
                self.plan.sequence = self._told
                if "sequence" in draft.settings.get("input", {}):
                    own = {"input": sequence_settings(self._told)}
                    draft.settings = merged(draft.settings, own)
            draft.config()
        except (ConfigError, TypeError, KeyError, ValueError):
            draft.forget_model()
            return False
        if not self._fits():
            draft.forget_model()
            return False
        if not self.plan.own:
            known = [point.weights for point in self._points()]
            if self.plan.start not in known:
                self.plan.picked = False
                self._suggest()
            self._apply()
        return True

    # Guided --------------------------------------------------------------------------------

    def _level_chosen(self, name: str) -> None:
        self.plan.level, self.plan.minutes = name, level_of(name).minutes
        self._simple()

    def _start_chosen(self, weights: str) -> None:
        self.plan.start, self.plan.picked = weights, True
        self._simple()

    def _minutes_chosen(self, minutes: int) -> None:
        self.plan.minutes = minutes
        if self.plan.own:
            self._put("budget_minutes", minutes)
        else:
            self._simple()

    def _sequence_chosen(self, sequence: str) -> None:
        self.plan.sequence = sequence
        if self.plan.own:
            self._put("input.sequence", sequence)
            return
        if not self.plan.picked:
            self._suggest()
        self._simple()

    def _suggest(self) -> None:
        draft = self.context.draft
        names = [source.sequence for source in draft.data.sequences]
        found = suggested(
            self._points(),
            draft.task,
            names[0] if len(names) == 1 else self.plan.sequence,
            draft.classes,
            neighbours_known=draft.report is not None and draft.report.patients.known,
            sequences=names,
        )
        self.plan.start = found.weights

    def _put(self, path: str, value: Any) -> None:
        """Change one of Expert's numbers."""
        if self._config is not None:
            ModelEditor(self.context.draft).put(path, value, self._config)
        self.refresh()

    def _simple(self) -> None:
        self.plan.own = False
        if self._form is not None:
            self._form.drop_unread()
        self._apply()
        self.refresh()

    def _apply(self) -> None:
        """Put the simple choices into the draft."""
        draft, plan = self.context.draft, self.plan
        start = next((p for p in self._points() if p.weights == plan.start), SCRATCH)
        draft.recipe = draft.variant = ""
        draft.architecture, settings = guided_settings(
            draft.task, level_of(plan.level), start, plan.minutes, plan.sequence
        )
        draft.settings = {**settings, "device": self.context.device}

    # Expert --------------------------------------------------------------------------------

    def _edited(self) -> None:
        self.plan.own = True
        self.refresh()

    # Showing -------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the draft's configuration, and what is wrong with it."""
        draft = self.context.draft
        try:
            self._config = draft.config()
        except ConfigError as error:
            self._config = None
            draft.model_problem = f"{error.message} {error.hint}".strip()
            self._say(draft.model_problem)
            self.changed.emit()
            return
        self._say("")
        config = self._config
        known = draft.report is not None and draft.report.patients.known
        if self.isVisible():
            self.known.ask(config)
        found = (*problems(config, patients_known=known), *self._known(config))
        unread = self._form.unread if self._form is not None else ()
        self.problems = (*unread, *found)
        draft.model_problem = next((p.text for p in self.problems if p.blocks), "")
        self.plan.sequence = config.input.sequence
        self.plan.minutes = round(config.budget_minutes or self.plan.minutes)
        if self._shows_expert:
            self.expert.load(config, self.problems)
        self._show_guided(config)
        self.changed.emit()

    def _known(self, config: TrainingConfig) -> tuple[FieldProblem, ...]:
        """What the chosen start knows already; that is no reason not to train."""
        words = self.known.words(config.initial_weights)
        return (FieldProblem("initial_weights", words, blocks=False),) if words else ()

    def _show_guided(self, config: TrainingConfig) -> None:
        plan = self.plan
        points = self._points()
        self.guided.show_starts(points)
        self.guided.show_known({p.weights: self.known.words(p.weights) for p in points})
        fixed = len(config.data.sequences) == 1
        self.guided.sequence.setEnabled(not fixed)
        self.guided.sequence.setToolTip("Chosen on the page of the data." if fixed else "")
        self.guided.show_source(told=plan.sequence == self._told != "unknown")
        self.guided.show_plan(plan.level, plan.start, plan.minutes, plan.sequence, own=plan.own)
        self.guided.show_outcome(
            self._facts(config), f"Network: {network_words(config.architecture)}."
        )

    def _facts(self, config: TrainingConfig) -> list[tuple[str, str]]:
        split = self.context.draft.split_report
        counts = split.counts.get("train", {}) if split is not None else {}
        rows, columns = config.input.size
        limit = time_words(round(config.budget_minutes)) if config.budget_minutes else "no limit"
        learned = sum(counts.values())
        report = self.context.draft.report
        noun = report.many(learned) if report is not None else "pictures"
        facts = [(number(learned), f"{noun} to learn from")] if counts else []
        if config.task == "classification":
            facts.append((str(len(config.classes)), "classes"))
        elif len(config.classes) > 2:
            facts.append((str(len(config.classes) - 1), "parts to outline"))
        return [
            *facts,
            (f"{rows} × {columns}", "pixels, scaled to this"),
            (str(config.epochs), "epochs at most"),
            (limit, "longest time"),
        ]

    def _say(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))

    # Page ----------------------------------------------------------------------------------

    def complete(self) -> bool:
        """Once everything can be trained as it stands."""
        ready = self._stock is not None and self._config is not None
        return ready and not any(problem.blocks for problem in self.problems)

    def next_sentence(self) -> str:
        """What is missing, or what Next does."""
        if self.problem.text():
            return self.problem.text()
        if self._stock is None or self._config is None:
            return "The models are being read."
        wrong = next((problem for problem in self.problems if problem.blocks), None)
        if wrong is not None:
            row = self._form.rows.get(wrong.path) if self._form is not None else None
            name = row.caption.text().replace("&", "") if row is not None else "Model"
            if not self._shows_expert:
                return f"Choose one of these ways, or correct in Expert: {name.lower()}."
            return f"{name}: {wrong.text}"
        config = self._config
        budget = config.budget_minutes
        limit = f", at most {time_words(round(budget))}" if budget else ""
        many = "epoch" if config.epochs == 1 else "epochs"
        return f"Next goes to the training: {config.epochs} {many}{limit}."

    @property
    def _shows_expert(self) -> bool:
        return self._form is not None and self._stack.currentWidget() is self._form

    def leave(self) -> bool:
        """Keep the choices for the next time."""
        self.stop()
        return True

    def set_expert(self, expert: bool) -> None:
        """Show the long form, or only what decides."""
        self._stack.setCurrentWidget(self.expert if expert else self.guided)
        if self._form is not None and not expert:
            self._form.stop()
        if self._stock is not None and self.isVisible():
            self.refresh()

    def stop(self) -> None:
        """Keep the choices, and end what runs."""
        self._remember()
        self.known.stop()
        if self._form is not None:
            self._form.stop()


def _read_stock() -> Stock:
    return Stock(recipes(), Zoo().entries(verify=False))
