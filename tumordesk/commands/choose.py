"""Which series of an input a model gets, and its voxels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tumordesk.core.errors import ReadError
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import ModelCard
from tumordesk.core.study import Patient, ScanResult, Series, Study
from tumordesk.core.volume import Volume


@dataclass(frozen=True, eq=False)
class LoadedInput:
    """A series with its voxels, whose it is, and what to tell about how it was chosen."""

    series: Series
    volume: Volume
    warnings: tuple[str, ...]
    patient: Patient | None = None
    study: Study | None = None


def load_input(
    path: Path,
    card: ModelCard,
    series_uid: str | None,
    context: JobContext,
    *,
    beside: bool = False,
) -> LoadedInput:
    """Read the series of ``path`` that fits the model best, or the one of that UID.

    ``beside``: the study of a volume file is what lies in its folder, for models that read several
    sequences.

    Raises:
        ReadError: nothing readable there, no such series, or it cannot be decoded.
        Cancelled: the user asked to stop.
    """
    from tumordesk.io.reader import open_series
    from tumordesk.io.scan import scan_paths

    result = scan_paths([path], context)
    if not result.series:
        raise ReadError(nothing_readable(path, result))
    series, warnings = choose_series(path, result, card, series_uid)
    if beside and (files := _beside(path)):
        wider = scan_paths(files, context)
        found = next((one for one in wider.series if one.key == series.key), None)
        result, series = (result, series) if found is None else (wider, found)
    reader = open_series(series)
    try:
        volume = reader.read_volume(context)
    except MemoryError as error:
        raise ReadError(f"{path.name}: there is not enough memory to read it.") from error
    finally:
        reader.close()
    told = (*warnings, *series.warnings, *volume.warnings)
    patient, study = _owner(result, series)
    return LoadedInput(series, volume, tuple(dict.fromkeys(told)), patient, study)


def _beside(path: Path) -> tuple[Path, ...]:
    """The volume files of the folder, where ``path`` is one of them by its name; else nothing."""
    from tumordesk.io.volumes import kind_of
    from tumordesk.io.walk import MAX_NEIGHBOURS

    if kind_of(path, b"") is None or not path.is_file():
        return ()
    try:
        files = sorted(one for one in path.parent.iterdir() if kind_of(one, b"") is not None)
    except OSError:
        return ()
    return (path, *(one for one in files[:MAX_NEIGHBOURS] if one != path and one.is_file()))


def _owner(result: ScanResult, series: Series) -> tuple[Patient | None, Study | None]:
    for patient in result.patients:
        for study in patient.studies:
            if any(one is series for one in study.series):
                return patient, study
    return None, None


def choose_series(
    path: Path, result: ScanResult, card: ModelCard, series_uid: str | None
) -> tuple[Series, tuple[str, ...]]:
    """The series to use and, where there was a choice, a sentence that says so.

    Raises:
        ReadError: no series has that UID.
    """
    found = result.series
    if series_uid is not None:
        found = tuple(s for s in found if series_uid in (s.uid, s.key))
        if not found:
            raise ReadError(
                f"{path.name}: there is no series with the UID {series_uid}.",
                f"Run 'tumordesk info' to see the {len(result.series)} there are.",
            )
    best = _best_series(found, card, result)
    if len(found) == 1:
        return best, ()
    studies = sum(len(patient.studies) for patient in result.patients)
    of = f" of {studies} studies" if studies > 1 else ""
    used = "carries the outline" if card.input.sequences else "was used"
    return best, (
        f"The input holds {len(found)} series{of}; {describe(best)} {used} because it fits the "
        "model best.",
    )


def _best_series(found: tuple[Series, ...], card: ModelCard, result: ScanResult) -> Series:
    from tumordesk.inference.fitting import best_series

    def study_of(series: Series) -> tuple[Series, ...]:
        study = _owner(result, series)[1]
        return study.series if study is not None else ()

    return best_series(found, card, study_of)


def describe(series: Series) -> str:
    """'AX FLAIR' (series 5), for people."""
    name = f"'{series.description}'" if series.description else "one without description"
    return f"{name} (series {series.number})" if series.number is not None else name


def nothing_readable(path: Path, result: ScanResult) -> str:
    """Why nothing could be used, in one sentence that names the file."""
    if not result.skipped:
        return f"{path.name}: there is nothing in it that could be read."
    first = result.skipped[0]
    reason = first.reason.rstrip(".")
    if len(result.skipped) == 1 and first.path.name == path.name:
        return f"{path.name}: {reason}."
    count = len(result.skipped)
    return f"{path.name}: none of {count} files can be used; {first.path.name}: {reason}."
