"""What a text may state of a series: every measured value as a fact, rounded as people read it.

Nothing else reaches an offline text or a prompt. Names, identifiers and file names are never
facts. Dates are (``date.*``), because a comparison needs them; :func:`shareable` leaves them out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tumordesk.core.activation import map_mark
from tumordesk.core.change import Change
from tumordesk.core.explanation import Fact
from tumordesk.core.finding import AnalysisResult, Classification, Lesion, Measurements, Provenance
from tumordesk.core.study import Sequence
from tumordesk.core.study_findings import StudyFindings
from tumordesk.explain import reasons
from tumordesk.explain.rounding import (
    change_percent,
    length_mm,
    plain,
    probability,
    product_mm2,
    share,
    volume_ml,
    whole,
)

MAX_LESIONS = 20
UNDECIDED = 0.5
SHORT_HASH = 12
Facts = Iterator[Fact]
_PERCENT = re.compile(r"(\d+(?:\.\d+)?)\s*%")


def facts(findings: StudyFindings) -> tuple[Fact, ...]:
    """Every fact of ``findings``, in reading order; keys are unique.

    Keys: ``model``, ``model.hash``, ``outline.mine`` (or ``.file``; ``.map``: then there is
    nothing else of the outline), ``sequence``, ``slices.count``, ``slices.distance``,
    ``geometry``, ``outlined.yes`` or ``outlined.no`` (neither where nothing was run),
    ``lesions.count``, ``lesion.N.number/.volume/.longest/.perpendicular/.product/.side/
    .location/.first/.last/.slice``, ``total.volume``, ``total.pixels``, ``total.share``,
    ``slices.tumour``, ``slices.first``, ``slices.last``, ``change.*``, ``threshold.N``, ``date.*``,
    for each classifier ``classifier``, ``classifier.hash``, ``class.NAME``, ``undecided``,
    ``unlike``, ``focus.VERDICT``, ``focus.share``, ``focus.overlap``, ``class_slice.N`` (the second
    and further classifiers end in ``@MODEL``), and ``refused.CODE``, ``warning.CODE``,
    ``note.CODE``.
    """
    made = [*_run(findings), *_outline(findings)]
    if findings.change is not None and not _mapped(findings):
        made += _change(findings.change)
    for index, result in enumerate(findings.classifications):
        if result.classification is not None:
            made += _classifier(findings, result, result.classification, first=index == 0)
    made += _reasons(findings)
    return tuple({fact.key: fact for fact in reversed(made)}.values())[::-1]


def shareable(known: tuple[Fact, ...]) -> tuple[Fact, ...]:
    """Facts that may be put into a prompt: without dates and without hashes."""
    return tuple(f for f in known if not f.key.startswith("date.") and "hash" not in f.key)


def _words(key: str, words: str, slice_index: int | None = None) -> Fact:
    return Fact(key, None, "", words, slice_index)


def _mapped(findings: StudyFindings) -> bool:
    """Whether what is outlined is the region of an activation map: it is no tumour's outline."""
    return findings.outline is not None and bool(map_mark(findings.outline.segments))


def _name(made: Provenance) -> str:
    return f"{made.model_id} {made.model_version}".strip()


def _run(findings: StudyFindings) -> Facts:
    made = findings.made_by.provenance if findings.made_by is not None else None
    outline = findings.outline
    if _mapped(findings):
        made = None
    elif outline is not None and made is None and (findings.origin != "mine" or findings.from_file):
        yield _words("outline.file", "the outline was drawn by a person or read from a file")
    if made is not None and _name(made):
        yield _words("model", _name(made))
        if made.model_sha256:
            yield _words("model.hash", made.model_sha256[:SHORT_HASH])
    drawn = findings.origin == "mine" and not findings.from_file
    if outline is not None and drawn and not _mapped(findings):
        yield _words("outline.mine", "the outline was drawn or corrected by a person")
    series = findings.series
    if series.guess.sequence is not Sequence.UNKNOWN:
        yield _words("sequence", series.guess.sequence.shown)
    yield whole("slices.count", series.slices, "number of slices of the series")
    distance = series.geometry.slice_spacing_mm
    if distance is not None and series.slices > 1:
        yield plain("slices.distance", distance, "mm", 1, "distance between slices")
    yield _words("geometry", series.geometry.verdict.value)


def _outline(findings: StudyFindings) -> Facts:
    outline, measured = findings.outline, findings.measurements
    if outline is None:
        return
    if _mapped(findings):
        yield _words("outline.map", "the outlined area is where a classifier looked, not a tumour")
        return
    if measured is None:
        return
    if not measured.voxels:
        yield _words("outlined.no", "no tumour is outlined; this does not rule one out")
        return
    yield _words("outlined.yes", "a tumour is outlined")
    yield whole("lesions.count", len(measured.lesions), "number of lesions outlined")
    for lesion in measured.lesions[:MAX_LESIONS]:
        yield from _lesion(lesion)
    yield from _totals(measured)


def _lesion(lesion: Lesion) -> Facts:
    n, index = lesion.number, lesion.largest_slice
    of = f"of lesion {n}"
    point = (lesion.centroid[1], lesion.centroid[2])
    yield whole(f"lesion.{n}.number", n, "number of the lesion, largest first", index, point)
    if lesion.volume_ml is not None:
        yield volume_ml(f"lesion.{n}.volume", lesion.volume_ml, f"volume {of}", index, point)
    yield from _diameters(lesion, of)
    if lesion.side in ("left", "right", "both"):
        yield Fact(f"lesion.{n}.side", None, "", lesion.side, index, point)
    place = place_of(lesion.location)
    if place:
        yield Fact(f"lesion.{n}.location", None, "", place, index, point)
    first, last = lesion.slice_range
    yield whole(f"lesion.{n}.first", first + 1, f"first slice {of}", first, point)
    yield whole(f"lesion.{n}.last", last + 1, f"last slice {of}", last, point)
    yield whole(f"lesion.{n}.slice", index + 1, f"slice of the longest diameter {of}", index, point)


def _diameters(lesion: Lesion, of: str) -> Facts:
    """In mm with one decimal where both are below 10, else whole; in pixels without spacing."""
    both = [d for d in (lesion.longest, lesion.perpendicular) if d is not None]
    in_mm = [d.length_mm for d in both if d.length_mm is not None]
    known = len(in_mm) == len(both)
    for name, d in (("longest", lesion.longest), ("perpendicular", lesion.perpendicular)):
        if d is None:
            continue
        point = ((d.start[0] + d.end[0]) / 2.0, (d.start[1] + d.end[1]) / 2.0)
        key, words = f"lesion.{lesion.number}.{name}", f"{name} diameter {of}"
        if known and d.length_mm is not None:
            yield length_mm(key, d.length_mm, max(in_mm), words, d.slice_index, point)
        else:
            yield plain(key, d.length_px, "px", 0, words, d.slice_index, point)
    if known and len(both) == 2:
        yield product_mm2(
            f"lesion.{lesion.number}.product",
            in_mm[0] * in_mm[1],
            f"product of the diameters {of}",
            both[0].slice_index,
            ((both[0].start[0] + both[0].end[0]) / 2.0, (both[0].start[1] + both[0].end[1]) / 2.0),
        )


def _totals(measured: Measurements) -> Facts:
    if measured.volume_ml is not None:
        yield volume_ml("total.volume", measured.volume_ml, "volume of all that is outlined")
    else:
        yield plain("total.pixels", measured.voxels, "px", 0, "pixels outlined")
    yield share("total.share", measured.share_of_pixels, "share of all pixels that is outlined")
    if measured.tumour_slices:
        first, last = measured.tumour_slices[0], measured.tumour_slices[-1]
        yield whole("slices.tumour", len(measured.tumour_slices), "number of slices outlined on")
        yield whole("slices.first", first + 1, "first slice outlined on", first)
        yield whole("slices.last", last + 1, "last slice outlined on", last)


def place_of(location: str | None) -> str:
    """'front upper' from a location in words; the side is told apart. Empty where unknown."""
    known = set((location or "").lower().replace(",", " ").replace("-", " ").split())
    along = [w for w, same in _PLACES if known & same and w in ("front", "back")]
    up = [w for w, same in _PLACES if known & same and w in ("upper", "lower")]
    return " ".join([*(along if len(along) == 1 else []), *(up if len(up) == 1 else [])])


_PLACES = (
    ("front", {"front", "anterior"}),
    ("back", {"back", "posterior", "rear"}),
    ("upper", {"upper", "top", "superior", "up"}),
    ("lower", {"lower", "bottom", "inferior", "low"}),
)


def _change(change: Change) -> Facts:
    for key, date in (("date.earlier", change.earlier_date), ("date.later", change.later_date)):
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", date):
            yield _words(key, date)
    for when, value in (("before", change.volume_before_mm3), ("after", change.volume_after_mm3)):
        if value is not None:
            words = f"volume of all, {'earlier' if when == 'before' else 'now'}"
            yield volume_ml(f"change.volume_{when}", value / 1000.0, words)
    for when, value in (("before", change.product_before_mm2), ("after", change.product_after_mm2)):
        if value is not None:
            words = f"product of the diameters, {'earlier' if when == 'before' else 'now'}"
            yield product_mm2(f"change.product_{when}", value, words)
    if change.volume_percent is not None:
        yield change_percent("change.volume_percent", change.volume_percent, "change of the volume")
    if change.product_percent is not None:
        words = "change of the product of the diameters"
        yield change_percent("change.product_percent", change.product_percent, words)
    yield from _thresholds(change)
    for code in dict.fromkeys(_doubt(text) for text in change.doubts):
        yield _words(f"change.{code}", reasons.ENGLISH[code])


def _thresholds(change: Change) -> Facts:
    """Published thresholds that a change passes, by their own percentage."""
    for number, text in enumerate(change.thresholds, start=1):
        found = _PERCENT.search(text)
        if found is None:
            continue
        of = "volume" if "volume" in text.lower() else "product"
        words = f"published threshold for the change of the {of}, which is passed"
        value = float(found[1])
        yield plain(f"threshold.{number}.{of}", value, "%", int(value != int(value)), words)


_DOUBTS = (
    ("not known whether", "doubt-unknown"),
    ("is an estimate", "doubt-estimate"),
    ("no lesion", "doubt-small"),
    ("pixel", "doubt-pixels"),
    ("thick", "doubt-thickness"),
    ("slice distance", "doubt-thickness"),
    ("plane", "doubt-plane"),
    ("model", "doubt-model"),
    ("sequence", "doubt-sequence"),
)


def _doubt(text: str) -> str:
    low = text.lower()
    return next((code for words, code in _DOUBTS if words in low), "doubt-other")


def _classifier(
    findings: StudyFindings, result: AnalysisResult, found: Classification, *, first: bool
) -> Facts:
    made = result.provenance
    end = "" if first else f"@{made.model_id}"
    yield _words(f"classifier{end}", _name(made))
    if made.model_sha256:
        yield _words(f"classifier.hash{end}", made.model_sha256[:SHORT_HASH])
    order = sorted(range(len(found.classes)), key=lambda i: -found.probabilities[i])
    where = found.driving_slices[0] if found.driving_slices else None
    for i in order:
        key = f"class.{found.classes[i]}{end}"
        yield probability(key, found.probabilities[i], found.labels[i], where)
    if found.probabilities[found.winner] < UNDECIDED:
        yield _words(f"undecided{end}", "no class is more likely than all others together")
    for rank, index in enumerate(sorted(found.driving_slices), start=1):
        words = "slice that spoke most for the likeliest class"
        yield whole(f"class_slice.{rank}{end}", index + 1, words, index)
    if found.unlike is not None and found.unlike.unlike:
        yield _words(f"unlike{end}", "the pictures are unlike those that the classifier learned")
    yield from _focus(findings, made.model_id, end)


def _focus(findings: StudyFindings, model_id: str, end: str) -> Facts:
    focus = findings.foci.get(model_id)
    if focus is None or focus.verdict == "unknown":
        return
    words = {
        "inside": "the classifier looked at the outline clearly more than elsewhere",
        "partly": "the classifier looked partly outside the outline",
        "elsewhere": "the classifier looked mostly outside the outline",
    }
    yield _words(f"focus.{focus.verdict}{end}", words[focus.verdict])
    if focus.inside_share is not None:
        words_of = "share of the activation map that lies in the outline"
        yield share(f"focus.share{end}", focus.inside_share, words_of)
    if focus.overlap is not None:
        words_of = "overlap (Dice) of activation map and outline"
        yield plain(f"focus.overlap{end}", focus.overlap, "", 2, words_of)


def _reasons(findings: StudyFindings) -> Facts:
    runs = [r for r in (findings.made_by, *findings.classifications) if r is not None]
    measured = None if _mapped(findings) else findings.measurements
    told: set[str] = set()
    groups = (
        ("refused", measured.refused if measured is not None and measured.voxels else ()),
        ("warning", tuple(text for run in runs for text in run.provenance.warnings)),
        ("note", measured.notes if measured is not None and measured.voxels else ()),
    )
    for group, sentences in groups:
        for code in reasons.codes_of(sentences):
            if code not in told:
                told.add(code)
                yield _words(f"{group}.{code}", reasons.ENGLISH[code])
    if findings.change is not None and findings.change.refused and not _mapped(findings):
        yield _words("refused.change", reasons.ENGLISH["change"])
