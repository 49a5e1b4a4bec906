"""Names that columns of a CSV have, and whether their values bear them out. No torch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

PATH_COLUMNS = ("image", "path", "file")
"""Columns of paths that alone make a CSV a list of pictures."""
_FULL_PATHS = ("imagepath", "filepath", "imagefile", "images", "img", "imgpath")
_NAMES = ("filename", "imagename", "imagefilename", "imgname", "stem", "imageid")
PICTURE_COLUMNS = (*PATH_COLUMNS, *_FULL_PATHS, *_NAMES)
"""Columns whose name leaves little doubt."""
DOUBTFUL_COLUMNS = ("name", "id", "n")
"""They may be of anything: they name pictures where nearly all of their values do."""
SURE_COLUMNS = (*PATH_COLUMNS, *_FULL_PATHS)

MASK_COLUMN = "mask"
MASK_COLUMNS = (
    MASK_COLUMN, "masks", "maskpath", "maskfile", "maskname", "maskfilename", "segmentation",
    "segmentationpath", "segmentationfile", "seg", "segpath", "groundtruth", "annotation",
    "label", "labelpath", "target",
)  # fmt: skip
LABEL_COLUMNS = (
    "label", "class", "cls", "labels", "classname", "labelname", "diagnosis", "target",
    "category", "tumortype", "tumourtype", "tumor", "tumour", "hastumor", "hastumour", "istumor",
    "istumour", "pathology", "grade",
)  # fmt: skip
PART_COLUMNS = ("split", "part", "set", "subset", "partition")
KEY_COLUMNS = (
    "stem", "image", "file", "filename", "imagefilename", "imagename", "imagefile", "imagepath",
    "filepath", "imgpath", "imgname", "images", "img", "imageid", "name", "path", "n", "id",
)  # fmt: skip
GROUP_COLUMNS = (
    "patient", "patientid", "patients", "patientname", "pid", "subject", "subjectid",
    "group", "groupid", "case", "caseid", "segment", "component",
)  # fmt: skip
BOX_COLUMNS = ("xmin", "ymin", "xmax", "ymax", "bbox")

_SURE_LABELS = frozenset(("label", "class", "cls"))
_SURE_PARTS = frozenset(("split", "part"))
_NUMBERS = frozenset(("pid", "groupid", "caseid"))
"""May number the rows: they tell groups only where a value comes more than once."""

KNOWN_COLUMNS = frozenset(
    (*PICTURE_COLUMNS, *MASK_COLUMNS, *LABEL_COLUMNS, *PART_COLUMNS, *KEY_COLUMNS, *GROUP_COLUMNS)
)
EMPTY = "it is empty"
_FEW = 10
_FEW_SHARE = 4

Rows = Sequence[Mapping[str, str]]


def plain_name(column: str) -> str:
    """'Patient ID', 'patient_id' and 'PatientID' -> 'patientid'."""
    return re.sub(r"[-_\s]+", "", column).lower()


def named(columns: Iterable[str], known: Iterable[str]) -> list[str]:
    """The columns that have one of the ``known`` plain names, in the order of these."""
    found: dict[str, str] = {}
    for column in columns:
        found.setdefault(plain_name(column), column)
    return [found[name] for name in known if name in found]


def grouping_columns(columns: Iterable[str], rows: Rows) -> tuple[str, str] | None:
    """(column of pictures, column of groups) of a CSV that tells patients; None where none does."""
    names = list(columns)
    keys = named(names, KEY_COLUMNS)
    groups = [c for c in named(names, GROUP_COLUMNS) if _tells_groups(c, rows)]
    # One without a value says nothing; where all are empty, the first is the one that is meant.
    full = [c for c in groups if any(row.get(c) for row in rows)]
    return (keys[0], (full or groups)[0]) if rows and keys and groups else None


def _tells_groups(column: str, rows: Rows) -> bool:
    if plain_name(column) not in _NUMBERS:
        return True
    values = [value for row in rows if (value := row.get(column))]
    return len(set(values)) < len(values)


def why_no_label(column: str, rows: Rows) -> str:
    """Why the values of a column cannot be classes; '' where they can."""
    values = [value for row in rows if (value := row.get(column))]
    if not values:
        return EMPTY
    if plain_name(column) in _SURE_LABELS:
        return ""
    kinds = set(values)
    if any(map(_is_fraction, kinds)):
        return "it holds measures, not classes"
    if len(kinds) > max(_FEW, len(values) // _FEW_SHARE):
        return f"it has {len(kinds)} different values in {len(values)} rows, too many for classes"
    return ""


def _is_fraction(value: str) -> bool:
    number = re.fullmatch(r"[-+]?\d*[.,](\d+)(?:[eE][-+]?\d+)?", value)
    return number is not None and bool(number.group(1).strip("0"))


def is_sure_part(column: str) -> bool:
    """Whether a column of this name is of parts, whatever words it holds."""
    return plain_name(column) in _SURE_PARTS
