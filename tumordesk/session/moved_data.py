"""A training whose data folder lies elsewhere now: another drive, another name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tumordesk.core.errors import ConfigError
from tumordesk.core.training_run import CONFIG_NAME, read_config, write_config
from tumordesk.session.folds import folds_in, series_of
from tumordesk.session.run_process import is_alive


def missing_data(run: Path) -> str:
    """Name of the data folder of a run where it is not where it was; "" where it is.

    Raises:
        ConfigError: the configuration cannot be read.
    """
    root = Path(read_config(run / CONFIG_NAME).data.root)
    return "" if root.is_dir() else root.name or str(root)


def move_data(run: Path, folder: Path) -> None:
    """Write down that the data of a run are in ``folder`` now; of all folds, where it is one.

    What the training has learned stays as it is. Nothing is compared here: whoever reads the data
    next tells which pictures are missing.

    Raises:
        ConfigError: there is no such folder, a configuration cannot be read, or it trains.
        WriteError: a configuration cannot be written.
    """
    if not folder.is_dir():
        raise ConfigError(f"{folder.name} is no folder.", "Choose the folder of the data.")
    series = series_of(run)
    runs = (run,) if series is None else (*folds_in(series), series)
    if any(is_alive(one) for one in runs):
        raise ConfigError(f"{run.name} is being trained.", "Stop it first.")
    root = read_config(run / CONFIG_NAME).data.root
    for one in runs:
        config = read_config(one / CONFIG_NAME)
        if config.data.root == root:
            data = replace(config.data, root=str(folder.resolve()))
            write_config(one / CONFIG_NAME, replace(config, data=data))
