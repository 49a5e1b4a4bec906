"""The zoo lists what is sound, refuses the rest with a reason, and adds wholly or not at all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from model_factories import make_model_folder, safetensors_bytes
from tumordesk.core.errors import ModelError, ModelNotFound, WriteError
from tumordesk.core.jsonio import to_plain
from tumordesk.core.model_card import CARD_NAME, WEIGHTS_NAME, InputSpec, Normalisation
from tumordesk.core.paths import user_models_dir
from tumordesk.zoo import Zoo, verify


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    (tmp_path / "bundled").mkdir()
    return Zoo(tmp_path / "bundled", tmp_path / "user")


def reason(zoo: Zoo) -> str:
    """Why the only folder in the zoo was refused."""
    assert zoo.entries() == ()
    (problem,) = zoo.problems()
    return problem.reason


def test_bundled_models_come_first_and_each_group_is_sorted(zoo, tmp_path):
    for root, name in (("user", "a"), ("bundled", "c"), ("bundled", "b")):
        make_model_folder(tmp_path / root, id=name)
    found = [(entry.card.id, entry.origin) for entry in zoo.entries()]
    assert found == [("b", "bundled"), ("c", "bundled"), ("a", "user")]
    assert zoo.problems() == ()


def test_an_empty_zoo_and_missing_folders_hold_no_models(tmp_path):
    zoo = Zoo(tmp_path / "nowhere", tmp_path / "neither")
    assert zoo.entries() == ()
    with pytest.raises(ModelNotFound, match=r"no model named x.*at hand: none"):
        zoo.find("x")


def test_the_default_folders_are_the_programs_and_the_users(tmp_path):
    make_model_folder(user_models_dir(), id="mine")
    assert [e.card.id for e in Zoo(bundled=tmp_path).entries()] == ["mine"]


def test_a_model_is_found_by_id_and_by_folder(zoo, tmp_path):
    folder = make_model_folder(tmp_path / "elsewhere")
    make_model_folder(tmp_path / "user", id="mine")
    assert zoo.find("mine").folder == tmp_path / "user" / "mine"
    assert zoo.find(folder).card.id == "made-up"
    assert zoo.find(str(folder)).folder == folder
    with pytest.raises(ModelNotFound, match="mine"):
        zoo.find("made-up")


def test_a_wrong_hash_is_refused_and_told(zoo, tmp_path):
    make_model_folder(tmp_path / "bundled", weights_sha256="0" * 64)
    assert "not the ones its card describes" in reason(zoo)
    entry = zoo.find("made-up")
    with pytest.raises(ModelError, match="made-up") as caught:
        zoo.verify(entry)
    assert caught.value.hint


def test_weights_that_change_later_are_noticed(zoo, tmp_path):
    folder = make_model_folder(tmp_path / "user")
    (entry,) = zoo.entries()
    (folder / WEIGHTS_NAME).write_bytes(safetensors_bytes(b"\x01" * 16))
    os.utime(folder / WEIGHTS_NAME, ns=(1, 1))
    with pytest.raises(ModelError, match="not the ones"):
        zoo.verify(entry)


def test_the_hash_is_computed_once_for_an_unchanged_file(zoo, tmp_path, monkeypatch):
    make_model_folder(tmp_path / "user")
    calls = []
    real = verify.hashlib.file_digest
    monkeypatch.setattr(verify.hashlib, "file_digest", lambda *args: calls.append(1) or real(*args))
    for _ in range(3):
        assert len(zoo.entries()) == 1
    assert calls == [1]


def test_a_card_without_hash_is_refused(zoo, tmp_path):
    make_model_folder(tmp_path / "user", weights_sha256="")
    assert "does not say which weights" in reason(zoo)


def test_missing_weights_are_told(zoo, tmp_path):
    (make_model_folder(tmp_path / "user") / WEIGHTS_NAME).unlink()
    assert "weights.safetensors is missing" in reason(zoo)
    with pytest.raises(ModelError, match="is missing"):
        zoo.find("made-up")


def test_a_folder_without_card_is_told(zoo, tmp_path):
    (tmp_path / "user" / "stray").mkdir(parents=True)
    assert "holds no model.json" in reason(zoo)


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", "{}", '{"id": ' + "9" * 5000 + "}", "[" * 100_000, " " * (1024**2 + 1)],
    ids=["empty", "cut", "list", "bare", "long number", "deep", "large"],
)
def test_a_card_that_is_no_card_is_refused_without_traceback(zoo, tmp_path, text):
    (make_model_folder(tmp_path / "user") / CARD_NAME).write_text(text)
    assert "made-up" in reason(zoo)


def test_unknown_schema_is_refused(zoo, tmp_path):
    path = make_model_folder(tmp_path / "user") / CARD_NAME
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": 99}))
    assert "schema 99 is not supported" in reason(zoo)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (InputSpec(size=(100_000, 256)), "input.size"),
        (InputSpec(normalisation=Normalisation(std=(0.0,))), "std must be above 0"),
        (InputSpec(normalisation=Normalisation(mean=(0.0, 0.0))), "one for each channel"),
        (InputSpec(normalisation=Normalisation(low=50.0, high=50.0)), "low < high"),
        (InputSpec(normalisation=Normalisation(mean=(1e999,))), "finite number"),
        (InputSpec(neighbours=1), "1 neighbours on either side need 3 channels"),
        (InputSpec(neighbours=4), "neighbours must be 0 to 3"),
        (InputSpec(sequences=("T1",)), "one sequence is named by input.sequence alone"),
        (InputSpec(sequences=("T1", "T1")), "named twice"),
        (InputSpec(sequences=("T1", "T9")), "input.sequences knows DWI, FLAIR, T1, T1C, T2"),
        (InputSpec(sequences=("T1", "FLAIR")), "2 sequences need 2 channels"),
        (
            InputSpec(channels=2, sequence="T2", sequences=("T1", "FLAIR")),
            "input.sequence must be one of input.sequences",
        ),
        (
            InputSpec(channels=3, sequence="T1", sequences=("T1", "T2", "T1C"), neighbours=1),
            "sequences and neighbours exclude each other",
        ),
        (
            InputSpec(channels=2, sequence="T1", sequences=("T1", "T2"), source_channels=(0, 3)),
            "input.source_channels needs 0, 1 or 2 for each",
        ),
        (InputSpec(neighbour_mm=0.0), "neighbour_mm must be above 0"),
    ],
)
def test_cards_that_make_no_sense_are_refused(zoo, tmp_path, spec, words):
    folder = make_model_folder(tmp_path / "user")
    card = json.loads((folder / CARD_NAME).read_text())
    card["input"] |= to_plain(spec)
    (folder / CARD_NAME).write_text(json.dumps(card))
    assert words in reason(zoo)


def test_pickle_is_refused(zoo, tmp_path):
    folder = make_model_folder(tmp_path / "user", weights_file="weights.pth")
    (folder / WEIGHTS_NAME).rename(folder / "weights.pth")
    assert "other formats can run code" in reason(zoo)


def test_weights_outside_the_folder_cannot_even_be_named(zoo, tmp_path):
    folder = make_model_folder(tmp_path / "user")
    card = json.loads((folder / CARD_NAME).read_text())
    card["weights_file"] = "../other/weights.safetensors"
    (folder / CARD_NAME).write_text(json.dumps(card))
    assert "plain file name" in reason(zoo)


@pytest.mark.parametrize("name", [WEIGHTS_NAME, CARD_NAME])
def test_links_out_of_the_folder_are_refused(zoo, tmp_path, name):
    folder = make_model_folder(tmp_path / "user")
    (folder / name).rename(tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    assert "link to another place" in reason(zoo)
    with pytest.raises(ModelError, match="link"):
        Zoo(tmp_path / "bundled", tmp_path / "other").add(folder)


def test_a_linked_model_folder_is_refused(zoo, tmp_path):
    folder = make_model_folder(tmp_path / "elsewhere")
    (tmp_path / "user").mkdir()
    (tmp_path / "user" / "made-up").symlink_to(folder, target_is_directory=True)
    assert "link to another place" in reason(zoo)


def test_a_folder_of_another_name_is_refused(zoo, tmp_path):
    folder = make_model_folder(tmp_path / "user")
    folder.rename(folder.with_name("copy"))
    assert "card of a model named made-up" in reason(zoo)


def test_a_users_model_cannot_stand_in_for_a_bundled_one(zoo, tmp_path):
    make_model_folder(tmp_path / "bundled")
    make_model_folder(tmp_path / "user", safetensors_bytes(b"\x02" * 16))
    assert [e.origin for e in zoo.entries()] == ["bundled"]
    assert "comes with TumorDesk" in zoo.problems()[0].reason
    with pytest.raises(ModelError, match="comes with TumorDesk"):
        zoo.add(make_model_folder(tmp_path / "new"))


def test_add_copies_card_and_weights_only(zoo, tmp_path):
    source = make_model_folder(tmp_path / "source")
    (source / "harm.py").write_text("raise SystemExit")
    entry = zoo.add(source)
    assert entry == zoo.entries()[0]
    assert entry.origin == "user"
    assert sorted(p.name for p in entry.folder.iterdir()) == [CARD_NAME, WEIGHTS_NAME]
    assert [p.name for p in (tmp_path / "user").iterdir()] == ["made-up"]


def test_add_refuses_a_wrong_hash_and_leaves_nothing(zoo, tmp_path):
    with pytest.raises(ModelError, match="not the ones"):
        zoo.add(make_model_folder(tmp_path / "source", weights_sha256="1" * 64))
    assert list((tmp_path / "user").iterdir()) == []


def test_add_refuses_an_id_that_is_taken_unless_told_to_replace(zoo, tmp_path):
    zoo.add(make_model_folder(tmp_path / "one"))
    newer = make_model_folder(tmp_path / "two", safetensors_bytes(b"\x03" * 16), version="2.0")
    with pytest.raises(ModelError, match="already there"):
        zoo.add(newer)
    assert zoo.add(newer, replace=True).card.version == "2.0"
    assert [e.card.version for e in zoo.entries()] == ["2.0"]
    assert [p.name for p in (tmp_path / "user").iterdir()] == ["made-up"]


def test_a_failed_exchange_keeps_the_old_model(zoo, tmp_path, monkeypatch):
    zoo.add(make_model_folder(tmp_path / "one"))
    newer = make_model_folder(tmp_path / "two", safetensors_bytes(b"\x03" * 16), version="2.0")
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        incoming = self.name == "made-up" and self.parent.name.startswith(".part-")
        if incoming and target == tmp_path / "user" / "made-up":
            raise OSError(28, "No space left on device")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(WriteError, match="No space left"):
        zoo.add(newer, replace=True)
    assert [e.card.version for e in zoo.entries()] == ["1.0"]


def test_what_a_killed_program_left_is_no_model_and_goes_away(zoo, tmp_path):
    left = make_model_folder(tmp_path / "user" / ".part-old").parent
    os.utime(left, (1, 1))
    assert zoo.entries() == ()
    assert zoo.problems() == ()
    zoo.add(make_model_folder(tmp_path / "source"))
    assert not left.exists()


def test_a_users_model_can_be_removed_a_bundled_one_cannot(zoo, tmp_path):
    make_model_folder(tmp_path / "bundled", id="fixed")
    make_model_folder(tmp_path / "user", id="mine")
    zoo.remove("mine")
    assert list((tmp_path / "user").iterdir()) == []
    for name in ("fixed", "mine", "..", "../bundled/fixed"):
        with pytest.raises(ModelNotFound):
            zoo.remove(name)
    assert [e.card.id for e in zoo.entries()] == ["fixed"]


def test_the_zoo_does_not_need_torch():
    code = "import sys, tumordesk.zoo as z; z.Zoo().entries(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
