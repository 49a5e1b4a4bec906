"""Several sequences of a case as the channels of the network."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import SimpleITK as sitk
from pydicom import dcmread

from factories import phantom, write_series
from training_factories import head, mask_config, save
from tumordesk.core.errors import DataError
from tumordesk.core.model_card import InputSpec
from tumordesk.core.sequence_sources import parse_sequences
from tumordesk.core.training_run import DataConfig, TrainingConfig
from tumordesk.zoo.cards import read_folder_card
from tumordesk_training.check import check_data
from tumordesk_training.cli import main
from tumordesk_training.data import DataSet
from tumordesk_training.dataset import Cache, Slices, build_cache, read_stack
from tumordesk_training.label_map import ANY
from tumordesk_training.layouts import scan
from tumordesk_training.nifti import load_case
from tumordesk_training.presets import plain_transform
from tumordesk_training.run_model import run_card
from tumordesk_training.sequences import gather

COLOURS = parse_sequences("T1=red, FLAIR=green, T1C=blue")
SCANS = parse_sequences("T1, T1C, FLAIR")
CLASSES = ("background", "tumour")


def spec_for(count: int, sequence: str = "FLAIR") -> InputSpec:
    return InputSpec(size=(32, 32), channels=count, sequence=sequence)


def colour_folder(root: Path, patients: int = 6, slices: int = 4) -> Path:
    """Pictures of a head of which only blue has the tumour; red is darker, green upside down."""
    for patient in range(patients):
        for number in range(slices):
            seed = patient * 100 + number
            plain, _ = head(seed, tumour=False)
            picture, mask = head(seed, tumour=number > 0)
            stem = root / f"TCGA_AA_{patient:04d}_{number}"
            save(stem.with_suffix(".png"), np.stack([plain // 2, plain[::-1], picture], axis=-1))
            save(stem.with_name(stem.name + "_mask.png"), mask)
    return root


def seen(root: Path, data: DataConfig, spec: InputSpec) -> tuple[Cache, DataSet]:
    found = scan(root, data)
    return build_cache(found.cases, data, spec, CLASSES, "segmentation"), found


# Pictures --------------------------------------------------------------------------------------


def test_each_colour_is_a_channel_with_a_range_of_its_own(tmp_path: Path) -> None:
    data = DataConfig(root=str(tmp_path), sequences=COLOURS)
    several, _ = seen(colour_folder(tmp_path), data, spec_for(3))
    assert several.images.shape[1:] == (3, 32, 32)
    for channel in range(3):
        alone = replace(data, sequences=(), channel=channel)
        one, _ = seen(tmp_path, alone, spec_for(1))
        np.testing.assert_array_equal(several.images[:, channel], one.images)
        np.testing.assert_array_equal(several.targets, one.targets)
    batch = several.channels([3, 1], 0)
    np.testing.assert_array_equal(batch, several.images[[3, 1]])
    picture, target = Slices(several, plain_transform((32, 32)))[1]
    assert picture.shape == (3, 32, 32)
    np.testing.assert_allclose(picture.numpy(), several.images[1] / 255, atol=1e-6)
    assert target.shape == (32, 32)


def test_people_are_shown_the_sequence_that_the_network_is_named_after(tmp_path: Path) -> None:
    data = DataConfig(root=str(tmp_path), sequences=COLOURS)
    colour_folder(tmp_path, patients=2)
    for sequence, channel in (("T1", 0), ("FLAIR", 1), ("T1C", 2)):
        cache, _ = seen(tmp_path, data, spec_for(3, sequence))
        np.testing.assert_array_equal(cache.picture(1), cache.images[1, channel])


def test_a_grey_picture_is_left_out_and_named(tmp_path: Path) -> None:
    colour_folder(tmp_path, patients=2)
    picture, _ = head(5)
    save(tmp_path / "TCGA_AA_0001_2.png", picture)
    data = DataConfig(root=str(tmp_path), sequences=COLOURS)
    cache, found = seen(tmp_path, data, spec_for(3))
    assert len(cache) == len(found.cases) - 1
    assert cache.unread[0][0] == "TCGA_AA_0001_2.png"
    assert "grey" in cache.unread[0][1]
    report = check_data(tmp_path, data)
    unreadable = next(f for f in report.findings if f.code == "unreadable")
    assert [one.keys for one in unreadable.examples] == [("TCGA_AA_0001_2.png",)]
    assert not any(f.code.startswith("colour") for f in report.findings)


def test_what_was_trained_so_says_so_on_its_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run, publish and evaluate; only the third colour has anything to learn from."""
    root = colour_folder(tmp_path / "data")
    config = mask_config(
        root,
        input=replace(spec_for(3), normalisation=mask_config(root).input.normalisation),
        data=DataConfig(root=str(root), sequences=COLOURS),
        epochs=30,
        optimiser=replace(mask_config(root).optimiser, rate=0.01),
    )
    path = tmp_path / "config.json"
    from tumordesk.core.training_run import write_config

    write_config(path, config)
    assert main(["run", str(path), "--out", str(tmp_path / "run")]) == 0
    publish = ["publish", str(tmp_path / "run"), "--id", "several", "--out", str(tmp_path / "m")]
    assert main(publish) == 0
    folder = tmp_path / "m" / "several"
    card = read_folder_card(folder)
    assert card.input.sequences == ("T1", "FLAIR", "T1C")
    assert card.input.source_channels == (0, 1, 2)
    assert (card.input.sequence, card.input.source_channel) == ("FLAIR", None)
    capsys.readouterr()
    # Without a word on sequences: the card knows them.
    assert main(["evaluate", str(folder), str(root), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["dice_by_image_mean"] > 0.5
    swapped = ["--sequences", "T1=blue,FLAIR=green,T1C=red"]
    assert main(["evaluate", str(folder), str(root), "--json", *swapped]) == 0
    other = json.loads(capsys.readouterr().out)
    assert other["dice_by_image_mean"] < figures["dice_by_image_mean"] / 2
    # In another order: the card's counts.
    turned = ["--sequences", "T1C=blue,T1=red,FLAIR=green"]
    assert main(["evaluate", str(folder), str(root), "--json", *turned]) == 0
    assert json.loads(capsys.readouterr().out)["dice_mean"] == figures["dice_mean"]
    wrong = ["--sequences", "T1=red,T2=green"]
    assert main(["evaluate", str(folder), str(root), "--json", *wrong]) != 0
    assert "reads T1 + FLAIR + T1 post-contrast, not T1, T2" in capsys.readouterr().err
    # Scans hold no sequences in colours, and each of them says which it is.
    scans(tmp_path / "scans")
    assert main(["evaluate", str(folder), str(tmp_path / "scans"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n"] == 6


# Scans -----------------------------------------------------------------------------------------


def volume(
    path: Path, values: npt.NDArray[Any], spacing: tuple[float, float, float] = (1.0, 1.0, 5.0)
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(spacing)
    sitk.WriteImage(image, str(path))
    return path


def stack(seed: int, kind: int) -> npt.NDArray[np.uint8]:
    return np.stack([head(seed * 10 + n)[kind] for n in range(3)])


def scans(root: Path, names: tuple[str, str, str] = ("t1n", "t1c", "t2f")) -> Path:
    for patient in (1, 2):
        stem = f"BraTS-GLI-0000{patient}-000"
        for number, name in enumerate(names):
            volume(root / stem / f"{stem}-{name}.nii.gz", stack(patient, 0) // (number + 1))
        volume(root / stem / f"{stem}-seg.nii.gz", stack(patient, 1) // 255)
    return root


@pytest.mark.parametrize("names", [("t1n", "t1c", "t2f"), ("t1", "t1ce", "flair")])
def test_files_that_differ_in_their_sequence_are_one_case(
    names: tuple[str, str, str], tmp_path: Path
) -> None:
    data = DataConfig(root=str(scans(tmp_path, names)), sequences=SCANS)
    cache, found = seen(tmp_path, data, spec_for(3))
    assert found.problems == ()
    assert [case.group for case in found.cases] == ["BraTS-GLI-00001", "BraTS-GLI-00002"]
    endings = [path.name.rsplit("-", 1)[1] for path in found.cases[0].channels]
    assert endings == [f"{name}.nii.gz" for name in names]
    assert cache.images.shape == (6, 3, 32, 32)
    assert cache.targets.reshape(6, -1).any(axis=1).all()
    channels, labels, _ = load_case(found.cases[0])
    np.testing.assert_array_equal(channels[1], stack(1, 0) // 2)
    assert labels is not None
    np.testing.assert_array_equal(labels, stack(1, 1) // 255)
    card = run_card(
        TrainingConfig("a", "segmentation", "unet", CLASSES, input=spec_for(3), data=data)
    )
    assert (card.input.sequences, card.input.source_channels) == (("T1", "T1C", "FLAIR"), ())


def test_files_in_one_folder_with_endings_of_their_own(tmp_path: Path) -> None:
    for patient in (1, 2):
        for channel in (0, 1):
            volume(tmp_path / "imagesTr" / f"P{patient}_000{channel}.nii.gz", stack(patient, 0))
        volume(tmp_path / "labelsTr" / f"P{patient}.nii.gz", stack(patient, 1) // 255)
    sources = parse_sequences("FLAIR=_0000, T1C=_0001")
    found = scan(tmp_path, DataConfig(root=str(tmp_path), sequences=sources))
    assert found.problems == ()
    assert [[path.name for path in case.channels] for case in found.cases] == [
        ["P1_0000.nii.gz", "P1_0001.nii.gz"],
        ["P2_0000.nii.gz", "P2_0001.nii.gz"],
    ]


def test_colours_are_of_pictures_and_only_of_pictures(tmp_path: Path) -> None:
    scans(tmp_path / "scans")
    colour_folder(tmp_path / "pictures", patients=1)
    with pytest.raises(DataError, match="no sequences in colours"):
        scan(tmp_path / "scans", DataConfig(sequences=COLOURS))
    with pytest.raises(DataError, match="not said which in which"):
        scan(tmp_path / "pictures", DataConfig(sequences=SCANS))


def test_incomplete_cases_are_named(tmp_path: Path) -> None:
    scans(tmp_path)
    first = tmp_path / "BraTS-GLI-00001-000"
    (first / "BraTS-GLI-00001-000-t1c.nii.gz").unlink()
    second = tmp_path / "BraTS-GLI-00002-000"
    volume(second / "notes.nii.gz", stack(1, 0))
    found = scan(tmp_path, DataConfig(root=str(tmp_path), sequences=SCANS))
    assert [case.group for case in found.cases] == ["BraTS-GLI-00002"]
    reasons = dict(found.problems)
    assert "no T1 post-contrast" in reasons[f"{first.name}/BraTS-GLI-00001-000-t1n.nii.gz"]
    assert "name" in reasons[f"{second.name}/notes.nii.gz"]


def test_other_voxels_are_laid_on_those_of_the_outline(tmp_path: Path) -> None:
    fine = np.repeat(stack(1, 0), 5, axis=0)  # 1 mm slices for one of 5 mm
    volume(tmp_path / "P1" / "flair.nii.gz", stack(1, 0))
    volume(tmp_path / "P1" / "t1.nii.gz", fine, (1.0, 1.0, 1.0))
    volume(tmp_path / "P1" / "seg.nii.gz", stack(1, 1) // 255)
    data = DataConfig(root=str(tmp_path), sequences=parse_sequences("T1, FLAIR"))
    case = scan(tmp_path, data).cases[0]
    (t1, flair), labels, grid = load_case(case)
    assert grid.shape == (3, 40, 36)
    np.testing.assert_array_equal(flair, stack(1, 0))
    np.testing.assert_allclose(t1, stack(1, 0), atol=1e-3)
    assert labels is not None
    assert labels.shape == grid.shape


def test_a_thick_first_sequence_leaves_room_for_all_slices_of_the_outline(tmp_path: Path) -> None:
    thin = np.repeat(stack(1, 0), 5, axis=0)
    volume(tmp_path / "P1" / "t1.nii.gz", stack(1, 0))
    volume(tmp_path / "P1" / "flair.nii.gz", thin, (1.0, 1.0, 1.0))
    outline = np.repeat(stack(1, 1) // 255, 5, axis=0)
    volume(tmp_path / "P1" / "seg.nii.gz", outline, (1.0, 1.0, 1.0))
    data = DataConfig(root=str(tmp_path), sequences=parse_sequences("T1, FLAIR"))
    cache, found = seen(tmp_path, data, spec_for(2))
    assert cache.images.shape == (15, 2, 32, 32)
    (made,) = read_stack((found.cases[0],), data, spec_for(2), ANY, [])
    assert made.spacing_mm == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("value", [0, 7, np.nan])
def test_a_blank_sequence_is_no_case(value: float, tmp_path: Path) -> None:
    scans(tmp_path)
    path = tmp_path / "BraTS-GLI-00001-000" / "BraTS-GLI-00001-000-t1n.nii.gz"
    volume(path, np.full((3, 40, 36), value, dtype=np.float32))
    data = DataConfig(root=str(tmp_path), sequences=SCANS)
    cache, _ = seen(tmp_path, data, spec_for(3))
    assert set(cache.groups) == {"BraTS-GLI-00002"}
    assert "shows nothing" in cache.unread[0][1]
    assert any(f.code == "unreadable" for f in check_data(tmp_path, data).findings)


@pytest.mark.parametrize(
    "names",
    [("P1_t1", "P2_flair"), ("baseline_T1", "followup_FLAIR"), ("anna_T1", "berta_FLAIR")],
)
def test_files_of_different_cases_are_not_put_together(
    names: tuple[str, str], tmp_path: Path
) -> None:
    for name in names:
        volume(tmp_path / "all" / f"{name}.nii.gz", stack(1, 0))
    volume(tmp_path / "all" / "seg.nii.gz", stack(1, 1) // 255)
    scans(tmp_path)
    data = DataConfig(root=str(tmp_path), sequences=parse_sequences("T1, FLAIR"))
    found = scan(tmp_path, data)
    assert len(found.cases) == 2
    reasons = sorted(why for key, why in found.problems if key.startswith("all/"))
    assert reasons == ["there is no FLAIR of it", "there is no T1 of it"]


def test_names_of_bids_are_put_together(tmp_path: Path) -> None:
    for patient in ("sub-01", "sub-02"):
        for name in ("T1w", "ce-GADOLINIUM_T1w", "FLAIR"):
            volume(tmp_path / f"{patient}_{name}.nii.gz", stack(1, 0))
        volume(tmp_path / f"{patient}_seg.nii.gz", stack(1, 1) // 255)
    found = scan(tmp_path, DataConfig(root=str(tmp_path), sequences=SCANS))
    assert found.problems == ()
    assert [case.group for case in found.cases] == ["sub-01", "sub-02"]


def test_names_of_dcm2niix_are_put_together_by_the_number_in_the_json_file(tmp_path: Path) -> None:
    names = {"exam_t1_2019_4": 4, "exam_t1_gd_2019_11": 11, "exam_flair_2019_5": 5}
    for name, number in names.items():
        volume(tmp_path / "P1" / f"{name}.nii.gz", stack(1, 0))
        (tmp_path / "P1" / f"{name}.json").write_text(json.dumps({"SeriesNumber": number}))
        volume(tmp_path / "P2" / f"{name}.nii.gz", stack(2, 0))
    volume(tmp_path / "P1" / "exam_2019_seg.nii.gz", stack(1, 1) // 255)
    volume(tmp_path / "P2" / "exam_2019_seg.nii.gz", stack(2, 1) // 255)
    found = scan(tmp_path, DataConfig(root=str(tmp_path), sequences=SCANS))
    assert [case.image.parent.name for case in found.cases] == ["P1"]
    assert [path.name for path in found.cases[0].channels] == [f"{n}.nii.gz" for n in names]
    assert {key.split("/")[0] for key, _ in found.problems} == {"P2"}


def test_an_ending_of_ones_own_comes_before_the_number_in_the_json_file(tmp_path: Path) -> None:
    for name, number in (("case5_0000", 4), ("case5_0001", 1)):
        volume(tmp_path / "P1" / f"{name}.nii.gz", stack(1, 0))
        (tmp_path / "P1" / f"{name}.json").write_text(json.dumps({"SeriesNumber": number}))
    sources = parse_sequences("T1=_0000, FLAIR=_0001")
    found = gather(tmp_path, sorted((tmp_path / "P1").glob("*.nii.gz")), sources)
    assert [name for name, _ in found.cases] == ["case5"]
    assert found.problems == []


def test_numbers_of_patients_are_not_taken_for_those_of_series(tmp_path: Path) -> None:
    for name, number in (("2_T1", 2), ("2_FLAIR", 5), ("3_T1", 5), ("3_FLAIR", 3)):
        volume(tmp_path / f"{name}.nii.gz", stack(1, 0))
        (tmp_path / f"{name}.json").write_text(json.dumps({"SeriesNumber": number}))
    found = gather(tmp_path, sorted(tmp_path.glob("*.nii.gz")), parse_sequences("T1, FLAIR"))
    assert [[path.name[0] for path in paths] for _, paths in found.cases] == [
        ["2", "2"],
        ["3", "3"],
    ]


def test_two_examinations_of_one_name_are_no_case(tmp_path: Path) -> None:
    for name in ("P1_T1_4", "P1_FLAIR_5", "P1_T1_5", "P1_FLAIR_6"):
        volume(tmp_path / f"{name}.nii.gz", stack(1, 0))
        (tmp_path / f"{name}.json").write_text(json.dumps({"SeriesNumber": int(name[-1])}))
    found = gather(tmp_path, sorted(tmp_path.glob("*.nii.gz")), parse_sequences("T1, FLAIR"))
    assert found.cases == []
    ((_, why),) = found.problems
    assert why == "there is more than one FLAIR and more than one T1 of it"


def test_the_json_file_names_the_sequence_where_the_name_does_not(tmp_path: Path) -> None:
    told = {4: "T1 MPRAGE", 5: "AX FLAIR", 6: "T1 SUB"}
    for number, description in told.items():
        volume(tmp_path / f"exam_2019_{number}.nii.gz", stack(1, 0))
        beside = {"SeriesNumber": number, "SeriesDescription": description}
        (tmp_path / f"exam_2019_{number}.json").write_text(json.dumps(beside))
    found = gather(tmp_path, sorted(tmp_path.glob("*.nii.gz")), parse_sequences("T1, FLAIR"))
    ((name, paths),) = found.cases
    assert (name, [path.name for path in paths]) == (
        "exam_2019", ["exam_2019_4.nii.gz", "exam_2019_5.nii.gz"],
    )  # fmt: skip


def test_a_patient_who_moved_is_told(tmp_path: Path) -> None:
    values = phantom((20, 60, 56))
    mm = (3.0, 3.0, 6.0)
    flair = volume(tmp_path / "P1" / "flair.nii.gz", values, mm)
    volume(tmp_path / "P1" / "t1.nii.gz", values, mm)
    volume(
        tmp_path / "P1" / "seg.nii.gz", (values > np.percentile(values, 98)).astype(np.uint8), mm
    )
    elsewhere = sitk.ReadImage(str(flair))
    elsewhere.SetOrigin((9.0, 0.0, 0.0))
    sitk.WriteImage(elsewhere, str(tmp_path / "P1" / "t1.nii.gz"))
    data = DataConfig(root=str(tmp_path), sequences=parse_sequences("T1, FLAIR"))
    cache, _ = seen(tmp_path, data, spec_for(2))
    ((key, found),) = cache.moved
    assert key.startswith("P1/")
    assert re.search(r"the head lay (8|9)[.]\d mm away in t1.nii.gz", found)


def test_the_longest_ending_counts(tmp_path: Path) -> None:
    for name in ("P1_t1", "P1_ct1"):
        volume(tmp_path / f"{name}.nii.gz", stack(1, 0))
    volume(tmp_path / "P1_seg.nii.gz", stack(1, 1) // 255)
    found = scan(
        tmp_path,
        DataConfig(root=str(tmp_path), sequences=parse_sequences("T1=t1, T1C=ct1")),
    )
    assert [path.name for path in found.cases[0].channels] == ["P1_t1.nii.gz", "P1_ct1.nii.gz"]


def test_an_outline_that_fits_none_of_them_is_refused(tmp_path: Path) -> None:
    scans(tmp_path)
    path = tmp_path / "BraTS-GLI-00001-000" / "BraTS-GLI-00001-000-seg.nii.gz"
    volume(path, np.zeros((3, 9, 9), dtype=np.uint8))
    case = scan(tmp_path, DataConfig(root=str(tmp_path), sequences=SCANS)).cases[0]
    with pytest.raises(DataError, match="does not lie on the grid of"):
        load_case(case)


# DICOM -----------------------------------------------------------------------------------------


def study(root: Path, name: str = "A1", **flair: Any) -> Path:
    """A patient with three series, the T1 coarser, and a label map on the FLAIR's voxels."""
    same: dict[str, Any] = {"study": name, "PatientID": f"ID {name}"}
    folder = root / name
    write_series(
        folder / "1", phantom((4, 24, 20)), series="t1", SeriesDescription="AX T1",
        spacing_mm=(10.0, 1.8, 1.8), **same,
    )  # fmt: skip
    write_series(folder / "2", series="flair", SeriesDescription="AX FLAIR", **(same | flair))
    write_series(folder / "3", series="t1c", SeriesDescription="AX T1 +C", **same)
    image = sitk.GetImageFromArray(np.asarray(phantom() > 700, dtype=np.uint8))
    image.SetSpacing((0.9, 0.9, 5.0))
    image.SetOrigin((-20.0, -30.0, 10.0))
    sitk.WriteImage(image, str(folder / "outline.nii.gz"))
    return folder


def test_series_of_one_study_are_one_case(tmp_path: Path) -> None:
    study(tmp_path, "A1")
    study(tmp_path, "B2")
    found = scan(tmp_path, DataConfig(root=str(tmp_path), sequences=SCANS))
    assert found.problems == ()
    assert len(found.cases) == 2
    case = found.cases[0]
    assert [path.parent.name for path in case.channels] == ["1", "3", "2"]
    (t1, t1c, flair), labels, _ = load_case(case)
    np.testing.assert_array_equal(flair, phantom())
    assert t1.shape == t1c.shape == flair.shape
    assert labels is not None
    np.testing.assert_array_equal(labels > 0, phantom() > 700)


def test_another_patient_of_the_same_study_uid_is_no_channel(tmp_path: Path) -> None:
    folder = study(tmp_path, "A1")
    study(tmp_path, "B2")
    for path in (folder / "1").iterdir():
        dataset = dcmread(path)
        dataset.PatientID = "somebody else"
        dataset.save_as(path)
    found = scan(tmp_path, DataConfig(root=str(tmp_path), sequences=SCANS))
    assert [case.key for case in found.cases] == ["B2/2/IM0001.dcm"]
    assert any("there is no T1 series in this study" in why for _, why in found.problems)


def test_of_two_series_the_one_with_the_voxels_of_the_outline_counts(tmp_path: Path) -> None:
    folder = study(tmp_path, "A1")
    write_series(
        folder / "0", phantom((30, 24, 20)), plane="sagittal", series="sag", study="A1",
        PatientID="ID A1", SeriesDescription="SAG FLAIR", spacing_mm=(1.5, 1.8, 1.8),
    )  # fmt: skip
    found = scan(tmp_path, DataConfig(root=str(tmp_path), sequences=SCANS))
    assert [path.parent.name for path in found.cases[0].channels] == ["1", "3", "2"]


def test_a_subtraction_is_no_channel(tmp_path: Path) -> None:
    folder = study(tmp_path, "A1")
    study(tmp_path, "B2")
    for path in (folder / "3").iterdir():
        dataset = dcmread(path)
        dataset.ImageType = ["DERIVED", "SECONDARY", "SUBTRACTION"]
        dataset.save_as(path)
    found = scan(tmp_path, DataConfig(root=str(tmp_path), sequences=SCANS))
    assert [case.key for case in found.cases] == ["B2/2/IM0001.dcm"]
    assert "calculated" in found.problems[0][1]


def test_a_series_elsewhere_is_no_channel(tmp_path: Path) -> None:
    study(tmp_path, "A1", FrameOfReferenceUID="1.2.3")
    study(tmp_path, "B2")
    found = scan(tmp_path, DataConfig(root=str(tmp_path), sequences=SCANS))
    assert [case.key for case in found.cases] == ["B2/2/IM0001.dcm"]
    ((key, why),) = found.problems
    assert key == "A1/2/IM0001.dcm"
    for sequence in ("T1", "T1 post-contrast"):
        assert f"its {sequence} (series 1) has another frame of reference" in why


@pytest.mark.shared_data
def test_a_real_study_gives_four_channels(shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "tcga_fg_6692" / "nifti"
    patient = tmp_path / "P1"
    patient.mkdir()
    for path in source.glob("*.nii.gz"):
        (patient / path.name).symlink_to(path)
    flair = sitk.ReadImage(str(source / "MRHR_FLAIR_AX.nii.gz"))
    sitk.WriteImage(sitk.Cast(flair > 400, sitk.sitkUInt8), str(patient / "outline.nii.gz"))
    data = DataConfig(root=str(tmp_path), sequences=parse_sequences("T1, T1C, T2, FLAIR"))
    found = scan(tmp_path, data)
    assert found.problems == ()
    channels, labels, grid = load_case(found.cases[0])
    assert labels is not None
    assert {channel.shape for channel in channels} == {labels.shape} == {grid.shape}
