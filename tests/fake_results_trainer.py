"""Stands in for the training program after a training: evaluate, explain, report, compare, publish.

``python fake_results_trainer.py [--fail COMMAND] COMMAND ...``; every command line is kept in
``RUN/asked.txt`` where there is a run. With ``--fail`` the command fails until there is a file
RUN/mended; evaluate waits while there is a file RUN/wait, or until it is stopped.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import evaluation_fakes
from tumordesk.core.jsonio import write_json

SIMPLE = "<h1>Report</h1><p>Research use only, not for diagnosis.</p>"


def _after(argv: list[str], name: str, default: str = "") -> str:
    return argv[argv.index(name) + 1] if name in argv else default


def evaluate(argv: list[str]) -> int:
    """Write the evaluation of the run's task; the validation part has another date. With a file
    RUN/mm, HD95 is in mm."""
    run, part = Path(argv[0]), _after(argv, "--part", "test")
    task = json.loads((run / "config.json").read_text(encoding="utf-8"))["task"]
    found = getattr(evaluation_fakes, task)()
    if (run / "mm").exists():
        found = evaluation_fakes.in_mm(found)
    sys.stderr.write('{"progress": 0.5, "text": "Picture 35 of 70"}\n')
    sys.stderr.flush()
    while (run / "wait").exists():
        time.sleep(0.02)
    write_json(run / "evaluation" / f"{part}.json", replace(found, part=part))
    return 0


def explain(argv: list[str]) -> int:
    """A picture for each key; keys with 'broken' in them cannot be read."""
    out, size = Path(_after(argv, "--out")), int(_after(argv, "--size", "224"))
    out.mkdir(parents=True, exist_ok=True)
    keys = [line for line in sys.stdin.read().split("\n") if line] if argv[1] == "-" else argv[1:2]
    answer: dict[str, Any] = {}
    for key in keys:
        if "broken" in key:
            answer[key] = {"error": "It cannot be read."}
            continue
        name = f"{hashlib.sha1(key.encode()).hexdigest()[:16]}.png"
        Image.fromarray(_picture(key, size)).save(out / name)
        answer[key] = name
    sys.stdout.write(json.dumps(answer))
    return 0


def _picture(key: str, size: int) -> np.ndarray:
    """A head with a warm spot, elsewhere for each key."""
    seed = int(hashlib.sha1(key.encode()).hexdigest()[:6], 16)
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:size, 0:size] / size - 0.5
    grey = np.where((y / 0.46) ** 2 + (x / 0.38) ** 2 < 1, 90.0, 0.0)
    grey += np.where((y / 0.42) ** 2 + (x / 0.34) ** 2 < 1, 25.0 * np.cos(9 * x) ** 2, 0.0)
    cy, cx = rng.uniform(-0.2, 0.2, 2)
    spot = np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 0.012)
    rgb = np.stack([grey + 150 * spot, grey + 70 * spot, grey * (1 - spot)], axis=-1)
    return np.clip(rgb, 0, 255).astype(np.uint8)


def report(argv: list[str]) -> int:
    """A page, and tables where they are asked for."""
    Path(_after(argv, "--out")).write_text(SIMPLE, encoding="utf-8")
    if "--csv" in argv:
        folder = Path(_after(argv, "--csv"))
        folder.mkdir(parents=True)
        for name in ("curves", "cases"):
            (folder / f"{name}.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    return 0


def compare(argv: list[str]) -> int:
    """The given runs side by side: the first ones have figures. With a file RUN/apart, the second
    was split otherwise."""
    runs = argv[: argv.index("--part")]
    document = evaluation_fakes.comparison(same_split=not (Path(runs[0]) / "apart").exists())
    document["rows"] = [
        dict(row, run=run) for row, run in zip(document["rows"], runs, strict=False)
    ]
    sys.stdout.write(json.dumps(document))
    return 0


def publish(argv: list[str]) -> int:
    """A model folder among the user's models, with the texts that were given."""
    from model_factories import make_model_folder
    from tumordesk.core.errors import ModelError
    from tumordesk.core.jsonio import read_json
    from tumordesk.core.paths import user_models_dir

    model_id, texts = _after(argv, "--id"), read_json(Path(_after(argv, "--card")))
    folder = user_models_dir() / model_id
    if folder.exists() and "--replace" not in argv:
        raise ModelError(f"A model named {model_id} is already there.", "Give another name.")
    sys.stderr.write('{"progress": 0.5, "text": "Measuring"}\n')
    user_models_dir().mkdir(parents=True, exist_ok=True)
    simple = {k: texts[k] for k in ("name", "version", "summary", "licence") if k in texts}
    if not folder.exists():
        make_model_folder(
            user_models_dir(), id=model_id, limits=tuple(texts.get("limits", ())), **simple
        )
    if "--data" in argv:
        (folder / "data.txt").write_text(_after(argv, "--data"))
    if "--no-record" not in argv:
        (folder / "learned.safetensors").write_bytes(b"a record")
    return 0


def export_onnx(argv: list[str]) -> int:
    """A file that says it is ONNX."""
    Path(_after(argv, "--out")).write_bytes(b"onnx")
    return 0


COMMANDS = {
    "evaluate": evaluate, "explain": explain, "report": report, "compare": compare,
    "publish": publish, "export-onnx": export_onnx,
}  # fmt: skip


def main(argv: list[str]) -> int:
    """One command."""
    from tumordesk.core.errors import TumorDeskError

    failing = ""
    if argv[:1] == ["--fail"]:
        failing, argv = argv[1], argv[2:]
    command, *rest = argv
    run = Path(rest[0])
    if (run / "config.json").is_file():
        with (run / "asked.txt").open("a", encoding="utf-8") as stream:
            stream.write(" ".join(argv) + "\n")
    if command == failing and not (run / "mended").exists():
        sys.stderr.write(f"tumordesk-train: {command} is not possible. Mend it.\n")
        return 2
    try:
        return COMMANDS[command](rest)
    except TumorDeskError as error:
        sys.stderr.write(f"tumordesk-train: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
