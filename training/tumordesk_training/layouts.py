"""Recognises how a training folder is laid out and lists its cases. No torch."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import takewhile
from pathlib import Path

from tumordesk.core.errors import DataError
from tumordesk.core.training_run import DataConfig
from tumordesk.io.parts import stored_in
from tumordesk_training.coco import scan_coco, unused_coco
from tumordesk_training.coco_files import coco_files
from tumordesk_training.data import (
    PARTS_IN_ORDER,
    Case,
    DataSet,
    Found,
    Grouper,
    Remark,
    find_indexes,
    folders_of,
    natural,
    part_of,
    torn_names,
)
from tumordesk_training.dicom import is_dicom
from tumordesk_training.files import aside, is_nifti, key_of, nifti_stem, walk
from tumordesk_training.folder_names import is_technical, letters_of, part_of_folder
from tumordesk_training.images import is_picture
from tumordesk_training.index_layout import (
    has_index_of_classes,
    has_index_of_masks,
    index_of,
    scan_index,
)
from tumordesk_training.label_map import counted
from tumordesk_training.lists import Lists, why_no_list
from tumordesk_training.mask_labels import labelled
from tumordesk_training.mask_layout import scan_masks
from tumordesk_training.mask_pairs import masks_beside, masks_of, two_folders
from tumordesk_training.tables import csv_files
from tumordesk_training.volume_layouts import scan_dicom, scan_nifti
from tumordesk_training.words import many, together

_SHOWN = 3
_MOST_NUMBERED = 20
"""Classes; more folders named by numbers are rather patients."""
VOLUMES = frozenset({"nifti", "dicom"})
"""Layouts whose cases are volumes, not pictures."""


def scan(root: Path, config: DataConfig) -> DataSet:
    """List the cases of ``root``, without those of ``config.exclude``.

    Raises:
        DataError: the folder is missing, or holds nothing that any layout explains.
    """
    if not root.is_dir():
        raise DataError(f"The data folder {root} does not exist.", "Check the path.")
    if not os.access(root, os.R_OK | os.X_OK):
        raise DataError(
            f"The data folder {root} cannot be opened.", "Ask for the right to read it."
        )
    lists = Lists(root)
    layout = layout_of(root, config, lists)
    _check_sequences(layout, config)
    indexed = layout == "index"
    listed = scan_index(lists, config) if indexed else _SCANNERS[layout](root, config)
    cases, problems = listed.cases, listed.problems
    cases, torn = _in_one_group(root, cases, torn_names(root, config), problems)
    remarks = (*listed.remarks, *torn, *_unused(lists, config, layout))
    if layout != "coco" and config.layout == "auto":
        remarks = (*remarks, *unused_coco(root))
    if not cases:
        raise _nothing(root, layout, problems, remarks)
    found = len(cases)
    left_out = frozenset(config.exclude)
    if left_out:
        cases = [
            case
            for case in cases
            if left_out.isdisjoint((case.key, key_of(root, stored_in(case.image)[0])))
        ]
    if not cases:
        raise DataError(
            f"All {found} pictures of {root.name} are left out by decision.",
            "Take some of them in again.",
        )
    excluded = found - len(cases)
    cases = [_composed(case) for case in cases]
    if config.label_from_mask:
        cases = labelled(cases, problems, counted(config.labels))
    labels = tuple(sorted({c.label for c in cases if c.label}))
    ordered = tuple(sorted(cases, key=lambda c: natural(c.key)))
    return DataSet(
        root, layout, ordered, tuple(problems), labels, excluded, remarks,
        listed.sequences, listed.sequence, listed.label_names,
    )  # fmt: skip


def _composed(case: Case) -> Case:
    """With the label as most systems write it: macOS takes letters and accents apart."""
    label = unicodedata.normalize("NFC", case.label)
    return case if label == case.label else replace(case, label=label)


def _names_of(case: Case, root: Path) -> tuple[str, ...]:
    """What a list may call a picture; of a volume also what the file is called that holds it."""
    whole = stored_in(case.image)[0]
    names = (case.key, case.image.name, case.image.stem)
    return (
        (*names, key_of(root, whole), whole.name, nifti_stem(whole))
        if whole != case.image
        else names
    )


def _in_one_group(
    root: Path, cases: list[Case], torn: dict[str, str], problems: list[tuple[str, str]]
) -> tuple[list[Case], tuple[Remark, ...]]:
    """The cases without those of two patients, which would be trained on and tested at once."""
    if not torn:
        return cases, ()
    notes = {c.key: next((torn[n] for n in _names_of(c, root) if n in torn), "") for c in cases}
    two = tuple((key, note) for key, note in notes.items() if note)
    if not two:
        return cases, ()
    problems += [(key, f"it has several patients or groups ({note})") for key, note in two]
    remark = Remark(
        "group_conflicts",
        "problem",
        f"{many(len(two), 'picture')} with several patients or groups in one CSV: left out",
        "Keep the row that is right for each of them, and check again.",
        two,
    )
    return [case for case in cases if not notes[case.key]], (remark,)


def _check_sequences(layout: str, config: DataConfig) -> None:
    """Raise DataError where sequences cannot lie where the configuration says."""
    volumes = layout in VOLUMES
    if len(config.sequences) == 1 and not volumes:
        raise DataError(
            f"Pictures are not chosen by their sequence ({config.sequences[0].sequence}): only "
            "scans (NIfTI, DICOM) are.",
            "Name no sequence; of colour pictures choose the colour that is used.",
        )
    if layout == "classes":
        return  # classes are learnt from one sequence
    coloured = [source.channel is not None for source in config.sequences]
    if coloured and volumes and any(coloured):
        raise DataError(
            "Scans hold no sequences in colours.",
            "Name the sequences alone, as in 'T1, FLAIR'.",
        )
    if coloured and not volumes and not all(coloured):
        raise DataError(
            "Pictures hold several sequences in their colours, and it is not said which in which.",
            "Say it, as in 'T1=red, FLAIR=green, T1C=blue'.",
        )


def _nothing(
    root: Path, layout: str, problems: list[tuple[str, str]], remarks: Iterable[Remark]
) -> DataError:
    """The error of a folder without cases: the lists that are no use, then the first problem."""
    wrong = [remark for remark in remarks if remark.severity != "info"]
    reasons = [f" {remark.title}." for remark in wrong]
    if problems:
        reasons.append(f" First problem: {problems[0][0]}: {problems[0][1]}.")
    left = aside(root)
    if left.closed or left.links:
        names = together([*left.closed, *left.links][:_SHOWN])
        reasons.append(f" Folders that cannot be opened, or are links, are not followed: {names}.")
    if left.names:
        names = together(left.names[:_SHOWN])
        reasons.append(f" Names that are no Unicode text are left aside: {names}.")
    if left.formats:
        reasons.append(f" Files of formats that are not read: {left.formats_text}.")
    known = (
        "Known layouts: class folders; images with masks (_mask suffix or two folders); "
        "COCO; a CSV index; NIfTI or DICOM volumes with label maps."
    )
    return DataError(
        f"No usable pictures were found in {root.name} (layout '{layout}').{''.join(reasons)}",
        wrong[0].advice if wrong else known,
    )


def layout_of(root: Path, config: DataConfig, lists: Lists | None = None) -> str:
    """As the configuration says, else as :func:`detect`; ``lists``: where its CSVs were read."""
    return detect(root, lists) if config.layout == "auto" else config.layout


def detect(root: Path, lists: Lists | None = None) -> str:
    """Name of the layout that explains ``root`` best: coco, dicom, nifti, masks, index, classes."""
    lists = lists or Lists(root)
    if coco_files(root):
        return "coco"
    if has_index_of_masks(lists):
        return "index"
    files = list(walk(root))
    pictures = [path for path in files if is_picture(path)]
    if sum(map(is_dicom, files)) > len(pictures):
        return "dicom"
    if any(map(is_nifti, files)):
        return "nifti"
    if masks_beside(pictures) or two_folders(root):
        return "masks"
    return "index" if has_index_of_classes(lists) else "classes"


def layout_title(data: DataSet) -> str:
    """The layout in words, with its parts where the folder says them."""
    title = _TITLES[data.layout]
    parts = [part for part in PARTS_IN_ORDER if any(c.part == part for c in data.cases)]
    return f"{title}, in parts {', '.join(parts)}" if parts else title


def _scan_classes(root: Path, config: DataConfig) -> Found:
    grouper = Grouper(root, config)
    cases: list[Case] = []
    problems: list[tuple[str, str]] = []
    pictures = [path for path in walk(root) if is_picture(path)]
    masks = masks_of(root, pictures) if config.layout == "classes" else frozenset()
    problems += [(key_of(root, path), "it is a mask, and no picture of a class") for path in masks]
    pictures = [path for path in pictures if path not in masks]
    labels = _labels(grouper, [key_of(root, path) for path in pictures])
    for path in pictures:
        key = key_of(root, path)
        label = labels[key]
        if not label:
            problems.append((key, "it is in no class folder"))
            continue
        group, source = grouper.find(key, path.stem, label)
        part = part_of(path.relative_to(root))
        empty = config.is_empty_class(label)
        cases.append(Case(key, path, group, None, label, part, empty=empty, source=source))
    return Found(cases, problems)


def _labels(grouper: Grouper, keys: Iterable[str]) -> dict[str, str]:
    """The class of each key: the folder nearest to the file that may name one, else the nearest
    that speaks of files but is no patient's ('data/roi'), else the first folder; '' of files in no
    folder.

    A folder around all pictures names no class where those in it do, also with names that speak of
    files ('my study/Label 0', 'my study/Label 1') or of one or two digits ('data/0', 'data/1').
    """
    folders = {key: folders_of(key) for key in keys}
    named = {key: grouper.folders.classes(key) for key in folders}
    spoken = {key: _speaking_of_files(grouper, key) for key in folders}
    labels = {
        key: next(filter(None, (*reversed(named[key]), spoken[key], *found)), "")
        for key, found in folders.items()
    }
    around = _shared({named[key] for key, found in folders.items() if found})
    inside = {key: next(reversed(named[key][around:]), spoken[key]) for key in folders}
    inner = {key: name for key, name in inside.items() if name}
    if around and 1 < len(set(inner.values())) <= _MOST_NUMBERED:
        return labels | inner
    numbers = {key: found[-1] for key, found in folders.items() if found}
    numbered = all(re.fullmatch(r"\d{1,2}", number) for number in numbers.values())
    several = 1 < len(set(numbers.values())) <= _MOST_NUMBERED
    if numbered and several and len({labels[key] for key in numbers}) == 1:
        return labels | numbers
    return labels


def _shared(paths: Iterable[tuple[str, ...]]) -> int:
    """How many of their first names all paths have in common."""
    same = takewhile(lambda names: len(set(names)) == 1, zip(*paths, strict=False))
    return len(list(same))


def _speaking_of_files(grouper: Grouper, key: str) -> str:
    """The folder nearest to the file that is neither a part nor a patient's, where it speaks of
    files ('roi', 'Label 0'), else ''. Sizes and dates count where there is no other such folder."""
    names = enumerate(key.split("/")[:-1])
    free = [n for at, n in names if not part_of_folder(n) and not grouper.folders.is_patient(n, at)]
    nearest = next(iter(([n for n in free if letters_of(n)] or free)[-1:]), "")
    return nearest if is_technical(nearest) else ""


def _unused(lists: Lists, config: DataConfig, layout: str) -> Iterator[Remark]:
    """A remark on each CSV of the folder that is no list of pictures, nor tells the patients."""
    root = lists.root
    found = {root / spec.file for spec in find_indexes(root)}
    groups = {root / spec.file for spec in config.indexes} or found
    index = index_of(lists, config) if layout == "index" else None
    for path in csv_files(root):
        if path == index:
            continue
        told = why_no_list(lists, path)
        # Of a list that is read for its patients alone, labels and parts are lost.
        if path in groups and not told.says_more:
            continue
        reason, advice = told.reason, told.advice
        if path in found - groups:
            reason = "another CSV is chosen for the patients"
            advice = "Name it with --index too, if its groups are to count."
        elif not reason and index:
            reason = f"{index.name} is the list that is read"
            advice = f"Only one list is read: put all rows into {index.name}."
        reason = reason or f"the folder is read as {_TITLES[layout]}"
        yield Remark(
            "csv_unused",
            "warning" if told.pictures else "info",
            f"{path.name} is not used{' for more than patients' * (path in groups)}: {reason}",
            advice,
            ((path.name, ""),),
        )


_TITLES = {
    "masks": "pictures with masks",
    "classes": "a folder for each class",
    "index": "pictures listed in a CSV file",
    "nifti": "NIfTI volumes with label maps",
    "dicom": "DICOM series with label maps",
    "coco": "COCO segmentation",
}

_SCANNERS: dict[str, Callable[[Path, DataConfig], Found]] = {
    "masks": scan_masks,
    "classes": _scan_classes,
    "nifti": scan_nifti,
    "dicom": scan_dicom,
    "coco": scan_coco,
}
