"""``tumordesk-train export-onnx``: a model for other programs, checked against its own answers.

The file takes pictures as ``tumordesk.imaging.preprocess`` makes them before mean and standard
deviation (values 0..1), which are part of the file, and gives probabilities.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from tumordesk.core.errors import ConfigError, ModelError, WriteError, plain_reason
from tumordesk.core.job import JobContext
from tumordesk.core.jsonio import atomic_write, to_plain
from tumordesk.core.model_card import NOTICE, ModelCard

OPSET = 18
INPUT, OUTPUT = "pictures", "probabilities"
TOLERANCE = 1e-3
"""Largest difference of a probability between the file and the network."""

_NEEDED = ("onnx", "onnxscript", "onnxruntime")
_BATCHES = (1, 3)


class _Whole(nn.Module):
    """Mean and standard deviation, the network, probabilities."""

    # Names that no operation of a network has: in the exporter's graph they would be one.
    input_mean: torch.Tensor
    input_std: torch.Tensor

    def __init__(self, network: nn.Module, card: ModelCard) -> None:
        super().__init__()
        spec = card.input.normalisation
        self.network = network
        self.register_buffer("input_mean", torch.tensor(spec.mean).reshape(1, -1, 1, 1))
        self.register_buffer("input_std", torch.tensor(spec.std).reshape(1, -1, 1, 1))

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        """(n, channels, H, W), 0..1 -> probabilities (n, classes[, H, W])."""
        logits: torch.Tensor = self.network((pictures - self.input_mean) / self.input_std)
        return logits.softmax(dim=1)


@dataclass(frozen=True)
class Exported:
    """The file, and the largest difference of a probability that the check saw."""

    path: Path
    difference: float


def export_onnx(
    network: nn.Module,
    card: ModelCard,
    path: Path,
    *,
    overwrite: bool = False,
    context: JobContext | None = None,
) -> Exported:
    """Write a network as an ONNX file, whole, and only where it answers like the network itself.

    Input ``pictures`` float32 (n, channels, H, W), output ``probabilities`` float32
    (n, classes) or (n, classes, H, W); n is free, H and W are those of the card.

    Raises:
        ConfigError: the packages for ONNX are not installed.
        ModelError: the network cannot be exported, or the file answers differently.
        WriteError: it cannot be written, or is there already and ``overwrite`` is False.
    """
    context = context or JobContext()
    _need_packages()
    if path.exists() and not overwrite:
        raise WriteError(f"{path.name} is already there.", "Choose another name or folder.")
    context.progress(0.05, "Exporting")
    whole = _Whole(network.eval().cpu(), card).eval()
    data = _exported(whole, card)
    context.progress(0.7, "Checking against the network")
    difference = _check(data, whole, card)
    atomic_write(path, lambda temporary: _write(temporary, data), overwrite=overwrite)
    context.progress(1.0, "Exported")
    return Exported(path, difference)


def _need_packages() -> None:
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"ONNX export needs packages that are not installed: {', '.join(missing)}.",
            "Install them with: pip install 'tumordesk[onnx]'.",
        )


def _exported(whole: nn.Module, card: ModelCard) -> bytes:
    example = torch.rand(2, card.input.channels, *card.input.size)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            program = torch.onnx.export(
                whole,
                (example,),
                input_names=[INPUT],
                output_names=[OUTPUT],
                opset_version=OPSET,
                dynamic_shapes=({0: torch.export.Dim("n", min=1)},),
                external_data=False,
                verbose=False,
            )
            assert program is not None
            program.model.metadata_props.update(_metadata(card))
            return bytes(program.model_proto.SerializeToString())
    except (RuntimeError, TypeError, ValueError) as error:
        raise ModelError(
            f"Model {card.id} ({card.architecture}) cannot be written as ONNX: "
            f"{plain_reason(error)}.",
            "Use the model in one file (.tdmodel) instead.",
        ) from error


_FITS = {
    "pad": "square pixels, letterboxed with zeros",
    "stretch": "stretched to the whole input",
}


def _metadata(card: ModelCard) -> dict[str, str]:
    """What the file tells of itself, for whoever uses it."""
    return {
        "notice": card.notice or NOTICE,
        "name": f"{card.name} {card.version}",
        "classes": json.dumps([spec.name for spec in card.classes], ensure_ascii=False),
        "input": json.dumps(to_plain(card.input)),
        "postprocess": json.dumps(to_plain(card.postprocess)),
        "licence": card.licence,
        "weights_sha256": card.weights_sha256,
        "how": (
            "Pictures are grey values mapped to 0..1 by percentiles over the foreground, "
            f"{_FITS[card.input.fit]}; mean and standard deviation are in the file."
        ),
    }


def _check(data: bytes, whole: nn.Module, card: ModelCard) -> float:
    """Largest difference to the network on made-up pictures. Raises ModelError above the limit."""
    onnxruntime: Any = importlib.import_module("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    worst = 0.0
    for count in _BATCHES:
        pictures = _pictures(rng, (count, card.input.channels, *card.input.size))
        (found,) = session.run([OUTPUT], {INPUT: pictures})
        with torch.inference_mode():
            wanted = whole(torch.from_numpy(pictures)).numpy()
        if found.shape != wanted.shape or not np.isfinite(found).all():
            worst = float("inf")
            break
        worst = max(worst, float(np.abs(found - wanted).max()))
    if worst > TOLERANCE:
        raise ModelError(
            f"The ONNX file of model {card.id} answers differently from the model itself "
            f"(by up to {worst:.3g}), so it was not written.",
            "Use the model in one file (.tdmodel) instead.",
        )
    return worst


def _pictures(rng: np.random.Generator, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
    """Smooth blobs and noise, 0..1: more like pictures than noise alone."""
    rows, columns = np.mgrid[0 : shape[2], 0 : shape[3]]
    waves = np.sin(rows / shape[2] * 9.0) * np.cos(columns / shape[3] * 7.0)
    values = 0.5 + 0.3 * waves + 0.2 * rng.normal(size=shape)
    return np.asarray(np.clip(values, 0.0, 1.0), dtype=np.float32)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
