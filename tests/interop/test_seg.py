"""SEG: other programs find the same voxels at the same places, and would notice if not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import export_factories as made
from interop_checks import READERS, new_errors, tool
from tumordesk.core.segmentation import Segment
from tumordesk.io.export.seg import write_seg


def test_dciodvfy_finds_no_error_that_the_source_has_not(case: object) -> None:
    assert new_errors(case.seg, case.sources) == []


@pytest.mark.parametrize("reader", READERS)
def test_other_programs_read_the_same_voxels(case: object, reader: str, tmp_path: Path) -> None:
    assert any(s.mask.any() for s in case.slices)
    assert READERS[reader](case.seg, case.slices, tmp_path) == []


def _spoilt(labels: np.ndarray, how: str) -> np.ndarray:
    if how == "left-right":
        return labels[:, :, ::-1]
    if how == "up-down":
        return labels[:, ::-1]
    if how == "back to front":
        return labels[::-1]
    return np.roll(labels, 1, _AXIS[how])


_AXIS = {"one slice": 0, "one row": 1, "one column": 2}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("how", ["left-right", "up-down", "back to front", *_AXIS])
def test_a_mirrored_or_shifted_mask_is_noticed(
    all_cases: list, how: str, reader: str, tmp_path: Path
) -> None:
    odd = next(one for one in all_cases if one.name == "odd-width")
    labels = np.ascontiguousarray(_spoilt(odd.bright.outline.array, how))
    wrong = made.findings_on(odd.bright.series, labels, segments=[Segment(1, "Tumour")])
    seg = write_seg(tmp_path / "wrong.dcm", wrong)
    assert READERS[reader](seg, odd.slices, tmp_path) != []


@pytest.mark.parametrize("options", [{"empty_frames": True}, {"labelmap": True}])
def test_the_other_encodings_hold_the_same(
    all_cases: list, options: dict[str, bool], tmp_path: Path
) -> None:
    odd = next(one for one in all_cases if one.name == "odd-width")
    seg = write_seg(tmp_path / "seg.dcm", odd.bright, **options)
    assert READERS["pydicom"](seg, odd.slices, tmp_path) == []
    if not options.get("labelmap"):
        assert READERS["dcmqi"](seg, odd.slices, tmp_path) == []
        assert new_errors(seg, odd.sources) == []


def test_a_drawing_by_hand_is_valid_too(all_cases: list, tmp_path: Path) -> None:
    tool("dciodvfy")
    for number, findings in enumerate(
        (made.by_hand(all_cases[0].findings), replace(all_cases[0].findings, origin="mine"))
    ):
        seg = write_seg(tmp_path / f"{number}.dcm", findings)
        assert new_errors(seg, all_cases[0].sources) == []
