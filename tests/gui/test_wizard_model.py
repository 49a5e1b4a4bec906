"""The Model page: simple choices, the long form, preview and learning rate finder."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

import training_factories
from tumordesk.core.data_report import DataReport, PatientsFound
from tumordesk.core.paths import cache_dir
from tumordesk.core.settings import TrainingChoices
from tumordesk.core.training_run import TrainingConfig
from tumordesk.gui.jobs import JobRunner
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.controls import Choice, Written
from tumordesk.gui.training_wizard.model_page import ModelPage
from tumordesk.gui.training_wizard.wizard import TrainingWizard
from tumordesk.session.training import SplitReport
from window_fixtures import until

FAKE = Path(__file__).parents[1] / "fake_model_trainer.py"
Make = Callable[..., ModelPage]


def _report(root: Path, task: str) -> DataReport:
    outlines = task == "segmentation"
    classes = {"all": 24} if outlines else {"blob": 8, "ring": 8}
    return DataReport(
        root=root.name,
        layout="masks" if outlines else "classes",
        layout_title="Pictures",
        task="segmentation" if outlines else "classification",
        pictures=sum(classes.values()),
        classes=classes,
        parts={"": sum(classes.values())},
        patients=PatientsFound(outlines, 6, "file names" if outlines else "none"),
        sizes={"36x40": 24},
        modes={"8-bit grey": 24},
        masks={"with": 18, "empty": 6, "rectangles": 0},
    )


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path) -> Iterator[Make]:
    """Makes a shown wizard on the Model page; closed and gone after the test."""
    made: list[TrainingWizard] = []
    runner = JobRunner()
    kept: list[TrainingChoices] = []

    def build(
        task: str = "segmentation", *, expert: bool = False, real: bool = False, again: bool = False
    ) -> ModelPage:
        outlines = task == "segmentation"
        root = tmp_path / "Lékař (1)" / task
        if not root.exists():
            maker = training_factories.mask_folder if outlines else training_factories.class_folder
            maker(root)
        command = None if real else [sys.executable, str(FAKE), str(tmp_path)]
        choices = kept[-1] if again else TrainingChoices(expert=expert)
        context = WizardContext(runner, choices, kept.append, device="cpu", command=command)
        wizard = TrainingWizard(context)
        with qtbot.waitActive(wizard):
            wizard.show()
            wizard.activateWindow()
        made.append(wizard)
        context.draft.use_folder(root)
        context.draft.use_report(_report(root, task))
        parts = {part: {"all": 8} for part in ("train", "val", "test")}
        context.draft.split_report = SplitReport("group", "", "id", parts, {})
        wizard.refresh()
        wizard.show_stage("model")
        page = wizard.pages["model"]
        assert isinstance(page, ModelPage)
        until(qtbot, page.complete)
        return page

    yield build
    for wizard in made:
        wizard.close()
        wizard.deleteLater()
    runner.shutdown()


def _click(qtbot: QtBot, widget: QWidget) -> None:
    QApplication.processEvents()
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def _config(page: ModelPage) -> TrainingConfig:
    return page.context.draft.config()


def _choice(page: ModelPage, path: str) -> Choice:
    control = page.expert.rows[path].control
    assert isinstance(control, Choice)
    return control


def _write(qtbot: QtBot, page: ModelPage, path: str, text: str) -> None:
    """Click into a field, mark all, and type."""
    page.expert.show_section(next(n for n, s in page.expert.sections.items() if path in s.rows))
    control = page.expert.rows[path].control
    assert control.isVisible()
    control.setFocus()
    if isinstance(control, (QLineEdit, QAbstractSpinBox)):
        control.selectAll()
    qtbot.keyClicks(control, text)


def _asked(folder: Path, name: str) -> list[dict[str, Any]]:
    path = folder / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]


# Guided ----------------------------------------------------------------------------------------


def test_outlines_start_from_bundled_weights(qtbot: QtBot, make: Make) -> None:
    page = make()
    config = _config(page)
    assert (config.architecture, config.initial_weights) == ("unet-mobilenetv2", "flair-glioma")
    assert config.options["decoder_channels"] == [128, 64, 48, 32, 16]
    assert (config.epochs, config.budget_minutes, config.batch_size) == (10, 15.0, 0)
    assert config.device == "cpu"
    assert page.guided.tiles["quick"].isChecked()
    assert "15 minutes" in page.next_sentence()


def test_classes_start_from_the_tumour_type_model(qtbot: QtBot, make: Make) -> None:
    config = _config(make("classification"))
    assert (config.architecture, config.initial_weights) == ("mobilenetv2", "tumour-type")
    assert config.classes == ("blob", "ring")
    assert config.input.channels == 3
    assert config.loss.name == "ce"


def test_clicks_choose_how_thorough_and_how_long(qtbot: QtBot, make: Make) -> None:
    page = make()
    _click(qtbot, page.guided.tiles["balanced"])
    assert (_config(page).epochs, _config(page).budget_minutes) == (30, 60.0)
    page.guided.minutes.setFocus()
    page.guided.minutes.selectAll()
    qtbot.keyClicks(page.guided.minutes, "45")
    assert _config(page).budget_minutes == 45.0
    assert page.guided.tiles["balanced"].isChecked()


def test_tab_goes_through_the_choices_as_they_are_read(qtbot: QtBot, make: Make) -> None:
    guided = make().guided
    guided.tiles["quick"].setFocus()
    passed = []
    for _ in range(3):
        qtbot.keyClick(guided.focusWidget(), Qt.Key.Key_Tab)
        passed.append(guided.focusWidget())
    assert passed[0] in guided.starts.values()
    assert passed[1:] == [guided.sequence, guided.minutes]


def test_the_sequence_suggests_the_start_until_a_person_chose_one(qtbot: QtBot, make: Make) -> None:
    page = make()
    page.guided.sequence.setFocus()
    page.guided.sequence.choose("T1C")
    assert _config(page).input.sequence == "T1C"
    assert _config(page).initial_weights == "t1c-tumour"
    assert page.guided.starts["t1c-tumour"].isChecked()
    _click(qtbot, page.guided.starts[""])
    page.guided.sequence.choose("FLAIR")
    assert _config(page).initial_weights == ""
    page.guided.sequence.choose("CT")
    assert _config(page).input.modality == "CT"


def test_choices_stay_on_return_and_for_the_next_time(qtbot: QtBot, make: Make) -> None:
    page = make()
    _click(qtbot, page.guided.tiles["thorough"])
    page.guided.sequence.choose("T2")
    before = _config(page)
    page.context.show_stage("data")
    page.context.show_stage("model")
    assert _config(page) == before
    page.window().close()
    again = make(again=True)
    assert _config(again) == before
    assert again.guided.tiles["thorough"].isChecked()


def test_keyboard_alone_chooses(qtbot: QtBot, make: Make) -> None:
    page = make()
    page.guided.tiles["quick"].setFocus()
    qtbot.keyClick(page.guided.tiles["quick"], Qt.Key.Key_Right)
    target = page.window().focusWidget()
    assert target is page.guided.tiles["balanced"]
    qtbot.keyClick(target, Qt.Key.Key_Space)
    assert _config(page).epochs == 30
    qtbot.keyClick(target, Qt.Key.Key_Q, Qt.KeyboardModifier.AltModifier)
    assert page.guided.sequence.hasFocus()
    qtbot.keyClick(page.guided.sequence, Qt.Key.Key_Down)
    assert _config(page).input.sequence == "FLAIR"


# Expert ----------------------------------------------------------------------------------------


def test_every_field_has_words_and_a_name(qtbot: QtBot, make: Make) -> None:
    for task in ("segmentation", "classification"):
        page = make(task, expert=True)
        for row in page.expert.rows.values():
            assert row.control.accessibleName(), row.path
            assert row.words.text() or not row.control.isVisible(), row.path


def test_expert_numbers_reach_the_configuration(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    _write(qtbot, page, "input.size.0", "128")
    _write(qtbot, page, "epochs", "7")
    _write(qtbot, page, "optimiser.rate", "3e-4")
    _write(qtbot, page, "augment.rotation_deg", "40")
    _choice(page, "optimiser.name").choose("sgd")
    _choice(page, "precision").choose("float32")
    config = _config(page)
    assert (config.input.size, config.epochs) == ((128, 256), 7)
    assert (config.optimiser.name, config.optimiser.rate) == ("sgd", 3e-4)
    assert config.augment.rotation_deg == 40.0
    assert config.precision == "float32"
    assert page.expert.rows["optimiser.momentum"].control.isVisible()
    assert _choice(page, "augment").value() == ""


def test_going_back_to_guided_says_that_own_numbers_count(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    _write(qtbot, page, "epochs", "7")
    wizard = page.window()
    assert isinstance(wizard, TrainingWizard)
    _click(qtbot, wizard.mode.button(0))
    assert page.guided.own.isVisible()
    assert not any(tile.isChecked() for tile in page.guided.tiles.values())
    assert _config(page).epochs == 7
    _click(qtbot, page.guided.tiles["quick"])
    assert not page.guided.own.isVisible()
    assert _config(page).epochs == 10


def test_expert_numbers_are_there_the_next_time(qtbot: QtBot, make: Make) -> None:
    page = make("classification", expert=True)
    _choice(page, "recipe").choose("yesno-224")
    _choice(page, "variant").choose("adam")
    _write(qtbot, page, "epochs", "7")
    before = _config(page)
    page.window().close()
    again = make("classification", again=True)
    assert _config(again) == before
    assert before.recipe == "yesno-224/adam"
    assert _choice(again, "variant").value() == "adam"
    other = make("segmentation", again=True)  # another kind of data has a memory of its own
    assert _config(other).architecture == "unet-mobilenetv2"
    assert _config(other).epochs == 10


def test_wrong_numbers_are_said_at_the_field(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    wizard = page.window()
    assert isinstance(wizard, TrainingWizard)
    _write(qtbot, page, "input.size.0", "100")
    row = page.expert.rows["input.size.0"]
    assert "multiple of 32" in row.words.text()
    assert not wizard.next.isEnabled()
    assert "multiple of 32" in wizard.sentence.text()
    assert not wizard.rail.buttons["train"].isEnabled()
    _write(qtbot, page, "input.size.0", "96")
    assert wizard.next.isEnabled()
    _write(qtbot, page, "optimiser.rate", "fast")
    assert "such as" in page.expert.rows["optimiser.rate"].words.text()
    assert not wizard.next.isEnabled()
    _write(qtbot, page, "optimiser.rate", "0.001")
    assert wizard.next.isEnabled()
    _write(qtbot, page, "input.normalisation.mean", "0.1, 0.2")
    assert not wizard.next.isEnabled()


def test_a_simple_choice_takes_the_place_of_wrong_numbers(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    wizard = page.window()
    assert isinstance(wizard, TrainingWizard)
    _write(qtbot, page, "input.normalisation.mean", "x")
    _click(qtbot, wizard.mode.button(0))
    assert "correct in Expert: mean" in wizard.sentence.text()
    assert not wizard.next.isEnabled()
    _click(qtbot, page.guided.tiles["balanced"])
    assert wizard.next.isEnabled()
    assert _config(page).epochs == 30


def test_freezing_needs_something_to_keep(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    _choice(page, "freeze").choose("later")
    assert (_config(page).optimiser.freeze_epochs, _config(page).optimiser.backbone_rate) == (
        2,
        0.1,
    )
    assert page.complete()
    _choice(page, "initial_weights").choose("")
    assert "nothing to keep" in page.expert.rows["freeze"].words.text()
    assert not page.complete()
    _choice(page, "freeze").choose("all")
    assert page.complete()
    _choice(page, "freeze").choose("head")
    _choice(page, "initial_weights").choose("t1c-tumour")
    assert _config(page).optimiser.freeze_backbone
    assert page.complete()


def test_the_download_is_offered_with_what_it_means(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    start = _choice(page, "initial_weights")
    assert "imagenet" in start.values
    start.choose("imagenet")
    assert (
        "one time that TumorDesk uses the network"
        in page.expert.rows["initial_weights"].words.text()
    )
    assert _config(page).initial_weights == "imagenet"
    _choice(page, "architecture").choose("unet")
    assert "imagenet" not in start.values
    assert _config(page).initial_weights == "auto"
    assert page.expert.rows["options.width"].control.isVisible()
    assert _config(page).options == {}


def test_a_recipe_brings_its_numbers_and_variants(qtbot: QtBot, make: Make) -> None:
    page = make("classification", expert=True)
    page.expert.put("input.sequence", "T1C")
    recipe = _choice(page, "recipe")
    assert recipe.values == ("", "four-class", "yesno-224")
    recipe.choose("four-class")
    config = _config(page)
    assert (config.recipe, config.architecture) == ("four-class", "mobilenet")
    assert config.head is not None
    assert config.head.hidden == (128, 128, 128)
    assert config.input.sequence == "T1C"
    assert "0.905" in page.expert.published.text()
    assert _choice(page, "architecture").values == ("mobilenet", "xception")
    variant = _choice(page, "variant")
    assert "reshuffled" not in variant.values  # the split has a page of its own
    variant.choose("dropout-0.5")
    assert _config(page).recipe == "four-class/dropout-0.5"
    assert _config(page).head.dropout == (0.5,)
    _choice(page, "head.hidden").choose(1)
    _write(qtbot, page, "head.dropout", "0.3, 0.4")
    assert (_config(page).head.hidden, _config(page).head.dropout) == ((128,), (0.3, 0.4))


def test_what_is_learnt_decides_recipes_and_networks(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    recipe = _choice(page, "recipe")
    assert recipe.values == ("", "coco-seg-512")
    _write(qtbot, page, "epochs", "7")
    page.context.show_stage("data")
    draft = page.context.draft
    kept, parts = draft.report, draft.split_report
    draft.learn("presence")
    draft.report, draft.split_report = kept, parts
    page.context.show_stage("model")
    assert page.isVisible()
    config = _config(page)
    assert (config.task, config.architecture) == ("classification", "resnet18")
    assert config.initial_weights == "detect-resnet"  # the same question, and patients are known
    assert config.epochs == 10
    assert recipe.values == ("", "detect-resnet", "four-class", "yesno-224")
    recipe.choose("detect-resnet")
    assert _config(page).classes == ("no_tumour", "tumour")
    assert _config(page).data.label_from_mask
    assert page.expert.sections["Head"].isVisible()
    assert not page.expert.rows["loss.dice_weight"].control.isVisible()
    assert page.complete()


@pytest.mark.parametrize("task", ["segmentation", "classification"])
def test_every_network_of_every_recipe_gives_an_order(qtbot: QtBot, make: Make, task: str) -> None:
    page = make(task, expert=True)
    seen = set()
    for recipe in _choice(page, "recipe").values:
        _choice(page, "recipe").choose(recipe)
        for network in _choice(page, "architecture").values:
            _choice(page, "architecture").choose(network)
            for variant in _choice(page, "variant").values:
                _choice(page, "variant").choose(variant)
                assert _config(page).architecture == network
                assert page.complete(), page.problems
            seen.add(network)
    assert len(seen) >= 5


def test_neighbours_bring_their_channels_and_need_patients(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    _choice(page, "input.neighbours").choose(1)
    assert _config(page).input.channels == 3
    assert page.complete()
    _write(qtbot, page, "input.channels", "2")
    assert "needs 3" in page.expert.rows["input.channels"].words.text()
    assert not page.complete()


def test_the_way_to_a_section_is_one_click(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    form = page.expert
    _click(qtbot, form.jumps["Learning"])
    assert form.jumps["Learning"].isChecked()
    assert not form.jumps["Network"].isChecked()
    assert form.rows["optimiser.name"].control.hasFocus()
    assert not form.rows["optimiser.name"].control.visibleRegion().isEmpty()
    assert not form.jumps["Head"].isVisible()


def test_a_section_is_reached_while_the_form_is_still_made(qtbot: QtBot, make: Make) -> None:
    page = make()
    wizard = page.window()
    assert isinstance(wizard, TrainingWizard)
    qtbot.mouseClick(wizard.mode.button(1), Qt.MouseButton.LeftButton)
    page.expert.show_section("Learning")
    control = page.expert.rows["optimiser.name"].control
    assert control.hasFocus()
    assert not control.visibleRegion().isEmpty()


def test_a_start_that_saw_other_pictures_says_so(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    words = page.expert.rows["initial_weights"].words
    before = words.text()
    _write(qtbot, page, "input.normalisation.mean", "0.5")
    assert (
        words.text()
        == f"{before} It saw pictures with other channels or brightness than set below."
    )
    _write(qtbot, page, "input.normalisation.mean", "0.25")
    assert words.text() == before
    _write(qtbot, page, "options.decoder_channels", "256, 128, 64, 32, 16")
    assert "only its first part" in words.text()
    assert page.complete()


def test_a_file_of_weights_is_shown_by_its_name(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    page.expert.put("initial_weights", "/weights/päper/my net.safetensors")
    assert _choice(page, "initial_weights").currentText() == "my net.safetensors"
    assert _config(page).initial_weights == "/weights/päper/my net.safetensors"
    assert page.complete()


def test_the_wheel_scrolls_and_changes_nothing(qtbot: QtBot, make: Make) -> None:
    from window_fixtures import wheel

    page = make(expert=True)
    before = _config(page)
    for path in ("recipe", "options.decoder_channels", "optimiser.backbone_rate"):
        wheel(page.expert.rows[path].control, 1)
    assert _config(page) == before


# Preview and learning rate ---------------------------------------------------------------------


def test_the_preview_follows_the_numbers(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    page = make(expert=True)
    preview = page.expert.preview
    until(qtbot, lambda: len(preview.shown) == 6)
    first = preview.shown[0].images[1].pixelColor(0, 0).value()
    _choice(page, "augment").choose("None")
    until(qtbot, lambda: preview.shown[0].images[1].pixelColor(0, 0).value() == 60)
    assert first > 60
    assert [asked["augment"]["contrast"] for asked in _asked(tmp_path, "preview")] == [0.35, 0.0]
    _write(qtbot, page, "epochs", "9")  # changes no picture
    assert not preview.command.running
    assert list((cache_dir() / "wizard").glob("preview-*.json"))
    assert not list((cache_dir() / "wizard").glob("preview-*-*"))


def test_only_the_last_preview_counts(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    (tmp_path / "wait").touch()
    page = make(expert=True)
    preview = page.expert.preview
    until(qtbot, lambda: len(_asked(tmp_path, "preview")) == 1)
    _write(qtbot, page, "augment.contrast", "0.8")
    until(qtbot, lambda: len(_asked(tmp_path, "preview")) == 2)
    assert preview.words.text().startswith("Changing")
    (tmp_path / "wait").unlink()
    until(qtbot, lambda: len(preview.shown) == 6)
    assert preview.shown[0].images[1].pixelColor(0, 0).value() == 140


def test_a_preview_that_fails_says_why(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    _write(qtbot, page, "augment.erase", "1")
    until(qtbot, lambda: "Erase less" in page.expert.preview.words.text())
    assert page.complete()


def test_the_found_learning_rate_is_used(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    page = make(expert=True)
    finder = page.expert.finder
    page.expert.show_section("Learning")
    assert finder.plot is None
    _click(qtbot, finder.begin)
    until(qtbot, lambda: finder.plot is not None and finder.plot.isVisible())
    assert finder.plot is not None
    assert len(finder.plot.line("loss")[0]) == 55
    assert "0.002" in finder.use.text()
    _click(qtbot, finder.use)
    assert _config(page).optimiser.rate == 0.002
    field = page.expert.rows["optimiser.rate"].control
    assert isinstance(field, Written)
    assert field.text() == "0.002"
    assert len(_asked(tmp_path, "find-rate")) == 1


def test_the_search_can_be_cancelled(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    page = make(expert=True)
    (tmp_path / "wait").touch()
    finder = page.expert.finder
    page.expert.show_section("Learning")
    _click(qtbot, finder.begin)
    until(qtbot, lambda: finder.bar.value() == 50)
    _click(qtbot, finder.cancel)
    assert finder.begin.isVisible()
    assert finder.plot is None
    assert not finder.bar.isVisible()


def test_the_real_training_program_previews(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True, real=True)
    preview = page.expert.preview
    qtbot.waitUntil(lambda: bool(preview.shown or preview.problem), timeout=120_000)
    assert preview.problem == ""
    assert len(preview.shown) == 6
    assert all(len(shown.images) == 3 for shown in preview.shown)
    assert preview.shown[0].images[0].width() == 256


def test_tab_goes_through_the_form_from_top_to_bottom(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    rows = [r.control for r in page.expert.rows.values() if r.control.isVisible()]
    rows[0].setFocus()
    seen: list[QWidget] = []
    for _ in range(80):
        focused = page.window().focusWidget()
        if focused in rows and focused not in seen:
            seen.append(focused)
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert seen == rows
    assert any(isinstance(control, QComboBox) for control in seen)
