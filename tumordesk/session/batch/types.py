"""What a batch is made of: options, planned studies, and what became of each."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tumordesk.session.export_names import Format
from tumordesk.session.use_cases import Device

MARK = "batch.json"
"""Folders with this file hold results of a batch, which are no input of another one."""
DEFAULT_FORMATS: tuple[Format, ...] = ("nifti", "png", "json")
RecordState = Literal["done", "failed"]


@dataclass(frozen=True)
class BatchOptions:
    """What to run and what to write.

    ``model``, ``classify_with``, ``outline_with``: ids of models, as for ``predict``; for a
    classifier, ``outline_with`` finds the slices to read ('' = the usual one, 'none').
    ``strict``: studies that raise any doubt are left out. ``identify``: patient IDs in the table.
    """

    out: Path
    model: str
    classify_with: str = ""
    outline_with: str = ""
    formats: tuple[Format, ...] = DEFAULT_FORMATS
    device: Device = "auto"
    flips: bool = False
    strict: bool = False
    identify: bool = False


@dataclass(frozen=True)
class PlannedStudy:
    """One study of the queue.

    ``code`` names its folder and stands for it in tables: 'study-' and a keyed hash. ``input``
    is where it lies, relative to the folder of the batch, with '/'. ``sources``: all of its
    files (or the archives that hold them); ``signature`` changes when any of them does.
    ``patient`` and ``uid``: how it is found again in a scan.
    """

    code: str
    input: str
    sources: tuple[str, ...]
    signature: str
    patient: str
    uid: str


@dataclass(frozen=True)
class BatchPlan:
    """Studies in the order of their inputs. ``skipped``: (file, reason) that belong to none."""

    roots: tuple[Path, ...]
    studies: tuple[PlannedStudy, ...]
    skipped: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class StudyRow:
    """The numbers of one study in the table; None where there is none.

    ``channels``: which series gave which channel, where the model reads several sequences.
    Lengths are those of the largest lesion. ``probabilities``: (label, 0..1) in the order of the
    classifier. ``geometry``: the verdict on the series. Numbers are rounded for the table.
    """

    series: str = ""
    channels: str = ""
    outcome: str = ""
    lesions: int | None = None
    volume_ml: float | None = None
    longest_mm: float | None = None
    perpendicular_mm: float | None = None
    tumour_type: str = ""
    probabilities: tuple[tuple[str, float], ...] = ()
    classifier: str = ""
    geometry: str = ""
    warnings: tuple[str, ...] = ()
    patient_id: str = ""


@dataclass(frozen=True)
class StudyRecord:
    """What became of a study; kept as a file, and from then on it counts as finished.

    ``reason``: why it failed. ``files``: names in its folder. ``source``: a file or folder to
    open in the viewer.
    """

    study: str
    signature: str
    state: RecordState
    row: StudyRow
    reason: str = ""
    files: tuple[str, ...] = ()
    schema: int = 1
