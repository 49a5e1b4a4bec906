"""Putting a model folder into the user's folder, or taking it out: wholly or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tumordesk.core.errors import ModelError, WriteError, plain_reason
from tumordesk.core.model_card import CARD_NAME, ModelCard
from tumordesk.zoo.cards import read_folder_card
from tumordesk.zoo.extras import extra_files
from tumordesk.zoo.reference import reference_file
from tumordesk.zoo.verify import verify_model, weights_path

_PREFIX = ".part-"
_STALE_S = 24 * 3600.0


def install(folder: Path, user: Path, *, replace: bool = False) -> tuple[ModelCard, Path]:
    """Copy a model into ``user``/<id>: its card, its weights, its reference, and texts.

    The copy is made under a hidden name, verified there, and then renamed into place.

    Raises:
        ModelError: the model is not sound, or is there already and ``replace`` is False.
        WriteError: the disk is full or the user's folder cannot be written.
    """
    card = read_folder_card(folder)
    weights = weights_path(folder, card)
    target = user / card.id
    if target.exists() and not replace:
        raise ModelError(
            f"A model named {card.id} is already there.",
            "Remove it first, or give the new model another id.",
        )
    with telling(card.id):
        user.mkdir(parents=True, exist_ok=True)
        _sweep(user)
        with hidden_folder(user) as hidden:
            copy = hidden / card.id
            copy.mkdir()
            _copy(folder / CARD_NAME, copy / CARD_NAME)
            _copy(weights, copy / card.weights_file)
            reference = reference_file(folder, card)
            for extra in (*extra_files(folder), *([reference] if reference else ())):
                _copy(extra, copy / extra.name)
            card = read_folder_card(copy)
            verify_model(copy, card)
            _swap(copy, user / card.id, hidden / "old")
    return card, user / card.id


def uninstall(folder: Path) -> None:
    """Delete a model folder of the user: it vanishes from the zoo at once. Raises WriteError."""
    with telling(folder.name), hidden_folder(folder.parent) as hidden:
        folder.rename(hidden / folder.name)


@contextlib.contextmanager
def telling(model_id: str) -> Iterator[None]:
    """Turns what the disk says into a WriteError that names the model."""
    try:
        yield
    except OSError as error:
        reason = plain_reason(error)
        raise WriteError(
            f"The folder of model {model_id} could not be changed: {reason}.",
            "Check free space and that the folder of your models can be written.",
        ) from error


@contextlib.contextmanager
def hidden_folder(parent: Path) -> Iterator[Path]:
    """A hidden folder beside the models, gone afterwards with all that is left in it."""
    hidden = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
    try:
        yield hidden
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _sweep(user: Path) -> None:
    """Delete what a killed program left behind, once it is a day old."""
    for left in user.glob(_PREFIX + "*"):
        if time.time() - left.stat().st_mtime > _STALE_S:
            shutil.rmtree(left, ignore_errors=True)


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as read, target.open("xb") as write:
        shutil.copyfileobj(read, write, 1024**2)
        write.flush()
        os.fsync(write.fileno())


def _swap(new: Path, target: Path, old: Path) -> None:
    """Move ``new`` to ``target``; what was there goes to ``old``, and comes back on failure."""
    replaced = target.exists()
    if replaced:
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if replaced:
            old.rename(target)
        raise
