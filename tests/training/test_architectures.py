"""Each architecture: frozen and thawed, stopped and resumed, published, and used."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from training_factories import class_config, class_folder, mask_config, mask_folder
from tumordesk.core.model_card import InputSpec
from tumordesk.core.training_run import DataConfig, OptimiserConfig, RunState, read_run
from tumordesk.networks import ARCHITECTURES
from tumordesk_training.evaluation.of_run import evaluate_run
from tumordesk_training.publish import Publication, publish
from tumordesk_training.run import start
from tumordesk_training.run_model import open_run

SMALL: dict[str, dict[str, Any]] = {
    "unet": {"width": 4},
    "resunet++": {"width": 4},
    "resunet++-resnet50": {"width": 4},
    "unet-resnext50": {"decoder_channels": [16, 8, 8, 8, 8]},
    "unet-mobilenetv2": {"decoder_channels": [16, 8, 8, 8, 8]},
}


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mask_folder(tmp_path_factory.mktemp("scans") / "scans", slices=2)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return class_folder(tmp_path_factory.mktemp("classes") / "pictures", 6)


@pytest.mark.parametrize("name", list(ARCHITECTURES))
def test_trained_frozen_then_thawed_after_a_resume_then_published(
    name: str, scans: Path, pictures: Path, tmp_path: Path
) -> None:
    changes: dict[str, Any] = {
        "architecture": name,
        "input": InputSpec(size=(64, 64)),
        "optimiser": OptimiserConfig(freeze_epochs=1, backbone_rate=0.5),
        "options": SMALL.get(name, {}),
        "epochs": 2,
        "samples": 1,
    }
    segment = ARCHITECTURES[name].task == "segmentation"
    config = mask_config(scans, **changes) if segment else class_config(pictures, **changes)
    folder = tmp_path / "run"
    # The first process ends after one epoch; the order was for two all the time.
    start(folder, replace(config, epochs=1))
    assert start(folder, config, resume=True) is RunState.FINISHED
    events = read_run(folder).events
    assert [e.epoch for e in events if e.kind == "epoch"] == [1, 2]
    assert any("All layers are trained" in e.message for e in events if e.kind == "warning")

    entry = publish(Publication(folder, "small", {}, tmp_path / "models"))
    assert entry.card.architecture == name
    assert entry.card.metrics


def test_classes_from_masks_are_trained_measured_and_published(scans: Path, tmp_path: Path) -> None:
    data = DataConfig(root=str(scans), label_from_mask=True)
    classes = ("no_tumour", "tumour")
    config = class_config(scans, data=data, classes=classes, architecture="resnet18", epochs=1)
    start(tmp_path / "run", config)
    found = evaluate_run(open_run(tmp_path / "run"), "test")
    assert {case.truth for case in found.cases} <= set(classes)
    entry = publish(Publication(tmp_path / "run", "slices", {}, tmp_path / "models"))
    assert {metric.name for metric in entry.card.metrics} >= {"Accuracy"}
