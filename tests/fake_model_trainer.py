"""As fake_trainer, and: what augmentation makes of pictures, and a learning rate.

``python fake_model_trainer.py FOLDER COMMAND ...``: what was asked is noted in FOLDER; while a file
named "wait" is there, preview and find-rate do not end.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import fake_trainer

RATES = tuple(10.0 ** (-6 + 0.1 * i) for i in range(55))


def _wait(notes: Path) -> None:
    while (notes / "wait").exists():
        time.sleep(0.02)


def _config(argv: list[str], notes: Path, name: str) -> dict[str, Any]:
    config: dict[str, Any] = json.loads(Path(argv[0]).read_text(encoding="utf-8"))
    with (notes / f"{name}.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(config) + "\n")
    return config


def preview(argv: list[str], notes: Path) -> int:
    """preview: grey squares, brighter with more contrast in the configuration."""
    config = _config(argv, notes, "preview")
    _wait(notes)
    if config["augment"]["erase"] == 1.0:
        sys.stderr.write("tumordesk-train: Nothing is left of the pictures. Erase less.\n")
        return 2
    out, count = Path(argv[argv.index("--out") + 1]), int(argv[argv.index("--count") + 1])
    out.mkdir(parents=True)
    rows = []
    for index in range(count):
        names = [f"{index}_original.png", f"{index}_1.png", f"{index}_2.png"]
        for step, name in enumerate(names):
            level = 60 + round(100 * config["augment"]["contrast"]) * min(1, step)
            Image.fromarray(np.full((24, 20), level, np.uint8)).save(out / name)
        rows.append(
            {"key": f"{index}.png", "class": "", "original": names[0], "augmented": names[1:]}
        )
    sys.stdout.write(json.dumps(rows))
    return 0


def find_rate(argv: list[str], notes: Path) -> int:
    """find-rate: a valley, with its steepest place at 0.002."""
    _config(argv, notes, "find-rate")
    sys.stderr.write(json.dumps({"progress": 0.5, "text": "Trying learning rates"}) + "\n")
    sys.stderr.flush()
    _wait(notes)
    losses = [1.0 / (1.0 + 200.0 * rate) + rate**2 for rate in RATES]
    answer = {
        "schema": 1, "rates": RATES, "losses": losses, "suggested": 0.002,
        "reason": "Here the loss falls most steeply.",
    }  # fmt: skip
    sys.stdout.write(json.dumps(answer))
    return 0


def known(argv: list[str], notes: Path) -> int:
    """known: t1c-tumour knows 7 of 9 test pictures; what a model named "old" knows is not told."""
    light = _config(argv, notes, "known")["architecture"] == "unet-mobilenetv2"
    answer = {
        "schema": 1, "total": {"val": 5, "test": 9}, "auto": "flair-glioma" if light else "",
        "models": {"t1c-tumour": {"val": 0, "test": 7}, "flair-glioma": {"val": 0, "test": 0},
                   "tumour-type": {"val": 0, "test": 8}, "old": None},
    }  # fmt: skip
    sys.stdout.write(json.dumps(answer))
    return 0


def main(argv: list[str]) -> int:
    """One command."""
    notes, command, rest = Path(argv[0]), argv[1], argv[2:]
    own = {"preview": preview, "find-rate": find_rate, "known": known}
    if command in own:
        return own[command](rest, notes)
    return fake_trainer.main([command, *rest])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
