"""What networks can run on here, what people should be told about it, and how many threads."""

from __future__ import annotations

import ctypes.util
import os
import platform
import re
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch

DeviceKind = Literal["cuda", "mps", "cpu"]
WISHES = ("auto", "cuda", "mps", "cpu")
_CARD = re.compile(r"cuda:(0|[1-9]\d?)")


@dataclass(frozen=True)
class DeviceInfo:
    """One device. ``torch_name`` is what torch calls it; ``text`` what people read.

    ``hint`` is not empty where something better could be had, and says how.
    """

    kind: DeviceKind
    torch_name: str
    text: str
    hint: str = ""


@dataclass(frozen=True)
class DeviceChoice:
    """The device to use, and a note where it is not the one that was wished for."""

    device: DeviceInfo
    note: str = ""


def available_devices() -> tuple[DeviceInfo, ...]:
    """Usable devices, best first; the CPU is always the last."""
    found = []
    if _cuda_usable():
        count = torch.cuda.device_count()
        found += [
            DeviceInfo("cuda", f"cuda:{index}", _cuda_text(index, count)) for index in range(count)
        ]
    if torch.backends.mps.is_available():
        found.append(DeviceInfo("mps", "mps", "Apple GPU"))
    found.append(cpu_device(hint="" if found else gpu_hint()))
    return tuple(found)


def cpu_device(hint: str = "") -> DeviceInfo:
    """The processor, with the number of threads in use."""
    threads = torch.get_num_threads()
    return DeviceInfo("cpu", "cpu", f"CPU, {threads} thread{'s' if threads > 1 else ''}", hint)


def choose_device(wish: str = "auto") -> DeviceChoice:
    """The best device for "auto"; the wished one where it is usable, else the CPU and a note.

    Raises:
        ValueError: ``wish`` is none of "auto", "cuda", "cuda:1" (0 to 99), "mps", "cpu".
    """
    if wish not in WISHES and not _CARD.fullmatch(wish):
        raise ValueError(f"device must be one of {', '.join(WISHES)}, cuda:1, ..., not {wish!r}")
    devices = available_devices()
    if wish == "auto":
        return DeviceChoice(devices[0])
    for device in devices:
        if wish in (device.kind, device.torch_name):
            return DeviceChoice(device)
    kind, _, number = wish.partition(":")
    name = f"{'NVIDIA' if kind == 'cuda' else 'Apple'} GPU{' ' * bool(number)}{number}"
    note = f"No usable {name} here: ran on the CPU instead."
    return DeviceChoice(devices[-1], f"{note} {devices[-1].hint}".strip())


def gpu_hint() -> str:
    """Why an NVIDIA GPU in this machine is not used, and what to do; empty where there is none."""
    if not nvidia_present():
        return ""
    if torch.version.cuda is None:
        return (
            "There is an NVIDIA GPU, but the installed torch is a CPU build: install torch from "
            "the PyTorch index for CUDA (see README) to use it."
        )
    return (
        f"There is an NVIDIA GPU, but torch cannot use it: its driver may be too old for CUDA "
        f"{torch.version.cuda} or the GPU may be switched off."
    )


def nvidia_present() -> bool:
    """True where the system shows an NVIDIA driver, whatever torch makes of it."""
    if Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi"):
        return True
    return platform.system() == "Windows" and ctypes.util.find_library("nvcuda") is not None


def _cuda_usable() -> bool:
    with warnings.catch_warnings():
        # torch warns on stderr about old drivers; gpu_hint() tells people instead.
        warnings.simplefilter("ignore")
        return torch.cuda.is_available()


def _cuda_text(index: int, count: int) -> str:
    properties = torch.cuda.get_device_properties(index)
    which = f" {index}" if count > 1 else ""
    return f"GPU{which}: {properties.name}, {properties.total_memory / 2**30:.0f} GB"


def usable_cores() -> int:
    """Processor cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def limit_threads(*, keep_free: int = 0) -> int:
    """Let torch use all usable cores but ``keep_free``, at least one; returns how many.

    A window keeps one core free, so that it stays quick while a model runs.
    """
    threads = max(1, usable_cores() - keep_free)
    torch.set_num_threads(threads)
    return threads


def free_gpu_memory() -> None:
    """Give cached GPU memory back to the system; nothing to do on the CPU."""
    if torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
