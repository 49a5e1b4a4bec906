"""Runs a network on batches and survives too little memory: smaller batches, then the CPU.

Float32 throughout, in channels_last layout: on the CPU the same input and the same model give
the same output, bit for bit, and a GPU gives nearly that. (bfloat16 would be twice as quick on
some processors, but shifts probabilities by up to 3 %.)
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from tumordesk.core.errors import InputMismatch, ModelError
from tumordesk.core.job import JobContext
from tumordesk.inference.devices import DeviceInfo, cpu_device, free_gpu_memory

Float32 = npt.NDArray[np.float32]
_log = logging.getLogger(__name__)

# Slices of 256 x 256 pixels in one batch: on a CPU few, so that Cancel is quick.
_CPU_SLICES = 4
_GPU_SLICES = 16
_REFERENCE_PIXELS = 256 * 256


def start_batch_size(device: DeviceInfo, size: tuple[int, int]) -> int:
    """Slices in one batch to begin with, for a network input of ``size`` rows and columns."""
    slices = _CPU_SLICES if device.kind == "cpu" else _GPU_SLICES
    return max(1, slices * _REFERENCE_PIXELS // (size[0] * size[1]))


class Engine:
    """A network on a device; a context manager that frees the device's memory at the end.

    ``notes`` tells every step that had to be taken; ``device`` and ``batch_size`` are the ones
    in use now.
    """

    def __init__(self, model: nn.Module, device: DeviceInfo, size: tuple[int, int]) -> None:
        self._model = model
        self._size = size
        self.device = device
        self.batch_size = start_batch_size(device, size)
        self.notes: list[str] = []

    def __enter__(self) -> Engine:
        try:
            self._place()
        except RuntimeError as error:
            if self.device.kind == "cpu":
                self._release()
                raise
            self._to_cpu(error)
        return self

    def __exit__(self, *_: object) -> None:
        self._release()

    def forward(self, inputs: Float32, context: JobContext) -> Float32:
        """Logits of float32 (n, channels, H, W), computed ``batch_size`` at a time.

        Raises:
            Cancelled: asked for between two batches.
            InputMismatch: not even one slice fits in memory.
            ModelError: the network's answer is not a number, or its parts do not fit the input.
        """
        outputs: list[Float32] = []
        done = 0
        while done < len(inputs):
            context.check()
            chunk = inputs[done : done + self.batch_size]
            logits = self._try(chunk)
            if logits is None:
                continue
            outputs.append(logits)
            done += len(chunk)
        return np.concatenate(outputs)

    def _try(self, chunk: Float32) -> Float32 | None:
        """Logits, or None after a step down."""
        try:
            logits = self._run(chunk)
        except RuntimeError as error:  # torch.OutOfMemoryError is one too
            self._step_down(error)
            return None
        if not np.isfinite(logits).all():
            raise ModelError(
                "The model's answer is not a number.",
                "Its weights may be damaged: run 'tumordesk selftest', or train it again.",
            )
        return logits

    def _run(self, chunk: Float32) -> Float32:
        tensor = torch.from_numpy(np.ascontiguousarray(chunk)).to(
            self.device.torch_name, memory_format=torch.channels_last
        )
        with torch.inference_mode():
            logits: Any = self._model(tensor)
        return np.asarray(logits.float().cpu().numpy(), dtype=np.float32)

    def _step_down(self, error: RuntimeError) -> None:
        """Halve the batch; at one slice go to the CPU; there give up."""
        memory = _is_out_of_memory(error)
        if memory and self.batch_size > 1:
            self.batch_size //= 2
            free_gpu_memory()
            self._note(f"Out of memory on {self.device.text}: batch reduced to {self.batch_size}.")
        elif self.device.kind != "cpu":
            self._to_cpu(error)
        elif memory:
            raise InputMismatch(
                "There is not enough memory to run this model on one slice.",
                "Close other programs, or choose a smaller model.",
            ) from error
        else:
            raise ModelError(
                "The model could not be run on these slices.",
                "Its card may not fit its weights or input size.",
            ) from error

    def _to_cpu(self, error: RuntimeError) -> None:
        what = "Out of memory" if _is_out_of_memory(error) else "A fault"
        self._note(f"{what} on {self.device.text}: went on on the CPU.")
        self.device = cpu_device()
        self.batch_size = start_batch_size(self.device, self._size)
        self._place()
        free_gpu_memory()

    def _place(self) -> None:
        self._model.to(self.device.torch_name)

    def _release(self) -> None:
        """The network back to the CPU, so that the GPU is free for others."""
        if self.device.kind != "cpu":
            self._model.to("cpu")
        free_gpu_memory()

    def _note(self, text: str) -> None:
        _log.warning(text)
        self.notes.append(text)


def _is_out_of_memory(error: RuntimeError) -> bool:
    text = str(error).lower()
    return isinstance(error, torch.OutOfMemoryError) or any(
        words in text for words in ("out of memory", "can't allocate memory", "cannot allocate")
    )
