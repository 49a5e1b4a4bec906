"""The Model page asks the training program: preview of the augmentation, learning rate finder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from tumordesk.core.paths import cache_dir
from tumordesk.gui.training_wizard.controls import Written
from window_fixtures import until
from wizard_model_pages import Make, asked, choice_of, click, config_of, model_pages, write


@pytest.fixture
def make(qtbot: QtBot, tmp_path: Path) -> Iterator[Make]:
    with model_pages(qtbot, tmp_path) as build:
        yield build


def test_the_preview_follows_the_numbers(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    page = make(expert=True)
    preview = page.expert.preview
    until(qtbot, lambda: len(preview.shown) == 6)
    first = preview.shown[0].images[1].pixelColor(0, 0).value()
    choice_of(page, "augment").choose("None")
    until(qtbot, lambda: preview.shown[0].images[1].pixelColor(0, 0).value() == 60)
    assert first > 60
    assert [asked["augment"]["contrast"] for asked in asked(tmp_path, "preview")] == [0.35, 0.0]
    write(qtbot, page, "epochs", "9")  # changes no picture
    assert not preview.command.running
    assert list((cache_dir() / "wizard").glob("preview-*.json"))
    assert not list((cache_dir() / "wizard").glob("preview-*-*"))


def test_only_the_last_preview_counts(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    (tmp_path / "wait").touch()
    page = make(expert=True)
    preview = page.expert.preview
    until(qtbot, lambda: len(asked(tmp_path, "preview")) == 1)
    write(qtbot, page, "augment.contrast", "0.8")
    until(qtbot, lambda: len(asked(tmp_path, "preview")) == 2)
    assert preview.words.text().startswith("Changing")
    (tmp_path / "wait").unlink()
    until(qtbot, lambda: len(preview.shown) == 6)
    assert preview.shown[0].images[1].pixelColor(0, 0).value() == 140


def test_a_preview_that_fails_says_why(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    write(qtbot, page, "augment.erase", "1")
    until(qtbot, lambda: "Erase less" in page.expert.preview.words.text())
    assert page.complete()


def test_the_found_learning_rate_is_used(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    page = make(expert=True)
    finder = page.expert.finder
    page.expert.show_section("Learning")
    assert finder.plot is None
    click(qtbot, finder.begin)
    until(qtbot, lambda: finder.plot is not None and finder.plot.isVisible())
    assert finder.plot is not None
    assert len(finder.plot.line("loss")[0]) == 55
    assert "0.002" in finder.use.text()
    click(qtbot, finder.use)
    assert config_of(page).optimiser.rate == 0.002
    field = page.expert.rows["optimiser.rate"].control
    assert isinstance(field, Written)
    assert field.text() == "0.002"
    assert len(asked(tmp_path, "find-rate")) == 1


def test_the_search_can_be_cancelled(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    page = make(expert=True)
    (tmp_path / "wait").touch()
    finder = page.expert.finder
    page.expert.show_section("Learning")
    click(qtbot, finder.begin)
    until(qtbot, lambda: finder.bar.value() == 50)
    click(qtbot, finder.cancel)
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


# What a start knows already ------------------------------------------------------------------


def test_a_start_that_knows_the_test_pictures_says_so(qtbot: QtBot, make: Make) -> None:
    page = make()
    said = page.guided.known["t1c-tumour"]
    until(qtbot, said.isVisible)
    assert "knows 7 of your 9 test pictures" in said.text()
    assert page.guided.starts["t1c-tumour"].accessibleDescription() == said.text()
    assert not page.guided.known["flair-glioma"].isVisible()
    assert not page.guided.known[""].isVisible()
    assert page.complete()


def test_expert_says_it_at_the_start_and_trains_all_the_same(qtbot: QtBot, make: Make) -> None:
    page = make(expert=True)
    row = page.expert.rows["initial_weights"]
    choice_of(page, "initial_weights").choose("t1c-tumour")
    until(qtbot, lambda: "knows 7 of your 9 test pictures" in row.words.text())
    assert page.complete()
    choice_of(page, "initial_weights").choose("auto")  # which is another model
    assert "knows" not in row.words.text()
    choice_of(page, "initial_weights").choose("t1c-tumour")
    assert "knows 7 of your 9" in row.words.text()
    choice_of(page, "initial_weights").choose("flair-glioma")
    assert "knows" not in row.words.text()


def test_what_automatic_stands_for_follows_the_network(
    qtbot: QtBot, make: Make, tmp_path: Path
) -> None:
    page = make(expert=True)
    choice_of(page, "initial_weights").choose("auto")
    until(qtbot, lambda: page.known.answer is not None and page.known.answer.auto == "flair-glioma")
    choice_of(page, "architecture").choose("unet")
    choice_of(page, "initial_weights").choose("auto")
    until(qtbot, lambda: page.known.answer is not None and page.known.answer.auto == "")


def test_it_is_asked_once_for_each_split(qtbot: QtBot, make: Make, tmp_path: Path) -> None:
    page = make()
    until(qtbot, page.guided.known["t1c-tumour"].isVisible)
    click(qtbot, page.guided.tiles["balanced"])
    asked = tmp_path / "known.jsonl"
    assert len(asked.read_text().splitlines()) == 1
    draft = page.context.draft
    draft.split = replace(draft.split, seed=7)
    page.refresh()
    until(qtbot, lambda: len(asked.read_text().splitlines()) == 2)


def test_the_real_training_program_knows_what_models_know(qtbot: QtBot, make: Make) -> None:
    page = make("classification", real=True)
    until(qtbot, lambda: page.known.answer is not None)
    assert page.known.answer is not None
    assert set(page.known.answer.models) >= {"tumour-type", "detect-resnet"}
    assert page.known.words("tumour-type") == ""
    assert page.known.words("") == ""
