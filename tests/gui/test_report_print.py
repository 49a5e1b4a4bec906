"""The simple report fits a page where QTextDocument lays it out, with all of its pictures."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from PySide6.QtGui import QTextDocument

from training_factories import class_config
from tumordesk.core.evaluation import (
    CalibrationBin,
    CaseResult,
    ClassFigures,
    Evaluation,
    Interval,
)
from tumordesk.core.model_card import NOTICE
from tumordesk_training.history import Epoch
from tumordesk_training.report.content import Content, Picture
from tumordesk_training.report.document import report_html
from tumordesk_training.run_model import Run
from tumordesk_training.split import Split

A4_WIDTH = 642
"""Pixels at 96 to the inch, between margins of 20 mm."""


def content() -> Content:
    stream = io.BytesIO()
    Image.new("RGB", (224, 224), (200, 10, 10)).save(stream, "PNG")
    cases = tuple(
        CaseResult(
            f"ring/a rather long name of a file {n}.png", f"g{n}", "ring", "blob", (0.7, 0.3)
        )
        for n in range(4)
    )
    rows = tuple(
        ClassFigures(name, 4, 0.5, 0.5, 0.5, 0.75, ((0.0, 0.0), (0.2, 0.8), (1.0, 1.0)))
        for name in ("blob", "ring")
    )
    found = Evaluation(
        "classification", "Blob or ring", "resnet18", "test", 8, 8, ("blob", "ring"), "0" * 64,
        "group", {"accuracy": Interval(0.5, 0.2, 0.8)}, ((2, 2), (2, 2)), rows,
        (CalibrationBin(0.7, 0.8, 8, 0.75, 0.5),), cases=cases,
        warnings=("test has only 2 patients: its figures are chance.",),
    )  # fmt: skip
    split = Split(1, {"train": ("a",), "val": ("b",), "test": ("c",)}, {"test": {"ring": 8}})
    run = Run(Path("runs") / "first", class_config(Path("pictures")), split)
    epochs = tuple(Epoch(n, {"loss": 1 / n, "rate": 1e-3, "seconds": 2.0}) for n in (1, 2, 3))
    shown = tuple(Picture(case, stream.getvalue()) for case in cases)
    return Content(run, found, epochs, "cpu", (), {}, shown, shown[:1])


def test_the_simple_report_fits_a_page(qapp: object) -> None:
    document = QTextDocument()
    document.setHtml(report_html(content(), simple=True))
    document.setTextWidth(A4_WIDTH)
    assert document.size().width() <= A4_WIDTH
    text = document.toPlainText()
    assert NOTICE in text
    assert text.index("0.500") < text.index("its figures are chance") < text.index("Training")
    pictures = 0
    block = document.begin()
    while block.isValid():
        iterator = block.begin()
        while not iterator.atEnd():
            shown = iterator.fragment().charFormat()
            if shown.isImageFormat():
                name = shown.toImageFormat().name()
                image = document.resource(QTextDocument.ResourceType.ImageResource.value, name)
                assert image is not None
                assert not image.isNull()
                pictures += 1
            iterator += 1
        block = block.next()
    assert pictures == 2 + 3 + 5  # curves; confusion, ROC, calibration; cases
