"""Expert: every number of the training, in groups, with what is wrong beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from tumordesk.core.recipes import Recipe
from tumordesk.core.training_run import TrainingConfig
from tumordesk.gui.panels.parts import label
from tumordesk.gui.training_wizard import model_fields
from tumordesk.gui.training_wizard.augment_preview import AugmentPreview
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.controls import Choice, Written
from tumordesk.gui.training_wizard.form import FormSection
from tumordesk.gui.training_wizard.rate_finder import RateFinder
from tumordesk.gui.training_wizard.sectioned import SectionedForm
from tumordesk.session.device_choices import Device, device_help, device_options, find_devices
from tumordesk.session.model_choices import (
    AUTO,
    DOWNLOAD,
    StartPoint,
    fits,
    start_points,
    start_words,
    variants,
)
from tumordesk.session.model_edit import ModelEditor
from tumordesk.session.model_problems import NO_IMAGENET, FieldProblem
from tumordesk.session.training_progress import OWN_WEIGHTS
from tumordesk.zoo import ModelEntry

FILE, FOLDER = "file:", "folder:"
_FREEZE_WORDS = {
    "all": "Everything learns. Best where the start knows similar pictures.",
    "head": "Only the head or decoder learns: quick, and safe with very few pictures.",
    "later": "The new part learns first, then everything, more gently.",
}
_SPLIT = "Pictures are divided as chosen on the page Split, whatever the recipe did."
_AUTO = StartPoint(AUTO, "Automatic", f"{OWN_WEIGHTS}.")


@dataclass(frozen=True)
class Stock:
    """What there is to choose from."""

    recipes: tuple[Recipe, ...] = ()
    entries: tuple[ModelEntry, ...] = ()


class ExpertForm(SectionedForm):
    """All sections below each other. ``changed``: the draft is another one now."""

    changed = Signal()

    def __init__(self, context: WizardContext, parent: QWidget) -> None:
        super().__init__(parent)
        self._context = context
        self._editor = ModelEditor(context.draft)
        self._stock = Stock()
        self._config: TrainingConfig | None = None
        self._problems: Sequence[FieldProblem] = ()
        self._devices: tuple[Device, ...] = ()
        self.preview = AugmentPreview(context)
        self.finder = RateFinder(context)
        self.published = label("", "secondary", wrap=True)
        self.finder.chosen.connect(lambda rate: self.put("optimiser.rate", rate))
        self.build(
            {
                "Network": self._network,
                "Start": model_fields.start_section,
                "Head": model_fields.head_section,
                "Pictures": model_fields.input_section,
                "Augmentation": self._augmentation,
                "Loss": model_fields.loss_section,
                "Learning": self._learning,
                "Length": model_fields.course_section,
            }
        )
        context.runner.submit(
            "compute", "training-devices", lambda _: find_devices(), done=self._devices_known
        )

    # Building ------------------------------------------------------------------------------

    def _network(self, parent: QWidget) -> FormSection:
        made = model_fields.network_section(parent)
        made.add_wide(self.published, under_control=True)
        return made

    def _augmentation(self, parent: QWidget) -> FormSection:
        made = model_fields.augment_section(parent)
        made.add_wide(self.preview)
        model_fields.augment_numbers(made)
        return made

    def _learning(self, parent: QWidget) -> FormSection:
        made = model_fields.optimiser_section(parent)
        made.add_wide(self.finder)
        model_fields.optimiser_numbers(made)
        return made

    def made(self) -> None:
        """Fill the rows before anybody sees them."""
        if self._config is not None:
            self._fill(self._config)

    def _devices_known(self, devices: tuple[Device, ...]) -> None:
        """Offer the graphics cards by name; finding them takes a moment."""
        self._devices = devices
        if self._config is not None and self._whole:
            self._fill(self._config)

    # Showing -------------------------------------------------------------------------------

    def use_stock(self, stock: Stock) -> None:
        """Offer these recipes and models."""
        self._stock = stock

    def load(self, config: TrainingConfig, problems: Sequence[FieldProblem]) -> None:
        """Show a configuration, and what is wrong with it."""
        self._config, self._problems = config, problems
        if self._whole:
            self._fill(config)

    def _fill(self, config: TrainingConfig) -> None:
        problems = self._problems
        self._offer(config)
        for path, value in self._editor.values(self._rows, config).items():
            self._rows[path].control.set_value(value)
        self._show_rows(config)
        self._show_words(config)
        self.show_problems(problems)
        self.finder.use_config(config if not any(p.blocks for p in problems) else None)
        if self.isVisible() and not any(p.blocks for p in problems):
            self.preview.ask(config)

    def show_problems(self, problems: Sequence[FieldProblem]) -> None:
        """Say what is wrong at each row; what cannot be read at all comes first."""
        by_path = {problem.path: problem for problem in reversed(problems)}
        for path, row in self._rows.items():
            found = by_path.get(path)
            unread = row.control.problem
            row.set_problem(
                unread or (found.text if found else ""), blocks=not found or found.blocks
            )

    @property
    def unread(self) -> tuple[FieldProblem, ...]:
        """Rows whose text makes no sense."""
        return tuple(
            FieldProblem(path, row.control.problem)
            for path, row in self._rows.items()
            if row.control.problem and row.control.isVisibleTo(self)
        )

    def drop_unread(self) -> None:
        """Give up texts that make no sense: other numbers take their place."""
        for row in self._rows.values():
            if isinstance(row.control, Written):
                row.control.drop()

    def _choice(self, path: str) -> Choice:
        control = self._rows[path].control
        assert isinstance(control, Choice)
        return control

    def _offer(self, config: TrainingConfig) -> None:
        draft = self._context.draft
        recipes = [r for r in self._stock.recipes if fits(r, draft.learns)]
        self._choice("recipe").set_options(
            [("", "None: own numbers"), *((r.name, r.title) for r in recipes)]
        )
        recipe = next((r for r in recipes if r.name == draft.recipe), None)
        names = variants(recipe) if recipe is not None else ()
        shown = [(name, name.replace("-", " ").capitalize()) for name in names]
        self._choice("variant").set_options([("", "As published"), *shown])
        self._choice("architecture").set_options(_networks(config, recipe))
        self._choice("device").set_options(device_options(self._devices, config.device))
        self._rows["device"].set_help(device_help(self._devices))
        self._choice("initial_weights").set_options(
            [(point.weights, point.title) for point in self._points(config)]
            + [(FILE, "A weights file…"), (FOLDER, "A folder of weights…")]
        )
        words = (recipe.description, f"Published: {recipe.published}", _SPLIT) if recipe else ()
        self.published.setText("\n".join(words))
        self.published.setVisible(bool(words))

    def _points(self, config: TrainingConfig) -> list[StartPoint]:
        found = [_AUTO, *start_points(config.task, self._stock.entries, config.architecture)]
        if config.architecture not in NO_IMAGENET:
            found.append(DOWNLOAD)
        chosen = config.initial_weights
        if chosen not in [point.weights for point in found]:
            name = chosen.replace("\\", "/").rstrip("/").rpartition("/")[2]
            found.append(StartPoint(chosen, name, chosen))
        return found

    def _show_rows(self, config: TrainingConfig) -> None:
        optimiser, options = config.optimiser, _options(config.architecture)
        outlines = config.task == "segmentation"
        head = config.head
        shown = {
            "variant": bool(self._context.draft.recipe),
            "options.width": "width" in options,
            "options.decoder_channels": "decoder_channels" in options,
            "optimiser.freeze_epochs": bool(optimiser.freeze_epochs),
            "optimiser.backbone_rate": not optimiser.freeze_backbone,
            "head.width": bool(head and head.hidden),
            "input.neighbours": outlines and not config.data.channel_sources,
            "input.channels": not config.data.channel_sources,
            "input.sequence": len(config.data.sequences) != 1,
            "augment.alone": outlines and config.input.neighbours > 0,
            "loss.name": outlines,
            "loss.dice_over": outlines and config.loss.name == "dice_ce",
            "loss.dice_weight": outlines and config.loss.name == "dice_ce",
            "optimiser.momentum": optimiser.name == "sgd",
        }
        for path, visible in shown.items():
            self._rows[path].set_visible(visible)
        self.leave_out(*(["Head"] if outlines else []))

    def _show_words(self, config: TrainingConfig) -> None:
        point = next(p for p in self._points(config) if p.weights == config.initial_weights)
        self._rows["initial_weights"].set_help(start_words(point, config))
        self._rows["freeze"].set_help(_FREEZE_WORDS[self._editor.value("freeze", config)])

    # Changing ------------------------------------------------------------------------------

    def row_edited(self, path: str) -> None:
        """Put what a person chose into the draft."""
        control = self.rows[path].control
        if control.problem:
            self.changed.emit()
            return
        value = control.value()
        if path == "initial_weights" and value in (FILE, FOLDER):
            self._look_for(value)
            return
        self.put(path, value)

    def put(self, path: str, value: object) -> None:
        """Choose a value as a person does."""
        if path in ("recipe", "variant"):
            self.drop_unread()
        if self._config is not None:
            self._editor.put(path, value, self._config)
            self.changed.emit()

    def _look_for(self, kind: str) -> None:
        """Ask for a file or folder of weights; without an answer all stays."""
        dialog = QFileDialog(self, "Choose weights to start from")
        if kind == FOLDER:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
            dialog.setNameFilter("Weights (*.safetensors *.pth *.pt)")
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.put("initial_weights", name))
        dialog.rejected.connect(self.changed)
        dialog.open()

    def stop(self) -> None:
        """End what runs for the pictures and the curve."""
        self.preview.stop()
        self.finder.stop()


def _networks(config: TrainingConfig, recipe: Recipe | None) -> list[tuple[str, str]]:
    from tumordesk.networks.catalog import ARCHITECTURES

    known = [info for info in ARCHITECTURES.values() if info.task == config.task]
    if recipe is not None:
        known = [info for info in known if info.id in recipe.networks]
    return [(info.id, f"{info.title}, {info.million_parameters:.1f} M") for info in known]


def _options(architecture: str) -> tuple[str, ...]:
    from tumordesk.networks.catalog import ARCHITECTURES

    info = ARCHITECTURES.get(architecture)
    return info.options if info is not None else ()
