"""Evaluations with known figures, for tests of the results page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tumordesk.core.evaluation import (
    CalibrationBin,
    CaseResult,
    ClassFigures,
    Evaluation,
    Interval,
)

CLASSES = ("glioma", "meningioma", "pituitary", "no_tumor")
CONFUSION = ((18, 2, 0, 0), (3, 15, 1, 1), (0, 0, 19, 1), (0, 1, 0, 9))
WARNING = (
    "No patients are known in this data: pictures of one patient may be on both sides of the "
    "split, and the figures then flatter the model."
)


def classification(**changes: Any) -> Evaluation:
    """Seventy pictures of four classes, 61 of them right."""
    made = Evaluation(
        task="classification",
        model="Tumour type",
        architecture="mobilenet",
        part="test",
        pictures=70,
        group_count=70,
        classes=CLASSES,
        split_id="a" * 64,
        split_method="group",
        figures={
            "accuracy": Interval(61 / 70, 0.786, 0.943),
            "balanced_accuracy": Interval(0.875, 0.79, 0.944),
            "macro_f1": Interval(0.871, 0.784, 0.94),
            "auc": Interval(0.968, 0.933, 0.991),
            "ece": Interval(0.052, 0.031, 0.11),
        },
        confusion=CONFUSION,
        class_figures=tuple(_class(i) for i in range(4)),
        calibration=tuple(
            CalibrationBin(0.4 + 0.1 * i, 0.5 + 0.1 * i, 5 + 6 * i, 0.45 + 0.1 * i, 0.5 + 0.08 * i)
            for i in range(6)
        ),
        cases=tuple(_cases()),
        warnings=(WARNING,),
        device="CPU",
        software="tumordesk 0.2.0",
        date="2026-11-21",
    )
    return replace(made, **changes)


def _class(index: int) -> ClassFigures:
    table = np.array(CONFUSION)
    hits, wanted, said = table[index, index], table[index].sum(), table[:, index].sum()
    curve = tuple((x, min(1.0, (x + 0.02) ** (0.12 + 0.05 * index))) for x in _steps())
    return ClassFigures(
        CLASSES[index],
        int(wanted),
        float(hits / said),
        float(hits / wanted),
        float(2 * hits / (wanted + said)),
        0.98 - 0.01 * index,
        ((0.0, 0.0), *curve, (1.0, 1.0)),
    )


def _steps() -> tuple[float, ...]:
    return tuple(float(x) for x in np.linspace(0.0, 1.0, 25))


def _cases() -> list[CaseResult]:
    cases = []
    for truth, row in enumerate(CONFUSION):
        for said, count in enumerate(row):
            for number in range(count):
                key = f"{CLASSES[truth]}/{CLASSES[truth]}_{said}_{number:02d}.png"
                sure = 0.97 - 0.01 * number
                rest = (1 - sure) / 3
                shares = tuple(sure if i == said else rest for i in range(4))
                cases.append(CaseResult(key, key, CLASSES[truth], CLASSES[said], shares))
    return cases


def segmentation(patients: int = 14, **changes: Any) -> Evaluation:
    """Patients P00, P01, … with four pictures each; Dice grows with the number."""
    names = [f"P{i:02d}" for i in range(patients)]
    dice = {name: min(0.96, 0.52 + 0.035 * i) for i, name in enumerate(names)}
    cases = tuple(
        CaseResult(
            key=f"{name}/slice_{k}.png",
            group=name,
            dice=None if k == 0 else round(min(1.0, dice[name] + 0.01 * k), 3),
            iou=None if k == 0 else 0.7,
            hd95_px=None if k == 0 else 4.5,
            true_px=0 if k == 0 else 400 + 10 * k,
            found_px=0 if k == 0 else 380 + 12 * k,
        )
        for name in names
        for k in range(4)
    )
    made = Evaluation(
        task="segmentation",
        model="FLAIR glioma",
        architecture="unet-resnext50",
        part="test",
        pictures=4 * patients,
        group_count=patients,
        classes=("background", "tumour"),
        split_id="b" * 64,
        split_method="group",
        figures={
            "dice_mean": Interval(0.748, 0.671, 0.812),
            "dice_by_image_mean": Interval(0.731, 0.66, 0.79),
            "iou_mean": Interval(0.62, 0.54, 0.69),
            "hd95_px_median": Interval(4.5, 3.2, 6.1),
            "false_positive_share": Interval(0.04, 0.0, 0.11),
        },
        groups={
            name: {"dice": dice[name], "iou": 0.6, "hd95_px": 4.5, "pictures": 4.0}
            for name in names
        },
        cases=cases,
        device="CPU",
        date="2026-11-21",
    )
    return replace(made, **changes)


def in_mm(found: Evaluation) -> Evaluation:
    """The same outlines of volumes whose voxels are 0.5 mm wide: HD95 is known in mm alone."""
    figures = {k: v for k, v in found.figures.items() if k != "hd95_px_median"}
    groups = {
        name: {("hd95_mm" if k == "hd95_px" else k): v for k, v in one.items()}
        for name, one in found.groups.items()
    }
    cases = tuple(
        replace(case, hd95_mm=None if case.hd95_px is None else case.hd95_px / 2)
        for case in found.cases
    )
    figures["hd95_mm_median"] = Interval(2.25, 1.6, 3.05)
    for one in groups.values():
        one["hd95_mm"] = 2.25
    return replace(found, figures=figures, groups=groups, cases=cases)


def comparison(*, same_split: bool = True) -> dict[str, Any]:
    """What ``compare --json`` prints of three runs, one of them not evaluated, one warned of."""
    rows = [
        ("2026-11-20-types", "Types", "mobilenet", 3_228_864, 0.871, 41.0),
        ("2026-11-20-types-2", "Types, Xception", "xception", 22_855_952, 0.914, 180.5),
    ]
    listed = [
        {
            "run": run,
            "name": name,
            "architecture": network,
            "parameters": count,
            "input": "224 x 224, 3 channels",
            "epochs": 20,
            "seconds_per_epoch": seconds,
            "device": "CPU",
            "split_method": "group",
            "split": "by patient or group",
            "split_id": "a" * 64,
            "copies": "together",
            "figures": {
                "accuracy": {"value": value, "low": value - 0.05, "high": value + 0.04},
                "balanced_accuracy": {"value": value - 0.01, "low": None, "high": None},
            },
            "warnings": [WARNING] if value > 0.9 else [],
            "pictures": 70,
        }
        for run, name, network, count, value, seconds in rows
    ]
    missing = dict(listed[0], run="2026-11-21-types-3", name="Types, not evaluated", figures={})
    reason = "" if same_split else "2026-11-20-types-2 was split otherwise."
    if not same_split:
        listed[1] |= {"split": "by picture, at random", "split_id": "b" * 64, "copies": "kept"}
    return {
        "schema": 1,
        "same_split": same_split,
        "side_by_side": not same_split,
        "reason": reason,
        "rows": [*listed, missing],
    }
