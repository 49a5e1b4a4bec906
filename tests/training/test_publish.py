"""What travels with a published model, and a model as one file."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tumordesk.core.errors import WriteError
from tumordesk.core.training_run import Decision, read_config, write_config
from tumordesk.zoo import Zoo
from tumordesk_training import publish as publishing
from tumordesk_training.cli import main
from tumordesk_training.provenance import split_summary, split_words, without_names
from tumordesk_training.publish import Publication, publish
from tumordesk_training.run_model import is_run
from tumordesk_training.split import read_split

Copied = Callable[..., Path]


def all_text(folder: Path) -> str:
    return "\n".join(p.read_text() for p in sorted(folder.iterdir()) if p.suffix == ".json")


def test_the_model_folder_tells_its_origin_and_no_patient(
    outline_run: Path, copied: Copied, tmp_path: Path
) -> None:
    run = copied(outline_run)
    config = read_config(run / "config.json")
    data = replace(
        config.data,
        exclude=("TCGA_AA_0000_0.png",),
        decisions=(Decision("duplicates", "drop", "Mr Doe asked for it"),),
    )
    write_config(run / "config.json", replace(config, data=data))
    entry = publish(Publication(run, "blobs", {}, tmp_path / "models"))
    names = {
        "model.json", "weights.safetensors", "learned.safetensors",
        "config.json", "split.json", "environment.json",
    }  # fmt: skip
    assert {p.name for p in entry.folder.iterdir()} == names
    text = all_text(entry.folder)
    assert "TCGA_AA" not in text
    assert "Doe" not in text
    assert str(Path(config.data.root).parent) not in text
    split = json.loads((entry.folder / "split.json").read_text())
    original = json.loads((run / "split.json").read_text())
    assert split["counts"] == original["counts"]
    assert split["groups"] == {p: len(g) for p, g in original["parts"].items()}
    assert len(split["split_id"]) == len(split["hashes"]["test"]) == 64
    told = read_config(entry.folder / "config.json")
    assert told.data.root == "scans"
    assert told.data.decisions == (Decision("duplicates", "drop", ""),)
    assert replace(told, data=config.data) == config
    software = json.loads((entry.folder / "environment.json").read_text())
    assert software["packages"]["torch"]
    assert not is_run(entry.folder)
    assert is_run(run)


def test_the_card_is_filled_in(outline_run: Path, tmp_path: Path) -> None:
    card = publish(Publication(outline_run, "blobs", {}, tmp_path / "models")).card
    split = read_split(outline_run / "split.json")
    assert "torch 2" in card.software
    assert "python 3" in card.software
    assert card.training_data[0].note == split_words(split)
    note = card.training_data[0].note
    assert "Split by group (seeded, seed 1): training 16, validation 8" in note
    assert any("its figures are chance" in limit for limit in card.limits)
    given = split_words(replace(split, origin="given"))
    assert given.startswith("Split as the folder gives it: training 16, validation 8")
    assert card.limits[-1].startswith("Measured on pictures of the data set scans")
    assert all("split by group" in metric.split for metric in card.metrics)
    own = publish(Publication(outline_run, "own", {"limits": ["Mine."]}, tmp_path / "models")).card
    assert own.limits == ("Mine.",)


def test_hashes_tell_only_whole_parts(outline_run: Path) -> None:
    split = read_split(outline_run / "split.json")
    one = split_summary(split)
    assert one == split_summary(replace(split, parts=dict(reversed(split.parts.items()))))
    first, *rest = split.parts["test"]
    other = split_summary(replace(split, parts={**split.parts, "test": tuple(rest)}))
    assert other["hashes"]["test"] != one["hashes"]["test"]
    assert other["hashes"]["train"] == one["hashes"]["train"]
    assert other["split_id"] != one["split_id"]
    assert first not in json.dumps(one)


def test_weights_given_as_a_file_are_told_without_their_folder(outline_run: Path) -> None:
    config = read_config(outline_run / "config.json")
    given = replace(config, initial_weights="/home/doe/weights/resnet.safetensors")
    assert without_names(given).initial_weights == "resnet.safetensors"


def test_a_published_model_as_one_file_goes_to_another_home(
    outline_run: Path,
    own_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "blobs.tdmodel"
    order = ["publish", str(outline_run), "--id", "my-blobs", "--archive", str(file)]
    assert main([*order, "--progress"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert lines[-1]["progress"] == 1.0
    monkeypatch.setenv("TUMORDESK_HOME", str(tmp_path / "other"))
    entry = Zoo().add(file)
    Zoo().verify(entry)
    assert read_config(entry.folder / "config.json").name == "Blobs"
    data = str(read_config(outline_run / "config.json").data.root)
    assert main(["evaluate", "my-blobs", data, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["dice_mean"] > 0.5


def test_a_file_that_is_there_is_refused_before_anything_is_measured(
    outline_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "blobs.tdmodel"
    file.write_text("mine")
    monkeypatch.setattr(publishing, "evaluate", None)
    with pytest.raises(WriteError, match=r"blobs\.tdmodel is already there"):
        publish(Publication(outline_run, "blobs", {}, tmp_path / "models", archive=file))
    assert file.read_text() == "mine"
