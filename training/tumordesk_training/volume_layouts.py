"""Volumes with label maps: NIfTI files and DICOM series. No torch."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tumordesk.core.errors import DataError
from tumordesk.core.study import MR_SEQUENCES, Series
from tumordesk.core.training_run import DataConfig
from tumordesk.io.relevance import sort_key
from tumordesk_training.data import Case, Found, Grouper, part_of
from tumordesk_training.dicom import is_dicom, segmentations, series_in
from tumordesk_training.files import (
    is_nifti,
    key_of,
    mask_stem,
    nifti_stem,
    walk,
)
from tumordesk_training.folder_names import kind_of
from tumordesk_training.nifti import shares_grid
from tumordesk_training.outline_names import OF_BRAIN, rank
from tumordesk_training.sequences import Gathered, StudySeries, case_name, companions, gather
from tumordesk_training.shared_outlines import (
    channel_marks,
    choices,
    one_person,
    shared_remarks,
    sole,
    told_by_name,
    with_marks,
)
from tumordesk_training.stacked import apart, of_one_file
from tumordesk_training.volume_masks import MaskFinder, outlines_among, predicted_among

_PREDICTED = "it lies in a folder of predictions: they are neither scans nor outlines"


def scan_nifti(root: Path, config: DataConfig) -> Found:
    """Volumes and their label maps, by name or folder."""
    grouper = Grouper(root, config)
    files = [path for path in walk(root) if is_nifti(path)]
    predicted = set(predicted_among(root, files))
    masks, scans = outlines_among([path for path in files if path not in predicted])
    brain = set(files) - predicted - {*masks, *scans}
    brain |= {path for path in masks if rank(nifti_stem(path)) == 2}
    scans = apart(scans)
    finder = MaskFinder(root, masks, scans)
    marks = channel_marks(root, scans)
    told = {key_of(root, path): told_by_name(path, marks) for path in scans}
    if config.sequences:
        gathered = gather(root, sorted(scans), with_marks(config.sequences, marks))
    else:
        gathered = Gathered([("", (path,)) for path in sorted(scans)])
    found = _cases(root, gathered, finder, grouper)
    used = {case.mask for case in found.cases}
    found.problems += [(key_of(root, path), _PREDICTED) for path in sorted(predicted)]
    found.problems += [(key_of(root, path), OF_BRAIN) for path in sorted(brain - used)]
    found.remarks = shared_remarks(found.cases, told)
    found.sequences, found.sequence = choices(told.values()), sole(told.values())
    return found


def _cases(root: Path, gathered: Gathered, finder: MaskFinder, grouper: Grouper) -> Found:
    """Cases of a file each, or of several files, one of each sequence."""
    found = Found(problems=list(gathered.problems))
    for name, paths in gathered.cases:
        path, several = paths[0], len(paths) > 1
        key = key_of(root, path)
        mask = finder.find(path, name) if several else _mask_of_file(finder, path, name)
        if mask is None:
            found.problems.append((key, _no_mask(finder, path)))
            continue
        group, source = grouper.find(key, (name if several else "") or nifti_stem(path))
        part = part_of(path.relative_to(root))
        channels = paths if several else ()
        found.cases.append(
            Case(key, path, group, mask, part=part, volume=True, source=source, channels=channels)
        )
    _without_source(root, gathered, finder, found)
    found.cases = one_person(of_one_file(found.cases))
    return found


def _mask_of_file(finder: MaskFinder, path: Path, name: str) -> Path | None:
    """The mask of the file's name, else of its case's."""
    # What its case is called takes time to find out, and is seldom needed.
    return finder.find(path) or finder.find(path, name or case_name(path))


def _no_mask(finder: MaskFinder, path: Path) -> str:
    brain = finder.only_brain(path)
    return f"it has no mask{' of a tumour, only one of the brain' * brain}"


def _without_source(root: Path, gathered: Gathered, finder: MaskFinder, found: Found) -> None:
    """Tell the examinations of which no file is of a sequence that was asked for: those whose
    outline, or without one whose folder, no other file was taken with."""
    told = [root / key for key, _ in gathered.problems]
    taken = [path for _, paths in gathered.cases for path in paths]
    folders = {path.parent for path in (*taken, *told)}
    masks = {case.mask for case in found.cases}
    if gathered.others:
        masks.update(_mask_of_file(finder, path, "") for path in told)
    for path in gathered.others:
        mask = _mask_of_file(finder, path, "")
        if path.parent in folders if mask is None else mask in masks:
            continue
        folders.add(path.parent)
        masks.add(mask)
        found.problems.append((key_of(root, path), gathered.missing))


def dicom_files(root: Path) -> list[Path]:
    """All DICOM files below ``root``, sorted."""
    return [path for path in walk(root) if is_dicom(path)]


def scan_dicom(root: Path, config: DataConfig) -> Found:
    """DICOM series with a label map (NIfTI in the folder or above, named alike) or a DICOM SEG.

    A case is named by the first file of its series. Patients come from a CSV or a pattern where
    one is given, else from the DICOM tag, as a code; else as for other files.

    Raises:
        DataError: there is no DICOM file.
    """
    files = dicom_files(root)
    if not files:
        raise DataError(f"{root.name} holds no DICOM files.")
    grouper = Grouper(root, config)
    masks = [p for p in walk(root) if is_nifti(p) and rank(nifti_stem(p)) < 2]
    unread: dict[Path, str] = {}
    series = series_in(files, unread)
    outlined = segmentations(_without(files, series))
    result = Found()
    result.problems += _lost_slices(root, files, unread, outlined)
    drawn: list[tuple[StudySeries, Path]] = []
    bare: list[tuple[StudySeries, str]] = []
    for item in series:
        mask, reason = _mask_of(root, item.series, item.path, masks, outlined)
        if mask is not None:
            drawn.append((item, mask))
        else:
            bare.append((item, reason))
    told = {key_of(root, item.path): _told(item.series) for item, _ in drawn}
    result.sequences, result.sequence = choices(told.values()), sole(told.values())
    if config.sequences:
        drawn, bare = _by_study(drawn, bare, {source.sequence for source in config.sequences})
    result.problems += [(key_of(root, item.path), reason) for item, reason in bare]
    for item, mask in drawn:
        key = key_of(root, item.path)
        channels, reason = companions(item, series, config.sequences)
        if reason:
            result.problems.append((key, reason))
            continue
        group, source = grouper.find(key, item.path.parent.name)
        if item.patient and source != "csv" and not config.group_pattern:
            group, source = item.patient, "DICOM tags"
        part = part_of(item.path.relative_to(root))
        result.cases.append(
            Case(
                key, item.path, group, mask,
                part=part, volume=True, source=source, channels=channels,
            )
        )  # fmt: skip
    result.cases = one_person(result.cases)
    result.remarks = shared_remarks(result.cases, told)
    return result


def _lost_slices(
    root: Path, files: list[Path], unread: dict[Path, str], outlined: dict[str, list[Path]]
) -> list[tuple[str, str]]:
    """DICOM files that are in no series and no outline, and empty files beside slices."""
    outlines = {path for paths in outlined.values() for path in paths}
    lost = {path: why for path, why in unread.items() if path not in outlines}
    folders = {path.parent for path in files}
    for path in walk(root):
        if path.parent in folders and _is_empty(path):
            lost[path] = "the file is empty"
    return [(key_of(root, path), why) for path, why in sorted(lost.items())]


def _is_empty(path: Path) -> bool:
    try:
        return not path.stat().st_size
    except OSError:
        return False  # whoever opens it tells


def _told(series: Series) -> str:
    sequence = series.guess.sequence
    return sequence.value if sequence in MR_SEQUENCES else ""


def _by_study(
    drawn: list[tuple[StudySeries, Path]], bare: list[tuple[StudySeries, str]], wanted: set[str]
) -> tuple[list[tuple[StudySeries, Path]], list[tuple[StudySeries, str]]]:
    """Each outline once, and what is no use of studies without any.

    A label map beside the series of a study could be of any of them: it goes with the one whose
    voxels it has, the first where that is not known yet.
    """

    def rank(one: tuple[StudySeries, Path]) -> tuple[bool, bool, object]:
        series, mask = one[0].series, one[1]
        elsewhere = is_nifti(mask) and not shares_grid(mask, series.geometry)
        return series.guess.sequence not in wanted, elsewhere, sort_key(series)

    seen: dict[Path, StudySeries] = {}
    for item, mask in sorted(drawn, key=rank):
        seen.setdefault(mask, item)
    studies = {(item.patient, item.study) for item in seen.values()}
    useless = [(item, why) for item, why in bare if (item.patient, item.study) not in studies]
    return [(item, mask) for mask, item in seen.items()], useless


def _without(files: list[Path], series: Iterable[StudySeries]) -> list[Path]:
    slices = {instance.path for item in series for instance in item.series.instances}
    return [path for path in files if path not in slices]


def _mask_of(
    root: Path, one: Series, path: Path, masks: list[Path], outlined: dict[str, list[Path]]
) -> tuple[Path | None, str]:
    """The outline of a series, or why there is none."""
    what = one.description or path.parent.name
    if one.slices < 2 or one.geometry.affine is None:
        return None, f"the series '{what}' is no evenly spaced stack of slices"
    drawn = outlined.get(one.uid, [])
    if len(drawn) > 1:
        return None, f"the series '{what}' has {len(drawn)} DICOM segmentations: keep one"
    if drawn:
        return drawn[0], ""
    mask = _label_map(root, path.parent, masks)
    return mask, f"the series '{what}' has no label map"


def _label_map(root: Path, folder: Path, masks: list[Path]) -> Path | None:
    """The label map named like the series' folder, else the only one in it or in one above."""
    above = [folder, *(up for up in folder.parents if up.is_relative_to(root))]
    for place in above:
        near = [m for m in masks if m.parent == place or _beside(m, place)]
        named = [m for m in near if mask_stem(nifti_stem(m)).lower() == folder.name.lower()]
        for found in (named, near if place != root else []):
            if len(found) == 1:
                return found[0]
        if near and place != root:
            return None
    names = {place.name.lower() for place in above if place != root}
    anywhere = [m for m in masks if mask_stem(nifti_stem(m)).lower() in names]
    return anywhere[0] if len(anywhere) == 1 else None


def _beside(mask: Path, place: Path) -> bool:
    """Whether it lies in a folder of masks in ``place``."""
    return mask.parent.parent == place and kind_of(mask.parent.name).kind == "mask"
