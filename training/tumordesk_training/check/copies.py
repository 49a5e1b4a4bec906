"""Findings about pictures that are there more than once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tumordesk.core.data_report import Action, DataFinding, Example
from tumordesk_training.check.seen import EXAMPLES, SIDE_BY_SIDE, Seen
from tumordesk_training.data import PARTS_IN_ORDER
from tumordesk_training.duplicates import first_of
from tumordesk_training.words import many, percent, together

KeySet = tuple[str, ...]
_HELD_OUT = ("test", "val")
_ACTIONS: tuple[Action, ...] = ("drop", "together", "keep")


def copy_findings(seen: Seen) -> Iterator[DataFinding]:
    """All findings about copies: across parts, with other labels, with other masks, at all."""
    exact, near = seen.copies.exact, seen.copies.near
    yield from _across(seen, exact, near=False)
    yield from _across(seen, near, near=True)
    yield from _labels(seen)
    yield from _masks(seen)
    yield from _sets(seen, exact, near=False)
    yield from _sets(seen, near, near=True)


def elsewhere(seen: Seen, sets: Iterable[KeySet], *, near: bool) -> dict[str, dict[str, set[str]]]:
    """Part -> other part -> keys of the part's pictures with a copy in the other.

    With ``near``, only pictures that differ count.
    """
    found: dict[str, dict[str, set[str]]] = {}
    for keys in sets:
        where = {key: seen.case(key).part for key in keys}
        if len(set(where.values()) - {""}) < 2:
            continue
        for key in keys:
            for other in keys:
                here, there = where[key], where[other]
                same = near and _digest(seen, key) == _digest(seen, other)
                if here and there and here != there and not same:
                    found.setdefault(here, {}).setdefault(there, set()).add(key)
    return found


def _digest(seen: Seen, key: str) -> str:
    found = seen.by_key[key].found
    return found.digest if found is not None else ""


def _across(seen: Seen, sets: tuple[KeySet, ...], *, near: bool) -> Iterator[DataFinding]:
    found = elsewhere(seen, sets, near=near)
    if not found:
        return
    told = set(_all(elsewhere(seen, seen.copies.exact, near=False))) if near else set()
    sentences, held_out = [], set[str]()
    for here in _HELD_OUT:
        for there in ("train", "val"):
            keys = found.get(here, {}).get(there, set()) - told
            if keys and here != there:
                sentences.append(_share(seen, here, there, len(keys), near=near))
                held_out |= keys
    if not sentences:
        return
    spanning = [keys for keys in sets if held_out & set(keys)]
    spanning.sort(key=lambda keys: len({seen.case(k).part for k in keys}), reverse=True)
    yield DataFinding(
        "near_duplicates_across_parts" if near else "duplicates_across_parts",
        "problem",
        "; ".join(sentences),
        "Figures on these parts would be memory, not skill. Drop the copies (those of test are "
        "kept, then those of val), or put all copies of a picture into one part.",
        len(held_out),
        _examples(seen, spanning),
        _ACTIONS,
        tuple(sorted(_spare(seen, spanning))),
    )


def _all(found: dict[str, dict[str, set[str]]]) -> Iterator[str]:
    for others in found.values():
        for keys in others.values():
            yield from keys


def _share(seen: Seen, here: str, there: str, count: int, *, near: bool) -> str:
    """'252 of 394 pictures of test (64 %) are pixel-identical to pictures of train'."""
    whole = seen.in_part[here]
    how = "nearly identical" if near else "pixel-identical"
    verb = "is" if count == 1 else "are"
    return (
        f"{count} of {many(whole, seen.noun)} of {here} ({percent(count, whole)}) {verb} {how} "
        f"to {seen.noun}s of {there}"
    )


def _sets(seen: Seen, sets: tuple[KeySet, ...], *, near: bool) -> Iterator[DataFinding]:
    if not sets:
        return
    copies = sum(map(len, sets))
    how = "nearly the same" if near else "the same, pixel for pixel"
    advice = (
        "Saved again, resized, brightened, mirrored or turned copies of one picture: look at them "
        "side by side. Keep them in one part of the split, or only the first of each."
        if near
        else "Keep the first of each, or at least all in one part of the split; kept apart they "
        "flatter every figure."
    )
    yield DataFinding(
        "near_duplicates" if near else "duplicates",
        "warning",
        f"{seen.number(copies)} ({percent(copies, len(seen.good))}) are {how}: "
        f"{many(len(sets), 'set')}{_between(seen, sets)}, {copies - len(sets)} more than needed",
        advice,
        copies,
        _examples(seen, sets),
        ("together", "drop", "keep") if near else _ACTIONS,
        tuple(sorted(_spare(seen, sets))),
    )


def _between(seen: Seen, sets: tuple[KeySet, ...]) -> str:
    """How many of the sets hold several patients, where patients are known."""
    known = any(case.source for case in seen.data.cases)
    torn = sum(len({seen.case(key).group for key in keys}) > 1 for keys in sets)
    return f" ({torn} of them over several patients or groups)" if known and torn else ""


def _labels(seen: Seen) -> Iterator[DataFinding]:
    same = [keys for keys in seen.copies.exact if len(_named(seen, keys)) > 1]
    sure = {key for keys in same for key in keys}
    near = [
        keys
        for keys in seen.copies.near
        if len(_named(seen, keys)) > 1 and len(_named(seen, set(keys) - sure)) > 1
    ]
    if not same and not near:
        return
    pieces = (
        [f"{many(len(same), 'picture')} with different labels on the same pixels"] if same else []
    )
    if near:
        pieces.append(
            f"{many(len(near), 'set')} of nearly identical pictures with different labels"
        )
    conflicting = [*same, *near]
    outlined = any(case.mask is not None or case.polygons for case in seen.data.cases)
    advice = (
        "The folders name different kinds for one picture. Outlines are learned all the same, but "
        "figures of each kind count it twice: keep one of them."
        if outlined
        else "At least one of the labels is wrong. Ask who labelled them, and leave all of them "
        "out until it is known."
    )
    yield DataFinding(
        "conflicting_labels",
        "problem" if same and not outlined else "warning",
        together(pieces),
        advice,
        len(conflicting),
        _examples(seen, conflicting),
        ("exclude", "ignore"),
        tuple(sorted({key for keys in conflicting for key in keys})),
    )


def _named(seen: Seen, keys: Iterable[str]) -> set[str]:
    return {seen.case(key).label for key in keys} - {""}


def _masks(seen: Seen) -> Iterator[DataFinding]:
    def masks(keys: KeySet) -> set[str]:
        return {x.mask_digest for k in keys if (x := seen.by_key[k]).mask_digest}

    conflicting = [keys for keys in seen.copies.exact if len(masks(keys)) > 1]
    if conflicting:
        yield DataFinding(
            "conflicting_masks",
            "warning",
            f"{many(len(conflicting), seen.noun)} with different masks on the same pixels",
            "Two outlines of one picture cannot both be learned. Compare them, and keep one.",
            len(conflicting),
            _examples(seen, conflicting),
            ("drop", "exclude", "ignore"),
            tuple(sorted({key for keys in conflicting for key in keys})),
        )


def _examples(seen: Seen, sets: Sequence[KeySet]) -> tuple[Example, ...]:
    return tuple(_example(seen, keys) for keys in sets[:EXAMPLES])


def _example(seen: Seen, keys: KeySet) -> Example:
    """A set, one of each part and label first, and where its pictures lie."""
    first: dict[tuple[str, str], str] = {}
    for key in keys:
        first.setdefault((seen.case(key).part, seen.case(key).label), key)
    places = sorted(first, key=lambda place: PARTS_IN_ORDER.index(place[0]) if place[0] else -1)
    ones = [first[place] for place in places]
    shown = list(dict.fromkeys((*ones, *keys)))[:SIDE_BY_SIDE]
    words = [" ".join(filter(None, place)) for place in places if any(place)]
    more = f", {len(keys)} in all" if len(keys) > len(shown) else ""
    return Example(tuple(shown), together(words) + more)


def _spare(seen: Seen, sets: Iterable[KeySet]) -> set[str]:
    """All but the one of each set that is kept."""
    return {key for keys in sets for key in keys if key != kept(keys, seen)}


def kept(keys: KeySet, seen: Seen) -> str:
    """The copy that stays: of test before val before train, else the first."""
    return first_of(keys, {key: seen.case(key).part for key in keys})
