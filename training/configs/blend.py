"""Mixes the weights of two models of one family: the second was trained on from the first.

    python training/configs/blend.py FIRST SECOND SHARE OUT.safetensors

OUT is (1 - SHARE) of FIRST and SHARE of SECOND, model folders both. Between such models the mean is
often better than either (Wortsman et al. 2022, arXiv 2203.05482). ``tumordesk-train run --weights
OUT.safetensors`` goes on from it.
"""

from __future__ import annotations

import argparse
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
    safetensors.torch.save_file(mixed, args.out)


if __name__ == "__main__":
    main()
