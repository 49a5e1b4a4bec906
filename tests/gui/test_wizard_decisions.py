"""What can be done with findings on the Check page, with the real training program."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from training_factories import head, save
from tumordesk.core.settings import TrainingChoices
from tumordesk.gui.jobs import JobRunner
from tumordesk.gui.training_wizard.check_page import CheckPage
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.data_page import DataPage
from tumordesk.gui.training_wizard.split_page import SplitPage
from tumordesk.gui.training_wizard.wizard import TrainingWizard
from volume_factories import brats, outline, scan_of
from window_fixtures import drop, until

_FEW = 6
"""Tabs from the table to any button of a finding."""


@pytest.fixture
def wizard(qtbot: QtBot) -> Iterator[TrainingWizard]:
    """A shown wizard, Guided."""
    runner = JobRunner()
    made = TrainingWizard(WizardContext(runner, TrainingChoices()))
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    yield made
    made.close()
    made.deleteLater()
    runner.shutdown()


def _check(qtbot: QtBot, wizard: TrainingWizard, folder: Path) -> CheckPage:
    drop(wizard.pages["data"], [folder])
    _reported(qtbot, wizard)
    wizard.show_stage("check")
    page = wizard.pages["check"]
    assert isinstance(page, CheckPage)
    return page


def _reported(qtbot: QtBot, wizard: TrainingWizard) -> None:
    draft, check = wizard.context.draft, wizard.context.check
    until(qtbot, lambda: draft.report is not None or bool(check.problem))
    assert draft.report is not None, check.problem


def _press(qtbot: QtBot, wizard: TrainingWizard, action: str) -> None:
    """Tab to the button of an action, and press it."""
    page = wizard.pages["check"]
    assert isinstance(page, CheckPage)
    QApplication.processEvents()
    page.table.setFocus()
    for _ in range(_FEW):
        if page.view.buttons[action].hasFocus():
            break
        qtbot.keyClick(QApplication.focusWidget() or wizard, Qt.Key.Key_Tab)
    assert page.view.buttons[action].hasFocus()
    qtbot.keyClick(page.view.buttons[action], Qt.Key.Key_Space)


def _click(qtbot: QtBot, page: CheckPage, action: str) -> None:
    QApplication.processEvents()
    qtbot.mouseClick(page.view.buttons[action], Qt.MouseButton.LeftButton)


def _codes(wizard: TrainingWizard) -> set[str]:
    report = wizard.context.draft.report
    assert report is not None
    return {finding.code for finding in report.findings}


@pytest.fixture
def coloured(tmp_path: Path) -> Path:
    """Slices of three patients with another sequence in each colour."""
    for patient in range(3):
        for number in range(3):
            red, outline = head(10 * patient + number)
            colours = np.stack([red, np.flipud(red), 255 - red], axis=-1)
            name = f"TCGA_CS_{4941 + patient}_{number}"
            save(tmp_path / "Lékař" / f"{name}.tif", colours)
            save(tmp_path / "Lékař" / f"{name}_mask.tif", outline)
    return tmp_path / "Lékař"


def test_a_colour_is_chosen_by_its_picture_with_keys_alone(
    qtbot: QtBot, wizard: TrainingWizard, coloured: Path
) -> None:
    page = _check(qtbot, wizard, coloured)
    draft = wizard.context.draft
    page.table.pick("coloured")
    tiles = page.view.anew.buttons
    assert list(tiles) == ["red", "green", "blue", "grey"]
    assert tiles["grey"].isChecked()
    until(qtbot, lambda: all(tile.picture.image is not None for tile in tiles.values()))
    red, green = tiles["red"].picture.image, tiles["green"].picture.image
    assert red != green
    _press(qtbot, wizard, "green")
    _reported(qtbot, wizard)
    assert draft.config().data.channel == 1
    assert [(d.finding, d.action) for d in draft.data.decisions] == [("coloured", "green")]
    assert page.table.current == "coloured"
    assert page.table.hasFocus()
    assert page.view.buttons["green"].isChecked()
    _press(qtbot, wizard, "grey")
    _reported(qtbot, wizard)
    assert draft.config().data.channel is None
    assert [d.action for d in draft.data.decisions] == ["grey"]


def test_experts_see_the_colour_where_it_is_set_and_can_change_it(
    qtbot: QtBot, wizard: TrainingWizard, coloured: Path
) -> None:
    page = _check(qtbot, wizard, coloured)
    page.table.pick("coloured")
    _click(qtbot, page, "blue")
    _reported(qtbot, wizard)
    wizard.context.want_expert()
    wizard.show_stage("data")
    data = wizard.pages["data"]
    assert isinstance(data, DataPage)
    assert data.options.channel.currentText() == "Blue"
    data.options.channel.setFocus()
    qtbot.keyClick(data.options.channel, Qt.Key.Key_Up)
    assert wizard.context.draft.data.channel == 1
    assert wizard.context.draft.data.decisions == ()


def test_brightness_can_be_chosen_over_the_colour_of_a_recipe(
    qtbot: QtBot, wizard: TrainingWizard, coloured: Path
) -> None:
    _check(qtbot, wizard, coloured)
    draft = wizard.context.draft
    draft.recipe = "detect-resnet"
    assert draft.config().data.channel == 1
    wizard.context.want_expert()
    wizard.show_stage("data")
    data = wizard.pages["data"]
    assert isinstance(data, DataPage)
    channel = data.options.channel
    assert channel.currentText() == "Brightness"
    channel.showPopup()
    QApplication.processEvents()
    view = channel.view()
    place = view.visualRect(channel.model().index(0, 0)).center()
    qtbot.mouseMove(view.viewport(), place)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    until(qtbot, lambda: draft.config().data.channel is None)
    channel.setFocus()
    qtbot.keyClick(channel, Qt.Key.Key_Down)
    assert draft.config().data.channel == 0
    qtbot.keyClick(channel, Qt.Key.Key_Up)
    assert draft.config().data.channel is None


def test_patients_in_file_names_are_used_and_dropped_with_keys_alone(
    qtbot: QtBot, wizard: TrainingWizard, tmp_path: Path
) -> None:
    for patient in range(4):
        for number in range(3):
            picture, outline = head(10 * patient + number)
            save(tmp_path / "s" / "images" / f"P{patient:03}_slice_{number}.png", picture)
            save(tmp_path / "s" / "masks" / f"P{patient:03}_slice_{number}.png", outline)
    page = _check(qtbot, wizard, tmp_path / "s")
    draft = wizard.context.draft
    page.table.pick("patients_unknown")
    _press(qtbot, wizard, "pattern")
    _reported(qtbot, wizard)
    assert (draft.report.patients.known, draft.report.patients.count) == (True, 4)
    assert "patients_unknown" not in _codes(wizard)
    assert draft.config().data.group_pattern
    assert draft.config().data.decisions[0].action == "pattern"
    assert page.table.current == "patients_from_pattern"
    wizard.show_stage("split")
    split = wizard.pages["split"]
    assert isinstance(split, SplitPage)
    assert split.ways["patient"].isChecked()
    wizard.show_stage("check")
    _press(qtbot, wizard, "forget")
    _reported(qtbot, wizard)
    assert page.table.current == "patients_unknown"
    assert (draft.data.group_pattern, draft.data.decisions) == ("", ())


def test_pictures_without_labels_and_a_set_inside_are_left_out(
    qtbot: QtBot, wizard: TrainingWizard, tmp_path: Path
) -> None:
    folders = ("yes", "no", "pred", "Inner/TRAIN", "Inner/VAL", "Inner/TEST")
    for place, folder in enumerate(folders):
        for number in range(6):
            picture, _ = head(10 * place + number)
            save(tmp_path / "b" / folder / f"{place}-{number}x.png", picture)
    page = _check(qtbot, wizard, tmp_path / "b")
    draft = wizard.context.draft
    assert "2 problems are not decided" in wizard.sentence.text()
    for code in ("unlabelled_class", "class_in_some_parts"):
        page.table.pick(code)
        _click(qtbot, page, "exclude")
    assert draft.config().classes == ("no", "yes")
    assert len(draft.config().data.exclude) == 24
    wizard.show_stage("split")
    split = wizard.pages["split"]
    assert isinstance(split, SplitPage)
    assert not split.ways["given"].isVisible()
    until(qtbot, split.complete)
    assert set(draft.split_report.counts["train"]) == {"no", "yes"}


def test_mixed_sequences_lead_to_the_choice_of_one(
    qtbot: QtBot, wizard: TrainingWizard, tmp_path: Path
) -> None:
    page = _check(qtbot, wizard, brats(tmp_path / "scans"))
    page.table.pick("shared_outlines")
    wizard.resize(wizard.minimumSizeHint())
    assert page.view.data.text() == "Choose the &sequence…"
    QApplication.processEvents()
    qtbot.mouseClick(page.view.data, Qt.MouseButton.LeftButton)
    data = wizard.pages["data"]
    assert isinstance(data, DataPage)
    assert wizard.page is data
    until(qtbot, lambda: not data.sequences.choice.visibleRegion().isEmpty())
    assert data.sequences.choice.hasFocus()
    qtbot.keyClicks(data.sequences.choice, "FLAIR")
    until(qtbot, lambda: wizard.context.draft.data.sequences != ())
    _reported(qtbot, wizard)
    wizard.show_stage("check")
    assert "shared_outlines" not in _codes(wizard)
    assert wizard.context.draft.report.pictures == 3


def _numbered(root: Path, channels: int) -> Path:
    """Scans of three patients told apart by a number at the end; what the number means is not."""
    for patient in range(3):
        for number in range(channels):
            scan_of(root / "imagesTr" / f"case{patient}_{number:04d}.nii.gz", patient, number + 1)
        outline(root / "labelsTr" / f"case{patient}.nii.gz", patient)
    return root


def test_sequences_without_names_lead_to_the_field_where_they_are_said(
    qtbot: QtBot, wizard: TrainingWizard, tmp_path: Path
) -> None:
    page = _check(qtbot, wizard, _numbered(tmp_path / "scans", 2))
    page.table.pick("shared_outlines")
    QApplication.processEvents()
    qtbot.mouseClick(page.view.data, Qt.MouseButton.LeftButton)
    data = wizard.pages["data"]
    assert isinstance(data, DataPage)
    until(qtbot, data.options.sequences.isVisible)
    assert not data.sequences.isVisible()
    data.options.sequences.setFocus()
    qtbot.keyClicks(data.options.sequences, "FLAIR=_0001")
    qtbot.keyClick(data.options.sequences, Qt.Key.Key_Return)
    until(qtbot, lambda: wizard.context.draft.data.sequences != ())
    _reported(qtbot, wizard)
    assert "shared_outlines" not in _codes(wizard)


def test_scans_of_one_kind_lead_to_no_choice(
    qtbot: QtBot, wizard: TrainingWizard, tmp_path: Path
) -> None:
    root = tmp_path / "scans"
    for patient in range(3):
        for name in ("FLAIR", "FLAIR_2"):
            scan_of(root / f"P{patient}" / f"P{patient}_{name}.nii.gz", patient, 1)
        outline(root / f"P{patient}" / f"P{patient}_seg.nii.gz", patient)
    page = _check(qtbot, wizard, root)
    page.table.pick("shared_outlines")
    assert page.table.current == "shared_outlines"
    assert not page.view.data.isVisible()
