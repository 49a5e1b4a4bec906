"""Puts several models of one architecture together: their probabilities are averaged.

    python training/configs/join.py OUT FIRST OTHER ...

All are model folders; of OTHER, a run folder is taken too: the running mean of its last epoch. The
card of OUT is that of FIRST, figures and all: measure OUT with ``tumordesk-train evaluate OUT``,
and write what that says on its card.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import safetensors.torch
import torch
from blend import learned_of

from tumordesk.networks.ensemble import PREFIX
from tumordesk.zoo.learned import Learned, write_record


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    """Weights of a model folder, or the running mean of a run's last epoch in half precision."""
    last = folder / "checkpoints" / "last.pt"
    if not last.is_file():
        return safetensors.torch.load_file(folder / "weights.safetensors")
    kept = torch.load(last, weights_only=True)
    state = {**kept["model"], **kept["average"]}
    return {name: value.half() if value.ndim > 1 else value for name, value in state.items()}


def main() -> None:
    """Write OUT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("models", type=Path, nargs="+")
    args = parser.parse_args()
    state, learned = {}, Learned()
    for number, folder in enumerate(args.models):
        own = weights_of(folder)
        state |= {f"{PREFIX}{number}.{name}": value.contiguous() for name, value in own.items()}
        learned = learned.joined(learned_of(folder))
    args.out.mkdir()
    weights = args.out / "weights.safetensors"
    safetensors.torch.save_file(state, weights, metadata={"format": "pt"})
    card = json.loads((args.models[0] / "model.json").read_text())
    card["members"] = len(args.models)
    card["weights_sha256"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    (args.out / "model.json").write_text(json.dumps(card, indent=2))
    write_record(args.out, learned)


if __name__ == "__main__":
    main()
