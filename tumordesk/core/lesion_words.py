"""A lesion in half a line: what the command line, captions and reports say of it."""

from __future__ import annotations

from tumordesk.core.finding import Lesion


def describe_lesion(lesion: Lesion) -> str:
    """'Lesion 1: right, 35.2 mL, 52 x 41 mm.' with what is known."""
    return f"Lesion {lesion.number}: {size_and_side(lesion)}."


def size_and_side(lesion: Lesion) -> str:
    """'right, 35.2 mL, 52 x 41 mm' with what is known."""
    parts = [lesion.side] if lesion.side else []
    if lesion.volume_ml is not None:
        parts.append(_volume(lesion.volume_ml))
    long, short = lesion.longest, lesion.perpendicular
    if long is not None and short is not None:
        if long.length_mm is not None and short.length_mm is not None:
            digits = 1 if max(long.length_mm, short.length_mm) < 9.95 else 0
            parts.append(f"{long.length_mm:.{digits}f} x {short.length_mm:.{digits}f} mm")
        else:
            parts.append(f"{long.length_px:.0f} x {short.length_px:.0f} pixels")
    return ", ".join(parts)


def _volume(ml: float) -> str:
    """No digit that was not measured: 24.3, 0.42, 131; below a hundredth '< 0.01'."""
    if 0 < ml < 0.01:
        return "< 0.01 mL"
    digits = 2 if ml < 0.995 else 1 if ml < 99.95 else 0
    return f"{ml:.{digits}f} mL"
