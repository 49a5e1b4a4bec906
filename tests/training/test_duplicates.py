"""Copies are found however they were saved; slices that merely look alike are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from picture_copies import COPIES, Picture, brain, jpeg
from training_factories import class_folder, save
from tumordesk.core.errors import Cancelled
from tumordesk.core.job import JobContext
from tumordesk.core.training_run import DataConfig
from tumordesk_training.duplicates import Copies, find_copies
from tumordesk_training.fingerprint_cache import cache_file, prints_of
from tumordesk_training.fingerprints import Fingerprint, fingerprint
from tumordesk_training.images import load_grey
from tumordesk_training.layouts import scan


def prints(pictures: dict[str, Picture]) -> dict[str, Fingerprint]:
    return {key: fingerprint(picture) for key, picture in pictures.items()}


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_found_among_others(kind: str) -> None:
    pictures = {f"{n}": brain(n) for n in range(12)}
    pictures["copy"] = COPIES[kind](pictures["3"])
    assert find_copies(prints(pictures)) == Copies((), (("3", "copy"),))


def test_neighbouring_slices_are_no_copies() -> None:
    pictures = {f"{n}": brain(1, shift=n) for n in range(8)}
    assert find_copies(prints(pictures)) == Copies()


def test_copies_within_a_patient_are_left_to_the_patient() -> None:
    pictures = {"a": brain(1), "b": jpeg(brain(1), 60)}
    assert find_copies(prints(pictures), {"a": "P1", "b": "P1"}).near == ()
    assert find_copies(prints(pictures), {"a": "P1", "b": "P2"}).near == (("a", "b"),)


def test_exact_copies_belong_to_the_set_of_near_ones() -> None:
    pictures = {"a": brain(1), "b": brain(1), "c": jpeg(brain(1), 60), "d": brain(2)}
    assert find_copies(prints(pictures)) == Copies((("a", "b"),), (("a", "b", "c"),))
    assert find_copies(prints(pictures), near=False) == Copies((("a", "b"),))


def test_blank_pictures_are_copies_of_nothing() -> None:
    blank = np.zeros((20, 20), dtype=np.uint8)
    assert find_copies(prints({"a": blank, "b": blank, "c": blank + 7})) == Copies()


def test_volumes_are_compared_by_their_voxels_alone() -> None:
    volume = np.stack([brain(1), brain(2)])
    found = prints({"a": volume, "b": volume.copy(), "c": volume + 1, "d": volume[0]})
    assert find_copies(found) == Copies((("a", "b"),))


def test_the_search_can_be_stopped() -> None:
    context = JobContext()
    context.cancel()
    with pytest.raises(Cancelled):
        find_copies(prints({"a": brain(1), "b": brain(2)}), context=context)


def test_only_changed_files_are_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = class_folder(tmp_path / "data", each=2)
    config = DataConfig(root=str(root))
    cases = scan(root, config).cases
    first = prints_of(root, cases, config)
    save(root / "blob" / "blob0.png", brain(1))
    opened: list[str] = []

    def load(path: Path, channel: int | None = None) -> Picture:
        opened.append(path.name)
        return load_grey(path, channel)

    monkeypatch.setattr("tumordesk_training.fingerprint_cache.load_grey", load)
    second = prints_of(root, cases, config)
    assert opened == ["blob0.png"]
    same = {key for key, found in second.items() if found.digest == first[key].digest}
    assert same == {case.key for case in cases} - {"blob/blob0.png"}
    assert find_copies(second) == find_copies(prints_of(root, cases, config))
    assert opened == ["blob0.png"]


def test_a_damaged_cache_is_no_hindrance(tmp_path: Path) -> None:
    root = class_folder(tmp_path / "data", each=1)
    config = DataConfig(root=str(root))
    cases = scan(root, config).cases
    first = prints_of(root, cases, config)
    cache_file(root, config).write_bytes(b"PK\x03\x04 no more")
    again = prints_of(root, cases, config)
    assert {k: p.digest for k, p in again.items()} == {k: p.digest for k, p in first.items()}


@pytest.mark.shared_data
def test_neighbouring_slices_of_real_patients_are_no_copies(shared_data: Path) -> None:
    root = shared_data / "lgg_original_tif"
    config = DataConfig(root=str(root), channel=1)
    found = prints_of(root, scan(root, config).cases, config)
    assert len(found) > 70
    assert find_copies(found) == Copies()


@pytest.mark.shared_data
def test_copies_in_a_published_set(shared_data: Path) -> None:
    root = shared_data / "kaggle_yes_no"
    config = DataConfig(root=str(root))
    found = find_copies(prints_of(root, scan(root, config).cases, config))
    assert len(found.exact) == 17
    assert ("no/1 no.jpeg", "no/no 94.jpg") in found.exact
    assert ("no/1 no.jpeg", "no/49 no.jpg", "no/no 1.jpg", "no/no 94.jpg") in found.near
    assert ("no/7 no.jpg", "no/50 no.jpg") in found.near


@pytest.mark.shared_data
def test_copies_of_real_pictures_are_found_one_for_one(shared_data: Path) -> None:
    root = shared_data / "kaggle_4class_sample"
    config = DataConfig(root=str(root))
    pictures = {case.key: load_grey(case.image) for case in scan(root, config).cases[::6]}
    assert len(pictures) > 20
    for name, change in COPIES.items():
        copies = {f"copy of {key}": change(picture) for key, picture in pictures.items()}
        found = find_copies(prints(pictures | copies)).near
        assert {tuple(sorted(keys)) for keys in found} == {
            tuple(sorted((key, f"copy of {key}"))) for key in pictures
        }, name


def test_near_copies_are_remembered_and_a_changed_picture_is_noticed(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("TUMORDESK_HOME", str(tmp_path))
    monkeypatch.setattr("tumordesk_training.duplicates._WORTH_KEEPING", 2)
    rng = np.random.default_rng(5)
    pictures = [rng.integers(0, 255, (64, 64)).astype(np.uint8) for _ in range(3)]
    prints = {str(i): fingerprint(p) for i, p in enumerate([*pictures, pictures[0] // 2 + 20])}
    first = find_copies(prints)
    assert first.near == (("0", "3"),)
    monkeypatch.setattr("tumordesk_training.duplicates.near_pairs", _must_not_compare)
    assert find_copies(prints) == first
    prints["1"] = fingerprint(pictures[1].T.copy())
    with pytest.raises(AssertionError, match="compared anew"):
        find_copies(prints)


def _must_not_compare(*_: object) -> None:
    raise AssertionError("compared anew")
