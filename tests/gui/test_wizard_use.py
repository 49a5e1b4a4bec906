"""Use page: the card, publishing, the viewer's model list, files for others."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

import evaluation_fakes
import training_factories
from model_factories import make_model_folder
from tumordesk.core.jsonio import write_json
from tumordesk.core.model_card import CARD_NAME, LEARNED_NAME, read_card
from tumordesk.core.paths import user_models_dir
from tumordesk.core.settings import SettingsStore
from tumordesk.core.training_run import RunState, read_config, write_config
from tumordesk.gui.main_window import MainWindow
from tumordesk.gui.training_wizard import use_page
from tumordesk.gui.training_wizard.use_page import UsePage
from tumordesk.session.results import evaluation_file
from window_fixtures import shown_window, until

LEFT = Qt.MouseButton.LeftButton
FAKE = str(Path(__file__).parents[1] / "fake_results_trainer.py")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that was evaluated."""
    folder = tmp_path / "runs" / "2026-11-21-blobs"
    (tmp_path / "data").mkdir()
    write_config(folder / "config.json", training_factories.mask_config(tmp_path / "data"))
    counts = {"train": {"tumour": 60}, "val": {"tumour": 8}, "test": {"tumour": 9}}
    parts = {"train": ["a", "b", "c"], "val": ["d"], "test": ["e"]}
    write_json(folder / "split.json", {"parts": parts, "counts": counts, "method": "group"})
    write_json(evaluation_file(folder), evaluation_fakes.segmentation(warnings=("Few patients.",)))
    return folder


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """A main window whose wizard asks a training program that only pretends."""
    with shown_window(qtbot, SettingsStore(tmp_path / "settings.json")) as made:
        made.training.command = [sys.executable, FAKE]
        yield made


def page_of(qtbot: QtBot, window: MainWindow, run: Path) -> UsePage:
    """The shown Use page, once it knows the run."""
    window.training.show()
    wizard = window.training.wizard
    assert wizard is not None
    wizard.context.draft.run = run
    wizard.context.draft.run_state = RunState.FINISHED
    wizard.show_stage("use")
    page = wizard.page
    assert isinstance(page, UsePage)
    until(qtbot, lambda: page._facts is not None)
    return page


def words_of(page: UsePage) -> dict[str, str]:
    """What stands on the card by itself."""
    rows = range(page._table.rowCount())
    pairs = [
        (page._table.itemAt(i, page._table.ItemRole.LabelRole).widget(),
         page._table.itemAt(i, page._table.ItemRole.FieldRole).widget())
        for i in rows
    ]  # fmt: skip
    return {key.text(): value.text() for key, value in pairs}


def test_the_card_is_filled_in(qtbot: QtBot, window: MainWindow, run: Path) -> None:
    page = page_of(qtbot, window, run)
    assert page.form.name.text() == "Blobs"
    assert page.form.model_id.text() == "blobs"
    assert "Few patients." in page.form.limits.toPlainText()
    told = words_of(page)
    assert told["Training pictures"] == "60 of 3 groups"
    assert told["Dice per patient"] == "0.748 (0.671 to 0.812)"
    assert "Few patients." in page._caveat.text()
    assert not page.form.version.isVisible()
    page.set_expert(True)
    assert page.form.version.isVisible()
    assert page.form.tune.isVisible()


def test_published_it_is_in_the_viewers_list_at_once_and_can_be_chosen(
    qtbot: QtBot, window: MainWindow, run: Path
) -> None:
    page = page_of(qtbot, window, run)
    page.form.name.setFocus()
    page.form.name.selectAll()
    qtbot.keyClicks(page.form.name, "Moje skvrny")
    assert page.form.model_id.text() == "moje-skvrny"
    qtbot.keyClicks(page.form.licence, "CC0")
    qtbot.mouseClick(page.publish, LEFT)
    until(qtbot, lambda: page.model_id == "moje-skvrny" and not page.export.busy)
    until(qtbot, lambda: any(e.card.id == "moje-skvrny" for e in window.running.entries))
    card = read_card(user_models_dir() / "moje-skvrny" / CARD_NAME)
    assert (card.name, card.licence) == ("Moje skvrny", "CC0")
    assert "Few patients." in card.limits
    assert page.done.isVisible()
    assert page.complete()
    qtbot.mouseClick(page.use, LEFT)
    assert window.running.wish == "moje-skvrny"
    assert "moje-skvrny" in window.parts.banner.message.title
    until(
        qtbot,
        lambda: SettingsStore(window._store._path).load().segmentation_model == "moje-skvrny",
    )


@pytest.mark.parametrize("recorded", [True, False])
def test_the_record_of_pictures_can_be_left_out(
    qtbot: QtBot, window: MainWindow, run: Path, recorded: bool
) -> None:
    page = page_of(qtbot, window, run)
    assert not page.form.record.isVisible()
    page.set_expert(True)
    assert page.form.record.isChecked()
    if not recorded:
        page.form.record.setFocus()
        qtbot.keyClick(page.form.record, Qt.Key.Key_Space)
    qtbot.mouseClick(page.publish, LEFT)
    until(qtbot, lambda: page.model_id == "blobs" and not page.export.busy)
    assert (user_models_dir() / "blobs" / LEARNED_NAME).exists() == recorded


def test_an_own_model_is_only_exchanged_where_that_is_asked_for(
    qtbot: QtBot, window: MainWindow, run: Path
) -> None:
    make_model_folder(user_models_dir(), id="taken")
    page = page_of(qtbot, window, run)
    assert not page.form.exchange.isVisible()
    page.form.model_id.selectAll()
    qtbot.keyClicks(page.form.model_id, "taken")
    assert page.form.exchange.isVisible()
    assert not page.publish.isEnabled()
    assert "exchange" in page.words.text()
    qtbot.mouseClick(page.form.exchange, LEFT, pos=page.form.exchange.rect().center() / 8)
    page.form.exchange.setChecked(True)
    assert page.publish.isEnabled()
    qtbot.mouseClick(page.publish, LEFT)
    until(qtbot, lambda: page.model_id == "taken")
    assert "--replace" in (run / "asked.txt").read_text()


@pytest.mark.parametrize("wrong", ["", "a b", "../x"])
def test_identifiers_that_make_no_file_name_are_refused(
    qtbot: QtBot, window: MainWindow, run: Path, wrong: str
) -> None:
    page = page_of(qtbot, window, run)
    page.form.model_id.setText(wrong)
    assert not page.publish.isEnabled()
    assert "identifier" in page.words.text()


def test_a_failure_keeps_what_was_written(qtbot: QtBot, window: MainWindow, run: Path) -> None:
    window.training.command = [sys.executable, FAKE, "--fail", "publish"]
    page = page_of(qtbot, window, run)
    page.form.summary.setText("My words")
    qtbot.mouseClick(page.publish, LEFT)
    until(qtbot, lambda: "publish is not possible" in page.words.text())
    until(qtbot, page.publish.isEnabled)
    assert page.form.summary.text() == "My words"
    assert not page.done.isVisible()
    assert list(user_models_dir().glob("*")) == []


def test_data_that_were_moved_are_asked_for(
    qtbot: QtBot, window: MainWindow, run: Path, tmp_path: Path
) -> None:
    moved = (tmp_path / "data").rename(tmp_path / "Ψ & data (2)")
    page = page_of(qtbot, window, run)
    until(qtbot, page.moved.isVisible)
    assert "The data folder 'data' is not where it was" in page.moved.words.text()
    assert not page.publish.isEnabled()
    page.moved.use(tmp_path / "nothing")
    until(qtbot, lambda: window.training.wizard.banner.isVisible())  # type: ignore[union-attr]
    assert not page.publish.isEnabled()
    page.moved.use(moved)
    until(qtbot, page.publish.isEnabled)
    assert "taken from 'Ψ & data (2)'" in page.moved.words.text(), "it may have been the wrong one"
    assert read_config(run / "config.json").data.root == str(moved)
    qtbot.mouseClick(page.publish, LEFT)
    until(qtbot, lambda: bool(page.model_id) and not page.export.busy)


def test_data_that_are_there_are_not_asked_for(qtbot: QtBot, window: MainWindow, run: Path) -> None:
    page = page_of(qtbot, window, run)
    assert page.publish.isEnabled()
    with qtbot.waitSignal(page.moved.looked):
        page.enter()
    assert not page.moved.isVisible()


def test_one_file_for_others_can_be_added_in_the_viewer(
    qtbot: QtBot, window: MainWindow, run: Path, tmp_path: Path
) -> None:
    page = page_of(qtbot, window, run)
    qtbot.mouseClick(page.publish, LEFT)
    until(qtbot, lambda: page.model_id == "blobs" and not page.export.busy)
    file = tmp_path / "Skvrny 1.tdmodel"
    with qtbot.waitSignal(page.export.saved, timeout=20_000):
        page.export.archive("blobs", file)
    shutil.rmtree(user_models_dir() / "blobs")
    window.dialogs.add_model_from(file)
    until(qtbot, lambda: (user_models_dir() / "blobs" / CARD_NAME).is_file())
    until(qtbot, lambda: any(e.card.id == "blobs" for e in window.running.entries))


def test_onnx_for_other_programs(
    qtbot: QtBot, window: MainWindow, run: Path, tmp_path: Path
) -> None:
    page = page_of(qtbot, window, run)
    qtbot.mouseClick(page.publish, LEFT)
    until(qtbot, lambda: page.model_id == "blobs" and not page.export.busy)
    with qtbot.waitSignal(page.export.saved, timeout=20_000):
        page.export.onnx("blobs", tmp_path / "b.onnx")
    assert (tmp_path / "b.onnx").stat().st_size


@pytest.fixture
def fold(run: Path) -> Path:
    """The second of two folds that are finished."""
    series = run.parent / "2026-11-22-folds"
    config = training_factories.mask_config(run.parent.parent / "data")
    config = replace(config, split=replace(config.split, folds=2))
    write_config(series / "config.json", config)
    for number in range(2):
        shutil.copytree(run, series / f"fold-{number}")
        own = replace(config, name=f"{config.name}, fold {number + 1} of 2")
        write_config(series / f"fold-{number}" / "config.json", own)
    figures = {"dice_mean": {"mean": 0.6, "deviation": 0.1, "runs": 2.0}}
    runs = [{"figures": {"dice_mean": 0.5}}, {"figures": {"dice_mean": 0.7}}]
    told = ["fold-0: 3 of 9 pictures are copies."]
    document = {"kind": "kfold", "runs": runs, "summary": figures, "warnings": told}
    write_json(series / "kfold.json", document)
    return series / "fold-1"


def test_all_folds_become_one_model_unless_one_is_wanted(
    qtbot: QtBot, window: MainWindow, fold: Path
) -> None:
    page = page_of(qtbot, window, fold)
    assert page.together.isVisible()
    assert page.together.isChecked()
    assert page.form.name.text() == "Blobs"
    told = words_of(page)
    assert told["Pictures of all folds"] == "77 of 5 groups"
    assert "the mean of 2 networks" in page.form.summary.text()
    assert told["Network"].startswith("2 times ")
    assert told["Dice per patient"] == "0.600 ± 0.100"
    assert "together was not measured" in page._caveat.text()
    assert "fold-0: 3 of 9 pictures are copies." in page._caveat.text()
    assert "fold-0: 3 of 9 pictures are copies." in page.form.limits.toPlainText()
    page.form.summary.setText("My words")
    page.together.setFocus()
    qtbot.keyClick(page.together, Qt.Key.Key_Space)
    assert words_of(page)["Dice per patient"] == "0.748 (0.671 to 0.812)"
    assert page.form.name.text() == "Blobs, fold 2 of 2"
    assert page.form.summary.text() == "My words"
    qtbot.keyClick(page.together, Qt.Key.Key_Space)
    assert page.form.model_id.text() == "blobs"
    asked: list[Path] = []
    original = page.export.publish
    page.export.publish = lambda path, *rest: (asked.append(path), original(path, *rest))
    qtbot.mouseClick(page.publish, LEFT)
    until(qtbot, lambda: page.model_id == "blobs" and not page.export.busy)
    assert asked == [fold.parent]
    page.export.publish = original
    qtbot.keyClick(page.together, Qt.Key.Key_Space)
    assert page.form.model_id.text() == "blobs-fold-2-of-2"


def test_a_run_of_its_own_has_no_folds_to_join(
    qtbot: QtBot, window: MainWindow, run: Path, fold: Path
) -> None:
    page = page_of(qtbot, window, run)
    assert not page.together.isVisible()
    write_json(
        fold.parent / "kfold.json",
        {"kind": "kfold", "runs": [{"figures": {"dice_mean": 0.5}}] * 2 + [{"figures": {}}],
         "summary": {}},
    )  # fmt: skip
    series = read_config(fold.parent / "config.json")
    write_config(fold.parent / "config.json", replace(series, split=replace(series.split, folds=3)))
    page.context.draft.run = fold
    page.enter()
    until(qtbot, lambda: page._facts is not None and page._facts.run == fold)
    assert not page.together.isVisible()
    assert page.form.name.text() == "Blobs, fold 2 of 2"


def test_coming_back_keeps_what_was_written(qtbot: QtBot, window: MainWindow, run: Path) -> None:
    page = page_of(qtbot, window, run)
    page.form.summary.setText("My words")
    with qtbot.waitSignal(page.context.runner.idle_changed):
        page.enter()
    until(qtbot, lambda: page.context.runner.active == 0)
    assert page.form.summary.text() == "My words"


def test_the_document_of_the_card_is_whole(qtbot: QtBot, window: MainWindow, run: Path) -> None:
    page = page_of(qtbot, window, run)
    document = use_page.publishing.document_of(page.form.texts(), page._facts)
    assert json.loads(json.dumps(document)) == document
    assert document["training_data"][0]["patients"] == 3


def test_in_a_small_window_the_published_model_comes_into_sight(
    qtbot: QtBot, window: MainWindow, run: Path
) -> None:
    page = page_of(qtbot, window, run)
    page.window().resize(910, 512)
    qtbot.mouseClick(page.publish, LEFT)
    until(qtbot, lambda: bool(page.model_id) and not page.export.busy)
    until(qtbot, lambda: not page.use.visibleRegion().isEmpty())
    assert not page.publish.isEnabled()
    assert page.words.text().startswith("To publish it again")
    page.form.exchange.setFocus()
    qtbot.keyClick(page.form.exchange, Qt.Key.Key_Space)
    assert page.publish.isEnabled()
    assert not page.words.isVisible()
