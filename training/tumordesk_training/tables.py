"""CSV files of a training folder, as spreadsheet programs write them. No torch."""

from __future__ import annotations

import codecs
import csv
import io
import posixpath
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tumordesk.core.errors import DataError

PATH_COLUMNS = ("image", "path", "file")
MASK_COLUMN = "mask"
KEY_COLUMNS = ("stem", "image", "file", "filename", "name", "path", "n", "id")
GROUP_COLUMNS = (
    "patient", "patient_id", "patientid", "subject", "group", "case", "segment", "component",
)  # fmt: skip
_LABEL_COLUMNS = ("label", "class", "cls")
_PART_COLUMNS = ("split", "part")
_PICTURE_COLUMNS = (*PATH_COLUMNS, "filename", "stem")
"""Columns whose name leaves little doubt; 'name', 'n' and 'id' may be of anything."""

_KNOWN = frozenset(
    (*PATH_COLUMNS, MASK_COLUMN, *KEY_COLUMNS, *GROUP_COLUMNS, *_LABEL_COLUMNS, *_PART_COLUMNS)
)
_DELIMITERS = ",;\t"
_HEADER_BYTES = 1 << 16
_TRIED = 20
"""Rows of a CSV that are looked up before it is taken for a list of pictures."""

_SAVE_AGAIN = 'Save it again as "CSV UTF-8" in the spreadsheet program.'
_PART_WORDS = {
    "train": "train", "training": "train", "trn": "train",
    "val": "val", "valid": "val", "validation": "val", "validate": "val",
    "dev": "val", "devel": "val", "development": "val", "eval": "val", "evaluation": "val",
    "test": "test", "testing": "test", "tst": "test", "holdout": "test", "heldout": "test",
}  # fmt: skip


def csv_files(root: Path) -> list[Path]:
    """The CSV files that lie in ``root`` itself, sorted; hidden ones ('._index.csv') do not."""
    found = (p for p in root.glob("*") if p.suffix.lower() == ".csv" and p.name[0] != ".")
    return sorted(path for path in found if path.is_file())


def read_csv(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file with a header: names and values without the blanks around them.

    Columns are parted by comma, semicolon or tab; the text is UTF-8, UTF-16 or Windows-1252.

    Raises:
        DataError: the file is missing or no such table; the message names it and says why.
    """
    names, *rows = _lines(path, _text(path)) or [[]]
    result = []
    for row in rows:
        record: dict[str, str] = {}
        for name, value in zip(names, [*row, *("" for _ in names)], strict=False):
            if name:
                # Of two columns of one name the first counts: it is the one people look at.
                record.setdefault(name, value)
        result.append(record)
    return result


def columns_of(path: Path) -> list[str]:
    """Names in the header of a CSV file; the rest of it is not read. Raises as ``read_csv``."""
    lines = _lines(path, _header(_text(path, _HEADER_BYTES)))
    return [name for name in lines[0] if name] if lines else []


def _text(path: Path, size: int = -1) -> str:
    """The text of a file, or of its first ``size`` bytes."""
    try:
        with path.open("rb") as stream:
            data = stream.read(size)
    except FileNotFoundError as error:
        raise DataError(f"{path.name} is missing in {path.parent.name}.") from error
    except OSError as error:
        raise DataError(
            f"{path.name} cannot be read: the system says '{error.strerror}'.",
            "See whether it is open elsewhere, and whether you may read it.",
        ) from error
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252"):
        with suppress(UnicodeDecodeError):
            # Incremental, since the first bytes alone may end within a letter.
            return codecs.getincrementaldecoder(encoding)().decode(data, final=size < 0)
    raise DataError(f"{path.name} cannot be read: its letters are in no known code.", _SAVE_AGAIN)


def _lines(path: Path, text: str) -> list[list[str]]:
    """Header and rows, with every value stripped; empty lines are passed over."""
    text = text.lstrip("\r\n")
    header = _header(text)
    if "\0" in header:
        raise DataError(f"{path.name} cannot be read: it is no table of text.", _SAVE_AGAIN)
    line = 1
    result = []
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(header))
        for row in reader:
            line = reader.line_num + 1
            if row:
                result.append([value.strip() for value in row])
    except csv.Error as error:
        raise DataError(
            f"{path.name} cannot be read: a value in line {line} has no end, maybe for a "
            "quotation mark too many.",
            f"Look at that line. {_SAVE_AGAIN}",
        ) from error
    return result


def _header(text: str) -> str:
    return re.split(r"[\r\n]", text.lstrip("\r\n"), maxsplit=1)[0]


def _delimiter(header: str) -> str:
    """What parts the columns: it gives the most known names, then the most names, then ','."""

    def worth(delimiter: str) -> tuple[int, int]:
        names = [name.strip().lower() for name in next(csv.reader([header], delimiter=delimiter))]
        return sum(name in _KNOWN for name in names), len(names)

    return max(_DELIMITERS, key=worth) if header else ","


def tidy_name(root: Path, name: str) -> str:
    """The key of the file that a CSV names: one spelling for './a/1.png', 'a//1.png', 'a\\1.png'.

    A path that begins with that of ``root`` is cut; what leads outside stays outside.
    """
    if not name:
        return ""
    if "\\" in name and why_not(root, name):
        name = name.replace("\\", "/")
    with suppress(ValueError):
        name = Path(name).relative_to(root.absolute()).as_posix()
    return posixpath.normpath(name)


def why_not(root: Path, name: str, what: str = "the file") -> str:
    """Why a file that a CSV names cannot be used; '' where it can."""
    if not name:
        return "a row names no picture"
    path = root / name
    try:
        if not path.resolve().is_relative_to(root.resolve()):
            return f"{what} lies outside the data folder"
        return "" if path.is_file() else f"{what} is missing"
    except PermissionError:
        return f"{what} may not be read"
    except (OSError, RuntimeError, ValueError):  # too long, a circle of links, a NUL
        whose = "its name" if what == "the file" else f"the name of {what}"
        return f"{whose} cannot be a file name"


def part_named(word: str) -> str:
    """'train', 'val' or 'test' for what people call it ('Hold-out', 'test set'), else ''."""
    plain = re.sub(r"[-_\s]+", "", word).lower()
    return _PART_WORDS.get(re.sub(r"(?<=.)(?:(?:sub|data)?set|data|split|cohort)$", "", plain), "")


@dataclass(frozen=True)
class IndexRow:
    """A row of a list of pictures. ``key``, ``mask``: tidy names; ``part``: the word itself where
    it is not known."""

    key: str
    mask: str
    label: str
    part: str
    patient: str


def index_rows(root: Path, path: Path, patients: Iterable[str] = ()) -> Iterator[IndexRow]:
    """Rows of a list of pictures. ``patients``: columns of groups, before those that are usual.

    Raises:
        DataError: as ``read_csv``.
    """
    groups = (*(name.lower() for name in patients), *GROUP_COLUMNS)
    for raw in read_csv(path):
        row = {k.lower(): v for k, v in raw.items()}
        part = _first(row, _PART_COLUMNS)
        yield IndexRow(
            tidy_name(root, _first(row, PATH_COLUMNS)),
            tidy_name(root, row.get(MASK_COLUMN, "")),
            _first(row, _LABEL_COLUMNS),
            part_named(part) or part,
            _first(row, groups),
        )


def difference(rows: Sequence[IndexRow]) -> str:
    """What rows of one picture differ in ('label a / b'), '' where they say the same."""
    notes = []
    for name in ("label", "part", "patient", "mask"):
        values = dict.fromkeys(getattr(row, name) or "none" for row in rows)
        if len(values) > 1:
            notes.append(f"{name} {' / '.join(values)}")
    return "; ".join(notes)


def lists_pictures(root: Path, path: Path, *also: str) -> bool:
    """Whether a CSV names files of the folder, and has one of the columns ``also`` (if any).

    Raises:
        DataError: as ``read_csv``.
    """
    columns = {name.lower() for name in columns_of(path)}
    if not columns & set(PATH_COLUMNS) or (also and not columns & set(also)):
        return False
    return any(not why_not(root, row.key) for row in islice(index_rows(root, path), _TRIED))


@dataclass(frozen=True)
class NoList:
    """Why a CSV is no list of pictures: '' where it is one, and what to do.

    ``pictures``: it seems to name pictures; ``says_more``: it has their classes, parts or masks.
    """

    reason: str
    advice: str
    pictures: bool = True
    says_more: bool = False


def why_no_list(root: Path, path: Path) -> NoList:
    """What keeps a CSV of ``root`` from being read as a list of its pictures."""
    try:
        columns = {name.lower() for name in columns_of(path)}
        rows = read_csv(path)
        listed = lists_pictures(root, path)
    except DataError as error:
        return NoList(f"it {error.message.removeprefix(path.name).strip(' .')}", error.hint)
    told = [name for name in _PICTURE_COLUMNS if name in columns]
    if not rows:
        return NoList("it has no rows", "Fill it, or delete it.", bool(told))
    if not columns & set(PATH_COLUMNS):
        instead = f", only '{told[0]}'" if told else ""
        return NoList(
            f"it has no column 'image'{instead}",
            "Call the column of pictures' paths 'image'; to tell patients only, have a column "
            "'patient' beside that of file names.",
            bool(told),
        )
    return NoList(
        "" if listed else "the files that it names are missing",
        "Write the paths as they are within the data folder, with folders ('a/1.png')."
        if not listed
        else "Choose the layout 'index' to have it read.",
        says_more=bool(columns & {MASK_COLUMN, *_LABEL_COLUMNS, *_PART_COLUMNS}),
    )


def _first(row: dict[str, str], names: Iterable[str]) -> str:
    return next((row[n] for n in names if row.get(n)), "")
