"""Checkpoints: whole or not there, and loaded without running code from the file."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import torch

from tumordesk.core.errors import DataError
from tumordesk.core.jsonio import atomic_write

LAST = "last.pt"
BEST = "best.pt"
FORMAT = 1


def save(path: Path, state: dict[str, Any]) -> None:
    """Write tensors and plain values atomically. Raises WriteError."""
    atomic_write(path, lambda temporary: torch.save({"format": FORMAT, **state}, temporary))


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint on the CPU; only tensors and plain values are allowed in it.

    Raises:
        DataError: missing, damaged, or made by another version.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise DataError(f"There is no checkpoint {path.name} in this run.") from error
    except (OSError, RuntimeError, EOFError, KeyError, pickle.UnpicklingError) as error:
        raise DataError(
            f"The checkpoint {path.name} cannot be read ({type(error).__name__}).",
            "Delete it to begin anew, or restore the run folder from a copy.",
        ) from error
    if not isinstance(state, dict) or state.get("format") != FORMAT:
        raise DataError(f"{path.name} is not a checkpoint of this program.")
    return state
