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
        parts.append(f"{lesion.volume_ml:.1f} mL")
    long, short = lesion.longest, lesion.perpendicular
    if long is not None and short is not None:
        if long.length_mm is not None and short.length_mm is not None:
            parts.append(f"{long.length_mm:.0f} x {short.length_mm:.0f} mm")
        else:
            parts.append(f"{long.length_px:.0f} x {short.length_px:.0f} pixels")
    return ", ".join(parts)
