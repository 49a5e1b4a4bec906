"""Self-test: two steps of a real training, in the training program, on made-up pictures."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from tumordesk.core.errors import TumorDeskError
from tumordesk.core.jsonio import to_plain, write_json
from tumordesk.core.model_card import InputSpec, Normalisation
from tumordesk.core.training_run import DataConfig, SplitConfig, TrainingConfig
from tumordesk.session.run_process import trainer_command

LIMIT_S = 600.0
_SIDE = 64
_EACH = 6


def training() -> str:
    """Train a small classifier for one epoch with one loading process, then look for its weights.

    Raises:
        TumorDeskError: the training program ended with an error, or kept nothing.
    """
    with tempfile.TemporaryDirectory(prefix="tumordesk-selftest-") as name:
        folder = Path(name)
        _pictures(folder / "data")
        config = folder / "config.json"
        write_json(config, to_plain(_config()))
        command = [*trainer_command(), "run", str(config), "--data", str(folder / "data")]
        command += ["--out", str(folder / "run")]
        answer = subprocess.run(
            command,
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=LIMIT_S,
            check=False,
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        if answer.returncode != 0:
            said = (answer.stderr.strip() or answer.stdout.strip()).splitlines()
            raise TumorDeskError(f"The training ended with {answer.returncode}: {said[-1:]}")
        if not (folder / "run" / "checkpoints" / "best.pt").is_file():
            raise TumorDeskError("The training kept nothing.")
    return "a training of two steps, with a process that loads"


def _config() -> TrainingConfig:
    """One epoch of two steps, as fast as it can be."""
    return TrainingConfig(
        name="Self-test",
        task="classification",
        architecture="mobilenetv2",
        classes=("dark", "bright"),
        input=InputSpec(
            channels=1, size=(_SIDE, _SIDE), normalisation=Normalisation(mean=(0.5,), std=(0.5,))
        ),
        data=DataConfig(duplicates="keep", near_duplicates="keep"),
        split=SplitConfig(method="random", given=False, validation=0.34, test=0.0),
        epochs=1,
        batch_size=4,
        workers=1,
        samples=0,
    )


def _pictures(root: Path) -> None:
    """Two folders of noise, one darker than the other."""
    from PIL import Image

    generator = np.random.default_rng(0)
    for name, low in (("dark", 20), ("bright", 140)):
        (root / name).mkdir(parents=True)
        for number in range(_EACH):
            noise = generator.integers(low, low + 80, (_SIDE, _SIDE)).astype(np.uint8)
            Image.fromarray(noise).save(root / name / f"{name}-{number}.png")
