"""A model knows what it learned from, and figures on these pictures are never sold as a test."""

from __future__ import annotations

import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from picture_copies import brain, folder_of
from training_factories import class_config, class_folder, mask_folder, save
from tumordesk.core.errors import ModelError
from tumordesk.core.model_card import LEARNED_NAME, HeadSpec
from tumordesk.core.training_run import DataConfig, read_config
from tumordesk.zoo import ModelEntry, Zoo
from tumordesk.zoo.learned import CODE_BYTES, Learned, read_learned, record_of, write_learned
from tumordesk_training.cli import main
from tumordesk_training.evaluate import Order, config_for, evaluate
from tumordesk_training.evaluation.of_run import evaluate_run
from tumordesk_training.layouts import scan
from tumordesk_training.learned import codes_of, match
from tumordesk_training.learned_of_run import BEFORE_NAME, add_to_model, keep_before, learned_by
from tumordesk_training.publish import Publication, publish
from tumordesk_training.publish_folds import publish_folds
from tumordesk_training.run import start
from tumordesk_training.run_model import open_run
from tumordesk_training.series import by_fold, run_series
from tumordesk_training.split import read_split, select
from tumordesk_training.starts import knowledge_of


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A run on sixty brains, and their folder."""
    pictures = folder_of(tmp_path_factory.mktemp("first") / "pictures", range(60))
    run = tmp_path_factory.mktemp("first-run") / "types"
    start(run, class_config(pictures, epochs=1, architecture="resnet18", head=HeadSpec()))
    return run, pictures


@pytest.fixture(scope="module")
def model(first: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> ModelEntry:
    """What was published of it."""
    return publish(Publication(first[0], "types", {}, tmp_path_factory.mktemp("models")))


@pytest.fixture
def second(model: ModelEntry, tmp_path: Path) -> Path:
    """A run that starts from the model, on thirty of its brains and thirty others."""
    pictures = folder_of(tmp_path / "pictures", range(30, 90))
    config = class_config(pictures, epochs=1, architecture="resnet18", head=HeadSpec())
    start(tmp_path / "run", replace(config, initial_weights=str(model.folder)))
    return tmp_path / "run"


def test_a_published_model_tells_how_many_of_the_pictures_it_knows(
    first: tuple[Path, Path], model: ModelEntry, capsys: pytest.CaptureFixture[str]
) -> None:
    run, pictures = first
    counts = {part: sum(n.values()) for part, n in read_split(run / "split.json").counts.items()}
    figures = evaluate(model, Order(pictures, DataConfig()))
    assert figures["known"] == {
        "total": 60, "train": counts["train"], "val": counts["val"], "before": 0, "gaps": False
    }  # fmt: skip
    order = ["evaluate", str(model.folder), str(pictures)]
    assert main(order) == 0
    told = capsys.readouterr().out
    assert f"{counts['train']} of 60 pictures are, or nearly are, or are of the same" in told
    assert main([*order, "--split", str(run / "split.json"), "--part", "test"]) == 0
    assert "the figures flatter" not in capsys.readouterr().out


def test_known_pictures_can_be_left_out(
    first: tuple[Path, Path], model: ModelEntry, capsys: pytest.CaptureFixture[str]
) -> None:
    run, pictures = first
    tested = sum(read_split(run / "split.json").counts["test"].values())
    figures = evaluate(model, Order(pictures, DataConfig(), leave_out_known=True))
    assert figures["n"] == sum(map(sum, figures["confusion"])) == tested
    assert figures["known"]["total"] == 60
    order = ["evaluate", str(model.folder), str(pictures), "--leave-out-known"]
    assert main(order) == 0
    assert "they do not count" in capsys.readouterr().out
    assert main([*order, "--split", str(run / "split.json"), "--part", "train"]) == 2
    assert "knows all of these pictures" in capsys.readouterr().err
    assert main(["evaluate", str(run), "--leave-out-known"]) == 2
    assert "is for models" in capsys.readouterr().err


def test_the_record_names_no_picture(model: ModelEntry) -> None:
    found = record_of(model.folder)
    assert found is not None
    table = found.train
    assert (table == np.unique(table, axis=0)).all()  # nor tells their order
    data = (model.folder / LEARNED_NAME).read_bytes()
    assert b".png" not in data
    assert len(data) < CODE_BYTES * 60 + 400


def test_a_training_that_starts_from_a_model_says_which_test_pictures_it_knew(
    second: Path, model: ModelEntry, tmp_path: Path
) -> None:
    run = open_run(second)
    data = scan(run.root, run.config.data)
    known = {
        part: sum(int(Path(case.key).stem) < 60 for case in select(data, run.split, part))
        for part in ("val", "test")
    }
    before = record_of(model.folder)
    assert before is not None
    said = " ".join(evaluate_run(run, "test").warnings)
    # Test and validation pictures of the first training taught it nothing: so not all thirty count.
    cases = select(data, run.split, "test")
    taught = Learned(train=before.train)
    wanted = len(match(cases, codes_of(run.root, cases), taught))
    assert 0 < wanted <= known["test"]
    assert (
        f"{wanted} of {len(cases)} pictures of test were known before: {model.folder.name}" in said
    )
    others = f"On the {len(cases) - wanted} pictures not found among what types had learned from"
    assert f"{others}: accuracy 0." in said
    events = (second / "events.jsonl").read_text()
    assert "of val were known before" in events
    assert "were known before" not in " ".join(evaluate_run(run, "train").warnings)
    card = publish(Publication(second, "child", {}, tmp_path / "models")).card
    assert any("of test were known before" in limit for limit in card.limits)


def test_what_was_known_is_passed_on_to_the_next_model(
    second: Path, first: tuple[Path, Path], model: ModelEntry, tmp_path: Path
) -> None:
    entry = publish(Publication(second, "child", {}, tmp_path / "models"))
    figures = evaluate(entry, Order(first[1], DataConfig()))
    known = figures["known"]
    assert known["before"] > 10
    assert known["train"] + known["val"] > 15
    parent, child = record_of(model.folder), record_of(entry.folder)
    assert parent is not None
    assert child is not None
    assert (child.before == parent.train).all()  # its validation pictures taught it nothing
    assert not {row.tobytes() for row in parent.val} & {row.tobytes() for row in child.before}
    assert not child.gaps


def test_the_run_knows_it_still_when_the_model_has_gone(
    second: Path, model: ModelEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: Zoo, wish: str) -> ModelEntry:
        raise ModelError(f"There is no model {wish}.")

    monkeypatch.setattr(Zoo, "find", gone)
    assert "were known before" in " ".join(evaluate_run(open_run(second), "test").warnings)
    (second / BEFORE_NAME).unlink()
    said = " ".join(evaluate_run(open_run(second), "test").warnings)
    assert f"What {model.folder.name}, from which this training started, had learned from" in said
    assert "is not recorded" in said


def test_a_training_from_scratch_has_nothing_to_say(first: tuple[Path, Path]) -> None:
    run = open_run(first[0])
    assert not (first[0] / BEFORE_NAME).exists()
    said = " ".join(evaluate_run(run, "test").warnings)
    assert "known before" not in said
    assert "not recorded" not in said


def test_a_model_without_a_record_leaves_it_open(
    first: tuple[Path, Path],
    model: ModelEntry,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bare = Zoo().add(model.folder)
    (bare.folder / LEARNED_NAME).unlink()
    assert evaluate(bare, Order(first[1], DataConfig()))["known"] is None
    assert main(["evaluate", "types", str(first[1])]) == 0
    assert "is not recorded: is this a fair test?" in capsys.readouterr().out
    # It can be recorded later, part by part.
    order = ["learned", "types", str(first[1])]
    assert main([*order, "--split", str(first[0] / "split.json")]) == 0
    one, other = record_of(bare.folder), record_of(model.folder)
    assert one is not None
    assert other is not None
    assert (one.train == other.train).all()
    assert (one.val == other.val).all()
    assert one.gaps, "what was lost may have told more"
    elsewhere = folder_of(tmp_path / "elsewhere", range(200, 206))
    assert main(["learned", "types", str(elsewhere), "--before"]) == 0
    found = record_of(bare.folder)
    assert found is not None
    assert (len(found.train), len(found.before)) == (len(other.train), 6)
    capsys.readouterr()
    assert main(["learned", "types", str(elsewhere), "--split", str(first[0] / "split.json")]) == 2
    assert "is in the training or validation part" in capsys.readouterr().err


def test_of_folds_every_picture_is_known(tmp_path: Path) -> None:
    pictures = folder_of(tmp_path / "pictures", range(24))
    config = class_config(pictures, epochs=1, architecture="resnet18", head=HeadSpec())
    run_series("kfold", by_fold(config, 2), tmp_path / "folds")
    entry = publish_folds(Publication(tmp_path / "folds", "both", {}, tmp_path / "models"))
    known = evaluate(entry, Order(pictures, DataConfig()))["known"]
    parts = [read_split(tmp_path / "folds" / f"fold-{k}" / "split.json").parts for k in range(2)]
    learned = {name for part in parts for name in part["train"]}
    chosen = {name for part in parts for name in part["val"]} - learned
    assert (known["train"], known["val"]) == (len(learned), len(chosen))
    assert len(learned | chosen) == 24


def test_what_an_earlier_attempt_kept_is_not_inherited(tmp_path: Path) -> None:
    pictures = folder_of(tmp_path / "pictures", range(20))
    config = class_config(pictures, epochs=1, architecture="resnet18", head=HeadSpec())
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"nothing")
    with pytest.raises(ModelError):
        start(tmp_path / "run", replace(config, initial_weights=str(broken)))
    start(tmp_path / "run", config)
    assert not (tmp_path / "run" / BEFORE_NAME).exists()
    assert "had learned from" not in " ".join(evaluate_run(open_run(tmp_path / "run")).warnings)


def test_pictures_that_are_gone_leave_a_gap(tmp_path: Path) -> None:
    pictures = folder_of(tmp_path / "pictures", range(24))
    config = class_config(pictures, epochs=1, architecture="resnet18", head=HeadSpec())
    start(tmp_path / "run", config)
    run = open_run(tmp_path / "run")
    assert not learned_by((run,)).gaps
    data = scan(pictures, run.config.data)
    lost = select(data, run.split, "train")[:2]
    lost[0].image.unlink()
    assert learned_by((run,)).gaps
    save(lost[0].image, brain(int(lost[0].image.stem)))
    assert not learned_by((run,)).gaps
    lost[1].image.write_bytes(b"damaged")
    assert learned_by((run,)).gaps


def test_the_weights_file_of_a_model_is_that_model(model: ModelEntry) -> None:
    found, own = knowledge_of(str(model.folder / "weights.safetensors")), record_of(model.folder)
    assert found is not None
    assert own is not None
    assert (found.train == own.train).all()


def test_what_is_not_known_stays_so_in_the_next_model(
    first: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weights = tmp_path / "somewhere.safetensors"
    bare = publish(Publication(first[0], "bare", {}, tmp_path / "models", recorded=False))
    assert not (bare.folder / LEARNED_NAME).exists()
    shutil.copy(bare.folder / "weights.safetensors", weights)
    pictures = folder_of(tmp_path / "pictures", range(100, 130))
    config = class_config(pictures, epochs=1, architecture="resnet18", head=HeadSpec())
    start(tmp_path / "run", replace(config, initial_weights=str(weights)))
    said = " ".join(evaluate_run(open_run(tmp_path / "run"), "test").warnings)
    assert "What somewhere.safetensors, from which this training started" in said
    child = publish(Publication(tmp_path / "run", "child", {}, tmp_path / "models"))
    found = record_of(child.folder)
    assert found is not None
    assert found.gaps
    assert any("somewhere.safetensors" in limit for limit in child.card.limits)
    assert main(["evaluate", str(child.folder), str(first[1])]) == 0
    assert "learned from more than is recorded" in capsys.readouterr().out


def test_a_run_of_before_there_were_records_asks_the_model_itself(
    second: Path, model: ModelEntry
) -> None:
    (second / BEFORE_NAME).unlink()
    assert "were known before" in " ".join(evaluate_run(open_run(second), "test").warnings)
    start(second, replace(read_config(second / "config.json"), epochs=2), resume=True)
    assert (second / BEFORE_NAME).exists()


def test_a_damaged_record_is_none(model: ModelEntry, tmp_path: Path) -> None:
    good = (model.folder / LEARNED_NAME).read_bytes()
    file = tmp_path / LEARNED_NAME
    for data in (b"", good[:100], b"\0" * 64, good + b"x", good.replace(b"val", b"lav")):
        file.write_bytes(data)
        assert read_learned(file) is None
    file.unlink()
    assert read_learned(file) is None
    file.symlink_to(model.folder / LEARNED_NAME)
    assert read_learned(file) is None
    file.unlink()
    import safetensors.numpy

    for table in (np.zeros((2, 8), np.uint8), np.zeros((2, CODE_BYTES), np.int8)):
        file.write_bytes(safetensors.numpy.save(dict.fromkeys(("train", "val", "before"), table)))
        assert read_learned(file) is None
    tables = dict.fromkeys(("train", "val", "before"), torch.zeros(2, CODE_BYTES // 2).bfloat16())
    safetensors.torch.save_file({k: v.clone() for k, v in tables.items()}, file)
    assert read_learned(file) is None
    entry = ModelEntry(model.card, tmp_path, "user")
    with pytest.raises(ModelError, match="damaged"):
        add_to_model(entry, tmp_path, DataConfig(), None)


def test_a_record_that_was_changed_is_no_record(
    model: ModelEntry, second: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever empties it must not make a model look as if it knew none of the test pictures."""
    changed = Path(shutil.copytree(model.folder, tmp_path / "changed"))
    assert record_of(changed) is not None
    write_learned(changed / LEARNED_NAME, Learned())
    assert read_learned(changed / LEARNED_NAME) is not None, "sound by itself"
    assert record_of(changed) is None
    assert knowledge_of(str(changed)) is None
    (changed / LEARNED_NAME).unlink()
    assert record_of(changed) is None
    config = read_config(second / "config.json")
    keep_before(tmp_path, replace(config, initial_weights=str(changed)))
    kept = read_learned(tmp_path / BEFORE_NAME)
    assert kept is not None
    assert kept.gaps, "a training that starts from it says so"


def test_the_record_travels_with_the_model(model: ModelEntry, tmp_path: Path) -> None:
    from tumordesk.zoo.archive import pack

    file = pack(model.folder, tmp_path / "types.tdmodel")
    entry = Zoo().add(file)
    assert (entry.folder / LEARNED_NAME).read_bytes() == (model.folder / LEARNED_NAME).read_bytes()
    with zipfile.ZipFile(file) as opened:
        assert LEARNED_NAME in opened.namelist()


def test_masks_tell_a_detector_what_is_true(tmp_path: Path) -> None:
    masks, classes = mask_folder(tmp_path / "masks"), class_folder(tmp_path / "classes")
    card = Zoo().find("detect-resnet").card
    assert config_for(Order(masks, DataConfig()), card).label_from_mask
    assert not config_for(Order(classes, DataConfig()), card).label_from_mask
    assert not config_for(Order(masks, DataConfig()), Zoo().find("t1c-tumour").card).label_from_mask
