"""A folder of made-up studies, models whose answer is known, and a process that is killed at work.

As a program: ``python batch_fakes.py KILL_AT ARGUMENT...`` runs the command line with the fake
models and kills itself in the KILL_AT-th pass of the network.
"""

from __future__ import annotations

import os
import signal
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from factories import phantom, write_picture, write_series
from inference_fakes import BrightIsTumour, MeanDecides, make_card
from tumordesk.core.model_card import CARD_NAME, InputSpec, write_card
from tumordesk.inference import cache

HEAD_MM = (5.0, 3.0, 3.0)
SEGMENTER, CLASSIFIER = "fake-segmenter", "fake-classifier"


class Mortal(BrightIsTumour):
    """Outlines what is bright; ``dies_at``: the pass in which the process ends at once."""

    def __init__(self, dies_at: int = 0) -> None:
        super().__init__(0.7)
        self.dies_at = dies_at

    def forward(self, x: Any) -> Any:
        """Logits, or the end."""
        if len(self.batches) + 1 == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().forward(x)


def write_models(home: Path) -> None:
    """Cards of both models among the user's own."""
    for task in ("segmentation", "classification"):
        card = make_card(task, input=InputSpec(sequence="FLAIR", size=(64, 64)))
        folder = home / "data" / "models" / card.id
        folder.mkdir(parents=True, exist_ok=True)
        write_card(folder / CARD_NAME, card)
        (folder / card.weights_file).write_bytes(b"")


def use_networks(set_attribute: Any, dies_at: int = 0) -> Mortal:
    """Let both models be known networks; returns the outliner."""
    outliner, classifier = Mortal(dies_at), MeanDecides()
    cache.clear()
    by_task = {"segmentation": outliner, "classification": classifier}
    set_attribute("tumordesk.inference.cache.load_model", lambda _, card: by_task[card.task])
    set_attribute("tumordesk.zoo.Zoo.verify", lambda self, entry: None)
    set_attribute("tumordesk.zoo.zoo.verify_model", lambda folder, card: folder)
    return outliner


def dicom_study(folder: Path, name: str, slices: int = 6, **attributes: Any) -> None:
    """A study with one FLAIR series and one bright lesion."""
    volume = phantom((slices, 64, 64), seed=len(name))
    write_series(
        folder, volume, spacing_mm=HEAD_MM, study=name, PatientID=f"ID-{name}",
        PatientName=f"Secret^{name}", **attributes,
    )  # fmt: skip


def picture(path: Path, seed: int = 0) -> None:
    """A grey picture with a bright lesion."""
    pixels = np.clip(phantom((1, 64, 64), seed=seed)[0] / 4, 0, 255).astype(np.uint8)
    write_picture(path, pixels)


def zipped(folder: Path, archive: Path) -> None:
    """Pack a folder and remove it."""
    with zipfile.ZipFile(archive, "w") as out:
        for path in sorted(folder.iterdir()):
            out.write(path, path.name)
            path.unlink()
    folder.rmdir()


def _set(path: str, value: Any) -> None:
    module, _, name = path.rpartition(".")
    import importlib

    try:
        target: Any = importlib.import_module(module)
    except ModuleNotFoundError:
        outer, _, inner = module.rpartition(".")
        target = getattr(importlib.import_module(outer), inner)
    setattr(target, name, value)


def main() -> int:
    """See the module."""
    from tumordesk import cli

    write_models(Path(os.environ["TUMORDESK_HOME"]))
    use_networks(_set, int(sys.argv[1]))
    return cli.run(sys.argv[2:])


if __name__ == "__main__":
    sys.exit(main())
