"""``tumordesk-train run``: a run folder from a configuration, started or resumed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tumordesk.core.errors import ConfigError
from tumordesk.core.training_run import (
    CONFIG_NAME,
    SPLIT_NAME,
    STOP_NAME,
    RunState,
    TrainingConfig,
    read_config,
    write_config,
)
from tumordesk_training.dataset import Cache, build_cache
from tumordesk_training.distributed import Team, join, leave
from tumordesk_training.layouts import scan
from tumordesk_training.loop import Trainer
from tumordesk_training.setup import check_config
from tumordesk_training.split import Split, make_split, read_split, select, write_split


def prepare_folder(folder: Path, config: TrainingConfig, *, resume: bool) -> TrainingConfig:
    """Write config.json into a new run folder, or read it from one that is resumed.

    Raises:
        ConfigError: the folder holds a run and ``resume`` is False, or holds none and it is True.
    """
    path = folder / CONFIG_NAME
    if resume:
        (folder / STOP_NAME).unlink(missing_ok=True)
        return read_config(path)
    if path.exists():
        raise ConfigError(
            f"{folder.name} already holds a training run.",
            "Resume it with --resume, or give another folder.",
        )
    write_config(path, config)
    return config


def start(folder: Path, config: TrainingConfig, *, resume: bool = False) -> RunState:
    """Run ``config`` in ``folder``; under torchrun, as one of several processes.

    Raises:
        DataError, ConfigError, ModelError: as their messages say.
    """
    check_config(config)
    team = join(config.device)
    try:
        if team.leader:
            config = prepare_folder(folder, config, resume=resume)
        config = team.same(config)
        train, val = load_parts(folder, config, team)
        return Trainer(folder, config, train, val, team).run()
    finally:
        leave()


def load_parts(folder: Path, config: TrainingConfig, team: Team) -> tuple[Cache, Cache]:
    """Split (rank 0 writes split.json, an old one is kept) and decode training and validation."""
    data = scan(Path(config.data.root), config.data)
    path = folder / SPLIT_NAME
    split: Split
    if team.leader and not path.exists():
        given = config.split.file
        usable = replace(
            data,
            cases=tuple(
                c for c in data.cases
                if (c.has_mask if config.task == "segmentation" else c.label in config.classes)
            ),
        )  # fmt: skip
        write_split(path, read_split(Path(given)) if given else make_split(usable, config.split))
    team.wait()
    split = read_split(path)
    caches = []
    for part in ("train", "val"):
        cases = select(data, split, part)
        caches.append(build_cache(cases, config.data, config.input, config.classes, config.task))
    return caches[0], caches[1]
