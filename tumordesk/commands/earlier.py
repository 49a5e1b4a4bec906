"""What an earlier run left in its folder: the mask, the model that made it, and the classes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tumordesk.core.activation import Unlikeness
from tumordesk.core.errors import ConfigError, ReadError
from tumordesk.core.finding import (
    AnalysisResult,
    Classification,
    Provenance,
    SliceProbabilities,
)
from tumordesk.core.jsonio import from_plain, read_json
from tumordesk.session.export_names import Format, file_name

_MASKS: tuple[Format, ...] = ("nifti", "nrrd", "seg")


@dataclass(frozen=True, eq=False)
class Earlier:
    """``mask`` None: nothing was outlined. ``made_by`` None: not known who made it. ``voxels``:
    how many the outline had, None where that is not known."""

    mask: Path | None
    series_uid: str = ""
    made_by: Provenance | None = None
    classifications: tuple[AnalysisResult, ...] = ()
    voxels: int | None = None


def read_earlier(source: Path) -> Earlier:
    """What is known of ``source``: a mask, or a folder that predict, batch or export wrote.

    Raises:
        ReadError: it is not there, or a folder without result and mask.
    """
    if not source.exists():
        raise ReadError(f"{source} does not exist.", "Give a mask, or a folder of predict.")
    if source.is_file():
        return Earlier(source)
    mask = _mask_in(source)
    document = source / file_name("", "json")
    if not document.is_file():
        if mask is None:
            raise ReadError(
                f"{source.name} holds neither a mask nor {document.name}.",
                "Give a mask (NIfTI, NRRD, SEG), or a folder that predict wrote.",
            )
        return Earlier(mask)
    try:
        found = read_json(document)
        made = _of_export(found, mask) if "provenance" in found else _of_predict(found, mask)
        _require_sense(made)
    except (
        ConfigError, KeyError, TypeError, ValueError, AttributeError, OverflowError
    ) as error:  # fmt: skip
        raise ReadError(
            f"{source.name}/{document.name} is not a result of this program.",
            "Give the mask itself instead of its folder.",
        ) from error
    return made


def _require_sense(found: Earlier) -> None:
    """Raises ValueError where numbers are none that a model gives: anybody may have edited them."""
    for result in found.classifications:
        made = result.classification
        if made is None or len(made.labels) != len(made.classes):
            raise ValueError("classes and labels differ")
        for shares in (made.probabilities, *(one.probabilities for one in made.slices)):
            if not shares or len(shares) != len(made.classes):
                raise ValueError("not one probability for each class")
            if not all(0.0 <= share <= 1.0 for share in shares):
                raise ValueError("no probability")
        if min((*named_slices(result), 0)) < 0:
            raise ValueError("no slice")
    makers = [found.made_by, *(result.provenance for result in found.classifications)]
    if not all(math.isfinite(one.seconds) for one in makers if one is not None):
        raise ValueError("no duration")


def named_slices(result: AnalysisResult) -> tuple[int, ...]:
    """Slices (from 0) that a classification speaks of."""
    made = result.classification
    if made is None:
        return ()
    unlike = made.unlike.by_slice if made.unlike is not None else ()
    return (
        *(one.slice_index for one in made.slices), *made.driving_slices, *(i for i, _ in unlike)
    )  # fmt: skip


def _mask_in(folder: Path) -> Path | None:
    paths = (folder / file_name("", one) for one in _MASKS)
    return next((path for path in paths if path.is_file()), None)


def _of_export(found: Mapping[str, Any], mask: Path | None) -> Earlier:
    made = found["provenance"]
    classified = tuple(
        AnalysisResult(
            from_plain(Provenance, one["provenance"]),
            classification=from_plain(Classification, one["classification"]),
        )
        for one in found.get("classifications", ())
    )
    measured = found.get("measurements") or {}
    return Earlier(
        mask,
        str(found.get("series_uid", "")),
        None if made is None else from_plain(Provenance, made),
        classified,
        measured.get("voxels"),
    )


def _of_predict(found: Mapping[str, Any], mask: Path | None) -> Earlier:
    uid = str(found["series_uid"])
    main = _provenance(found, found["model"])
    outlined = found["task"] == "segmentation"
    classes: tuple[AnalysisResult, ...] = ()
    if found["classes"] is not None:
        by = _provenance(found, found.get("classifier", found["model"]))
        classes = (AnalysisResult(by, classification=_classes(found, by.model_id)),)
    voxels = found.get("totals", {}).get("voxels")
    return Earlier(mask if outlined else None, uid, main if outlined else None, classes, voxels)


def _provenance(found: Mapping[str, Any], model: Mapping[str, str]) -> Provenance:
    return Provenance(
        model_id=model["id"],
        model_version=model["version"],
        model_sha256=model["sha256"],
        architecture="",
        series_uid=str(found["series_uid"]),
        device=str(found["device"]),
        batch_size=0,
        seconds=float(found["seconds"]),
        software=str(found["software"]),
        warnings=tuple(found["warnings"]),
        notes=tuple(found["notes"]),
    )


def _classes(found: Mapping[str, Any], model_id: str) -> Classification:
    names = tuple(found["classes"])
    slices = tuple(
        SliceProbabilities(int(one["slice"]), tuple(float(p) for p in one["probabilities"]))
        for one in found["slices"]
    )
    return Classification(
        names,
        _labels(names, model_id),
        tuple(float(p) for p in found["classes"].values()),
        slices,
        tuple(int(i) for i in found["driving_slices"]),
        _unlike(found.get("unlike")),
    )


def _unlike(found: Mapping[str, Any] | None) -> Unlikeness | None:
    """None where the result was made before classifiers said so."""
    if found is None:
        return None
    score, threshold = found["score"], found["threshold"]
    return Unlikeness(
        None if score is None else float(score),
        None if threshold is None else float(threshold),
        str(found["method"]),
        str(found["text"]),
        tuple((int(one["slice"]), float(one["score"])) for one in found["slices"]),
    )


def _labels(names: tuple[str, ...], model_id: str) -> tuple[str, ...]:
    """What people read, from the card where the model is still at hand."""
    from tumordesk.zoo import Zoo

    # Not Zoo.find: it would also look into a folder of that name, on another machine even.
    cards = [e.card for e in Zoo().entries(verify=False) if e.card.id == model_id]
    known = {one.name: one.label for card in cards for one in card.classes}
    return tuple(known.get(name, name.replace("_", " ").capitalize()) for name in names)
