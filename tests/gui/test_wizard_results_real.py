"""Results and Use pages with the real training program, on a training of one short epoch."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

import training_factories
from tumordesk.core.paths import user_models_dir
from tumordesk.core.settings import SettingsStore
from tumordesk.core.training_run import CONFIG_NAME, EVALUATION, RunState, read_config, write_config
from tumordesk.gui.jobs import JobRunner
from tumordesk.gui.main_window import MainWindow
from tumordesk.gui.training_wizard.context import WizardContext
from tumordesk.gui.training_wizard.results_page import ResultsPage
from tumordesk.gui.training_wizard.use_page import UsePage
from tumordesk.gui.training_wizard.wizard import TrainingWizard

WAIT_MS = 240_000


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished training on made-up patients."""
    root = tmp_path_factory.mktemp("real")
    data = training_factories.mask_folder(root / "data", patients=8, slices=3)
    config = root / "config.json"
    write_config(config, training_factories.mask_config(data, epochs=1))
    out = root / "runs" / "blobs"
    command = [sys.executable, "-m", "tumordesk_training", "run", str(config), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.timeout(900)
def test_from_a_finished_training_to_a_model_in_the_viewer(
    qtbot: QtBot, run: Path, tmp_path: Path
) -> None:
    window = MainWindow(SettingsStore(tmp_path / "settings.json"), warm_up=False)
    window.show()
    window.training.show()
    wizard = window.training.wizard
    assert wizard is not None
    try:
        wizard.context.draft.run = run
        wizard.context.draft.run_state = RunState.FINISHED
        wizard.show_stage("results")
        page = wizard.page
        assert isinstance(page, ResultsPage)
        _look(qtbot, page)
        wizard.show_stage("use")
        use = wizard.page
        assert isinstance(use, UsePage)
        _publish(qtbot, use, tmp_path)
        qtbot.waitUntil(
            lambda: any(entry.card.id == "blobs" for entry in window.running.entries),
            timeout=WAIT_MS,
        )
    finally:
        window.close()
        window.deleteLater()


@pytest.mark.timeout(900)
def test_data_on_another_drive_are_measured_there(qtbot: QtBot, run: Path, tmp_path: Path) -> None:
    config = read_config(run / CONFIG_NAME)
    moved = shutil.copytree(config.data.root, tmp_path / "other drive")
    copy = shutil.copytree(run, tmp_path / "blobs")
    shutil.rmtree(copy / EVALUATION, ignore_errors=True)
    gone = replace(config.data, root=str(tmp_path / "gone"))
    write_config(copy / CONFIG_NAME, replace(config, data=gone))
    runner = JobRunner()
    wizard = TrainingWizard(WizardContext(runner))
    wizard.show()
    try:
        wizard.context.draft.run = copy
        wizard.context.draft.run_state = RunState.FINISHED
        wizard.show_stage("results")
        page = wizard.page
        assert isinstance(page, ResultsPage)
        qtbot.waitUntil(lambda: page.wait.start.isVisible(), timeout=WAIT_MS)
        assert "gone does not exist" in page.wait.detail.text()
        qtbot.waitUntil(page.moved.isVisible)
        (tmp_path / "empty").mkdir()
        page.moved.use(tmp_path / "empty")  # the wrong one: it is told, and may be chosen again
        qtbot.waitUntil(lambda: page.wait.bar.isVisible(), timeout=WAIT_MS)
        qtbot.waitUntil(lambda: page.wait.start.isVisible(), timeout=WAIT_MS)
        assert page.moved.isVisible()
        page.moved.use(moved)
        _look(qtbot, page)
    finally:
        wizard.close()
        wizard.deleteLater()
        runner.shutdown()


def _look(qtbot: QtBot, page: ResultsPage) -> None:
    """Figures with their warning, pictures of a patient."""
    qtbot.waitUntil(lambda: page.found is not None, timeout=WAIT_MS)
    assert page.found.task == "segmentation"
    assert page.figures.caveats.sentences
    group = next(iter(page.found.groups))
    page.outliner.open_patient(group)
    cases = page.outliner.patient.cases
    assert len(cases) == 3
    qtbot.waitUntil(lambda: page.store.image(cases[0].key) is not None, timeout=WAIT_MS)
    assert isinstance(page.store.image(cases[0].key), QImage)


def _publish(qtbot: QtBot, use: UsePage, tmp_path: Path) -> None:
    """A model among the person's, and one file of it."""
    qtbot.waitUntil(use.publish.isEnabled, timeout=WAIT_MS)
    use.publish_now()
    qtbot.waitUntil(lambda: bool(use.model_id) and not use.export.busy, timeout=WAIT_MS)
    assert (user_models_dir() / "blobs" / "model.json").is_file()
    with qtbot.waitSignal(use.export.saved, timeout=WAIT_MS):
        use.export.archive("blobs", tmp_path / "blobs.tdmodel")
