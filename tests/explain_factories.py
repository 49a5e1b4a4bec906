"""Random but consistent findings, for tests of explanations."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import numpy as np

from panel_fakes import provenance
from tumordesk.core.activation import Focus, Unlikeness
from tumordesk.core.activation import Verdict as FocusVerdict
from tumordesk.core.change import Change
from tumordesk.core.finding import (
    AnalysisResult,
    Classification,
    Diameter,
    Lesion,
    Measurements,
    SliceProbabilities,
)
from tumordesk.core.geometry import Geometry, Verdict
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.study import Instance, Patient, Sequence, SequenceGuess, Series, Study
from tumordesk.core.study_findings import StudyFindings
from tumordesk.core.volume import Volume

NAME, PATIENT_ID = "Quixote^Alonso", "PID-77423"
_SETS = (
    (("glioma", "meningioma", "pituitary", "no_tumor"),
     ("Glioma", "Meningioma", "Pituitary tumour", "No tumour")),
    (("no_tumour", "tumour"), ("No tumour", "Tumour")),
    (("no_tumor", "glioma"), ("No tumour", "Glioma")),
    (("type_a", "type_b", "type_c"), ("Type 1 lesion", "Type 2 lesion", "Other")),
    (("meningioma", "glioma", "astro"), ("Meningioma", "Glioma", "Astrocytoma")),
)  # fmt: skip
_REFUSED = {
    Verdict.NO_MM: "No millimetres: the file does not give the size of its pixels.",
    Verdict.FLAT: "No volume: the slices have no usable position along the stack.",
    Verdict.SINGLE: "No volume: there is only one slice.",
}
_WARNINGS = (
    "This is a CT; Tumour type was trained on MR only.",
    "This looks like T2 ('t2' in the name); Tumour type was trained on T1 post-contrast.",
    "Slices are 12.5 mm apart: small tumours between them are missed and volumes are rough.",
    "The series has only 3 slices: intensities are judged on little.",
    "The image has only 48 x 48 pixels; Tumour type was trained on 224 x 224.",
    "The field of view is 71 x 64 mm, which is not that of a head.",
    "Slices 4, 7, … could not be decoded and were not looked at: a tumour there is missed.",
    "All 24 slices were read, because nothing is outlined: the model was trained on others.",
    "Something new that nobody has words for, 42 times.",
)
_NOTES = (
    "Slices are missing: the volume is an estimate, area times local slice distance.",
    "2 small areas are outlined, but too small to be listed as a lesion.",
)
_DOUBTS = (
    "Another slice distance: 5.0 mm then, 1.0 mm now.",
    "Another model: a 1.0 then, b 2.0 now.",
    "Another sequence: FLAIR then, T1 now.",
    "Another plane: axial then, coronal now.",
    "It is not known whether both series are of the same sequence.",
    "No lesion of the earlier study is 10 mm or more in both directions, as RANO asks for.",
    "Pixels of another size: 0.45 mm then, 0.94 mm now.",
    "A volume is an estimate: slices are missing or unevenly spaced.",
)
_PLACES = ("front upper", "back lower left", "upper", "front", "middle", None)


def random_findings(seed: int) -> StudyFindings:
    """Findings of a series that could be; the same for the same seed."""
    dice = random.Random(seed)
    series = _series(dice)
    measured = None if dice.random() < 0.08 else _measurements(dice, series.geometry)
    mask = np.zeros((1, 1, 1), np.uint8)
    if measured is not None:
        mask[:] = 1 if measured.voxels else 0
    outline = None
    if measured is not None:
        outline = Segmentation(mask, Geometry((1, 1, 1)), (Segment(1, "Tumour"),), series.uid)
    made = AnalysisResult(_provenance(dice, "t1c-tumour", "1.1"), outline, measured)
    classifications = tuple(
        _classification(dice, series.slices, name)
        for name in ("tumour-type", "my-net.2", "b0-17")[: dice.choice((0, 1, 1, 2, 3))]
    )
    mine = dice.random() < 0.2
    return StudyFindings(
        series=series,
        volume=Volume(np.zeros((1, 1, 1), np.int16), Geometry((1, 1, 1)), series.uid),
        patient=Patient(PATIENT_ID, NAME, ()),
        study=Study("1.2.840.99", "2024-05-06", "MR head", (series,)),
        outline=outline,
        origin="mine" if mine else "ai",
        made_by=None if outline is None or (mine and dice.random() < 0.5) else made,
        measurements=measured,
        classifications=classifications,
        foci={r.provenance.model_id: _focus(dice) for r in classifications if dice.random() < 0.7},
        change=_change(dice) if measured is not None and dice.random() < 0.5 else None,
    )


def _series(dice: random.Random) -> Series:
    verdict = dice.choice(list(Verdict))
    slices = 1 if verdict is Verdict.SINGLE else dice.randint(2, 180)
    known = verdict is not Verdict.NO_MM
    geometry = Geometry(
        (slices, 256, 256),
        (0.9, 0.9) if known else None,
        dice.uniform(0.5, 12) if verdict in (Verdict.OK, Verdict.SHEARED) else None,
        verdict=verdict,
    )
    return Series(
        key="s",
        uid="1.2.840.113619.2.5",
        kind="dicom",
        number=4,
        modality="MR",
        description=f"AX {NAME}",
        guess=SequenceGuess(dice.choice(list(Sequence)), "'t1' in the name"),
        geometry=geometry,
        instances=(Instance(Path(f"{NAME}.dcm")),),
    )


def _measurements(dice: random.Random, geometry: Geometry) -> Measurements:
    refused = _REFUSED.get(geometry.verdict)
    sentences = () if refused is None else (refused,)
    if dice.random() < 0.15:
        return Measurements((), None if refused else 0.0, 0, (), 0.0, 0.0, sentences)
    sizes = sorted((10 ** dice.uniform(0.3, 5.5) for _ in range(dice.randint(1, 7))), reverse=True)
    oriented = dice.random() < 0.8
    lesions = tuple(
        _lesion(dice, number, size, geometry, sentences, oriented)
        for number, size in enumerate(sizes, start=1)
    )
    first = min(one.slice_range[0] for one in lesions)
    last = max(one.slice_range[1] for one in lesions)
    return Measurements(
        lesions=lesions,
        volume_mm3=None if refused else sum(one.volume_mm3 or 0.0 for one in lesions),
        voxels=sum(one.voxels for one in lesions),
        tumour_slices=tuple(range(first, last + 1)),
        share_of_slices=(last - first + 1) / geometry.shape[0],
        share_of_pixels=10 ** dice.uniform(-4.5, -0.5),
        refused=sentences,
        notes=tuple(dice.sample(_NOTES, dice.randint(0, 2))),
    )


def _lesion(
    dice: random.Random,
    number: int,
    mm3: float,
    geometry: Geometry,
    refused: tuple[str, ...],
    oriented: bool,
) -> Lesion:
    first = dice.randrange(geometry.shape[0])
    last = dice.randrange(first, geometry.shape[0])
    middle = dice.randint(first, last)
    long_mm = mm3 ** (1 / 3) * dice.uniform(1.2, 2.2)
    known = geometry.pixel_spacing_mm is not None

    def diameter(mm: float) -> Diameter:
        return Diameter(middle, (90.0, 100.0), (110.0, 140.0), mm / 0.9, mm if known else None)

    return Lesion(
        number=number,
        segment=1,
        voxels=max(1, int(mm3)),
        volume_mm3=None if refused else mm3,
        longest=diameter(long_mm),
        perpendicular=diameter(long_mm * dice.uniform(0.3, 1.0)) if dice.random() < 0.95 else None,
        slice_range=(first, last),
        largest_slice=middle,
        centroid=(float(middle), 101.0, 118.0),
        side=dice.choice(("left", "right", "both", None)) if oriented else None,
        refused=refused,
        location=dice.choice(_PLACES) if oriented else None,
    )


def _provenance(dice: random.Random, name: str, version: str):
    return provenance(
        name,
        model_version=version,
        model_sha256=f"{dice.getrandbits(256):064x}",
        warnings=tuple(dice.sample(_WARNINGS, dice.randint(0, 4))),
        notes=("Out of memory on GPU: batch reduced to 4.",),
    )


def _classification(dice: random.Random, slices: int, name: str) -> AnalysisResult:
    classes, labels = dice.choice(_SETS)
    raw = [dice.random() ** dice.choice((1, 8)) + 1e-6 for _ in classes]
    values = tuple(value / sum(raw) for value in raw)
    read = tuple(range(min(slices, 12)))
    unlike = None
    if dice.random() < 0.5:
        unlike = Unlikeness(dice.uniform(0, 9), 4.5, "distance", "unlike by 7.25")
    found = Classification(
        classes,
        labels,
        values,
        tuple(SliceProbabilities(i, values) for i in read),
        tuple(dice.sample(read, min(3, len(read)))),
        unlike,
    )
    return AnalysisResult(_provenance(dice, name, "2.0.1"), classification=found)


def _focus(dice: random.Random) -> Focus:
    verdicts: tuple[FocusVerdict, ...] = ("inside", "partly", "elsewhere", "unknown")
    inside = dice.random()
    return Focus(inside, dice.random(), 0.1, dice.choice(verdicts), "saw 33 % of it")


def _change(dice: random.Random) -> Change:
    before, after = 10 ** dice.uniform(2, 5), 10 ** dice.uniform(2, 5)
    percent = dice.choice((100 * (after / before - 1), 0.0, dice.uniform(-9, 9)))
    p_before, p_after = 10 ** dice.uniform(1, 3.6), 10 ** dice.uniform(1, 3.6)
    made = Change(
        earlier_date="2023-11-02",
        later_date="2024-05-06",
        earlier_series="AX T1",
        volume_before_mm3=before,
        volume_after_mm3=after,
        volume_percent=percent,
        product_before_mm2=p_before,
        product_after_mm2=p_after,
        product_percent=100 * (p_after / p_before - 1),
        thresholds=("RANO: product of the diameters +25 % or more", "Volume: +40 % or more"),
        refused=("No product: no spacing.",) if dice.random() < 0.2 else (),
        doubts=tuple(dice.sample(_DOUBTS, 2)),
    )
    if dice.random() < 0.3:
        made = replace(made, volume_before_mm3=None, volume_percent=None)
    if dice.random() < 0.3:
        made = replace(made, product_percent=None)
    return replace(made, earlier_date="") if dice.random() < 0.2 else made
