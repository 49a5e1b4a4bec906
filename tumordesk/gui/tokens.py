"""Every colour and every size of the window. Nothing else in the program writes one.

Colours are '#RRGGBB' strings, sizes device-independent pixels at 100 %, times milliseconds.
This module imports no Qt, so that tests can compute contrasts without a display.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ThemeName = Literal["dark", "light"]


@dataclass(frozen=True)
class Palette:
    """The colours of one theme. ``*_text`` variants are the tones used for words."""

    name: ThemeName
    viewport: str
    window: str
    panel: str
    raised: str
    line: str
    text: str
    text_secondary: str
    text_disabled: str
    accent: str
    accent_hover: str
    on_accent: str
    success: str
    warning: str
    error: str
    success_text: str
    warning_text: str
    error_text: str
    accent_text: str


DARK = Palette(
    name="dark",
    viewport="#000000",
    window="#15181C",
    panel="#1C2026",
    raised="#262B33",
    line="#2F353E",
    text="#E6E9EE",
    text_secondary="#9AA3AF",
    text_disabled="#5C6570",
    accent="#3D8BFD",
    accent_hover="#5B9DFE",
    on_accent="#0B0E12",
    success="#3FB27F",
    warning="#E0A33A",
    error="#E5534B",
    success_text="#3FB27F",
    warning_text="#E0A33A",
    error_text="#F0736C",
    accent_text="#6AA6FE",
)

LIGHT = Palette(
    name="light",
    viewport="#000000",
    window="#F4F5F7",
    panel="#FFFFFF",
    raised="#E9EBEF",
    line="#D5D9E0",
    text="#1B1F24",
    text_secondary="#5A6370",
    text_disabled="#9AA3AF",
    accent="#1F6FEB",
    accent_hover="#1A5FD0",
    on_accent="#FFFFFF",
    success="#1E8E5A",
    warning="#B97A0F",
    error="#CF3A32",
    success_text="#146B43",
    warning_text="#7D5106",
    error_text="#B42B24",
    accent_text="#1659C4",
)

PALETTES: dict[ThemeName, Palette] = {"dark": DARK, "light": LIGHT}

# What lies on the picture: always on black, whatever the theme.
VIEW_TEXT = "#FFFFFF"
VIEW_TEXT_ALPHA = 0.85
VIEW_TEXT_SHADOW = "#000000"
VIEW_TEXT_SHADOW_PX = 1
VIEW_SECONDARY = "#9AA3AF"
VIEW_ACCENT = "#3D8BFD"
VIEW_CROSSHAIR = "#3D8BFD"
VIEW_CROSSHAIR_ALPHA = 0.7
VIEW_MEASURE = "#FFD60A"
VIEW_MEASURE_SELECTED = "#FFFFFF"
VIEW_WARNING = "#E0A33A"
VIEW_BORDER = "#2F353E"
VIEW_BORDER_ACTIVE = "#3D8BFD"
VIEW_EMPTY_TEXT = "#9AA3AF"
VIEW_BRUSH_CURSOR = "#FFFFFF"

# On paper, which is white: the ground of warnings.
PAPER_WARNING = "#FBF3E2"

# Spacing and shape.
SPACE_4 = 4
SPACE_8 = 8
SPACE_12 = 12
SPACE_16 = 16
SPACE_24 = 24
SPACE_32 = 32
RADIUS = 6
LINE_PX = 1
CONTOUR_PX = 2.0
CROSSHAIR_PX = 1.0
MEASURE_PX = 1.5
HANDLE_PX = 6

# Type: pixels at 100 %.
FONT_FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", "Noto Sans", "Ubuntu", "DejaVu Sans")
FONT_SMALL = 12
FONT_BASE = 13
FONT_LARGE = 15
FONT_TITLE = 20
VIEW_FONT = 12
WEIGHT_NORMAL = 400
WEIGHT_MEDIUM = 500
WEIGHT_STRONG = 600

# Parts of the window.
ICON = 20
ICON_SMALL = 16
ICON_STROKE = 1.5
BUTTON_H = 32
TOOLBAR_H = 44
STATUS_H = 30
WINDOW_W = 1366
WINDOW_H = 768
WINDOW_MIN_W = 880
WINDOW_MIN_H = 480
LEFT_PANEL_W = 232
RIGHT_PANEL_W = 296
RAIL_W = 44
THUMBNAIL = 56
THUMBNAIL_SOURCE = 128
SWATCH = 12
PICTURE_SHARE = 0.60
"""The picture never gets less than this share of the window's width."""
PROGRESS_W = 180
DIALOG_W = 560
DIALOG_H = 440
EXPORT_W = 620
EXPORT_H = 400
MENU_TEXT_W = 260
BAR_H = 6
WIZARD_W = 1180
WIZARD_H = 720
WIZARD_RAIL_W = 200
STAGE_H = 40
BADGE = 24
CASE_THUMBNAIL = 112
TABLE_ROW_H = 30
CELL_MIN = 36
BOX_H = 150
CASE_PICTURE = 448
FORM_LABEL_W = 144
FORM_CONTROL_W = 232
PREVIEW_PICTURE = 104
TILE_H = 116
FORM_WIDE_W = 420
TILE_MIN_W = 160
BATCH_FORM_W = 344
BATCH_MIN_W = 980
CHART_H = 240
NARROW_W = 760

# Behaviour that is seen.
OVERLAY_OPACITY = 0.45
MAP_OPACITY = 0.7
OPACITY_STEP = 0.1
MOTION_MS = 120
BANNER_MS = 8000
CINE_FPS = 12
BRUSH_SIZE = 12
BRUSH_MIN = 1
BRUSH_MAX = 100


def rgb(colour: str) -> tuple[int, int, int]:
    """(r, g, b), 0..255 each, of '#RRGGBB'."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _linear(channel: int) -> float:
    value = channel / 255.0
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    """Relative luminance 0..1 (WCAG 2.2)."""
    red, green, blue = (_linear(c) for c in rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    """Contrast ratio 1..21 of two colours (WCAG 2.2)."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)
