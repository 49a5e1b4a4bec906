"""From the name of a recipe and a data folder to a complete configuration."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tumordesk.core.errors import ConfigError
from tumordesk.core.model_card import Task
from tumordesk.core.recipes import find_recipe
from tumordesk.core.training_run import DataConfig, TrainingConfig
from tumordesk_training.layouts import scan

OUTLINE_CLASSES = ("background", "tumour")


def classes_of(root: Path, config: DataConfig, task: Task) -> tuple[str, ...]:
    """The classes that a data folder can teach.

    Raises:
        DataError: the folder is missing or holds nothing usable.
        ConfigError: it has masks where classes are wanted, or the other way round.
    """
    data = scan(root, config)
    if task == "segmentation":
        if not any(case.has_mask and not case.empty for case in data.cases):
            raise ConfigError(
                f"{root.name} holds no masks, and outlines cannot be learnt without.",
                "Choose a recipe for classes, or add masks.",
            )
        return OUTLINE_CLASSES
    if len(data.labels) < 2:
        found = ", ".join(data.labels) or "none"
        raise ConfigError(
            f"{root.name} does not hold pictures of two classes (found: {found}).",
            "Put the pictures into one folder for each class, or choose a recipe for masks.",
        )
    return data.labels


def from_recipe(text: str, root: Path, *, network: str = "") -> TrainingConfig:
    """The configuration of "NAME" or "NAME/VARIANT" ("NAME/VARIANT+VARIANT") for a data folder.

    Args:
        network: one of the recipe's architectures (the first of them).

    Raises:
        ConfigError, DataError: as :meth:`Recipe.config` and :func:`classes_of`.
    """
    name, _, variant = text.partition("/")
    recipe = find_recipe(name)
    plain = recipe.config(("a", "b"), architecture=network, variant=variant)
    classes = classes_of(root, plain.data, recipe.task)
    config = recipe.config(classes, architecture=network, variant=variant)
    return replace(config, data=replace(config.data, root=str(root)))
