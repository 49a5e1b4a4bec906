"""The models of a batch: found, checked against their hashes, and told apart by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tumordesk.core.errors import ModelError, ModelNotFound
from tumordesk.core.model_card import ModelCard
from tumordesk.session.batch.types import BatchOptions

if TYPE_CHECKING:
    from tumordesk.zoo import ModelEntry

DEFAULT_OUTLINE = "t1c-tumour"
"""Finds the slices that a classifier reads, where nothing else was said."""


@dataclass(frozen=True)
class BatchModels:
    """``main`` is what was asked for; ``outline`` runs before a classifier, ``classifier`` after
    an outline."""

    main: ModelEntry
    outline: ModelEntry | None = None
    classifier: ModelEntry | None = None

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """Cards of all models, in the order in which they run."""
        entries = (self.outline, self.main, self.classifier)
        return tuple(entry.card for entry in entries if entry is not None)


def find_models(options: BatchOptions) -> BatchModels:
    """The models that ``options`` name, verified.

    Raises:
        ModelError: one is missing, damaged, or does something else.
    """
    from tumordesk.zoo import Zoo

    zoo = Zoo()

    def find(model_id: str, task: str | None = None) -> ModelEntry:
        entry = zoo.find(model_id)
        if task is not None and entry.card.task != task:
            raise ModelError(f"Model {model_id} does {entry.card.task}, not {task}.")
        zoo.verify(entry)
        return entry

    main = find(options.model)
    if main.card.task == "segmentation":
        follower = options.classify_with
        return BatchModels(main, None, find(follower, "classification") if follower else None)
    wanted = options.outline_with or ("none" if main.card.detects else DEFAULT_OUTLINE)
    if wanted == "none":
        return BatchModels(main)
    try:
        return BatchModels(main, find(wanted, "segmentation"))
    except ModelNotFound:
        if options.outline_with:
            raise
        return BatchModels(main)
