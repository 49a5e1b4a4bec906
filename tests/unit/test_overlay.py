"""Contours, blending and key pictures."""

from __future__ import annotations

import numpy as np
import pytest

from tumordesk.core.colours import SEGMENT_COLOURS, segment_colour
from tumordesk.core.volume import Window
from tumordesk.imaging.overlay import PictureLine, blend, contour_segments, key_picture

ORANGE = SEGMENT_COLOURS[0]


def length(pieces: np.ndarray) -> float:
    return float(np.abs(pieces[:, 1] - pieces[:, 0]).sum())


def test_contour_of_a_block_is_its_four_sides() -> None:
    mask = np.zeros((8, 9), bool)
    mask[2:5, 3:7] = True
    pieces = contour_segments(mask)
    assert pieces.dtype == np.float32
    assert pieces.shape == (4, 2, 2)
    assert length(pieces) == 14.0
    assert pieces[..., 0].min() == 1.5
    assert pieces[..., 0].max() == 4.5
    assert pieces[..., 1].min() == 2.5
    assert pieces[..., 1].max() == 6.5


def test_contour_at_the_border_with_a_hole_and_of_nothing() -> None:
    ring = np.ones((5, 5), np.uint8)
    ring[2, 2] = 0
    assert length(contour_segments(ring)) == 24.0
    assert contour_segments(np.zeros((4, 4))).shape == (0, 2, 2)


def test_contour_length_is_the_number_of_edges_between_in_and_out() -> None:
    mask = np.random.default_rng(3).random((30, 20)) < 0.4
    padded = np.pad(mask, 1).astype(int)
    edges = np.abs(np.diff(padded, axis=0)).sum() + np.abs(np.diff(padded, axis=1)).sum()
    assert length(contour_segments(mask)) == edges


def test_blend_colours_labels_only() -> None:
    grey = np.full((4, 4), 100, np.uint8)
    labels = np.zeros((4, 4), np.uint8)
    labels[1, 1], labels[2, 2] = 1, 9
    rgb = blend(grey, labels, {1: ORANGE}, 0.5)
    assert rgb.dtype == np.uint8
    assert tuple(rgb[1, 1]) == tuple(round((100 + c) / 2) for c in ORANGE)
    assert tuple(rgb[2, 2]) == (100, 100, 100)
    assert (blend(grey, labels, {1: ORANGE}, 0.0) == 100).all()
    assert tuple(blend(rgb, labels, {1: ORANGE}, 1.0)[1, 1]) == ORANGE
    assert grey[1, 1] == 100


def test_key_picture_has_square_pixels_outline_line_and_caption() -> None:
    pixels = np.tile(np.linspace(0, 1000, 64), (32, 1))
    labels = np.zeros((32, 64), np.uint8)
    labels[8:16, 16:32] = 1
    plain = key_picture(pixels, Window(500.0, 1000.0), None, {}, pixel_spacing_mm=(2.0, 1.0))
    assert plain.dtype == np.uint8
    assert plain.shape[0] == plain.shape[1] >= 512
    assert (plain[..., 0] == plain[..., 1]).all()
    marked = key_picture(
        pixels,
        Window(500.0, 1000.0),
        labels,
        {1: ORANGE},
        pixel_spacing_mm=(2.0, 1.0),
        lines=[PictureLine((12.0, 16.0), (12.0, 31.0))],
        caption="Slice 3 of 9 " * 20,
    )
    assert marked.shape[1] == plain.shape[1]
    assert marked.shape[0] > plain.shape[0]
    changed = (marked[: plain.shape[0]] != plain).any(axis=2)
    rows, columns = np.nonzero(changed)
    scale = plain.shape[0] / 32, plain.shape[1] / 64
    assert rows.min() == pytest.approx(8 * scale[0], abs=3)
    assert rows.max() == pytest.approx(16 * scale[0], abs=3)
    assert columns.min() == pytest.approx(16 * scale[1], abs=3)
    assert columns.max() == pytest.approx(32 * scale[1], abs=3)
    assert (marked == 255).all(axis=2).any()


def test_edge_letters_stand_at_their_edges() -> None:
    pixels = np.full((600, 600), 100, np.uint8)
    plain = key_picture(pixels, Window(100.0, 200.0), None, {})
    marked = key_picture(pixels, Window(100.0, 200.0), None, {}, letters=("A", "P", "R", "L"))
    rows, columns = np.nonzero((marked != plain).any(axis=2))
    inner = (rows > 40) & (rows < 560) & (columns > 40) & (columns < 560)
    assert not inner.any()
    for edge in (rows < 40, rows > 560, columns < 40, columns > 560):
        assert edge.any()


def test_colour_picture_stays_in_colour() -> None:
    pixels = np.zeros((600, 700, 3), np.uint8)
    pixels[..., 1] = 200
    assert (key_picture(pixels, Window(0.0, 1.0), None, {})[300, 300] == (0, 200, 0)).all()


def test_colours_repeat_and_background_has_none() -> None:
    assert segment_colour(1) == ORANGE
    assert segment_colour(8) == ORANGE
    with pytest.raises(ValueError, match="from 1"):
        segment_colour(0)
