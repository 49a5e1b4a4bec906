"""What one view draws over its picture: measurements, crosshair, texts, brush, border."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from tumordesk.gui import tokens
from tumordesk.gui.viewer import hud
from tumordesk.gui.viewer.map_scale import draw_scale
from tumordesk.gui.viewer.texts import corners, map_on_slice
from tumordesk.gui.viewer.types import MeasureLine

if TYPE_CHECKING:
    from tumordesk.gui.viewer.slice_canvas import SliceCanvas


def paint_hud(painter: QPainter, view: SliceCanvas) -> None:
    """Everything above the picture, in viewport pixels."""
    area = view.viewport().rect()
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing, True)
    if not view.shown:
        hud.draw_message(painter, area, view.font(), _why_nothing(view))
    else:
        _paint_marks(painter, view, area)
        if not view.picture_there:
            hud.draw_message(painter, area, view.font(), _loading(view))
        _paint_texts(painter, view, area)
        _paint_brush(painter, view)
    if view.framed or view.keyboard_focus:
        hud.draw_border(painter, area, view.active or view.keyboard_focus)


def _why_nothing(view: SliceCanvas) -> tuple[str, ...]:
    refusal = view.model.refusal
    if view.model.source is None or not refusal:
        return ()
    what, _, why = refusal.partition(": ")
    return what, why[:1].upper() + why[1:], "Other planes need a stack of parallel slices."


def _loading(view: SliceCanvas) -> tuple[str, ...]:
    source = view.model.source
    if source is not None and view.axis != 0:
        done, count = getattr(source, "loaded", None), source.geometry.shape[0]
        if done is not None:
            return (f"Loading…  {done} of {count}",)
    return ("Loading…",)


def _paint_marks(painter: QPainter, view: SliceCanvas, area: QRect) -> None:
    font = hud.view_font(view.font())
    model = view.model
    if view.framed or model.crosshair:
        hud.draw_crosshair(painter, area, view.to_view(view.plane.point_of(model.position)))
    taken: list[QRectF] = []
    if model.overlay_visible and view.axis == 0:
        for line in model.lines:
            if line.slice_index == view.index:
                _paint_line(painter, view, line, taken)
    for ruler in view.rulers():
        selected = ruler is model.rulers.selected
        name = tokens.VIEW_MEASURE_SELECTED if selected else tokens.VIEW_MEASURE
        start, end = view.to_view(ruler.start), view.to_view(ruler.end)
        text = ruler.text(view.plane)
        hud.draw_measure(painter, start, end, text, font, QColor(name), selected, taken)


def _paint_line(
    painter: QPainter, view: SliceCanvas, line: MeasureLine, taken: list[QRectF]
) -> None:
    start = view.to_view((line.start_rc[1] + 0.5, line.start_rc[0] + 0.5))
    end = view.to_view((line.end_rc[1] + 0.5, line.end_rc[0] + 0.5))
    font = hud.view_font(view.font())
    colour = QColor(tokens.VIEW_TEXT)
    hud.draw_measure(painter, start, end, line.label, font, colour, taken=taken)


def _paint_texts(painter: QPainter, view: SliceCanvas, area: QRect) -> None:
    if not view.model.texts_visible:
        return
    texts = corners(view.model, view.axis, view.camera, view.hovered)
    font = hud.view_font(view.font())
    hud.draw_corners(painter, area, font, texts)
    if map_on_slice(view.model, view.axis):
        draw_scale(painter, area, font, len(texts.bottom_left) + len(texts.notes))
    letters = view.camera.letters()
    if letters is not None:
        hud.draw_letters(painter, area, view.font(), letters)


def _paint_brush(painter: QPainter, view: SliceCanvas) -> None:
    if view.pointer is None or view.model.tool not in ("brush", "eraser"):
        return
    radius = view.model.brush_size / 2 * view.camera.zoom
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    rim = hud.alpha(tokens.VIEW_TEXT_SHADOW, 0.6)
    part = view.model.brush_colour()
    inner = (
        QPen(QColor(*part), tokens.LINE_PX) if part else QPen(QColor(tokens.VIEW_BRUSH_CURSOR), 1)
    )
    for pen in (QPen(rim, tokens.LINE_PX * 3), inner):
        if view.model.tool == "eraser":
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawEllipse(QPointF(view.pointer), radius, radius)
