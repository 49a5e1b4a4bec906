"""Training runs from start to end: kill, resume, stop, failure."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from training_factories import class_config, class_folder, mask_config, mask_folder, save
from tumordesk.core.errors import ConfigError, DataError, ModelError, WriteError
from tumordesk.core.training_run import (
    DataConfig,
    OptimiserConfig,
    RunState,
    TrainingConfig,
    read_run,
    write_config,
)
from tumordesk_training import checkpoints, events, loop
from tumordesk_training.lock import only_one
from tumordesk_training.run import start
from tumordesk_training.split import read_split
from tumordesk_training.step import Stepper


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mask_folder(tmp_path_factory.mktemp("data") / "scans")


@pytest.fixture(scope="module")
def finished(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of three epochs that nothing disturbed."""
    folder = tmp_path_factory.mktemp("runs") / "finished"
    assert start(folder, three_epochs(data)) is RunState.FINISHED
    return folder


def three_epochs(data: Path) -> TrainingConfig:
    config = mask_config(data, epochs=3, ema=0.9)
    return replace(config, augment=replace(config.augment, flip=0.5, noise=0.02))


def kinds(folder: Path) -> list[str]:
    return [event.kind for event in read_run(folder).events]


def weights(folder: Path, name: str = "last.pt") -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = checkpoints.load(folder / "checkpoints" / name)["model"]
    return state


def test_a_run_writes_config_split_events_and_checkpoints(finished: Path, data: Path) -> None:
    run = read_run(finished)
    assert run.state is RunState.FINISHED
    assert run.config == three_epochs(data)
    epochs = [event for event in run.events if event.kind == "epoch"]
    assert [event.epoch for event in epochs] == [1, 2, 3]
    assert {"dice_mean", "loss", "rate", "best"} <= set(epochs[0].values)
    assert set(json.loads((finished / "split.json").read_text())["parts"]) == {
        "train", "val", "test",
    }  # fmt: skip
    best = checkpoints.load(finished / "checkpoints" / "best.pt")
    assert best["score"] == max(event.values["dice_mean"] for event in epochs)


def test_the_same_run_again_gives_the_same_weights(
    finished: Path, data: Path, tmp_path: Path
) -> None:
    start(tmp_path / "again", three_epochs(data))
    again = weights(tmp_path / "again")
    assert all(torch.equal(value, again[name]) for name, value in weights(finished).items())


KILLED = """
import os, signal, sys
from tumordesk_training import loop
check = loop.Trainer._check
def killed(self):
    if self._now.epoch == 2 and self._now.step % 2:
        with open(self._folder / "events.jsonl", "a") as stream:
            stream.write('{"kind": "ep')  # the kill hits in the middle of a line
        os.kill(os.getpid(), signal.SIGKILL)
    check(self)
loop.Trainer._check = killed
from tumordesk_training.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_a_killed_run_is_resumed_to_the_weights_of_one_that_was_not(
    finished: Path, data: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "killed"
    write_config(tmp_path / "config.json", three_epochs(data))
    command = [sys.executable, "-c", KILLED, "run", str(tmp_path / "config.json")]
    done = subprocess.run([*command, "--out", str(folder)], capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert read_run(folder).state is RunState.RUNNING
    assert kinds(folder).count("epoch") == 2

    assert start(folder, three_epochs(data), resume=True) is RunState.FINISHED
    assert kinds(folder).count("epoch") == 3
    assert kinds(folder)[-1] == "finished"
    for name in ("last.pt", "best.pt"):
        other = weights(folder, name)
        for key, value in weights(finished, name).items():
            torch.testing.assert_close(value, other[key], rtol=0, atol=0)


def test_a_folder_with_a_run_is_not_begun_again(finished: Path, data: Path) -> None:
    with pytest.raises(ConfigError, match="already holds a training run"):
        start(finished, three_epochs(data))


def test_a_start_that_failed_leaves_the_folder_usable(data: Path, tmp_path: Path) -> None:
    wrong = mask_config(tmp_path / "nowhere", epochs=1)
    with pytest.raises(DataError, match="does not exist"):
        start(tmp_path / "run", wrong)
    assert start(tmp_path / "run", mask_config(data, epochs=1)) is RunState.FINISHED


def test_resume_needs_a_run(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no training run"):
        start(tmp_path / "none", mask_config(data), resume=True)


def after_first_epoch(monkeypatch: pytest.MonkeyPatch, action: object) -> None:
    """Call ``action(folder)`` when the event of the first epoch is written."""
    write = events.EventLog.write

    def watched(self: events.EventLog, kind: str, **values: object) -> None:
        write(self, kind, **values)  # type: ignore[arg-type]
        if kind == "epoch" and values["epoch"] == 1:
            action(self._path.parent)  # type: ignore[operator]

    monkeypatch.setattr(events.EventLog, "write", watched)


@pytest.mark.parametrize("how", ["file", "SIGINT", "SIGTERM"])
def test_stop_keeps_the_best_checkpoint_and_says_so(
    how: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(folder: Path) -> None:
        if how == "file":
            (folder / "STOP").touch()
        else:
            signal.raise_signal(getattr(signal, how))

    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        after_first_epoch(patch, stop)
        assert start(tmp_path / "run", three_epochs(data)) is RunState.STOPPED
    assert signal.getsignal(signal.SIGINT) is before
    assert read_run(tmp_path / "run").state is RunState.STOPPED
    assert checkpoints.load(tmp_path / "run" / "checkpoints" / "best.pt")["epoch"] == 1

    assert start(tmp_path / "run", three_epochs(data), resume=True) is RunState.FINISHED
    assert not (tmp_path / "run" / "STOP").exists()
    assert kinds(tmp_path / "run").count("epoch") == 3


def test_a_second_ctrl_c_does_not_wait(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def twice(_: Path) -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    after_first_epoch(monkeypatch, twice)
    with pytest.raises(KeyboardInterrupt):
        start(tmp_path / "run", three_epochs(data))
    assert read_run(tmp_path / "run").state is RunState.STOPPED


def test_a_loss_that_is_no_number_is_told_in_plain_words(data: Path, tmp_path: Path) -> None:
    config = mask_config(
        data, optimiser=OptimiserConfig(name="sgd", rate=1e30, warmup=0.0, gradient_clip=0.0)
    )
    with pytest.raises(DataError, match=r"no longer a number in epoch 1 .*smaller learning rate"):
        start(tmp_path / "run", config)
    run = read_run(tmp_path / "run")
    assert run.state is RunState.FAILED
    assert "smaller learning rate" in run.events[-1].message


def test_weights_that_are_no_numbers_are_not_kept(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    validated = loop.Trainer._validated

    def broken(self: loop.Trainer) -> object:
        values = validated(self)
        if self._now.epoch == 1:
            next(self._network.parameters()).data.fill_(float("nan"))
        return values

    monkeypatch.setattr(loop.Trainer, "_validated", broken)
    with pytest.raises(DataError, match="weights are no longer a number in epoch 2"):
        start(tmp_path / "run", three_epochs(data))
    kept = weights(tmp_path / "run")
    assert all(bool(value.isfinite().all()) for value in kept.values())


def test_a_defect_is_written_down_as_a_failure(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> float:
        raise ZeroDivisionError

    monkeypatch.setattr(Stepper, "step", broken)
    with pytest.raises(ZeroDivisionError):
        start(tmp_path / "run", mask_config(data))
    assert read_run(tmp_path / "run").state is RunState.FAILED


def test_too_little_memory_is_told_in_plain_words(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hungry(*_: object) -> float:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 7 GiB")

    monkeypatch.setattr(Stepper, "gradients", hungry)
    with pytest.raises(DataError, match=r"memory does not suffice.*smaller batch_size"):
        start(tmp_path / "run", mask_config(data))


def test_a_full_disk_is_a_write_error(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RuntimeError("PytorchStreamWriter failed writing file data/3: file write failed")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(WriteError, match=r"best\.pt could not be written: No space left"):
        start(tmp_path / "run", mask_config(data))
    assert list((tmp_path / "run" / "checkpoints").iterdir()) == []
    assert read_run(tmp_path / "run").state is RunState.FAILED


def test_early_stop_when_nothing_gets_better(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "score", lambda *_, **__: 0.5)
    config = mask_config(data, epochs=20, patience=2)
    assert start(tmp_path / "run", config) is RunState.FINISHED
    assert kinds(tmp_path / "run").count("epoch") == 3
    start(tmp_path / "run", config, resume=True)
    assert kinds(tmp_path / "run").count("epoch") == 3


def test_a_budget_ends_the_run(data: Path, tmp_path: Path) -> None:
    config = mask_config(data, epochs=500, budget_minutes=0.001)
    assert start(tmp_path / "run", config) is RunState.FINISHED
    assert kinds(tmp_path / "run").count("epoch") < 20


def test_a_budget_ends_the_run_within_an_epoch_and_keeps_what_was_learned(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop.Trainer, "_progress", lambda self: float(self._now.step >= 3))
    config = mask_config(data, epochs=500, batch_size=1, budget_minutes=60.0)
    assert start(tmp_path / "run", config) is RunState.FINISHED
    epochs = [e for e in read_run(tmp_path / "run").events if e.kind == "epoch"]
    assert [(e.epoch, e.step) for e in epochs] == [(1, 3)]
    assert (tmp_path / "run" / "checkpoints" / "best.pt").is_file()


def test_a_frozen_backbone_stays_as_it_was(tmp_path: Path) -> None:
    root = class_folder(tmp_path / "data")
    frozen = OptimiserConfig(freeze_backbone=True)
    start(tmp_path / "run", class_config(root, optimiser=frozen, epochs=1))
    torch.manual_seed(1)
    before = loop.make_network(class_config(root))[0].state_dict()
    after = weights(tmp_path / "run")
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert changed
    assert all(name.startswith("head.") for name in changed)


def test_fine_tuning_says_what_was_adapted(
    finished: Path, data: Path, tmp_path: Path, own_home: Path
) -> None:
    from tumordesk_training.publish import Publication, publish

    publish(Publication(finished, "blobs", {"name": "Blobs"}))
    classes = ("background", "tumour", "other")
    numbered = Path(shutil.copytree(data, tmp_path / "numbered"))
    with pytest.raises(DataError, match=r"could not be read; .*_mask.png"):
        start(tmp_path / "grey", mask_config(numbered, classes=classes, epochs=1))
    for path in numbered.glob("*_mask.png"):
        Image.fromarray((np.array(Image.open(path)) > 0).astype(np.uint8)).save(path)
    config = mask_config(numbered, initial_weights="blobs", classes=classes, epochs=1)
    config = replace(config, input=replace(config.input, channels=3))
    said: list[str] = []
    start(tmp_path / "run", config, say=said.append)
    message = read_run(tmp_path / "run").events[0].message
    assert "start from the model blobs" in message
    assert "made for 1 input channel, this network has 3 input channels" in message
    assert "made for 2 classes, this network has 3" in message
    assert message in said


def test_initial_weights_that_do_not_exist(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model named nothing"):
        start(tmp_path / "run", mask_config(data, initial_weights="nothing"))


def test_one_bad_file_does_not_kill_a_run(tmp_path: Path) -> None:
    root = mask_folder(tmp_path / "data", patients=4, slices=3)
    (root / "TCGA_AA_0001_1.png").write_bytes(b"\x89PNG\r\n\x1a\nno more")
    save(root / "TCGA_AA_0002_1_mask.png", torch.zeros(5, 5, dtype=torch.uint8).numpy())
    said: list[str] = []
    config = mask_config(root, epochs=1)
    assert start(tmp_path / "run", config, say=said.append) is RunState.FINISHED
    told = [e.message for e in read_run(tmp_path / "run").events if e.kind == "warning"]
    split = json.loads((tmp_path / "run" / "split.json").read_text())["parts"]
    for patient in ("TCGA_AA_0001", "TCGA_AA_0002"):
        if patient not in split["test"]:
            assert any(patient in message for message in told)
            assert any(patient in line for line in said)


def test_nothing_readable_is_an_error(tmp_path: Path) -> None:
    root = mask_folder(tmp_path / "data", patients=4, slices=2)
    for path in root.glob("*[0-9].png"):
        path.write_bytes(b"")
    with pytest.raises(DataError, match="Not one of"):
        start(tmp_path / "run", mask_config(root))


def test_an_unknown_class_is_told(tmp_path: Path) -> None:
    root = class_folder(tmp_path / "data")
    with pytest.raises(ConfigError, match=r"no picture of the class 'cube'.*blob, ring"):
        start(tmp_path / "run", class_config(root, classes=("blob", "cube")))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"architecture": "vgg"}, "Unknown architecture 'vgg'"),
        ({"architecture": "resnet18"}, "not for segmentation"),
        ({"classes": ("a", "a")}, "same name"),
    ],
)
def test_a_configuration_without_sense(
    changes: dict[str, object], words: str, data: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=words):
        start(tmp_path / "run", mask_config(data, **changes))


def test_sizes_must_fit_the_network(data: Path, tmp_path: Path) -> None:
    config = mask_config(data)
    with pytest.raises(ConfigError, match="multiples of 16"):
        start(tmp_path / "run", replace(config, input=replace(config.input, size=(40, 40))))


class Harm:
    def __reduce__(self) -> object:
        return (print, ("harm done",))


@pytest.mark.parametrize("content", ["pickle", "garbage", "empty", "other"])
def test_the_checkpoint_loader_refuses_what_is_no_checkpoint(
    content: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "last.pt"
    if content == "pickle":
        torch.save({"format": 1, "model": Harm()}, path)
    elif content == "other":
        torch.save({"weights": torch.zeros(2)}, path)
    else:
        path.write_bytes(b"" if content == "empty" else bytes(range(256)) * 9)
    with pytest.raises(DataError, match=r"last\.pt"):
        checkpoints.load(path)
    assert "harm done" not in capsys.readouterr().out


def test_a_checkpoint_of_another_network_is_told(
    finished: Path, data: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(finished, tmp_path / "run")
    config = replace(three_epochs(data), options={"width": 8}, epochs=4)
    with pytest.raises(DataError, match="does not fit the network"):
        start(folder, config, resume=True)


def test_only_one_process_trains_in_a_folder(data: Path, tmp_path: Path) -> None:
    with only_one(tmp_path / "run"), pytest.raises(ConfigError, match="Another process"):
        start(tmp_path / "run", mask_config(data))
    assert start(tmp_path / "run", mask_config(data, epochs=1)) is RunState.FINISHED


def test_exact_copies_across_parts_are_warned_of(tmp_path: Path) -> None:
    root = class_folder(tmp_path / "data")
    for part in ("train", "val", "test"):
        (root / part / "blob").mkdir(parents=True)
        (root / part / "ring").mkdir()
        for name in ("blob", "ring"):
            for number in range(2):
                original = root / name / f"{name}{number}.png"
                shutil.copy(original, root / part / name / f"{part}{number}.png")
    shutil.rmtree(root / "blob")
    shutil.rmtree(root / "ring")
    config = class_config(root, epochs=1, batch_size=2)
    config = replace(config, data=replace(config.data, duplicates="keep"))
    start(tmp_path / "run", config)
    told = [e.message for e in read_run(tmp_path / "run").events if e.kind == "warning"]
    for part in ("test", "val"):
        words = f"4 of 4 pictures of {part} have an exact copy in another part"
        assert any(message.startswith(words) for message in told)
    assert read_split(tmp_path / "run" / "split.json").warnings[0] in told


def test_a_batch_that_is_too_small_is_told(tmp_path: Path) -> None:
    config = class_config(class_folder(tmp_path / "data"), batch_size=1)
    with pytest.raises(DataError, match="larger batch_size"):
        start(tmp_path / "run", config)


def test_the_data_folder_must_be_named(data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Which data folder"):
        start(tmp_path / "run", mask_config(Path("x"), data=DataConfig()))


def test_a_run_is_resumed_from_anywhere(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data.parent)
    start(tmp_path / "run", mask_config(Path(data.name), epochs=1))
    monkeypatch.chdir(tmp_path)
    config = replace(read_run(tmp_path / "run").config, epochs=2)
    assert start(tmp_path / "run", config, resume=True) is RunState.FINISHED


def test_pictures_decoded_by_workers_give_the_same_run(data: Path, tmp_path: Path) -> None:
    for workers in (0, 1):
        start(tmp_path / f"run{workers}", mask_config(data, epochs=1, workers=workers))
    first, second = (weights(tmp_path / f"run{n}") for n in (0, 1))
    assert all(torch.equal(value, second[name]) for name, value in first.items())
