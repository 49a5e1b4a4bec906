"""The ways to split that the wizard offers, in words, and which is the safest for given data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from tumordesk.core.data_report import DataReport
from tumordesk.core.training_run import DataConfig, SplitConfig

Way = Literal["patient", "given", "stratified", "random"]


@dataclass(frozen=True)
class WayText:
    """A way to split: its name and what it is worth."""

    way: Way
    title: str
    text: str


WAYS: tuple[WayText, ...] = (
    WayText(
        "patient",
        "By patient",
        "All pictures of a patient are in the same part. Figures for people the model never saw.",
    ),
    WayText(
        "given",
        "As the folder gives it",
        "The train, validation and test folders stay as they are; a part that is missing is "
        "taken from the training pictures.",
    ),
    WayText(
        "stratified",
        "Single pictures, classes balanced",
        "Each part has the same share of every class. Neighbouring slices of one patient may land "
        "on both sides.",
    ),
    WayText(
        "random",
        "Single pictures, at random",
        "As most published figures were made. Neighbouring slices of one patient may land on "
        "both sides.",
    ),
)


@dataclass(frozen=True)
class Shares:
    """A usual division. ``folds`` above 0: k-fold, ``test`` then does not count."""

    title: str
    validation: float
    test: float
    folds: int = 0


SHARES: tuple[Shares, ...] = (
    Shares("80 / 20", 0.1, 0.2),
    Shares("85 / 15", 0.1, 0.15),
    Shares("70 / 20 / 10", 0.2, 0.1),
    Shares("5-fold", 0.1, 0.2, 5),
    Shares("10-fold", 0.1, 0.1, 10),
)


def shares_words(shares: Shares | SplitConfig) -> str:
    """'70 % to learn from, 10 % to choose the best, 20 % to test'."""
    test = 1 / shares.folds if shares.folds else shares.test
    validation = shares.validation
    learn = 1 - test - validation
    return (
        f"{_percent(learn)} to learn from, {_percent(validation)} to choose the best model, "
        f"{_percent(test)} to test it"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def has_parts(report: DataReport) -> bool:
    """Whether the folder itself says what is for training and what for tests."""
    return sum(1 for name, n in report.parts.items() if name and n) > 1


def possible(way: Way, report: DataReport) -> bool:
    """Whether these data can be split that way."""
    if way == "patient":
        return report.patients.known
    return way != "given" or has_parts(report)


def safest(report: DataReport) -> Way:
    """By patient where patients are known; else as given; else balanced or at random."""
    if report.patients.known:
        return "patient"
    if has_parts(report):
        return "given"
    return "stratified" if report.task == "classification" else "random"


def way_of(split: SplitConfig, report: DataReport) -> Way:
    """Which way a configuration stands for."""
    if split.given and has_parts(report) and not split.folds:
        return "given"
    if split.method == "group":
        return "patient" if report.patients.known else "random"
    return split.method


def with_way(split: SplitConfig, way: Way, report: DataReport) -> SplitConfig:
    """``split`` made the way that was chosen; as given keeps patients whole where known."""
    if way == "given":
        method: Literal["group", "stratified", "random"] = (
            "group" if report.patients.known else "stratified"
        )
        return replace(split, given=True, method=method, folds=0, fold=0)
    chosen: Literal["group", "stratified", "random"] = "group" if way == "patient" else way
    return replace(split, given=False, method=chosen)


def with_shares(split: SplitConfig, shares: Shares) -> SplitConfig:
    """``split`` with other shares."""
    return replace(
        split, validation=shares.validation, test=shares.test, folds=shares.folds, fold=0
    )


def flattering(split: SplitConfig, data: DataConfig, report: DataReport) -> tuple[str, ...]:
    """Sentences on why the figures of such a split will be better than the model is."""
    found = []
    way = way_of(split, report)
    if way in ("stratified", "random") and report.patients.known:
        found.append(
            "Slices of one patient will be in training and in test. The model recognises the "
            "patient, and its figures flatter. Split by patient for figures that hold."
        )
    elif way in ("stratified", "random"):
        found.append(
            "Patients are not known here, so slices of one person may be on both sides. Say in "
            "your report that the split is by picture."
        )
    codes = {finding.code for finding in report.findings}
    if "patients_across_parts" in codes and way == "given":
        found.append("Patients of the given test pictures are in the given training pictures too.")
    exact = any(code.startswith("duplicates") for code in codes) and data.duplicates == "keep"
    near = (
        any(code.startswith("near_duplicates") for code in codes) and data.near_duplicates == "keep"
    )
    if exact or near:
        kind = "The same picture" if exact else "Nearly the same picture"
        found.append(
            f"{kind} may be in training and in test, as you decided: no headline figure is given "
            "without this warning."
        )
    return tuple(found)
