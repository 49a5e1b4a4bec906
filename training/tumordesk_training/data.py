"""Cases of a training folder: what belongs to what, in the layouts people have. No torch."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tumordesk.core.data_report import Severity
from tumordesk.core.errors import DataError
from tumordesk.core.training_run import DataConfig, IndexSpec
from tumordesk.io.names import stem as stem_of
from tumordesk.io.parts import stored_in
from tumordesk_training.columns import grouping_columns, plain_name
from tumordesk_training.folder_names import part_of_folder
from tumordesk_training.patient_folders import KNOWN_PATTERN, Folders
from tumordesk_training.tables import (
    columns_of,
    csv_files,
    read_csv,
    tidy_name,
)

PARTS_IN_ORDER = ("train", "val", "test")


@dataclass(frozen=True)
class Case:
    """One picture (or one NIfTI pair) of a data set.

    ``group``: patient or what else must not be torn apart. ``part``: "train", "val" or "test"
    where the folder itself says so. ``polygons``: (number, points) instead of a mask file.
    ``empty``: known to hold nothing, so no mask is needed. ``source``: where the group is known
    from ("csv", "file names", "folders", "DICOM tags"), "" where the picture stands alone.
    ``channels``: the volumes of its sequences, in the order of ``DataConfig.sequences``.
    """

    key: str
    image: Path
    group: str
    mask: Path | None = None
    label: str = ""
    part: str = ""
    polygons: tuple[tuple[int, tuple[float, ...]], ...] = ()
    empty: bool = False
    volume: bool = False
    source: str = ""
    channels: tuple[Path, ...] = ()

    @property
    def has_mask(self) -> bool:
        """True where the outline, maybe an empty one, is known."""
        return self.mask is not None or bool(self.polygons) or self.empty


@dataclass(frozen=True)
class Remark:
    """Something that is wrong with a folder's lists (CSV, COCO), not with one file.

    ``code``, ``severity``, ``title``, ``advice``: as of ``DataFinding``, which check-data makes of
    it. ``keys``: (key or name, note) of the pictures it is about.
    """

    code: str
    severity: Severity
    title: str
    advice: str
    keys: tuple[tuple[str, str], ...] = ()


@dataclass
class Found:
    """What a layout's scanner has found: cases, (key, reason) of what is no use, remarks.

    ``sequences``, ``sequence`` and ``label_names``: as of :class:`DataSet`.
    """

    cases: list[Case] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    sequences: tuple[str, ...] = ()
    sequence: str = ""
    label_names: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DataSet:
    """All cases of a folder, the layout they were found in, and what could not be used.

    ``excluded``: how many cases a person left out (``DataConfig.exclude``). ``sequences``: what
    can be chosen of the scans, as ``core.sequence_sources`` writes it; none where they are of one.
    ``sequence``: the one that all scans are of, as they say themselves; "" where that is not known.
    ``label_names``: what the data themselves call the numbers of their outlines (COCO categories).
    """

    root: Path
    layout: str
    cases: tuple[Case, ...]
    problems: tuple[tuple[str, str], ...] = ()
    labels: tuple[str, ...] = field(default=())
    excluded: int = 0
    remarks: tuple[Remark, ...] = ()
    sequences: tuple[str, ...] = ()
    sequence: str = ""
    label_names: dict[int, str] = field(default_factory=dict)

    @property
    def groups(self) -> tuple[str, ...]:
        """Names of the groups, sorted."""
        return tuple(sorted({case.group for case in self.cases}))


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sort key that puts slice_2 before slice_10."""
    pieces = re.split(r"(\d+)", text)
    return tuple((1, int(p), "") if p.isdigit() else (0, 0, p) for p in pieces)


def part_of(path: Path) -> str:
    """'train', 'val' or 'test' where a folder of the (relative) path is named so, else ''."""
    return next(filter(None, map(part_of_folder, path.parts[:-1])), "")


def folders_of(key: str, skipped: Collection[str] = ()) -> tuple[str, ...]:
    """Folders of a key that are neither parts (train, val, test) nor in ``skipped``."""
    pieces = key.split("/")[:-1]
    return tuple(p for p in pieces if not part_of_folder(p) and p.lower() not in skipped)


class Grouper:
    """Finds the group of a picture: index files, a pattern, patient folders, or the file itself.

    ``root``: the data folder. ``folders``: what the folders around the pictures are.

    Raises:
        DataError: an index file of the configuration is missing, damaged or lacks a column; the
            pattern is not valid.
    """

    def __init__(self, root: Path, config: DataConfig) -> None:
        self.root = root
        self.folders = Folders(root)
        specs = config.indexes or tuple(find_indexes(root))
        self._maps = [(Path(spec.file).stem, _read_index(root, spec)) for spec in specs]
        try:
            self._pattern = re.compile(config.group_pattern or KNOWN_PATTERN)
        except re.error as error:
            raise DataError(f"The group pattern is not valid: {error}.") from error

    def group(self, key: str, stem: str, label: str = "") -> str:
        """Group of the picture at ``key`` (its path in the data folder), named ``stem``.

        ``label``: the folder that names its class, and so no patient.
        """
        return self.find(key, stem, label)[0]

    def find(self, key: str, stem: str, label: str = "") -> tuple[str, str]:
        """(group, source): as :meth:`group`, and as ``Case.source``."""
        whole, number = stored_in(self.root / key)
        names: tuple[str, ...] = (key, stem)
        if number is not None:
            # Nobody names the volumes of a file: what is said of the file counts.
            key, stem = whole.relative_to(self.root).as_posix(), stem_of(whole)
            names = (*names, key, stem)
        for name, rows in self._maps:
            for candidate in names:
                value = rows.get(candidate)
                if value:
                    return (value if len(self._maps) == 1 else f"{name}/{value}"), "csv"
        for text, source in ((stem, "file names"), (key, "folders")):
            match = self._pattern.search(text)
            found = (match.group(1) if match.groups() else match.group(0)) if match else ""
            if found:
                return found, source
        patient = self.folders.patient(key, label)
        return (patient, "folders") if patient else (key, "")


def is_patient_column(name: str) -> bool:
    """Whether a grouping column names patients, not runs of slices or near-duplicates."""
    plain = plain_name(name)
    return plain.startswith(("patient", "subject")) or plain == "pid"


def find_indexes(root: Path) -> Iterable[IndexSpec]:
    """CSV files of ``root`` that name a picture column and a grouping column, and have rows."""
    for path in csv_files(root):
        # Nobody asked for this file: where it is damaged, the pictures are still good.
        with suppress(DataError):
            columns = grouping_columns(columns_of(path), read_csv(path))
            if columns:
                yield IndexSpec(path.name, *columns)


def _read_index(root: Path, spec: IndexSpec) -> dict[str, str]:
    named = _groups_of(root, spec)
    result = {key: next(iter(groups)) for key, groups in named.items() if len(groups) == 1}
    by_stem: dict[str, set[str]] = {}
    for key, groups in named.items():
        by_stem.setdefault(Path(key).stem, set()).update(groups)
    # A stem that stands for pictures of several groups says nothing.
    unique = {stem: groups.pop() for stem, groups in by_stem.items() if len(groups) == 1}
    return unique | result


def _groups_of(root: Path, spec: IndexSpec) -> dict[str, set[str]]:
    """The groups that a CSV gives to each name; more than one where its rows differ."""
    rows = read_csv(root / spec.file)
    if rows and not {spec.key, spec.group} <= set(rows[0]):
        raise DataError(
            f"{spec.file} has no columns '{spec.key}' and '{spec.group}'.",
            f"It has: {', '.join(rows[0])}.",
        )
    result: dict[str, set[str]] = {}
    for row in rows:
        result.setdefault(tidy_name(root, row[spec.key]), set()).add(row[spec.group])
    return result


def torn_names(root: Path, config: DataConfig) -> dict[str, str]:
    """Names that one CSV gives to several groups, with a note that says which.

    Raises:
        DataError: an index file that the configuration names is missing or lacks a column.
    """
    found: dict[str, str] = {}
    for spec in config.indexes or tuple(find_indexes(root)):
        for name, groups in _groups_of(root, spec).items():
            if len(groups) > 1:
                told = " / ".join(sorted(group or "(none)" for group in groups))
                found[name] = f"{spec.file}: {told}"
    return found
