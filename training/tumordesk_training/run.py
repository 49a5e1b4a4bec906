"""``tumordesk-train run``: a run folder from a configuration, started or resumed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from tumordesk.core.errors import ConfigError, DataError, WriteError
from tumordesk.core.training_run import (
    CHECKPOINTS,
    CONFIG_NAME,
    EVENTS_NAME,
    PAUSE_NAME,
    SPLIT_NAME,
    STOP_NAME,
    RunState,
    TrainingConfig,
    write_config,
)
from tumordesk_training import STARTED
from tumordesk_training.batches import automatic, free_memory
from tumordesk_training.data import Case
from tumordesk_training.dataset import Cache, build_cache
from tumordesk_training.distributed import Team, join, leave
from tumordesk_training.environment import record
from tumordesk_training.layouts import scan
from tumordesk_training.learned_of_run import BEFORE_NAME, keep_before, known_before, told_of_start
from tumordesk_training.lock import only_one
from tumordesk_training.loop import Trainer
from tumordesk_training.plan import plan_split
from tumordesk_training.setup import check_config, choose_precision, make_network
from tumordesk_training.split import PARTS, read_split, select, write_split
from tumordesk_training.starts import resolved
from tumordesk_training.usable import limited, usable

_NAMED = 20
"""Left-out files that are named one by one; the rest is counted."""


def prepare_folder(folder: Path, config: TrainingConfig, *, resume: bool) -> None:
    """Write config.json into a run folder; what a start that came to nothing left is cleared.

    Raises:
        ConfigError: the folder holds a run and ``resume`` is False, or holds none and it is True.
        WriteError: the folder cannot be written.
    """
    begun = (folder / EVENTS_NAME).exists() or (folder / CHECKPOINTS).exists()
    if resume and not (folder / CONFIG_NAME).exists():
        raise ConfigError(f"{folder.name} holds no training run to resume.")
    if begun and not resume:
        raise ConfigError(
            f"{folder.name} already holds a training run.",
            "Resume it with --resume, or give another folder.",
        )
    try:
        for name in (STOP_NAME, PAUSE_NAME):
            _drop_old(folder / name)
        if not resume:
            for name in (SPLIT_NAME, BEFORE_NAME):
                (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise WriteError(f"{folder.name} cannot be changed: {error.strerror}.") from error
    write_config(folder / CONFIG_NAME, config)


def _drop_old(wish: Path) -> None:
    """Drop a wish of before this process began; one that came while it began still counts."""
    if wish.exists() and wish.stat().st_mtime < STARTED:
        wish.unlink(missing_ok=True)


def start(
    folder: Path,
    config: TrainingConfig,
    *,
    resume: bool = False,
    say: Callable[[str], None] = lambda _: None,
) -> RunState:
    """Run ``config`` in ``folder``; under torchrun, as one of several processes.

    ``say`` gets a line for a person at the start, for each epoch, and for what was left out
    (rank 0 alone).

    Raises:
        DataError, ConfigError, ModelError, WriteError: as their messages say.
    """
    if not config.data.root:
        raise ConfigError("Which data folder?", "Give --data, or data.root in the configuration.")
    # Absolute, so that the run can be resumed from anywhere.
    config = replace(config, data=replace(config.data, root=str(Path(config.data.root).absolute())))
    check_config(config)
    config = resolved(config)
    team = join(config.device)
    with ExitStack() as stack:
        stack.callback(leave)
        team.lead(lambda: stack.enter_context(only_one(folder)))
        team.lead(lambda: prepare_folder(folder, config, resume=resume))
        team.lead(lambda: keep_before(folder, config, resume=resume))
        changed = team.lead(lambda: record(folder))
        train, val, notes = load_parts(folder, config, team)
        config = with_batch_size(folder, config, len(train), team)
        notes = (*changed, *notes)
        return Trainer(folder, config, train, val, team, notes=notes, say=say).run()


def with_batch_size(
    folder: Path, config: TrainingConfig, pictures: int, team: Team
) -> TrainingConfig:
    """``config`` with a number for an automatic batch size, also in the run's config.json."""
    if config.batch_size:
        return config

    def choose() -> int:
        precision = choose_precision(config, team.local_rank)
        network = make_network(replace(config, initial_weights=""))[0].to(precision.device)
        free = free_memory(precision.device)
        if free is not None and precision.device.type == "cpu":
            free //= team.local_world
        return automatic(network, config, pictures // team.world, free)

    config = replace(config, batch_size=team.lead(choose))
    team.lead(lambda: write_config(folder / CONFIG_NAME, config))
    return config


def load_parts(
    folder: Path, config: TrainingConfig, team: Team
) -> tuple[Cache, Cache, tuple[str, ...]]:
    """Split (rank 0 writes split.json, an old one is kept) and decode training and validation.

    Returns:
        Training part, validation part, and sentences on what was left out, what was moved, and
        what the start of the run knew already.
    """
    data, notes = usable(scan(Path(config.data.root), config.data), config)
    path = folder / SPLIT_NAME
    asked = (data, config.data, config.split)
    team.lead(lambda: None if path.exists() else write_split(path, plan_split(*asked)))
    split = read_split(path)
    order = (config.data, config.input, config.classes, config.task)
    parts = {part: limited(select(data, split, part), config) for part in PARTS}
    train = build_cache(parts.pop("train"), *order)
    rest = max(0, config.data.cache_mb - train.memory_mb)
    val = build_cache(parts["val"], *order, limit_mb=rest)
    unseen = _without_tumour(val, config)
    known = team.lead(lambda: _known(folder, config, parts))
    used = {case.key for case in data.cases}
    unused = tuple(item for item in data.problems if item[0] not in used)
    left_out = (*_told(unused), *_told(train.unread + val.unread))
    moved = _moved(train.moved + val.moved)
    return train, val, (*notes, *split.warnings, *unseen, *known, *left_out, *moved)


def _without_tumour(val: Cache, config: TrainingConfig) -> tuple[str, ...]:
    """Refuse a validation part that cannot choose an epoch; of a trial a sentence is enough.

    Raises:
        DataError: no picture of the validation part has an outline.
    """
    if config.task != "segmentation" or not len(val) or val.targets.any():
        return ()
    told = "No picture of the validation part shows a tumour: the best epoch cannot be chosen."
    if config.limit:
        return (told,)
    if val.unread:
        key, reason = val.unread[0]
        raise DataError(
            f"{told} {len(val.unread)} could not be read; {key}: {reason}",
            "See 'tumordesk-train check-data' for all of it.",
        )
    raise DataError(told, "Give validation a larger share, or take another seed for the split.")


def _known(
    folder: Path, config: TrainingConfig, parts: dict[str, tuple[Case, ...]]
) -> tuple[str, ...]:
    """Sentences on what the start of the run knew of the parts that choose and test."""
    told: list[str] = []
    for part, cases in parts.items():
        told += told_of_start(config, part, cases, known_before(folder, config, cases))
    return tuple(told)


def _moved(items: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Sentences on how sequences were found to lie to each other; many are counted."""
    named = tuple(f"{key}: {found}." for key, found in items[:_NAMED])
    more = len(items) - _NAMED
    told = f"{more} more volumes were moved too, or could not be compared."
    return (*named, told) if more > 0 else named


def _told(items: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Sentences on files that are left out; many are counted."""
    named = tuple(f"{key} is left out: {reason}" for key, reason in items[:_NAMED])
    more = len(items) - _NAMED
    return (*named, f"{more} more files are left out; see check-data.") if more > 0 else named
