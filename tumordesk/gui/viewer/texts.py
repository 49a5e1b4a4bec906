"""The words on the picture, made from the state; what is drawn where is in hud.py. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

from tumordesk.gui.viewer.camera import Camera
from tumordesk.gui.viewer.model import ViewerModel
from tumordesk.gui.viewer.planes import reformat_note
from tumordesk.gui.viewer.types import PixelInfo

UNKNOWN_ORIENTATION = "Orientation unknown"


@dataclass(frozen=True)
class Corners:
    """Lines for each corner; ``notes`` are warnings that stand above the bottom left lines."""

    top_left: tuple[str, ...] = ()
    top_right: tuple[str, ...] = ()
    bottom_left: tuple[str, ...] = ()
    bottom_right: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def number(value: float) -> str:
    """A value without digits that mean nothing: 312, -4.25, 0.00213."""
    if float(value).is_integer() or abs(value) >= 1000:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.3g}"


def corners(model: ViewerModel, axis: int, camera: Camera, hovered: PixelInfo | None) -> Corners:
    """All corner texts of one view."""
    if model.source is None or not model.planes:
        return Corners()
    plane = model.planes[axis]
    counter = f"{model.position[axis] + 1} / {plane.count}"
    own = model.texts.top_right if axis == 0 else ((plane.name,) if plane.name else ())
    return Corners(
        top_left=model.texts.top_left if axis == 0 else (),
        top_right=(*own, counter),
        bottom_left=(
            *_map(model, axis),
            f"Zoom {camera.zoom * 100:.0f} %",
            *_spacing(model, axis),
        ),
        bottom_right=(*_value(hovered, model), *_window(model)),
        notes=_notes(model, axis),
    )


def _notes(model: ViewerModel, axis: int) -> tuple[str, ...]:
    assert model.source is not None
    geometry = model.source.geometry
    found = [] if geometry.directions is not None else [UNKNOWN_ORIENTATION]
    note = reformat_note(geometry, axis)
    return (*found, note) if note else tuple(found)


def map_on_slice(model: ViewerModel, axis: int) -> bool:
    """Whether a map is drawn on the slice shown (it may be clear everywhere)."""
    found = model.shown_map
    return found is not None and (axis != 0 or found.on_slice(model.position[0]) is not None)


def _map(model: ViewerModel, axis: int) -> tuple[str, ...]:
    """For which class the map on the picture is and how it was made, while there is one."""
    found = model.shown_map
    if found is None:
        return ()
    if not map_on_slice(model, axis):
        return (f"{found.label} map: this slice was not read",)
    return (f"{found.label} map", found.method) if axis == 0 else (f"{found.label} map",)


def _spacing(model: ViewerModel, axis: int) -> tuple[str, ...]:
    assert model.source is not None
    if model.texts.spacing and axis == 0:
        return (model.texts.spacing,)
    plane = model.planes[axis]
    if not plane.to_scale:
        return ("Pixel size unknown",) if axis == 0 else ()
    down, across = plane.scale
    same = abs(down - across) < 0.005
    text = f"{down:.2f} mm" if same else f"{down:.2f} × {across:.2f} mm"
    between = model.source.geometry.slice_spacing_mm
    if axis == 0 and between is not None:
        text += f"  ·  slices {between:.1f} mm"
    return (text,)


def _window(model: ViewerModel) -> tuple[str, ...]:
    if model.window is None or (model.source is not None and model.source.colour):
        return ()
    name = f"{model.window.name}  " if model.window.name else ""
    return (f"{name}W {number(model.window.width)}  L {number(model.window.center)}",)


def _value(hovered: PixelInfo | None, model: ViewerModel) -> tuple[str, ...]:
    if hovered is None or hovered.value is None:
        return ()
    if isinstance(hovered.value, tuple):
        return ("RGB " + " ".join(str(part) for part in hovered.value),)
    if hovered.units == "HU":
        return (f"HU {number(hovered.value)}",)
    return (f"Value {number(hovered.value)} {hovered.units}".rstrip(),)
