"""A CSV file that lists the pictures of a folder. No torch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from tumordesk.core.errors import DataError
from tumordesk.core.training_run import DataConfig
from tumordesk_training.data import PARTS_IN_ORDER, Case, Found, Grouper, Remark
from tumordesk_training.files import is_nifti
from tumordesk_training.lists import (
    IndexRow,
    Lists,
    PictureList,
    difference,
    rows_of,
)
from tumordesk_training.tables import csv_files
from tumordesk_training.words import many, together


def index_file(lists: Lists) -> Path | None:
    """A CSV that lists pictures of the folder: by their paths rather than by bare names."""
    found = dict(_found(lists))
    return next((p for p, one in found.items() if one.is_sure), None) or next(iter(found), None)


def has_index_of_masks(lists: Lists) -> bool:
    """Whether a CSV lists pictures by their paths, together with their masks."""
    return any(one.by_path and one.mask for _, one in _found(lists))


def has_index_of_classes(lists: Lists) -> bool:
    """Whether a CSV lists pictures, and says more of them than the folders they lie in.

    Where only bare names are listed, folders that look like classes count more.
    """
    found = dict(_found(lists))
    if any(one.is_sure for one in found.values()):
        return True
    return bool(found) and len(lists.files.classes()) <= 1


def _found(lists: Lists) -> Iterator[tuple[Path, PictureList]]:
    for path in csv_files(lists.root):
        # A damaged CSV that nobody asked for must not keep a good folder from being read.
        with suppress(DataError):
            found = lists.read(path)
            if found.is_list:
                yield path, found


def index_of(lists: Lists, config: DataConfig) -> Path | None:
    """The list of pictures: one that the configuration names, or else one that is found."""
    named = [lists.root / spec.file for spec in config.indexes]
    listing = (path for path in named if lists.read(path).is_list)
    return next(listing, None) or index_file(lists) or next(iter(named), None)


def scan_index(lists: Lists, config: DataConfig) -> Found:
    """CSV with image (or path, file), and mask, label (or class), patient (or group), split.

    Other usual names of columns count where their values bear them out. Rows that contradict each
    other, or name a part that nobody knows, are left out and told.

    Raises:
        DataError: a CSV that the configuration names cannot be read.
    """
    found = Found()
    root, files = lists.root, lists.files
    index = index_of(lists, config)
    if index is None:
        found.problems.append((root.name, "it has no CSV that lists its files in a column 'image'"))
        return found
    grouper = Grouper(root, config)
    listed = lists.read(index)
    columns = [spec.group for spec in config.indexes if root / spec.file == index]
    rows: dict[str, list[IndexRow]] = {}
    for row in rows_of(lists, listed, columns):
        reason = files.why_not(row.key)
        if reason:
            found.problems.append((row.key or index.name, reason))
        else:
            rows.setdefault(row.key, []).append(row)
    for row in _in_known_parts(index.name, _agreed(index.name, rows, found), found):
        reason = row.mask and files.why_not(row.mask, "its mask")
        if reason:
            found.problems.append((row.key, reason))
        else:
            found.cases.append(_listed(root, row, grouper, config))
    found.remarks += _part_not_given(index.name, found.cases)
    found.remarks += _unread_columns(index.name, listed)
    return found


def _listed(root: Path, row: IndexRow, grouper: Grouper, config: DataConfig) -> Case:
    group, source = grouper.find(row.key, Path(row.key).stem, row.label)
    if source != "csv" and row.name != row.key:
        # A CSV knows the picture by the name that is written there.
        written = grouper.find(row.name, Path(row.name).stem, row.label)
        group, source = written if written[1] == "csv" else (group, source)
    mask = root / row.mask if row.mask else None
    empty = not mask and config.is_empty_class(row.label)
    return Case(
        row.key, root / row.key, group, mask, row.label, row.part,
        empty=empty, volume=is_nifti(Path(row.key)), source=source,
    )  # fmt: skip


def _agreed(index: str, rows: dict[str, list[IndexRow]], found: Found) -> list[IndexRow]:
    """One row of each picture; none of those whose rows differ, since nobody knows the right one.

    They would be trained on and tested at once, or with two labels.
    """
    differ = {key: note for key, same in rows.items() if (note := difference(same))}
    for key, same in rows.items():
        if key in differ:
            found.problems.append((key, f"its rows in {index} differ"))
        else:
            found.problems += [(key, f"{index} names it once more")] * (len(same) - 1)
    if differ:
        stand = "is listed" if len(differ) == 1 else "are listed"
        remark = Remark(
            "index_conflicts",
            "problem",
            f"{many(len(differ), 'picture')} {stand} more than once in {index}, with different "
            "labels, parts, patients or masks, and left out",
            f"Keep the row that is right, delete the others in {index}, and check again.",
            tuple(differ.items()),
        )
        found.remarks.append(remark)
    return [same[0] for key, same in rows.items() if key not in differ]


def _in_known_parts(index: str, rows: list[IndexRow], found: Found) -> list[IndexRow]:
    """The rows whose part is known, or not given. Others may be meant for a test: none may be
    trained on."""
    unknown = [row for row in rows if row.part and row.part not in PARTS_IN_ORDER]
    if unknown:
        words = Counter(row.part for row in unknown).most_common()
        told = together([f"'{word}' ({number})" for word, number in words])
        stand = "is" if len(unknown) == 1 else "are"
        remark = Remark(
            "unknown_part",
            "problem",
            f"{many(len(unknown), 'picture')} of {index} {stand} left out, since the part is not "
            f"known: {told}",
            f"Write train, val or test there in {index}; or leave the column empty in all rows, "
            "and the parts are chosen for you.",
            tuple((row.key, row.part) for row in unknown),
        )
        found.remarks.append(remark)
        found.problems += [(row.key, f'its part "{row.part}" is not known') for row in unknown]
    return [row for row in rows if not row.part or row.part in PARTS_IN_ORDER]


def _part_not_given(index: str, cases: list[Case]) -> Iterator[Remark]:
    """A remark on rows without a part, where other rows name one."""
    without = [case.key for case in cases if not case.part]
    if without and len(without) < len(cases):
        name = "names" if len(without) == 1 else "name"
        yield Remark(
            "part_not_given",
            "warning",
            f"{len(without)} of {many(len(cases), 'picture')} of {index} {name} no part, while "
            "others do: they count as training",
            f"Write train, val or test in each row of {index} if that is not meant.",
            tuple((key, "") for key in without),
        )


def _unread_columns(index: str, listed: PictureList) -> Iterator[Remark]:
    """A remark on columns that are named like classes, masks or parts, but hold none."""
    columns = listed.unread
    if not (columns or listed.label or listed.mask):
        others = [c for c in listed.columns if c not in (listed.picture, listed.part)]
        columns = tuple((c, "its name says neither classes nor masks") for c in others)
    elif not columns:
        return
    names = together([f"'{name}'" for name, _ in columns])
    yield Remark(
        "columns_unread",
        "warning",
        f"{index} is read without {f'its columns {names}' if columns else 'classes or masks'}",
        "Call the column of classes 'label', that of masks 'mask' and that of parts 'split'; the "
        "others may stay as they are.",
        columns,
    )
