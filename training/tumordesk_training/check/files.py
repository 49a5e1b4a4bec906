"""Findings about files: unreadable, unused, blank, of many sizes and kinds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from tumordesk.core.data_report import (
    CHANNELS,
    COLOUR_ACTIONS,
    SEVERITIES,
    DataFinding,
    Example,
    Severity,
)
from tumordesk_training.check.look import COLOURED, Look
from tumordesk_training.check.seen import EXAMPLES, Seen, singles
from tumordesk_training.data import Remark
from tumordesk_training.files import Aside
from tumordesk_training.words import many, percent, together

_SMALL_PX = 64
_RARE = 5
_SHOWN_KINDS = 8
_SHOWN_NAMES = 3
_TELLS = 0.15
"""So much more often than always saying the commonest class, a guess from the file is right."""


def file_findings(seen: Seen, colour: str) -> Iterator[DataFinding]:
    """All findings about files.

    ``colour``: what of coloured pictures is read, an action of ``CHANNELS``; "" is all three
    colours, as sequences of their own.
    """
    yield from _remarks(seen)
    yield from _unreadable(seen)
    yield from _pages(seen)
    yield from _unused(seen)
    yield from _left_out(seen)
    yield from _blank(seen)
    yield from _sizes(seen)
    yield from _small(seen)
    yield from _modes(seen)
    if colour:
        yield from _coloured(seen, colour)
    yield from _class_by_file(seen)


def folder_findings(found: Aside) -> Iterator[DataFinding]:
    """What of the folder was not looked at."""
    kinds = (
        ("closed_folders", found.closed, "Not to be opened", "folder",
         "What is in them is missing here. Ask for the right to read them, or check a copy."),
        ("linked_folders", found.links, "Links are not followed", "folder",
         "Put the pictures themselves into the data folder."),
        ("odd_names", found.names, "Left aside, for it is no Unicode text", "name",
         "Such names come from old archives: unpack them with the right code page, or rename."),
    )  # fmt: skip
    for code, names, what, noun, advice in kinds:
        if names:
            title = f"{what}: {many(len(names), noun)} ({together(names[:_SHOWN_NAMES])})"
            examples = singles((name, "") for name in names)
            yield DataFinding(code, "warning", title, advice, len(names), examples, ("ignore",))
    yield from _formats(found)


def _formats(found: Aside) -> Iterator[DataFinding]:
    count = sum(found.formats.values())
    if count:
        yield DataFinding(
            "other_formats",
            "warning",
            f"{many(count, 'file')} of formats that are not read: {found.formats_text}",
            "Unpack archives; save pictures as PNG, and volumes as NIfTI, where they are to count.",
            count,
            (),
            ("ignore",),
        )


def _remarks(seen: Seen) -> Iterator[DataFinding]:
    """What the scanner of the layout had to say of CSV or COCO files; one finding for each code."""
    by_code: dict[str, list[Remark]] = {}
    for remark in seen.data.remarks:
        by_code.setdefault(remark.code, []).append(remark)
    for code, same in by_code.items():
        keys = [item for remark in same for item in remark.keys]
        gravest = min((remark.severity for remark in same), key=SEVERITIES.index)
        yield DataFinding(
            code,
            gravest,
            "; ".join(remark.title for remark in same),
            " ".join(dict.fromkeys(remark.advice for remark in same)),
            max(1, len(keys)),
            singles(keys),
            ("ignore",),
        )


def _unreadable(seen: Seen) -> Iterator[DataFinding]:
    sizes = [(x.case.key, x.problem) for x in seen.looks if x.other_size]
    bad = [(x.case.key, x.problem) for x in seen.looks if x.problem and not x.other_size]
    kinds = (
        ("mask_size", sizes, "with masks of another size: left out",
         "A mask must have the rows and columns of its picture: export the masks anew."),
        ("unreadable", bad, "cannot be read and will be left out",
         "Replace these files, or leave them out for good."),
    )  # fmt: skip
    for code, items, what, advice in kinds:
        if items:
            yield DataFinding(
                code,
                _gravity(len(items), seen),
                f"{seen.number(len(items))} {what}",
                advice,
                len(items),
                singles(items),
                ("exclude", "ignore"),
                tuple(key for key, _ in items),
            )


def _gravity(count: int, seen: Seen) -> Severity:
    """Some damaged files are usual; where most are, something went wrong with all of them."""
    return "problem" if 2 * count > len(seen.looks) else "warning"


def _pages(seen: Seen) -> Iterator[DataFinding]:
    many_pages = [(x.case.key, f"{x.pages} pages") for x in seen.good if x.pages > 1]
    if many_pages:
        yield DataFinding(
            "pages",
            "problem",
            f"{seen.number(len(many_pages))} with several pages, of which only the first is used",
            "Save each slice as a picture of its own, or the stack as NIfTI.",
            len(many_pages),
            singles(many_pages),
            ("ignore", "exclude"),
            tuple(key for key, _ in many_pages),
        )


def _unused(seen: Seen) -> Iterator[DataFinding]:
    used = {case.key for case in seen.data.cases}
    unused = [item for item in seen.data.problems if item[0] not in used]
    if unused:
        reasons = Counter(reason for _, reason in unused).most_common(2)
        words = "; ".join(f"{n} because {reason}" for reason, n in reasons)
        yield DataFinding(
            "unused",
            "warning",
            f"{many(len(unused), 'file')} not used: {words}",
            "If they should be, check their names and folders against the layout that was found.",
            len(unused),
            singles(unused),
            ("ignore",),
        )
    masked = any(case.mask is not None or case.polygons for case in seen.data.cases)
    without = [case.key for case in seen.data.cases if masked and not case.has_mask]
    if without:
        yield DataFinding(
            "no_mask",
            "warning",
            f"{seen.number(len(without))} without a mask",
            "They can teach classes, but no outlines. Where nothing is to be outlined, give an "
            "empty mask, or name their class as one without masks.",
            len(without),
            singles((key, "") for key in without),
            ("ignore", "exclude"),
            tuple(without),
        )


def _left_out(seen: Seen) -> Iterator[DataFinding]:
    if seen.data.excluded:
        yield DataFinding(
            "excluded",
            "info",
            f"{seen.number(seen.data.excluded)} are left out by decision and not looked at here",
            "The reasons are kept with the training run.",
            seen.data.excluded,
        )


def _blank(seen: Seen) -> Iterator[DataFinding]:
    keys = [x.case.key for x in seen.good if x.found is not None and x.found.blank]
    if keys:
        yield DataFinding(
            "blank",
            "warning",
            f"{seen.number(len(keys))} hold one single value: nothing is on them",
            "Leave them out, unless such slices are part of what the network will see.",
            len(keys),
            singles((key, "") for key in keys),
            ("exclude", "keep"),
            tuple(keys),
        )


def _sizes(seen: Seen) -> Iterator[DataFinding]:
    first = {x.size: x for x in reversed(seen.good)}
    if len(first) < 2:
        return
    counts = Counter(x.size for x in seen.good)
    ordered = sorted(first.values(), key=lambda x: x.shape[-1] * x.shape[-2])
    common = counts.most_common(1)[0]
    shown = dict.fromkeys((ordered[0].case.key, first[common[0]].case.key, ordered[-1].case.key))
    yield DataFinding(
        "mixed_sizes",
        "info",
        f"{len(first)} sizes, from {ordered[0].size} to {ordered[-1].size}; the commonest, "
        f"{common[0]}, has {percent(common[1], len(seen.good))}",
        "All are brought to the network's input size. Many sizes mean many sources: see whether "
        "some class or patient comes from one source alone.",
        len(seen.good) - common[1],
        (Example(tuple(shown), ", ".join(seen.by_key[k].size for k in shown)),),
        ("ignore",),
    )


def _small(seen: Seen) -> Iterator[DataFinding]:
    small = [x for x in seen.good if min(x.shape[-2:]) < _SMALL_PX]
    if small:
        yield DataFinding(
            "small",
            "warning",
            f"{seen.number(len(small))} have fewer than {_SMALL_PX} rows or columns",
            "Enlarged to the network's input size they are a blur. Leave them out, unless all of "
            "the network's work will look like this.",
            len(small),
            singles((x.case.key, x.size) for x in small),
            ("exclude", "keep"),
            tuple(x.case.key for x in small),
        )


def _modes(seen: Seen) -> Iterator[DataFinding]:
    counts = Counter(x.mode for x in seen.good)
    if len(counts) < 2:
        return
    first = {x.mode: x.case.key for x in reversed(seen.good)}
    named = [f"{mode or 'unknown'} ({n})" for mode, n in counts.most_common(EXAMPLES)]
    yield DataFinding(
        "mixed_modes",
        "info",
        f"Stored in {len(counts)} ways: {together(named)}",
        "All are read as grey values, so this does no harm by itself; it shows several sources.",
        len(seen.good) - counts.most_common(1)[0][1],
        tuple(Example((first[mode],), mode) for mode, _ in counts.most_common(EXAMPLES)),
        ("ignore",),
    )


def _coloured(seen: Seen, colour: str) -> Iterator[DataFinding]:
    found = [x for x in seen.good if x.mode == COLOURED]
    title = f"{seen.number(len(found))} ({percent(len(found), len(seen.good))}) are coloured"
    if 2 * len(found) > len(seen.good):
        yield _three_in_one(found, title, colour)
    elif found and CHANNELS[colour] is None:
        keys = [x.case.key for x in found]
        yield DataFinding(
            "coloured",
            "warning",
            title,
            "Colours may be drawn marks, writing or overlays, which a network learns instead of "
            "the disease. Look at them, and leave them out where that is so.",
            len(keys),
            singles((key, "") for key in keys),
            ("exclude", "ignore"),
            tuple(keys),
        )


def _three_in_one(found: list[Look], title: str, colour: str) -> DataFinding:
    """Coloured pictures are the rule: which colour is read is chosen, also anew."""
    chosen = CHANNELS[colour] is not None
    # Those with most outlined first: on an empty slice the colours show no difference.
    shown = sorted(found, key=lambda x: -(x.mask_pixels or 0))
    return DataFinding(
        "coloured",
        "info" if chosen else "warning",
        f"{title}: {colour} alone is read" if chosen else title,
        "Such pictures often hold three sequences in red, green and blue: choose the one that is "
        "to be learned. Grey is the brightness of all three together, a mixture that no scanner "
        "gives; it is what is read without a choice.",
        len(found),
        singles((x.case.key, "") for x in shown),
        COLOUR_ACTIONS,
    )


def _class_by_file(seen: Seen) -> Iterator[DataFinding]:
    """Whether size and kind of the file give the class away, each picture judged by the others."""
    labelled = [x for x in seen.good if x.case.label]
    sizes = Counter(x.size for x in labelled)

    def kind_of(x: Look) -> tuple[str, str]:
        return (x.size if sizes[x.size] >= _RARE else "a rare size", x.mode)

    rows = [(x.case.label, kind_of(x)) for x in labelled]
    classes = Counter(label for label, _ in rows)
    if len(classes) < 2:
        return
    by_kind: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for label, kind in rows:
        by_kind[kind][label] += 1
    commonest, most = classes.most_common(1)[0]
    right = 0
    for label, kind in rows:
        others = by_kind[kind] - Counter([label])
        best = max(others, key=lambda c: (others[c], c)) if others else commonest
        right += best == label
    if right < most + _TELLS * len(rows):
        return
    yield DataFinding(
        "class_by_file",
        "warning",
        f"Size and kind of the file alone tell the class of {percent(right, len(rows))} of the "
        f"pictures (always saying '{commonest}' is right for {percent(most, len(rows))})",
        "The classes come from different sources: a network may learn the source and not the "
        "disease, and every figure on this data will flatter. Test on data where all classes come "
        "from one place.",
        right,
        tuple(_kinds({kind_of(x): x.case.key for x in reversed(labelled)}, by_kind)),
        ("ignore",),
    )


def _kinds(
    first: dict[tuple[str, str], str], by_kind: dict[tuple[str, str], Counter[str]]
) -> Iterator[Example]:
    ordered = sorted(by_kind, key=lambda kind: -sum(by_kind[kind].values()))
    for kind in ordered[:_SHOWN_KINDS]:
        told = ", ".join(f"{n} {label}" for label, n in by_kind[kind].most_common())
        yield Example((first[kind],), f"{kind[0]}, {kind[1]}: {told}")
