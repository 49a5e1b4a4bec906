"""The Model page: simple choices, and the long form."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QEventLoop, QPoint, Qt
from PySide6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from tumordesk.core.sequence_sources import parse_sequences
from tumordesk.gui.training_wizard import pieces
from tumordesk.gui.training_wizard.wizard import TrainingWizard
from tumordesk.session.device_choices import Device
from window_fixtures import until
from wizard_model_pages import Make, choice_of, click, config_of, model_pages, write


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path) -> Iterator[Make]:
    with model_pages(qtbot, tmp_path) as build:
        yield build


# Guided ----------------------------------------------------------------------------------------


def test_outlines_start_from_bundled_weights(qtbot: QtBot, make: Make) -> None:
    page = make()
    config = config_of(page)
    assert (config.architecture, config.initial_weights) == ("unet-mobilenetv2", "flair-glioma")
    assert config.options["decoder_channels"] == [128, 64, 48, 32, 16]
    assert (config.epochs, config.budget_minutes, config.batch_size) == (10, 15.0, 0)
    assert config.device == "cpu"
    assert page.guided.tiles["quick"].isChecked()
    assert "15 minutes" in page.next_sentence()


def test_classes_start_from_the_tumour_type_model(qtbot: QtBot, make: Make) -> None:
    config = config_of(make("classification"))
    assert (config.architecture, config.initial_weights) == ("mobilenetv2", "tumour-type")
    assert config.classes == ("blob", "ring")
    assert config.input.channels == 3
    assert config.loss.name == "ce"


def test_clicks_choose_how_thorough_and_how_long(qtbot: QtBot, make: Make) -> None:
    page = make()
    click(qtbot, page.guided.tiles["balanced"])
    assert (config_of(page).epochs, config_of(page).budget_minutes) == (30, 60.0)
    page.guided.minutes.setFocus()
    page.guided.minutes.selectAll()
    qtbot.keyClicks(page.guided.minutes, "45")
    assert config_of(page).budget_minutes == 45.0
    assert page.guided.tiles["balanced"].isChecked()


def test_tab_goes_through_the_choices_as_they_are_read(qtbot: QtBot, make: Make) -> None:
    guided = make().guided
    until(qtbot, lambda: all(button.isVisible() for button in guided.starts.values()))
    guided.tiles["quick"].setFocus()
    passed = []
    for _ in range(3):
        qtbot.keyClick(guided.focusWidget(), Qt.Key.Key_Tab)
        passed.append(guided.focusWidget())
    assert passed[0] in guided.starts.values()
    assert passed[1:] == [guided.sequence, guided.minutes]


def test_the_sequence_that_the_scans_name_is_taken_and_said(qtbot: QtBot, make: Make) -> None:
    page = make(told="T1C")
    assert config_of(page).input.sequence == "T1C"
    assert config_of(page).initial_weights == "t1c-tumour"
    note = page.guided.notes[page.guided.sequence]
    assert note.text().startswith("By the names or headers of your scans.")
    page.guided.sequence.setFocus()
    page.guided.sequence.choose("T2")
    assert config_of(page).input.sequence == "T2"
    assert note.text().startswith("Stands on the model's card")


def test_the_sequence_of_one_folder_is_not_that_of_the_next(qtbot: QtBot, make: Make) -> None:
    page = make()
    page.guided.sequence.setFocus()
    page.guided.sequence.choose("T2")
    click(qtbot, page.guided.tiles["balanced"])
    page.stop()
    same = make(again=True)
    assert config_of(same).input.sequence == "T2"
    other = make(again=True, folder="other")
    assert config_of(other).epochs == 30
    assert config_of(other).input.sequence == "unknown"
    assert config_of(make(again=True, folder="told", told="FLAIR")).input.sequence == "FLAIR"


def test_an_expert_s_sequence_is_not_that_of_the_next_folder(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    page.expert.put("input.sequence", "T2")
    page.expert.put("epochs", 7)
    page.stop()
    other = make(again=True, folder="other")
    assert config_of(other).epochs == 7
    assert config_of(other).input.sequence == "unknown"


def test_the_sequence_suggests_the_start_until_a_person_chose_one(qtbot: QtBot, make: Make) -> None:
    page = make()
    page.guided.sequence.setFocus()
    page.guided.sequence.choose("T1C")
    assert config_of(page).input.sequence == "T1C"
    assert config_of(page).initial_weights == "t1c-tumour"
    assert page.guided.starts["t1c-tumour"].isChecked()
    click(qtbot, page.guided.starts[""])
    page.guided.sequence.choose("FLAIR")
    assert config_of(page).initial_weights == ""
    page.guided.sequence.choose("CT")
    assert config_of(page).input.modality == "CT"


def test_choices_stay_on_return_and_for_the_next_time(qtbot: QtBot, make: Make) -> None:
    page = make()
    click(qtbot, page.guided.tiles["thorough"])
    page.guided.sequence.choose("T2")
    before = config_of(page)
    page.context.show_stage("data")
    page.context.show_stage("model")
    assert config_of(page) == before
    page.window().close()
    again = make(again=True)
    assert config_of(again) == before
    assert again.guided.tiles["thorough"].isChecked()


def test_keyboard_alone_chooses(qtbot: QtBot, make: Make) -> None:
    page = make()
    page.guided.tiles["quick"].setFocus()
    qtbot.keyClick(page.guided.tiles["quick"], Qt.Key.Key_Right)
    target = page.window().focusWidget()
    assert target is page.guided.tiles["balanced"]
    qtbot.keyClick(target, Qt.Key.Key_Space)
    assert config_of(page).epochs == 30
    qtbot.keyClick(target, Qt.Key.Key_Q, Qt.KeyboardModifier.AltModifier)
    assert page.guided.sequence.hasFocus()
    qtbot.keyClick(page.guided.sequence, Qt.Key.Key_Down)
    assert config_of(page).input.sequence == "FLAIR"


# Expert ----------------------------------------------------------------------------------------


def test_every_field_has_words_and_a_name(qtbot: QtBot, make: Make) -> None:
    for task in ("segmentation", "classification"):
        page = make(task, expert=True)
        for row in page.expert.rows.values():
            assert row.control.accessibleName(), row.path
            assert row.words.text() or not row.control.isVisible(), row.path


def test_expert_numbers_reach_the_configuration(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    write(qtbot, page, "input.size.0", "128")
    write(qtbot, page, "epochs", "7")
    write(qtbot, page, "optimiser.rate", "3e-4")
    write(qtbot, page, "augment.rotation_deg", "40")
    choice_of(page, "optimiser.name").choose("sgd")
    choice_of(page, "precision").choose("float32")
    config = config_of(page)
    assert (config.input.size, config.epochs) == ((128, 256), 7)
    assert (config.optimiser.name, config.optimiser.rate) == ("sgd", 3e-4)
    assert config.augment.rotation_deg == 40.0
    assert config.precision == "float32"
    assert page.expert.rows["optimiser.momentum"].control.isVisible()
    assert choice_of(page, "augment").value() == ""


def test_going_back_to_guided_says_that_own_numbers_count(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    write(qtbot, page, "epochs", "7")
    wizard = page.window()
    assert isinstance(wizard, TrainingWizard)
    click(qtbot, wizard.mode.button(0))
    assert page.guided.own.isVisible()
    assert not any(tile.isChecked() for tile in page.guided.tiles.values())
    assert config_of(page).epochs == 7
    click(qtbot, page.guided.tiles["quick"])
    assert not page.guided.own.isVisible()
    assert config_of(page).epochs == 10


def test_expert_numbers_are_there_the_next_time(qtbot: QtBot, make: Make) -> None:
    page = make("classification", expert=True)
    choice_of(page, "recipe").choose("yesno-224")
    choice_of(page, "variant").choose("adam")
    write(qtbot, page, "epochs", "7")
    before = config_of(page)
    page.window().close()
    again = make("classification", again=True)
    assert config_of(again) == before
    assert before.recipe == "yesno-224/adam"
    assert choice_of(again, "variant").value() == "adam"
    other = make("segmentation", again=True)  # another kind of data has a memory of its own
    assert config_of(other).architecture == "unet-mobilenetv2"
    assert config_of(other).epochs == 10


def test_wrong_numbers_are_said_at_the_field(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    wizard = page.window()
    assert isinstance(wizard, TrainingWizard)
    write(qtbot, page, "input.size.0", "100")
    row = page.expert.rows["input.size.0"]
    assert "multiple of 32" in row.words.text()
    assert not wizard.next.isEnabled()
    assert "multiple of 32" in wizard.sentence.text()
    assert not wizard.rail.buttons["train"].isEnabled()
    write(qtbot, page, "input.size.0", "96")
    assert wizard.next.isEnabled()
    write(qtbot, page, "optimiser.rate", "fast")
    assert "such as" in page.expert.rows["optimiser.rate"].words.text()
    assert not wizard.next.isEnabled()
    write(qtbot, page, "optimiser.rate", "0.001")
    assert wizard.next.isEnabled()
    write(qtbot, page, "input.normalisation.mean", "0.1, 0.2")
    assert not wizard.next.isEnabled()


def test_a_simple_choice_takes_the_place_of_wrong_numbers(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    wizard = page.window()
    assert isinstance(wizard, TrainingWizard)
    write(qtbot, page, "input.normalisation.mean", "x")
    click(qtbot, wizard.mode.button(0))
    assert "correct in Expert: mean" in wizard.sentence.text()
    assert not wizard.next.isEnabled()
    click(qtbot, page.guided.tiles["balanced"])
    assert wizard.next.isEnabled()
    assert config_of(page).epochs == 30


def test_freezing_needs_something_to_keep(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    choice_of(page, "freeze").choose("later")
    assert (config_of(page).optimiser.freeze_epochs, config_of(page).optimiser.backbone_rate) == (
        2,
        0.1,
    )
    assert page.complete()
    choice_of(page, "initial_weights").choose("")
    assert "nothing to keep" in page.expert.rows["freeze"].words.text()
    assert not page.complete()
    choice_of(page, "freeze").choose("all")
    assert page.complete()
    choice_of(page, "freeze").choose("head")
    choice_of(page, "initial_weights").choose("t1c-tumour")
    assert config_of(page).optimiser.freeze_backbone
    assert page.complete()


def test_the_download_is_offered_with_what_it_means(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    start = choice_of(page, "initial_weights")
    assert "imagenet" in start.values
    start.choose("imagenet")
    assert (
        "one time that TumorDesk uses the network"
        in page.expert.rows["initial_weights"].words.text()
    )
    assert config_of(page).initial_weights == "imagenet"
    choice_of(page, "architecture").choose("unet")
    assert "imagenet" not in start.values
    assert config_of(page).initial_weights == "auto"
    assert page.expert.rows["options.width"].control.isVisible()
    assert config_of(page).options == {}


def test_a_recipe_brings_its_numbers_and_variants(qtbot: QtBot, make: Make) -> None:
    page = make("classification", expert=True)
    page.expert.put("input.sequence", "T1C")
    recipe = choice_of(page, "recipe")
    assert recipe.values == ("", "four-class", "yesno-224")
    recipe.choose("four-class")
    config = config_of(page)
    assert (config.recipe, config.architecture) == ("four-class", "mobilenet")
    assert config.head is not None
    assert config.head.hidden == (128, 128, 128)
    assert config.input.sequence == "T1C"
    assert "0.905" in page.expert.published.text()
    assert choice_of(page, "architecture").values == ("mobilenet", "xception")
    variant = choice_of(page, "variant")
    assert "reshuffled" not in variant.values  # the split has a page of its own
    variant.choose("dropout-0.5")
    assert config_of(page).recipe == "four-class/dropout-0.5"
    assert config_of(page).head.dropout == (0.5,)
    choice_of(page, "head.hidden").choose(1)
    write(qtbot, page, "head.dropout", "0.3, 0.4")
    assert (config_of(page).head.hidden, config_of(page).head.dropout) == ((128,), (0.3, 0.4))


def test_what_is_learnt_decides_recipes_and_networks(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    recipe = choice_of(page, "recipe")
    assert recipe.values == ("", "coco-seg-512")
    write(qtbot, page, "epochs", "7")
    page.context.show_stage("data")
    draft = page.context.draft
    kept, parts = draft.report, draft.split_report
    draft.learn("presence")
    draft.report, draft.split_report = kept, parts
    page.context.show_stage("model")
    assert page.isVisible()
    config = config_of(page)
    assert (config.task, config.architecture) == ("classification", "resnet18")
    assert config.initial_weights == "detect-resnet"  # the same question, and patients are known
    assert config.epochs == 10
    assert recipe.values == ("", "detect-resnet", "four-class", "yesno-224")
    recipe.choose("detect-resnet")
    assert config_of(page).classes == ("no_tumour", "tumour")
    assert config_of(page).data.label_from_mask
    assert page.expert.sections["Head"].isVisible()
    assert not page.expert.rows["loss.dice_weight"].control.isVisible()
    assert page.complete()


@pytest.mark.parametrize("task", ["segmentation", "classification"])
def test_every_network_of_every_recipe_gives_an_order(qtbot: QtBot, make: Make, task: str) -> None:
    page = make(task, expert=True)
    seen = set()
    for recipe in choice_of(page, "recipe").values:
        choice_of(page, "recipe").choose(recipe)
        for network in choice_of(page, "architecture").values:
            choice_of(page, "architecture").choose(network)
            for variant in choice_of(page, "variant").values:
                choice_of(page, "variant").choose(variant)
                assert config_of(page).architecture == network
                assert page.complete(), page.problems
            seen.add(network)
    assert len(seen) >= 5


def test_several_sequences_fix_the_channels(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    draft = page.context.draft
    draft.data = replace(draft.data, sequences=parse_sequences("T1=red, FLAIR=green, T1C=blue"))
    page.refresh()
    assert not page.expert.rows["input.channels"].control.isVisible()
    assert not page.expert.rows["input.neighbours"].control.isVisible()
    assert config_of(page).input.channels == 3
    assert page.complete()


def test_one_sequence_is_named_by_the_data(qtbot: QtBot, make: Make) -> None:
    page = make()
    draft = page.context.draft
    draft.data = replace(draft.data, sequences=parse_sequences("FLAIR"))
    page.refresh()
    assert config_of(page).input.sequence == "FLAIR"
    assert page.guided.sequence.value() == "FLAIR"
    assert not page.guided.sequence.isEnabled()
    page.set_expert(True)
    assert not page.expert.rows["input.sequence"].control.isVisible()
    assert page.expert.rows["input.channels"].control.isVisible()
    draft.data = replace(draft.data, sequences=())
    page.refresh()
    assert page.expert.rows["input.sequence"].control.isVisible()
    assert page.guided.sequence.isEnabled()


def test_neighbours_bring_their_channels_and_need_patients(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    choice_of(page, "input.neighbours").choose(1)
    assert config_of(page).input.channels == 3
    assert page.complete()
    write(qtbot, page, "input.channels", "2")
    assert "needs 3" in page.expert.rows["input.channels"].words.text()
    assert not page.complete()


def test_the_way_to_a_section_is_one_click(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    form = page.expert
    click(qtbot, form.jumps["Learning"])
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


@pytest.mark.parametrize("turns", range(0, 16, 2))
def test_a_section_is_reached_however_much_of_the_form_is_made(
    qtbot: QtBot, make: Make, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    monkeypatch.setattr(pieces, "SLICE_S", 0.0)
    page = make()
    wizard = page.window()
    assert isinstance(wizard, TrainingWizard)
    qtbot.mouseClick(wizard.mode.button(1), Qt.MouseButton.LeftButton)
    for _ in range(turns):
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 1)
    for path in ("batch_size", "input.size.0", "input.size.1"):
        page.expert.put(path, 64)
    page.expert.show_section("Learning")
    for _ in range(3):  # what else wants to move it has its turn
        QApplication.processEvents()
    section = page.expert.sections["Learning"]
    assert section.mapTo(page.expert._area.viewport(), QPoint(0, 0)).y() == 0
    assert page.expert.jumps["Learning"].isChecked()


def test_a_start_that_saw_other_pictures_says_so(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    words = page.expert.rows["initial_weights"].words
    before = words.text()
    write(qtbot, page, "input.normalisation.mean", "0.5")
    assert (
        words.text()
        == f"{before} It saw pictures with other channels or brightness than set below."
    )
    write(qtbot, page, "input.normalisation.mean", "0.25")
    assert words.text() == before
    write(qtbot, page, "options.decoder_channels", "256, 128, 64, 32, 16")
    assert "only its first part" in words.text()
    assert page.complete()


def test_a_file_of_weights_is_shown_by_its_name(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    page.expert.put("initial_weights", "/weights/päper/my net.safetensors")
    assert choice_of(page, "initial_weights").currentText() == "my net.safetensors"
    assert config_of(page).initial_weights == "/weights/päper/my net.safetensors"
    assert page.complete()


def test_the_wheel_scrolls_and_changes_nothing(qtbot: QtBot, make: Make) -> None:
    from window_fixtures import wheel

    page = make(expert=True)
    before = config_of(page)
    for path in ("recipe", "options.decoder_channels", "optimiser.backbone_rate"):
        wheel(page.expert.rows[path].control, 1)
    assert config_of(page) == before


def test_graphics_cards_are_offered_by_name(
    qtbot: QtBot, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cards = tuple(Device(f"cuda:{n}", f"GPU {n}: H200, 139 GB") for n in range(2))
    found = (*cards, Device("cpu", "CPU, 8 threads"))
    monkeypatch.setattr("tumordesk.gui.training_wizard.model_expert.find_devices", lambda: found)
    page = make(expert=True)
    page.expert.show_section("Length")
    device = choice_of(page, "device")
    until(qtbot, lambda: "cuda:1" in device.values)
    assert device.value() == "cpu"
    assert "torchrun" in page.expert.rows["device"].words.text()
    device.setFocus()
    qtbot.keyClick(device, Qt.Key.Key_Up)
    assert device.currentText() == "GPU 1: H200, 139 GB"
    assert config_of(page).device == "cuda:1"


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
