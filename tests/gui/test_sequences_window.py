"""Models of several sequences in the window: picked by the person; run, or refused and why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

import inference_fakes
from several_factories import ReadsChannel, found_in, several_card, write_nifti, write_study
from tumordesk.core.settings import SettingsStore
from tumordesk.core.study import Sequence
from tumordesk.gui.controllers.running import find_doubts
from tumordesk.gui.dialogs.card import CardDialog
from tumordesk.gui.dialogs.preflight import PreflightDialog
from tumordesk.gui.main_window import MainWindow
from tumordesk.inference import cache
from tumordesk.session.model_choice import ModelChoice
from window_fixtures import WAIT_MS, drop, fake_entries, opened, shown_window, until, words


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """A shown window with a model of several sequences among the others."""
    several = inference_fakes.make_entry(several_card())
    with shown_window(
        qtbot, SettingsStore(tmp_path / "settings.json"), (several, *fake_entries())
    ) as made:
        yield made


@pytest.fixture(autouse=True)
def network(monkeypatch: pytest.MonkeyPatch) -> ReadsChannel:
    """The outliner, which reads the post-contrast channel; the classifier is a fake, too."""
    made, classifier = ReadsChannel(2), inference_fakes.MeanDecides()
    monkeypatch.setattr(
        cache, "get_model", lambda e: classifier if e.card.task == "classification" else made
    )
    return made


def _open(qtbot: QtBot, window: MainWindow, folder: Path) -> None:
    drop(window, [folder])
    until(qtbot, lambda: opened(window))


def _pick(window: MainWindow, text: str) -> None:
    """Choose a model in the list, as a person does."""
    for action in window.parts.picker.menu().actions():
        if text in action.text() and action.isCheckable():
            action.trigger()
            return
    raise AssertionError(text)


def test_the_person_picks_it_and_it_reads_the_other_series(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, network: ReadsChannel
) -> None:
    _open(qtbot, window, write_study(tmp_path / "study"))
    assert window.session.active.guess.sequence is Sequence.FLAIR
    assert window.running.choice().segmentation.card.id == "flair-fake"
    _pick(window, "several-fake")
    reason = window.running.choice().reason
    assert "T1 (series 4), FLAIR (series 5), T1 post-contrast (series 9)" in reason
    assert "T1 + FLAIR + T1 post-contrast" in window.parts.picker.toolTip()
    with qtbot.waitSignal(window.running.ended, timeout=WAIT_MS) as ended:
        window.parts.toolbar.run_button.click()
    assert ended.args == ["done"]
    layer = window.session.results(window.session.active.key).active
    assert layer.result.provenance.model_id == "several-fake"
    assert [lesion.side for lesion in layer.measurements.lesions] == ["left"]
    assert "FLAIR from series 5 (outlined)" in layer.result.provenance.notes[0]
    assert window.actions_by_name["overlay"].isChecked()
    assert all(batch.shape[1] == 3 for batch in network.inputs)


def test_a_missing_series_is_told_and_cannot_be_run(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, network: ReadsChannel
) -> None:
    _open(qtbot, window, write_study(tmp_path / "study", ("T1", "FLAIR")))
    _pick(window, "several-fake")
    assert "there is no T1 post-contrast series" in window.running.choice().reason
    window.running.run()
    dialog = window.findChild(PreflightDialog)
    assert dialog is not None
    told = words(dialog)
    assert "Several cannot run on this series" in told
    assert "there is no T1 post-contrast series in this study" in told
    assert "Open the whole study" in told
    assert not dialog.run_button.isEnabled()
    dialog.cancel_button.click()
    assert not window.session.run.busy
    assert network.inputs == []


def test_names_of_two_patients_are_told_and_the_person_decides(tmp_path: Path) -> None:
    for patient, sequence in (("anna", "T1"), ("bea", "FLAIR"), ("anna", "T1C")):
        write_nifti(tmp_path, patient, sequence)
    found = found_in(tmp_path)
    choice = ModelChoice(inference_fakes.make_entry(several_card()), None, "")
    doubts = find_doubts(found["T1"], choice, tuple(found.values()))
    assert any("one patient and one examination" in message for message in doubts.messages)
    assert doubts.may_run


def test_the_card_names_all_sequences(qtbot: QtBot, window: MainWindow) -> None:
    window.dialogs.card("several-fake")
    dialog = window.findChild(CardDialog)
    assert "MR, T1 + FLAIR + T1 post-contrast of one examination, axial" in words(dialog)
    dialog.findChildren(QPushButton)[-1].click()
