"""Which series of a study give a network its channels, where it reads several sequences.

By headers alone. No torch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from tumordesk.core.geometry import Geometry
from tumordesk.core.model_card import ModelCard
from tumordesk.core.study import Sequence as Acquisition
from tumordesk.core.study import Series, sequence_shown
from tumordesk.inference import file_names
from tumordesk.io.relevance import sort_key

HINT = (
    "Open the whole study (the folder with all of its series), or choose a model that reads one "
    "sequence."
)
LEAST_SHARE = 0.5
"""A series must reach this share of the slices, and counts as reaching a slice from this share of
its area."""
_POINTS = 9
_TRIED = 20
"""Candidates for a channel, the likeliest first: a folder may hold thousands of files."""
_SAME_MM = 0.1
_CALCULATED = "is calculated from others (a subtraction or map)"


@dataclass(frozen=True)
class Companions:
    """The series that belong together for one run.

    ``found``: sequence -> the series that gives its channel, the active one among them.
    ``missing``: sequence -> why there is none, in words. ``own_colours``: the channels are the
    colours of the active picture itself (``found`` is then empty). ``refusal``: a sentence that
    says why the model cannot run; empty where nothing is missing. ``names_differ``: the
    files' names differ in more than sequence and plane, as those of two patients do.
    """

    found: Mapping[str, Series] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    own_colours: bool = False
    refusal: str = ""
    names_differ: bool = False


def companions_of(series: Series, study: Iterable[Series], card: ModelCard) -> Companions:
    """Find what ``card``'s network reads beside ``series``, among the series of its study.

    Args:
        series: the one the person runs on; the answer will lie on its grid.
        study: all series of its study; ``series`` itself may be among them.
        card: a model with ``input.sequences``; any other one needs nothing beside the series.
    """
    wanted, study = card.input.sequences, tuple(study)
    if not wanted:
        return Companions()
    if series.is_picture and series.colour and card.input.source_channels:
        # Headers do not tell whether the colours are different images: the run looks.
        return Companions(own_colours=True)
    problem = _active_problem(series, card)
    if problem:
        return _refused(card, {}, dict.fromkeys(wanted, problem), problem)
    found, missing = beside(series, study, wanted)
    if missing:
        return _refused(card, found, missing, "; ".join(missing.values()))
    differ = any(
        file_names.differ(series, one) or file_names.ambiguous(one, study) for one in found.values()
    )
    return Companions({name: found[name] for name in wanted}, names_differ=differ)


def beside(
    series: Series, study: Iterable[Series], wanted: Sequence[str]
) -> tuple[dict[str, Series], dict[str, str]]:
    """The series of ``study`` that give the sequences ``wanted``, ``series`` for its own; and for
    each sequence that is missing why, in words."""
    found, missing = {series.guess.sequence.value: series}, {}
    others = [one for one in study if one.key != series.key]
    for name in wanted:
        if name not in found:
            best, why = _best(series, name, others)
            if best is None:
                missing[name] = why
            else:
                found[name] = best
    return found, missing


def series_name(series: Series) -> str:
    """'series 5', without anything of the files that could name a patient."""
    if series.number is not None:
        return f"series {series.number}"
    return "a series without number" if series.kind == "dicom" else "a file of its own"


def named(sequence: str, series: Series) -> str:
    """'T1 (series 4)', for progress and messages."""
    return f"{sequence_shown(sequence)} ({series_name(series)})"


def sources(
    active: Series, found: Mapping[str, Series], name: Callable[[Series], str] = series_name
) -> str:
    """'T1 from series 4, FLAIR from series 5 (outlined)': which series gave which channel."""
    parts = []
    for sequence, series in found.items():
        this = " (outlined)" if series.key == active.key else ""
        parts.append(f"{sequence_shown(sequence)} from {name(series)}{this}")
    return ", ".join(parts)


def _refused(
    card: ModelCard, found: Mapping[str, Series], missing: Mapping[str, str], why: str
) -> Companions:
    text = f"{card.name} reads {card.input.sequences_shown} together: {why}."
    return Companions(found, missing, refusal=text)


def _active_problem(series: Series, card: ModelCard) -> str:
    """Why the series cannot be one of the channels at all; empty where it can."""
    if series.is_picture:
        if card.input.source_channels:
            return "this picture is not in colour, so it holds one of them at most"
        return "this is a picture, which has no other sequences beside it"
    if series.colour:
        return "this series is in colour, so its grey values are not those of a sequence"
    guess = series.guess.sequence
    if guess.value in card.input.sequences:
        return f"this series {_CALCULATED}" if _calculated(series) else ""
    if guess is Acquisition.UNKNOWN:
        return "which of them this series is could not be told from the file"
    return f"this series looks like {guess.shown} ({series.guess.reason})"


# Choosing among candidates --------------------------------------------------------------------


def _best(series: Series, name: str, others: Sequence[Series]) -> tuple[Series | None, str]:
    """The series that gives the channel ``name``, or None and the reason."""
    shown = sequence_shown(name)
    kind = [one for one in others if one.guess.sequence.value == name]
    candidates = [one for one in kind if not file_names.outline(one)]
    if not candidates:
        return None, f"there is no {shown} series in this study"
    candidates.sort(key=lambda one: _preference(series, one))
    first = ""
    for one in candidates[:_TRIED]:
        reason = _unusable(series, one, others)
        if not reason:
            return one, ""
        first = first or reason
    return None, f"its {named(name, candidates[0])} {first}"


def _preference(series: Series, other: Series) -> tuple[object, ...]:
    """Sort key: files of the same name first, then what a scanner measured, then the same plane,
    then what people came for."""
    count, same = file_names.shared(series, other)
    derived = (_calculated(other), bool(other.extra.get("derived")))
    differs = other.geometry.plane != series.geometry.plane
    return (-count, not same, derived, differs, sort_key(other))


def _calculated(series: Series) -> bool:
    """Whether it was made from other series and shows something else than they do."""
    return bool(series.extra.get("calculated")) or file_names.calculated(series)


def _unusable(series: Series, other: Series, others: Iterable[Series]) -> str:
    """Why ``other`` cannot be laid on ``series``, as the end of a sentence; empty: it can."""
    if other.is_picture or other.colour:
        return "is a picture or in colour, so its grey values are not those of a sequence"
    frames = (series.frame_of_reference_uid, other.frame_of_reference_uid)
    if all(frames) and frames[0] != frames[1]:
        return "has another frame of reference, so how the two lie to each other is not known"
    unplaced = _unplaced(series.geometry, other.geometry)
    if unplaced:
        return unplaced
    if whose := _belongs_elsewhere(series, other, others):
        return whose
    if _calculated(other):
        return _CALCULATED
    if reached(other.geometry, series.geometry) < LEAST_SHARE:
        return "covers less than half of the slices"
    return ""


def _belongs_elsewhere(series: Series, other: Series, others: Iterable[Series]) -> str:
    """Why ``other`` is not of the patient of ``series``, by names of files; empty: it may be.

    Where one name only says more than the other, series of another kind decide nothing.
    """
    if other.kind == "dicom":
        return ""
    own, kind = file_names.shared(series, other), series.guess.sequence
    closer = [
        one.guess.sequence
        for one in others
        if one.key != other.key and one.kind != "dicom" and file_names.shared(one, other) > own
    ]
    if kind in closer:
        return f"belongs to another {kind.shown} by its file name"
    if closer and file_names.contradict(series, other):
        return "belongs to another patient or examination by its file name"
    return ""


def _unplaced(first: Geometry, other: Geometry) -> str:
    """Why it is not known how two grids lie to each other; empty where it is, or where neither
    says anything and both have the same shape."""
    if first.affine is not None and other.affine is not None:
        return ""
    if first.affine is not None:
        return "does not say where it lies"
    if other.affine is not None:
        return "says where it lies, but this series does not"
    if first.shape != other.shape:
        return "does not say where it lies, and has another number of slices or pixels"
    mine, theirs = first.slice_positions_mm, other.slice_positions_mm
    if mine is None or theirs is None or np.allclose(mine, theirs, atol=_SAME_MM):
        return ""
    return "has its slices at other places"


def reached(of: Geometry, grid: Geometry) -> float:
    """Share (0..1) of the slices of ``grid`` of which ``of`` reaches half the area or more.

    1 where one of them does not say where it lies.
    """
    if of.affine is None or grid.affine is None:
        return 1.0
    axes = [np.arange(grid.shape[0]), *(np.linspace(0, n - 1, _POINTS) for n in grid.shape[1:])]
    points = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    index = of.to_index(grid.to_patient(points))
    inside = ((index >= -0.5) & (index <= np.asarray(of.shape) - 0.5)).all(axis=-1)
    return float((inside.mean(axis=(1, 2)) >= LEAST_SHARE).mean())
