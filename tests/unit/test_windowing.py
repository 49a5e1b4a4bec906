"""Windows: the DICOM formulas, and the automatic one."""

from __future__ import annotations

import numpy as np
import pytest

from tumordesk.core.geometry import Geometry
from tumordesk.core.volume import Volume, Window
from tumordesk.imaging.windowing import PRESETS, apply_window, auto_window, initial_window


def by_the_book(x: float, center: float, width: float) -> float:
    """DICOM PS3.3 C.11.2.1.2.1, LINEAR, output 0..255."""
    if x <= center - 0.5 - (width - 1) / 2:
        return 0
    if x > center - 0.5 + (width - 1) / 2:
        return 255
    return ((x - (center - 0.5)) / (width - 1) + 0.5) * 255


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32", "int32"])
@pytest.mark.parametrize(("center", "width"), [(40, 80), (100, 2), (50, 1), (0, 400)])
def test_linear_is_the_standard_s_formula(dtype: str, center: float, width: float) -> None:
    low = 0 if dtype.startswith("u") else -200
    values = np.arange(low, 255, 5).astype(dtype)
    shown = apply_window(values, Window(center, width))
    expected = [by_the_book(float(v), center, width) for v in values]
    assert shown.dtype == np.uint8
    assert np.abs(shown.astype(float) - expected).max() <= 0.51


def test_linear_exact_and_sigmoid() -> None:
    values = np.float32([-10, 0, 5, 10, 20])
    exact = apply_window(values, Window(5, 10, function="LINEAR_EXACT"))
    assert exact.tolist() == [0, 0, 128, 255, 255]
    sigmoid = apply_window(values, Window(5, 10, function="SIGMOID"))
    assert sigmoid[2] == 128
    assert 0 < sigmoid[1] < sigmoid[2] < sigmoid[3] < 255


def test_inverted_is_the_mirror() -> None:
    values = np.arange(-50, 150, dtype=np.int16).reshape(10, 20)
    plain = apply_window(values, Window(40, 80))
    assert np.array_equal(apply_window(values, Window(40, 80), inverted=True), 255 - plain)


def test_views_and_nan() -> None:
    values = np.arange(100, dtype=np.uint16).reshape(10, 10).T[::2]
    assert np.array_equal(
        apply_window(values, Window(50, 100)), apply_window(values.copy(), Window(50, 100))
    )
    assert apply_window(np.float32([np.nan, 50]), Window(50, 100)).tolist()[0] == 0


def test_auto_window_is_the_percentiles_not_the_extremes() -> None:
    values = np.concatenate([np.arange(10_000), [10**6] * 5]).astype(np.float32)
    window = auto_window(values)
    low, high = np.percentile(values, (0.1, 99.9))
    assert window.center == pytest.approx((low + high) / 2, rel=0.01)
    assert window.width == pytest.approx(high - low, rel=0.01)


@pytest.mark.parametrize("values", [[7, 7, 7], [], [np.nan, np.nan]])
def test_auto_window_always_has_a_width(values: list[float]) -> None:
    array = np.array(values, np.float32)
    assert auto_window(array).width > 0
    assert initial_window(array, (Window(1, 2),)).width > 0


def test_auto_window_leaves_padding_out() -> None:
    values = np.int16([-2000] * 500 + list(range(100)))
    assert auto_window(values, padding=(-2000, -2000)).center == pytest.approx(49.5, abs=1)


def test_initial_window_prefers_what_the_file_says() -> None:
    array = np.arange(1000, dtype=np.int16).reshape(1, 20, 50)
    named = Window(40, 80, "BRAIN")
    volume = Volume(array, Geometry((1, 20, 50)), "1.2", windows=(named,))
    assert initial_window(volume) == named
    assert initial_window(array, (Window(5, 0), Window(float("nan"), 10), named)) == named
    assert initial_window(array).name == "Automatic"


def test_presets_for_ct() -> None:
    assert PRESETS["CT"][0].name == "Brain"


def test_a_window_beside_all_values_is_not_used() -> None:
    array = np.arange(1000, 2000, dtype=np.int16).reshape(1, 20, 50)
    assert initial_window(array, (Window(40, 80),)).name == "Automatic"
    assert initial_window(array, (Window(40, 80), Window(1500, 100))).center == 1500
