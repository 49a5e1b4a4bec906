"""Totals, places, change since an earlier study, and what geometry does not support."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

import factories
import panel_fakes as fakes
from tumordesk.core.activation import MAP_REGION, map_region_name
from tumordesk.core.change import Change
from tumordesk.core.finding import AnalysisResult
from tumordesk.core.geometry import Geometry, Verdict
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.settings import SettingsStore
from tumordesk.gui import tokens
from tumordesk.gui.main_window import MainWindow
from tumordesk.gui.panels.findings import FindingsPanel
from tumordesk.gui.panels.parts import ElidedLabel
from tumordesk.gui.panels.rows import PlaceRow
from tumordesk.gui.viewer import hud
from tumordesk.imaging.measure import measure
from tumordesk.session.use_cases import RunOutcome
from window_fixtures import drop, opened, shown_window, until

LEFT = Qt.MouseButton.LeftButton
HEAD_MM = (5.0, 3.0, 3.0)


@pytest.fixture
def panel(qtbot: QtBot) -> FindingsPanel:
    """A shown panel of the window's width."""
    made = FindingsPanel()
    qtbot.addWidget(made)
    made.setFixedWidth(tokens.RIGHT_PANEL_W - 16)
    with qtbot.waitExposed(made):
        made.show()
    return made


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """A shown window without models; closed and gone after the test."""
    with shown_window(qtbot, SettingsStore(tmp_path / "settings.json"), ()) as made:
        yield made


def words(widget: QWidget) -> str:
    """All that can be read."""
    QApplication.processEvents()
    shown = [one for one in widget.findChildren(QLabel) if one.isVisibleTo(widget)]
    texts = [one.full if isinstance(one, ElidedLabel) else one.text() for one in shown]
    texts += [b.text() for b in widget.findChildren(QPushButton) if b.isVisibleTo(widget)]
    return " ".join(texts)


def row(widget: QWidget, caption: str) -> PlaceRow:
    """The row of that caption."""
    QApplication.processEvents()
    rows = [one for one in widget.findChildren(PlaceRow) if one.isVisibleTo(widget)]
    return next(one for one in rows if one.accessibleName().startswith(caption))


def test_labels_of_short_lines_do_not_cover_each_other(qapp: QApplication) -> None:
    """Both diameters of a small lesion end at the same height."""
    canvas = QImage(200, 200, QImage.Format.Format_RGB32)
    painter = QPainter(canvas)
    taken: list[QRectF] = []
    for start, end in (((50, 50), (70, 58)), ((55, 60), (64, 47)), ((50, 50), (70, 56))):
        colour, font = QColor("white"), hud.view_font(qapp.font())
        hud.draw_measure(
            painter, QPointF(*start), QPointF(*end), "22 mm", font, colour, taken=taken
        )
    painter.end()
    assert len(taken) == 3
    assert not any(a.intersects(b) for a, b in itertools.combinations(taken, 2))


# The panel alone ---------------------------------------------------------------------------


def test_totals_lead_to_the_largest_lesion(qtbot: QtBot, panel: FindingsPanel) -> None:
    first, second = fakes.lesion(1), fakes.lesion(2, volume_mm3=1000.0)
    measured = fakes.measurements(first, second)
    panel.show_results(fakes.series(), fakes.results(fakes.layer(measured)), False)
    assert panel.totals is not None
    said = words(panel.totals)
    assert "25.3" in said
    assert "2 lesions" in said
    assert "2 670" in said.replace("\N{NO-BREAK SPACE}", " ")
    assert "mm²" in said
    for button in (
        panel.totals.headline,
        row(panel.totals, "Sum of products"),
        row(panel.totals, "Share of all pixels"),
    ):
        selected = []
        panel.lesion_selected.connect(selected.append)
        with qtbot.waitSignal(panel.jump_requested) as jump:
            qtbot.keyClick(button, Qt.Key.Key_Space)
        assert jump.args == [13, 100.0, 120.0]
        assert selected == [first]
        panel.lesion_selected.disconnect(selected.append)
    with qtbot.waitSignal(panel.jump_requested) as jump:
        qtbot.mouseClick(row(panel.totals, "Slices with tumour"), LEFT)
    assert jump.args[0] == 8


def test_the_region_of_a_map_is_not_called_a_tumour(panel: FindingsPanel) -> None:
    layer = fakes.layer()
    layer.segments = (Segment(1, MAP_REGION, None, "AUTOMATIC", map_region_name("type")),)
    panel.show_results(fakes.series(), fakes.results(layer), False)
    assert panel.totals is not None
    said = words(panel.totals)
    assert "not an outline of the tumour" in said
    assert "Volume of the map's regions, 1 region" in said
    assert "Tumour volume" not in said
    assert "with tumour" not in said


def test_an_estimated_volume_is_marked(panel: FindingsPanel) -> None:
    measured = fakes.measurements(volume_estimated=True)
    panel.show_results(fakes.series(), fakes.results(fakes.layer(measured)), False)
    said = words(panel).replace("\N{NO-BREAK SPACE}", " ")
    assert said.count("≈ 24.3") == 2  # of all, and of the lesion
    assert "estimated" in words(panel)


def test_places_are_shown_or_said_to_be_unknown(panel: FindingsPanel) -> None:
    known = fakes.measurements(fakes.lesion(location="Right, front, upper"))
    panel.show_results(fakes.series(), fakes.results(fakes.layer(known)), False)
    assert "Right, front, upper" in words(panel)
    assert "No side" not in words(panel)
    assert "whole head" not in words(panel)
    panel.show_results(fakes.series(), fakes.results(fakes.layer()), False)
    assert "Right side" in words(panel)
    assert "does not show a whole head" in words(panel)
    layer = fakes.layer(fakes.measurements(fakes.lesion(side=None)))
    panel.show_results(fakes.series(), fakes.results(layer), False)
    assert "whole width of a head" in words(panel)
    layer.geometry = Geometry((26, 8, 8), (1, 1), orientation=np.eye(3), verdict=Verdict.GAP)
    panel.show_results(fakes.series(), fakes.results(layer), False)
    assert "No side: where the slices lie" in words(panel)


CHANGE = Change(
    "2023-05-01", "2024-01-02", "AX FLAIR", 20_000.0, 25_600.0, 28.0, 1200.0, 1150.0, -4.17,
    ("Passes the RANO threshold of 25 % increase of the product of the diameters",),
    doubts=("Another sequence: T1 then, FLAIR now.",), earlier_key="old",
)  # fmt: skip


def show_change(panel: FindingsPanel, change: Change) -> None:
    results = fakes.results(fakes.layer())
    results.change = change
    panel.show_results(fakes.series(), results, False)


def test_a_change_with_its_numbers_thresholds_and_doubts(
    qtbot: QtBot, panel: FindingsPanel
) -> None:
    show_change(panel, CHANGE)
    said = words(panel).replace("\N{NO-BREAK SPACE}", " ")
    for text in (
        "Change since 2023-05-01", "20.0 → 25.6 mL", "+28", "−4.2",
        "1 200 → 1 150 mm²", "RANO threshold of 25 % increase",
        "not a diagnosis", "Another sequence",
    ):  # fmt: skip
        assert text in said
    assert panel.change is not None
    assert "20.0 mL then, 25.6 mL now".replace(" mL", "\N{NO-BREAK SPACE}mL") in (
        panel.change.rows[0].accessibleName()
    )
    panel.setMinimumWidth(0)
    assert panel.minimumSizeHint().width() <= tokens.RIGHT_PANEL_W - 16
    for one in panel.change.rows:
        with qtbot.waitSignal(panel.series_requested) as asked:
            qtbot.keyClick(one, Qt.Key.Key_Space)
        assert asked.args == ["old"]


def test_a_refused_change_says_why_and_where_to_go(qtbot: QtBot, panel: FindingsPanel) -> None:
    nothing = dict.fromkeys(
        ("volume_before_mm3", "volume_after_mm3", "volume_percent", "product_before_mm2",
         "product_after_mm2", "product_percent")
    )  # fmt: skip
    why = "No change yet: nothing is outlined in the earlier study."
    show_change(panel, replace(CHANGE, **nothing, thresholds=(), doubts=(), refused=(why,)))
    said = words(panel)
    assert why in said
    assert "RANO" not in said
    assert "%" not in words(panel.change)
    link = next(
        one for one in panel.findChildren(QPushButton)
        if one.text() == "Show the earlier series" and one.isVisibleTo(panel)
    )  # fmt: skip
    with qtbot.waitSignal(panel.series_requested) as asked:
        qtbot.mouseClick(link, LEFT)
    assert asked.args == ["old"]


def test_what_cannot_be_measured_is_said_before_a_run(panel: FindingsPanel) -> None:
    flat = replace(fakes.series(), geometry=Geometry((4, 8, 8), (1.0, 1.0), verdict=Verdict.FLAT))
    panel.show_results(flat, fakes.results(), False)
    said = words(panel)
    assert "Nothing run yet" in said
    assert "no usable position" in said
    assert "No left or right" in said


# In the window -----------------------------------------------------------------------------


def study(folder: Path, name: str, date: str) -> Path:
    volume = factories.phantom((12, 64, 64), seed=len(name))
    factories.write_series(
        folder, volume, spacing_mm=HEAD_MM, study=name, series=name, StudyDate=date,
        PatientID="P-17", SeriesDescription=f"AX FLAIR {name}",
    )  # fmt: skip
    return folder


def outline(window: MainWindow, description: str, size: int) -> str:
    """A square of ``size`` pixels on four slices; returns the key of the series."""
    series = next(s for s in window.session.scan.series if s.description == description)
    array = np.zeros(series.geometry.shape, np.uint8)
    array[4:8, 20 : 20 + size, 20 : 20 + size] = 1
    made = Segmentation(array, series.geometry, (Segment(1, "Tumour"),), series.uid)
    result = AnalysisResult(fakes.provenance(), made, measure(made))
    window.session.take_outcome(RunOutcome(series.key, result), 0.45)
    return series.key


def test_the_change_appears_with_both_outlines_and_leads_to_the_earlier_series(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    study(tmp_path / "scans" / "a", "old", "20230501")
    study(tmp_path / "scans" / "b", "new", "20240102")
    drop(window, [tmp_path / "scans"])
    until(qtbot, lambda: opened(window))
    findings = window.parts.findings
    new_key = outline(window, "AX FLAIR new", 12)
    window.opening.choose(new_key)
    until(qtbot, lambda: opened(window))
    assert "nothing is outlined in the earlier study" in words(findings)
    old_key = outline(window, "AX FLAIR old", 10)
    assert "Change since 2023-05-01" in words(findings)
    assert "+44" in words(findings)
    assert findings.change is not None
    before = findings.change.rows[0]
    own = window.session.edit_copy(new_key, window.session.results(new_key).active_key)
    assert own is not None
    own.array[4:8, 20:40, 20:40] = 1
    window.running.measure(new_key, own)
    until(qtbot, lambda: "+300" in words(findings))
    assert "by a person now" in words(findings)
    assert findings.change.rows[0] is not before
    qtbot.mouseClick(findings.change.rows[0], LEFT)
    assert window.session.active is not None
    assert window.session.active.key == old_key
    until(qtbot, lambda: opened(window))
    assert "Change" not in words(findings)
    assert window.parts.viewer.position() == (4, 24, 24)


def test_the_lines_of_every_lesion_can_be_seen(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    """Those of the five largest at once, those of a smaller one once it is chosen."""
    drop(window, [study(tmp_path / "scan", "new", "20240102")])
    until(qtbot, lambda: opened(window))
    series = window.session.active
    array = np.zeros(series.geometry.shape, np.uint8)
    for number in range(7):
        left = 5 if number % 2 else 26  # apart from those of the slices beside it
        array[number + 1, 5:25, left : left + 15 - number] = 1
    segments = (Segment(1, "Tumour"),)
    made = Segmentation(array, series.geometry, segments, series.uid)
    result = AnalysisResult(fakes.provenance(), made, measure(made))
    window.session.take_outcome(RunOutcome(series.key, result), 0.45)
    lesions = window.session.results(series.key).active.measurements.lesions
    assert len(lesions) == 7

    def drawn() -> set[int]:
        return {line.slice_index for line in window.parts.viewer.model.lines}

    assert drawn() == {lesion.largest_slice for lesion in lesions[:5]}
    qtbot.mouseClick(window.parts.findings.more_button, LEFT)
    qtbot.mouseClick(window.parts.findings.lesions[6].heading, LEFT)
    assert window.parts.viewer.position()[0] == lesions[6].largest_slice
    assert lesions[6].largest_slice in drawn()


def test_a_strip_says_what_the_series_does_not_support(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    study(tmp_path / "whole", "whole", "20240102")
    files = sorted(study(tmp_path / "gap", "gap", "20230501").iterdir())
    files[5].unlink()
    drop(window, [tmp_path / "whole", tmp_path / "gap"])
    until(qtbot, lambda: opened(window))
    strip = window.parts.strip
    for description, weak in (("AX FLAIR gap", True), ("AX FLAIR whole", False)):
        series = next(s for s in window.session.scan.series if s.description == description)
        window.opening.choose(series.key)
        until(qtbot, lambda: opened(window))
        assert strip.isVisible() is weak
    assert strip.text == ""
    picture = factories.write_picture(tmp_path / "scan.png")
    drop(window, [picture])
    until(qtbot, lambda: opened(window) and window.session.active.is_picture)
    assert strip.isVisible()
    for text in ("No millimetres", "No left or right"):
        assert text in strip.text
    window.session.close_study(window.session.owner(window.session.active.key)[1].uid)
    assert not strip.isVisible()
