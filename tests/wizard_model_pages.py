"""A Model page in a wizard of its own, and what tests do with it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

import training_factories
from tumordesk.core.data_report import DataReport, PatientsFound
from tumordesk.core.settings import TrainingChoices
from tumordesk.core.training_run import TrainingConfig
from tumordesk.gui.jobs import JobRunner
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.controls import Choice
from tumordesk.gui.training_wizard.model_page import ModelPage
from tumordesk.gui.training_wizard.wizard import TrainingWizard
from tumordesk.session.training import SplitReport
from window_fixtures import until

FAKE = Path(__file__).parent / "fake_model_trainer.py"
Make = Callable[..., ModelPage]


def _report(root: Path, task: str) -> DataReport:
    outlines = task == "segmentation"
    classes = {"all": 24} if outlines else {"blob": 8, "ring": 8}
    return DataReport(
        root=root.name,
        layout="masks" if outlines else "classes",
        layout_title="Pictures",
        task="segmentation" if outlines else "classification",
        pictures=sum(classes.values()),
        classes=classes,
        parts={"": sum(classes.values())},
        patients=PatientsFound(outlines, 6, "file names" if outlines else "none"),
        sizes={"36x40": 24},
        modes={"8-bit grey": 24},
        masks={"with": 18, "empty": 6, "rectangles": 0},
    )


@contextmanager
def model_pages(qtbot: QtBot, tmp_path: Path) -> Iterator[Make]:
    """Makes a shown wizard on the Model page; closed and gone after the test."""
    made: list[TrainingWizard] = []
    runner = JobRunner()
    kept: list[TrainingChoices] = []

    def build(
        task: str = "segmentation",
        *,
        expert: bool = False,
        real: bool = False,
        again: bool = False,
        folder: str = "",
        told: str = "",
    ) -> ModelPage:
        outlines = task == "segmentation"
        root = tmp_path / "Lékař (1)" / (folder or task)
        if not root.exists():
            maker = training_factories.mask_folder if outlines else training_factories.class_folder
            maker(root)
        command = None if real else [sys.executable, str(FAKE), str(tmp_path)]
        choices = kept[-1] if again else TrainingChoices(expert=expert)
        context = WizardContext(runner, choices, kept.append, device="cpu", command=command)
        wizard = TrainingWizard(context)
        with qtbot.waitActive(wizard):
            wizard.show()
            wizard.activateWindow()
        made.append(wizard)
        context.draft.use_folder(root)
        context.draft.use_report(replace(_report(root, task), sequence=told))
        parts = {part: {"all": 8} for part in ("train", "val", "test")}
        context.draft.split_report = SplitReport("group", "", "id", parts, {})
        wizard.refresh()
        wizard.show_stage("model")
        page = wizard.pages["model"]
        assert isinstance(page, ModelPage)
        until(qtbot, page.complete)
        return page

    yield build
    for wizard in made:
        wizard.close()
        wizard.deleteLater()
    runner.shutdown()


def click(qtbot: QtBot, widget: QWidget) -> None:
    QApplication.processEvents()
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def config_of(page: ModelPage) -> TrainingConfig:
    return page.context.draft.config()


def choice_of(page: ModelPage, path: str) -> Choice:
    control = page.expert.rows[path].control
    assert isinstance(control, Choice)
    return control


def write(qtbot: QtBot, page: ModelPage, path: str, text: str) -> None:
    """Click into a field, mark all, and type."""
    page.expert.show_section(next(n for n, s in page.expert.sections.items() if path in s.rows))
    control = page.expert.rows[path].control
    assert control.isVisible()
    control.setFocus()
    if isinstance(control, (QLineEdit, QAbstractSpinBox)):
        control.selectAll()
    qtbot.keyClicks(control, text)


def asked(folder: Path, name: str) -> list[dict[str, Any]]:
    path = folder / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    return [json.loads(line) for line in lines]
