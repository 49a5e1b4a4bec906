"""What a reader must know before believing a figure, in plain sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tumordesk.core.training_run import TrainingConfig
from tumordesk_training.data import Case, DataSet
from tumordesk_training.patients import known_patients, may_share_patients
from tumordesk_training.split import Split, copies_across_parts
from tumordesk_training.words import together

FEW_GROUPS = 10
RARE_GROUPS = 5
"""So many groups of a class, at least, or it is told."""


def caveats(
    data: DataSet, cases: Sequence[Case], split: Split, part: str, config: TrainingConfig
) -> tuple[str, ...]:
    """Sentences that must stand beside every headline figure of ``part``.

    Args:
        data: all cases of the folder. cases: those of the part. split: of the run; what it warns
            of is told again here.
    """
    known = [sentence for sentence in split.warnings if _concerns(sentence, part)]
    found = [_of_part(part), *known]
    if not any("copy" in sentence for sentence in known):  # the data may have changed since
        found.append(_of_copies(copies_across_parts(data, split)))
    if not any("patients are known" in s or "are not known" in s for s in known):
        found.append(_of_split(data, split))
    if not any(sentence.startswith(f"{part} has only") for sentence in known):
        found.append(_of_groups(cases))
    if not any("no picture of" in sentence for sentence in known):
        found.append(_of_classes(cases, config))
    found.append(_of_rare_classes(cases, config))
    return tuple(sentence for sentence in found if sentence)


def _concerns(sentence: str, part: str) -> bool:
    """Whether a sentence of the split is about this part, the training part, or all of them."""
    named = set(re.findall(r"\b(train|val|test)\b", sentence))
    return not named or bool(named & {part, "train"})


def _of_part(part: str) -> str:
    if part == "train":
        return (
            "These are the pictures the network learned from: "
            "the figures say nothing about new pictures."
        )
    if part == "val":
        return (
            "The best epoch was chosen on this validation part, so its figures flatter: "
            "only the test part was never looked at."
        )
    return ""


def _of_copies(copies: int) -> str:
    if not copies:
        return ""
    what = "1 picture is" if copies == 1 else f"{copies} pictures are"
    return f"{what} in more than one part as exact copies: the figures flatter the model."


def _of_split(data: DataSet, split: Split) -> str:
    if split.by_picture:
        return (
            "Single pictures were split, not patients: pictures of one patient may be on both "
            "sides, and the figures then flatter the model."
        )
    if not known_patients(data) and may_share_patients(data.cases):
        what = "scans" if all(case.volume for case in data.cases) else "pictures"
        return (
            f"Patients are not known in this data: {what} of one patient may be on both sides of "
            "the split, and the figures then flatter the model."
        )
    return ""


def _of_groups(cases: Sequence[Case]) -> str:
    groups = len({case.group for case in cases})
    if groups >= FEW_GROUPS:
        return ""
    what = "one group (patient)" if groups == 1 else f"{groups} groups (patients)"
    return f"Only {what} in this part: the figures may be far off."


def _of_classes(cases: Sequence[Case], config: TrainingConfig) -> str:
    if config.task == "segmentation":
        return ""
    missing = [name for name in config.classes if not any(c.label == name for c in cases)]
    if not missing:
        return ""
    return f"There is no picture of {', '.join(missing)} in this part."


def _of_rare_classes(cases: Sequence[Case], config: TrainingConfig) -> str:
    """Classes with few groups in a part that has enough of them."""
    if config.task == "segmentation" or len({case.group for case in cases}) < FEW_GROUPS:
        return ""
    groups = {name: {c.group for c in cases if c.label == name} for name in config.classes}
    few = {name: len(found) for name, found in groups.items() if 0 < len(found) < RARE_GROUPS}
    if not few:
        return ""
    told = together([f"{name} ({number})" for name, number in few.items()])
    return f"Few groups (patients) of {told} in this part: figures of it may be far off."
