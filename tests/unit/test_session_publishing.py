"""The card of a model made of a run: filled in by itself, refused where it makes no sense."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import evaluation_fakes
import training_factories
from model_factories import make_model_folder
from tumordesk.core.errors import ConfigError
from tumordesk.core.evaluation import Interval
from tumordesk.core.jsonio import from_plain, write_json
from tumordesk.core.model_card import TrainingData
from tumordesk.core.paths import user_models_dir
from tumordesk.core.training_run import write_config
from tumordesk.session import publishing
from tumordesk.session.results import evaluation_file


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder with a split and an evaluation."""
    folder = tmp_path / "2026-11-21-blobs"
    write_config(folder / "config.json", training_factories.class_config(Path("/data/Žluť 1")))
    counts = {"train": {"blob": 30, "ring": 20}, "val": {"blob": 5}, "test": {"ring": 6}}
    parts = {"train": ["a", "b"], "val": ["c"], "test": ["d"]}
    write_json(folder / "split.json", {"parts": parts, "counts": counts, "method": "group"})
    write_json(evaluation_file(folder), evaluation_fakes.classification())
    return folder


def test_everything_that_is_known_is_filled_in(run: Path) -> None:
    facts = publishing.read_facts(run)
    texts = publishing.suggested(facts)
    assert texts.name == "Blob or ring"
    assert texts.model_id == "blob-or-ring"
    assert texts.summary == "Tells apart blob and ring, trained on 50 pictures."
    assert evaluation_fakes.WARNING in texts.limits
    assert texts.data_name == "Žluť 1"
    table = dict(publishing.facts_table(facts))
    assert table["Training pictures"] == "50 of 2 groups"
    assert table["Input"] == "32 × 32"
    assert publishing.problem_of(texts, facts) == ""


def test_a_trial_does_not_claim_pictures_that_it_left_out(run: Path) -> None:
    facts = publishing.read_facts(run)
    trial = replace(facts, config=replace(facts.config, limit=8))
    assert (
        publishing.suggested(trial).summary == "Tells apart blob and ring, trained on 8 pictures."
    )
    table = dict(publishing.facts_table(trial))
    assert table["Training pictures"] == "8 of 50, a trial"
    assert table["Test pictures"] == "6 of 1 group"
    data = publishing.document_of(publishing.suggested(trial), trial)["training_data"][0]
    assert (data["images"], data["patients"]) == (8, None)


def test_parts_of_the_folder_are_called_so(run: Path) -> None:
    split = {"parts": {}, "counts": {"train": {"blob": 9}}, "method": "group", "origin": "given"}
    write_json(run / "split.json", split)
    table = dict(publishing.facts_table(publishing.read_facts(run)))
    assert table["Split"] == "as the folder gives it"
    assert table["Network"] == "MobileNetV2"


def test_the_document_is_what_the_card_wants(run: Path) -> None:
    facts = publishing.read_facts(run)
    texts = replace(publishing.suggested(facts), limits="One\n\n Two ", licence=" CC0 ")
    document = publishing.document_of(texts, facts)
    assert document["limits"] == ["One", "Two"]
    assert document["licence"] == "CC0"
    data = from_plain(TrainingData, document["training_data"][0])
    assert (data.images, data.patients) == (50, 2)
    assert "6 test pictures" in data.note


def test_pictures_that_stand_alone_are_not_called_patients(run: Path) -> None:
    facts = replace(publishing.read_facts(run), groups={"train": 50, "test": 6})
    assert "patients are not known" in publishing.split_words(facts)
    assert (
        publishing.document_of(publishing.suggested(facts), facts)["training_data"][0]["patients"]
        is None
    )


def test_one_scan_of_each_patient_is_split_by_patient(run: Path) -> None:
    facts = publishing.read_facts(run)
    scans = replace(facts.config, data=replace(facts.config.data, volumes=True))
    facts = replace(facts, config=scans, groups={"train": 50, "test": 6})
    assert publishing.method_words(facts).startswith("by patient")
    document = publishing.document_of(publishing.suggested(facts), facts)
    assert document["training_data"][0]["patients"] == 50
    told = {"warnings": ["Patients are not known: scans of one person may lie in several parts."]}
    split = {"parts": {"train": ["a"]}, "counts": {"train": {"x": 1}}, "method": "group", **told}
    write_json(run / "split.json", split)
    unknown = replace(publishing.read_facts(run), config=scans)
    assert "patients are not known" in publishing.method_words(unknown)
    document = publishing.document_of(publishing.suggested(unknown), unknown)
    assert document["training_data"][0]["patients"] is None


def test_names_that_are_taken_are_not_suggested(run: Path) -> None:
    make_model_folder(user_models_dir(), id="blob-or-ring")
    facts = publishing.read_facts(run)
    assert publishing.suggested(facts).model_id == "blob-or-ring-2"
    assert "blob-or-ring" in facts.own_ids


@pytest.mark.parametrize(
    ("name", "expected"), [("Žluťoučký kůň 2", "zlutoucky-kun-2"), ("???", "model"), ("a b", "a-b")]
)
def test_identifiers_are_plain(name: str, expected: str) -> None:
    assert publishing.free_id(name, ()) == expected


def test_what_keeps_it_back_is_said(run: Path) -> None:
    facts = replace(publishing.read_facts(run), bundled_ids=("flair-glioma",))
    texts = publishing.suggested(facts)
    assert "name" in publishing.problem_of(replace(texts, name=" "), facts)
    for wrong in ("", ".x", "a b", "č", "x" * 61):
        assert "identifier" in publishing.problem_of(replace(texts, model_id=wrong), facts)
    taken = publishing.problem_of(replace(texts, model_id="flair-glioma"), facts)
    assert "comes with TumorDesk" in taken


def test_a_run_without_figures_says_so(run: Path) -> None:
    evaluation_file(run).unlink()
    (run / "split.json").unlink()
    facts = publishing.read_facts(run)
    assert facts.evaluation is None
    assert "Not measured on a test part." in publishing.suggested(facts).limits
    assert publishing.split_words(facts) == "Split by patient or group."
    (run / "split.json").write_text("[]")
    with pytest.raises(ConfigError, match=r"split\.json"):
        publishing.read_facts(run)


def test_the_dice_of_every_class_stands_on_the_card(run: Path) -> None:
    figures = {
        "dice_mean": Interval(0.9), "dice_classes_mean": Interval(0.4),
        "dice_by_image_mean": Interval(0.8), "iou_mean": Interval(0.7),
        "dice_class_oedema": Interval(0.5), "dice_class_core": Interval(0.3),
    }  # fmt: skip
    found = replace(evaluation_fakes.segmentation(), figures=figures)
    rows = publishing.figure_rows(replace(publishing.read_facts(run), evaluation=found))
    assert [name for name, _ in rows] == [
        "Dice per patient", "Dice of classes", "Dice per picture", "Dice, oedema", "Dice, core",
    ]  # fmt: skip


def test_a_long_identifier_is_refused_for_its_length(run: Path) -> None:
    facts = publishing.read_facts(run)
    texts = replace(publishing.suggested(facts), model_id="x" * 61)
    assert "at most 60 characters" in publishing.problem_of(texts, facts)
