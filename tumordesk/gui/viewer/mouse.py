"""Which gesture does what: the three mouse schemes as one table. No Qt widgets."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Qt

from tumordesk.gui.viewer.types import MouseScheme, ToolName

Action = Literal["window", "pan", "zoom", "crosshair", "distance", "brush", "eraser"]

LEFT = Qt.MouseButton.LeftButton
MIDDLE = Qt.MouseButton.MiddleButton
RIGHT = Qt.MouseButton.RightButton
_SHIFT = Qt.KeyboardModifier.ShiftModifier
_CTRL = Qt.KeyboardModifier.ControlModifier

SCHEMES: tuple[MouseScheme, ...] = ("pacs", "itk-snap", "slicer")


def action_for(
    scheme: MouseScheme,
    tool: ToolName,
    button: Qt.MouseButton,
    modifiers: Qt.KeyboardModifier,
) -> Action | None:
    """What a drag with this button does, or None.

    The middle button pans and the right one zooms everywhere, but the brush takes the right
    button to erase. What the left button does is the tool's, with the scheme deciding for the
    resting tool ('window'): PACS and Slicer change the window, ITK-SNAP moves the crosshair
    (Shift+left then changes the window); in Slicer Shift+left pans.
    """
    if button == MIDDLE:
        return "pan"
    if tool in ("brush", "eraser"):
        return _painting(tool, button, modifiers)
    if button == RIGHT:
        return "zoom"
    if button != LEFT:
        return None
    shifted = bool(modifiers & _SHIFT)
    if tool != "window":
        return tool
    if scheme == "itk-snap":
        return "window" if shifted else "crosshair"
    if shifted:
        return "pan" if scheme == "slicer" else "crosshair"
    return "window"


def _painting(
    tool: ToolName, button: Qt.MouseButton, modifiers: Qt.KeyboardModifier
) -> Action | None:
    if button == RIGHT:
        return "eraser"
    if button != LEFT:
        return None
    return "eraser" if tool == "eraser" or modifiers & _CTRL else "brush"
