"""Recipes: named starting points of a training, ``resources/recipes/<name>.json``.

A recipe is a TrainingConfig without data, classes and architecture, plus what people need to
choose it: title, description, the networks it is meant for, and what was published with it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import from_plain, read_json, to_plain
from tumordesk.core.model_card import Task
from tumordesk.core.paths import resource_root
from tumordesk.core.training_run import TrainingConfig

SCHEMA = 1


@dataclass(frozen=True)
class Recipe:
    """One recipe. ``settings``: entries of a TrainingConfig that it sets, nested as there.

    ``networks``: architectures it is meant for, the first is the default. ``published``: what the
    original reached, in a sentence; ``variants``: name -> settings on top ("frozen", "sgd").
    """

    name: str
    title: str
    task: Task
    networks: tuple[str, ...]
    description: str
    published: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    variants: dict[str, dict[str, Any]] = field(default_factory=dict)
    schema: int = SCHEMA

    def config(
        self,
        classes: tuple[str, ...],
        *,
        architecture: str = "",
        variant: str = "",
        name: str = "",
    ) -> TrainingConfig:
        """A complete configuration; data folder and split stay as the recipe has them.

        ``variant`` may join several by "+": "frozen+adam"; later ones win.

        Raises:
            ConfigError: unknown architecture or variant, or settings that make no sense.
        """
        network = architecture or self.networks[0]
        if network not in self.networks:
            raise ConfigError(
                f"The recipe {self.name} is not for {network}.",
                f"It is for: {', '.join(self.networks)}.",
            )
        settings = self._settings(variant)
        plain = {
            "name": name or self.title,
            "task": self.task,
            "architecture": network,
            "classes": list(classes),
            **settings,
        }
        config = from_plain(TrainingConfig, plain, f"recipe {self.name}")
        return replace(config, recipe=f"{self.name}/{variant}" if variant else self.name)

    def _settings(self, variant: str) -> dict[str, Any]:
        settings = self.settings
        for name in variant.split("+") if variant else ():
            if name not in self.variants:
                known = ", ".join(self.variants) or "none"
                raise ConfigError(
                    f"The recipe {self.name} has no variant {name!r}.", f"There are: {known}."
                )
            settings = merged(settings, self.variants[name])
        return settings


def merged(base: dict[str, Any], extra: dict[str, Any]) -> dict[str, Any]:
    """``base`` with the entries of ``extra`` put over it, object by object."""
    result = dict(base)
    for key, value in extra.items():
        old = result.get(key)
        nested = isinstance(old, dict) and isinstance(value, dict)
        result[key] = merged(cast("dict[str, Any]", old), value) if nested else value
    return result


def with_settings(config: TrainingConfig, settings: dict[str, Any]) -> TrainingConfig:
    """``config`` with nested ``settings`` put over it. Raises ConfigError."""
    return from_plain(TrainingConfig, merged(to_plain(config), settings), "settings")


def read_recipe(path: Path) -> Recipe:
    """Read one recipe file. Raises ConfigError naming the file and the entry."""
    return from_plain(Recipe, read_json(path), path.name)


def recipes(folder: Path | None = None) -> tuple[Recipe, ...]:
    """All recipes that come with the program, by name. Raises ConfigError."""
    folder = folder or resource_root() / "recipes"
    return tuple(read_recipe(path) for path in sorted(folder.glob("*.json")))


def find_recipe(name: str) -> Recipe:
    """The recipe of that name. Raises ConfigError naming those there are."""
    found = {recipe.name: recipe for recipe in recipes()}
    if name not in found:
        raise ConfigError(f"There is no recipe {name!r}.", f"There are: {', '.join(found)}.")
    return found[name]
