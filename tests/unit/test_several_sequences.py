"""Networks that read several sequences: each gets its own channel, on the voxels of one series."""

from __future__ import annotations

import csv
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from factories import write_picture
from inference_fakes import make_entry
from several_factories import (
    AXIAL,
    LESION_MM,
    SAGITTAL,
    SEQUENCES,
    Grid,
    ReadsChannel,
    found_in,
    several_card,
    voxels,
    write_dicom,
    write_nifti,
    write_study,
)
from tumordesk import cli
from tumordesk.core.errors import Cancelled, InputMismatch
from tumordesk.core.finding import AnalysisResult
from tumordesk.core.job import JobContext, Progress
from tumordesk.core.model_card import CARD_NAME, ModelCard, write_card
from tumordesk.core.study import Series
from tumordesk.inference import cache
from tumordesk.inference.run import run_model


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], ReadsChannel]]:
    """Let run_model use a network that reads this channel alone."""

    def install(channel: int) -> ReadsChannel:
        made = ReadsChannel(channel)
        monkeypatch.setattr(cache, "get_model", lambda entry: made)
        return made

    cache.clear()
    yield install
    cache.clear()


def run(
    found: dict[str, Series],
    active: str = "T1",
    card: ModelCard | None = None,
    context: JobContext | None = None,
) -> AnalysisResult:
    series = found[active]
    entry = make_entry(card or several_card())
    study = tuple(found.values())
    return run_model(voxels(series), series, entry, context or JobContext(), study=study)


def shows_lesion(result: AnalysisResult, grid: Grid = AXIAL) -> bool:
    """Whether the outline is where the post-contrast series alone is bright."""
    index = np.rint(np.linalg.solve(grid.affine, [*LESION_MM, 1.0])[:3]).astype(int)
    if result.segmentation.array.shape[0] == 1:
        index[0] = 0
    return bool(result.segmentation.array[tuple(index)])


def dice(first: np.ndarray, other: np.ndarray) -> float:
    one, two = first > 0, other > 0
    return float(2 * (one & two).sum() / (one.sum() + two.sum()))


@pytest.mark.parametrize("active", SEQUENCES)
def test_each_channel_is_the_sequence_the_card_says(tmp_path, use, active) -> None:
    found = found_in(write_study(tmp_path))
    outlined = []
    for channel in range(3):
        use(channel)
        outlined.append(shows_lesion(run(found, active)))
    assert outlined == [False, False, True]
    use(0)
    turned = several_card(sequences=("T1C", "T1", "FLAIR"))
    result = run(found, active, turned)
    assert shows_lesion(result)
    assert result.provenance.warnings == ()
    assert result.segmentation.series_uid == found[active].uid


def test_the_network_gets_what_the_preparer_makes_of_each(tmp_path, use) -> None:
    found = found_in(write_study(tmp_path))
    network = use(2)
    run(found, "FLAIR")
    given = network.inputs[0].numpy()
    assert given.shape[1:] == (3, 64, 64)
    for channel, sequence in enumerate(SEQUENCES):
        alone = use(0)
        card = several_card(sequences=(), channels=1, sequence=sequence)
        run(found, sequence, card)
        np.testing.assert_array_equal(given[:, channel], alone.inputs[0].numpy()[:, 0])


def test_another_grid_and_plane_give_the_same_outline(tmp_path, use) -> None:
    use(2)
    same = run(found_in(write_study(tmp_path / "same")))
    for sequence in ("T1", "FLAIR"):
        write_dicom(tmp_path / "other", sequence)
    write_dicom(tmp_path / "other", "T1C", SAGITTAL)
    other = run(found_in(tmp_path / "other"))
    assert same.segmentation.array.shape == other.segmentation.array.shape
    assert dice(same.segmentation.array, other.segmentation.array) > 0.95
    middle = np.argwhere(other.segmentation.array > 0).mean(axis=0)
    np.testing.assert_allclose(AXIAL.affine[:3] @ [*middle, 1], LESION_MM, atol=2.0)
    (note,) = other.provenance.notes
    assert note == (
        "Channels: T1 from series 4 (outlined), FLAIR from series 5, T1 post-contrast from "
        "series 9."
    )
    assert other.provenance.warnings == ()


def test_a_head_that_moved_between_two_series_is_found_where_it_is(tmp_path, use) -> None:
    use(2)
    for sequence in ("T1", "FLAIR"):
        write_dicom(tmp_path / "still", sequence)
        write_dicom(tmp_path / "moved", sequence)
    write_dicom(tmp_path / "still", "T1C")
    write_dicom(tmp_path / "moved", "T1C", moved=(12.0, -7.0, 9.0))
    still, moved = run(found_in(tmp_path / "still")), run(found_in(tmp_path / "moved"))
    assert dice(still.segmentation.array, moved.segmentation.array) > 0.85
    middle = np.argwhere(moved.segmentation.array > 0).mean(axis=0)
    np.testing.assert_allclose(AXIAL.affine[:3] @ [*middle, 1], LESION_MM, atol=3.0)
    assert still.provenance.warnings == ()
    told = " ".join(moved.provenance.warnings)
    assert "The head lay 1" in told  # 16.6 mm
    assert "in the T1 post-contrast (series 9)" in told
    assert "Compare the two before you trust the outline" in told


def test_the_answer_lies_on_the_active_grid_whichever_it_is(tmp_path, use) -> None:
    use(2)
    for sequence in ("T1", "FLAIR"):
        write_dicom(tmp_path, sequence)
    write_dicom(tmp_path, "T1C", SAGITTAL)
    result = run(found_in(tmp_path), "T1C", several_card(plane="any"))
    assert result.segmentation.array.shape == SAGITTAL.shape
    middle = np.argwhere(result.segmentation.array > 0).mean(axis=0)
    np.testing.assert_allclose(SAGITTAL.affine[:3] @ [*middle, 1], LESION_MM, atol=2.0)


def test_a_missing_sequence_refuses(tmp_path, use) -> None:
    network = use(2)
    found = found_in(write_study(tmp_path, ("T1", "FLAIR", "T2")))
    with pytest.raises(InputMismatch, match="no T1 post-contrast series") as raised:
        run(found)
    assert "whole study" in raised.value.hint
    with pytest.raises(InputMismatch, match="looks like T2"):
        run(found, "T2")
    series = found["T1"]
    with pytest.raises(InputMismatch, match="no FLAIR series"):
        run_model(voxels(series), series, make_entry(several_card()), JobContext())
    assert network.batches == []


def test_slices_that_a_series_does_not_reach_are_told(tmp_path, use) -> None:
    use(2)
    for sequence in ("T1", "T1C"):
        write_dicom(tmp_path, sequence)
    write_dicom(tmp_path, "FLAIR", replace(AXIAL, shape=(9, 64, 64)))
    (warning,) = run(found_in(tmp_path)).provenance.warnings
    assert warning == (
        "Slices 10, 11, 12: the FLAIR (series 5) does not reach there, the network saw nothing "
        "of it."
    )


def test_less_than_half_refuses(tmp_path, use) -> None:
    use(2)
    for sequence in ("T1", "T1C"):
        write_dicom(tmp_path, sequence)
    write_dicom(tmp_path, "FLAIR", replace(AXIAL, shape=(5, 64, 64)))
    with pytest.raises(InputMismatch, match=r"its FLAIR \(series 5\) covers less than half"):
        run(found_in(tmp_path))


def test_an_undecodable_slice_of_another_series_is_told(tmp_path, use, monkeypatch) -> None:
    use(2)
    found = found_in(write_study(tmp_path))
    path = found["T1C"].instances[11].path
    path.write_bytes(path.read_bytes()[:-2000])
    (warning,) = run(found).provenance.warnings
    assert warning.startswith("Slice 12 of the T1 post-contrast (series 9) could not be decoded")


def test_inverted_grey_values_and_missing_frames(tmp_path, use) -> None:
    use(2)
    same = run(found_in(write_study(tmp_path / "same")))
    for sequence in ("T1", "FLAIR"):
        write_dicom(tmp_path / "odd", sequence)
    write_dicom(
        tmp_path / "odd", "T1C", Inverted(), PhotometricInterpretation="MONOCHROME1",
        FrameOfReferenceUID=...,
    )  # fmt: skip
    odd = run(found_in(tmp_path / "odd"))
    np.testing.assert_array_equal(odd.segmentation.array, same.segmentation.array)
    assert odd.provenance.warnings == ()


class Inverted(Grid):
    """Bright is low."""

    def scene(
        self, *, lesion: bool, moved: tuple[float, float, float] = (0.0, 0.0, 0.0)
    ) -> np.ndarray:
        return np.asarray(1000 - super().scene(lesion=lesion, moved=moved), dtype=np.uint16)


def test_progress_says_what_is_read_and_cancel_works(tmp_path, use) -> None:
    network = use(2)
    found = found_in(write_study(tmp_path))
    seen: list[Progress] = []
    run(found, context=JobContext(seen.append))
    told = [p.message for p in seen]
    assert told.index("Reading FLAIR (series 5)") < told.index("Loading Several")
    assert "Reading T1 post-contrast (series 9)" in told
    fractions = [p.fraction for p in seen if p.fraction is not None]
    assert fractions == sorted(fractions)
    network.batches.clear()
    context = JobContext(lambda p: context.cancel() if "FLAIR" in p.message else None)
    with pytest.raises(Cancelled):
        run(found, context=context)
    assert network.batches == []


def test_volumes_without_places_are_taken_slice_by_slice_and_that_is_told(tmp_path, use) -> None:
    use(2)
    for sequence in SEQUENCES:
        write_nifti(tmp_path, "case", sequence, placed=False)
    result = run(found_in(tmp_path))
    assert shows_lesion(result)
    assert sum("says where it lies" in w for w in result.provenance.warnings) == 2
    assert "case" not in " ".join((*result.provenance.warnings, *result.provenance.notes))


def test_labels_are_no_sequence(tmp_path, use) -> None:
    use(2)
    for sequence in ("T1", "T1C"):
        write_nifti(tmp_path, "case", sequence)
    path = write_nifti(tmp_path, "case", "FLAIR")
    data = path.read_bytes()
    labels = np.frombuffer(data[352:], "<u2") > 0
    path.write_bytes(data[:352] + labels.astype("<u2").tobytes())
    with pytest.raises(InputMismatch, match="holds labels"):
        run(found_in(tmp_path))


def test_a_blank_slice_makes_no_outline_of_a_scan(tmp_path, use) -> None:
    use(2)
    for sequence in ("T1", "T1C"):
        write_nifti(tmp_path, "case", sequence)
    path = write_nifti(tmp_path, "case", "FLAIR")
    data = path.read_bytes()
    array = np.frombuffer(data[352:], "<u2").reshape(AXIAL.shape).copy()
    array[6] = 0
    path.write_bytes(data[:352] + array.tobytes())
    assert shows_lesion(run(found_in(tmp_path)))
    path.write_bytes(data[:352] + np.zeros_like(array).tobytes())
    told = " ".join(run(found_in(tmp_path)).provenance.warnings)
    assert "of the FLAIR (a file of its own) holds one single grey value" in told


def test_a_subtraction_is_not_read_as_what_it_was_made_from(tmp_path, use) -> None:
    use(2)
    for sequence in ("T1", "FLAIR"):
        write_dicom(tmp_path, sequence)
    kinds = {
        "SUB": ["DERIVED", "SECONDARY", "SUBTRACTION"], "MPR": ["DERIVED", "SECONDARY", "MPR"],
    }  # fmt: skip
    write_dicom(tmp_path, "T1C", ImageType=kinds["SUB"])
    with pytest.raises(InputMismatch, match=r"\(series 9\) is calculated from others"):
        run(found_in(tmp_path))
    write_dicom(tmp_path, "T1C", ImageType=kinds["MPR"])
    assert shows_lesion(run(found_in(tmp_path)))


# Colour pictures ------------------------------------------------------------------------------


def composite(path: Path) -> Series:
    """Red and green show a head, blue the lesion in it."""
    head = AXIAL.scene(lesion=False)[6] // 4
    both = AXIAL.scene(lesion=True)[6] // 4
    pixels = np.stack([head, 75 - head, both], axis=-1).astype(np.uint8)
    write_picture(path, pixels)
    return found_in(path)["unknown"]


def test_colours_of_a_composite_are_the_channels(tmp_path, use) -> None:
    series = composite(tmp_path / "slice.png")
    card = several_card(source_channels=(0, 1, 2))
    outlined = []
    for channel in range(3):
        use(channel)
        result = run_model(voxels(series), series, make_entry(card), JobContext())
        outlined.append(shows_lesion(result))
    assert outlined == [False, False, True]
    told = " ".join(result.provenance.warnings)
    assert "T1 from red, FLAIR from green, T1 post-contrast from blue" in told
    use(0)
    turned = several_card(source_channels=(2, 1, 0))
    result = run_model(voxels(series), series, make_entry(turned), JobContext())
    assert shows_lesion(result)


def test_other_pictures_are_refused(tmp_path, use) -> None:
    use(2)
    colours = make_entry(several_card(source_channels=(0, 1, 2)))
    grey = np.repeat(AXIAL.scene(lesion=True)[6][..., None] // 4, 3, axis=-1).astype(np.uint8)
    marked = grey.copy()
    marked[:4, :4] = (255, 0, 0)  # a coloured mark makes no several images of it
    write_picture(tmp_path / "marked.png", marked)
    write_picture(tmp_path / "one.png", grey[..., 0])
    series = composite(tmp_path / "colour.png")
    for one, entry, words in (
        (found_in(tmp_path / "one.png")["unknown"], colours, "not in colour"),
        (series, make_entry(several_card()), "no other sequences beside it"),
        (found_in(tmp_path / "marked.png")["unknown"], colours, "shades of one image"),
    ):
        with pytest.raises(InputMismatch, match=words):
            run_model(voxels(one), one, entry, JobContext())


# The command line -----------------------------------------------------------------------------


@pytest.fixture
def zoo(own_home, monkeypatch) -> Iterator[ReadsChannel]:
    """The model among the user's own; its network reads the channel of the lesion."""
    card, network = several_card(), ReadsChannel(2)
    folder = own_home / "data" / "models" / card.id
    folder.mkdir(parents=True)
    write_card(folder / CARD_NAME, card)
    (folder / card.weights_file).write_bytes(b"")
    cache.clear()
    monkeypatch.setattr(cache, "load_model", lambda *_: network)
    monkeypatch.setattr("tumordesk.zoo.Zoo.verify", lambda self, entry: None)
    monkeypatch.setattr("tumordesk.zoo.zoo.verify_model", lambda folder, card: folder)
    yield network
    cache.clear()


def predict(path: Path, out: Path, *more: object) -> int:
    words = ["predict", path, "--model", "several-fake", "--device", "cpu", "--out", out, *more]
    return cli.run([str(word) for word in words])


def result_in(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "result.json").read_text(encoding="utf-8"))
    return found


def test_predict_on_a_folder_of_brats_files(zoo, tmp_path, capsys) -> None:
    folder = tmp_path / "BraTS-GLI-00000-000"
    for sequence in (*SEQUENCES, "T2"):
        write_nifti(folder, folder.name, sequence)
    assert predict(folder, tmp_path / "out") == 0
    found = result_in(tmp_path / "out")
    assert [lesion["side"] for lesion in found["lesions"]] == ["left"]
    assert found["warnings"][0].startswith("The input holds 4 series; ")
    assert "-t1n.nii" in found["warnings"][0]
    assert "carries the outline" in found["warnings"][0]
    assert sum("shares its voxels" in note for note in found["notes"]) == 2


def test_predict_on_one_file_reads_those_beside_it(zoo, tmp_path, capsys) -> None:
    folder = tmp_path / "in"
    for patient in ("P1-000", "P2-000"):
        for sequence in SEQUENCES:
            write_nifti(folder, patient, sequence)
    (folder / "notes.txt").write_text("nothing")
    assert predict(folder / "P2-000-t2f.nii", tmp_path / "out", "--format", "json") == 0
    found = result_in(tmp_path / "out")
    assert [lesion["side"] for lesion in found["lesions"]] == ["left"]
    assert "FLAIR from a file of its own (outlined)" in found["notes"][0]
    assert not any("differ" in text for text in found["warnings"])
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        for sequence in SEQUENCES:
            path = write_nifti(tmp_path / "zipped", "P3-000", sequence)
            archive.write(path, path.name)
    shutil.copy(folder / "P1-000-t1n.nii", tmp_path / "beside_T1.nii")
    assert predict(tmp_path / "study.zip", tmp_path / "zip", "--format", "json") == 0
    (folder / "P2-000-t1c.nii").unlink()
    assert predict(folder / "P2-000-t2f.nii", tmp_path / "lacking") != 0
    assert "belongs to another FLAIR" in capsys.readouterr().err


def test_predict_on_a_dicom_study(zoo, tmp_path, capsys) -> None:
    write_study(tmp_path / "study")
    assert predict(tmp_path / "study", tmp_path / "out", "--format", "json") == 0
    found = result_in(tmp_path / "out")
    assert [lesion["side"] for lesion in found["lesions"]] == ["left"]
    assert found["notes"] == [
        "Channels: T1 from series 4 (outlined), FLAIR from series 5, T1 post-contrast from "
        "series 9."
    ]
    flair = found_in(tmp_path / "study")["FLAIR"].uid
    chosen = predict(tmp_path / "study", tmp_path / "f", "--format", "json", "--series", flair)
    assert chosen == 0
    assert "FLAIR from series 5 (outlined)" in result_in(tmp_path / "f")["notes"][0]
    capsys.readouterr()
    assert predict(tmp_path / "study" / "T1", tmp_path / "none") != 0
    assert "there is no FLAIR series in this study" in capsys.readouterr().err


def test_models_names_all_of_them(zoo, capsys) -> None:
    assert cli.run(["models"]) == 0
    assert "for axial T1 + FLAIR + T1 post-contrast together" in capsys.readouterr().out


# Batches --------------------------------------------------------------------------------------


def batch(root: Path, out: Path) -> tuple[int, list[dict[str, str]], list[dict[str, str]]]:
    words = ["batch", root, "--model", "several-fake", "--device", "cpu", "--out", out]
    code = cli.run([str(word) for word in (*words, "--format", "none")])
    tables = []
    for name in ("results.csv", "failures.csv"):
        with (out / name).open(encoding="utf-8-sig", newline="") as stream:
            tables.append(list(csv.DictReader(stream)))
    return code, *tables


def test_batch_of_dicom_studies(zoo, tmp_path) -> None:
    write_study(tmp_path / "in" / "whole")
    for sequence in ("T1", "FLAIR"):
        write_dicom(tmp_path / "in" / "part", sequence, study="part")
    _, rows, failures = batch(tmp_path / "in", tmp_path / "out")
    by_input = {row["input"]: row for row in rows}
    assert by_input["whole"]["outcome"] == "tumour"
    assert by_input["whole"]["series"] == "T1 AX (series 4)"
    assert by_input["whole"]["channels"] == (
        "T1 from series 4 (outlined), FLAIR from series 5, T1 post-contrast from series 9"
    )
    (failure,) = failures
    assert failure["input"] == "part"
    assert "no T1 post-contrast series in this study" in failure["reason"]


def test_batch_of_volume_files_has_one_study_for_each_patient(zoo, tmp_path) -> None:
    root = tmp_path / "in"
    for patient in ("P1-000", "P2-000"):
        for sequence in (*SEQUENCES, "T2"):
            write_nifti(root / "flat", patient, sequence)
    for sequence in ("T1", "FLAIR"):
        write_nifti(root / "flat", "P3-000", sequence)
    for sequence in SEQUENCES:
        write_nifti(root / "own" / "P4-000", "P4-000", sequence)
    for patient, sequence in (("anna", "T1"), ("bea", "FLAIR"), ("anna", "T1C")):
        write_nifti(root / "mixed", patient, sequence)
    _, rows, failures = batch(root, tmp_path / "out")
    done = [row["input"] for row in rows if row["outcome"] == "tumour"]
    assert done == [
        "flat/P1-000-t1n.nii", "flat/P2-000-t1n.nii", "own/P4-000/P4-000-t1n.nii",
    ]  # fmt: skip
    reasons = {row["input"]: row["reason"] for row in failures}
    assert set(reasons) == {
        "flat/P1-000-t2w.nii", "flat/P2-000-t2w.nii", "flat/P3-000-t1n.nii", "flat/P3-000-t2f.nii",
        "mixed/anna-t1n.nii",
    }  # fmt: skip
    assert "differ in more than the sequence" in reasons["mixed/anna-t1n.nii"]
    first = next(row for row in rows if row["input"] == "flat/P1-000-t1n.nii")
    assert "FLAIR from P1-000-t2f.nii" in first["channels"]
    assert reasons["flat/P1-000-t2w.nii"] == "Several does not read it"
    assert "T1 post-contrast" in reasons["flat/P3-000-t1n.nii"]
