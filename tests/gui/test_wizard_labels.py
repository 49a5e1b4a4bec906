"""Data page: what the numbers of label maps stand for, as the real check finds them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

import coco_factories
import training_factories
from tumordesk.core.label_numbers import LabelNumber, labels_text
from tumordesk.gui.jobs import JobRunner
from tumordesk.gui.training_wizard.check_page import CheckPage
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.data_page import DataPage
from tumordesk.gui.training_wizard.wizard import TrainingWizard
from window_fixtures import drop

LONG_MS = 120_000


@pytest.fixture
def wizard(qtbot: QtBot, tmp_path: Path) -> Iterator[TrainingWizard]:
    """A wizard whose folder of label maps has been checked."""
    runner = JobRunner()
    made = TrainingWizard(WizardContext(runner))
    with qtbot.waitActive(made):
        made.show()
        made.activateWindow()
    drop(made.pages["data"], [training_factories.parts_folder(tmp_path / "parts")])
    _checked(qtbot, made)
    yield made
    made.close()
    made.deleteLater()
    runner.shutdown()


def _checked(qtbot: QtBot, wizard: TrainingWizard) -> None:
    qtbot.waitUntil(lambda: wizard.context.draft.report is not None, timeout=LONG_MS)


def _data(wizard: TrainingWizard) -> DataPage:
    page = wizard.pages["data"]
    assert isinstance(page, DataPage)
    return page


def _check(wizard: TrainingWizard) -> CheckPage:
    page = wizard.pages["check"]
    assert isinstance(page, CheckPage)
    return page


def _named(wizard: TrainingWizard) -> str:
    return labels_text(wizard.context.draft.data.labels)


def _write(qtbot: QtBot, field: QLineEdit, text: str) -> None:
    """Put a name into a field as the keyboard does, and go on to the next."""
    field.setFocus()
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Backspace)
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Tab)


@pytest.mark.timeout(600)
def test_numbers_are_one_outline_or_parts_with_names(qtbot: QtBot, wizard: TrainingWizard) -> None:
    card, draft = _data(wizard).labels, wizard.context.draft
    assert card.isVisible()
    assert card.together.isChecked()
    assert draft.config().classes == ("background", "tumour")
    assert draft.config().data.labels == ()
    card.together.setFocus()
    qtbot.keyClick(card.together, Qt.Key.Key_Down)
    assert card.each.isChecked()
    assert _named(wizard) == "1=part 1, 2=part 2, 4=part 4"
    qtbot.keyClick(card.each, Qt.Key.Key_Tab)
    assert QApplication.focusWidget() is card.names["1"]
    _write(qtbot, card.names["1"], " core ")
    assert QApplication.focusWidget() is card.names["2"]
    _write(qtbot, card.names["2"], "oedema")
    _write(qtbot, card.names["4"], "core")
    assert draft.report is not None  # the same pixels are outlined: nothing is read anew
    assert draft.config().classes == ("background", "core", "oedema")
    assert labels_text(draft.config().data.labels) == "1=core, 2=oedema, 4=core"
    qtbot.mouseClick(card.together, Qt.MouseButton.LeftButton)
    assert not card.names["1"].isVisible()
    assert draft.config().classes == ("background", "tumour")


@pytest.mark.timeout(600)
def test_a_name_that_cannot_be_taken_holds_the_page(qtbot: QtBot, wizard: TrainingWizard) -> None:
    page = _data(wizard)
    card = page.labels
    qtbot.mouseClick(card.each, Qt.MouseButton.LeftButton)
    _write(qtbot, card.names["1"], "core=1")
    assert "without , = and ;" in card.problem.text()
    qtbot.waitUntil(lambda: not card.problem.visibleRegion().isEmpty())
    assert not wizard.next.isEnabled()
    assert wizard.sentence.text() == card.problem.text()
    _write(qtbot, card.names["1"], "Part 2")
    assert "capital letters" in card.problem.text()
    _write(qtbot, card.names["1"], "core")
    assert not card.problem.isVisible()
    assert wizard.next.isEnabled()


@pytest.mark.timeout(600)
def test_a_number_without_a_name_is_background_also_to_the_check(
    qtbot: QtBot, wizard: TrainingWizard
) -> None:
    card, draft = _data(wizard).labels, wizard.context.draft
    before = draft.report
    assert before is not None
    qtbot.mouseClick(card.each, Qt.MouseButton.LeftButton)
    _write(qtbot, card.names["1"], "")
    assert draft.report is None
    _checked(qtbot, wizard)
    _write(qtbot, card.names["2"], "")
    _checked(qtbot, wizard)
    assert draft.config().classes == ("background", "part 4")
    assert card.isVisible()
    assert card.names["1"].text() == ""
    assert draft.report.labels == before.labels
    assert draft.report.masks["empty"] > before.masks["empty"]


@pytest.mark.timeout(600)
def test_the_finding_leads_to_the_choice_and_tells_it(qtbot: QtBot, wizard: TrainingWizard) -> None:
    check, card = _check(wizard), _data(wizard).labels
    wizard.show_stage("check")
    check.table.pick("label_numbers")
    assert check.view.buttons
    qtbot.mouseClick(check.view.data, Qt.MouseButton.LeftButton)
    assert wizard.stage == "data"
    assert card.together.hasFocus()
    qtbot.keyClick(card.together, Qt.Key.Key_Down)
    wizard.show_stage("check")
    assert check.view.finding is not None
    assert check.view.finding.advice == ("Learned by name: 1 is part 1, 2 is part 2, 4 is part 4.")
    row = check.table.currentRow()
    item = check.table.item(row, 2)
    assert item is not None
    assert item.text() == "Named"


@pytest.mark.timeout(600)
def test_categories_of_coco_files_are_asked_for_by_their_names(
    qtbot: QtBot, wizard: TrainingWizard, tmp_path: Path
) -> None:
    folder = coco_factories.parts_of_coco(tmp_path / "coco", {"oedema": 1, "core": 2})
    drop(wizard.pages["data"], [folder])
    _checked(qtbot, wizard)
    card, draft = _data(wizard).labels, wizard.context.draft
    qtbot.waitUntil(lambda: list(card.names) == ["1", "2"])
    assert "categories" in card.heading.text()
    assert {one.text() for one in card.findChildren(QLabel)} >= {"oedema", "core"}
    assert card.together.isChecked()
    qtbot.mouseClick(card.each, Qt.MouseButton.LeftButton)
    assert [field.text() for field in card.names.values()] == ["oedema", "core"]
    _write(qtbot, card.names["1"], "swelling")
    assert draft.config().data.labels == (
        LabelNumber(1, "swelling", "oedema"),
        LabelNumber(2, "core", "core"),
    )
    assert draft.config().classes == ("background", "swelling", "core")
    _write(qtbot, card.names["2"], "")
    _checked(qtbot, wizard)
    assert draft.config().classes == ("background", "swelling")
    assert list(card.names) == ["1", "2"]
    # A folder of label maps after it is asked for its numbers again.
    drop(wizard.pages["data"], [training_factories.parts_folder(tmp_path / "again")])
    _checked(qtbot, wizard)
    qtbot.waitUntil(lambda: list(card.names) == ["1", "2", "4"])
    assert "numbers" in card.heading.text()
    qtbot.mouseClick(card.each, Qt.MouseButton.LeftButton)
    assert labels_text(draft.config().data.labels) == "1=part 1, 2=part 2, 4=part 4"
    assert {one.category for one in draft.config().data.labels} == {""}
