"""What is wrong with a configuration, said at the entry that a person can change. No torch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tumordesk.core.model_card import HeadSpec
from tumordesk.core.training_run import TrainingConfig
from tumordesk.session.model_choices import IMAGENET

NO_IMAGENET = ("unet", "resunet++")
"""Networks that no library has ImageNet weights for."""
_LEAST, _MOST = 32, 1024
_MAX_CHANNELS = 4


@dataclass(frozen=True)
class FieldProblem:
    """``path``: the entry ("input.size"). Only those that ``block`` keep a run from starting."""

    path: str
    text: str
    blocks: bool = True


def problems(config: TrainingConfig, *, patients_known: bool = True) -> tuple[FieldProblem, ...]:
    """Everything that would stop the training or make it pointless, with what to do."""
    return (
        *_network(config),
        *_pictures(config, patients_known),
        *_scaling(config),
        *_layers(config),
        *_course(config),
    )


def _network(config: TrainingConfig) -> Iterator[FieldProblem]:
    from tumordesk.networks.catalog import ARCHITECTURES

    info = ARCHITECTURES.get(config.architecture)
    if info is None or info.task != config.task:
        yield FieldProblem("architecture", "This network is not for your data: choose another.")
        return
    rows, columns = config.input.size
    divisor = info.divisor if config.task == "segmentation" else 1
    for path, side in (("input.size.0", rows), ("input.size.1", columns)):
        if side % divisor:
            lower = max(_LEAST, side // divisor * divisor)
            yield FieldProblem(
                path, f"Must be a multiple of {divisor}, such as {lower} or {lower + divisor}."
            )
        elif not _LEAST <= side <= _MOST:
            yield FieldProblem(path, f"Must be {_LEAST} to {_MOST} pixels.")
    if config.initial_weights == IMAGENET and config.architecture in NO_IMAGENET:
        yield FieldProblem(
            "initial_weights",
            f"There are no ImageNet weights for {info.title}: choose another start.",
        )


def _pictures(config: TrainingConfig, patients_known: bool) -> Iterator[FieldProblem]:
    spec = config.input
    wanted = 2 * spec.neighbours + 1
    if spec.neighbours and wanted > _MAX_CHANNELS:
        yield FieldProblem("input.neighbours", "More than one on either side is not possible.")
    elif spec.neighbours and spec.channels != wanted:
        yield FieldProblem(
            "input.channels", f"{spec.neighbours} neighbour on either side needs {wanted}."
        )
    elif spec.neighbours and not patients_known:
        text = "Patients are not known, so which slices are neighbours is not known either."
        yield FieldProblem("input.neighbours", text)


def _scaling(config: TrainingConfig) -> Iterator[FieldProblem]:
    scale, channels = config.input.normalisation, config.input.channels
    if scale.low >= scale.high:
        yield FieldProblem("input.normalisation.high", "Must be above the darkest value.")
    for name, values in (("mean", scale.mean), ("std", scale.std)):
        if len(values) not in (1, channels):
            yield FieldProblem(
                f"input.normalisation.{name}",
                "Give one number."
                if channels == 1
                else f"Give one number, or {channels}: one for each channel.",
            )
    if any(value <= 0 for value in scale.std):
        yield FieldProblem("input.normalisation.std", "Must be above 0.")


def _layers(config: TrainingConfig) -> Iterator[FieldProblem]:
    optimiser = config.optimiser
    frozen = optimiser.freeze_backbone or optimiser.freeze_epochs
    if frozen and not config.initial_weights:
        yield FieldProblem(
            "freeze",
            "From nothing there is nothing to keep: choose a start point, or train all layers.",
        )
    if optimiser.freeze_epochs >= config.epochs and not optimiser.freeze_backbone:
        yield FieldProblem(
            "optimiser.freeze_epochs",
            f"The training ends after {config.epochs} epochs: freeze for fewer.",
        )
    head = config.head or HeadSpec()
    layers = len(head.hidden) + 1
    if any(not 0.0 <= value < 1.0 for value in head.dropout):
        yield FieldProblem("head.dropout", "Must be 0 or more, and below 1.")
    elif len(head.dropout) not in (1, layers):
        yield FieldProblem("head.dropout", f"Give one number, or {layers}: one for each layer.")


def _course(config: TrainingConfig) -> Iterator[FieldProblem]:
    if config.batch_size == 1:
        yield FieldProblem("batch_size", "Must be at least 2, or 0 for automatic.")
    if config.patience >= config.epochs:
        yield FieldProblem("patience", "More than the epochs there are: never stops early.", False)
    if config.precision == "fp16" and config.device == "cpu":
        yield FieldProblem("precision", "16-bit needs a graphics card: choose Automatic.")
    if config.loss.label_smoothing >= 1.0:
        yield FieldProblem("loss.label_smoothing", "Must be below 1.")
    if config.optimiser.rate > 0.1 and config.optimiser.name != "sgd":
        text = "Very high for this optimiser: the loss will hardly fall."
        yield FieldProblem("optimiser.rate", text, False)
