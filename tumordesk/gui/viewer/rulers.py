"""Distances that a person draws: where they lie, how long they are, which one is meant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tumordesk.gui.viewer.planes import Plane

Point = tuple[float, float]


@dataclass(eq=False)
class Ruler:
    """A line on slice ``index`` across ``axis``; its ends are continuous (h, v) coordinates."""

    axis: int
    index: int
    start: Point
    end: Point

    def text(self, plane: Plane) -> str:
        """Length with its unit: mm where spacing is known, else pixels."""
        length = plane.length(self.start, self.end)
        return f"{length:.1f} mm" if plane.to_scale else f"{length:.0f} px"


class Rulers:
    """All distances on the present series, and the selected one."""

    def __init__(self) -> None:
        self.all: list[Ruler] = []
        self.selected: Ruler | None = None

    def on(self, axis: int, index: int) -> list[Ruler]:
        """Those on one slice."""
        return [ruler for ruler in self.all if (ruler.axis, ruler.index) == (axis, index)]

    def add(self, ruler: Ruler) -> None:
        """Keep a new one and select it."""
        self.all.append(ruler)
        self.selected = ruler

    def remove(self, ruler: Ruler) -> None:
        """Forget one."""
        self.all = [other for other in self.all if other is not ruler]
        if self.selected is ruler:
            self.selected = None

    def remove_selected(self) -> bool:
        """Forget the selected one; False when none is selected."""
        if self.selected is None:
            return False
        self.remove(self.selected)
        return True

    def clear(self) -> None:
        """Forget all."""
        self.all, self.selected = [], None


def distance_to_segment(point: Point, start: Point, end: Point) -> float:
    """How far a point lies from a line piece, in the unit of the coordinates."""
    p, a, b = (np.asarray(value, dtype=np.float64) for value in (point, start, end))
    along = b - a
    share = float(np.clip((p - a) @ along / max(float(along @ along), 1e-12), 0.0, 1.0))
    return float(np.linalg.norm(p - a - share * along))
