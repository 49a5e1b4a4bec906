"""Reading a model card that may come from anywhere, with sense checked before it is used."""

from __future__ import annotations

import math
from pathlib import Path

from tumordesk.core.errors import ModelError, plain_reason
from tumordesk.core.model_card import CARD_NAME, InputSpec, ModelCard, Normalisation, read_card
from tumordesk.core.study import MR_SEQUENCES

MAX_CARD_BYTES = 1024**2
MAX_CLASSES = 1000
MAX_NEIGHBOURS = 3
MIN_SIZE, MAX_SIZE = 16, 4096


def read_folder_card(folder: Path) -> ModelCard:
    """Read and check ``model.json`` of a model folder.

    Raises:
        ModelError: missing, a link, too large, not a card, or with values that make no sense.
    """
    path = folder / CARD_NAME
    if path.is_symlink():
        raise ModelError(
            f"The card of model {folder.name} is a link to another place, which is refused.",
            f"Put the file {CARD_NAME} itself into the model's folder.",
        )
    if not path.is_file():
        raise ModelError(
            f"{folder.name} is not a model: it holds no {CARD_NAME}.",
            f"A model is a folder with {CARD_NAME} and its weights.",
        )
    try:
        if path.stat().st_size > MAX_CARD_BYTES:
            raise ModelError(f"{folder.name}/{CARD_NAME} is over 1 MB: this is no model card.")
        card = read_card(path)
    except (RecursionError, ValueError) as error:
        raise ModelError(f"{folder.name}/{CARD_NAME} is not a card: it cannot be read.") from error
    except OSError as error:
        reason = plain_reason(error)
        raise ModelError(f"{folder.name}/{CARD_NAME} cannot be read: {reason}.") from error
    check_card(card)
    return card


def check_card(card: ModelCard) -> None:
    """Refuse values no network can work with. Raises ModelError that names the entry."""
    names = [spec.name for spec in card.classes]
    rules = (
        (
            all(MIN_SIZE <= side <= MAX_SIZE for side in card.input.size),
            f"input.size must be {MIN_SIZE} to {MAX_SIZE} pixels a side",
        ),
        (len(names) <= MAX_CLASSES, f"more than {MAX_CLASSES} classes are not allowed"),
        (len(set(names)) == len(names), "two classes have the same name"),
        (0.0 <= card.postprocess.threshold <= 1.0, "postprocess.threshold must be 0 to 1"),
        *_neighbour_rules(card.input),
        *_sequence_rules(card.input),
        (
            not card.input.sequences or card.task == "segmentation",
            "only a segmentation can see several sequences",
        ),
        *_normalisation_rules(card.input.normalisation, card.input.channels),
    )
    for right, reason in rules:
        if not right:
            raise ModelError(
                f"The card of model {card.id} makes no sense: {reason}.",
                "Correct the card, or fetch the model again.",
            )


def _neighbour_rules(spec: InputSpec) -> tuple[tuple[bool, str], ...]:
    channels, distance = 2 * spec.neighbours + 1, spec.neighbour_mm
    return (
        (0 <= spec.neighbours <= MAX_NEIGHBOURS, f"neighbours must be 0 to {MAX_NEIGHBOURS}"),
        (
            not spec.neighbours or spec.channels == channels,
            f"{spec.neighbours} neighbours on either side need {channels} channels",
        ),
        (distance is None or 0.0 < distance < 100.0, "neighbour_mm must be above 0, below 100"),
    )


def _sequence_rules(spec: InputSpec) -> tuple[tuple[bool, str], ...]:
    names, colours = spec.sequences, spec.source_channels
    known = {one.value for one in MR_SEQUENCES}
    return (
        (len(names) != 1, "one sequence is named by input.sequence alone"),
        (len(set(names)) == len(names), "a sequence is named twice in input.sequences"),
        (set(names) <= known, f"input.sequences knows {', '.join(sorted(known))}"),
        (
            not names or spec.channels == len(names),
            f"{len(names)} sequences need {len(names)} channels",
        ),
        (not names or spec.sequence in names, "input.sequence must be one of input.sequences"),
        (not (names and spec.neighbours), "sequences and neighbours exclude each other"),
        (
            len(colours) in (0, len(names))
            and len(set(colours)) == len(colours)
            and set(colours) <= {0, 1, 2},
            "input.source_channels needs 0, 1 or 2 for each of input.sequences, each once",
        ),
    )


def _normalisation_rules(spec: Normalisation, channels: int) -> tuple[tuple[bool, str], ...]:
    lengths = {1, channels}
    values = (*spec.mean, *spec.std)
    return (
        (0.0 <= spec.low < spec.high <= 100.0, "normalisation needs 0 <= low < high <= 100"),
        (
            len(spec.mean) in lengths and len(spec.std) in lengths,
            "normalisation.mean and .std need one value, or one for each channel",
        ),
        (all(math.isfinite(v) for v in values), "normalisation holds a value that is no number"),
        (all(v > 0 for v in spec.std), "normalisation.std must be above 0"),
    )
