"""Small finished runs that several tests look at; they never change them (see ``copied``)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from training_factories import class_config, class_folder, mask_config, mask_folder
from tumordesk.core.model_card import HeadSpec
from tumordesk_training.run import start


@pytest.fixture(scope="session")
def outline_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a small UNet that has learnt to outline blobs; eight patients of four slices."""
    scans = mask_folder(tmp_path_factory.mktemp("outline-scans") / "scans", patients=8)
    folder = tmp_path_factory.mktemp("outline-run") / "blobs"
    config = mask_config(scans, epochs=12, options={"width": 8})
    start(folder, replace(config, optimiser=replace(config.optimiser, rate=0.01)))
    return folder


@pytest.fixture(scope="session")
def type_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of a small classifier of blobs and rings, two epochs; every picture is a group."""
    pictures = class_folder(tmp_path_factory.mktemp("type-pictures") / "pictures", each=15)
    folder = tmp_path_factory.mktemp("type-run") / "types"
    start(folder, class_config(pictures, epochs=2, architecture="resnet18", head=HeadSpec()))
    return folder


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[Path], Path]:
    """Copies a run, so that a test may write into it."""

    def copy(run: Path, name: str = "") -> Path:
        return Path(shutil.copytree(run, tmp_path / (name or run.name)))

    return copy
