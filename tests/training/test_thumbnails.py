"""Small pictures for the tables of the wizard."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from training_factories import head, mask_config, mask_folder, save
from tumordesk.core.training_run import DataConfig, write_config
from tumordesk_training.cli import main
from tumordesk_training.thumbnails import edge

KEY = "TCGA_AA_0000_2.png"


def thumbnails(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["thumbnails", *arguments]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)
    return answer


def name_of(key: str) -> str:
    return hashlib.sha1(key.encode()).hexdigest()[:16] + ".png"


def pixels_of(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture).astype(int)


def coloured(path: Path) -> int:
    pixels = pixels_of(path)
    return int(np.count_nonzero(pixels.max(axis=2) != pixels.min(axis=2)))


def test_grey_pictures_with_the_outline_of_the_mask(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = mask_folder(tmp_path / "data", patients=1, slices=3)
    empty = "TCGA_AA_0000_0.png"
    out = tmp_path / "out"
    answer = thumbnails(capsys, str(root), KEY, empty, "--out", str(out), "--size", "30")
    assert answer == {KEY: name_of(KEY), empty: name_of(empty)}
    assert pixels_of(out / answer[KEY]).shape == (30, 27, 3)
    assert coloured(out / answer[KEY]) > 5
    assert coloured(out / answer[empty]) == 0
    assert sorted(p.name for p in out.iterdir()) == sorted(answer.values())


def test_keys_from_a_pipe_and_what_cannot_be_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = mask_folder(tmp_path / "data", patients=1, slices=2)
    save(root / "without.png", head(1)[0])
    (root / "TCGA_AA_0009_1.png").write_bytes(b"no picture")
    save(root / "TCGA_AA_0009_1_mask.png", head(1)[1])
    save(tmp_path / "secret.png", head(2)[0])
    asked = ["without.png", "TCGA_AA_0009_1.png", "nothing.png", "../secret.png", ""]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(asked)))
    answer = thumbnails(capsys, str(root), "-", "--out", str(tmp_path / "out"))
    assert answer["without.png"] == name_of("without.png")
    assert "cannot be read as a picture" in answer["TCGA_AA_0009_1.png"]["error"]
    for key in ("nothing.png", "../secret.png"):
        assert "not one of the pictures" in answer[key]["error"]
    assert len(list((tmp_path / "out").iterdir())) == 1


def test_what_a_person_left_out_can_still_be_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = mask_folder(tmp_path / "data", patients=1, slices=3)
    config = mask_config(root, data=DataConfig(root=str(root), exclude=(KEY,)))
    write_config(tmp_path / "config.json", config)
    order = (str(root), KEY, "--out", str(tmp_path / "out"))
    assert thumbnails(capsys, *order, "--config", str(tmp_path / "config.json")) == {
        KEY: name_of(KEY)
    }


def test_sixteen_bits_are_stretched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = head(1)[0].astype(np.uint16) * 9
    save(tmp_path / "data" / "blob" / "a.png", picture)
    answer = thumbnails(capsys, str(tmp_path / "data"), "blob/a.png", "--out", str(tmp_path / "o"))
    assert pixels_of(tmp_path / "o" / answer["blob/a.png"]).max() == 255


def test_a_size_without_sense(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    order = ["thumbnails", str(tmp_path), "a", "--out", str(tmp_path / "o"), "--size", "0"]
    assert main(order) == 2
    assert "--size 0 is not from 8 to 2048" in capsys.readouterr().err


def test_edges_lie_within_the_mask() -> None:
    mask = np.zeros((7, 7), dtype=bool)
    mask[1:6, 1:6] = True
    found = edge(mask)
    assert found.sum() == 16
    assert not (found & ~mask).any()
