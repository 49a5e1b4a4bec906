"""The loop in particular: frozen layers, batches that do not fit, pauses, what it tells."""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from training_factories import class_config, class_folder, mask_config, mask_folder
from tumordesk.core.errors import DataError, WriteError
from tumordesk.core.model_card import HeadSpec, Postprocess
from tumordesk.core.training_run import (
    AugmentConfig,
    OptimiserConfig,
    RunState,
    TrainingEvent,
    read_run,
)
from tumordesk.networks.parts import backbone_parameters, head_parameters
from tumordesk_training import batches, checkpoints, control, environment, events, loop
from tumordesk_training.cli import main
from tumordesk_training.distributed import Team
from tumordesk_training.drawing import FOUND_COLOUR, TRUE_COLOUR
from tumordesk_training.loop import Trainer
from tumordesk_training.run import start
from tumordesk_training.samples import drawn
from tumordesk_training.setup import loader_workers, make_network, make_optimiser
from tumordesk_training.speed import Speed
from tumordesk_training.step import Stepper
from tumordesk_training.validate import _decided


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return class_folder(tmp_path_factory.mktemp("classes") / "pictures")


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mask_folder(tmp_path_factory.mktemp("scans") / "scans")


def told(folder: Path, kind: str) -> list[TrainingEvent]:
    return [event for event in read_run(folder).events if event.kind == kind]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = checkpoints.load(folder / "checkpoints" / "last.pt")["model"]
    return state


def test_the_backbone_is_frozen_first_and_then_trained(
    classes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_frozen = OptimiserConfig(freeze_epochs=1)
    config = class_config(classes, optimiser=first_frozen, epochs=2)
    seen: list[dict[str, torch.Tensor]] = []

    keep = loop.Trainer._keep

    def watched(self: loop.Trainer, value: float) -> None:
        seen.append({k: v.clone() for k, v in self._network.state_dict().items()})
        keep(self, value)

    monkeypatch.setattr(loop.Trainer, "_keep", watched)
    start(tmp_path / "run", config)
    torch.manual_seed(1)
    begin = make_network(config)[0].state_dict()
    first = {k for k, v in seen[0].items() if not torch.equal(v, begin[k])}
    assert first
    assert all(name.startswith("head.") for name in first)
    then = {k for k, v in seen[1].items() if not torch.equal(v, seen[0][k])}
    assert any(name.startswith("backbone.") for name in then)
    assert "All layers are trained" in told(tmp_path / "run", "warning")[-1].message


def test_the_backbone_learns_at_its_share_of_the_rate(classes: Path) -> None:
    network = make_network(class_config(classes))[0]
    optimiser = make_optimiser(network, OptimiserConfig(rate=0.01, backbone_rate=0.1))
    share = {id(p): g["share"] for g in optimiser.param_groups for p in g["params"]}
    assert {share[id(p)] for p in backbone_parameters(network)} == {0.1}
    assert {share[id(p)] for p in head_parameters(network)} == {1.0}
    assert len(share) == len(list(network.parameters()))


def short_of_memory(monkeypatch: pytest.MonkeyPatch, most: int) -> list[int]:
    """A machine whose memory holds ``most`` pictures at once; the sizes that were tried."""
    tried: list[int] = []
    backward = Stepper._backward

    def limited(self: Stepper, images: torch.Tensor, *rest: Any) -> float:
        tried.append(len(images))
        if len(images) > most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 7 GiB")
        return backward(self, images, *rest)

    monkeypatch.setattr(Stepper, "_backward", limited)
    return tried


def test_a_batch_that_does_not_fit_is_halved_and_the_run_goes_on(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = short_of_memory(monkeypatch, 2)
    assert start(tmp_path / "run", mask_config(scans, batch_size=8)) is RunState.FINISHED
    assert tried[:7] == [8, 4, 2, 2, 2, 2, 2]
    warnings = [e.message for e in told(tmp_path / "run", "warning") if "memory" in e.message]
    assert [w.partition(": ")[2] for w in warnings] == [
        "it is computed 4 at a time from here on.",
        "it is computed 2 at a time from here on.",
    ]
    assert len(told(tmp_path / "run", "epoch")) == 2


def test_a_divided_batch_learns_the_same(
    classes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A frozen backbone: batch normalisation then does not see how the batch is divided.
    frozen = OptimiserConfig(freeze_backbone=True)
    config = class_config(classes, optimiser=frozen, epochs=2, batch_size=4)
    config = replace(config, head=HeadSpec(dropout=(0.0,)))
    start(tmp_path / "whole", config)
    short_of_memory(monkeypatch, 2)
    start(tmp_path / "divided", config)
    divided = weights(tmp_path / "divided")
    for name, value in weights(tmp_path / "whole").items():
        torch.testing.assert_close(value, divided[name], rtol=1e-4, atol=1e-6)


def test_when_not_even_the_smallest_batch_fits_that_is_said(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short_of_memory(monkeypatch, 0)
    with pytest.raises(DataError, match=r"memory does not suffice.*smaller"):
        start(tmp_path / "run", mask_config(scans))
    assert read_run(tmp_path / "run").state is RunState.FAILED


def test_a_batch_size_of_its_own_choice(scans: Path, tmp_path: Path) -> None:
    start(tmp_path / "run", mask_config(scans, batch_size=0, epochs=1))
    run = read_run(tmp_path / "run")
    assert run.config.batch_size == 2
    assert run.events[0].values["batch_size"] == 2


def test_the_batch_size_follows_memory_and_data(scans: Path) -> None:
    config = mask_config(scans, batch_size=0)
    network = make_network(config)[0]
    before = {k: v.clone() for k, v in network.state_dict().items()}
    plenty = batches.automatic(network, config, 10_000, None)
    each = 2 * batches.bytes_of_picture(network, config)
    own = 4 * sum(p.nbytes for p in network.parameters())
    tight = batches.automatic(network, config, 10_000, int((each * 9 + own) / 0.6))
    assert (plenty, tight) == (16, 8)
    assert batches.automatic(network, config, 40, None) == 4
    assert batches.automatic(network, config, 10_000, 0) == 2
    assert all(torch.equal(v, before[k]) for k, v in network.state_dict().items())


def on_event(monkeypatch: pytest.MonkeyPatch, kind: str, action: Any) -> None:
    write = events.EventLog.write

    def watched(self: events.EventLog, what: Any, **values: Any) -> None:
        write(self, what, **values)
        if what == kind:
            action(self._path.parent)

    monkeypatch.setattr(events.EventLog, "write", watched)


def test_a_pause_lasts_until_its_file_is_gone(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "PAUSE_POLL_S", 0.0)
    states: list[RunState] = []

    def go_on(folder: Path) -> None:
        states.append(read_run(folder).state)
        (folder / "PAUSE").unlink()

    with monkeypatch.context() as patch:
        on_event(patch, "paused", go_on)
        patch.setattr(loop.Trainer, "_thaw", lambda self: (self._folder / "PAUSE").touch())
        assert start(tmp_path / "run", mask_config(scans, epochs=1)) is RunState.FINISHED
    assert states == [RunState.PAUSED]
    kinds = [event.kind for event in read_run(tmp_path / "run").events]
    assert [k for k in kinds if k != "warning"][:3] == ["start", "paused", "start"]
    assert "pause" in told(tmp_path / "run", "start")[1].message


def test_a_paused_run_can_be_stopped(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_event(monkeypatch, "paused", lambda _: signal.raise_signal(signal.SIGTERM))
    monkeypatch.setattr(loop.Trainer, "_thaw", lambda self: (self._folder / "PAUSE").touch())
    assert start(tmp_path / "run", mask_config(scans)) is RunState.STOPPED
    monkeypatch.undo()
    assert start(tmp_path / "run", mask_config(scans), resume=True) is RunState.FINISHED


def test_steps_and_epochs_tell_rate_speed_time_and_memory(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "_STEP_EVENT_S", 0.0)
    start(tmp_path / "run", mask_config(scans))
    steps = told(tmp_path / "run", "step")
    assert len(steps) > 2
    last = steps[-1].values
    assert {"loss", "progress", "rate", "images_per_s", "eta_s", "memory_mb"} <= set(last)
    assert 0.0 < last["progress"] < 1.0
    assert last["images_per_s"] > 0
    assert last["eta_s"] > 0
    epoch = told(tmp_path / "run", "epoch")[0].values
    assert epoch["images_per_s"] > 0
    assert epoch["rate"] > 0


def test_speed_leaves_pauses_out() -> None:
    now = [100.0]
    speed = Speed(world=2, clock=lambda: now[0])
    speed.begin(0.5)
    assert not speed.due(0.0)
    now[0] = 110.0
    speed.waited(6.0)
    speed.add(8, 0.4)
    speed.add(8, 0.2)
    values = speed.look(0.6)
    assert values["loss"] == pytest.approx(0.3)
    assert values["images_per_s"] == pytest.approx(8.0)
    assert values["eta_s"] == pytest.approx(16.0)


def test_samples_of_outlines_are_drawn_after_each_epoch(scans: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    start(folder, mask_config(scans, samples=3))
    assert [e.values for e in told(folder, "samples")] == [
        {"epoch": 1, "folder": "samples/epoch-001"},
        {"epoch": 2, "folder": "samples/epoch-002"},
    ]
    index = json.loads((folder / "samples" / "epoch-002" / "index.json").read_text())
    assert [entry["file"] for entry in index] == ["0.png", "1.png", "2.png"]
    assert all(entry["key"].startswith("TCGA_AA_") for entry in index)
    assert all(0.0 <= entry["dice"] <= 1.0 for entry in index)
    with Image.open(folder / "samples" / "epoch-002" / "0.png") as picture:
        assert picture.size == (256, 256)
        assert picture.mode == "RGB"
    keys = [entry["key"] for entry in index]
    first = json.loads((folder / "samples" / "epoch-001" / "index.json").read_text())
    assert [entry["key"] for entry in first] == keys


def test_samples_of_classes_say_truth_and_answer(classes: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    start(folder, class_config(classes, epochs=1, samples=2))
    index = json.loads((folder / "samples" / "epoch-001" / "index.json").read_text())
    assert {entry["truth"] for entry in index} == {"blob", "ring"}
    assert {entry["said"] for entry in index} <= {"blob", "ring"}
    assert not (folder / "samples" / "epoch-002").exists()


def test_no_samples_where_none_are_asked_for(classes: Path, tmp_path: Path) -> None:
    start(tmp_path / "run", class_config(classes, epochs=1, samples=0))
    assert told(tmp_path / "run", "samples") == []
    assert not (tmp_path / "run" / "samples").exists()


def test_outlines_are_drawn_in_two_colours() -> None:
    grey = np.full((40, 40), 60, dtype=np.uint8)
    mask = np.zeros((40, 40), dtype=np.uint8)
    mask[10:30, 10:30] = 1
    colours = {tuple(c) for c in np.asarray(drawn(grey, mask, mask[::-1, :] * 0)).reshape(-1, 3)}
    assert TRUE_COLOUR in colours
    assert FOUND_COLOUR not in colours
    parts = np.where(mask > 0, 1, 0)
    parts[12:16, 12:16] = 2
    blue = np.count_nonzero((np.asarray(drawn(grey, mask)) == TRUE_COLOUR).all(axis=2))
    more = np.count_nonzero((np.asarray(drawn(grey, parts)) == TRUE_COLOUR).all(axis=2))
    assert more > blue  # also where parts meet
    shown = np.asarray(drawn(grey, None, mask))
    assert FOUND_COLOUR in {tuple(c) for c in shown.reshape(-1, 3)}
    assert tuple(shown[128, 128]) == (60, 60, 60)


def test_a_run_ended_early_says_why(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "score", lambda *_, **__: 0.5)
    start(tmp_path / "run", mask_config(scans, epochs=9, patience=1))
    assert "nothing got better in 1 epochs" in told(tmp_path / "run", "finished")[0].message


def test_a_loss_astray_says_that_the_best_is_kept(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forward = loop.Loss.forward
    calls = []

    def astray(self: Any, logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        calls.append(1)
        value = forward(self, logits, target)
        return value * float("nan") if len(calls) > 5 else value

    monkeypatch.setattr(loop.Loss, "forward", astray)
    with pytest.raises(DataError, match=r"epoch 2 .*best checkpoint \(epoch 1\) is kept"):
        start(tmp_path / "run", mask_config(scans))
    assert (tmp_path / "run" / "checkpoints" / "best.pt").is_file()


def test_a_run_remembers_its_software_and_tells_of_changes(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    start(folder, mask_config(scans, epochs=1))
    first = json.loads((folder / "environment.json").read_text())
    assert first["packages"]["torch"] == torch.__version__.partition("+")[0] or (
        first["packages"]["torch"] == torch.__version__
    )
    assert first["earlier"] == []
    newer = {**first["packages"], "torch": "9.0"}
    monkeypatch.setattr(environment, "packages", lambda: newer)
    start(folder, mask_config(scans, epochs=2), resume=True)
    warnings = [event.message for event in told(folder, "warning")]
    assert any("The software has changed" in w and "is now 9.0" in w for w in warnings)
    again = json.loads((folder / "environment.json").read_text())
    assert again["packages"]["torch"] == "9.0"
    assert again["earlier"][0]["packages"] == first["packages"]


def test_same_seed_same_weights_other_seed_other_weights(classes: Path, tmp_path: Path) -> None:
    config = class_config(classes, augment=AugmentConfig(), batch_size=4, ema=0.9)
    for name, seed in (("first", 7), ("again", 7), ("other", 8)):
        torch.rand(len(name))  # what happened before must not matter
        start(tmp_path / name, replace(config, seed=seed))
    first = weights(tmp_path / "first")
    again = weights(tmp_path / "again")
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    other = weights(tmp_path / "other")
    assert any(not torch.equal(value, other[name]) for name, value in first.items())


def test_a_stop_asked_for_while_the_run_begins_counts(scans: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "STOP").touch()
    assert start(folder, mask_config(scans)) is RunState.STOPPED
    assert not (folder / "STOP").exists()


def test_a_stop_of_an_earlier_process_is_forgotten(scans: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    for name in ("STOP", "PAUSE"):
        (folder / name).touch()
        os.utime(folder / name, (1e9, 1e9))
    assert start(folder, mask_config(scans, epochs=1)) is RunState.FINISHED


def test_a_full_disk_says_what_is_kept_and_the_run_goes_on_from_there(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = torch.save

    def full(state: dict[str, Any], path: Any) -> None:
        if state.get("epoch") == 2 or state.get("standing", {}).get("epoch") == 2:
            raise RuntimeError("PytorchStreamWriter failed writing file data/3: file write failed")
        save(state, path)

    with monkeypatch.context() as patch:
        patch.setattr(torch, "save", full)
        with pytest.raises(WriteError, match=r"No space left.*up to epoch 1 is kept.*--resume"):
            start(tmp_path / "run", mask_config(scans, epochs=3))
    assert "--resume" in told(tmp_path / "run", "failed")[0].message
    assert start(tmp_path / "run", mask_config(scans, epochs=3), resume=True) is RunState.FINISHED
    assert [event.epoch for event in told(tmp_path / "run", "epoch")] == [1, 2, 3]


def test_a_run_killed_after_an_epoch_was_kept_tells_of_it_when_it_goes_on(
    scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell = Trainer._tell_epoch

    def killed(self: Trainer, values: dict[str, Any]) -> None:
        if self._now.epoch == 2:
            raise KeyboardInterrupt
        tell(self, values)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_tell_epoch", killed)
        with pytest.raises(KeyboardInterrupt):
            start(tmp_path / "run", mask_config(scans, epochs=3))
    assert [event.epoch for event in told(tmp_path / "run", "epoch")] == [1]
    assert start(tmp_path / "run", mask_config(scans, epochs=3), resume=True) is RunState.FINISHED
    epochs = told(tmp_path / "run", "epoch")
    assert [event.epoch for event in epochs] == [1, 2, 3]
    assert epochs[0].values.keys() == epochs[1].values.keys()


def test_a_gpu_gets_processes_that_prepare_pictures(scans: Path) -> None:
    config = mask_config(scans)
    cpu, gpu = torch.device("cpu"), torch.device("cuda")
    assert loader_workers(config, cpu, Team()) == 0
    assert loader_workers(replace(config, workers=3), gpu, Team()) == 3
    if sys.platform.startswith("linux"):
        assert 1 <= loader_workers(config, gpu, Team()) <= 8


def test_each_class_of_an_outline_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = mask_folder(tmp_path / "scans", patients=6)
    for path in root.glob("*_mask.png"):
        mask = np.array(Image.open(path)) > 0
        stripes = 1 + np.arange(mask.shape[1]) % 2
        Image.fromarray((mask * stripes).astype(np.uint8)).save(path)
    config = mask_config(root, classes=("background", "oedema", "core"), epochs=1)
    assert start(tmp_path / "run", config) is RunState.FINISHED
    values = told(tmp_path / "run", "epoch")[0].values
    assert set(values["dice_by_class"]) == {"oedema", "core"}
    known = [value for value in values["dice_by_class"].values() if value is not None]
    assert values["best"] == pytest.approx(sum(known) / len(known))
    assert main(["evaluate", str(tmp_path / "run"), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["figures"]
    assert {"dice_class_oedema", "dice_class_core", "dice_classes_mean"} <= set(figures)


def test_validation_without_a_tumour_is_refused(tmp_path: Path) -> None:
    root = mask_folder(tmp_path / "scans", patients=6)
    for path in root.glob("*_mask.png"):
        Image.fromarray(np.zeros_like(np.array(Image.open(path)))).save(path)
    with pytest.raises(DataError, match="No picture of the validation part shows a tumour"):
        start(tmp_path / "run", mask_config(root))
    assert start(tmp_path / "trial", mask_config(root, limit=8)) is RunState.FINISHED
    warnings = [event.message for event in told(tmp_path / "trial", "warning")]
    assert any("the best epoch cannot be chosen" in message for message in warnings)


def test_an_epoch_is_judged_by_the_threshold_of_the_model() -> None:
    logits = torch.log(torch.tensor([0.6, 0.3, 0.1])).reshape(1, 3, 1, 1)
    config = mask_config(Path(), classes=("background", "oedema", "core"))
    assert int(_decided(logits, config)) == 0
    lower = replace(config, postprocess=Postprocess(threshold=0.35))
    assert int(_decided(logits, lower)) == 1
