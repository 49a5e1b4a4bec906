"""Outlines among what is opened: parted from the scans they belong to."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import export_factories as made
import factories
from tumordesk.core.job import JobContext
from tumordesk.core.study import Series
from tumordesk.io.export.nrrd import write_nrrd
from tumordesk.io.export.seg import write_seg
from tumordesk.io.scan import scan_paths
from tumordesk.io.writers import write_nifti
from tumordesk.session.importing import Opened, may_hold_masks, take_masks

SHAPE = (6, 21, 19)


@pytest.fixture
def series(tmp_path: Path) -> Series:
    """A small series on disk."""
    factories.write_series(tmp_path / "in", factories.phantom(SHAPE))
    return made.only_series(tmp_path / "in")


def _opened(paths: Sequence[Path], known: Sequence[Series], active: str) -> Opened:
    scan = scan_paths(paths)
    assert may_hold_masks(scan)
    return take_masks(JobContext(), scan, known, active)


def test_a_scan_and_its_seg_in_one_archive(series: Series, tmp_path: Path) -> None:
    findings = made.findings_on(series)
    write_seg(tmp_path / "in" / "seg.dcm", findings)
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for path in sorted((tmp_path / "in").iterdir()):
            archive.write(path, f"scan/{path.name}")
    opened = _opened([tmp_path / "all.zip"], (), "")
    assert [s.slices for s in opened.scan.series] == [SHAPE[0]]
    assert opened.scan.skipped == ()
    (mask,) = opened.masks
    assert np.array_equal(mask.segmentation.array > 0, findings.outline.array > 0)


def test_masks_without_a_scan_stay_what_they_are(series: Series, tmp_path: Path) -> None:
    outline = made.findings_on(series).outline
    folder = tmp_path / "masks"
    write_nrrd(folder / "a.nrrd", outline)
    write_nifti(folder / "b.nii.gz", outline.array, outline.geometry)
    write_seg(folder / "c.dcm", made.findings_on(series))
    opened = _opened([folder], (), "")
    assert {s.kind for s in opened.scan.series} == {"nrrd", "nifti"}
    assert opened.masks == ()
    (skipped,) = opened.scan.skipped
    assert "not open" in skipped.reason


def test_all_masks_go_on_the_scan_and_pictures_stay(series: Series, tmp_path: Path) -> None:
    outline = made.findings_on(series).outline
    folder = tmp_path / "more"
    write_nrrd(folder / "a.nrrd", outline)
    write_nifti(folder / "b.nii.gz", outline.array, outline.geometry)
    picture = factories.phantom(SHAPE, seed=3)
    write_nifti(folder / "t1.nii.gz", picture, series.geometry)
    opened = _opened([folder], [series], series.key)
    assert [s.description for s in opened.scan.series] == ["t1.nii.gz"]
    assert [m.path.name for m in opened.masks] == ["a.nrrd", "b.nii.gz"]
    assert all(m.series is series for m in opened.masks)
    # Without a scan of another kind the picture is what the masks were drawn on.
    opened = _opened([folder], (), "")
    assert {m.series.description for m in opened.masks} == {"t1.nii.gz"}


def test_the_shown_series_is_preferred(tmp_path: Path) -> None:
    for name in ("AX T2", "AX FLAIR"):
        factories.write_series(
            tmp_path / name, factories.phantom(SHAPE), series=name, SeriesDescription=name
        )
    both = [made.only_series(tmp_path / name) for name in ("AX T2", "AX FLAIR")]
    outline = made.findings_on(both[0]).outline
    write_nifti(tmp_path / "m.nii.gz", outline.array, outline.geometry)
    for shown in both:
        opened = _opened([tmp_path / "m.nii.gz"], both, shown.key)
        (mask,) = opened.masks
        assert mask.series is shown
        assert "2 open series" in mask.notes[0]
