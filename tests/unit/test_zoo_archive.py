"""A model as one file: packed, and unpacked without trusting it."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

import pytest

from model_factories import make_model_folder, safetensors_bytes
from tumordesk.core.errors import ModelError, WriteError
from tumordesk.core.model_card import CARD_NAME, WEIGHTS_NAME
from tumordesk.zoo import Zoo, archive
from tumordesk.zoo.archive import pack


@pytest.fixture
def zoo(tmp_path: Path) -> Zoo:
    (tmp_path / "bundled").mkdir()
    return Zoo(tmp_path / "bundled", tmp_path / "user")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = make_model_folder(tmp_path / "made")
    (folder / "config.json").write_text("{}")
    (folder / "README.md").write_text("What it is for.")
    (folder / "script.py").write_text("print('never')")
    return folder


def made(path: Path, *entries: tuple[str, bytes], link: str = "") -> Path:
    """A zip of these entries; ``link`` is one that says it is a link."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in entries:
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            kind = stat.S_IFLNK if name == link else stat.S_IFREG
            entry.external_attr = (kind | 0o644) << 16
            target.writestr(entry, data)
    return path


def parts(folder: Path) -> list[tuple[str, bytes]]:
    return [(name, (folder / name).read_bytes()) for name in (CARD_NAME, WEIGHTS_NAME)]


def refused(zoo: Zoo, path: Path, tmp_path: Path) -> str:
    """The reason; nothing is installed, nothing is left behind, nothing lies elsewhere."""
    before = sorted(p for p in tmp_path.rglob("*") if p.is_file())
    with pytest.raises(ModelError) as caught:
        zoo.add(path)
    assert sorted(p for p in tmp_path.rglob("*") if p.is_file()) == before
    assert list((tmp_path / "user").iterdir()) == []
    return str(caught.value)


def test_a_packed_model_is_added_with_its_texts_only(zoo: Zoo, model: Path, tmp_path: Path) -> None:
    file = pack(model, tmp_path / "made-up.tdmodel")
    with zipfile.ZipFile(file) as opened:
        names = opened.namelist()
    assert names == [CARD_NAME, WEIGHTS_NAME, "config.json", "README.md"]
    entry = zoo.add(file)
    assert (entry.card.id, entry.origin) == ("made-up", "user")
    assert sorted(p.name for p in entry.folder.iterdir()) == sorted(names)
    zoo.verify(entry)
    assert [p.name for p in (tmp_path / "user").iterdir()] == ["made-up"]
    with pytest.raises(ModelError, match="already there"):
        zoo.add(file)
    zoo.add(file, replace=True)


def test_the_same_model_gives_the_same_file(model: Path, tmp_path: Path) -> None:
    one, two = pack(model, tmp_path / "1.tdmodel"), pack(model, tmp_path / "2.tdmodel")
    assert one.read_bytes() == two.read_bytes()
    with pytest.raises(WriteError, match=r"1\.tdmodel is already there"):
        pack(model, one)
    pack(model, one, overwrite=True)


def test_a_model_that_is_not_sound_is_not_packed(model: Path, tmp_path: Path) -> None:
    (model / WEIGHTS_NAME).write_bytes(safetensors_bytes(b"\x01" * 16))
    with pytest.raises(ModelError, match="not the ones its card describes"):
        pack(model, tmp_path / "x.tdmodel")
    assert not list(tmp_path.glob("*x.tdmodel"))


def test_a_zip_of_the_folder_made_by_hand_is_understood(
    zoo: Zoo, model: Path, tmp_path: Path
) -> None:
    entries = [("my model/", b""), *((f"my model/{name}", data) for name, data in parts(model))]
    assert zoo.add(made(tmp_path / "x.zip", *entries)).card.id == "made-up"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../evil.json", "holds '../evil.json'"),
        ("../config.json", "leads out of it"),
        ("/config.json", "holds '/config.json'"),
        ("a/b/config.json", "holds 'a/b/config.json'"),
        ("..\\config.json", "holds"),
        ("C:\\config.json", "holds"),
        ("run.sh", "holds 'run.sh'"),
        ("weights.pt", "holds 'weights.pt'"),
        (".hidden.safetensors", "holds '.hidden.safetensors'"),
        ("other/config.json", "files lie apart"),
    ],
)
def test_other_files_and_ways_out_are_refused(
    name: str, words: str, zoo: Zoo, model: Path, tmp_path: Path
) -> None:
    path = made(tmp_path / "x.tdmodel", *parts(model), (name, b"{}"))
    assert words in refused(zoo, path, tmp_path)


def test_links_doubles_and_crowds_are_refused(zoo: Zoo, model: Path, tmp_path: Path) -> None:
    link = made(tmp_path / "l.tdmodel", *parts(model), ("config.json", b"/etc"), link="config.json")
    assert "leads out of it" in refused(zoo, link, tmp_path)
    crowd = made(tmp_path / "c.tdmodel", *((f"{n}.safetensors", b"") for n in range(40)))
    assert "holds 40 files" in refused(zoo, crowd, tmp_path)
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = made(tmp_path / "t.tdmodel", *parts(model), ("config.json", b""),
                     ("config.json", b""))  # fmt: skip
    assert "holds config.json twice" in refused(zoo, twice, tmp_path)


def test_what_unpacks_to_too_much_is_refused(
    zoo: Zoo, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = made(tmp_path / "b.tdmodel", *parts(model), ("README.md", b"\0" * (5 * 1024**2)))
    assert bomb.stat().st_size < 100_000
    assert "README.md is larger than allowed" in refused(zoo, bomb, tmp_path)
    # The same where the archive says it is small.
    data = bomb.read_bytes().replace((5 * 1024**2).to_bytes(4, "little"), b"\x10\0\0\0")
    bomb.write_bytes(data)
    reason = refused(zoo, bomb, tmp_path)
    assert "unpacks to more than allowed" in reason or "no sound model file" in reason


@pytest.mark.parametrize("cut", [0, 10, 200])
def test_what_is_cut_off_or_no_archive_is_refused(
    cut: int, zoo: Zoo, model: Path, tmp_path: Path
) -> None:
    whole = pack(model, tmp_path / "x.tdmodel").read_bytes()
    (tmp_path / "x.tdmodel").write_bytes(whole[:cut])
    assert "x.tdmodel is no sound model file" in refused(zoo, tmp_path / "x.tdmodel", tmp_path)


@pytest.mark.parametrize("place", range(0, 900, 60))
def test_damage_anywhere_is_refused_or_harmless(
    place: int, zoo: Zoo, model: Path, tmp_path: Path
) -> None:
    path = pack(model, tmp_path / "x.tdmodel")
    data = bytearray(path.read_bytes())
    data[place % len(data)] ^= 0x55
    path.write_bytes(bytes(data))
    try:
        entry = zoo.add(path)
    except ModelError:
        assert list((tmp_path / "user").iterdir()) == []
    else:
        zoo.verify(entry)


def test_locked_and_packed_otherwise_is_told(zoo: Zoo, model: Path, tmp_path: Path) -> None:
    path = pack(model, tmp_path / "x.tdmodel")
    data = bytearray(path.read_bytes())
    data[6] |= 1  # the flags of the first local header
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 1  # and those of its entry in the directory
    path.write_bytes(bytes(data))
    assert "no sound model file" in refused(zoo, path, tmp_path)


def test_the_weights_must_be_those_of_the_card(zoo: Zoo, model: Path, tmp_path: Path) -> None:
    card, _ = parts(model)
    path = made(tmp_path / "x.tdmodel", card, (WEIGHTS_NAME, safetensors_bytes(b"\x02" * 16)))
    assert "not the ones its card describes" in refused(zoo, path, tmp_path)
    assert "holds no model.json" in refused(
        zoo, made(tmp_path / "y.tdmodel", (WEIGHTS_NAME, b"")), tmp_path
    )


def test_a_model_of_the_program_is_not_replaced(zoo: Zoo, model: Path, tmp_path: Path) -> None:
    make_model_folder(tmp_path / "bundled")
    path = pack(model, tmp_path / "x.tdmodel")
    assert "comes with TumorDesk" in refused(zoo, path, tmp_path)


def test_a_full_disk_is_told_and_nothing_stays(
    zoo: Zoo, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = pack(model, tmp_path / "x.tdmodel")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(archive, "_copy", full)
    with pytest.raises(WriteError, match="No space left"):
        zoo.add(path)
    assert list((tmp_path / "user").iterdir()) == []
