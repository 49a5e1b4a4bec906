"""Reads and changes single choices of the model in a draft, as a form names them. No Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tumordesk.core.jsonio import to_plain
from tumordesk.core.model_card import HeadSpec
from tumordesk.core.recipes import find_recipe
from tumordesk.core.training_run import TrainingConfig
from tumordesk.session.model_choices import (
    AUGMENT_PRESETS,
    AUTO,
    LIGHT,
    preset_of,
    sequence_settings,
    usual,
)
from tumordesk.session.settings_entries import entry, with_entry
from tumordesk.session.training import Draft

_LIGHT_WIDTHS = {"unet": 64, "resunet++": 16, "resunet++-resnet50": 16}
"""Width of a network that has no option for it yet; see tumordesk.networks."""
_FROZEN_SHARE = 5
_BACKBONE_RATE = 0.1
_HEAD_WIDTH = 128


class ModelEditor:
    """Choices by path. Besides entries of TrainingConfig there are:

    "recipe", "variant", "architecture"; "freeze" ("all", "head" or "later"); "augment" (a preset);
    "head.hidden" (number of hidden layers) and "head.width".
    """

    def __init__(self, draft: Draft) -> None:
        self._draft = draft

    def values(self, paths: Iterable[str], config: TrainingConfig) -> dict[str, Any]:
        """What is chosen at each of these paths."""
        plain = to_plain(config)
        return {path: self._value(path, config, plain) for path in paths}

    def value(self, path: str, config: TrainingConfig) -> Any:
        """What is chosen at ``path``."""
        return self.values((path,), config)[path]

    def _value(self, path: str, config: TrainingConfig, plain: dict[str, Any]) -> Any:
        draft, optimiser = self._draft, config.optimiser
        if path == "recipe":
            return draft.recipe
        if path == "variant":
            return draft.variant
        if path == "freeze":
            later = "later" if optimiser.freeze_epochs else "all"
            return "head" if optimiser.freeze_backbone else later
        if path == "augment":
            return preset_of(config.augment)
        head = config.head or HeadSpec()
        if path.startswith("head."):
            return {
                "head.hidden": len(head.hidden),
                "head.width": head.hidden[0] if head.hidden else _HEAD_WIDTH,
                "head.dropout": head.dropout,
            }[path]
        if path == "options.width":
            return config.options.get("width", _LIGHT_WIDTHS.get(config.architecture, 0))
        if path == "options.decoder_channels":
            return tuple(config.options.get("decoder_channels", (256, 128, 64, 32, 16)))
        value = entry(plain, path)
        return tuple(value) if isinstance(value, list) else value

    def put(self, path: str, value: Any, config: TrainingConfig) -> None:
        """Choose ``value`` at ``path``; what no longer fits is changed with it."""
        special: dict[str, Callable[[Any, TrainingConfig], None]] = {
            "recipe": self._put_recipe,
            "variant": self._put_variant,
            "architecture": self._put_architecture,
            "freeze": self._put_freeze,
            "augment": self._put_augment,
            "input.sequence": self._put_sequence,
            "input.neighbours": self._put_neighbours,
        }
        if path in special:
            special[path](value, config)
        elif path.startswith("head."):
            self._put_head(path, value, config)
        else:
            none = path == "budget_minutes" and not value
            self._set(path, None if none else value, config)

    def _set(self, path: str, value: Any, config: TrainingConfig) -> None:
        draft = self._draft
        if not draft.architecture and not draft.recipe:
            draft.architecture, draft.settings = usual(draft.task)
        draft.settings = with_entry(draft.settings, path, value, to_plain(config))

    def _put_recipe(self, name: str, config: TrainingConfig) -> None:
        """A recipe's numbers replace all; the sequence and the device stay."""
        draft = self._draft
        draft.recipe, draft.variant, draft.settings = name, "", {}
        draft.architecture = find_recipe(name).networks[0] if name else ""
        if not name:
            draft.architecture, draft.settings = usual(draft.task)
        for path in ("input.sequence", "input.modality", "device"):
            self._set(path, entry(to_plain(config), path), config)

    def _put_variant(self, name: str, config: TrainingConfig) -> None:
        """A variant's numbers count again, whatever was written over them."""
        draft = self._draft
        kept = {"sequence": config.input.sequence, "modality": config.input.modality}
        draft.variant = name
        draft.settings = {"input": kept, "device": config.device}

    def _put_architecture(self, name: str, config: TrainingConfig) -> None:
        draft = self._draft
        draft.architecture = name
        light = name == LIGHT["segmentation"]
        options = usual("segmentation")[1]["options"] if light else {}
        draft.settings = {**draft.settings, "options": options, "initial_weights": AUTO}

    def _put_freeze(self, mode: str, config: TrainingConfig) -> None:
        frozen = max(1, config.epochs // _FROZEN_SHARE) if mode == "later" else 0
        self._set("optimiser.freeze_backbone", mode == "head", config)
        self._set("optimiser.freeze_epochs", frozen, config)
        self._set("optimiser.backbone_rate", _BACKBONE_RATE if mode == "later" else 1.0, config)

    def _put_augment(self, name: str, config: TrainingConfig) -> None:
        if name in AUGMENT_PRESETS:
            self._set("augment", to_plain(AUGMENT_PRESETS[name]), config)

    def _put_sequence(self, sequence: str, config: TrainingConfig) -> None:
        for name, value in sequence_settings(sequence).items():
            self._set(f"input.{name}", value, config)

    def _put_neighbours(self, count: int, config: TrainingConfig) -> None:
        self._set("input.neighbours", count, config)
        if count:
            self._set("input.channels", 2 * count + 1, config)

    def _put_head(self, path: str, value: Any, config: TrainingConfig) -> None:
        head = config.head or HeadSpec()
        hidden, dropout = head.hidden, head.dropout
        if path == "head.dropout":
            dropout = tuple(value)
        elif path == "head.hidden":
            hidden = (hidden[0] if hidden else _HEAD_WIDTH,) * int(value)
        else:
            hidden = (int(value),) * len(hidden)
        if len(dropout) not in (1, len(hidden) + 1):
            dropout = (max(dropout, default=0.2),) if path != "head.dropout" else dropout
        relu = head.relu if len(head.relu) == len(hidden) else ()
        new = {"hidden": list(hidden), "dropout": list(dropout), "relu": list(relu)}
        self._set("head", new, config)
