"""``tumordesk-train explain``: class-activation maps and outlines as pictures."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from model_factories import make_card
from tumordesk.core.model_card import HeadSpec
from tumordesk.core.training_run import read_config
from tumordesk.inference.activation import class_activation
from tumordesk.networks import ARCHITECTURES, build
from tumordesk_training.cli import main
from tumordesk_training.commands.explain import file_name
from tumordesk_training.drawing import (
    FOUND_COLOUR,
    TRUE_COLOUR,
    png_bytes,
    with_heat,
    with_outlines,
)

CLASSIFIERS = [info.id for info in ARCHITECTURES.values() if info.task == "classification"]


@pytest.mark.parametrize("architecture", CLASSIFIERS)
@pytest.mark.parametrize("hidden", [(), (16,)])
def test_every_classifier_has_a_map(architecture: str, hidden: tuple[int, ...]) -> None:
    torch.manual_seed(1)
    card = make_card(architecture, "classification", 3, 4, head=HeadSpec(hidden))
    network = build(architecture, card).eval()
    inputs = np.random.default_rng(0).normal(size=(1, 3, 96, 80)).astype(np.float32)
    heat, shares = class_activation(network, inputs, 2)
    assert heat.shape == (96, 80)
    assert heat.min() >= 0.0
    assert heat.max() in (0.0, pytest.approx(1.0))
    with torch.inference_mode():
        wanted = network(torch.from_numpy(inputs))[0].softmax(0).numpy()
    assert np.allclose(shares, wanted, atol=1e-5)
    assert all(parameter.grad is None for parameter in network.parameters())


class _Bright(nn.Module):
    """Says 'bright' (class 1) by the mean over the picture of what is bright."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(), nn.AvgPool2d(8))
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2))
        with torch.no_grad():
            self.backbone[0].weight[:] = torch.tensor([1.0, -1.0]).reshape(2, 1, 1, 1)
            self.backbone[0].bias[:] = torch.tensor([-0.5, 0.5])
            self.head[2].weight[:] = torch.tensor([[-1.0, 1.0], [1.0, -1.0]])
            self.head[2].bias.zero_()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.head(self.backbone(x))
        return result


def test_the_map_lies_where_the_class_is() -> None:
    inputs = np.zeros((1, 1, 64, 64), np.float32)
    inputs[0, 0, 8:24, 40:56] = 1.0
    heat, _ = class_activation(_Bright().eval(), inputs, 1)
    rows, columns = np.nonzero(heat > 0.5)
    assert 8 <= rows.mean() <= 24
    assert 40 <= columns.mean() <= 56
    other, _ = class_activation(_Bright().eval(), inputs, 0)
    assert other[8:24, 40:56].max() < other[40:, :24].max()
    said, shares = class_activation(_Bright().eval(), inputs)
    assert int(shares.argmax()) == 0
    assert np.array_equal(said, other)


def test_heat_is_drawn_where_it_is_and_nowhere_else() -> None:
    unit = np.full((20, 10), 0.5, np.float32)
    heat = np.zeros((20, 10), np.float32)
    heat[:10] = 1.0
    picture = np.asarray(with_heat(unit, heat, 100))
    assert picture.shape == (100, 50, 3)
    assert (picture[60:] == 128).all()
    assert picture[:40, :, 0].min() > picture[:40, :, 2].max()


def test_outlines_have_their_colours() -> None:
    mask = np.zeros((16, 16), bool)
    mask[4:12, 4:12] = True
    other = np.roll(mask, 3, axis=1)
    picture = np.asarray(
        with_outlines(np.zeros((16, 16)), [(mask, TRUE_COLOUR), (other, FOUND_COLOUR)], 160)
    )
    seen = {tuple(int(v) for v in row) for row in picture.reshape(-1, 3)}
    assert seen == {(0, 0, 0), TRUE_COLOUR, FOUND_COLOUR}
    columns = np.nonzero((picture == TRUE_COLOUR).all(axis=2))[1]
    assert columns.min() == pytest.approx(40, abs=2)
    assert Image.open(io.BytesIO(png_bytes(Image.fromarray(picture)))).size == (160, 160)


def test_pictures_of_a_segmentation_run(
    outline_run: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    test = json.loads((outline_run / "split.json").read_text())["parts"]["test"][0]
    keys = [f"{test}_1.png", f"{test}_0.png", "gone.png"]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(keys) + "\n\n"))
    out = tmp_path / "pictures"
    arguments = ["explain", str(outline_run), "-", "--out", str(out), "--size", "120"]
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert list(told) == keys
    assert told[keys[0]] == file_name(keys[0])
    assert "no picture gone.png" in told["gone.png"]["error"]
    assert sorted(p.name for p in out.iterdir()) == sorted(told[key] for key in keys[:2])
    picture = np.asarray(Image.open(out / told[keys[0]]).convert("RGB"))
    assert max(picture.shape) == 120
    assert (picture == TRUE_COLOUR).all(axis=2).any()
    assert (picture == FOUND_COLOUR).all(axis=2).any()
    empty = np.asarray(Image.open(out / told[keys[1]]).convert("RGB"))
    assert not (empty == TRUE_COLOUR).all(axis=2).any()


def test_pictures_of_a_classification_run(
    type_run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["explain", str(type_run), "blob/blob0.png", "--out", str(tmp_path)]
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    picture = np.asarray(Image.open(tmp_path / told["blob/blob0.png"]).convert("RGB"))
    assert max(picture.shape) == 224
    assert (picture[..., 0] != picture[..., 2]).any()


def test_a_picture_that_cannot_be_read_is_told(
    type_run: Path,
    copied: Callable[[Path, str], Path],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pictures = copied(Path(read_config(type_run / "config.json").data.root), "pictures")
    (pictures / "blob" / "blob1.png").write_bytes(b"no picture")
    options = ["--data", str(pictures), "--out", str(tmp_path / "out")]
    assert main(["explain", str(type_run), "blob/blob1.png", "blob/blob2.png", *options]) == 0
    told = json.loads(capsys.readouterr().out)
    assert "cannot be read" in told["blob/blob1.png"]["error"]
    assert (tmp_path / "out" / told["blob/blob2.png"]).is_file()
    assert main(["explain", str(type_run), "x", "--out", str(tmp_path), "--size", "9"]) == 2
    assert "--size 9 is not from 32" in capsys.readouterr().err
