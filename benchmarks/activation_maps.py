"""Where a classifier looks, measured on pictures with outlines of experts.

    python benchmarks/activation_maps.py DATA [--model tumour-type] [--config CONFIG.json]
        [--every 1] [--covered 4]

DATA is a training folder with pictures, classes and masks; CONFIG.json (default: that of the
bundled model t1c-tumour) says how it is laid out and split, and only the test part is looked at.
Prints, for maps of the class that was said:

- how the map meets the picture's own outline, and the outline of another picture (what agrees by
  chance): verdicts, and the median share of the map inside as a multiple of an even map's;
- for a few pictures of each class, the rank correlation between the map and what really counts:
  how far the class falls back when a square of 32 pixels is replaced by its mean. The same for
  Grad-CAM of the last features, the usual method.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from tumordesk.core.activation import ActivationMap, Focus
from tumordesk.core.geometry import Geometry
from tumordesk.core.paths import bundled_models_dir
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.training_run import read_config
from tumordesk.core.volume import Volume
from tumordesk.imaging.focus import focus
from tumordesk.imaging.preprocess import Preparer
from tumordesk.inference.activation import class_activation, spread
from tumordesk.inference.cache import get_model
from tumordesk.zoo import ModelEntry, Zoo
from tumordesk_training.layouts import scan
from tumordesk_training.plan import plan_split
from tumordesk_training.split import select

SQUARE = 32
Grey = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", default="tumour-type")
    parser.add_argument(
        "--config", type=Path, default=bundled_models_dir() / "t1c-tumour" / "config.json"
    )
    parser.add_argument("--every", type=int, default=1, help="take every nth picture")
    parser.add_argument("--covered", type=int, default=4, help="pictures of a class to cover")
    args = parser.parse_args()
    entry = next(e for e in Zoo().entries() if e.card.id == args.model)
    cases = list(_outlined(args.data, args.config))[:: args.every]
    _print_foci(entry, cases)
    _print_covered(entry, cases, args.covered)


def _outlined(root: Path, config_path: Path) -> Iterator[tuple[str, Grey, Bools]]:
    """(class, picture, outline) of the test part's pictures that have an outline."""
    config = read_config(config_path)
    config = replace(config, data=replace(config.data, root=str(root)))
    data = scan(root, config.data)
    split = plan_split(data, config.data, config.split)
    for case in select(data, split, "test"):
        if case.mask is None:
            continue
        grey = np.asarray(Image.open(case.image).convert("L"))
        mask = np.asarray(Image.open(case.mask).convert("L")) > 0
        if grey.shape == mask.shape and mask.any():
            yield case.label, grey, mask


def _print_foci(entry: ModelEntry, cases: Sequence[tuple[str, Grey, Bools]]) -> None:
    own: dict[str, list[Focus]] = {}
    others: list[Focus] = []
    for number, (label, grey, mask) in enumerate(cases):
        found = _map_of(entry, grey)
        own.setdefault(label, []).append(_focus(found, grey, mask))
        stranger = cases[(number * 37 + 11) % len(cases)][2]
        if stranger.shape == mask.shape:
            others.append(_focus(found, grey, stranger))
    everything = [one for several in own.values() for one in several]
    for name, foci in (*own.items(), ("all", everything), ("another's outline", others)):
        verdicts = Counter(one.verdict for one in foci)
        times = [one.inside_share / one.expected_share for one in foci if one.expected_share]
        shares = ", ".join(
            f"{verdict} {verdicts[verdict] / len(foci):.0%}"
            for verdict in ("inside", "partly", "elsewhere", "unknown")
        )
        overlap = np.mean([one.overlap or 0.0 for one in foci])
        print(
            f"{name:18} n={len(foci):4d}  {shares}  times an even map: "
            f"{np.median(times):.2f}  overlap {overlap:.2f}",
            flush=True,
        )


def _map_of(entry: ModelEntry, grey: Grey) -> ActivationMap:
    preparer = Preparer(grey[None], None, entry.card.input)
    heat, shares = class_activation(get_model(entry), preparer.batch([0]))
    spec = entry.card.classes[int(shares.argmax())]
    array = preparer.restore([0], heat[None])
    return ActivationMap(entry.card.id, spec.name, spec.label, "", (0,), array)


def _focus(found: ActivationMap, grey: Grey, mask: Bools) -> Focus:
    geometry = Geometry((1, *grey.shape))
    outline = Segmentation(mask[None].astype(np.uint8), geometry, (Segment(1, "Tumour"),), "")
    return focus(found, outline, Volume(grey[None], geometry, ""))


def _print_covered(entry: ModelEntry, cases: Sequence[tuple[str, Grey, Bools]], count: int) -> None:
    labels = sorted({label for label, _, _ in cases})
    for label in labels:
        chosen = [grey for one, grey, _ in cases if one == label][:count]
        found = np.array([_agreements(entry, grey) for grey in chosen])
        hires, grad = np.nanmean(found, axis=0)
        print(
            f"{label:18} n={len(chosen):4d}  agreement with covering: HiResCAM {hires:.2f}, "
            f"Grad-CAM of the last features {grad:.2f}",
            flush=True,
        )


def _agreements(entry: ModelEntry, grey: Grey) -> tuple[float, float]:
    """Rank correlations of (HiResCAM, Grad-CAM) with the loss of lead per covered square."""
    network: Any = get_model(entry)
    preparer = Preparer(grey[None], None, entry.card.input)
    picture = preparer.batch([0])
    heat, shares = class_activation(network, picture)
    number = int(shares.argmax())
    usual = _grad_cam(network, picture, number)
    unit, covered, places = preparer.unit(0), [picture[0]], []
    for row in range(0, picture.shape[2], SQUARE):
        for column in range(0, picture.shape[3], SQUARE):
            place = (slice(row, row + SQUARE), slice(column, column + SQUARE))
            if unit[place].mean() < 0.08:
                continue  # air
            one = picture[0].copy()
            one[:, *place] = one[:, *place].mean(axis=(1, 2), keepdims=True)
            covered.append(one)
            places.append(place)
    with torch.inference_mode():
        logits = np.concatenate(
            [
                network(torch.from_numpy(np.stack(covered[i : i + 8]))).numpy()
                for i in range(0, len(covered), 8)
            ]
        )
    lead = logits[:, number] - np.delete(logits, number, axis=1).mean(axis=1)
    loss = lead[0] - lead[1:]
    return tuple(  # type: ignore[return-value]
        _rank_correlation(np.array([one[place].mean() for place in places]), loss)
        for one in (heat, usual)
    )


def _grad_cam(network: Any, picture: npt.NDArray[np.float32], number: int) -> Any:
    """Selvaraju et al. 2017 on the last features, spread evenly, as it is usually done."""
    with torch.no_grad():
        features = network.backbone(torch.from_numpy(picture))
    features = features.detach().requires_grad_(True)
    (slopes,) = torch.autograd.grad(network.head(features)[0, number], features)
    raw = (slopes.mean(dim=(2, 3), keepdim=True) * features).sum(dim=1).clamp(min=0.0)
    return spread(raw.detach().numpy(), picture.shape[2:], None)[0]  # type: ignore[arg-type]


def _rank_correlation(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> float:
    ranks = [np.argsort(np.argsort(values)).astype(float) for values in (first, second)]
    return float(np.corrcoef(*ranks)[0, 1])


if __name__ == "__main__":
    main()
