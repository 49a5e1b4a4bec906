"""``tumordesk models add`` and ``tumordesk models pack``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_factories import make_model_folder
from tumordesk.cli import run
from tumordesk.core.model_card import NOTICE


@pytest.fixture(autouse=True)
def no_bundled_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tumordesk.zoo.zoo.bundled_models_dir", lambda: tmp_path / "none")


def test_a_model_goes_from_one_home_to_another_as_one_file(
    own_home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_model_folder(own_home / "data" / "models")
    assert run(["models", "pack", "made-up", str(tmp_path / "mine")]) == 0
    file = tmp_path / "mine.tdmodel"
    assert capsys.readouterr().out.strip() == str(file)
    assert run(["models", "pack", "made-up", str(file)]) == 1
    assert "mine.tdmodel is already there" in capsys.readouterr().err
    assert run(["models", "pack", "made-up", str(file), "--overwrite"]) == 0
    capsys.readouterr()

    monkeypatch.setenv("TUMORDESK_HOME", str(tmp_path / "other"))
    assert run(["models", "add", str(file)]) == 0
    said = capsys.readouterr().out
    assert "Added made-up: Made up 1.0" in said
    assert NOTICE in said
    assert run(["models", "--json"]) == 0
    (model,) = json.loads(capsys.readouterr().out)["models"]
    assert (model["id"], model["origin"]) == ("made-up", "user")
    assert run(["models", "add", str(file)]) == 3
    assert "already there" in capsys.readouterr().err
    assert run(["models", "add", str(file), "--replace"]) == 0


def test_what_is_no_model_is_told_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photo.tdmodel").write_bytes(b"no zip")
    for path, words in ((tmp_path / "photo.tdmodel", "no sound model"), (tmp_path / "x", "no x")):
        assert run(["models", "add", str(path)]) == 3
        error = capsys.readouterr().err
        assert words in error
        assert error.count("\n") == 1
    assert run(["models", "pack", "nothing", str(tmp_path / "y.tdmodel")]) == 3
    assert "no model named nothing" in capsys.readouterr().err
