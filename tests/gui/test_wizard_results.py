"""Results page: figures with their warnings, pictures behind every cell, runs, reports."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

import evaluation_fakes
import training_factories
from tumordesk.core.evaluation import Interval
from tumordesk.core.jsonio import write_json
from tumordesk.core.training_run import RunState, write_config
from tumordesk.gui.jobs import JobRunner
from tumordesk.gui.theme import apply_theme
from tumordesk.gui.training_wizard.case_dialog import CaseDialog
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.report_export import free_path
from tumordesk.gui.training_wizard.results_page import ResultsPage
from tumordesk.gui.training_wizard.roc_view import calibration_words
from tumordesk.gui.training_wizard.wizard import TrainingWizard
from tumordesk.session.results import evaluation_file
from window_fixtures import until

LEFT = Qt.MouseButton.LeftButton
FAKE = str(Path(__file__).parents[1] / "fake_results_trainer.py")
Make = Callable[..., ResultsPage]


def make_run(root: Path, task: str = "classification", name: str = "first") -> Path:
    """A run folder that looks finished."""
    run = root / "runs" / name
    kind = "class_config" if task == "classification" else "mask_config"
    write_config(run / "config.json", getattr(training_factories, kind)(root / "data"))
    (run / "checkpoints").mkdir()
    (run / "checkpoints" / "best.pt").write_bytes(b"x")
    return run


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path) -> Iterator[Make]:
    """Makes a shown wizard on the results of a run; closed and gone after the test."""
    runner = JobRunner()
    made: list[TrainingWizard] = []

    def build(task: str = "classification", *options: str) -> ResultsPage:
        context = WizardContext(runner, command=[sys.executable, FAKE, *options])
        context.draft.run = make_run(tmp_path, task)
        context.draft.run_state = RunState.FINISHED
        wizard = TrainingWizard(context, pages=(ResultsPage,))
        made.append(wizard)
        with qtbot.waitActive(wizard):
            wizard.show()
            wizard.activateWindow()
        page = wizard.pages["results"]
        assert isinstance(page, ResultsPage)
        return page

    yield build
    for wizard in made:
        wizard.close()
        wizard.deleteLater()
    runner.shutdown()


def shown(qtbot: QtBot, page: ResultsPage) -> ResultsPage:
    """Once the results are there."""
    until(qtbot, lambda: page.found is not None)
    return page


def asked(page: ResultsPage) -> list[str]:
    """Command lines that the training program got for the run."""
    return (page.run / "asked.txt").read_text(encoding="utf-8").splitlines()


def test_entering_measures_once_and_shows_figures_with_their_warning(
    qtbot: QtBot, make: Make
) -> None:
    page = shown(qtbot, make())
    names = [card.accessibleName() for card in page.figures.cards]
    assert names[0] == "Accuracy 87.1 %, 95 %: 78.6 to 94.3"
    assert page.figures.caveats.isVisible()
    assert page.figures.caveats.sentences == (evaluation_fakes.WARNING,)
    assert page.classifier.classes.texts(0) == (
        "glioma",
        "20",
        "86\xa0%",
        "90\xa0%",
        "0.878",
        "0.980",
    )
    assert page.classifier.roc.names == evaluation_fakes.CLASSES
    page.enter()
    qtbot.mouseClick(page.again, LEFT)
    until(qtbot, lambda: sum("evaluate" in line for line in asked(page)) == 2)
    until(qtbot, lambda: page.complete())


def test_a_training_that_went_on_is_measured_again(qtbot: QtBot, make: Make) -> None:
    page = shown(qtbot, make())
    best = page.run / "checkpoints" / "best.pt"
    later = evaluation_file(page.run).stat().st_mtime + 10
    os.utime(best, (later, later))
    page.enter()
    until(qtbot, lambda: sum("evaluate" in line for line in asked(page)) == 2)
    until(qtbot, page.figures.isVisible)


def test_a_click_on_a_cell_shows_its_pictures(qtbot: QtBot, make: Make) -> None:
    page = shown(qtbot, make())
    table = page.classifier.matrix.table
    where = table.visualItemRect(table.item(1, 0)).center()
    qtbot.mouseClick(table.viewport(), LEFT, pos=where)
    grid = page.classifier.cell
    assert [case.truth for case in grid.cases] == ["meningioma"] * 3
    assert {case.said for case in grid.cases} == {"glioma"}
    until(qtbot, lambda: page.store.image(grid.cases[2].key) is not None)
    assert grid.list.count() == 3


def test_the_keyboard_alone_opens_a_cell_and_a_picture(qtbot: QtBot, make: Make) -> None:
    page = shown(qtbot, make())
    table = page.classifier.matrix.table
    table.setFocus()
    table.setCurrentCell(0, 0)
    qtbot.keyClick(table, Qt.Key.Key_Right)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    grid = page.classifier.cell
    assert len(grid.cases) == 2
    grid.list.setFocus()
    qtbot.keyClick(grid.list, Qt.Key.Key_Return)
    dialog = page.window().findChild(CaseDialog)
    assert dialog is not None
    assert dialog.case == grid.cases[0]
    qtbot.keyClick(dialog, Qt.Key.Key_Right)
    assert dialog.case == grid.cases[1]
    assert not dialog.following.isEnabled()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    until(qtbot, lambda: page.window().findChild(CaseDialog) is None)


def test_an_empty_cell_says_so(qtbot: QtBot, make: Make) -> None:
    page = shown(qtbot, make())
    page.classifier.open_cell(0, 3)
    assert page.classifier.cell.cases == ()
    assert not page.classifier.cell.list.isVisible()


def test_mistakes_stand_in_a_view_of_their_own(qtbot: QtBot, make: Make) -> None:
    page = shown(qtbot, make())
    qtbot.mouseClick(page.classifier.tabs.button(2), LEFT)
    assert page.classifier.wrong.isVisible()
    assert len(page.classifier.wrong.cases) == 9


def test_a_failure_is_told_in_words_and_can_be_tried_again(qtbot: QtBot, make: Make) -> None:
    page = make("classification", "--fail", "evaluate")
    until(qtbot, page.wait.start.isVisible)
    assert "evaluate is not possible. Mend it." in page.wait.detail.text()
    assert page.wait.other.isVisible()
    (page.run / "mended").touch()
    qtbot.mouseClick(page.wait.start, LEFT)
    shown(qtbot, page)


def test_without_a_test_part_the_validation_part_is_offered(qtbot: QtBot, make: Make) -> None:
    page = make("classification", "--fail", "evaluate")
    until(qtbot, page.wait.other.isVisible)
    (page.run / "mended").touch()
    qtbot.mouseClick(page.wait.other, LEFT)
    shown(qtbot, page)
    assert page.found.part == "val"
    assert "validation part" in page.subject.full


def test_cancel_stops_the_measuring(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    wait = tmp_path / "runs" / "first" / "wait"
    wait.parent.mkdir(parents=True)
    wait.touch()
    page = make()
    until(qtbot, lambda: page.wait.bar.value() == 500)
    assert not page.complete()
    qtbot.mouseClick(page.wait.cancel, LEFT)
    assert page.wait.words.text() == "Cancelling…"
    until(qtbot, page.wait.start.isVisible)
    assert page.found is None
    assert page.complete()
    wait.unlink()
    qtbot.mouseClick(page.wait.start, LEFT)
    shown(qtbot, page)


def test_patients_open_by_mouse_and_keyboard(qtbot: QtBot, make: Make) -> None:
    page = shown(qtbot, make("segmentation"))
    view = page.outliner
    assert page.view is view
    assert not page.figures.caveats.isVisible()
    place = view.box.points()[2]
    qtbot.mouseClick(view.box, LEFT, pos=QPoint(round(place.x()), round(place.y())))
    assert {case.group for case in view.patient.cases} == {"P02"}
    view.box.setFocus()
    qtbot.keyClick(view.box, Qt.Key.Key_End)
    qtbot.keyClick(view.box, Qt.Key.Key_Left)
    qtbot.keyClick(view.box, Qt.Key.Key_Return)
    assert {case.group for case in view.patient.cases} == {"P12"}
    assert "P12" in view.box.accessibleName()


def test_the_box_shows_other_figures_of_the_patients(qtbot: QtBot, make: Make) -> None:
    page = shown(qtbot, make("segmentation"))
    view = page.outliner
    assert "Dice per patient: median 0.75" in view.box.accessibleName()
    qtbot.mouseClick(view.figure.button(2), LEFT)
    assert "HD95 per patient, pixels: median 4.50" in view.box.accessibleName()
    view.figure.button(2).setFocus()
    qtbot.keyClick(view.figure.button(2), Qt.Key.Key_Left)
    assert "IoU per patient" in view.box.accessibleName()


def test_hd95_stands_in_mm_on_card_and_box_where_it_is_known(
    qtbot: QtBot, make: Make, tmp_path: Path
) -> None:
    mark = tmp_path / "runs" / "first" / "mm"
    mark.parent.mkdir(parents=True)
    mark.touch()
    page = shown(qtbot, make("segmentation"))
    names = [card.accessibleName() for card in page.figures.cards]
    assert "HD95, median 2.2 mm, 95 %: 1.6 to 3.0" in names
    assert not any(" px" in name for name in names)
    qtbot.mouseClick(page.outliner.figure.button(2), LEFT)
    assert "HD95 per patient, mm: median 2.25" in page.outliner.box.accessibleName()


def test_worst_and_best_pictures(qtbot: QtBot, make: Make) -> None:
    page = shown(qtbot, make("segmentation"))
    qtbot.mouseClick(page.outliner.tabs.button(1), LEFT)
    assert page.outliner.worst.cases[0].group == "P00"
    assert page.outliner.best.cases[0].group == "P13"
    before = page.outliner.worst.list.count()
    qtbot.mouseClick(page.outliner.worst.more, LEFT)
    assert page.outliner.worst.list.count() > before


def test_all_runs_stand_side_by_side(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    for name in ("second", "third"):
        make_run(tmp_path, name=name)
    make_run(tmp_path, "segmentation", "outlines")
    page = shown(qtbot, make())
    qtbot.mouseClick(page.classifier.tabs.button(3), LEFT)
    table = page.classifier.runs
    until(qtbot, lambda: table.table.isVisible() and table.table.rowCount() == 3)
    assert [Path(run).name for run in table.runs] == ["second", "first", "third"]
    assert "same test pictures" in table.words.text()
    assert "91.4" in table.table.texts(0)[2]
    assert table.table.texts(2)[2] == "not evaluated"
    assert not any("outlines" in line for line in asked(page))
    assert table.caveats.isVisible(), "of any run that has figures, without choosing it"
    assert table.caveats.sentences == (f"Types, Xception: {evaluation_fakes.WARNING}",)
    table.table.setCurrentCell(0, 0)
    table.table.setFocus()
    qtbot.keyClick(table.table, Qt.Key.Key_Return)
    until(qtbot, lambda: page.run is not None and page.run.name == "second")
    shown(qtbot, page)
    assert page.context.draft.run == page.run


def test_runs_of_other_splits_stand_side_by_side_without_a_ranking(
    qtbot: QtBot, make: Make, tmp_path: Path
) -> None:
    for name in ("second", "third"):
        make_run(tmp_path, name=name)
    (tmp_path / "runs" / "first" / "apart").parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "runs" / "first" / "apart").touch()
    page = shown(qtbot, make())
    qtbot.mouseClick(page.classifier.tabs.button(3), LEFT)
    table = page.classifier.runs
    until(qtbot, lambda: table.table.isVisible() and table.table.rowCount() == 3)
    assert "side by side, no ranking" in table.words.text()
    assert "split otherwise" in table.words.text()
    assert [Path(run).name for run in table.runs] == ["first", "third", "second"]
    heading = table.table.horizontalHeaderItem(2)
    assert heading is not None
    assert heading.text() == "Split"
    assert table.table.texts(0)[2:4] == ("by patient or group", "87.1\xa0%")
    assert table.table.texts(2)[2:4] == ("by picture, at random", "91.4\xa0%")
    assert "Split by picture, at random, copies kept" in table.table.item(2, 0).toolTip()


def test_the_means_of_folds_stand_with_the_warnings_of_all(
    qtbot: QtBot, make: Make, tmp_path: Path
) -> None:
    page = shown(qtbot, make())
    assert not page.folds_caveats.isVisible()
    series = tmp_path / "folds"
    fold = make_run(series, name="fold-0")
    fold = fold.rename(series / "fold-0")
    config = training_factories.class_config(series / "data")
    split = replace(config.split, folds=2)
    write_config(series / "config.json", replace(config, split=split))
    runs = [{"name": f"fold-{k}", "figures": {"accuracy": 0.8}} for k in range(2)]
    summary = {"accuracy": {"mean": 0.8, "deviation": 0.0, "runs": 2.0}}
    told = [evaluation_fakes.WARNING, "fold-1: 9 of 12 pictures have a copy."]
    document = {"kind": "kfold", "runs": runs, "summary": summary, "warnings": told}
    write_json(series / "kfold.json", document)
    page.context.draft.run = fold
    page.enter()
    until(qtbot, page.folds.isVisible)
    assert "All 2 folds, mean" in page.folds.text()
    assert page.folds_caveats.isVisible()
    assert page.folds_caveats.sentences == (told[1],)
    assert page.figures.caveats.sentences == (told[0],)


@pytest.mark.parametrize("kind", ["html", "pdf"])
def test_the_report_is_saved(qtbot: QtBot, make: Make, tmp_path: Path, kind: str) -> None:
    page = shown(qtbot, make())
    target = tmp_path / f"Zpráva 1.{kind}"
    with qtbot.waitSignal(page.export.saved, timeout=20_000):
        page.save_to(kind, target)
    data = target.read_bytes()
    assert data.startswith(b"%PDF") if kind == "pdf" else b"not for diagnosis" in data
    assert ("--simple" in asked(page)[-1]) == (kind == "pdf")
    assert "--no-names" not in asked(page)[-1]
    page.nameless.trigger()
    with qtbot.waitSignal(page.export.saved, timeout=20_000):
        page.save_to(kind, target)
    assert "--no-names" in asked(page)[-1]
    assert "Saved" in page.window().banner.message.title
    assert not page.export.busy


def test_tables_and_charts_replace_nothing(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    page = shown(qtbot, make())
    out = tmp_path / "out"
    out.mkdir()
    for kind in ("csv", "csv", "png", "png"):
        with qtbot.waitSignal(page.export.saved, timeout=20_000):
            page.save_to(kind, out)
    names = {path.name for path in out.iterdir()}
    assert {"first-curves.csv", "first-curves (2).csv", "first-roc.png"} <= names
    assert "first-confusion (2).png" in names
    assert (out / "first-cases.csv").read_text().startswith("a,b")
    image = QImage(str(out / "first-roc.png"))
    assert image.width() > 500
    middle = image.height() // 2
    edges = [image.pixelColor(x, middle) for x in (1, image.width() - 2)]
    assert edges[0] == edges[1], "the chart fills the picture"
    assert not any(name.startswith(".part") for name in names)


def test_a_report_that_fails_is_told(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    page = shown(qtbot, make("classification", "--fail", "report"))
    page.save_to("html", tmp_path / "x.html")
    until(qtbot, lambda: page.window().banner.message is not None)
    assert "report is not possible" in page.window().banner.message.text
    assert not (tmp_path / "x.html").exists()


def test_the_theme_may_change_while_it_is_shown(qtbot: QtBot, make: Make) -> None:
    page = shown(qtbot, make())
    apply_theme("light")
    QApplication.processEvents()
    assert page.classifier.grab().width() > 0


def test_small_words() -> None:
    assert "On the line" in calibration_words([(0.8, 0.79, 10)])
    assert "surer" in calibration_words([(0.9, 0.6, 10)])
    assert "more often" in calibration_words([(0.5, 0.9, 10)])
    assert calibration_words([]) == "No picture was answered."


def test_free_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").touch()
    (tmp_path / "a (2).csv").touch()
    assert free_path(tmp_path / "a.csv").name == "a (3).csv"


def test_what_was_measured_stays_where_measuring_again_fails(qtbot: QtBot, make: Make) -> None:
    page = make("classification", "--fail", "evaluate")
    until(qtbot, page.wait.start.isVisible)
    (page.run / "mended").touch()
    qtbot.mouseClick(page.wait.start, LEFT)
    shown(qtbot, page)
    (page.run / "mended").unlink()
    qtbot.mouseClick(page.again, LEFT)
    banner = page.window().banner
    until(qtbot, lambda: banner.message is not None)
    assert "could not be measured" in banner.message.title
    assert page.figures.isVisible()
    assert page.save.isVisible()


def test_what_no_patient_has_cannot_be_chosen(qtbot: QtBot, make: Make) -> None:
    page = shown(qtbot, make("segmentation"))
    found = evaluation_fakes.segmentation()
    groups = {name: {**row, "hd95_px": None} for name, row in found.groups.items()}
    page.outliner.show_evaluation(replace(found, groups=groups))
    assert not page.outliner.figure.button(2).isEnabled()
    assert page.outliner.figure.button(1).isEnabled()


def test_figures_of_several_classes_stand_in_rows_that_can_be_read(
    qtbot: QtBot, make: Make
) -> None:
    page = shown(qtbot, make("segmentation"))
    found = evaluation_fakes.segmentation()
    figures = {
        **found.figures,
        "dice_classes_mean": Interval(0.44, 0.41, 0.47),
        "dice_class_oedema": Interval(0.46, 0.41, 0.49),
        "dice_class_core": Interval(0.42, 0.38, 0.47),
    }
    several = replace(found, classes=("background", "oedema", "core"), figures=figures)
    page.window().resize(910, 512)
    page.figures.show_evaluation(several)
    page.outliner.show_evaluation(several)
    until(qtbot, lambda: len({card.y() for card in page.figures.cards}) > 1)
    names = [card.accessibleName() for card in page.figures.cards]
    assert names[1].startswith("Dice of classes 0.440")
    assert [name.partition(" 0.")[0] for name in names[-2:]] == ["Dice, oedema", "Dice, core"]
    for card in page.figures.cards:
        assert card.range.text() == card.range.full
    assert "all classes as one" in page.outliner.box.accessibleName()
