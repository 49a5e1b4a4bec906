"""What a training can start from, and what of its pictures that knows already. No torch."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ModelError
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import CARD_NAME
from tumordesk.core.training_run import TrainingConfig
from tumordesk.zoo import ModelEntry, Zoo
from tumordesk.zoo.learned import Learned, record_of
from tumordesk_training.layouts import scan
from tumordesk_training.learned import codes_of, match
from tumordesk_training.plan import plan_split
from tumordesk_training.split import select
from tumordesk_training.usable import limited, usable

AUTO = "auto"
IMAGENET = "imagenet"
BACKBONES: dict[str, tuple[str, str]] = {
    "unet-resnext50": ("torchvision", "resnext50_32x4d"),
    "resunet++-resnet50": ("torchvision", "resnet50"),
    "unet-mobilenetv2": ("torchvision", "mobilenet_v2"),
    "mobilenetv2": ("torchvision", "mobilenet_v2"),
    "mobilenet": ("timm", "mobilenetv1_100"),
    "densenet121": ("torchvision", "densenet121"),
    "resnet18": ("torchvision", "resnet18"),
    "resnet50": ("torchvision", "resnet50"),
    "xception": ("timm", "legacy_xception"),
}
"""Architecture -> library and name of the ImageNet classifier whose backbone it uses."""
WEIGHTS_SUFFIXES = (".safetensors", ".pth", ".pt")
_IMAGENET = re.compile(r"(?i)imagenet|-[0-9a-f]{8}\.pth$")

SCHEMA = 1
PARTS = ("val", "test")


def resolved(config: TrainingConfig) -> TrainingConfig:
    """``config`` with "auto" replaced by the id of a bundled model, or "" (from scratch).

    The same architecture comes first, then a model with the same backbone.
    """
    if config.initial_weights != AUTO:
        return config
    own = BACKBONES.get(config.architecture)
    entries = [e for e in Zoo().entries(verify=False) if e.origin == "bundled"]

    def rank(entry: ModelEntry) -> int:
        same = entry.card.architecture == config.architecture
        if same:
            return 0 if entry.card.task == config.task else 1
        return 2 if own is not None and BACKBONES.get(entry.card.architecture) == own else 9

    best = min(entries, key=rank, default=None)
    found = "" if best is None or rank(best) == 9 else best.card.id
    return replace(config, initial_weights=found)


def model_of(wish: str) -> ModelEntry | None:
    """The model that ``initial_weights`` names; None: scratch, a file or folder of other weights,
    ImageNet.

    Raises:
        ModelError: there is no such model.
    """
    path = Path(wish).expanduser()
    if wish in ("", IMAGENET) or path.suffix in WEIGHTS_SUFFIXES:
        return None
    if path.is_dir() and not (path / CARD_NAME).is_file():
        return None
    return Zoo().find(wish)


def knowledge_of(wish: str) -> Learned | None:
    """What the start that ``initial_weights`` names has learned from; None: that is not known.

    Scratch and ImageNet weights know no scan. A file is taken for ImageNet weights where its name
    says so, or is one that torchvision gives them ("resnet18-f37072fd.pth"); a weights file in a
    model's folder is that model.
    """
    path = Path(wish).expanduser()
    folder = path.parent if path.suffix in WEIGHTS_SUFFIXES else path
    try:
        if wish in ("", IMAGENET) or _imagenet(path):
            return Learned()
        entry = Zoo().find(str(folder) if (folder / CARD_NAME).is_file() else wish)
        return record_of(entry.folder)
    except (ModelError, OSError):
        return None


def _imagenet(path: Path) -> bool:
    if path.is_dir():
        files = [one for one in path.iterdir() if one.suffix in WEIGHTS_SUFFIXES]
        return bool(files) and all(_IMAGENET.search(one.name) for one in files)
    return path.suffix in WEIGHTS_SUFFIXES and bool(_IMAGENET.search(path.name))


def known_by_models(
    config: TrainingConfig, entries: Iterable[ModelEntry], context: JobContext | None = None
) -> dict[str, Any]:
    """Count, for each model, the pictures of the split of ``config`` that it has learned from.

    Returns:
        ``total``: pictures of "val" and "test"; ``models``: id -> known pictures of both parts, and
        "gaps": 1 where it may know more than is recorded; null where nothing is recorded. What
        ``config`` starts from is among them, whatever it is. ``auto``: the id of the model that
        "auto" stands for.

    Raises:
        ConfigError, DataError: as their messages say.
        Cancelled: the user stopped it.
    """
    context = context or JobContext()
    context.progress(0.0, "Listing the files")
    root = Path(config.data.root)
    data, _ = usable(scan(root, config.data), config)
    split = plan_split(data, config.data, config.split, context)
    parts = {part: limited(select(data, split, part), config) for part in PARTS}
    place = {case.key: part for part, cases in parts.items() for case in cases}
    cases = tuple(case for group in parts.values() for case in group)
    codes = codes_of(root, cases, context)
    auto = resolved(replace(config, initial_weights=AUTO)).initial_weights
    learned = {entry.card.id: record_of(entry.folder) for entry in entries}
    wish = config.initial_weights
    if wish not in ("", AUTO, IMAGENET) and wish not in learned:
        learned[wish] = knowledge_of(wish)
    models: dict[str, dict[str, int] | None] = {}
    for name, known in learned.items():
        if known is None:
            models[name] = None
            continue
        counts = Counter(place[key] for key in match(cases, codes, known.as_start(), context))
        models[name] = {**{part: counts[part] for part in PARTS}, "gaps": int(known.gaps)}
    total = {part: len(group) for part, group in parts.items()}
    return {"schema": SCHEMA, "total": total, "models": models, "auto": auto}
