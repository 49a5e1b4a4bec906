"""CSV files of a training folder, as spreadsheet programs write them. No torch."""

from __future__ import annotations

import codecs
import csv
import io
import os
import posixpath
import re
from contextlib import suppress
from pathlib import Path

from tumordesk.core.errors import DataError
from tumordesk_training.columns import KNOWN_COLUMNS, plain_name
from tumordesk_training.files import is_seen

_DELIMITERS = ",;\t"
_HEADER_BYTES = 1 << 16
_SAVE_AGAIN = 'Save it again as "CSV UTF-8" in the spreadsheet program.'


def csv_files(root: Path) -> list[Path]:
    """The CSV files that lie in ``root`` itself, sorted; hidden ones ('._index.csv') do not."""
    found = (p for p in root.glob("*") if p.suffix.lower() == ".csv" and is_seen(p.name))
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
        names = [plain_name(name) for name in next(csv.reader([header], delimiter=delimiter))]
        return sum(name in KNOWN_COLUMNS for name in names), len(names)

    return max(_DELIMITERS, key=worth) if header else ","


def tidy_name(root: Path, name: str) -> str:
    """The key of the file that a CSV names: one spelling for './a/1.png', 'a//1.png', 'a\\1.png'.

    A path that begins with that of ``root`` is cut; what leads outside stays outside.
    """
    if not name:
        return ""
    if "\\" in name and (os.name == "nt" or not _is_file(root / name)):
        name = name.replace("\\", "/")
    if Path(name).is_absolute():
        with suppress(ValueError):
            name = Path(name).relative_to(root.absolute()).as_posix()
    return posixpath.normpath(name)


def why_not(
    root: Path, name: str, what: str = "the file", known: dict[str, bool] | None = None
) -> str:
    """Why a file that a CSV names cannot be used; '' where it can.

    ``known``: folder -> whether it lies within ``root``; what is found out is added.
    """
    if not name:
        return "a row names no picture"
    try:
        path = root / name
        if not _lies_within(root, path, {} if known is None else known):
            return f"{what} lies outside the data folder"
        return "" if path.is_file() else f"{what} is missing"
    except PermissionError:
        return f"{what} may not be read"
    except (OSError, RuntimeError, ValueError):  # too long, a circle of links, a NUL
        whose = "its name" if what == "the file" else f"the name of {what}"
        return f"{whose} cannot be a file name"


def _lies_within(root: Path, path: Path, known: dict[str, bool]) -> bool:
    """Whether a file lies within ``root``: by its folder, which many share, if it is no link."""
    odd = path.name in ("", "..") or "\0" in path.name
    place = path if odd or path.is_symlink() else path.parent
    inside = known.get(str(place))
    if inside is None:
        inside = known[str(place)] = place.resolve().is_relative_to(root.resolve())
    return inside


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False
