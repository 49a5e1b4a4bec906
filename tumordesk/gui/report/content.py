"""What a report says, in words and rows; nothing of how it looks. Pure functions, no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tumordesk import __version__
from tumordesk.core.activation import map_mark
from tumordesk.core.change import Change
from tumordesk.core.explanation import Explanation, Language, Register
from tumordesk.core.finding import AnalysisResult, Classification, Lesion, Measurements, Provenance
from tumordesk.core.geometry import Verdict
from tumordesk.core.model_card import NOTICE, ModelCard
from tumordesk.core.study import Sequence as Acquisition
from tumordesk.core.study_findings import StudyFindings
from tumordesk.gui.panels import numbers
from tumordesk.imaging.key_pictures import KeyPicture, key_pictures

TITLE = "Tumour findings"
HIDDEN = "Hidden"
UNKNOWN = "Not given"
Row = tuple[str, str]

_GEOMETRY = {
    Verdict.OK: "Slices are evenly spaced: volumes and diameters are supported.",
    Verdict.GAP: "Slices are missing: volumes are estimates.",
    Verdict.IRREGULAR: "Slices are unevenly spaced: volumes are estimates.",
    Verdict.SHEARED: "The stack is sheared (gantry tilt): diameters are in the slice plane.",
    Verdict.NO_MM: "The file does not give the size of its pixels: no millimetres.",
    Verdict.FLAT: "Slices carry no position: no volume, no side.",
    Verdict.SINGLE: "A single slice: no volume.",
}
_REFUSING = (Verdict.NO_MM, Verdict.SINGLE, Verdict.FLAT)
_HEAD = ("Lesion", "Volume", "Diameters", "Side and place", "Slices", "Largest on")


@dataclass(frozen=True)
class Tile:
    """One large figure of the summary."""

    value: str
    unit: str
    text: str


@dataclass(frozen=True)
class Classified:
    """The answer of one classifier. ``shares`` are (label, probability 0..1), best first."""

    model: str
    shares: tuple[tuple[str, float], ...]
    slices: str
    doubts: tuple[str, ...]
    told: tuple[str, ...]
    picture: KeyPicture | None


@dataclass(frozen=True)
class Report:
    """Everything that stands on the pages. ``explanation`` is shown in its own language where a
    font can; ``plain_english`` is the same findings in English for where none can."""

    title: str
    when: str
    who: str
    patient: tuple[Row, ...]
    study: tuple[Row, ...]
    series: tuple[Row, ...]
    tiles: tuple[Tile, ...]
    warnings: tuple[str, ...]
    pictures: tuple[KeyPicture, ...]
    lesion_head: tuple[str, ...]
    lesions: tuple[tuple[str, ...], ...]
    totals: tuple[Row, ...]
    refused: tuple[str, ...]
    change: tuple[Row, ...]
    change_notes: tuple[str, ...]
    classified: tuple[Classified, ...]
    explanation: Explanation | None
    plain_english: Explanation | None
    made: tuple[tuple[str, tuple[Row, ...]], ...]
    notes: tuple[str, ...]
    limits: tuple[tuple[str, tuple[str, ...]], ...]
    geometry: tuple[str, ...]
    notice: str = NOTICE


def report_of(
    findings: StudyFindings,
    cards: Sequence[ModelCard] = (),
    *,
    hide_names: bool = False,
    when: datetime | None = None,
) -> Report:
    """The report of ``findings``. ``cards``: of the models that were used, for their limits."""
    pictures = key_pictures(findings, captions=False)
    measured = findings.measurements
    lesions = measured.lesions if measured is not None else ()
    told = findings.explanation or _explained(findings, Language.ENGLISH, Register.REFERRER)
    return Report(
        title=TITLE,
        when=(when or datetime.now()).strftime("%Y-%m-%d %H:%M"),
        who=_who(findings, hide_names),
        patient=_patient(findings, hide_names),
        study=_study(findings),
        series=_series(findings),
        tiles=_tiles(findings),
        warnings=_warnings(findings),
        pictures=tuple(picture for picture in pictures if picture.kind != "map"),
        lesion_head=_HEAD,
        lesions=tuple(_lesion(one, findings) for one in lesions),
        totals=_totals(findings, measured) if measured is not None else (),
        refused=_refused(measured),
        change=_change(findings.change) if findings.change is not None else (),
        change_notes=_change_notes(findings.change),
        classified=_classified(findings, pictures),
        explanation=told,
        plain_english=_in_english(findings, told),
        made=_made(findings),
        notes=_notes(findings),
        limits=_limits(findings, cards),
        geometry=_geometry(findings),
    )


def _who(findings: StudyFindings, hide_names: bool) -> str:
    """Whose report it is, for the head of every page."""
    patient, study = findings.patient, findings.study
    who = "" if hide_names or patient is None else patient.patient_id or _name(patient.name)
    date = study.date if study is not None else ""
    return "  ·  ".join(part for part in (who, date, findings.series.description) if part)


def _name(name: str) -> str:
    return " ".join(name.replace("^", " ").split())


def _patient(findings: StudyFindings, hide_names: bool) -> tuple[Row, ...]:
    patient = findings.patient
    if hide_names:
        return (("Name", HIDDEN), ("ID", HIDDEN))
    if patient is None:
        return (("Name", UNKNOWN), ("ID", UNKNOWN))
    rows = [("Name", _name(patient.name) or UNKNOWN), ("ID", patient.patient_id or UNKNOWN)]
    if patient.birth_date:
        rows.append(("Born", patient.birth_date))
    if patient.sex:
        rows.append(("Sex", patient.sex))
    return tuple(rows)


def _study(findings: StudyFindings) -> tuple[Row, ...]:
    study = findings.study
    if study is None:
        return (("Date", UNKNOWN), ("Study", UNKNOWN))
    return (("Date", study.date or UNKNOWN), ("Study", study.description or UNKNOWN))


def _series(findings: StudyFindings) -> tuple[Row, ...]:
    series = findings.series
    number = f" (series {series.number})" if series.number is not None else ""
    guess = series.guess
    kind = "Not known" if guess.sequence is Acquisition.UNKNOWN else guess.sequence.shown
    plane = f", {findings.volume.geometry.plane}" if findings.volume.geometry.plane else ""
    size = f"{numbers.counted(series.slices, 'slice')} of {series.columns} × {series.rows}"
    spacing = findings.volume.geometry.spacing_mm
    rows = [
        ("Series", f"{series.description or 'Without description'}{number}"),
        ("Sequence", f"{kind}{plane}"),
        ("Size", size),
    ]
    if spacing is not None:
        rows.append(("Voxel", f"{spacing[2]:.2f} × {spacing[1]:.2f} × {spacing[0]:.2f} mm"))
    return tuple(rows)


def _tiles(findings: StudyFindings) -> tuple[Tile, ...]:
    tiles = _outline_tiles(findings)
    for result in findings.classifications:
        found = result.classification
        if found is not None:
            quantity = numbers.probability(found.probabilities[found.winner])
            likeliest = found.labels[found.winner]
            said = f"Undecided, likeliest {likeliest}" if found.undecided else found.answer
            text = f"{said} ({result.provenance.model_id})"
            tiles.append(Tile(quantity.value, quantity.unit, text))
    return tuple(tiles[:4])


def _outline_tiles(findings: StudyFindings) -> list[Tile]:
    measured = findings.measurements
    if measured is None:
        return []
    if not measured.voxels:
        return [Tile("0", "", "No tumour found. This does not rule a tumour out.")]
    count = len(measured.lesions)
    tiles = []
    if measured.volume_ml is not None:
        volume = numbers.volume(measured.volume_ml)
        tiles.append(Tile(volume.value, volume.unit, "Outlined volume"))
    else:
        share = numbers.share(measured.share_of_pixels)
        tiles.append(Tile(share.value, share.unit, "Outlined share of all pixels"))
    size = numbers.diameters(measured.lesions[0]) if measured.lesions else None
    if size is not None:
        tiles.append(Tile(size.value, size.unit, "Largest lesion, longest × perpendicular"))
    return [*tiles, Tile(str(count), "", "Lesion" if count == 1 else "Lesions")]


def _mark(findings: StudyFindings) -> str:
    """That the outline is the region of an activation map; '' where it is a true one."""
    return "" if findings.outline is None else map_mark(findings.outline.segments)


def _warnings(findings: StudyFindings) -> tuple[str, ...]:
    made = [*findings.classifications]
    if findings.made_by is not None:
        made.insert(0, findings.made_by)
    texts = [text for result in made for text in result.provenance.warnings]
    texts += [*findings.series.warnings, *findings.volume.warnings]
    mark = _mark(findings)
    if mark:
        texts.insert(0, f"{mark}.")
    if findings.origin == "mine":
        by_model = findings.made_by is not None
        drawn = "corrected by a person" if by_model else "drawn by a person or read from a file"
        texts.append(f"The outline was {drawn}.")
    return tuple(dict.fromkeys(texts))


def _lesion(lesion: Lesion, findings: StudyFindings) -> tuple[str, ...]:
    size = numbers.diameters(lesion)
    first, last = lesion.slice_range
    slices = numbers.slice_list(range(first, last + 1))
    volume = str(numbers.volume(lesion.volume_ml)) if lesion.volume_ml is not None else "Refused"
    side = numbers.side(lesion.side) or "Not known"
    # The place says the side again where both are known.
    place = lesion.location or side
    outline = findings.outline
    name = str(lesion.number)
    if outline is not None and len(outline.segments) > 1:
        name += f" {outline.names(lesion.segments)}"
    on = f"Slice {numbers.slice_number(lesion.largest_slice)}"
    return (name, volume, str(size) if size else "None", place[:1].upper() + place[1:], slices, on)


def _totals(findings: StudyFindings, measured: Measurements) -> tuple[Row, ...]:
    if not measured.voxels:
        return ()
    rows: list[Row] = []
    if measured.volume_ml is not None:
        rows.append(("Volume of all outlines", str(numbers.volume(measured.volume_ml))))
    if findings.outline is not None:
        for part in measured.parts:
            if part.volume_ml is not None and part.voxels:
                name = findings.outline.names((part.segment,))
                rows.append((f"Volume, {name}", str(numbers.volume(part.volume_ml))))
    slices = findings.series.slices
    if slices > 1:
        share = numbers.share(measured.share_of_slices)
        rows.append(("Slices with tumour", f"{len(measured.tumour_slices)} of {slices} ({share})"))
    rows.append(("Share of all pixels", str(numbers.share(measured.share_of_pixels))))
    return tuple(rows)


def _refused(measured: Measurements | None) -> tuple[str, ...]:
    if measured is None:
        return ()
    texts = [*measured.refused, *(text for one in measured.lesions for text in one.refused)]
    return tuple(dict.fromkeys(texts))


def _change(change: Change) -> tuple[Row, ...]:
    rows = [("Earlier study", f"{change.earlier_date or 'No date'}, {change.earlier_series}")]
    before, after = change.volume_before_mm3, change.volume_after_mm3
    if before is not None and after is not None:
        values = f"{numbers.volume(before / 1000)} to {numbers.volume(after / 1000)}"
        rows.append(("Volume", f"{values}{_percent(change.volume_percent)}"))
    before, after = change.product_before_mm2, change.product_after_mm2
    if before is not None and after is not None:
        values = f"{before:.0f} to {after:.0f} mm²"
        rows.append(("Product of diameters", f"{values}{_percent(change.product_percent)}"))
    return (*rows, *(("Threshold", text) for text in change.thresholds))


def _percent(value: float | None) -> str:
    return "" if value is None else f" ({value:+.0f} %)"


def _change_notes(change: Change | None) -> tuple[str, ...]:
    return () if change is None else (*change.refused, *change.doubts)


def _classified(findings: StudyFindings, pictures: Sequence[KeyPicture]) -> tuple[Classified, ...]:
    of_maps = [picture for picture in pictures if picture.kind == "map"]
    by_model = dict(zip(findings.maps, of_maps, strict=False))
    return tuple(
        _one_classified(findings, result, result.classification, by_model)
        for result in findings.classifications
        if result.classification is not None
    )


def _one_classified(
    findings: StudyFindings,
    result: AnalysisResult,
    found: Classification,
    pictures: dict[str, KeyPicture],
) -> Classified:
    made = result.provenance
    order = sorted(range(len(found.labels)), key=lambda i: -found.probabilities[i])
    focus = findings.foci.get(made.model_id)
    driving = numbers.slice_list(found.driving_slices)
    doubts: list[str] = []
    told: list[str] = []
    if found.unlike is not None:
        (doubts if found.unlike.unlike else told).append(found.unlike.text)
    if focus is not None:
        (doubts if focus.verdict == "elsewhere" else told).append(focus.text)
    return Classified(
        model=f"{made.model_id} {made.model_version}",
        shares=tuple((found.labels[i], found.probabilities[i]) for i in order),
        slices=f"Driven by slices {driving}" if findings.series.slices > 1 else "",
        doubts=tuple(text for text in doubts if text),
        told=tuple(text for text in told if text),
        picture=pictures.get(made.model_id),
    )


def _in_english(findings: StudyFindings, told: Explanation | None) -> Explanation | None:
    """The explanation in English, where it is in another language."""
    if told is None or told.language is Language.ENGLISH:
        return None
    return _explained(findings, Language.ENGLISH, told.register)


def _explained(
    findings: StudyFindings, language: Language, register: Register
) -> Explanation | None:
    """The offline explanation, or None where there is nothing to explain."""
    if findings.outline is None and not findings.classifications:
        return None
    from tumordesk.explain.registers import explain

    return explain(findings, language, register)


def _made(findings: StudyFindings) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    parts = []
    if findings.made_by is not None:
        mine = findings.origin == "mine"
        title = "Outline, corrected by a person after" if mine else "Outline"
        parts.append((title, _provenance(findings.made_by.provenance)))
    elif findings.outline is not None:
        by = _mark(findings) or "A person, or read from a file"
        parts.append(("Outline", (("Made by", by),)))
    parts += [("Classifier", _provenance(one.provenance)) for one in findings.classifications]
    if not parts:
        parts.append(("Software", (("Software", f"TumorDesk {__version__}"),)))
    return tuple(parts)


def _provenance(made: Provenance) -> tuple[Row, ...]:
    kind = f" ({made.architecture})" if made.architecture else ""
    return (
        ("Model", f"{made.model_id} {made.model_version}{kind}"),
        ("SHA-256", made.model_sha256),
        ("Run on", f"{made.device}, {numbers.seconds(made.seconds)}"),
        ("Software", made.software),
    )


def _notes(findings: StudyFindings) -> tuple[str, ...]:
    made = [*findings.classifications]
    if findings.made_by is not None:
        made.insert(0, findings.made_by)
    texts = [text for result in made for text in result.provenance.notes]
    texts += findings.measurements.notes if findings.measurements is not None else ()
    return tuple(dict.fromkeys(texts))


def _geometry(findings: StudyFindings) -> tuple[str, ...]:
    where, measured = findings.volume.geometry, findings.measurements
    # What makes a number impossible is said with the numbers that are refused.
    said = measured is not None and measured.refused and where.verdict in _REFUSING
    texts = where.notes if said else (_GEOMETRY[where.verdict], *where.notes)
    return tuple(f"{text[:1].upper()}{text[1:].rstrip('.')}." for text in texts if text)


def _limits(
    findings: StudyFindings, cards: Sequence[ModelCard]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Limits of the models that had a part in it, whatever else was at hand."""
    made = [findings.made_by, *findings.classifications]
    used = {result.provenance.model_id for result in made if result is not None}
    return tuple(
        (f"{card.name} {card.version}", card.limits)
        for card in cards
        if card.limits and card.id in used
    )
