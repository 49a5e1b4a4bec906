"""The PDF report: what stands on its pages, that nothing is cut, and that it is whole."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

import inference_fakes
import panel_fakes as fakes
from tumordesk.core.activation import ActivationMap, Focus, Unlikeness
from tumordesk.core.change import Change
from tumordesk.core.explanation import Explanation, Language, Register
from tumordesk.core.model_card import NOTICE
from tumordesk.core.study import Patient, Study
from tumordesk.core.study_findings import StudyFindings
from tumordesk.core.volume import Volume
from tumordesk.gui import glyphs
from tumordesk.gui.report import pages
from tumordesk.gui.report.canvas import Canvas
from tumordesk.gui.report.content import HIDDEN, Report, report_of
from tumordesk.gui.report.pdf import report_images, write_report
from tumordesk.session.exporting import ExportOptions

SLICES = 26
CHANGE = Change("2023-01-02", "2024-03-05", "AX FLAIR", 20_000.0, 24_312.0, 21.6, None, None, None)


@pytest.fixture
def findings() -> StudyFindings:
    """One lesion, a classifier that looked elsewhere, an earlier study, an explanation."""
    made = fakes.result(warnings=("The picture is unlike the training data.",), notes=("A note.",))
    assert made.segmentation is not None
    where = made.segmentation.geometry
    series = replace(fakes.series(), geometry=where)
    rng = np.random.default_rng(0)
    volume = Volume(rng.integers(0, 500, where.shape).astype(np.int16), where, "1.2.3")
    found = fakes.classification()
    assert found.classification is not None
    unlike = Unlikeness(4.0, 3.0, "distance", "Unlike what it learned from.")
    found = replace(found, classification=replace(found.classification, unlike=unlike))
    heat = np.zeros((1, *where.shape[1:]), np.float32)
    heat[0, 2:4, 2:4] = 1.0
    grown = ActivationMap("tumour-type", "glioma", "Glioma", "Grad-CAM", (13,), heat)
    study = Study("9.9", "2024-03-05", "Brain", (series,))
    return StudyFindings(
        series,
        volume,
        Patient("SECRET-77", "Novák^Jana", (study,)),
        study,
        made.segmentation,
        "ai",
        made,
        made.measurements,
        (found,),
        {"tumour-type": grown},
        {"tumour-type": Focus(0.1, 0.0, 0.1, "elsewhere", "It looked elsewhere.")},
        CHANGE,
        Explanation(Language.GERMAN, Register.PATIENT, "Größe: 24,3 mL.\n\nEnde.", (), ()),
    )


class Noting:
    """Notes what is drawn, page by page."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.pages: list[list[str]] = [[]]
        draw = Canvas.text

        def text(canvas: Canvas, x: float, y: float, width: float, text: str, *more: object):
            self.pages[-1].append(text)
            height = draw(canvas, x, y, width, text, *more)  # type: ignore[arg-type]
            assert x >= 0
            assert x + width <= pages.PAGE_W
            assert y + height <= pages.PAGE_H, f"below the page: {text}"
            return height

        monkeypatch.setattr(Canvas, "text", text)

    def draw(self, report: Report, slices: int = SLICES) -> list[list[str]]:
        """Texts of each page of ``report``."""
        self.pages = [[]]
        image = QImage(600, 850, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        on_paper = Canvas(painter, image, 1.0)
        count = pages.draw_pages(on_paper, report, slices, lambda: self.pages.append([]))
        painter.end()
        assert count == len(self.pages)
        return self.pages


@pytest.fixture
def noting(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Noting:
    return Noting(monkeypatch)


def test_everything_that_was_found_stands_on_the_pages(
    noting: Noting, findings: StudyFindings
) -> None:
    card_limits = ("Knows three kinds of tumour only.",)
    report = replace(report_of(findings), limits=(("Tumour type 1.0", card_limits),))
    drawn = noting.draw(report)
    everything = "\n".join(text for page in drawn for text in page)
    for words in (
        "Novák Jana", "SECRET-77", "2024-03-05", "AX FLAIR", "24.3", "41 × 32 mm",
        "20.0 mL to 24.3 mL (+22 %)", "Glioma", "87 %", "It looked elsewhere.",
        "Unlike what it learned from.", "The picture is unlike the training data.", "A note.",
        "Größe: 24,3 mL.", "3f2a91c0d7e4", "flair-glioma 1.0", "CPU, 12 s", card_limits[0],
        "volumes and diameters are supported", "without a language model", "Grad-CAM",
    ):  # fmt: skip
        assert words in everything.replace("\N{NO-BREAK SPACE}", " "), words


def test_notice_and_number_on_every_page(noting: Noting, findings: StudyFindings) -> None:
    lesions = tuple(fakes.lesion(number) for number in range(1, 101))
    many = replace(findings, measurements=fakes.measurements(*lesions))
    drawn = noting.draw(report_of(many))
    assert len(drawn) > 3
    for number, page in enumerate(drawn, start=1):
        assert NOTICE in page
        assert f"Page {number} of {len(drawn)}" in page
    rows = [page for page in drawn if "Largest on".upper() in page]
    assert len(rows) >= 2  # the head of a table that goes on is repeated
    numbers = [text for page in drawn for text in page if re.fullmatch(r"\d{1,3}", text)]
    start = numbers.index("1")
    assert numbers[start : start + 100] == [str(n) for n in range(1, 101)]


def test_nothing_says_who_it_is_where_names_are_hidden(
    noting: Noting, findings: StudyFindings
) -> None:
    drawn = noting.draw(report_of(findings, hide_names=True))
    texts = [text for page in drawn for text in page]
    assert HIDDEN in texts
    assert not any("SECRET" in text or "Nov" in text for text in texts)


def test_no_font_for_a_language_means_english_and_a_line_that_says_so(
    noting: Noting, findings: StudyFindings, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Explanation(Language.KOREAN, Register.PATIENT, "병변 24.3 mL", (), ())
    monkeypatch.setattr(pages, "missing_glyphs", lambda text: "병" in text)
    report = report_of(replace(findings, explanation=told))
    assert report.plain_english is not None
    texts = [text for page in noting.draw(report) for text in page]
    assert not any("병" in text for text in texts)
    assert any("no font that can write Korean" in text for text in texts)
    assert report.plain_english.text.split("\n\n")[0].strip() in texts


def test_glyphs_are_looked_up_with_fallback_fonts(qtbot: QtBot) -> None:
    assert not glyphs.missing_glyphs("Größe ≈ 3 × 4 mm²\n")
    assert glyphs.missing_glyphs("\U000f0000")


def test_what_is_refused_is_told(noting: Noting, findings: StudyFindings) -> None:
    lesion = fakes.lesion(mm=False, refused=(fakes.PIXELS_ONLY,))
    measured = fakes.measurements(lesion, refused=(fakes.PIXELS_ONLY,))
    where = fakes.geometry(mm=False, shape=findings.volume.geometry.shape)
    volume = replace(findings.volume, geometry=where)
    report = report_of(replace(findings, volume=volume, measurements=measured))
    texts = [text for page in noting.draw(report) for text in page]
    assert fakes.PIXELS_ONLY in texts
    assert "Refused" in texts
    assert not any(" mm" in cell for row in report.lesions for cell in row)


def test_a_study_without_anything_still_makes_a_page(
    noting: Noting, findings: StudyFindings
) -> None:
    bare = StudyFindings(findings.series, findings.volume)
    (texts,) = noting.draw(report_of(bare))
    assert NOTICE in texts
    assert "Not given" in texts


def test_the_file_is_a_whole_pdf_written_off_the_windows_thread(
    qtbot: QtBot, findings: StudyFindings, tmp_path: Path
) -> None:
    path = tmp_path / "report.pdf"
    failures: list[BaseException] = []

    def work() -> None:
        try:
            write_report(findings, ExportOptions(hide_names=True), path)
        except BaseException as error:  # noqa: BLE001
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    qtbot.waitUntil(lambda: not thread.is_alive(), timeout=20_000)
    assert failures == []
    data = path.read_bytes()
    assert data.startswith(b"%PDF-1.")
    assert data.rstrip().endswith(b"%%EOF")
    count = len(re.findall(rb"/Type\s*/Page\b(?!s)", data))
    assert count == len(report_images(report_of(findings), SLICES, dpi=40))
    assert b"SECRET" not in data


def test_full_disk_is_an_error_of_the_system(
    qtbot: QtBot, findings: StudyFindings, tmp_path: Path
) -> None:
    with pytest.raises(OSError):
        write_report(findings, ExportOptions(), tmp_path / "no such folder" / "report.pdf")


def test_pages_are_white_with_pictures_on_them(qtbot: QtBot, findings: StudyFindings) -> None:
    first = report_images(report_of(findings), SLICES, dpi=40)[0]
    assert first.pixelColor(2, 2).name() == "#ffffff"
    colours = {
        first.pixelColor(x, y).name()
        for x in range(0, first.width(), 3)
        for y in range(0, first.height(), 3)
    }
    assert len(colours) > 50


def test_a_few_lines_do_not_stand_alone_on_a_last_page(
    noting: Noting, findings: StudyFindings
) -> None:
    counts = []
    for lines in range(40):
        limits = (("Model", tuple(f"Limit {n}" for n in range(lines))),)
        drawn = noting.draw(replace(report_of(findings), limits=limits))
        counts.append((len(drawn), len(drawn[-1])))
    assert len({pages for pages, _ in counts}) > 1
    # Head, foot and more than a line or two of its own.
    assert min(texts for pages, texts in counts if pages > 1) > 7


def test_limits_are_those_of_the_models_that_were_run(findings: StudyFindings) -> None:
    ran = inference_fakes.make_card("classification", id="tumour-type", limits=("Knows three.",))
    other = inference_fakes.make_card(id="another", limits=("Never run.",))
    limits = report_of(findings, (ran, other)).limits
    assert limits == ((f"{ran.name} {ran.version}", ("Knows three.",)),)
