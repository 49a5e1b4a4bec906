"""What a training can compute on, in words, from what this computer has. No Qt, no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_NAMES = {
    "auto": "Automatic",
    "cuda": "Graphics card (CUDA)",
    "mps": "Apple graphics (MPS)",
    "cpu": "Processor",
}
_HELP = "Automatic takes a graphics card where there is one."
_SEVERAL = (
    "One training on all of these cards at once is started in a terminal, with torchrun: see "
    "'Several GPUs' in docs/training.md."
)


@dataclass(frozen=True)
class Device:
    """``name`` as in a configuration ("cuda:1"); ``text`` as people read it; ``hint`` where
    something better could be had."""

    name: str
    text: str
    hint: str = ""


def find_devices() -> tuple[Device, ...]:
    """What this computer has, the processor last. Imports torch: not for a window's thread."""
    from tumordesk.inference.devices import available_devices

    return tuple(Device(one.torch_name, one.text, one.hint) for one in available_devices())


def device_options(devices: Sequence[Device], chosen: str) -> list[tuple[str, str]]:
    """(value for the configuration, words), the usual one first.

    ``devices``: what there is, empty while that is not known. What is ``chosen`` is always offered.
    """
    cards = [one for one in devices if one.name.startswith("cuda")]
    options = [("auto", _NAMES["auto"])]
    if not devices:
        options.append(("cuda", _NAMES["cuda"]))
    options += [(one.name, one.text) for one in cards]
    if any(one.name == "mps" for one in devices):
        options.append(("mps", _NAMES["mps"]))
    options.append(("cpu", _NAMES["cpu"]))
    if chosen not in dict(options):
        missing = " (not there)" if devices and not (chosen == "cuda" and cards) else ""
        options.insert(1, (chosen, _NAMES.get(chosen, chosen) + missing))
    return options


def device_help(devices: Sequence[Device]) -> str:
    """What to know of the choice: how to use several cards, or why there is none."""
    several = sum(one.name.startswith("cuda") for one in devices) > 1
    hint = devices[-1].hint if devices else ""
    return " ".join(filter(None, (_HELP, hint, _SEVERAL if several else "")))
