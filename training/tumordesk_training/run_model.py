"""The network of a run: its configuration, its split, and the weights of its best checkpoint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from torch import nn

from tumordesk.core.errors import ConfigError
from tumordesk.core.model_card import CARD_NAME, ModelCard
from tumordesk.core.training_run import (
    CHECKPOINTS,
    CONFIG_NAME,
    SPLIT_NAME,
    TrainingConfig,
    read_config,
)
from tumordesk.networks import build
from tumordesk_training import checkpoints
from tumordesk_training.setup import card_of
from tumordesk_training.split import Split, read_split


def is_run(folder: Path) -> bool:
    """Whether this is a run folder; a published model, which tells its configuration, is none."""
    return (folder / CONFIG_NAME).is_file() and not (folder / CARD_NAME).exists()


@dataclass(frozen=True)
class Run:
    """A run folder, read. The data folder is ``config.data.root``."""

    folder: Path
    config: TrainingConfig
    split: Split

    @property
    def root(self) -> Path:
        """The data folder."""
        return Path(self.config.data.root)


def open_run(folder: Path, data_root: Path | None = None) -> Run:
    """Read configuration and split of a run.

    Args:
        data_root: where the data folder is now; None: where it was.

    Raises:
        ConfigError: no run folder, or a damaged one.
    """
    if (folder / CARD_NAME).exists():
        raise ConfigError(
            f"{folder.name} is a published model, not a run.",
            "Give the folder of the training run.",
        )
    if not (folder / CONFIG_NAME).is_file():
        raise ConfigError(
            f"{folder.name} holds no training run: {CONFIG_NAME} is missing.",
            "Give the folder of a training run.",
        )
    config = read_config(folder / CONFIG_NAME)
    if data_root is not None:
        config = replace(config, data=replace(config.data, root=str(data_root)))
    return Run(folder, config, read_split(folder / SPLIT_NAME))


def run_card(config: TrainingConfig, model_id: str = "in-training") -> ModelCard:
    """The card of the run's network: what inference needs of it.

    Raises:
        ConfigError: the name cannot be one of a model, or the configuration makes no sense.
    """
    try:
        card = card_of(config, model_id)
    except ValueError as error:
        raise ConfigError(f"The model cannot be made so: {error}.") from error
    sources = config.data.channel_sources
    seen = replace(
        card.input,
        source_channel=None if sources else config.data.channel,
        sequences=tuple(source.sequence for source in sources),
        source_channels=tuple(s.channel for s in sources if s.channel is not None),
    )
    return replace(card, input=seen)


def best_network(run: Run) -> nn.Module:
    """The network with the weights of the best checkpoint, eval mode, on the CPU.

    Raises:
        DataError: there is no checkpoint, or it does not fit the configuration.
    """
    state = checkpoints.load(run.folder / CHECKPOINTS / checkpoints.BEST)
    network = build(run.config.architecture, run_card(run.config))
    checkpoints.fit(network, state.get("model"), checkpoints.BEST)
    return network.eval()
