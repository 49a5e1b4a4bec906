"""Data, Check and Split of the wizard, with a training program that answers at once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QApplication,
    QPushButton,
    QStyle,
    QStyleOptionViewItem,
    QWidget,
)
from pytestqt.qtbot import QtBot

import training_factories
from tumordesk.core.data_report import DataFinding
from tumordesk.core.settings import TrainingChoices
from tumordesk.core.training_run import SequenceSource
from tumordesk.gui import tokens
from tumordesk.gui.jobs import JobRunner
from tumordesk.gui.training_wizard import data_page
from tumordesk.gui.training_wizard.check_page import CheckPage
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.data_page import DataPage
from tumordesk.gui.training_wizard.findings_table import FindingsTable
from tumordesk.gui.training_wizard.split_page import SplitPage
from tumordesk.gui.training_wizard.wizard import TrainingWizard
from tumordesk.session.folder_peek import peek
from window_fixtures import WAIT_MS, drop, until

FAKE = Path(__file__).parents[1] / "fake_trainer.py"
MakeWizard = Callable[..., TrainingWizard]


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[MakeWizard]:
    """Makes shown wizards; closed and gone after the test."""
    made: list[TrainingWizard] = []
    runner = JobRunner()

    def build(*before: str, choices: TrainingChoices | None = None) -> TrainingWizard:
        command = [sys.executable, str(FAKE), *before]
        wizard = TrainingWizard(WizardContext(runner, choices, command=command))
        with qtbot.waitActive(wizard):
            wizard.show()
            wizard.activateWindow()
        made.append(wizard)
        return wizard

    yield build
    for wizard in made:
        wizard.close()
        wizard.deleteLater()
    runner.shutdown()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of ten pictures, in a path as people have them."""
    return training_factories.class_folder(tmp_path / "Lékař" / "Ψ data (1)", each=10)


def _pages(wizard: TrainingWizard) -> tuple[DataPage, CheckPage, SplitPage]:
    data, check, split = (wizard.pages[name] for name in ("data", "check", "split"))
    assert isinstance(data, DataPage)
    assert isinstance(check, CheckPage)
    assert isinstance(split, SplitPage)
    return data, check, split


def _click(qtbot: QtBot, widget: QWidget) -> None:
    QApplication.processEvents()  # what was made just now gets its place
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def _checked(qtbot: QtBot, wizard: TrainingWizard, folder: Path) -> None:
    drop(wizard.pages["data"], [folder])
    until(qtbot, lambda: wizard.context.draft.report is not None)


def test_a_dropped_folder_is_recognised_and_shown(
    qtbot: QtBot, make: MakeWizard, folder: Path
) -> None:
    wizard = make()
    data, *_ = _pages(wizard)
    assert not wizard.next.isEnabled()
    _checked(qtbot, wizard, folder)
    assert data.chosen.layout_words.text() == "Class folders"
    assert "20 pictures" in data.chosen.found.text()
    assert wizard.next.isEnabled()
    keys = wizard.context.draft.report.preview
    until(qtbot, lambda: all(wizard.context.thumbnails.image(key) for key in keys))


def test_a_dropped_file_takes_its_folder(qtbot: QtBot, make: MakeWizard, folder: Path) -> None:
    wizard = make()
    drop(wizard.pages["data"], [folder / "blob" / "blob0.png"])
    assert wizard.context.draft.data.root == str(folder / "blob")


def test_recent_folders_are_offered(qtbot: QtBot, make: MakeWizard, folder: Path) -> None:
    wizard = make(choices=TrainingChoices(recent=(str(folder),)))
    data, *_ = _pages(wizard)
    _click(qtbot, data.recent.rows[0])
    assert wizard.context.draft.data.root == str(folder)


def test_a_folder_without_pictures_says_so(qtbot: QtBot, make: MakeWizard, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    wizard = make()
    data, *_ = _pages(wizard)
    drop(data, [tmp_path / "empty"])
    until(qtbot, lambda: bool(wizard.context.check.problem))
    assert "holds no pictures" in data.chosen.doing.text()
    assert "No pictures" in data.chosen.found.text()
    assert not wizard.rail.buttons["split"].isEnabled()


def test_the_check_shows_progress_and_can_be_cancelled(
    qtbot: QtBot, make: MakeWizard, folder: Path, tmp_path: Path
) -> None:
    wizard = make("--slow", str(tmp_path / "go"))
    _, check, _ = _pages(wizard)
    drop(wizard.pages["data"], [folder])
    _click(qtbot, wizard.next)
    until(qtbot, lambda: check.bar.value() == 25)
    assert not wizard.next.isEnabled()
    _click(qtbot, check.cancel)
    assert check.again.isVisible()
    assert "cancelled" in check.words.text()
    (tmp_path / "go").touch()
    _click(qtbot, check.again)
    until(qtbot, lambda: check.table.isVisible())
    assert wizard.next.isEnabled()


def test_findings_are_shown_with_pictures_the_gravest_first(
    qtbot: QtBot, make: MakeWizard, folder: Path
) -> None:
    wizard = make()
    _, check, _ = _pages(wizard)
    _checked(qtbot, wizard, folder)
    wizard.show_stage("check")
    assert check.table.rowCount() == 3
    assert check.table.current == "duplicates"
    pictures = check.view.examples.thumbnails
    assert len(pictures) == 4
    until(qtbot, lambda: all(shown.picture.image is not None for shown in pictures))
    check.table.pick("unreadable")
    (broken,) = check.view.examples.thumbnails
    until(qtbot, lambda: "missing" in broken.picture.words)


@pytest.mark.parametrize("width", [300, 340, 380, 420, 560])
def test_the_words_of_a_finding_are_never_cut_off(qtbot: QtBot, width: int) -> None:
    text = "Size and kind of the file alone tell the class of 45 % of the pictures, which is more"
    findings = [
        DataFinding(code, "warning", text[:-cut], "", 3)
        for code, cut in (("a", 1), ("b", 30), ("c", 41), ("d", 52))
    ]
    table = FindingsTable()
    qtbot.addWidget(table)
    table.show_findings(findings, [""] * 4)
    table.resize(width, 600)
    table.show()
    QApplication.processEvents()
    for row in range(4):
        assert _words_height(table, row) <= table.rowHeight(row) - tokens.SPACE_12


def _words_height(table: FindingsTable, row: int) -> int:
    """How high the words of a finding are in the width in which they are painted."""
    option, style = QStyleOptionViewItem(), table.style()
    index = table.model().index(row, 0)
    table.initViewItemOption(option)
    table.itemDelegate().initStyleOption(option, index)
    option.rect = table.visualRect(index)
    room = style.subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, table)
    margin = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, option, table) + 1
    wrap = Qt.TextFlag.TextWordWrap
    words = table.fontMetrics().boundingRect(
        0, 0, room.width() - 2 * margin, 999, wrap, index.data()
    )
    return words.height()


def test_decisions_reach_the_configuration(qtbot: QtBot, make: MakeWizard, folder: Path) -> None:
    wizard = make()
    _, check, _ = _pages(wizard)
    _checked(qtbot, wizard, folder)
    wizard.show_stage("check")
    draft = wizard.context.draft
    assert check.view.buttons["together"].isChecked()
    _click(qtbot, check.view.buttons["drop"])
    assert draft.config().data.duplicates == "drop"
    check.table.pick("unreadable")
    _click(qtbot, check.view.buttons["exclude"])
    data = draft.config().data
    assert data.exclude == ("ring/ring9.png",)
    assert [(d.finding, d.action) for d in data.decisions] == [
        ("duplicates", "drop"),
        ("unreadable", "exclude"),
    ]
    assert "left out" in wizard.sentence.text()


def test_ignoring_needs_a_reason(qtbot: QtBot, make: MakeWizard, folder: Path) -> None:
    wizard = make()
    _, check, _ = _pages(wizard)
    _checked(qtbot, wizard, folder)
    wizard.show_stage("check")
    draft = wizard.context.draft
    _click(qtbot, check.view.buttons["ignore"])
    assert draft.decision("duplicates") is None
    qtbot.keyClicks(check.view.reason, "They are two scans")
    qtbot.keyClick(check.view.reason, Qt.Key.Key_Return)
    decision = draft.decision("duplicates")
    assert decision is not None
    assert (decision.action, decision.reason) == ("ignore", "They are two scans")
    assert draft.data.duplicates == "keep"


def test_the_split_is_counted_and_follows_the_choices(
    qtbot: QtBot, make: MakeWizard, folder: Path
) -> None:
    wizard = make()
    *_, split = _pages(wizard)
    _checked(qtbot, wizard, folder)
    wizard.show_stage("split")
    draft = wizard.context.draft
    until(qtbot, lambda: draft.split_report is not None)
    assert not split.ways["patient"].isEnabled()
    assert split.ways["stratified"].isChecked()
    assert draft.split_report.counts["test"] == {"blob": 2, "ring": 2}
    assert split.warnings.isVisible()
    split.shares.setFocus()
    qtbot.keyClick(split.shares, Qt.Key.Key_Down)
    qtbot.keyClick(split.shares, Qt.Key.Key_Down)
    until(qtbot, lambda: draft.split_report is not None)
    assert (draft.split.validation, draft.split.test) == (0.2, 0.1)
    assert draft.split_report.counts["val"] == {"blob": 2, "ring": 2}
    _click(qtbot, split.ways["random"])
    until(qtbot, lambda: draft.split_report is not None)
    assert draft.config().split.method == "random"


def test_k_fold_trains_all_or_one_fold(qtbot: QtBot, make: MakeWizard, folder: Path) -> None:
    wizard = make()
    *_, split = _pages(wizard)
    _checked(qtbot, wizard, folder)
    wizard.show_stage("split")
    split.shares.setCurrentIndex(3)
    split.shares.activated.emit(3)
    draft = wizard.context.draft
    assert split.all_folds.isVisible()
    assert split.all_folds.isChecked()
    assert not split.fold.isVisible()
    assert draft.folds == 5
    assert "their mean is the figure to give" in split.shares_text.text()
    _click(qtbot, split.all_folds)
    assert draft.folds == 0
    assert split.fold.isVisible()
    split.fold.setValue(2)
    assert (draft.split.folds, draft.split.fold) == (5, 1)
    _click(qtbot, split.all_folds)
    assert (draft.folds, draft.split.fold) == (5, 0)
    split.shares.setCurrentIndex(0)
    split.shares.activated.emit(0)
    assert not split.all_folds.isVisible()
    assert draft.folds == 0


def test_experts_see_seed_shares_and_how_the_folder_is_read(
    qtbot: QtBot, make: MakeWizard, folder: Path
) -> None:
    wizard = make()
    data, _, split = _pages(wizard)
    _checked(qtbot, wizard, folder)
    assert not data.options.isVisible()
    _click(qtbot, wizard.mode.button(1))
    assert data.options.isVisible()
    qtbot.keyClicks(data.options.pattern, "^(blob|ring)")
    qtbot.keyClick(data.options.pattern, Qt.Key.Key_Return)
    assert wizard.context.draft.data.group_pattern == "^(blob|ring)"
    until(qtbot, lambda: wizard.context.draft.report is not None)
    wizard.show_stage("split")
    assert split.seed.isVisible()
    split.seed.setValue(7)
    assert wizard.context.draft.config().split.seed == 7


def test_a_wrong_table_is_explained(qtbot: QtBot, make: MakeWizard, folder: Path) -> None:
    wizard = make(choices=TrainingChoices(expert=True))
    data, *_ = _pages(wizard)
    _checked(qtbot, wizard, folder)
    qtbot.keyClicks(data.options.index, "runs.csv")
    qtbot.keyClick(data.options.index, Qt.Key.Key_Return)
    assert "FILE:KEY:GROUP" in data.options.problem.text()
    assert wizard.context.draft.data.indexes == ()


def test_several_sequences_are_named_in_words(qtbot: QtBot, make: MakeWizard, folder: Path) -> None:
    wizard = make(choices=TrainingChoices(expert=True))
    data, *_ = _pages(wizard)
    _checked(qtbot, wizard, folder)
    qtbot.keyClicks(data.options.sequences, "T1=red, T9=blue")
    qtbot.keyClick(data.options.sequences, Qt.Key.Key_Return)
    assert "'T9' is no sequence" in data.options.problem.text()
    until(qtbot, lambda: not data.options.problem.visibleRegion().isEmpty())
    assert wizard.context.draft.data.sequences == ()
    data.options.sequences.selectAll()
    qtbot.keyClicks(data.options.sequences, "T1=red, T1C=blue")
    qtbot.keyClick(data.options.sequences, Qt.Key.Key_Return)
    assert not data.options.problem.isVisible()
    assert [one.channel for one in wizard.context.draft.data.sequences] == [0, 2]
    data.options.load()
    assert data.options.sequences.text() == "T1=red, T1C=blue"


def test_what_is_wrong_with_a_field_stays_in_sight_when_pictures_come(
    qtbot: QtBot, make: MakeWizard, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    come = threading.Event()
    monkeypatch.setattr(data_page, "peek", lambda *a: come.wait(WAIT_MS / 1000) and peek(*a))
    wizard = make(choices=TrainingChoices(expert=True))
    data, *_ = _pages(wizard)
    problem = data.options.problem
    wizard.resize(wizard.minimumSizeHint())
    _checked(qtbot, wizard, folder)
    data.options.sequences.setFocus()
    qtbot.keyClicks(data.options.sequences, "T9")
    qtbot.keyClick(data.options.sequences, Qt.Key.Key_Return)
    until(qtbot, lambda: not problem.visibleRegion().isEmpty())
    height = data.chosen.height()
    come.set()
    until(qtbot, lambda: data.chosen.height() > height)
    until(qtbot, lambda: not problem.visibleRegion().isEmpty())


def test_scans_of_several_sequences_ask_which_to_learn_from(
    qtbot: QtBot, make: MakeWizard, folder: Path
) -> None:
    (folder / "sequences.txt").write_text("T1 T1C FLAIR", encoding="utf-8")
    wizard = make()
    data, *_ = _pages(wizard)
    _checked(qtbot, wizard, folder)
    choice, draft = data.sequences.choice, wizard.context.draft
    assert data.sequences.isVisible()
    assert choice.value() == ""
    assert "mixed" in choice.currentText()

    def press(key: Qt.Key) -> None:
        qtbot.keyClick(choice, key)
        assert draft.report is None  # what was known is of other scans
        until(qtbot, lambda: draft.report is not None)

    press(Qt.Key.Key_Down)
    assert draft.data.sequences == (SequenceSource("T1"),)
    assert choice.currentText() == "T1 alone"
    assert data.options.sequences.text() == "T1"
    press(Qt.Key.Key_End)
    assert [one.sequence for one in draft.data.sequences] == ["T1", "T1C", "FLAIR"]
    press(Qt.Key.Key_Home)
    assert draft.data.sequences == ()
    (folder / "sequences.txt").unlink()
    wizard.context.check.start()
    until(qtbot, lambda: draft.report is not None)
    assert not data.sequences.isVisible()


def test_what_is_learnt_is_asked_where_there_is_a_choice(
    qtbot: QtBot, make: MakeWizard, folder: Path
) -> None:
    wizard = make()
    data, *_ = _pages(wizard)
    _checked(qtbot, wizard, folder)
    assert not data.goal.isVisible()
    draft = wizard.context.draft
    masks = {"with": 20, "empty": 6, "rectangles": 0}
    draft.use_report(replace(draft.report, task="segmentation", masks=masks))
    wizard.context.check.changed.emit()
    assert data.goal.isVisible()
    assert data.goal.buttons["outline"].isChecked()
    _click(qtbot, data.goal.buttons["presence"])
    assert draft.config().data.label_from_mask
    assert draft.config().classes == ("no_tumour", "tumour")


def test_naming_the_patients_leads_to_where_that_is_done(
    qtbot: QtBot, make: MakeWizard, folder: Path
) -> None:
    wizard = make()
    data, check, _ = _pages(wizard)
    _checked(qtbot, wizard, folder)
    draft = wizard.context.draft
    unknown = replace(draft.report.findings[0], code="patients_unknown", actions=("ignore",))
    draft.use_report(replace(draft.report, findings=(unknown,)))
    wizard.show_stage("check")
    wizard.resize(wizard.minimumSizeHint())
    _click(qtbot, check.view.data)
    assert wizard.stage == "data"
    assert data.options.isVisible()
    until(qtbot, lambda: not data.options.pattern.visibleRegion().isEmpty())
    assert data.options.pattern.hasFocus()
    assert wizard.context.expert


def test_shares_of_the_last_time_come_first(qtbot: QtBot, make: MakeWizard, folder: Path) -> None:
    wizard = make(choices=TrainingChoices(values={"shares": "70 / 20 / 10"}))
    _checked(qtbot, wizard, folder)
    wizard.show_stage("split")
    assert wizard.context.draft.split.validation == 0.2


def test_keyboard_alone_gets_to_the_split(qtbot: QtBot, make: MakeWizard, folder: Path) -> None:
    wizard = make(choices=TrainingChoices(recent=(str(folder),)))
    data, check, split = _pages(wizard)

    def press(key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        target = wizard.focusWidget() or wizard
        qtbot.keyClick(target, key, keys)

    for _ in range(40):
        if data.recent.rows[0].hasFocus():
            break
        press(Qt.Key.Key_Tab)
    press(Qt.Key.Key_Space)
    until(qtbot, lambda: wizard.context.draft.report is not None)
    press(Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)
    until(qtbot, lambda: wizard.stage == "check")
    check.table.setFocus()
    press(Qt.Key.Key_Down)
    assert check.table.current == "unreadable"
    press(Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)
    until(qtbot, lambda: wizard.stage == "split")
    until(qtbot, split.complete)
    press(Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    until(qtbot, lambda: wizard.stage == "data")


def test_every_control_can_be_reached_and_has_a_name(
    qtbot: QtBot, make: MakeWizard, folder: Path
) -> None:
    wizard = make(choices=TrainingChoices(expert=True))
    _checked(qtbot, wizard, folder)
    for stage in ("data", "check", "split"):
        wizard.show_stage(stage)
        for button in wizard.page.findChildren(QPushButton):
            if button.isVisible():
                assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
                assert button.text() or button.accessibleName()


def test_closing_while_it_checks_ends_the_process(
    qtbot: QtBot, make: MakeWizard, folder: Path, tmp_path: Path
) -> None:
    wizard = make("--slow", str(tmp_path / "never"))
    drop(wizard.pages["data"], [folder])
    until(qtbot, lambda: wizard.context.check.share > 0)
    wizard.close()
    assert not wizard.isVisible()


def test_a_folder_that_is_not_there_leads_nowhere(
    qtbot: QtBot, make: MakeWizard, folder: Path
) -> None:
    gone = folder.parent / "gone"
    wizard = make(choices=TrainingChoices(recent=(str(folder),)))
    data, *_ = _pages(wizard)
    drop(data, [gone])
    assert wizard.context.draft.data.root == str(gone)
    until(qtbot, lambda: "is no folder" in data.chosen.found.text())
    assert not wizard.next.isEnabled()
    assert wizard.context.choices.recent == (str(folder),)
    drop(data, [folder])
    until(qtbot, wizard.next.isEnabled)
