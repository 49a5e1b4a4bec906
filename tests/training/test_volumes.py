"""Scans of several sequences that share an outline, and which file is the outline of a scan."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

from factories import phantom, write_series
from training_factories import mask_config
from tumordesk.core.data_report import DataFinding
from tumordesk.core.errors import DataError
from tumordesk.core.model_card import InputSpec
from tumordesk.core.sequence_sources import parse_sequences
from tumordesk.core.training_run import DataConfig, write_config
from tumordesk.zoo.cards import read_folder_card
from tumordesk_training.check import check_data
from tumordesk_training.cli import main
from tumordesk_training.data import DataSet
from tumordesk_training.dataset import build_cache
from tumordesk_training.layouts import scan
from tumordesk_training.nifti import load_volume
from tumordesk_training.outline_names import OF_BRAIN, rank
from volume_factories import brats, outline, scan_of, stack, write

CLASSES = ("background", "tumour")


def listed(root: Path, sequences: str = "") -> DataSet:
    return scan(root, DataConfig(root=str(root), sequences=parse_sequences(sequences)))


def finding(root: Path, sequences: str = "") -> DataFinding | None:
    data = DataConfig(root=str(root), sequences=parse_sequences(sequences))
    return next((f for f in check_data(root, data).findings if f.code == "shared_outlines"), None)


def nnunet(root: Path, channels: int = 4) -> Path:
    for patient in range(3):
        for channel in range(channels):
            scan_of(root / "imagesTr" / f"case{patient}_{channel:04d}.nii.gz", patient, channel + 1)
        outline(root / "labelsTr" / f"case{patient}.nii.gz", patient)
    return root


# One sequence of several -----------------------------------------------------------------------


def test_mixed_sequences_are_a_problem_that_says_how_to_choose(tmp_path: Path) -> None:
    found = finding(brats(tmp_path))
    assert found is not None
    assert found.severity == "problem"
    assert found.title.startswith("12 scans share 3 outlines: sequences of one study are taken")
    assert "Found are T1, T1 post-contrast, T2 and FLAIR" in found.advice
    assert "--sequences FLAIR)" in found.advice
    assert "--sequences T1,T1C,T2,FLAIR)" in found.advice
    notes = {example.keys[0].rsplit("_", 1)[1]: example.note for example in found.examples}
    assert notes["t1ce.nii"] == "T1 post-contrast"
    report = check_data(tmp_path, DataConfig(root=str(tmp_path)))
    assert report.sequences == ("T1", "T1C", "T2", "FLAIR")


@pytest.mark.parametrize(
    ("sequences", "ending"), [("FLAIR", "_flair"), ("T1", "_t1"), ("T1C=_t1ce", "_t1ce")]
)
def test_one_sequence_lists_only_its_scans(sequences: str, ending: str, tmp_path: Path) -> None:
    found = listed(brats(tmp_path), sequences)
    assert [case.image.stem.endswith(ending) for case in found.cases] == [True] * 3
    assert [case.channels for case in found.cases] == [()] * 3
    assert (found.problems, found.remarks) == ((), ())
    assert found.sequences == ("T1", "T1C", "T2", "FLAIR")
    assert len(found.groups) == 3
    assert finding(tmp_path, sequences) is None


def test_one_sequence_gives_pictures_of_one_channel_and_of_neighbours(tmp_path: Path) -> None:
    data = DataConfig(root=str(brats(tmp_path)), sequences=parse_sequences("FLAIR"), volumes=True)
    spec = InputSpec(size=(32, 32), sequence="FLAIR", channels=3, neighbours=1)
    cache = build_cache(scan(tmp_path, data).cases, data, spec, CLASSES, "segmentation")
    assert cache.images.shape == (9, 32, 32)
    assert cache.channels([1], 1).shape == (1, 3, 32, 32)


def test_a_model_of_one_sequence_is_measured_on_its_scans(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Run, publish and evaluate, in a folder of four sequences."""
    root = brats(tmp_path / "data", 6)
    config = mask_config(
        root,
        input=replace(mask_config(root).input, sequence="FLAIR"),
        data=DataConfig(root=str(root), sequences=parse_sequences("FLAIR")),
        epochs=1,
    )
    write_config(tmp_path / "config.json", config)
    run, folder = tmp_path / "run", tmp_path / "m" / "one"
    assert main(["run", str(tmp_path / "config.json"), "--out", str(run)]) == 0
    assert main(["publish", str(run), "--id", "one", "--out", str(tmp_path / "m")]) == 0
    card = read_folder_card(folder)
    assert (card.input.sequence, card.input.sequences, card.input.channels) == ("FLAIR", (), 1)
    for asked in ([], ["--sequences", "FLAIR"]):
        capsys.readouterr()
        assert main(["evaluate", str(folder), str(root), "--json", *asked]) == 0
        assert json.loads(capsys.readouterr().out)["n"] == 18
    assert main(["evaluate", str(folder), str(root), "--json", "--sequences", "T1"]) != 0
    assert "reads FLAIR, not T1" in capsys.readouterr().err


def test_a_run_on_mixed_sequences_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = brats(tmp_path / "data", 6)
    config = mask_config(root, data=DataConfig(root=str(root)), epochs=1)
    write_config(tmp_path / "config.json", config)
    assert main(["run", str(tmp_path / "config.json"), "--out", str(tmp_path / "run")]) == 0
    told = "".join(capsys.readouterr())
    assert "24 scans share 6 outlines: sequences of one study" in told


def test_numbered_channels_are_chosen_by_their_ending(tmp_path: Path) -> None:
    found = finding(nnunet(tmp_path))
    assert found is not None
    assert "end with _0000, _0001, _0002 and _0003" in found.advice
    assert "--sequences FLAIR=_0000" in found.advice
    assert "--sequences T1=_0000,FLAIR=_0001" in found.advice
    chosen = listed(tmp_path, "FLAIR=_0003")
    assert [case.image.name for case in chosen.cases] == [
        f"case{patient}_0003.nii.gz" for patient in range(3)
    ]
    assert chosen.problems == ()
    with pytest.raises(DataError, match="as in FLAIR=_0000"):
        listed(tmp_path, "FLAIR")


@pytest.mark.parametrize("key", ["channel_names", "modality"])
def test_dataset_json_names_the_numbered_channels(key: str, tmp_path: Path) -> None:
    names = {"0": "T1", "1": "T1Gd", "2": "T2w", "3": "FLAIR"}
    (nnunet(tmp_path) / "dataset.json").write_text(json.dumps({key: names}))
    data = listed(tmp_path)
    assert data.sequences == ("T1", "T1C", "T2", "FLAIR")
    assert "Found are T1, T1 post-contrast, T2 and FLAIR" in data.remarks[0].advice
    assert {case.image.name[5:] for case in listed(tmp_path, "T1C").cases} == {"_0001.nii.gz"}
    both = listed(tmp_path, "FLAIR, T1")
    assert [path.name for path in both.cases[0].channels] == [
        "case0_0003.nii.gz",
        "case0_0000.nii.gz",
    ]
    assert both.problems == ()


@pytest.mark.parametrize("text", ["[1]", "{", '{"modality": {"0": "T1", "1": "T1"}}'])
def test_a_dataset_json_that_names_nothing_is_no_harm(text: str, tmp_path: Path) -> None:
    (nnunet(tmp_path) / "dataset.json").write_text(text)
    assert listed(tmp_path).sequences == ()
    assert len(listed(tmp_path, "T1=_0000").cases) == 3


def test_two_scans_of_the_chosen_sequence_are_told(tmp_path: Path) -> None:
    brats(tmp_path, 2, ("t1", "flair", "flair_bias"))
    data = listed(tmp_path, "FLAIR")
    assert len(data.cases) == 4
    (remark,) = data.remarks
    assert (remark.severity, remark.title) == (
        "warning",
        "4 scans share 2 outlines: they are taken for cases of their own",
    )


def test_scans_of_one_outline_stay_together_where_no_name_tells_the_patient(
    tmp_path: Path,
) -> None:
    for name in ("anna", "berta"):
        for sequence in ("t1", "flair"):
            scan_of(tmp_path / name / f"{sequence}.nii.gz")
        outline(tmp_path / name / "seg.nii.gz")
    data = listed(tmp_path)
    assert [case.source for case in data.cases] == [""] * 4
    assert len(data.groups) == 2


def test_a_scan_for_each_outline_is_nothing_to_tell(tmp_path: Path) -> None:
    assert finding(brats(tmp_path, names=("flair",))) is None
    assert listed(tmp_path).sequences == ()


def test_the_sequence_is_known_where_every_scan_names_the_same(tmp_path: Path) -> None:
    brats(tmp_path, names=("flair",))
    assert check_data(tmp_path, DataConfig(root=str(tmp_path))).sequence == "FLAIR"
    scan_of(tmp_path / "more" / "scan.nii.gz")
    outline(tmp_path / "more" / "seg.nii.gz")
    assert check_data(tmp_path, DataConfig(root=str(tmp_path))).sequence == ""
    assert check_data(brats(tmp_path / "all"), DataConfig()).sequence == ""


def test_pictures_are_not_chosen_by_sequence(tmp_path: Path) -> None:
    for name in ("a", "b"):
        path = tmp_path / name / "1.png"
        path.parent.mkdir()
        sitk.WriteImage(sitk.GetImageFromArray(stack(1, 0)[0]), str(path))
    with pytest.raises(DataError, match="only scans"):
        listed(tmp_path, "FLAIR")


def test_examinations_without_the_chosen_sequence_are_told(tmp_path: Path) -> None:
    folder(tmp_path, "P1/FLAIR", "P1/T1", "P1/mask", "P3/T1", "P3/T2", "P3/mask", "P4/T1")
    folder(tmp_path / "all", "a_flair", "a_t1", "a_seg", "b_t1", "b_t2", "b_seg")
    missing = "there is no FLAIR of it"
    data = listed(tmp_path, "FLAIR")
    assert [case.key for case in data.cases] == ["P1/FLAIR.nii.gz", "all/a_flair.nii.gz"]
    assert [key for key, why in data.problems if why == missing] == [
        "P3/T1.nii.gz",
        "P4/T1.nii.gz",
        "all/b_t1.nii.gz",
    ]
    assert len(data.problems) == 3
    # Told once where a sequence of several is missing.
    both = dict(listed(tmp_path, "T1,FLAIR").problems)
    assert [key for key in both if key.startswith("P3")] == ["P3/T1.nii.gz"]


def test_a_case_without_the_chosen_channel_is_told(tmp_path: Path) -> None:
    nnunet(tmp_path, 2)
    (tmp_path / "imagesTr" / "case2_0001.nii.gz").unlink()
    data = listed(tmp_path, "FLAIR=_0001")
    assert [case.image.name for case in data.cases] == [
        "case0_0001.nii.gz",
        "case1_0001.nii.gz",
    ]
    assert data.problems == (("imagesTr/case2_0000.nii.gz", "there is no FLAIR of it"),)


# Series of DICOM studies -----------------------------------------------------------------------


def study(root: Path, name: str, **flair: Any) -> None:
    same: dict[str, Any] = {"study": name, "PatientID": f"ID {name}"}
    for number, words in enumerate(("AX T1", "AX FLAIR", "AX T1 +C")):
        tags = {"SeriesDescription": words, **same, **(flair if "FLAIR" in words else {})}
        write_series(root / name / str(number), series=words, **tags)
    image = sitk.GetImageFromArray(np.asarray(phantom() > 700, dtype=np.uint8))
    image.SetSpacing((0.9, 0.9, 5.0))
    image.SetOrigin((-20.0, -30.0, 10.0))
    sitk.WriteImage(image, str(root / name / "outline.nii.gz"))


@pytest.mark.parametrize("folder", ["masks", "Ground Truth", "tumor_masks"])
def test_label_maps_of_dicom_lie_in_folders_as_people_name_them(
    folder: str, tmp_path: Path
) -> None:
    for name in ("A1", "B2"):
        study(tmp_path, name)
        (tmp_path / name / folder).mkdir()
        drawn = tmp_path / name / "outline.nii.gz"
        drawn.rename(tmp_path / name / folder / drawn.name)
    assert {case.mask for case in listed(tmp_path, "FLAIR").cases} == {
        tmp_path / name / folder / "outline.nii.gz" for name in ("A1", "B2")
    }


def test_series_that_share_a_label_map_are_told_and_chosen(tmp_path: Path) -> None:
    study(tmp_path, "A1")
    study(tmp_path, "B2")
    found = finding(tmp_path)
    assert found is not None
    assert found.title.startswith("6 scans share 2 outlines")
    assert "Found are T1, T1 post-contrast and FLAIR" in found.advice
    chosen = listed(tmp_path, "FLAIR")
    assert [case.key for case in chosen.cases] == ["A1/1/IM0001.dcm", "B2/1/IM0001.dcm"]
    assert [case.channels for case in chosen.cases] == [(), ()]
    assert (chosen.problems, chosen.remarks) == ((), ())
    assert chosen.sequences == ("T1", "T1C", "FLAIR")


def test_a_study_without_the_chosen_sequence_is_named(tmp_path: Path) -> None:
    study(tmp_path, "A1")
    study(tmp_path, "B2", SeriesDescription="AX T2")
    chosen = listed(tmp_path, "FLAIR")
    assert [case.key for case in chosen.cases] == ["A1/1/IM0001.dcm"]
    ((key, why),) = chosen.problems
    assert key.startswith("B2/")
    assert "which was not chosen" in why


def test_a_brain_mask_beside_a_series_is_no_outline(tmp_path: Path) -> None:
    study(tmp_path, "A1")
    study(tmp_path, "B2")
    for name in ("A1", "B2"):
        drawn = tmp_path / name / "outline.nii.gz"
        (tmp_path / name / "brain_mask.nii.gz").write_bytes(drawn.read_bytes())
    (tmp_path / "B2" / "outline.nii.gz").unlink()
    data = listed(tmp_path, "FLAIR")
    assert [(c.key, c.mask) for c in data.cases] == [
        ("A1/1/IM0001.dcm", tmp_path / "A1" / "outline.nii.gz")
    ]
    assert any(key.startswith("B2/") for key, _ in data.problems)


# Outlines --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "mask", "others"),
    [
        (
            "UCSF-PDGM-000{n}_nifti/UCSF-PDGM-000{n}_FLAIR",
            "UCSF-PDGM-000{n}_nifti/UCSF-PDGM-000{n}_tumor_segmentation",
            ("UCSF-PDGM-000{n}_nifti/UCSF-PDGM-000{n}_brain_segmentation",),
        ),
        ("p{n}/p{n}_T2w", "p{n}/p{n}_seg", ("p{n}/p{n}_brain_mask",)),
        ("p{n}/p{n}", "p{n}/p{n}_mask", ("p{n}/p{n}_brainmask",)),
        ("patient{n}_date1/patient{n}_date1_T2w", "patient{n}_date1/patient{n}_date1_GroundTruth",
         ()),
        ("p{n}/t2", "p{n}/tumor", ()),
        ("all/p{n}_t2", "all/p{n}_tumor_seg", ("all/p{n}_brain_seg",)),
        ("p{n}_flair", "p{n}_seg", ()),
        (
            "sub-0{n}/anat/sub-0{n}_FLAIR",
            "derivatives/masks/sub-0{n}/anat/sub-0{n}_space-orig_label-lesion_mask",
            ("derivatives/prep/sub-0{n}/anat/sub-0{n}_desc-brain_mask",),
        ),
        (
            "sub-0{n}/ses-2/anat/sub-0{n}_ses-2_T1w",
            "derivatives/x/sub-0{n}/ses-2/anat/sub-0{n}_ses-2_label-lesion_mask",
            ("derivatives/x/sub-0{n}/ses-1/anat/sub-0{n}_ses-1_label-lesion_mask",),
        ),
    ],
)  # fmt: skip
def test_a_scan_finds_its_outline_among_others(
    image: str, mask: str, others: tuple[str, ...], tmp_path: Path
) -> None:
    for n in (1, 2):
        scan_of(tmp_path / f"{image.format(n=n)}.nii.gz", n)
        outline(tmp_path / f"{mask.format(n=n)}.nii.gz", n)
        for other in others:
            write(tmp_path / f"{other.format(n=n)}.nii.gz", np.ones((3, 40, 36), dtype=np.uint8))
    data = listed(tmp_path)
    assert [(case.image, case.mask) for case in data.cases] == [
        (tmp_path / f"{image.format(n=n)}.nii.gz", tmp_path / f"{mask.format(n=n)}.nii.gz")
        for n in (1, 2)
    ]
    assert (set(dict(data.problems).values()) <= {OF_BRAIN}, data.remarks) == (True, ())
    brain = [f"{other.format(n=n)}.nii.gz" for n in (1, 2) for other in others if rank(other) == 2]
    assert sorted(dict(data.problems)) == sorted(brain), "told, and no scan"


@pytest.mark.parametrize(
    "masks",
    [
        ("p1/p1_seg", "p1/p1_label"),
        ("derivatives/a/sub-01_label-lesion_mask", "derivatives/b/sub-01_label-lesion_mask"),
        ("derivatives/prep/sub-01_desc-brain_mask",),
        ("derivatives/a/sub-02_label-lesion_mask",),
    ],
)
def test_what_is_not_clear_is_no_outline(masks: tuple[str, ...], tmp_path: Path) -> None:
    scan_of(tmp_path / "p1" / "sub-01_FLAIR.nii.gz")
    scan_of(tmp_path / "other" / "t2.nii.gz")
    outline(tmp_path / "other" / "seg.nii.gz")
    for mask in masks:
        outline(tmp_path / f"{mask}.nii.gz")
    why = dict(listed(tmp_path).problems)["p1/sub-01_FLAIR.nii.gz"]
    assert why.startswith("it has no mask")


def folder(root: Path, *names: str) -> Path:
    """A folder of NIfTI files; what the names say is all that tells them apart."""
    for name in names:
        scan_of(root / f"{name}.nii.gz")
    return root


def pairs(root: Path) -> dict[str, str]:
    """Scan -> outline, without their endings."""
    plain = {
        case.key: case.mask.relative_to(root).as_posix()
        for case in listed(root).cases
        if case.mask is not None
    }
    return {key.split(".")[0]: mask.split(".")[0] for key, mask in plain.items()}


@pytest.mark.parametrize(
    "name",
    [
        "brain_mask", "FLAIR_brain_mask", "bet_mask", "hdbet_mask", "FLAIR_skullstrip_mask",
        "mask_brain", "wm_mask", "FLAIR_no_tumor_mask",
    ],
)  # fmt: skip
def test_a_mask_of_the_brain_is_no_outline_of_a_tumour(name: str, tmp_path: Path) -> None:
    folder(tmp_path, "P1/FLAIR", "P1/FLAIR_seg", f"P1/{name}", "P3/FLAIR", f"P3/{name}")
    data = listed(tmp_path)
    assert pairs(tmp_path) == {"P1/FLAIR": "P1/FLAIR_seg"}
    assert dict(data.problems) == {
        "P3/FLAIR.nii.gz": "it has no mask of a tumour, only one of the brain",
        f"P1/{name}.nii.gz": OF_BRAIN,
        f"P3/{name}.nii.gz": OF_BRAIN,
    }


def test_a_brain_mask_below_derivatives_is_told(tmp_path: Path) -> None:
    brain = "derivatives/hdbet/sub-01/sub-01_space-FLAIR_mask"
    folder(tmp_path, "sub-01/anat/sub-01_FLAIR", brain, "x/t2", "x/seg")
    assert pairs(tmp_path) == {"x/t2": "x/seg"}
    assert "only one of the brain" in listed(tmp_path).problems[0][1]


@pytest.mark.parametrize(
    ("outline_name", "other"),
    [
        ("FLAIR_tumor_mask", "FLAIR_mask"),
        ("tumor_mask", "FLAIR_mask"),
        ("P1_tumor_seg", "FLAIR_seg"),
        ("FLAIR_tumor", "FLAIR_bet_mask"),
        ("seg", "FLAIR_nontumor_mask"),
        ("lesion_mask", "FLAIR_no_tumor_mask"),
        ("FLAIR_seg", "FLAIR_synthseg"),
        ("FLAIR_seg", "FLAIR_mask_brain"),
        ("brain_tumor_mask", "brain_mask"),
    ],
)
def test_the_tumour_goes_before_others(outline_name: str, other: str, tmp_path: Path) -> None:
    folder(tmp_path, "P1/FLAIR", f"P1/{outline_name}", f"P1/{other}")
    assert pairs(tmp_path) == {"P1/FLAIR": f"P1/{outline_name}"}
    assert listed(tmp_path).remarks == ()


def test_the_tumour_of_another_scan_goes_before_nothing(tmp_path: Path) -> None:
    folder(tmp_path / "all", "P1_flair", "P1_seg", "P2_flair", "P2_tumor_seg", "P3_flair")
    assert pairs(tmp_path) == {"all/P1_flair": "all/P1_seg", "all/P2_flair": "all/P2_tumor_seg"}
    assert listed(tmp_path).problems == (("all/P3_flair.nii.gz", "it has no mask"),)


@pytest.mark.parametrize("name", ["FLAIR", "image"])
def test_a_scan_without_outline_does_not_get_that_of_another_patient(
    name: str, tmp_path: Path
) -> None:
    folder(tmp_path, f"P1/{name}", f"P1/{name}_seg", f"P2/{name}")
    assert pairs(tmp_path) == {f"P1/{name}": f"P1/{name}_seg"}
    assert listed(tmp_path).problems == ((f"P2/{name}.nii.gz", "it has no mask"),)


def test_the_empty_outline_of_a_scan_without_tumour_is_its_outline(tmp_path: Path) -> None:
    folder(tmp_path, "1_no_tumor", "1_no_tumor_mask", "2_tumor", "2_tumor_mask")
    assert pairs(tmp_path) == {"1_no_tumor": "1_no_tumor_mask", "2_tumor": "2_tumor_mask"}


@pytest.mark.parametrize(
    ("scans", "outlines", "others"),
    [
        ("images", "masks", ("brain_masks",)),
        ("images", "masks", ("Segmentation_maps",)),
        ("images", "tumor_masks", ("brain_masks",)),
        ("images", "tumor_masks", ("masks",)),
        ("imgs", "tumor_masks", ()),
        ("train_images", "train_masks", ()),
    ],
)
def test_folders_of_outlines_are_known_by_any_usual_name(
    scans: str, outlines: str, others: tuple[str, ...], tmp_path: Path
) -> None:
    for name in (scans, outlines, *others):
        folder(tmp_path / name, "P1", "P2")
    assert pairs(tmp_path) == {f"{scans}/{p}": f"{outlines}/{p}" for p in ("P1", "P2")}
    assert (listed(tmp_path).problems, listed(tmp_path).remarks) == ((), ())


def test_outlines_of_two_parts_are_not_mixed_up(tmp_path: Path) -> None:
    for part in ("train", "test"):
        folder(tmp_path, f"{part}_images/1", f"{part}_masks/1")
    assert pairs(tmp_path) == {f"{part}_images/1": f"{part}_masks/1" for part in ("train", "test")}


@pytest.mark.parametrize("name", ["Tumor Segmentation", "GT_001"])
def test_scans_beside_their_outlines_stay_scans_in_a_folder_named_so(
    name: str, tmp_path: Path
) -> None:
    folder(tmp_path, f"{name}/P1", f"{name}/P1_mask", "other/P2", "other/P2_mask")
    assert pairs(tmp_path) == {f"{name}/P1": f"{name}/P1_mask", "other/P2": "other/P2_mask"}


@pytest.mark.parametrize("name", ["predictions", "predsTs", "predictions/fold_0"])
def test_predictions_are_neither_scans_nor_outlines(name: str, tmp_path: Path) -> None:
    folder(tmp_path, "images/P1", "masks/P1", "images/P2", f"{name}/P1", f"{name}/P2")
    assert pairs(tmp_path) == {"images/P1": "masks/P1"}
    told = dict(listed(tmp_path).problems)
    assert told["images/P2.nii.gz"] == "it has no mask"
    assert "predictions" in told[f"{name}/P2.nii.gz"]


def test_a_data_set_for_predictions_is_read(tmp_path: Path) -> None:
    folder(tmp_path, "survival_prediction/P1/flair", "survival_prediction/P1/seg", "x/t2", "x/seg")
    assert len(pairs(tmp_path)) == 2


def test_a_scan_that_is_called_tumour_stays_a_scan(tmp_path: Path) -> None:
    """Only its mask, or that nothing lies beside it, tells it from an outline."""
    for name in ("p1_tumor", "p2_healthy"):
        scan_of(tmp_path / "images" / f"{name}.nii.gz")
        outline(tmp_path / "masks" / f"{name}.nii.gz")
        scan_of(tmp_path / "beside" / f"{name}.nii.gz")
        outline(tmp_path / "beside" / f"{name}_mask.nii.gz")
    data = listed(tmp_path)
    assert sorted(case.key for case in data.cases) == [
        f"{folder}/{name}.nii.gz"
        for folder in ("beside", "images")
        for name in ("p1_tumor", "p2_healthy")
    ]
    assert data.remarks == ()


@pytest.mark.parametrize("name", ["flair.nii", "flair.nii.gz"])
def test_a_file_that_was_cut_off_is_told_and_not_filled_up(name: str, tmp_path: Path) -> None:
    for seed, patient in enumerate(("P1", "P2", "P3")):
        scan_of(tmp_path / patient / name, seed)
        outline(tmp_path / patient / "mask.nii.gz", seed)
    for file in (tmp_path / "P1" / name, tmp_path / "P2" / "mask.nii.gz"):
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    told = next(
        one for one in check_data(tmp_path, DataConfig()).findings if one.code == "unreadable"
    )
    notes = {example.keys[0]: example.note for example in told.examples}
    assert set(notes) == {f"P1/{name}", f"P2/{name}"}
    assert notes[f"P1/{name}"].startswith(f"{name} is cut off: ")
    assert notes[f"P2/{name}"].startswith("mask.nii.gz is cut off: ")


def test_a_gzip_file_of_several_members_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "a.nii.gz"
    write(file, np.arange(8 * 40 * 36, dtype=np.int16).reshape(8, 40, 36))
    plain = gzip.decompress(file.read_bytes())
    half = len(plain) // 2
    file.write_bytes(gzip.compress(plain[:half]) + gzip.compress(plain[half:]))
    voxels, _ = load_volume(file)
    assert voxels.max() == 8 * 40 * 36 - 1
    file.write_bytes(gzip.compress(plain[:half]) + gzip.compress(plain[half:-4096]))
    with pytest.raises(DataError, match="cut off: 4 KB"):
        load_volume(file)
