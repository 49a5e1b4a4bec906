"""Mixes the weights of two models of one family: the second was trained on from the first.

    python training/configs/blend.py FIRST SECOND SHARE OUT

All are model folders; OUT gets (1 - SHARE) of FIRST's weights and SHARE of SECOND's. Between such
models the mean is often better than either (Wortsman et al. 2022, arXiv 2203.05482). Its card is
SECOND's, figures and all: OUT is only for ``tumordesk-train run --weights OUT``, to go on from.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import safetensors.torch


def main() -> None:
    """Write OUT."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("first", type=Path)
    parser.add_argument("second", type=Path)
    parser.add_argument("share", type=float)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    first, second = (
        safetensors.torch.load_file(folder / "weights.safetensors")
        for folder in (args.first, args.second)
    )
    mixed = {
        name: value.lerp(second[name].to(value.dtype), args.share)
        if value.is_floating_point()
        else second[name]
        for name, value in first.items()
    }
    args.out.mkdir()
    weights = args.out / "weights.safetensors"
    safetensors.torch.save_file(mixed, weights)
    card = json.loads((args.second / "model.json").read_text())
    card["weights_sha256"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    (args.out / "model.json").write_text(json.dumps(card, indent=2))


if __name__ == "__main__":
    main()
