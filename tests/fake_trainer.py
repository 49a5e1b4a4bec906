"""Stands in for the training program: the answers of its short commands, at once.

``python fake_trainer.py [--slow FILE] COMMAND ...``: with ``--slow``, check-data waits until FILE
exists, or until it is stopped. ``run`` writes the events of a training and then waits in its run
folder for the files STOP, PAUSE, FINISH, DIE and FAIL, as a test puts them there.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def _finding(code: str, severity: str, title: str, count: int, **more: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "code": code, "severity": severity, "title": title, "count": count,
        "advice": f"Advice on {code}.", "examples": [], "actions": [], "exclude": [],
    }  # fmt: skip
    return {**base, **more}


def _pictures(root: Path) -> list[Path]:
    found = [path for kind in ("*.png", "*.jpg") for path in root.rglob(kind)]
    return sorted(path for path in found if "mask" not in path.name)


def _sequences(root: Path) -> list[str]:
    """What can be chosen of the scans: a line each of a file in the folder, none without it."""
    path = root / "sequences.txt"
    return path.read_text(encoding="utf-8").split() if path.is_file() else []


def report(root: Path) -> dict[str, Any]:
    """A report on a folder of classes: copies, near copies, one unreadable file."""
    pictures = _pictures(root)
    keys = [path.relative_to(root).as_posix() for path in pictures]
    classes: dict[str, int] = {}
    for key in keys:
        name = key.split("/")[-2] if "/" in key else "all"
        classes[name] = classes.get(name, 0) + 1
    findings = [
        _finding(
            "duplicates", "problem", "The same picture more than once", 2,
            examples=[
                {"keys": keys[:2], "note": "the same pixels"},
                {"keys": keys[2:4], "note": "the same pixels"},
            ],
            actions=["drop", "together", "ignore"],
        ),
        _finding(
            "unreadable", "warning", "Files that cannot be read", 1,
            examples=[{"keys": ["broken.png"], "note": "is cut short"}],
            actions=["exclude", "ignore"], exclude=keys[-1:],
        ),
        _finding("mixed_sizes", "info", "Pictures of different sizes", len(keys)),
    ]  # fmt: skip
    return {
        "root": root.name, "layout": "classes", "layout_title": "Class folders",
        "task": "classification", "pictures": len(keys), "classes": classes,
        "parts": {"": len(keys)},
        "patients": {"known": False, "count": len(keys), "source": "none", "examples": []},
        "sizes": {"40x36": len(keys)}, "modes": {"8-bit grey": len(keys)},
        "masks": {"with": 0, "empty": 0, "rectangles": 0},
        "sequences": _sequences(root),
        "findings": findings, "preview": keys[:8], "seconds": 0.1, "schema": 2,
        "class_parts": {"": classes},
    }  # fmt: skip


def check(argv: list[str], slow: Path | None) -> int:
    """check-data."""
    _progress(0.25, "Looking at the pictures")
    while slow is not None and not slow.exists():
        time.sleep(0.02)
    root = Path(argv[0])
    if not _pictures(root):
        sys.stderr.write(f"tumordesk-train: {root.name} holds no pictures. Choose another.\n")
        return 2
    _progress(1.0, "Looking at the pictures")
    sys.stdout.write(json.dumps(report(root)))
    return 0


def thumbnails(argv: list[str]) -> int:
    """thumbnails: a grey square for each key that is a file."""
    root, out = Path(argv[0]), Path(argv[argv.index("--out") + 1])
    out.mkdir(parents=True, exist_ok=True)
    answer: dict[str, Any] = {}
    for key in sys.stdin.read().split("\n"):
        if not key:
            continue
        if not (root / key).is_file():
            answer[key] = {"error": "The file is missing"}
            continue
        name = f"{hashlib.sha1(key.encode()).hexdigest()[:16]}.png"
        Image.fromarray(np.full((16, 16), 128, np.uint8)).save(out / name)
        answer[key] = name
    sys.stdout.write(json.dumps(answer))
    return 0


def split(argv: list[str]) -> int:
    """split: shares as the configuration asks, and a warning where pictures are drawn singly."""
    config = json.loads(Path(argv[0]).read_text(encoding="utf-8"))
    asked = config["split"]
    classes = report(Path(config["data"]["root"]))["classes"]
    counts: dict[str, dict[str, int]] = {"train": {}, "val": {}, "test": {}}
    for name, n in classes.items():
        val, test = round(n * asked["validation"]), round(n * asked["test"])
        counts["val"][name], counts["test"][name] = val, test
        counts["train"][name] = n - val - test
    answer = {
        "schema": 1, "method": asked["method"], "origin": "Drawn from your pictures",
        "split_id": f"{asked['method']}-{asked['seed']}", "counts": counts,
        "groups": {part: sum(c.values()) for part, c in counts.items()},
        "left_out": 0,
        "warnings": ["Patients are not known."] if asked["method"] != "group" else [],
    }  # fmt: skip
    sys.stdout.write(json.dumps(answer))
    return 0


def run(argv: list[str]) -> int:
    """run: two epochs, then as the files in the run folder say."""
    folder = Path(argv[argv.index("--out") + 1])
    events = folder / "events.jsonl"
    epochs = 2 * (1 + ("--resume" in argv))

    def tell(kind: str, **more: Any) -> None:
        line = json.dumps({"kind": kind, "time": time.time(), **more})
        with events.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")

    if (folder / "REFUSE").exists():
        sys.stderr.write("tumordesk-train: The disk is full. Make room, then resume.\n")
        return 2
    tell("start", values={"epochs": 9})
    for epoch in range(epochs - 1, epochs + 1):
        figures = {"balanced_accuracy": 1 - 1 / (epoch + 1), "accuracy": 0.5, "rate": 0.001}
        tell("epoch", epoch=epoch, values={"loss": 1 / epoch, "figure": 0.5, **figures})
    while True:
        if (folder / "PAUSE").exists():
            tell("paused", epoch=epochs)
            _wait(lambda: not (folder / "PAUSE").exists())
            tell("start", epoch=epochs)
        for name, kind in (("STOP", "stopped"), ("FINISH", "finished"), ("FAIL", "failed")):
            if (folder / name).exists():
                tell(
                    kind, epoch=epochs, message="Loss is not a number." if kind == "failed" else ""
                )
                return 0
        if (folder / "DIE").exists():
            return 1
        time.sleep(0.02)


def kfold(argv: list[str]) -> int:
    """kfold: a run for each fold; between two of them it waits while there is a file BETWEEN."""
    from tumordesk_training.lock import only_one

    out = Path(argv[argv.index("--out") + 1])
    order = json.loads(Path(argv[0]).read_text(encoding="utf-8"))
    done = []
    for fold in range(int(argv[argv.index("--folds") + 1])):
        folder = out / f"fold-{fold}"
        events = folder / "events.jsonl"
        if not (events.is_file() and "finished" in events.read_text(encoding="utf-8")):
            folder.mkdir(exist_ok=True)
            name = f"{order['name']}, fold {fold + 1} of {order['split']['folds']}"
            own = {**order, "name": name, "split": {**order["split"], "fold": fold}}
            (folder / "config.json").write_text(json.dumps(own), encoding="utf-8")
            with only_one(folder):
                run(["--out", str(folder)])
        if (folder / "STOP").exists():
            return 130
        done.append({"name": folder.name, "figures": {"accuracy": 0.5 + fold / 10}})
        summary = {"accuracy": {"mean": 0.55, "deviation": 0.0707, "runs": len(done)}}
        document = json.dumps({"kind": "kfold", "runs": done, "summary": summary})
        (out / "kfold.json").write_text(document, encoding="utf-8")
        _wait(lambda: not (out / "BETWEEN").exists() or (out / "STOP").exists())
        if (out / "STOP").exists():
            return 130
    return 0


def _wait(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.02)


def _progress(share: float, text: str) -> None:
    sys.stderr.write(json.dumps({"progress": share, "text": text}) + "\n")
    sys.stderr.flush()


def main(argv: list[str]) -> int:
    """One command."""
    slow = None
    if argv[:1] == ["--slow"]:
        slow, argv = Path(argv[1]), argv[2:]
    command, *rest = argv
    if command == "check-data":
        return check(rest, slow)
    return {"thumbnails": thumbnails, "split": split, "run": run, "kfold": kfold}[command](rest)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
