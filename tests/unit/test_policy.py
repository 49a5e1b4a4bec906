"""The administrator's policy: it holds, it says why, and a damaged one opens nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference_fakes import write_model
from tumordesk import cli
from tumordesk.core.errors import ModelError, TumorDeskError
from tumordesk.core.paths import log_dir
from tumordesk.core.policy import FEATURES, Policy, policy, read_policy
from tumordesk.zoo import Zoo


def _written(folder: Path, **entries: object) -> Path:
    path = folder / "policy.json"
    path.write_text(json.dumps({"schema": 1, **entries}), encoding="utf-8")
    return path


def test_without_a_file_everything_is_allowed(tmp_path: Path) -> None:
    found = read_policy(tmp_path / "policy.json")
    assert found == Policy()
    assert all(found.allows(name) for name in (*FEATURES, "network"))


def test_what_is_switched_off_is_refused_with_the_reason(tmp_path: Path) -> None:
    found = read_policy(_written(tmp_path, offline_only=True, disabled=["training"]))
    assert not found.allows("training")
    assert not found.allows("network")
    assert found.allows("batch")
    with pytest.raises(TumorDeskError, match="switched off on this machine by its administrator"):
        found.require("training")


def test_folders_for_everybody(tmp_path: Path) -> None:
    models = tmp_path / "models"
    found = read_policy(_written(tmp_path, models_folder=str(models)))
    assert found.models_folder == models
    assert found.log_folder is None


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"disabled": ["everything"]}',
        '{"offline_only": "yes"}',
        '{"models_folder": "here"}',
        '{"ofline_only": true}',
    ],
)
def test_a_damaged_file_opens_nothing(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.json"
    path.write_text(text, encoding="utf-8")
    found = read_policy(path)
    assert not any(found.allows(name) for name in (*FEATURES, "network"))
    assert "policy.json cannot be used" in found.refusal("training")


def test_a_policy_can_be_named_for_a_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tumordesk.core.policy.policy_file", lambda: tmp_path / "none.json")
    monkeypatch.setenv("TUMORDESK_POLICY", str(_written(tmp_path, disabled=["batch"])))
    policy.cache_clear()
    assert not policy().allows("batch")
    policy.cache_clear()


def test_a_named_policy_does_not_replace_the_machines_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = _written(tmp_path, disabled=["training"])
    free = tmp_path / "free.json"
    free.write_text('{"schema": 1}', encoding="utf-8")
    monkeypatch.setattr("tumordesk.core.policy.policy_file", lambda: machine)
    monkeypatch.setenv("TUMORDESK_POLICY", str(free))
    policy.cache_clear()
    assert not policy().allows("training")
    policy.cache_clear()


def test_models_for_everybody_are_listed(tmp_path: Path) -> None:
    site = tmp_path / "site"
    card = write_model(site).card
    zoo = Zoo(bundled=tmp_path / "none", user=tmp_path / "user", site=site)
    (entry,) = zoo.entries(verify=False)
    assert (entry.card.id, entry.origin) == (card.id, "site")
    with pytest.raises(ModelError, match="this machine"):
        zoo.add(site / card.id)


def test_logs_go_where_the_policy_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tumordesk.core.paths.policy", lambda: Policy(log_folder=tmp_path))
    assert log_dir() == tmp_path


@pytest.fixture
def forbidding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which nothing extra is allowed."""
    path = _written(tmp_path, offline_only=True, disabled=list(FEATURES))
    monkeypatch.setattr("tumordesk.core.policy.policy_file", lambda: path)
    policy.cache_clear()
    yield
    policy.cache_clear()


def test_the_command_line_obeys(forbidding: None, tmp_path: Path, capsys) -> None:
    assert cli.run(["models", "add", str(tmp_path)]) == 1
    assert "Adding models is switched off" in capsys.readouterr().err
    assert cli.run(["batch", str(tmp_path), "--model", "m", "--out", str(tmp_path / "out")]) == 1
    assert "many studies is switched off" in capsys.readouterr().err


def test_the_training_program_obeys(forbidding: None, tmp_path: Path, capsys) -> None:
    from tumordesk_training.cli import main

    assert main(["run", "--recipe", "yesno-224", "--data", str(tmp_path), "--out", "run"]) == 2
    assert "Training models is switched off" in capsys.readouterr().err


def test_nothing_is_downloaded_where_the_network_is_off(forbidding: None) -> None:
    from tumordesk_training.initial import _download

    with pytest.raises(TumorDeskError, match="Connecting to the network is switched off"):
        _download("resnet18")
