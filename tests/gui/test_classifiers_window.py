"""The classifier panel in the window: further classifiers run on the series that is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot
from torch import nn

import factories
import inference_fakes
from tumordesk.core.errors import ModelError
from tumordesk.core.model_card import HeadSpec, InputSpec
from tumordesk.core.settings import SettingsStore
from tumordesk.gui.main_window import MainWindow
from tumordesk.inference import cache
from tumordesk.zoo import ModelEntry
from window_fixtures import WAIT_MS, drop, fake_entries, opened, shown_window, until

HEAD_MM = (5.0, 3.0, 3.0)


class Says(nn.Module):
    """Always one class, with a feature map and a head as the real ones have."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.backbone = nn.Conv2d(1, 4, 3, stride=16, padding=1)
        self.head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 4))
        with torch.no_grad():
            self.head[2].weight.zero_()
            self.head[2].bias.copy_(torch.eye(4)[number] * 3.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (n, 4)."""
        return self.head(self.backbone(x))


def classifier(name: str) -> ModelEntry:
    spec = InputSpec(sequence="T1C", size=(64, 64))
    card = inference_fakes.make_card(
        "classification", id=name, name=name.title(), input=spec, head=HeadSpec()
    )
    return inference_fakes.make_entry(card)


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """A window with a T1 post-contrast series and three classifiers; the last one is broken."""
    networks = {"type-fake": Says(0), "second": Says(1)}

    def get(entry: ModelEntry) -> nn.Module:
        if entry.card.id == "broken":
            raise ModelError("The weights of model broken are missing.")
        if entry.card.task == "segmentation":
            return inference_fakes.BrightIsTumour(0.7)
        return networks[entry.card.id].eval()

    monkeypatch.setattr(cache, "get_model", get)
    with shown_window(
        qtbot,
        SettingsStore(tmp_path / "settings.json"),
        (*fake_entries(), classifier("second"), classifier("broken")),
    ) as made:
        folder = tmp_path / "t1c"
        factories.write_series(
            folder,
            factories.phantom((6, 64, 64)),
            spacing_mm=HEAD_MM,
            SeriesDescription="AX T1 POST GAD",
        )
        drop(made, [folder])
        until(qtbot, lambda: opened(made))
        yield made


def run(qtbot: QtBot, window: MainWindow, *models: str) -> None:
    panel = window.parts.classifier
    for model in models:
        panel.ticks[model].setFocus()
        qtbot.keyClick(panel.ticks[model], Qt.Key.Key_Space)
    with qtbot.waitSignal(window.running.ended, timeout=WAIT_MS) as ended:
        qtbot.keyClick(panel.run_button, Qt.Key.Key_Space)
    assert ended.args == ["done"]


def test_two_classifiers_stand_side_by_side_and_one_is_chosen(
    qtbot: QtBot, window: MainWindow
) -> None:
    run(qtbot, window, "type-fake", "second")
    panel, key = window.parts.classifier, window.session.active.key
    assert list(window.session.results(key).classifications) == ["type-fake", "second"]
    assert list(panel.ticks) == ["broken"]
    assert [row.model for row in panel.rows] == ["type-fake", "second"]
    assert panel.state.chosen == "second"
    until(qtbot, lambda: set(window.session.results(key).maps) == {"type-fake", "second"})
    assert window.parts.viewer.activation_map().model_id == "second"
    until(qtbot, lambda: panel.rows[0].isVisible())
    panel.rows[0].setFocus()
    qtbot.keyClick(panel.rows[0], Qt.Key.Key_Space)
    assert panel.state.chosen == "type-fake"
    assert panel.rows[0].hasFocus()
    assert window.parts.viewer.activation_map().model_id == "type-fake"


def test_one_that_fails_does_not_stop_the_other_and_is_told(
    qtbot: QtBot, window: MainWindow
) -> None:
    run(qtbot, window, "second", "broken")
    assert list(window.session.results(window.session.active.key).classifications) == ["second"]
    assert "broken" in window.parts.classifier.ticks
    assert "weights of model broken are missing" in window.parts.banner.message.text


def test_the_slice_follows_the_viewer_and_the_map_its_key(qtbot: QtBot, window: MainWindow) -> None:
    run(qtbot, window, "second")
    panel, viewer = window.parts.classifier, window.parts.viewer
    key = window.session.active.key
    until(qtbot, lambda: bool(window.session.results(key).maps))
    viewer.go_to(2)
    assert panel.grid.slice_texts()[0] != "–"
    assert panel.grid._slice_head.text() == "Slice 3"
    shown = viewer.map_look()[0]
    qtbot.keyClick(viewer, Qt.Key.Key_G)
    assert viewer.map_look()[0] is not shown
    assert panel.map.switch.isChecked() is not shown


def test_the_type_in_the_findings_leads_to_the_panel(qtbot: QtBot, window: MainWindow) -> None:
    run(qtbot, window, "second")
    section = window.parts.classifier.parentWidget()
    section.set_collapsed(True)
    qtbot.mouseClick(window.parts.findings.type, Qt.MouseButton.LeftButton)
    assert not section.collapsed
    assert section.heading.hasFocus()


def test_unlike_cannot_be_told_without_a_reference(qtbot: QtBot, window: MainWindow) -> None:
    run(qtbot, window, "second")
    found = window.session.results(window.session.active.key).classification.classification
    assert "it has no reference" in found.unlike.text
