"""Reading safetensors into a state: names -> tensors."""

from __future__ import annotations

from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError

from tumordesk.core.errors import ModelError
from tumordesk.zoo.safety import check_safetensors

State = dict[str, torch.Tensor]


def read_state(path: Path) -> State:
    """Read a safetensors file as float32 (and integer) tensors on the CPU.

    Raises:
        ModelError: missing, damaged, or too large (see ``tumordesk.zoo.safety``).
    """
    check_safetensors(path)
    try:
        state = safetensors.torch.load_file(path, device="cpu")
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path.name} cannot be read: {error}.") from error
    return {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
