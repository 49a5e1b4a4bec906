"""How exported DICOM objects say who made them: descriptions, numbers, algorithm."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any, Literal

from pydicom.dataset import Dataset
from pydicom.uid import UID, generate_uid

import tumordesk
from tumordesk.core.activation import map_mark
from tumordesk.core.finding import Provenance
from tumordesk.core.model_card import Code
from tumordesk.core.segmentation import AlgorithmType, Segment
from tumordesk.core.study_findings import StudyFindings
from tumordesk.io.export.source import Source

MAKER = "TumorDesk"
SERIAL_NUMBER = "none"
LONG_STRING = 64
SCHEME = "99TUMORDESK"
FIRST_NUMBER = {"SEG": 9000, "SR": 9100, "SC": 9200, "PDF": 9300}
IMPLEMENTATION_UID = UID(f"2.25.{uuid.UUID('5f2c9f0e-6a1d-4f0b-9a61-3d1f5a7c8e21').int}")
IMPLEMENTATION_NAME = f"TUMORDESK_{tumordesk.__version__}"[:16]
NEOPLASM = Code("108369006", "SCT", "Neoplasm")
ABNORMAL = Code("49755003", "SCT", "Morphologically Abnormal Structure")
SPATIAL = Code("309825002", "SCT", "Spatial and Relational Concept")
Kind = Literal["SEG", "SR", "SC", "PDF"]


@dataclass(frozen=True)
class Maker:
    """What or who made an outline: ``name`` and ``version`` fit DICOM's 64 characters.

    ``kind`` is DICOM's Segment Algorithm Type. ``parameters`` hold what does not fit, the whole
    hash first of all. ``name`` is empty where a person drew by hand.
    """

    kind: AlgorithmType
    name: str
    version: str
    parameters: dict[str, str]


def new_uid() -> str:
    """A new UID (PS3.5 B.2, from a random UUID)."""
    return str(generate_uid(prefix=None))


def short(text: str, limit: int = LONG_STRING) -> str:
    """``text`` on one line, without backslashes, at most ``limit`` characters."""
    plain = " ".join(text.replace("\\", "/").split())
    return plain if len(plain) <= limit else plain[: limit - 1].rstrip() + "…"


def maker_of(findings: StudyFindings, segment: Segment | None = None) -> Maker:
    """Who made the outline (or that segment of it)."""
    made_by = findings.made_by
    if made_by is not None:
        kind: AlgorithmType = "AUTOMATIC" if findings.origin == "ai" else "SEMIAUTOMATIC"
        return _from(made_by.provenance, kind)
    if segment is not None and segment.algorithm_name and segment.algorithm_type != "MANUAL":
        return Maker(segment.algorithm_type, short(segment.algorithm_name), "unknown", {})
    return Maker("MANUAL", "", "", {})


def _from(made: Provenance, kind: AlgorithmType) -> Maker:
    parameters = {"weights sha256": made.model_sha256, "architecture": made.architecture}
    return Maker(
        kind,
        short(made.model_id),
        version_of(made),
        {name: value for name, value in parameters.items() if value},
    )


def version_of(made: Provenance) -> str:
    """Version and hash of a model, as much of the hash as 64 characters hold."""
    version = short(made.model_version, 20) or "unknown"
    return f"{version}+sha256:{made.model_sha256}"[:LONG_STRING] if made.model_sha256 else version


def category(segment: Segment | None) -> Code:
    """What kind of thing is outlined: something abnormal, or where an activation map is high."""
    return SPATIAL if segment is not None and map_mark((segment,)) else ABNORMAL


def series_description(findings: StudyFindings) -> str:
    """'TumorDesk <model> <version> research only', at most 64 characters."""
    end = "research only"
    if findings.outline is not None and map_mark(findings.outline.segments):
        return f"{MAKER} region of an activation map, no tumour, {end}"
    made = findings.made_by
    if findings.outline is None and made is None and findings.classifications:
        made = findings.classifications[0]
    if made is None:
        return (
            f"{MAKER} {'imported outline' if findings.from_file else 'outline by a person'}, {end}"
        )
    corrected = "corrected, " if findings.origin == "mine" and findings.outline is not None else ""
    version = short(made.provenance.model_version, 12)
    tail = f" {version} {corrected}{end}" if version else f" {corrected}{end}"
    model = short(made.provenance.model_id, LONG_STRING - len(MAKER) - 1 - len(tail))
    return f"{MAKER} {model}{tail}"


def series_number(kind: Kind, source: Source) -> int:
    """9000 and so on, and the source's number below 100."""
    return FIRST_NUMBER[kind] + (abs(source.number) % 100 if source.number else 0)


def algorithm(maker: Maker) -> Any:
    """``maker`` as highdicom's algorithm identification, or None for a person."""
    if not maker.name:
        return None
    import highdicom
    from pydicom.sr.codedict import codes

    return highdicom.AlgorithmIdentificationSequence(
        name=maker.name,
        version=maker.version,
        family=codes.DCM.ArtificialIntelligence,
        parameters=maker.parameters or None,
    )


def coded(code: Code | None, fallback: Code) -> Any:
    """A coded concept as highdicom wants it; ``fallback`` where ``code`` is not a whole one."""
    from highdicom.sr import CodedConcept

    used = code if code is not None and code.value and code.scheme and code.meaning else fallback
    return CodedConcept(used.value[:16], used.scheme[:16], short(used.meaning))


def sign(dataset: Dataset) -> None:
    """Name this program as the implementation that wrote the file; a zero preamble."""
    dataset.preamble = b"\0" * 128
    dataset.file_meta.ImplementationClassUID = IMPLEMENTATION_UID
    dataset.file_meta.ImplementationVersionName = IMPLEMENTATION_NAME
