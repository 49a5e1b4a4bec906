"""Checkpoints: whole or not there, and loaded without running code from the file."""

from __future__ import annotations

import errno
import os
import pickle
from pathlib import Path
from typing import Any

import torch

from tumordesk.core.errors import DataError
from tumordesk.core.jsonio import atomic_write
from tumordesk.io.quiet import HOSTILE_ERRORS

LAST = "last.pt"
BEST = "best.pt"
FORMAT = 1
_UNREADABLE: tuple[type[Exception], ...] = (pickle.UnpicklingError, *HOSTILE_ERRORS)


def save(path: Path, state: dict[str, Any]) -> None:
    """Write tensors and plain values atomically. Raises WriteError (full disk, folder gone)."""
    atomic_write(path, lambda temporary: _write(temporary, {"format": FORMAT, **state}))


def _write(path: Path, state: dict[str, Any]) -> None:
    try:
        torch.save(state, path)
    except RuntimeError as error:  # what torch makes of a full disk
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint on the CPU; only tensors and plain values are allowed in it.

    Raises:
        DataError: missing, damaged, or made by another version.
    """
    if not path.is_file():
        raise DataError(f"There is no checkpoint {path.name} in this run.")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        raise DataError(
            f"The checkpoint {path.name} cannot be read ({type(error).__name__}).",
            "It is damaged, or no checkpoint: restore the run folder from a copy, or start anew.",
        ) from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise DataError(f"{path.name} is not a checkpoint of this program.")
    return state


def fit(module: torch.nn.Module, state: Any, name: str) -> None:
    """Load a state dict strictly. Raises DataError where it is of another network."""
    try:
        module.load_state_dict(state)
    except (RuntimeError, TypeError, AttributeError) as error:
        raise DataError(
            f"The checkpoint {name} does not fit the network that config.json describes.",
            "Was config.json changed after the run began? Put back the one it began with.",
        ) from error
