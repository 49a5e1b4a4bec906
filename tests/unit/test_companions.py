"""Which series are read together: every rule, and the reason where one is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from inference_fakes import make_series, make_volume
from several_factories import several_card
from tumordesk.core.geometry import Geometry, Verdict, affine_from
from tumordesk.core.study import Sequence, SequenceGuess, Series
from tumordesk.imaging.sequence import guess_from_name
from tumordesk.inference import file_names
from tumordesk.inference.companions import Companions, companions_of, reached
from tumordesk.inference.fitting import best_series, hopeless
from tumordesk.inference.preflight import preflight

GEOMETRY = make_volume((20, 200, 200), spacing=(5.0, 1.0, 1.0))[0].geometry
CARD = several_card()


def one(sequence: str, number: int, **changes: Any) -> Series:
    values = {
        "key": f"key{number}", "uid": f"1.{number}", "number": number, "description": "secret",
        "guess": SequenceGuess(Sequence(sequence), "test"), "frame_of_reference_uid": "1.9",
    }  # fmt: skip
    return make_series(changes.pop("geometry", GEOMETRY), **(values | changes))


def file(name: str, sequence: str, number: int, **changes: Any) -> Series:
    changes = {"kind": "nifti", "modality": "", "frame_of_reference_uid": ""} | changes
    return one(sequence, number, description=name, **changes)


T1, FLAIR, T1C, T2 = one("T1", 1), one("FLAIR", 2), one("T1C", 3), one("T2", 4)
STUDY = (T2, T1C, T1, FLAIR)


def found(together: Companions) -> dict[str, int | None]:
    return {name: series.number for name, series in together.found.items()}


def reason(*study: Series, active: Series = T1) -> str:
    together = companions_of(active, study, CARD)
    assert "secret" not in together.refusal
    return together.refusal


@pytest.mark.parametrize("active", [T1, FLAIR, T1C])
def test_any_of_the_sequences_may_be_the_active_one(active: Series) -> None:
    together = companions_of(active, STUDY, CARD)
    assert found(together) == {"T1": 1, "FLAIR": 2, "T1C": 3}
    assert list(together.found) == list(CARD.input.sequences)
    assert (together.missing, together.refusal, together.names_differ) == ({}, "", False)


def test_one_sequence_needs_nothing_beside_it() -> None:
    card = several_card(sequences=(), channels=1)
    assert companions_of(T2, STUDY, card) == Companions()


def test_what_is_missing_is_named() -> None:
    together = companions_of(T1, (T1, T2), CARD)
    assert set(together.missing) == {"FLAIR", "T1C"}
    assert together.refusal == (
        "Several reads T1 + FLAIR + T1 post-contrast together: there is no FLAIR series in this "
        "study; there is no T1 post-contrast series in this study."
    )


def test_the_active_series_must_be_one_of_them() -> None:
    assert "this series looks like T2" in reason(*STUDY, active=T2)
    unknown = one("unknown", 9)
    assert "could not be told" in reason(*STUDY, active=unknown)
    assert "is in colour" in reason(*STUDY, active=replace(T1, colour=True))


def test_frames_of_reference() -> None:
    other = replace(FLAIR, frame_of_reference_uid="1.8")
    assert "its FLAIR (series 2) has another frame of reference" in reason(T1, other, T1C)
    unknown = replace(FLAIR, frame_of_reference_uid="")
    assert reason(T1, unknown, T1C) == ""
    assert found(companions_of(T1, (other, unknown, T1C), CARD))["FLAIR"] == 2


def test_positions() -> None:
    unplaced = replace(GEOMETRY, affine=None)
    assert "its FLAIR (series 2) does not say where it lies" in reason(
        replace(FLAIR, geometry=unplaced), T1C
    )
    active = replace(T1, geometry=unplaced)
    assert "says where it lies, but this series does not" in reason(FLAIR, T1C, active=active)
    both = [replace(series, geometry=unplaced) for series in (FLAIR, T1C)]
    assert reason(*both, active=active) == ""
    smaller = replace(FLAIR, geometry=Geometry((19, 200, 200)))
    assert "another number of slices or pixels" in reason(smaller, both[1], active=active)


def test_slices_at_other_places_are_not_taken_for_the_same() -> None:
    def gap(after: int) -> Geometry:
        places = tuple(float(5 * (i + (i > after))) for i in range(20))
        return replace(GEOMETRY, affine=None, verdict=Verdict.GAP, slice_positions_mm=places)

    active, t1c = replace(T1, geometry=gap(3)), replace(T1C, geometry=gap(3))
    assert reason(replace(FLAIR, geometry=gap(3)), t1c, active=active) == ""
    assert "at other places" in reason(replace(FLAIR, geometry=gap(9)), t1c, active=active)


def turned(plane: str) -> Geometry:
    axes = {"sagittal": [[1, 0, 0], [0, 0, 1], [0, -1, 0]]}[plane]
    return Geometry(
        (60, 120, 200), (1.0, 1.0), 3.0,
        affine_from((-90.0, -80.0, 100.0), axes, (3.0, 1.0, 1.0)), None, Verdict.OK,
    )  # fmt: skip


def test_the_same_plane_is_preferred_then_what_people_came_for() -> None:
    sagittal = one("FLAIR", 1, key="sagittal", geometry=turned("sagittal"))
    assert sagittal.geometry.plane == "sagittal"
    later = replace(FLAIR, key="later", number=7)
    assert found(companions_of(T1, (sagittal, later, FLAIR, T1C), CARD))["FLAIR"] == 2
    assert companions_of(T1, (sagittal, T1C), CARD).found["FLAIR"] is sagittal


def test_a_slab_that_reaches_little_is_no_companion() -> None:
    slab = replace(GEOMETRY, shape=(6, 200, 200))
    assert reached(slab, GEOMETRY) == pytest.approx(0.3)
    assert reached(GEOMETRY, slab) == 1.0
    few = replace(FLAIR, key="few", number=1, geometry=slab)
    assert "covers less than half" in reason(few, T1C)
    assert found(companions_of(T1, (few, FLAIR, T1C), CARD))["FLAIR"] == 2


def test_pictures_and_colours() -> None:
    picture = make_series(
        Geometry((1, 64, 64)), kind="picture", modality="", colour=True,
        guess=SequenceGuess(Sequence.UNKNOWN, "test"),
    )  # fmt: skip
    assert "has no other sequences beside it" in reason(active=picture)
    colours = several_card(source_channels=(0, 1, 2))
    together = companions_of(picture, (), colours)
    assert together.own_colours
    assert together.refusal == ""
    grey = companions_of(replace(picture, colour=False), (), colours)
    assert "not in colour" in grey.refusal
    assert "is a picture or in colour" in reason(replace(FLAIR, colour=True), T1C)


def test_files_of_another_patient_in_the_folder_are_not_taken() -> None:
    kinds = {"t1n": "T1", "t2f": "FLAIR", "t1c": "T1C", "seg": "unknown"}
    folder = [
        file(f"BraTS-GLI-{patient}-000-{word}.nii.gz", kind, 500 + 10 * index + place)
        for index, patient in enumerate(("00000", "00002"))
        for place, (word, kind) in enumerate(kinds.items())
    ]
    for index in range(2):
        together = companions_of(folder[4 * index], folder, CARD)
        assert {n // 10 for n in found(together).values()} == {50 + index}
        assert not together.names_differ
    lacking = [series for series in folder if series.number != 511]
    assert "its FLAIR (series 501) belongs to another T1 by its file name" in reason(
        *lacking, active=folder[4]
    )


def test_names_that_differ_are_told() -> None:
    files = [file("P1_T1.nii", "T1", 1), file("P2_FLAIR.nii", "FLAIR", 2)]
    files += [file("P1_T1ce.nii", "T1C", 3)]
    assert companions_of(files[0], files, CARD).names_differ
    codes = {w.code for w in preflight(files[0], CARD, files)}
    assert "names" in codes
    plain = [file("T1_AX.nii", "T1", 1), file("MRHR_FLAIR_AX.nii", "FLAIR", 2)]
    plain += [file("MRHR_T1_AX_POST_GAD.nii", "T1C", 3)]
    assert not companions_of(plain[0], plain, CARD).names_differ


def folder_of(names: str) -> dict[str, Series]:
    """Files of one folder by their names, as a scan would guess them."""
    return {
        name: file(f"{name}.nii.gz", guess_from_name(name).sequence.value, number)
        for number, name in enumerate(names.split(), 500)
    }


def told(active: str, names: str) -> str:
    """'names' where the names raise that doubt, else why the model cannot run, else nothing."""
    files = folder_of(names)
    together = companions_of(files[active], files.values(), CARD)
    assert not any(name in together.refusal for name in files)
    return together.refusal or ("names" if together.names_differ else "")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("anna_flair anna_t1 berta_t1 berta_t1c", "belongs to another"),
        ("Müller_flair Möller_t1 Müller_t1c", "names"),
        ("王_flair 李_t1 李_flair 王_t1c 李_t1c", "belongs to another FLAIR"),
        ("राम_flair रमा_t1 राम_t1c", "names"),
        ("anna_flair P2_t1 P2_t1c", "belongs to another patient"),
        ("P1FLAIR P2T1 P1_T1c", "names"),
        ("01_02_flair 02_01_t1 01_02_t1c", "names"),
        ("anna_flair t1 anna_t1c", "names"),
    ],
)
def test_files_of_several_patients_are_never_put_together_unsaid(names: str, expected: str) -> None:
    active = names.split()[0]
    said = told(active, names)
    assert said == expected if expected == "names" else expected in said
    files = folder_of(names)
    doubts = preflight(files[active], CARD, files.values())
    assert hopeless(doubts) is not None
    for word in ("anna", "Müller", "王"):
        assert word not in " ".join(doubt.message for doubt in doubts)


@pytest.mark.parametrize(
    "names",
    [
        "MRHR_FLAIR_AX T1_AX MRHR_T1_AX_POST_GAD MRHR_T2_AX",
        "李_flair 王_flair 李_t1 王_t1 李_t1c 王_t1c",
        "01_02_t1 02_01_t1 02_01_flair 01_02_flair 02_01_t1c 01_02_t1c",
        "BraTS-GLI-00000-000-t1n BraTS-GLI-00000-000-t2f BraTS-GLI-00000-000-t1c",
        "sub-01_T1w sub-01_FLAIR sub-01_ce-gadolinium_T1w sub-02_T1w sub-02_FLAIR",
        "anna_3dt1_sag anna_t1+c anna_flair_tra",
    ],
)
def test_names_that_differ_in_sequence_and_plane_alone_raise_no_doubt(names: str) -> None:
    active = names.split()[0]
    assert told(active, names) == ""


@pytest.mark.parametrize(
    ("names", "differ"),
    [
        ("anna_t1_20190304_4 anna_flair_20190304_5 anna_t1c_20190304_11", False),
        ("exam_t1_004 exam_flair_005 exam_t1c_011", False),
        ("4_T1 5_FLAIR 11_T1C", True),
        ("T1_4 FLAIR_5 T1C_11", True),
        ("patient_4_T1 patient_5_FLAIR patient_11_T1C", True),
        ("anna_t1_4 anna_flair_6 anna_t1c_11", True),
    ],
)
def test_the_series_number_of_the_json_file_says_nothing_of_the_patient(
    names: str, differ: bool
) -> None:
    files = [
        file(f"{name}.nii.gz", guess_from_name(name).sequence.value, number)
        for name, number in zip(names.split(), (4, 5, 11), strict=True)
    ]
    assert companions_of(files[0], files, CARD).names_differ is differ


@pytest.mark.parametrize(
    "names", ["2_T1 2_FLAIR 3_T1 3_FLAIR", "p_t1_2 p_flair_2 p_t1_3 p_flair_3"]
)
def test_a_series_number_that_is_a_patients_too_mixes_no_patients(names: str) -> None:
    card = several_card(sequences=("T1", "FLAIR"), channels=2)
    files = [
        file(f"{name}.nii.gz", guess_from_name(name).sequence.value, number)
        for name, number in zip(names.split(), (2, 5, 5, 3), strict=True)
    ]
    for first, other in ((0, 1), (2, 3)):
        together = companions_of(files[first], files, card)
        assert [one.description for one in together.found.values()] == [
            files[first].description, files[other].description,
        ]  # fmt: skip
    alone = [files[0], files[3]]
    together = companions_of(alone[0], [*alone, files[2]], card)
    assert together.refusal or together.names_differ


def test_two_examinations_of_one_name_raise_a_doubt() -> None:
    card = several_card(sequences=("T1", "FLAIR"), channels=2)
    names = {"P1_T1_4": 4, "P1_FLAIR_5": 5, "P1_T1_5": 5, "P1_FLAIR_6": 6}
    files = [
        file(f"{name}.nii.gz", guess_from_name(name).sequence.value, number, key=name)
        for name, number in names.items()
    ]
    for active in files:
        assert companions_of(active, files, card).names_differ
    assert not companions_of(files[0], files[:2], card).names_differ


def test_a_subtraction_that_the_json_file_names_is_no_sequence() -> None:
    t1, flair = file("a_t1.nii", "T1", 500), file("a_flair.nii", "FLAIR", 501)
    for extra in ({"told": "T1 post - pre SUB"}, {"calculated": True}):
        t1c = file("a_7.nii", "T1C", 502, extra=extra)
        assert "is calculated from others" in reason(t1, flair, t1c, active=t1)


def test_of_thousands_of_files_one_is_found_soon() -> None:
    files = [file(f"p{n}_t1.nii", "T1", 5000 + n) for n in range(1500)]
    files += [file(f"p{n}_flair.nii", "FLAIR", 9000 + n) for n in range(1500)]
    card = several_card(sequences=("T1", "FLAIR"), channels=2)
    asked = 0
    original = file_names.shared

    def counting(first: Series, other: Series) -> tuple[int, bool]:
        nonlocal asked
        asked += 1
        return original(first, other)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(file_names, "shared", counting)
        together = companions_of(files[700], files, card)
        assert together.found["FLAIR"].description == "p700_flair.nii"
        alone = companions_of(file("other_t1.nii", "T1", 1), files, card)
    assert alone.refusal
    assert asked < 100_000


def test_files_of_one_patient_come_before_those_of_another() -> None:
    files = folder_of("李_t1 王_flair 李_flair 王_t1c 李_t1c")
    together = companions_of(files["李_t1"], files.values(), CARD)
    assert [one.description[0] for one in together.found.values()] == ["李", "李", "李"]


@pytest.mark.parametrize(
    "changes",
    [{"extra": {"derived": True, "calculated": True}}, {"description": "SUB T1 POST"}],
)
def test_a_subtraction_is_no_sequence(changes: dict[str, Any]) -> None:
    subtraction = replace(T1C, key="sub", number=1, **changes)
    assert found(companions_of(T1, (subtraction, FLAIR, T1C), CARD))["T1C"] == 3
    assert "its T1 post-contrast (series 1) is calculated from others (a sub" in reason(
        subtraction, FLAIR
    )
    assert "this series is calculated" in reason(T1, FLAIR, active=subtraction)


def test_what_was_measured_comes_before_what_was_made_of_it() -> None:
    reformat = replace(T1C, key="mpr", number=1, extra={"derived": True, "calculated": False})
    assert found(companions_of(T1, (reformat, FLAIR, T1C), CARD))["T1C"] == 3
    assert found(companions_of(T1, (reformat, FLAIR), CARD))["T1C"] == 1


def test_names_of_subtractions_and_of_subjects() -> None:
    for name, expected in (
        ("sub-01_T1w", False), ("sub-T1-post", True), ("T1w_SUB", True), ("sub_ax_t1", True),
    ):  # fmt: skip
        assert file_names.calculated(file(f"{name}.nii", "T1", 1)) is expected


def test_a_colour_map_of_a_scanner_is_no_composite() -> None:
    card = several_card(source_channels=(0, 1, 2))
    colour_map = one("unknown", 5, description="rCBV colour", colour=True)
    doubts = preflight(colour_map, card, (colour_map, FLAIR))
    assert {"sequences", "colour"} <= {doubt.code for doubt in doubts}
    worst = hopeless(doubts)
    assert worst is not None
    assert worst.code == "sequences"
    assert not companions_of(colour_map, (colour_map, FLAIR), card).own_colours


def test_an_outline_is_no_sequence() -> None:
    outline = file("flair_seg.nii", "FLAIR", 2)
    assert "no FLAIR series" in reason(outline, T1C, active=file("t1.nii", "T1", 1))


def test_preflight_tells_and_the_batch_leaves_it_out() -> None:
    assert {w.code for w in preflight(T1, CARD, STUDY)} == set()
    doubts = preflight(FLAIR, CARD, (FLAIR, T1))
    assert [w.code for w in doubts] == ["sequences"]
    assert "no T1 post-contrast series" in doubts[0].message
    assert hopeless(doubts) is doubts[0]
    picture = make_series(Geometry((1, 512, 512)), kind="picture", modality="", colour=True)
    told = preflight(picture, several_card(source_channels=(0, 1, 2)))
    assert [w.code for w in told] == ["picture"]
    assert "a T1 + FLAIR" in told[0].message or "an axial T1 + FLAIR" in told[0].message


def test_the_series_with_all_it_needs_is_the_best() -> None:
    assert best_series(STUDY, CARD, lambda _: STUDY).number == 1
    studies = {"key1": (T1,), "key2": STUDY, "key3": (T1C,), "key4": (T2,)}
    assert best_series(STUDY, CARD, lambda series: studies[series.key]).number == 2
