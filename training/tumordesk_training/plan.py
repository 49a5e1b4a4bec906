"""The split of a run: copies kept together or dropped, and what a reader must be warned of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tumordesk.core.job import JobContext
from tumordesk.core.training_run import DataConfig, SplitConfig
from tumordesk_training.data import Case, DataSet
from tumordesk_training.duplicates import Copies, find_copies, first_of
from tumordesk_training.fingerprint_cache import prints_of
from tumordesk_training.patients import known_patients, may_share_patients, other_columns
from tumordesk_training.split import (
    PARTS,
    Split,
    count,
    make_split,
    read_split,
    shared_outlines,
)
from tumordesk_training.words import many, together
from tumordesk_training.work import Share

_COMPARED = 20_000
"""Pictures; of more, near copies are looked for only where something is to be done with them."""

_FEW = 5
_LOOKING = 0.9


def plan_split(
    data: DataSet, how: DataConfig, config: SplitConfig, context: JobContext | None = None
) -> Split:
    """The split of ``data``, with copies treated as ``how`` says, and its warnings.

    ``config.file`` is taken as it is, with fresh warnings.

    Raises:
        DataError: too few groups for the parts.
        ConfigError: the split file is not one.
        Cancelled: the user stopped it.
    """
    context = context or JobContext()
    copies = _copies(data, how, context)
    if config.file:
        split = read_split(Path(config.file))
    else:
        gone = dropped(data, how, copies, given=config.given and not config.folds)
        rest = replace(data, cases=tuple(c for c in data.cases if c.key not in gone))
        split = make_split(rest, config, _together(how, copies))
        split = replace(split, left_out=tuple(sorted(gone)))
    places = split.places(data.cases)
    split = replace(split, counts=count(data.cases, places))
    context.progress(1.0, "Splitting")
    return replace(split, warnings=tuple(_warnings(data, how, config, split, copies)))


def _copies(data: DataSet, how: DataConfig, context: JobContext) -> Copies:
    prints = prints_of(data.root, data.cases, how, Share(context, 0.0, _LOOKING))
    near = _near_wanted(data, how.near_duplicates)
    comparing = Share(context, _LOOKING, 1.0)
    return find_copies(prints, known_patients(data), near=near, context=comparing)


def _near_wanted(data: DataSet, near: str) -> bool:
    return near != "keep" or len(data.cases) <= _COMPARED


def _together(how: DataConfig, copies: Copies) -> list[tuple[str, ...]]:
    return [
        *(copies.exact if how.duplicates == "together" else ()),
        *(copies.near if how.near_duplicates == "together" else ()),
    ]


def dropped(data: DataSet, how: DataConfig, copies: Copies, *, given: bool) -> frozenset[str]:
    """Keys of copies that are left out: all but one of each set.

    With a given split the copy of test stays, then that of val, then that of train; else the
    first. Of pictures with the same pixels and different labels none stays.
    """
    parts = {case.key: case.part if given else "" for case in data.cases}
    label = {case.key: case.label for case in data.cases}
    gone: set[str] = set()
    if how.duplicates == "drop":
        for keys in copies.exact:
            stays = {first_of(keys, parts)} if len({label[k] for k in keys}) == 1 else set()
            gone |= set(keys) - stays
    if how.near_duplicates == "drop":
        for keys in copies.near:
            left = [key for key in keys if key not in gone]
            gone |= set(left) - ({first_of(left, parts)} if left else set())
    return frozenset(gone)


def _warnings(
    data: DataSet, how: DataConfig, config: SplitConfig, split: Split, copies: Copies
) -> Iterator[str]:
    """Sentences on what flatters the figures, then on what was changed."""
    columns = other_columns(data.root, how)
    places = split.places(data.cases)
    yield from _by_picture(data, split, places)
    if columns and any(case.source == "csv" for case in data.cases):
        yield (
            f"Groups come from a CSV column that does not name patients "
            f"({together([repr(c) for c in columns])}): one patient may lie in more than one part."
        )
    yield from _shared(data, places)
    for sets, kind in ((copies.exact, "exact"), (copies.near, "near")):
        yield from _leaks(sets, places, kind)
    if not _near_wanted(data, how.near_duplicates):
        yield (
            f"Nearly identical pictures were not looked for: there are more than {_COMPARED}, and "
            "nothing is to be done with them. They may lie in several parts."
        )
    yield from _thin(data, split, places)
    yield from _changed(data, config, split, places)


def _by_picture(data: DataSet, split: Split, places: dict[str, str]) -> Iterator[str]:
    known = known_patients(data)
    parts: dict[str, set[str]] = {}
    for key, group in known.items():
        if key in places:
            parts.setdefault(group, set()).add(places[key])
    torn = sum(len(found) > 1 for found in parts.values())
    if torn:
        yield (
            f"The split is by picture although patients are known: {torn} of "
            f"{many(len(parts), 'patient')} have pictures in more than one part, so the figures "
            "will flatter."
        )
    alone = [case for case in data.cases if not case.source]
    if may_share_patients(alone):
        what = "scans" if all(case.volume for case in alone) else "pictures"
        whose = (
            "Patients are not known" if not known else f"Of {len(alone)} {what} no patient is known"
        )
        yield (
            f"{whose}: {what} of one person may lie in more than one part, and the figures may "
            "flatter."
        )


def _shared(data: DataSet, places: dict[str, str]) -> Iterator[str]:
    """Of a split that was made elsewhere, or before these were kept together."""
    sets = shared_outlines(data.cases)
    torn = [keys for keys in sets if len({places[key] for key in keys if key in places}) > 1]
    if torn:
        count = sum(map(len, torn))
        yield (
            f"{count} pictures share their outlines with pictures in another part ({len(torn)} of "
            f"{many(len(sets), 'outline')}): they are of one scan, so the figures will flatter."
        )


def _leaks(sets: Sequence[tuple[str, ...]], places: dict[str, str], how: str) -> Iterator[str]:
    leaks: Counter[str] = Counter()
    for keys in sets:
        there = {places[key] for key in keys if key in places}
        if len(there) > 1:
            for key in keys:
                if places.get(key) in ("val", "test"):
                    leaks[places[key]] += 1
    for part in ("test", "val"):
        if leaks[part]:
            whole = sum(place == part for place in places.values())
            verb = "has" if leaks[part] == 1 else "have"
            yield (
                f"{leaks[part]} of {many(whole, 'picture')} of {part} {verb} "
                f"{'an exact' if how == 'exact' else 'a nearly identical'} copy in another part: "
                f"figures on {part} will flatter."
            )


def _thin(data: DataSet, split: Split, places: dict[str, str]) -> Iterator[str]:
    labels = {case.label for case in data.cases if case.label}
    for part in PARTS:
        found = split.counts.get(part, {})
        missing = sorted(labels - set(found)) if found else []
        if missing:
            yield f"There is no picture of {', '.join(missing)} in {part}."
        groups = {c.group for c in data.cases if places.get(c.key) == part}
        if part != "train" and 0 < len(groups) < _FEW:
            what = "patient" if known_patients(data) else "picture"
            yield f"{part} has only {many(len(groups), what)}: its figures are chance."
    if not split.counts.get("test"):
        yield "There is no test part: figures come from validation, which chose the best epoch."


def _changed(
    data: DataSet, config: SplitConfig, split: Split, places: dict[str, str]
) -> Iterator[str]:
    if split.left_out:
        verb = "is" if len(split.left_out) == 1 else "are"
        yield f"{many(len(split.left_out), 'spare picture')} of sets of copies {verb} left out."
    lost = len(data.cases) - len(places) - len(split.left_out)
    if lost > 0:
        verb = "is" if lost == 1 else "are"
        yield f"{many(lost, 'picture')} {verb} in no part of the split and left out."
    if config.folds and len({case.part for case in data.cases if case.part}) > 1:
        yield "The folder's own train, val and test are not used: the folds take their place."
    if split.origin == "given":
        for text, number in Counter(_moves(data.cases, places)).items():
            moved = f"{many(number, 'picture')} {'is' if number == 1 else 'are'} moved"
            yield f"{moved} {text}: a patient or a copy is there too."


def _moves(cases: Sequence[Case], places: dict[str, str]) -> Iterator[str]:
    given = {case.part for case in cases}
    for case in cases:
        place = places.get(case.key, "")
        if case.part and place in given and place != case.part:
            yield f"from {case.part} to {place}"
