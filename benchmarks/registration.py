"""How exactly a known motion between two series is found, and how long it takes.

    python benchmarks/registration.py FOLDER [--fixed NAME] [--trials N]

FOLDER holds volumes (NIfTI) of one examination. The others are first registered to the fixed one,
and their headers corrected by what was found; then their headers are moved by known motions. The
error is the mean distance of eight points of the head between where they were put and where they
were found. It says how repeatable the registration is, not how true the first one was.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from tumordesk.core.geometry import FloatArray, Geometry
from tumordesk.core.job import JobContext
from tumordesk.core.volume import Volume
from tumordesk.io.reader import open_series
from tumordesk.io.registered import find_motion
from tumordesk.io.scan import scan_paths

AMOUNTS_MM = (0.0, 5.0, 15.0, 25.0)


def read(folder: Path) -> dict[str, Volume]:
    """Volumes by their sequence."""
    found = {}
    for series in scan_paths([folder], JobContext()).series:
        reader = open_series(series)
        found[series.guess.sequence.value] = reader.read_volume()
        reader.close()
    return found


def points_in(grid: Geometry) -> FloatArray:
    """Eight points half way from the middle to the corners, LPS mm."""
    shares = np.array(np.meshgrid(*[(0.25, 0.75)] * 3)).reshape(3, -1).T
    return grid.to_patient(shares * (np.asarray(grid.shape) - 1))


def motion(dice: np.random.Generator, amount: float, centre: FloatArray) -> FloatArray:
    """A random motion of about ``amount`` mm, turned by about half as many degrees."""
    matrix = np.eye(4)
    turn = Rotation.from_rotvec(dice.normal(size=3) * np.radians(amount / 2) / np.sqrt(3))
    matrix[:3, :3] = turn.as_matrix()
    matrix[:3, 3] = centre + dice.normal(size=3) * amount / np.sqrt(3) - matrix[:3, :3] @ centre
    return matrix


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fixed", default="FLAIR")
    parser.add_argument("--trials", type=int, default=6)
    args = parser.parse_args()
    volumes = read(args.folder)
    fixed = volumes.pop(args.fixed)
    points = points_in(fixed.geometry)
    dice = np.random.default_rng(0)

    def moved(matrix: FloatArray) -> FloatArray:
        return np.asarray(points @ matrix[:3, :3].T + matrix[:3, 3])

    print(f"{'series':8} {'lay off':>16} {'s':>5}  " + "  ".join(f"{a:.0f} mm" for a in AMOUNTS_MM))
    for name, other in sorted(volumes.items()):
        started = time.perf_counter()
        first = find_motion(fixed.grey(), fixed.geometry, other.grey(), other.geometry).motion
        seconds = time.perf_counter() - started
        base = first.matrix if first is not None else np.eye(4)
        lay = f"{first.moved_mm:.1f} mm, {first.turned_deg:.0f} deg" if first else "none"
        cells = []
        affine = other.geometry.affine
        if affine is None:
            continue
        for amount in AMOUNTS_MM:
            errors = []
            for _ in range(args.trials if amount else 1):
                true = motion(dice, amount, points.mean(axis=0))
                place = replace(other.geometry, affine=true @ np.linalg.inv(base) @ affine)
                found = find_motion(fixed.grey(), fixed.geometry, other.grey(), place).motion
                said = found.matrix if found is not None else np.eye(4)
                errors.append(float(np.linalg.norm(moved(said) - moved(true), axis=1).mean()))
            cells.append(f"{np.mean(errors):.1f} ({max(errors):.1f})")
        print(f"{name:8} {lay:>16} {seconds:5.1f}  " + "  ".join(cells), flush=True)


if __name__ == "__main__":
    main()
