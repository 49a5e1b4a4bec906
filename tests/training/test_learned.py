"""Codes of pictures: which picture is the same as one that a model learned from."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from picture_copies import COPIES, brain, folder_of
from training_factories import save
from tumordesk.core.errors import Cancelled
from tumordesk.core.job import JobContext
from tumordesk.core.paths import cache_dir
from tumordesk.core.training_run import DataConfig, SequenceSource, read_config
from tumordesk.zoo import Zoo
from tumordesk.zoo import learned as record
from tumordesk.zoo.learned import CODE_BYTES, Learned, record_of, write_learned
from tumordesk.zoo.verify import file_sha256
from tumordesk_training import learned as learned_module
from tumordesk_training.data import Case
from tumordesk_training.fingerprints import small_picture
from tumordesk_training.layouts import scan
from tumordesk_training.learned import ALIKE, code, codes_of, match, nearest, used
from tumordesk_training.split import read_split, select
from tumordesk_training.starts import knowledge_of


def codes(*pictures: np.ndarray) -> np.ndarray:
    return code(np.stack([small_picture(picture) for picture in pictures]))


@pytest.mark.parametrize("how", COPIES)
def test_a_picture_is_found_again_however_it_was_saved(how: str) -> None:
    known = codes(*(brain(seed) for seed in range(40)))
    (found,) = nearest(codes(COPIES[how](brain(7))), known)
    assert found >= ALIKE


def test_another_picture_is_not_taken_for_one_of_them() -> None:
    known = codes(*(brain(seed) for seed in range(40)))
    assert nearest(codes(*(brain(seed) for seed in range(100, 140))), known).max() < ALIKE
    assert nearest(codes(brain(1)), known[:0]).tolist() == [-1.0]


def test_a_picture_without_structure_is_like_no_other() -> None:
    flat = np.full((1, 64, 64), 7, dtype=np.uint8)
    assert nearest(code(flat), code(flat)).tolist() == [0.0]


def volume(path: Path, seed: int, slices: int = 12) -> None:
    """A NIfTI file of a brain, and its label map."""
    voxels = np.stack([brain(seed, shift=0.02 * number) for number in range(slices)])
    sitk.WriteImage(sitk.GetImageFromArray(voxels), str(path))
    labels = sitk.GetImageFromArray((voxels > 150).astype(np.uint8))
    sitk.WriteImage(labels, str(path).replace(".nii", "_mask.nii"))


def test_a_volume_is_known_by_its_slices(tmp_path: Path) -> None:
    for number, name in enumerate(("a.nii.gz", "b.nii.gz")):
        volume(tmp_path / name, number)
    config = DataConfig(root=str(tmp_path))
    cases = scan(tmp_path, config).cases
    assert len(cases) == 2
    codes = codes_of(tmp_path, cases)
    table = used(cases[:1], codes, config)
    assert len(table) > 5
    assert match(cases, codes, Learned(val=table)) == {cases[0].key: "val"}
    # A slice of it that somebody saved as a picture is known as well.
    flat = save(tmp_path / "flat" / "x" / "slice.png", brain(0, shift=0.12)).parents[1]
    cases = scan(flat, DataConfig(root=str(flat))).cases
    found = match(cases, codes_of(flat, cases), Learned(before=table))
    assert list(found.values()) == ["before"]


def colours(root: Path, patients: range) -> tuple[Case, ...]:
    """Pictures whose colours are three sequences, two for each patient."""
    for patient in patients:
        for number in range(2):
            layers = [brain(1000 * layer + 10 * patient + number) for layer in range(3)]
            save(root / f"TCGA_AA_{patient:04d}_{number}.png", np.stack(layers, axis=-1))
            save(
                root / f"TCGA_AA_{patient:04d}_{number}_mask.png", (layers[1] > 150) * np.uint8(255)
            )
    return scan(root, DataConfig(root=str(root))).cases


@pytest.mark.parametrize("channel", [None, 0, 1, 2])
def test_a_colour_picture_is_known_whatever_colour_was_learned(
    tmp_path: Path, channel: int | None
) -> None:
    cases = colours(tmp_path, range(4))
    codes = codes_of(tmp_path, cases)
    table = used(cases[:1], codes, DataConfig(channel=channel))
    assert len(table) == 1
    assert cases[0].key in match(cases, codes, Learned(train=table))


def test_several_sequences_are_known_in_any_order(tmp_path: Path) -> None:
    cases = colours(tmp_path, range(4))
    codes = codes_of(tmp_path, cases)
    sources = (SequenceSource("FLAIR", 1), SequenceSource("T1", 0))
    table = used(cases, codes, DataConfig(sequences=sources))
    assert len(table) == 2 * len(cases)
    assert len(match(cases, codes, Learned(train=table))) == len(cases)


def test_one_picture_makes_the_whole_patient_known(tmp_path: Path) -> None:
    cases = colours(tmp_path, range(4))
    assert all(case.source for case in cases)
    codes = codes_of(tmp_path, cases)
    found = match(cases, codes, Learned(train=used(cases[:1], codes, DataConfig())))
    assert set(found) == {case.key for case in cases if case.group == cases[0].group}
    assert len(found) == 2


def test_codes_are_kept_and_made_anew_for_a_changed_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder_of(tmp_path / "pictures", range(6))
    (root / "blob" / "broken.png").write_bytes(b"no picture")
    cases = scan(root, DataConfig(root=str(root))).cases
    read: list[str] = []
    original = learned_module._of_picture

    def watched(path: Path) -> np.ndarray:
        read.append(path.name)
        return original(path)

    monkeypatch.setattr(learned_module, "_of_picture", watched)
    first = codes_of(root, cases)
    assert sorted(read) == sorted(case.image.name for case in cases)
    read.clear()
    codes_of(root, cases[:2])
    save(root / "ring" / "1.png", brain(77))
    again = codes_of(root, cases)
    assert sorted(set(read)) == ["1.png", "broken.png"]  # what cannot be read is tried again
    assert (again["blob/0.png"][0] == first["blob/0.png"][0]).all()
    assert (again["ring/1.png"][0] != first["ring/1.png"][0]).any()


def test_small_discs_are_not_taken_for_each_other(tmp_path: Path) -> None:
    y, x = np.mgrid[0:240, 0:240]
    for number in range(8):
        rng = np.random.default_rng(number)
        disc = (np.hypot(y - 120, x - 120) < 14) * rng.integers(90, 200, (240, 240))
        save(tmp_path / "discs" / "x" / f"{number}.png", disc.astype(np.uint8))
    cases = scan(tmp_path / "discs", DataConfig(root=str(tmp_path / "discs"))).cases
    codes = codes_of(tmp_path / "discs", cases)
    assert match(cases[1:], codes, Learned(train=used(cases[:1], codes, DataConfig()))) == {}


def test_a_file_that_could_not_be_read_once_is_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder_of(tmp_path / "pictures", range(3))
    cases = scan(root, DataConfig(root=str(root))).cases
    with monkeypatch.context() as patched:
        patched.setattr(learned_module, "load_pixels", _interrupted)
        assert not any(len(rows) for files in codes_of(root, cases).values() for rows in files)
    assert all(len(rows) for files in codes_of(root, cases).values() for rows in files)


def test_what_was_read_before_it_was_cancelled_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder_of(tmp_path / "pictures", range(90))
    cases = scan(root, DataConfig(root=str(root))).cases

    class Hasty(JobContext):
        def progress(self, fraction: float | None, message: str = "") -> None:
            self.cancel()
            super().progress(fraction, message)

    with pytest.raises(Cancelled):
        codes_of(root, cases, Hasty())
    read: list[Path] = []
    original = learned_module._of_picture
    monkeypatch.setattr(learned_module, "_of_picture", lambda p: read.append(p) or original(p))
    assert len(codes_of(root, cases)) == 90
    assert 0 < len(read) < 90


def _interrupted(path: Path) -> np.ndarray:
    raise OSError(5, "Input/output error")


def test_a_damaged_or_empty_cache_is_none(tmp_path: Path) -> None:
    root = folder_of(tmp_path / "pictures", range(4))
    cases = scan(root, DataConfig(root=str(root))).cases
    first = codes_of(root, cases)
    (place,) = (cache_dir() / "codes").glob("*.npz")
    empty = {"stamps": np.zeros(0, "U40"), "counts": np.zeros(0, np.int64)}
    for arrays in ({**empty, "rows": np.zeros((0, CODE_BYTES), np.uint8)}, empty):
        with place.open("wb") as stream:
            np.savez(stream, **arrays)
        assert codes_of(root, cases).keys() == first.keys()
    place.write_bytes(b"nothing")
    assert (codes_of(root, cases)["blob/0.png"][0] == first["blob/0.png"][0]).all()


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("", True),
        ("imagenet", True),
        ("mobilenet_v2_imagenet_fp16.safetensors", True),
        ("resnet18-f37072fd.pth", True),
        ("resnet18-start.safetensors", False),
        ("no-such-model", False),
    ],
)
def test_what_a_start_knows_is_never_guessed(tmp_path: Path, name: str, known: bool) -> None:
    wish = str(tmp_path / name) if "." in name else name
    found = knowledge_of(wish)
    assert (found is not None) == known
    assert found is None or not len(found.before)


def test_it_can_be_cancelled() -> None:
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        nearest(codes(brain(0)), codes(brain(1)), context)


def test_a_record_that_is_too_large_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(record, "MAX_LEARNED_BYTES", 1000)
    table = np.arange(10 * CODE_BYTES, dtype=np.uint32).astype(np.uint8).reshape(10, -1)
    table[:, 0] = range(10)
    file = tmp_path / "learned.safetensors"
    assert not write_learned(file, Learned(train=table))
    assert not file.exists()
    assert write_learned(file, Learned(train=table[:1])) == file_sha256(file)


def test_bundled_models_say_how_they_came_to_be() -> None:
    for entry in Zoo().entries(verify=False):
        if entry.origin == "bundled":
            config = read_config(entry.folder / "config.json")
            assert config.architecture == entry.card.architecture, entry.card.id
            assert config.classes == tuple(spec.name for spec in entry.card.classes)
            assert config.data.root == Path(config.data.root).name
            split = json.loads((entry.folder / "split.json").read_text(encoding="utf-8"))
            assert min(sum(split["counts"][part].values()) for part in ("train", "test")) > 100
            software = json.loads((entry.folder / "environment.json").read_text(encoding="utf-8"))
            assert software["packages"]["torch"], entry.card.id


def test_bundled_models_have_a_record(shared_data: Path, repository: Path) -> None:
    for entry in Zoo().entries(verify=False):
        if entry.origin == "bundled":
            found = record_of(entry.folder)
            assert found is not None, entry.card.id
            assert len(found.train) > 1000
    entry = Zoo().find("flair-glioma")
    split = read_split(repository / "training" / "configs" / "flair-glioma.split.json")
    found = record_of(entry.folder)
    assert found is not None
    config = DataConfig(root=str(shared_data / "lgg"), channel=entry.card.input.source_channel)
    data = scan(shared_data / "lgg", config)
    codes = codes_of(shared_data / "lgg", data.cases)
    known = match(data.cases, codes, found)
    for part in ("train", "val"):
        cases = select(data, split, part)
        assert {known.get(case.key) for case in cases} == {part}
    assert not {case.key for case in select(data, split, "test")} & set(known)
    assert json.loads((entry.folder / "model.json").read_text())["id"] == "flair-glioma"
