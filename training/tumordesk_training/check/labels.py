"""Findings about classes and masks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from math import prod

from tumordesk.core.data_report import DataFinding
from tumordesk.core.label_numbers import LabelNumber
from tumordesk_training.check.seen import Seen, singles
from tumordesk_training.words import many, percent, together

_UNEVEN = 3.0
_FEW_OF_A_CLASS = 20
_MOSTLY = 0.9
_SOME = 0.05
_HUGE = 0.6
_MOST_NUMBERS = 20


def label_findings(
    seen: Seen, categories: dict[str, int], labels: Sequence[LabelNumber] = ()
) -> Iterator[DataFinding]:
    """All findings about classes and masks. ``categories``: of COCO files, with pictures;
    ``labels``: what the numbers of label maps are said to stand for."""
    yield from _balance(seen)
    yield from _categories(categories, told=len(label_counts(seen)) > 1)
    yield from _empty(seen)
    yield from _rectangles(seen)
    yield from _huge(seen)
    yield from _doubts(seen)
    yield from _numbers(seen, labels)
    yield from _alike(seen)


def _doubts(seen: Seen) -> Iterator[DataFinding]:
    found = [(x.case.key, x.doubt) for x in seen.good if x.doubt]
    if found:
        reasons = together(sorted({doubt for _, doubt in found}))
        yield DataFinding(
            "mask_levels",
            "problem",
            f"{many(len(found), 'mask')} with more than is read: {reasons}",
            "With one object class, what is brighter than half is the object. Save the masks in "
            "black and white; or where their levels stand for several classes, say which is which "
            "(data.labels of a configuration).",
            len(found),
            singles(found),
            ("ignore", "exclude"),
            tuple(key for key, _ in found),
        )


def label_counts(seen: Seen) -> dict[int, int]:
    """In how many label maps each number is; empty where the maps are masks in shades of grey."""
    counts = Counter(number for x in seen.good for number in x.numbers)
    return dict(sorted(counts.items())) if len(counts) <= _MOST_NUMBERS else {}


def _numbers(seen: Seen, labels: Sequence[LabelNumber]) -> Iterator[DataFinding]:
    """Label maps of several parts, which are learned as one unless they are named."""
    counts, names = label_counts(seen), seen.data.label_names
    if len(counts) < 2:
        return
    told = together(
        [
            f"'{names[n]}' (number {n}, in {many(count, 'picture')})"
            if n in names
            else f"{n} (in {count} of them)"
            for n, count in counts.items()
        ]
    )
    title = f"Label maps hold several numbers: {told}"
    if names:
        title = f"There are outlines of several categories: {told}"
    advice = (
        "They are learned as one outline: see that each of them is tumour, and that none stands "
        "for something else or for 'no tumour'. Or give them names, on "
        "the page of the data or as data.labels of a configuration: each name is learned by "
        "itself, and what is background is not outlined."
    )
    if labels:
        named = together([f"{names.get(one.number, one.number)} is {one.name}" for one in labels])
        advice = f"They are learned by name: {named}."
    yield DataFinding(
        "label_numbers",
        "info" if labels else "warning",
        title,
        advice,
        len(counts),
        singles(
            (x.case.key, together([names.get(n, str(n)) for n in x.numbers]))
            for x in seen.good
            if x.numbers
        ),
        ("ignore",),
    )


def _alike(seen: Seen) -> Iterator[DataFinding]:
    """Classes whose names differ only in case or blanks."""
    names: dict[str, set[str]] = {}
    for case in seen.data.cases:
        if case.label:
            names.setdefault(" ".join(case.label.casefold().split()), set()).add(case.label)
    alike = sorted(sorted(found) for found in names.values() if len(found) > 1)
    if alike:
        pairs = "; ".join(together([repr(name) for name in found]) for found in alike)
        wanted = {name for found in alike for name in found}
        yield DataFinding(
            "class_names",
            "problem",
            f"Classes that differ only in case or blanks: {pairs}",
            "They are learned as different classes. Where they are one, give them one name.",
            len(wanted),
            singles((c.key, c.label) for c in seen.data.cases if c.label in wanted),
            ("ignore",),
        )


def _balance(seen: Seen) -> Iterator[DataFinding]:
    counts = Counter(case.label for case in seen.data.cases if case.label)
    if len(counts) < 2:
        return
    (large, most), (small, least) = counts.most_common()[0], counts.most_common()[-1]
    few = [name for name, n in counts.items() if n < _FEW_OF_A_CLASS]
    if most < _UNEVEN * least and not few:
        return
    title = f"Class '{large}' has {most} pictures, '{small}' {least}"
    if few:
        title += f"; fewer than {_FEW_OF_A_CLASS}: {together(sorted(few))}"
    yield DataFinding(
        "imbalance",
        "warning",
        title,
        "Read balanced accuracy and the figures of each class, not accuracy alone; weigh the "
        "classes in the loss, or collect more of the small ones.",
        least,
        singles((c.key, small) for c in seen.data.cases if c.label == small),
        ("ignore",),
    )


def _categories(categories: dict[str, int], *, told: bool) -> Iterator[DataFinding]:
    """Categories of COCO files; ``told``: those that are used are a finding of their own."""
    without = [name for name, pictures in categories.items() if not pictures]
    if without:
        yield DataFinding(
            "category_without_pictures",
            "warning",
            f"Annotation {'category' if len(without) == 1 else 'categories'} without pictures: "
            f"{together([repr(name) for name in without])}",
            "The annotation files promise something that no picture has: it is not trained. Take "
            "it out of the files, or find the pictures that are missing.",
            len(without),
            (),
            ("ignore",),
        )
    used = [f"'{name}' ({n} pictures)" for name, n in categories.items() if n]
    if len(used) > 1 and not told:
        yield DataFinding(
            "categories",
            "info",
            f"All annotation categories count as the one object class: {together(used)}",
            "Make sure that none of them stands for 'no tumour' or for something else.",
            len(used),
            (),
            ("ignore",),
        )


def _empty(seen: Seen) -> Iterator[DataFinding]:
    masked = [x for x in seen.good if x.case.mask is not None or x.case.polygons or x.case.empty]
    if not any(x.case.mask is not None or x.case.polygons for x in masked):
        return
    empty = [x.case.key for x in masked if not x.mask_pixels]
    if not empty:
        yield DataFinding(
            "no_empty_masks",
            "info",
            f"Every one of {many(len(masked), 'mask')} has something outlined",
            "A network that never saw a picture without tumour outlines one on every picture: add "
            "pictures without tumour, with empty masks.",
            len(masked),
            (),
            ("ignore",),
        )
        return
    nothing = len(empty) == len(masked)
    yield DataFinding(
        "empty_masks",
        "problem" if nothing else "info",
        f"{len(empty)} of {many(len(masked), 'mask')} "
        f"{'is' if len(empty) == 1 else 'are'} empty ({percent(len(empty), len(masked))})",
        "There is nothing to learn an outline from: check that the masks are the right files."
        if nothing
        else "Empty masks teach where nothing is to be outlined: keep them, if the pictures show "
        "no tumour. See whether some were forgotten.",
        len(empty),
        singles((key, "nothing is outlined") for key in empty),
        ("keep", "exclude"),
        tuple(empty),
    )


def _rectangles(seen: Seen) -> Iterator[DataFinding]:
    full = [x for x in seen.good if x.mask_pixels]
    boxes = [x.case.key for x in full if x.rectangle]
    if not boxes or len(boxes) < _SOME * len(full):
        return
    mostly = len(boxes) >= _MOSTLY * len(full)
    whose = f"All {len(full)}" if len(boxes) == len(full) else f"{len(boxes)} of {len(full)}"
    yield DataFinding(
        "rectangles",
        "problem" if mostly else "warning",
        f"{whose} masks are plain rectangles: these are boxes, not outlines",
        "A network trained on them will draw boxes, and its Dice against boxes says nothing about "
        "outlines. Redraw them in the viewer, or use them for a classification.",
        len(boxes),
        singles((key, "a rectangle") for key in boxes),
        ("ignore",) if mostly else ("exclude", "ignore"),
        () if mostly else tuple(boxes),
    )


def _huge(seen: Seen) -> Iterator[DataFinding]:
    huge = [
        (x.case.key, percent(x.mask_pixels, prod(x.shape)))
        for x in seen.good
        if x.mask_pixels and x.mask_pixels > _HUGE * prod(x.shape)
    ]
    if huge:
        yield DataFinding(
            "huge_masks",
            "warning",
            f"{many(len(huge), 'mask')} cover more than {_HUGE:.0%} of the picture".replace(
                "%", " %"
            ),
            "They may be inverted, or of something else than a tumour.",
            len(huge),
            singles((key, f"covers {share}") for key, share in huge),
            ("exclude", "ignore"),
            tuple(key for key, _ in huge),
        )
