"""Mixes the weights of two models of one family: the second was trained on from the first.

    python training/configs/blend.py FIRST SECOND SHARE OUT

FIRST and OUT are model folders, SECOND is one too, or a run folder, whose last epoch is taken. OUT
gets (1 - SHARE) of FIRST's weights and SHARE of SECOND's. Between such models the mean is often
better than either (Wortsman et al. 2022, arXiv 2203.05482). Its card is that of FIRST, figures and
all: OUT is only for ``tumordesk-train run --weights OUT``, to go on from.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import safetensors.torch
import torch

from tumordesk.zoo.learned import Learned, record_of, write_record
from tumordesk_training.learned_of_run import learned_by
from tumordesk_training.run_model import is_run, open_run


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    """Weights of a model folder, or of the last epoch of a run folder."""
    last = folder / "checkpoints" / "last.pt"
    if not last.is_file():
        return safetensors.torch.load_file(folder / "weights.safetensors")
    state: dict[str, torch.Tensor] = torch.load(last, weights_only=True)["model"]
    return state


def learned_of(folder: Path) -> Learned:
    """What a model, or the network of a run, learned from."""
    if is_run(folder):
        return learned_by((open_run(folder),))
    return record_of(folder) or Learned(gaps=True)


def main() -> None:
    """Write OUT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("share", type=float)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    first, second = weights_of(args.first), weights_of(args.second)
    mixed = {
        name: value.lerp(second[name].to(value.dtype), args.share)
        if value.is_floating_point()
        else second[name]
        for name, value in first.items()
    }
    args.out.mkdir()
    weights = args.out / "weights.safetensors"
    safetensors.torch.save_file(mixed, weights)
    card = json.loads((args.first / "model.json").read_text())
    card["weights_sha256"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    (args.out / "model.json").write_text(json.dumps(card, indent=2))
    write_record(args.out, learned_of(args.first).joined(learned_of(args.second)))


if __name__ == "__main__":
    main()
