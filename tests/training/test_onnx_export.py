"""``tumordesk-train export-onnx``: what the file answers is what the model answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from model_factories import make_card
from tumordesk.core.errors import ModelError
from tumordesk.core.model_card import NOTICE, InputSpec, Normalisation, Task
from tumordesk.networks import build
from tumordesk.networks.parts import head_parameters
from tumordesk_training import onnx_export
from tumordesk_training.cli import main
from tumordesk_training.onnx_export import INPUT, OUTPUT, export_onnx

SPEC = InputSpec(channels=3, size=(64, 32), normalisation=Normalisation(mean=(0.3,), std=(0.2,)))


@pytest.fixture
def runtime() -> Any:
    """onnxruntime, where all that the export needs is installed."""
    for name in ("onnx", "onnxscript"):
        pytest.importorskip(name, reason="the packages of the extra 'onnx' are not installed")
    return pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")


def answers(runtime: Any, path: Path, pictures: np.ndarray) -> np.ndarray:
    session = runtime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    (found,) = session.run([OUTPUT], {INPUT: pictures})
    return np.asarray(found)


def lively(network: nn.Module) -> nn.Module:
    """With running statistics of pictures, and answers that differ from picture to picture."""
    network.train()
    with torch.no_grad():
        for _ in range(8):
            network(torch.rand(4, 3, 64, 32))
        for parameter in head_parameters(network):
            parameter.mul_(10.0)
    return network.eval()


@pytest.mark.parametrize(
    ("architecture", "task", "options"),
    [
        ("resnet18", "classification", {}),
        ("unet", "segmentation", {"width": 8}),
        ("resunet++", "segmentation", {"width": 8}),
    ],
)
def test_the_file_answers_like_the_network(
    architecture: str, task: Task, options: dict[str, int], runtime: Any, tmp_path: Path
) -> None:
    torch.manual_seed(1)
    card = make_card(architecture, task, 3, 3, input=SPEC, options=options)
    network = lively(build(architecture, card))
    found = export_onnx(network, card, tmp_path / "m.onnx")
    assert found.difference < 1e-4
    pictures = np.random.default_rng(5).random((4, 3, 64, 32), dtype=np.float32)
    with torch.inference_mode():
        wanted = network(torch.from_numpy((pictures - 0.3) / 0.2)).softmax(1).numpy()
    assert wanted.std(axis=0).max() > 0.01
    said = answers(runtime, found.path, pictures)
    assert said.shape == wanted.shape
    assert np.allclose(said, wanted, atol=1e-4)
    assert [p.name for p in tmp_path.iterdir()] == ["m.onnx"]
    session = runtime.InferenceSession(found.path.read_bytes())
    facts = session.get_modelmeta().custom_metadata_map
    assert facts["notice"] == NOTICE
    assert json.loads(facts["classes"]) == ["class0", "class1", "class2"]
    assert json.loads(facts["input"])["size"] == [64, 32]


def test_a_run_becomes_a_file_and_nothing_is_replaced_unasked(
    type_run: Path, runtime: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "types.onnx"
    assert main(["export-onnx", str(type_run), "--out", str(out), "--progress"]) == 0
    output = capsys.readouterr()
    assert "types.onnx (probabilities differ" in output.out
    assert json.loads(output.err.splitlines()[-1]) == {"progress": 1.0, "text": "Exported"}
    said = answers(runtime, out, np.zeros((1, 1, 32, 32), np.float32))
    assert said.sum() == pytest.approx(1.0, abs=1e-5)
    before = out.read_bytes()
    assert main(["export-onnx", str(type_run), "--out", str(out)]) == 2
    assert "types.onnx is already there" in capsys.readouterr().err
    assert out.read_bytes() == before


def test_a_file_that_answers_differently_is_not_written(
    runtime: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = make_card("unet", input=InputSpec(size=(32, 32)), options={"width": 4})
    monkeypatch.setattr(onnx_export, "TOLERANCE", -1.0)
    with pytest.raises(ModelError, match="answers differently from the model itself"):
        export_onnx(build("unet", card).eval(), card, tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []


def test_missing_packages_are_told_with_what_to_do(
    type_run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(onnx_export, "_NEEDED", ("no_such_package", "another_one"))
    assert main(["export-onnx", str(type_run), "--out", str(tmp_path / "m.onnx")]) == 2
    error = capsys.readouterr().err
    assert "not installed: no_such_package, another_one" in error
    assert "pip install 'tumordesk[onnx]'" in error
    assert error.count("\n") == 1
    assert main(["export-onnx", "nothing", "--out", str(tmp_path / "m.onnx")]) == 3
