"""Outlines dropped on the window: a layer on the right series, shown and measured."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from pytestqt.qtbot import QtBot

import export_factories as made
import factories
from tumordesk.core.job import JobContext
from tumordesk.core.settings import SettingsStore
from tumordesk.core.study import ScanResult, Series
from tumordesk.gui.controllers import opening
from tumordesk.gui.main_window import MainWindow
from tumordesk.io.export.nrrd import write_nrrd
from tumordesk.io.export.seg import write_seg
from tumordesk.io.scan import scan_paths
from tumordesk.session.image_source import ImageSource
from window_fixtures import drop, opened, until


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> MainWindow:
    """A shown window without models."""
    store = SettingsStore(tmp_path / "settings.json")
    found = MainWindow(store, warm_up=False)
    qtbot.addWidget(found)
    with qtbot.waitExposed(found):
        found.show()
    return found


def _layers(window: MainWindow) -> list[str]:
    active = window.session.active
    return [] if active is None else [x.name for x in window.session.results(active.key).layers]


def test_a_dropped_seg_becomes_a_measured_layer(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    factories.write_series(tmp_path / "in", factories.phantom((8, 48, 41)))
    findings = made.findings_on(made.only_series(tmp_path / "in"), made.one_lesion((8, 48, 41)))
    seg = write_seg(tmp_path / "out.dcm", findings)
    drop(window, [tmp_path / "in"])
    until(qtbot, lambda: opened(window))
    drop(window, [seg])
    until(qtbot, lambda: _layers(window) == ["Imported"])
    active = window.session.active
    layer = window.session.results(active.key).active
    until(qtbot, lambda: layer.measurements is not None)
    assert np.array_equal(layer.array, findings.outline.array)
    assert layer.measurements.volume_mm3 == pytest.approx(findings.measurements.volume_mm3)
    assert not layer.editable
    index = window.parts.viewer.model.position[0]
    sums = findings.outline.array.sum(axis=(1, 2))
    assert sums[index] == sums.max()
    message = window.parts.banner.message
    assert (message.tone, message.title) == ("success", "Outline added to AX FLAIR")
    assert message.text == "Tumour."
    # A second drop adds another layer and leaves the first alone; a copy can be edited.
    drop(window, [seg])
    until(qtbot, lambda: _layers(window) == ["Imported", "Imported 2"])
    copy = window.session.edit_copy(active.key, layer.key)
    assert copy.editable
    assert copy.name == "Mine"


def test_scan_and_mask_dropped_together(window: MainWindow, qtbot: QtBot, tmp_path: Path) -> None:
    factories.write_series(tmp_path / "in", factories.phantom((8, 48, 41)))
    outline = made.findings_on(made.only_series(tmp_path / "in")).outline
    write_nrrd(tmp_path / "in" / "mask.seg.nrrd", outline)
    drop(window, [tmp_path / "in"])
    until(qtbot, lambda: opened(window) and bool(_layers(window)))
    assert [s.kind for s in window.session.scan.series] == ["dicom"]
    active = window.session.active
    layer = window.session.results(active.key).layers[0]
    assert np.array_equal(layer.array, outline.array)
    assert [s.label for s in layer.segments] == ["Tumour", "Oedema"]
    row = window.parts.segments.rows[0]
    assert row.tag.text() == "file"
    until(qtbot, lambda: layer.measurements is not None)


def test_a_mask_dropped_while_its_scan_is_still_read(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.write_series(tmp_path / "in", factories.phantom((8, 48, 41)))
    seg = write_seg(tmp_path / "out.dcm", made.findings_on(made.only_series(tmp_path / "in")))
    go, scan = threading.Event(), opening.open_paths

    def slow(context: JobContext, paths: Sequence[Path], on_update: Any) -> ScanResult:
        found = scan(context, paths, on_update)
        if paths == (tmp_path / "in",):
            go.wait(20)
        return found

    monkeypatch.setattr(opening, "open_paths", slow)
    drop(window, [tmp_path / "in"])
    drop(window, [seg])
    until(qtbot, lambda: len(window.opening._scans) == 1)
    go.set()
    until(qtbot, lambda: opened(window) and _layers(window) == ["Imported"])


def test_an_outline_of_a_scan_that_is_not_open_is_told(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    factories.write_series(tmp_path / "in")
    seg = write_seg(tmp_path / "out.dcm", made.findings_on(made.only_series(tmp_path / "in")))
    drop(window, [seg])
    until(qtbot, lambda: window.parts.banner.message is not None)
    message = window.parts.banner.message
    assert message.tone == "error"
    assert "not open" in message.text
    # A mask in a format that pictures have too is shown as a series until its scan is there.
    write_nrrd(tmp_path / "mask.nrrd", made.findings_on(made.only_series(tmp_path / "in")).outline)
    drop(window, [tmp_path / "mask.nrrd"])
    until(qtbot, lambda: opened(window))
    assert [s.kind for s in window.session.scan.series] == ["nrrd"]


def test_a_series_that_has_grown_is_judged_anew(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    paths = factories.write_series(tmp_path / "all")
    (tmp_path / "some").mkdir()
    first = tmp_path / "some" / paths[3].name
    first.write_bytes(paths[3].read_bytes())
    drop(window, [tmp_path / "some"])
    until(qtbot, lambda: opened(window))
    assert window.parts.strip.isVisible()
    drop(window, [tmp_path / "all"])
    until(qtbot, lambda: opened(window) and window.session.active.slices == len(paths))
    until(qtbot, lambda: not window.parts.strip.isVisible())


def test_a_series_that_grows_while_it_is_loaded_is_loaded_whole(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = factories.write_series(tmp_path / "all")
    go, load = threading.Event(), opening.load_series

    def slow(context: JobContext, series: Series, *told: Any) -> ImageSource:
        if series.slices == 1:
            go.wait(20)
        return load(context, series, *told)

    monkeypatch.setattr(opening, "load_series", slow)
    window.session.add_scan(scan_paths([paths[0].rename(tmp_path / "one.dcm")]))
    (part,) = window.session.scan.series
    window.session.activate(part.key)
    drop(window, [tmp_path / "all", tmp_path / "one.dcm"])
    until(qtbot, lambda: not window.opening.scanning)
    go.set()
    until(qtbot, lambda: opened(window) and window.session.source.series.slices == len(paths))


def test_a_mask_on_other_voxels_is_fitted_only_when_asked(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    factories.write_series(tmp_path / "in", factories.phantom((8, 40, 36)))
    drop(window, [tmp_path / "in"])
    until(qtbot, lambda: opened(window))
    shown = window.session.active
    ball = sitk.GaussianSource(
        sitk.sitkFloat32, [54, 60, 20], [6, 7, 8], [-6, -14, 28], 1.0, [-24, -34, 8], [0.6, 0.6, 2]
    )
    sitk.WriteImage(sitk.Cast(ball > 0.5, sitk.sitkUInt8), str(tmp_path / "fine.nii.gz"))
    drop(window, [tmp_path / "fine.nii.gz"])
    until(qtbot, lambda: window.parts.banner.message is not None)
    message = window.parts.banner.message
    assert message.title == "fine.nii.gz lies on other voxels than AX FLAIR"
    assert window.session.active is shown
    assert _layers(window) == []
    assert len(window.session.scan.series) == 2
    label, fit = message.action
    assert label == "Fit to this series"
    fit()
    until(qtbot, lambda: _layers(window) == ["Imported"])
    assert "nearest" in window.parts.banner.message.text
    assert [s.kind for s in window.session.scan.series] == ["dicom"]
    layer = window.session.results(window.session.active.key).active
    middle = np.argwhere(layer.array).mean(axis=0)
    assert shown.geometry.to_patient(middle) == pytest.approx([-6, -14, 28], abs=1.0)
    until(qtbot, lambda: layer.measurements is not None)
