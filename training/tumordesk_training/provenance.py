"""How a published model came to be, for its folder: without names of patients or of folders.

Names of groups and pictures may be those of patients: a model folder gets counts, and one hash
for each part, from which the holder of the data can tell whether the split is the same.
"""

from __future__ import annotations

import hashlib
import json
import platform
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
import torchvision

from tumordesk import __version__
from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import read_json, write_json
from tumordesk.core.training_run import CONFIG_NAME, SPLIT_NAME, TrainingConfig, write_config
from tumordesk_training.environment import ENVIRONMENT_NAME, packages
from tumordesk_training.split import PARTS, Split
from tumordesk_training.split_id import split_id

_KEPT = ("date", "python", "machine", "processor", "threads", "gpus", "cuda", "packages")
_METHODS = {
    "group": "by group",
    "stratified": "by picture, balanced over classes",
    "random": "by picture",
}


def write_provenance(run: Path, config: TrainingConfig, split: Split, folder: Path) -> None:
    """Write config.json, split.json and environment.json into a model folder. Raises WriteError."""
    write_config(folder / CONFIG_NAME, without_names(config))
    write_json(folder / SPLIT_NAME, split_summary(split))
    write_json(folder / ENVIRONMENT_NAME, _environment(run))


def without_names(config: TrainingConfig) -> TrainingConfig:
    """The configuration without keys, reasons that people typed, and folders above the last."""
    data = replace(
        config.data,
        root=Path(config.data.root).name,
        exclude=(),
        decisions=tuple(replace(item, reason="") for item in config.data.decisions),
    )
    weights = config.initial_weights
    return replace(
        config,
        data=data,
        split=replace(config.split, file=""),
        initial_weights=Path(weights).name if weights else "",
    )


def split_summary(split: Split) -> dict[str, Any]:
    """Counts of the split, and hashes that only the same split has."""
    return {
        "schema": 1,
        "split_id": split_id(split),
        "method": split.method,
        "origin": split.origin,
        "seed": split.seed,
        "counts": split.counts,
        "groups": {part: len(split.parts.get(part, ())) for part in PARTS},
        "hashes": {part: _digest(split.parts.get(part, ())) for part in PARTS},
        "left_out": len(split.left_out),
        "warnings": list(split.warnings),
    }


def _digest(names: tuple[str, ...]) -> str:
    """One hash over all names of a part: single ones cannot be tried against it."""
    text = json.dumps(sorted(names), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def method_words(split: Split) -> str:
    """How the data were split, in a few words: 'by group', 'by picture'."""
    if split.origin == "given":
        return "as the folder gives it"
    return _METHODS.get(split.method, split.method)


def split_words(split: Split) -> str:
    """How the data were split, in a sentence for the card."""
    names = {"train": "training", "val": "validation", "test": "test"}
    counts = {part: sum(split.counts.get(part, {}).values()) for part in PARTS}
    listed = ", ".join(f"{names[p]} {n}" for p, n in counts.items() if n)
    origin = "" if split.origin == "given" else f" ({split.origin}, seed {split.seed})"
    return (
        f"Split {method_words(split)}{origin}: {listed} pictures. Split id {split_id(split)[:16]}."
    )


def software_words() -> str:
    """Versions that decide over the weights, for the card."""
    return (
        f"tumordesk {__version__}, torch {torch.__version__}, "
        f"torchvision {torchvision.__version__}, python {platform.python_version()}"
    )


def _environment(run: Path) -> dict[str, Any]:
    """Software and machine of the training, as far as the run tells, without what names it."""
    try:
        found = read_json(run / ENVIRONMENT_NAME)
    except ConfigError:
        found = {}
    kept = {key: found[key] for key in _KEPT if isinstance(found, dict) and key in found}
    return {"schema": 1, "published_with": packages(), **kept}
