"""What ``tumordesk-train check-data --json`` tells of a training folder. No torch, no Qt.

The checker writes it, the wizard reads it; both through these types.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

SCHEMA = 3

Severity = Literal["problem", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("problem", "warning", "info")
"""The gravest first."""
Action = Literal[
    "drop", "together", "keep", "exclude", "ignore",
    "red", "green", "blue", "grey", "pattern", "forget",
]  # fmt: skip
COLOUR_ACTIONS: tuple[Action, ...] = ("red", "green", "blue", "grey")
CHANNELS: dict[str, int | None] = {"red": 0, "green": 1, "blue": 2, "grey": None}
"""Actions that choose what of coloured pictures is read, as ``DataConfig.channel``."""

READ_ANEW = frozenset({*CHANNELS, "pattern", "forget"})
"""Actions that change how the folder is read: it must be checked again after them."""


@dataclass(frozen=True)
class Example:
    """Cases that show a finding, side by side: a set of copies, a picture and its mask, ...

    ``keys`` are paths in the data folder (``/`` between folders); ``note`` says what is wrong
    with these ("Training/glioma and Testing/meningioma", "opens as 0 x 0").
    """

    keys: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class DataFinding:
    """One kind of trouble in the data, or a fact to know.

    ``code``: stable name ("unreadable", "unused", "mixed_sizes", "mixed_modes", "imbalance",
    "empty_masks", "rectangles", "category_without_pictures", "duplicates", "near_duplicates",
    "duplicates_across_parts", "near_duplicates_across_parts", "conflicting_labels",
    "patients_across_parts", "patients_unknown", "few_groups", "pages", "mask_size", "mask_levels",
    "label_numbers", "class_names", "closed_folders", "linked_folders", "odd_names",
    "index_conflicts", "group_conflicts", "unknown_part", "part_not_given", "csv_unused",
    "outlines_lost", "outlines_scaled", "outlines_unread", "same_id", "listed_twice", "coloured",
    "boxes", "coco_unused", "columns_unread", "shared_outlines", "unlabelled_class",
    "class_in_some_parts", "patients_from_pattern", "other_formats",
    "one_class").
    ``count``: pictures (or sets, see ``title``); ``examples``: at most 50 of them.
    ``advice``: what to do, in plain words. ``actions``: what may be decided, the best first.
    ``exclude``: keys that the action "exclude" leaves out; ``classes``: those that have no picture
    left then. ``pattern``: what the action "pattern" makes ``DataConfig.group_pattern``; "forget"
    takes it away again.
    """

    code: str
    severity: Severity
    title: str
    advice: str
    count: int
    examples: tuple[Example, ...] = ()
    actions: tuple[Action, ...] = ()
    exclude: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True)
class PatientsFound:
    """How many patients (or groups that stand for them), and where that is known from.

    ``source``: "csv", "file names", "folders", "DICOM tags", "none" (each picture stands alone).
    """

    known: bool
    count: int
    source: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class DataReport:
    """All that the check found. Counts are whole; lists of examples are cut.

    ``layout``: as ``DataConfig.layout``; ``layout_title``: in words. ``task``: what the data can
    teach ("segmentation" where masks are). ``classes``: pictures by class; ``parts``: pictures by
    given part ("train", "val", "test", "" where the folder does not say); ``sizes``: "512x512" ->
    pictures, ``modes``: "8-bit grey" -> pictures. ``masks``: with, empty, rectangles. ``preview``:
    some keys of ordinary pictures to show.
    """

    root: str
    layout: str
    layout_title: str
    task: Literal["segmentation", "classification"]
    pictures: int
    classes: dict[str, int]
    parts: dict[str, int]
    patients: PatientsFound
    sizes: dict[str, int]
    modes: dict[str, int]
    masks: dict[str, int]
    findings: tuple[DataFinding, ...] = ()
    preview: tuple[str, ...] = ()
    seconds: float = 0.0
    schema: int = SCHEMA
    class_parts: dict[str, dict[str, int]] = field(default_factory=dict)
    """Pictures by given part, then by class."""
    volumes: bool = False
    """Whole volumes (NIfTI, DICOM) and not single pictures."""
    sequences: tuple[str, ...] = ()
    """What can be chosen of scans of several sequences, as ``core.sequence_sources`` writes it."""
    sequence: str = ""
    """The sequence that all scans are of by their names or headers; "" where it is not known."""
    labels: dict[str, int] = field(default_factory=dict)
    """Numbers in the label maps, and in how many of them each is; empty where they are one."""
    label_names: dict[str, str] = field(default_factory=dict)
    """What a dataset.json of the folder says that these numbers stand for."""

    def many(self, count: int) -> str:
        """What is counted, for people: 'pictures', or 'scans' where they are whole volumes."""
        return ("scan" if self.volumes else "picture") + ("" if count == 1 else "s")
