"""One model of all folds of a cross-validation: what it says, what its card says."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from training_factories import class_config, class_folder, mask_config, mask_folder
from tumordesk.core.errors import ConfigError
from tumordesk.core.model_card import HeadSpec
from tumordesk.core.training_run import RunState, read_config, write_config
from tumordesk.networks import build
from tumordesk.networks.ensemble import Ensemble
from tumordesk.networks.weights import load_model
from tumordesk.zoo import Zoo
from tumordesk_training import publish_folds as publish_folds_module
from tumordesk_training.cli import main
from tumordesk_training.evaluate import Order, evaluate
from tumordesk_training.initial import load_initial
from tumordesk_training.publication import part_order
from tumordesk_training.publish import Publication, publish
from tumordesk_training.publish_folds import is_cross_validation, publish_folds
from tumordesk_training.reference import update_model
from tumordesk_training.run_model import best_network, open_run, run_card
from tumordesk_training.series import by_fold, run_series


@pytest.fixture(scope="module")
def outlines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folds of a small UNet; six patients of four slices."""
    scans = mask_folder(tmp_path_factory.mktemp("fold-scans") / "scans", patients=6)
    config = mask_config(scans, epochs=4, options={"width": 8})
    config = replace(config, optimiser=replace(config.optimiser, rate=0.01))
    out = tmp_path_factory.mktemp("folds") / "all"
    _, state = run_series("kfold", by_fold(config, 2), out)
    assert state is RunState.FINISHED
    return out


def test_its_probabilities_are_the_mean_of_those_of_the_folds(
    outlines: Path, tmp_path: Path
) -> None:
    entry = publish_folds(Publication(outlines, "both", {}, tmp_path))
    assert (entry.card.members, entry.card.network) == (2, "unet x 2")
    model = load_model(entry.folder, entry.card)
    assert isinstance(model, Ensemble)
    pictures = torch.rand(2, 1, 32, 32)
    with torch.inference_mode():
        alone = [best_network(open_run(outlines / f"fold-{k}"))(pictures) for k in range(2)]
        wanted = torch.stack([logits.softmax(1) for logits in alone]).mean(0)
        found = model(pictures).softmax(1)
    torch.testing.assert_close(found, wanted, atol=2e-3, rtol=0)


def test_its_figures_are_of_pictures_that_each_network_had_not_seen(
    outlines: Path, tmp_path: Path
) -> None:
    entry = publish_folds(Publication(outlines, "both", {}, tmp_path / "models"))
    card = entry.card
    alone = []
    for number in range(2):
        run = open_run(outlines / f"fold-{number}")
        one = publish(Publication(run.folder, f"one-{number}", {}, tmp_path / "single"))
        alone.append(evaluate(one, part_order(run, "test")))
    dice = next(m for m in card.metrics if m.name == "Dice, mean over groups")
    assert dice.value == pytest.approx(np.mean([a["dice_mean"] for a in alone]), abs=1e-4)
    assert dice.n == sum(a["n"] for a in alone) == 24
    assert "2 folds, each network on the part it did not see" in dice.split
    assert card.limits[-1].startswith("What its 2 networks say together was not measured")
    learned = {name for k in range(2) for name in train_groups(outlines / f"fold-{k}")}
    assert card.training_data[0].images == 4 * len(learned)
    assert "2 networks, each trained without another part" in card.training_data[0].note
    assert ", fold" not in card.name


def train_groups(run: Path) -> tuple[str, ...]:
    return open_run(run).split.parts["train"]


def test_what_a_person_wrote_of_the_data_stays(outlines: Path, tmp_path: Path) -> None:
    own = {"name": "Ours", "licence": "CC0", "citation": "", "patients": 110, "note": "Mine."}
    texts = {"training_data": [own]}
    (told,) = publish_folds(Publication(outlines, "a", texts, tmp_path)).card.training_data
    assert (told.name, told.patients, told.note) == ("Ours", 110, "Mine.")
    assert told.images
    two = {"training_data": [own, own]}
    sets = publish_folds(Publication(outlines, "b", two, tmp_path)).card.training_data
    assert [one.images for one in sets] == [None, None]
    none = publish_folds(Publication(outlines, "c", {"training_data": []}, tmp_path)).card
    assert none.training_data == ()


def test_where_it_was_trained_makes_no_other_order(outlines: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(outlines, tmp_path / "all"))
    path = out / "fold-1" / "config.json"
    write_config(path, replace(read_config(path), device="cpu", threads=1, samples=0))
    assert publish_folds(Publication(out, "both", {}, tmp_path / "models")).card.members == 2


def test_its_folder_tells_of_every_fold_and_no_patient(outlines: Path, tmp_path: Path) -> None:
    entry = publish_folds(Publication(outlines, "both", {}, tmp_path))
    split = json.loads((entry.folder / "split.json").read_text())
    ids = [fold["split_id"] for fold in split["folds"]]
    assert len(set(ids)) == 2
    text = "\n".join(p.read_text() for p in entry.folder.glob("*.json"))
    assert "TCGA_AA" not in text
    assert str(outlines.parent) not in text


def test_threshold_of_all_folds(outlines: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    order = Publication(outlines, "both", {}, tmp_path, tuned=True)
    entry = publish_folds(order, lines.append)
    assert lines[-1].startswith("Chosen on the validation parts: threshold ")
    assert str(entry.card.postprocess.threshold) in " ".join(lines)
    assert all("thresholds of its own validation part" in m.split for m in entry.card.metrics)


def test_figures_of_folds_do_not_depend_on_what_the_others_are_tuned_on(
    outlines: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuned_on: list[int] = []
    original = publish_folds_module.tune_all

    def spy(found, config):
        tuned_on.append(len(found))
        return original(found, config)

    monkeypatch.setattr(publish_folds_module, "tune_all", spy)
    publish_folds(Publication(outlines, "both", {}, tmp_path, tuned=True))
    assert tuned_on == [1, 1, 2]


def test_on_the_command_line_as_one_file_and_onnx(
    outlines: Path, own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = tmp_path / "both.tdmodel"
    order = ["publish", str(outlines), "--id", "both", "--name", "Both", "--archive", str(archive)]
    assert main(order) == 0
    assert "fold 2 of 2, test:" in capsys.readouterr().out
    Zoo().remove("both")
    Zoo().add(archive)
    entry = Zoo().find("both")
    data = read_config(outlines / "fold-0" / "config.json").data
    figures = evaluate(entry, Order(open_run(outlines / "fold-0").root, data))
    assert figures["n"] == 24
    assert main(["export-onnx", "both", "--out", str(tmp_path / "both.onnx")]) == 0


def test_a_training_starts_from_its_first_network(
    outlines: Path, own_home: Path, tmp_path: Path
) -> None:
    publish_folds(Publication(outlines, "both", {}))
    config = read_config(outlines / "fold-0" / "config.json")
    network = build(config.architecture, run_card(config))
    told = load_initial(network, replace(config, initial_weights="both"))
    assert told[-1] == "both consists of 2 networks: this is the first."
    first = best_network(open_run(outlines / "fold-0"))
    file = own_home / "data" / "models" / "both" / "weights.safetensors"
    other = build(config.architecture, run_card(config))
    load_initial(other, replace(config, initial_weights=str(file)))
    for mine, too, its in zip(
        network.parameters(), other.parameters(), first.parameters(), strict=True
    ):
        torch.testing.assert_close(mine, its, atol=1e-3, rtol=1e-3)
        torch.testing.assert_close(mine, too)


def test_folds_that_are_missing_or_differ_are_refused(outlines: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(outlines, tmp_path / "all"))
    assert is_cross_validation(out)
    assert not is_cross_validation(out / "fold-0")
    path = out / "fold-1" / "config.json"
    config = read_config(path)
    write_config(path, replace(config, epochs=9))
    (out / "fold-1-backup").mkdir()
    write_config(out / "fold-1-backup" / "config.json", config)
    with pytest.raises(ConfigError, match="not trained by the same order"):
        publish_folds(Publication(out, "both", {}, tmp_path / "models"))
    shutil.rmtree(out / "fold-1")
    with pytest.raises(ConfigError, match="Of 2 folds 1 are finished"):
        publish_folds(Publication(out, "both", {}, tmp_path / "models"))
    assert not (tmp_path / "models").exists()


def test_what_is_no_whole_cross_validation_is_refused(outlines: Path, tmp_path: Path) -> None:
    def copied(name: str) -> Path:
        return Path(shutil.copytree(outlines, tmp_path / name))

    twice = copied("twice")
    shutil.rmtree(twice / "fold-1")
    shutil.copytree(twice / "fold-0", twice / "fold-1")
    swapped = copied("swapped")
    path = swapped / "fold-1" / "split.json"
    split = json.loads(path.read_text())
    parts = split["parts"]
    parts["test"], parts["train"] = parts["train"], parts["test"]
    path.write_text(json.dumps(split))
    more = copied("more")
    shutil.copytree(more / "fold-0", more / "fold-2")
    plain = copied("plain")
    for fold in ("fold-0", "fold-1"):
        config = read_config(plain / fold / "config.json")
        own = replace(config, split=replace(config.split, folds=0, fold=0))
        write_config(plain / fold / "config.json", own)
    for folder, why in (
        (twice, "each with its fold"),
        (swapped, "tested once"),
        (more, "not fold-0 to fold-1"),
        (plain, "runs that are no folds"),
    ):
        with pytest.raises(ConfigError, match=why):
            publish_folds(Publication(folder, "both", {}, tmp_path / "models"))
    assert not (tmp_path / "models").exists()


def test_a_classifier_of_folds_knows_its_pictures(tmp_path: Path) -> None:
    pictures = class_folder(tmp_path / "pictures", each=36)
    config = class_config(pictures, epochs=1, architecture="resnet18", head=HeadSpec())
    config = replace(config, split=replace(config.split, validation=0.2))
    run_series("kfold", by_fold(config, 2), tmp_path / "all")
    entry = publish_folds(Publication(tmp_path / "all", "both", {}, tmp_path / "models"))
    assert entry.card.members == 2
    assert entry.card.reference is not None
    assert entry.card.calibration is None
    fold = open_run(tmp_path / "all" / "fold-0")
    again = update_model(entry, part_order(fold, "test"))
    assert again.calibration is None
    assert again.metrics == entry.card.metrics
    assert {m.name for m in entry.card.metrics} >= {"Accuracy", "Balanced accuracy"}
