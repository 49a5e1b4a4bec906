"""A CSV that lists pictures: which column says what, and what its rows say. No torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tumordesk.core.errors import DataError
from tumordesk_training.columns import (
    BOX_COLUMNS,
    DOUBTFUL_COLUMNS,
    EMPTY,
    GROUP_COLUMNS,
    LABEL_COLUMNS,
    MASK_COLUMN,
    MASK_COLUMNS,
    PART_COLUMNS,
    PATH_COLUMNS,
    PICTURE_COLUMNS,
    SURE_COLUMNS,
    Rows,
    is_sure_part,
    named,
    plain_name,
    why_no_label,
)
from tumordesk_training.folder_names import part_named, part_of_folder
from tumordesk_training.named_files import NamedFiles
from tumordesk_training.tables import columns_of, read_csv, tidy_name

_TRIED = 20
"""Rows of a CSV that are looked up before it is taken for a list of pictures."""
_MOST = 0.5
"""So many of the names must be found where they are no paths, and so many words be parts."""


@dataclass(frozen=True)
class IndexRow:
    """A row of a list of pictures. ``key``, ``mask``: keys of the files, or the tidy names where
    there are none; ``name``: the picture's as it is written, tidy; ``part``: the word itself where
    it is not known."""

    key: str
    mask: str
    label: str
    part: str
    patient: str
    name: str = ""


@dataclass(frozen=True)
class PictureList:
    """What a CSV says of pictures: the names of its columns, "" for what it does not say.

    ``by_path``: the pictures' column holds paths of files; ``by_name``: bare names, which are found
    in the folder. ``unread``: (column, why) of those whose values do not bear their name out.
    """

    columns: tuple[str, ...]
    rows: Rows
    picture: str = ""
    mask: str = ""
    label: str = ""
    part: str = ""
    by_path: bool = False
    by_name: bool = False
    unread: tuple[tuple[str, str], ...] = ()

    @property
    def says_more(self) -> bool:
        """Whether it has classes, masks or parts."""
        return bool(self.mask or self.label or self.part)

    @property
    def is_list(self) -> bool:
        """Whether it can be read as the list of the folder's pictures.

        Where the name of the column leaves a doubt, only if it says more than patients.
        """
        if self.by_path and plain_name(self.picture) in PATH_COLUMNS:
            return True
        return (self.by_path or self.by_name) and self.says_more

    @property
    def is_sure(self) -> bool:
        """Whether it counts more than folders named like classes."""
        return self.is_list and self.by_path and plain_name(self.picture) in SURE_COLUMNS


class Lists:
    """The CSVs of the data folder ``root``, each read once, and its ``files`` that they name.

    Make a new one after the folder has changed.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = NamedFiles(root)
        self._read: dict[Path, PictureList] = {}

    def read(self, path: Path) -> PictureList:
        """What the CSV ``path`` says of the folder's pictures.

        Raises:
            DataError: as ``read_csv``.
        """
        if path not in self._read:
            self._read[path] = _picture_list(path, self.files)
        return self._read[path]


def _picture_list(path: Path, files: NamedFiles) -> PictureList:
    rows = read_csv(path)
    columns = tuple(rows[0] if rows else columns_of(path))
    picture, by_path, by_name = _picture_column(columns, rows, files)
    mask = _mask_column(columns, rows, files) if picture else ""
    label, unread = _first_good(
        [c for c in named(columns, LABEL_COLUMNS) if c != mask], partial(why_no_label, rows=rows)
    )
    part, bad_parts = _first_good(named(columns, PART_COLUMNS), partial(_why_no_part, rows=rows))
    masks = [c for c in named(columns, ("segmentation", "groundtruth", "annotation")) if c != mask]
    other = [(c, "its values are no files") for c in masks if not mask]
    boxes = [(c, "boxes are read from COCO files only") for c in named(columns, BOX_COLUMNS)]
    return PictureList(
        columns, rows, picture, mask, label, part, by_path, by_name,
        (*unread, *bad_parts, *other, *boxes),
    )  # fmt: skip


def _picture_column(
    columns: Sequence[str], rows: Rows, files: NamedFiles
) -> tuple[str, bool, bool]:
    """(column, whether it holds paths, whether it holds bare names) of the pictures."""
    candidates = named(columns, PICTURE_COLUMNS)
    for column in candidates:
        if any(map(files.is_there, _tried(column, rows))):
            return column, True, False
    for column in (*candidates, *named(columns, DOUBTFUL_COLUMNS)):
        names = _tried(column, rows)
        there = sum(files.is_there(files.picture(name)) for name in names)
        if there and there >= _MOST * len(names):
            return column, False, True
    return (candidates[0] if candidates else ""), False, False


def _mask_column(columns: Sequence[str], rows: Rows, files: NamedFiles) -> str:
    """The column of masks: one that is named so, or one that holds names of mask files."""
    for column in named(columns, MASK_COLUMNS):
        names = [name for name in _tried(column, rows) if Path(name).suffix]
        there = sum(files.is_there(files.mask(name)) for name in names)
        if plain_name(column) == MASK_COLUMN or (there and there >= _MOST * len(names)):
            return column
    return ""


def _tried(column: str, rows: Rows) -> list[str]:
    return [name for row in rows[:_TRIED] if (name := row.get(column))]


def _first_good(
    columns: Iterable[str], why: Callable[[str], str]
) -> tuple[str, list[tuple[str, str]]]:
    """The first column that nothing speaks against; where there is none, what speaks against each.

    Nobody misses a column whose role another one has, nor an empty one.
    """
    refused: list[tuple[str, str]] = []
    for column in columns:
        reason = why(column)
        if not reason:
            return column, []
        if reason != EMPTY:
            refused.append((column, reason))
    return "", refused


def _why_no_part(column: str, rows: Rows) -> str:
    """Why the words of a column are no parts; words that are none do not count among many others,
    since their rows are left out."""
    values = [value for row in rows if (value := row.get(column))]
    parts = sum(bool(part_named(value)) for value in values)
    if not values:
        return EMPTY
    if is_sure_part(column) or parts >= _MOST * len(values):
        return ""
    # 'set' is often the collection that a picture comes from: nothing is lost there.
    return "most of its words are no parts" if parts else EMPTY


def rows_of(lists: Lists, listed: PictureList, patients: Iterable[str]) -> Iterator[IndexRow]:
    """What the rows say. ``patients``: columns of groups, before those that are usual."""
    lower = {name.lower(): name for name in listed.columns}
    own = [lower[name.lower()] for name in patients if name.lower() in lower]
    groups = (*own, *named(listed.columns, GROUP_COLUMNS))
    files = lists.files
    for row in listed.rows:
        name, part = row.get(listed.picture, ""), row.get(listed.part, "")
        yield IndexRow(
            files.picture(name) if name else "",
            files.mask(mask) if (mask := row.get(listed.mask, "")) else "",
            row.get(listed.label, ""),
            part_named(part) or part,
            _first(row, groups),
            tidy_name(lists.root, name),
        )


def difference(rows: Sequence[IndexRow]) -> str:
    """What rows of one picture differ in ('label a / b'), '' where they say the same."""
    notes = []
    for name in ("label", "part", "patient", "mask"):
        values = dict.fromkeys(getattr(row, name) or "none" for row in rows)
        if len(values) > 1:
            notes.append(f"{name} {' / '.join(values)}")
    return "; ".join(notes)


@dataclass(frozen=True)
class NoList:
    """Why a CSV is no list of pictures: '' where it is one, and what to do.

    ``pictures``: it seems to name pictures; ``says_more``: it has classes, parts or masks that the
    folders do not tell.
    """

    reason: str
    advice: str
    pictures: bool = True
    says_more: bool = False


def why_no_list(lists: Lists, path: Path) -> NoList:
    """What keeps a CSV of a folder from being read as a list of its pictures."""
    try:
        listed = lists.read(path)
    except DataError as error:
        return NoList(f"it {error.message.removeprefix(path.name).strip(' .')}", error.hint)
    if not listed.rows:
        return NoList("it has no rows", "Fill it, or delete it.", bool(listed.picture))
    if not listed.picture:
        return NoList(
            "it has no column 'image'",
            "Call the column of pictures' paths 'image'; to tell patients only, have a column "
            "'patient' beside that of file names.",
            pictures=False,
        )
    if not (listed.by_path or listed.by_name):
        return NoList(
            "the files that it names are missing",
            "Write the paths as they are within the data folder, with folders ('a/1.png').",
            says_more=listed.says_more,
        )
    if not listed.is_list:
        return NoList(
            "it names pictures, but neither their classes nor masks, parts or patients",
            "Call the column of classes 'label', that of masks 'mask', that of parts 'split' and "
            "that of patients 'patient'.",
        )
    advice = "Choose the layout 'index' to have it read."
    sure = plain_name(listed.picture) not in DOUBTFUL_COLUMNS
    return NoList("", advice, says_more=sure and _adds(lists, listed))


def _adds(lists: Lists, listed: PictureList) -> bool:
    """Whether a list says more of its pictures than the folders do that these lie in."""
    for row in rows_of(lists, listed, ()):
        folders = [folder.lower() for folder in row.key.split("/")[:-1]]
        if row.mask or (row.label and row.label.lower() not in folders):
            return True
        if row.part and row.part not in map(part_of_folder, folders):
            return True
    return False


def _first(row: Mapping[str, str], names: Iterable[str]) -> str:
    return next((row[n] for n in names if row.get(n)), "")
