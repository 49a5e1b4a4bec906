"""A PDF report as a DICOM Encapsulated PDF (PS3.3 A.45.1), which a PACS keeps with the study."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset

from tumordesk.core.errors import WriteError, plain_reason
from tumordesk.core.model_card import NOTICE
from tumordesk.core.study_findings import StudyFindings
from tumordesk.io.export import identity
from tumordesk.io.export.files import write_dataset
from tumordesk.io.export.plain_object import new_object, reference
from tumordesk.io.export.source import read_source
from tumordesk.io.quiet import quiet

ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
_MAX_BYTES = 512 * 2**20


def write_encapsulated_pdf(
    path: Path, pdf: Path, findings: StudyFindings, *, overwrite: bool = False
) -> Path:
    """Wrap the report ``pdf`` with patient and study of the source series.

    Raises:
        WriteError: the source is no DICOM series, ``pdf`` is no PDF, or it cannot be written.
        ReadError: the source's files are gone or changed.
    """
    source = read_source(findings.series)
    document = _read(pdf)
    with quiet():
        dataset = new_object(ENCAPSULATED_PDF, "PDF", "DOC", source, findings)
        dataset.AcquisitionDateTime = datetime.now().strftime("%Y%m%d%H%M%S")
        dataset.BurnedInAnnotation = "YES"
        dataset.SourceInstanceSequence = [
            reference(frame, numbered=False)
            for frame in {frame.sop_uid: frame for frame in source.frames}.values()
        ]
        dataset.DocumentTitle = identity.short(f"TumorDesk report. {NOTICE}")
        dataset.ConceptNameCodeSequence = []
        dataset.VerificationFlag = "UNVERIFIED"
        dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
        dataset.EncapsulatedDocumentLength = len(document)
        dataset.EncapsulatedDocument = document + b"\0" * (len(document) % 2)

    def verify(file: Path) -> bool:
        found: Dataset = pydicom.dcmread(file)
        stored = bytes(found.EncapsulatedDocument)
        return stored[: found.EncapsulatedDocumentLength] == document

    return write_dataset(path, dataset, verify, overwrite=overwrite)


def _read(pdf: Path) -> bytes:
    try:
        if pdf.stat().st_size > _MAX_BYTES:
            raise WriteError(f"{pdf.name} is too large for a DICOM file.")
        document = pdf.read_bytes()
    except OSError as error:
        raise WriteError(f"{pdf.name} cannot be read: {plain_reason(error)}.") from error
    if not document.startswith(b"%PDF-"):
        raise WriteError(f"{pdf.name} is not a PDF document.")
    return document
