"""One function for each format of an export."""

from __future__ import annotations

import contextlib
from functools import cached_property
from pathlib import Path

from tumordesk.core.activation import map_mark
from tumordesk.core.segmentation import Segmentation
from tumordesk.core.study_findings import StudyFindings
from tumordesk.imaging.key_pictures import KeyPicture, key_pictures
from tumordesk.session.export_names import Format, capture_name, file_name, picture_name
from tumordesk.session.exporting import ExportOrder, PdfWriter


class Writing:
    """An order while it is carried out. ``files``: what was written, by format."""

    def __init__(
        self, findings: StudyFindings, order: ExportOrder, stem: str, write_pdf: PdfWriter | None
    ) -> None:
        self.findings = findings
        self.order = order
        self.stem = stem
        self.write_pdf = write_pdf
        self.files: dict[Format, tuple[Path, ...]] = {}
        self._made: list[Path] = []

    def write(self, one: Format, there: tuple[Path, ...] = ()) -> None:
        """Write all files of a format, or none. ``there``: older ones that go.

        Raises:
            TumorDeskError: refused or failed. OSError, MemoryError: likewise.
        """
        self._made = []
        try:
            getattr(self, f"_{one}")()
        except BaseException:
            for path in self._made:
                # What cannot be removed is whole; why it failed matters more.
                with contextlib.suppress(OSError):
                    path.unlink(missing_ok=True)
            raise
        for stale in set(there) - set(self._made):
            stale.unlink(missing_ok=True)
        self.files[one] = tuple(self._made)

    @property
    def _replace(self) -> bool:
        return self.order.options.existing == "replace"

    @cached_property
    def _pictures(self) -> tuple[KeyPicture, ...]:
        return key_pictures(self.findings)

    @property
    def _outline(self) -> Segmentation:
        outline = self.findings.outline
        if outline is None:
            raise ValueError("refused before: there is no outline")
        return outline

    def _maker(self, digits: int) -> str:
        """What made the outline, with so many digits of the model's hash."""
        mark = map_mark(self._outline.segments)
        result = self.findings.made_by
        if result is None:
            return mark
        made = result.provenance
        person = ", corrected" if self.findings.origin == "mine" else ""
        model = f"{made.model_id} {made.model_version} {made.model_sha256[:digits]}{person}"
        return f"{mark}; {model}" if mark else model

    def _path(self, name: str) -> Path:
        return self.order.folder / name

    def _seg(self) -> None:
        from tumordesk.io.export.seg import write_seg

        path = self._path(file_name(self.stem, "seg"))
        write_seg(path, self.findings, overwrite=self._replace)
        self._made.append(path)

    def _sr(self) -> None:
        from tumordesk.io.export.sr import write_sr

        path = self._path(file_name(self.stem, "sr"))
        seg = self.files.get("seg")
        write_sr(path, self.findings, seg[0] if seg else None, overwrite=self._replace)
        self._made.append(path)

    def _sc(self) -> None:
        from tumordesk.io.export.sc import write_sc

        pictures = [picture.rgb for picture in self._pictures]
        # One more: the last capture is the table of numbers.
        paths = [self._path(capture_name(self.stem, n + 1)) for n in range(len(pictures) + 1)]
        shown = [picture.slice_index for picture in self._pictures]
        write_sc(paths, pictures, self.findings, slices=shown, overwrite=self._replace)
        self._made.extend(paths)

    def _pdf(self) -> None:
        from tumordesk.core.jsonio import atomic_write

        if self.write_pdf is None:
            raise ValueError("refused before: nothing writes PDF")
        options, writer = self.order.options, self.write_pdf
        path = self._path(file_name(self.stem, "pdf"))
        atomic_write(
            path, lambda part: writer(self.findings, options, part), overwrite=self._replace
        )
        self._made.append(path)
        if options.pdf_as_dicom and self.findings.series.kind == "dicom":
            self._pdf_as_dicom(path)

    def _pdf_as_dicom(self, pdf: Path) -> None:
        from tumordesk.io.export.pdf_dicom import write_encapsulated_pdf

        path = self._path(file_name(self.stem, "pdf-dicom"))
        write_encapsulated_pdf(path, pdf, self.findings, overwrite=self._replace)
        self._made.append(path)

    def _nifti(self) -> None:
        from tumordesk.io.export.labels import write_label_text
        from tumordesk.io.writers import write_nifti

        path = self._path(file_name(self.stem, "nifti"))
        outline = self._outline
        write_nifti(
            path, outline.array, outline.geometry, overwrite=self._replace, made_by=self._maker(12)
        )
        self._made.append(path)
        labels = self._path(file_name(self.stem, "labels"))
        write_label_text(labels, outline, overwrite=self._replace, made_by=self._maker(64))
        self._made.append(labels)

    def _nrrd(self) -> None:
        from tumordesk.io.export.nrrd import write_nrrd

        path = self._path(file_name(self.stem, "nrrd"))
        write_nrrd(path, self._outline, overwrite=self._replace, made_by=self._maker(64))
        self._made.append(path)

    def _png(self) -> None:
        from tumordesk.io.writers import write_png

        for picture in self._pictures:
            path = self._path(picture_name(self.stem, picture.name))
            write_png(path, picture.rgb, overwrite=self._replace)
            self._made.append(path)

    def _csv(self) -> None:
        from tumordesk.core.jsonio import atomic_write
        from tumordesk.session.export_tables import lesion_table

        path = self._path(file_name(self.stem, "csv"))
        data = lesion_table(self.findings).encode("utf-8")
        atomic_write(path, lambda part: _write_bytes(part, data), overwrite=self._replace)
        self._made.append(path)

    def _json(self) -> None:
        from tumordesk.core.jsonio import write_json
        from tumordesk.session.export_tables import export_document

        names = [path.name for paths in self.files.values() for path in paths]
        mask = self.files.get("nifti")
        document = export_document(self.findings, names, mask[0].name if mask else None)
        path = self._path(file_name(self.stem, "json"))
        write_json(path, document, overwrite=self._replace)
        self._made.append(path)


def _write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)
