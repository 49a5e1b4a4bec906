"""Two sweeps side by side, one split at random and one by patient: a table for docs/models.md.

    tumordesk-train sweep training/configs/compare-types-random.json --networks A,B \
        --data DATA --out random
    tumordesk-train sweep training/configs/compare-types-by-run.json --networks A,B \
        --data DATA --out grouped
    python benchmarks/architectures.py random grouped balanced_accuracy accuracy

Seconds are those of the quickest epoch of both, validation included: whatever else the machine did
makes epochs slower, not quicker.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tumordesk.core.jsonio import from_plain, read_json
from tumordesk.core.training_run import read_run
from tumordesk.networks.catalog import ARCHITECTURES
from tumordesk_training.series import Done, Series


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("random", type=Path, help="folder of the sweep split at random")
    parser.add_argument("grouped", type=Path, help="folder of the sweep split by patient")
    parser.add_argument("figures", nargs="+", help="of the test part, as sweep.json names them")
    args = parser.parse_args()
    random, grouped = runs_of(args.random), runs_of(args.grouped)
    names = [f"{figure} {kind}" for figure in args.figures for kind in ("random", "grouped")]
    print("| network | parameters | s per epoch |", " | ".join(names), "|")
    print("|---" * (3 + len(names)) + "|")
    for name, run in sorted(grouped.items(), key=lambda item: -item[1].figures[args.figures[0]]):
        other = random[name]
        values = [f"{one.figures[f]:.3f}" for f in args.figures for one in (other, run)]
        info = ARCHITECTURES[run.architecture]
        seconds = min(quickest(folder / name) for folder in (args.random, args.grouped))
        size = f"{info.million_parameters:.1f} M"
        print(f"| {info.title} | {size} | {seconds:.0f} |", " | ".join(values), "|")


def runs_of(folder: Path) -> dict[str, Done]:
    """The finished runs of a sweep, by name. Exits where one did not finish."""
    path = folder / "sweep.json"
    series = from_plain(Series, read_json(path), path.name)
    unfinished = [run.name for run in series.runs if run.state != "finished"]
    if unfinished:
        raise SystemExit(f"{path}: not finished: {', '.join(unfinished)}")
    return {run.name: run for run in series.runs}


def quickest(run: Path) -> float:
    """Seconds of the quickest epoch of a run."""
    epochs = [event for event in read_run(run).events if event.kind == "epoch"]
    return min(float(event.values["seconds"]) for event in epochs)


if __name__ == "__main__":
    main()
