"""What a model can be trained from, and the three ways for people in a hurry. No Qt, no torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tumordesk.core.jsonio import to_plain
from tumordesk.core.model_card import InputSpec, ModelCard, Normalisation, Task
from tumordesk.core.recipes import Recipe, merged
from tumordesk.core.training_run import AugmentConfig, SequenceSource, TrainingConfig
from tumordesk.zoo import ModelEntry

LIGHT: dict[Task, str] = {"segmentation": "unet-mobilenetv2", "classification": "mobilenetv2"}
"""The networks that are quick without a graphics card, and that bundled weights exist for."""
MASK_CLASSES = ("no_tumour", "tumour")
"""Classes of a recipe that makes them from masks, as the training program names them."""
AUTO, IMAGENET = "auto", "imagenet"
_LIGHT_DECODER = (128, 64, 48, 32, 16)
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
NO_AUGMENT = AugmentConfig(
    flip=0.0, rotation_deg=0.0, scale=(1.0, 1.0), shift=0.0,
    brightness=0.0, contrast=0.0, gamma=0.0, noise=0.0, blur=0.0,
)  # fmt: skip
AUGMENT_PRESETS: dict[str, AugmentConfig] = {
    "None": NO_AUGMENT,
    "Light": AugmentConfig(rotation_deg=8.0, scale=(0.9, 1.1), gamma=0.15, noise=0.0, blur=0.0),
    "Standard": AugmentConfig(),
    "Any orientation": AugmentConfig(flip_vertical=0.25, quarter_turn=0.15),
}


@dataclass(frozen=True)
class Level:
    """How long to train. ``minutes`` is the most it may take, ``patience`` as in TrainingConfig."""

    name: str
    title: str
    text: str
    epochs: int
    minutes: int
    patience: int = 0


LEVELS: tuple[Level, ...] = (
    Level("quick", "Quick", "Shows soon whether your pictures can be learnt.", 10, 15),
    Level("balanced", "Balanced", "Good enough for most.", 30, 60, 10),
    Level(
        "thorough",
        "Thorough",
        "As good as this network gets; for an evening or a night.",
        80,
        240,
        20,
    ),
)


@dataclass(frozen=True)
class StartPoint:
    """Where the weights come from. ``card``: of the model, where it is one."""

    weights: str
    title: str
    text: str
    card: ModelCard | None = None
    bundled: bool = False


SCRATCH = StartPoint(
    "", "From nothing", "Needs thousands of pictures and many hours to come to the same point."
)
DOWNLOAD = StartPoint(
    IMAGENET,
    "ImageNet weights (download)",
    "Fetched from the library's server when the training starts: this is the one time that "
    "TumorDesk uses the network. Your pictures stay here.",
)


_OWNERS = {"bundled": "TumorDesk", "site": "This machine", "user": "Your model"}


def start_points(
    task: Task, entries: Iterable[ModelEntry], architecture: str = ""
) -> tuple[StartPoint, ...]:
    """What a training of that task, or of that network, can start from; scratch comes last.

    Models of TumorDesk come first, then the user's own.
    """
    found = []
    for entry in sorted(entries, key=lambda e: e.origin != "bundled"):
        card = entry.card
        fits = card.architecture == architecture if architecture else card.task == task
        if fits:
            own = _OWNERS[entry.origin]
            text = card.summary or f"The weights of {card.name}."
            bundled = entry.origin == "bundled"
            found.append(StartPoint(card.id, f"{own}: {card.name}", text, card, bundled))
    return (*found, SCRATCH)


def suggested(
    points: Sequence[StartPoint],
    task: Task,
    sequence: str,
    classes: Sequence[str] = (),
    *,
    neighbours_known: bool = False,
    sequences: Sequence[str] = (),
) -> StartPoint:
    """The best start: weights of TumorDesk for the same classes, then for that sequence, else for
    that task, the lighter of equals; else none.

    ``neighbours_known``: which slices lie beside each other is known, so that a model which looks
    at neighbours can be a start at all. ``sequences``: the channels of these data, where they are
    several sequences: a model of others knows them no better than one of a single sequence.
    """

    def rank(point: StartPoint) -> tuple[bool, ...]:
        card = point.card
        if card is None or card.task != task:
            return (True,)
        names = [spec.name for spec in card.classes]
        others = bool(classes) and names != list(classes)
        seen = card.input.sequences
        blind = card.input.neighbours > 0 and not neighbours_known
        blind = blind or (bool(seen) and seen != tuple(sequences))
        heavy = card.architecture != LIGHT[task]
        return (
            False, not point.bundled, blind, others, card.input.sequence != sequence, heavy
        )  # fmt: skip

    return min(points, key=rank, default=SCRATCH)


def start_words(point: StartPoint, config: TrainingConfig) -> str:
    """What a start point is, and what of it does not fit the configuration."""
    card = point.card
    if card is None:
        return point.text
    words = [point.text]
    if card.options != config.options:
        words.append("Its options differ from yours, so only its first part is used.")
    own, spec = card.input, config.input
    if own.normalisation != spec.normalisation or own.channels != spec.channels:
        words.append("It saw pictures with other channels or brightness than set below.")
    return " ".join(words)


def level_of(name: str) -> Level:
    """The level of that name, the first where there is none."""
    return next((level for level in LEVELS if level.name == name), LEVELS[0])


def guided_settings(
    task: Task, level: Level, start: StartPoint, minutes: int, sequence: str
) -> tuple[str, dict[str, Any]]:
    """(architecture, entries of a TrainingConfig) of the simple choices.

    The network then sees the pictures as the weights it starts from did.
    """
    card = start.card
    architecture = card.architecture if card is not None else LIGHT[task]
    spec = card.input if card is not None else plain_input(task)
    settings: dict[str, Any] = {
        **_TASK_SETTINGS[task],
        **look_settings(task, card, spec),
        "initial_weights": start.weights,
        "epochs": level.epochs,
        "budget_minutes": float(minutes),
        "patience": level.patience,
        "batch_size": 0,
        "ema": 0.99,
    }
    rate = 4e-4 if card is not None and card.task == task else 1e-3
    settings["optimiser"] = {**settings["optimiser"], "rate": rate}
    return architecture, merged(settings, {"input": sequence_settings(sequence)})


def look_settings(task: Task, card: ModelCard | None, spec: InputSpec) -> dict[str, Any]:
    """Input, head and options of a network that continues from the model ``card`` (or none)."""
    source = to_plain(spec)
    source.pop("source_channel", None)
    options = dict(card.options) if card is not None else _light_options(task)
    head = card.head if card is not None and card.task == task else None
    found = {"input": source, "options": options}
    return {**found, "head": to_plain(head)} if task == "classification" and head else found


def plain_input(task: Task) -> InputSpec:
    """How pictures are shown to a network without weights to continue from."""
    if task == "segmentation":
        return InputSpec(size=(256, 256), normalisation=Normalisation(mean=(0.25,), std=(0.25,)))
    scale = Normalisation(mean=_IMAGENET_MEAN, std=_IMAGENET_STD)
    return InputSpec(channels=3, size=(224, 224), normalisation=scale)


def sequence_settings(sequence: str) -> dict[str, Any]:
    """Entries of ``input`` for a sequence (a value of ``core.study.Sequence``)."""
    return {"sequence": sequence, "modality": "CT" if sequence == "CT" else "MR"}


def several_settings(
    settings: dict[str, Any], spec: InputSpec, sources: Sequence[SequenceSource]
) -> dict[str, Any]:
    """``settings`` (entries of a TrainingConfig, put over ``spec``) for so many sequences.

    The network gets a channel for each; the one that it is named after is FLAIR, or the first,
    where what was chosen is none of them. A single one changes no channel: it only names.
    """
    plain = [to_plain(source) for source in sources]
    chosen: dict[str, Any] = settings.get("input", {})
    fixed: dict[str, Any] = {"sequences": [], "source_channels": []}
    names = [source.sequence for source in sources]
    if len(names) == 1:
        fixed |= sequence_settings(names[0])
    elif names:
        wanted = chosen.get("sequence", spec.sequence)
        usual_name = "FLAIR" if "FLAIR" in names else names[0]
        scale = {**to_plain(spec.normalisation), **chosen.get("normalisation", {})}
        fixed |= {
            "channels": len(names),
            "neighbours": 0,
            "sequence": wanted if wanted in names else usual_name,
            "normalisation": scale
            | {name: scale[name][:1] for name in ("mean", "std") if len(scale[name]) != len(names)},
        }
    return merged(settings, {"input": fixed, "data": {"sequences": plain}})


def usual(task: Task) -> tuple[str, dict[str, Any]]:
    """(architecture, settings) before anybody chose something."""
    start = StartPoint(AUTO, "", "")
    return guided_settings(task, LEVELS[0], start, LEVELS[0].minutes, "unknown")


def fits(recipe: Recipe, goal: str) -> bool:
    """Whether the recipe teaches that ("outline", "classes" or "presence": yes or no from masks).

    Every recipe for classes can learn yes or no; one made for masks learns nothing else.
    """
    if goal == "outline":
        return recipe.task == "segmentation"
    return recipe.task == "classification" and (goal == "presence" or not from_masks(recipe))


def from_masks(recipe: Recipe) -> bool:
    """Whether the recipe makes its classes from masks."""
    return bool(recipe.settings.get("data", {}).get("label_from_mask"))


def variants(recipe: Recipe) -> tuple[str, ...]:
    """Variants that change the model; those of data and split are chosen on their own pages."""
    own = ("data", "split")
    return tuple(n for n, changes in recipe.variants.items() if any(k not in own for k in changes))


def preset_of(config: AugmentConfig) -> str:
    """Name of the preset that ``config`` is; "" where it is none."""
    return next((name for name, preset in AUGMENT_PRESETS.items() if preset == config), "")


def _light_options(task: Task) -> dict[str, Any]:
    return {"decoder_channels": list(_LIGHT_DECODER)} if task == "segmentation" else {}


_OPTIMISER = {
    "name": "adamw", "weight_decay": 0.01, "schedule": "cosine", "warmup": 0.05,
}  # fmt: skip
_TASK_SETTINGS: dict[Task, dict[str, Any]] = {
    "segmentation": {
        "optimiser": _OPTIMISER,
        "loss": {"name": "dice_ce"},
        "augment": to_plain(
            AugmentConfig(
                flip_vertical=0.05, rotation_deg=18.0, scale=(0.75, 1.3),
                noise=0.02, contrast=0.35, gamma=0.4, brightness=0.25,
            )
        ),
    },
    "classification": {
        "optimiser": _OPTIMISER,
        "loss": {"name": "ce", "balanced": True, "label_smoothing": 0.05},
        "augment": to_plain(
            AugmentConfig(scale=(0.8, 1.2), shift=0.08, contrast=0.3, gamma=0.35, blur=0.25)
        ),
    },
}  # fmt: skip
