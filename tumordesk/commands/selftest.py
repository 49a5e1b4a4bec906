"""Checks on this very machine that everything works: reading, models, window."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import platform
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tumordesk import __version__
from tumordesk.commands.choose import best_series, describe
from tumordesk.commands.console import Exit, complain, log_defect, say
from tumordesk.commands.document import summary
from tumordesk.core.errors import TumorDeskError
from tumordesk.core.job import JobContext
from tumordesk.core.paths import sample_study_dir
from tumordesk.core.study import Series
from tumordesk.core.volume import Volume


def selftest(*, window: bool = True) -> int:
    """Read the sample study, run every bundled model on the CPU, open the window unseen.

    Prints one line for each check; returns 0 when all passed, else 1.
    """
    say(f"TumorDesk {__version__}, Python {platform.python_version()}, {platform.platform()}")
    scans: dict[str, tuple[Series, Volume]] = {}
    checks: list[tuple[str, Callable[[], str]]] = [
        ("torch", _torch),
        ("sample study", lambda: _read_sample(scans)),
        ("models", _list_models),
        *_model_checks(scans),
    ]
    if window:
        checks.append(("window", _open_window))
    failed = [name for name, check in checks if not _passes(name, check)]
    if failed:
        complain(f"Self-test failed: {', '.join(failed)}.")
        return Exit.FAILED
    say("All checks passed.")
    return Exit.OK


def _passes(name: str, check: Callable[[], str]) -> bool:
    started_s = time.monotonic()
    try:
        told = check()
    except TumorDeskError as error:
        say(f"FAILED  {name}: {error}")
        return False
    except Exception as error:  # noqa: BLE001  a self-test reports whatever goes wrong
        log_defect(error)
        say(f"FAILED  {name}: {type(error).__name__}: {error}")
        return False
    say(f"ok      {name}: {told} ({time.monotonic() - started_s:.1f} s)")
    return True


def _torch() -> str:
    import torch

    from tumordesk.inference.devices import choose_device, limit_threads

    limit_threads()
    device = choose_device().device
    return f"{torch.__version__}, {device.text}. {device.hint}".rstrip(". ")


def _read_sample(scans: dict[str, tuple[Series, Volume]]) -> str:
    from tumordesk.io.reader import open_series
    from tumordesk.io.scan import scan_paths

    folder = sample_study_dir()
    result = scan_paths([folder])
    if not result.series:
        raise TumorDeskError(f"The sample study is not at {folder}.", "Install TumorDesk again.")
    for series in result.series:
        reader = open_series(series)
        try:
            scans[series.key] = (series, reader.read_volume())
        finally:
            reader.close()
    slices = sum(series.slices for series in result.series)
    return f"{len(result.series)} series, {slices} slices"


def _list_models() -> str:
    from tumordesk.zoo import Zoo

    zoo = Zoo()
    broken = [problem.reason for problem in zoo.problems()]
    bundled = [entry.card.id for entry in zoo.entries() if entry.origin == "bundled"]
    if broken:
        raise TumorDeskError(" ".join(broken))
    if not bundled:
        raise TumorDeskError("No model came with this installation.", "Install TumorDesk again.")
    return ", ".join(bundled)


def _model_checks(
    scans: dict[str, tuple[Series, Volume]],
) -> list[tuple[str, Callable[[], str]]]:
    from tumordesk.zoo import Zoo

    entries = [entry for entry in Zoo().entries(verify=False) if entry.origin == "bundled"]
    return [(e.card.id, partial(_run_model, e.card.id, scans)) for e in entries]


def _run_model(model_id: str, scans: dict[str, tuple[Series, Volume]]) -> str:
    from tumordesk.inference.run import run_model
    from tumordesk.zoo import Zoo
    from tumordesk.zoo.reference import verify_reference

    if not scans:
        raise TumorDeskError("There is no sample study to run it on.")
    entry = Zoo().find(model_id)
    Zoo().verify(entry)
    verify_reference(entry.folder, entry.card)
    best = best_series(tuple(series for series, _ in scans.values()), entry.card)
    series, volume = scans[best.key]
    result = run_model(volume, series, entry, JobContext(), device="cpu")
    return f"{describe(series)}: {summary(result, None)}"


def _open_window() -> str:
    """The demo run: the real window, unseen, opens the sample and runs the models."""
    if importlib.util.find_spec("PySide6") is None:
        return "left out, PySide6 is not installed (pip install 'tumordesk[gui]')"
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from tumordesk.gui import app

    told, complaints = io.StringIO(), io.StringIO()
    with (
        tempfile.TemporaryDirectory(prefix="tumordesk-selftest-") as folder,
        contextlib.redirect_stdout(told),
        contextlib.redirect_stderr(complaints),
    ):
        code = app.demo(Path(folder))
        written = sorted(path.name for path in Path(folder).iterdir())
    if code != 0:
        raise TumorDeskError(complaints.getvalue().strip() or f"it ended with code {code}.")
    return f"opened unseen, ran the sample study, wrote {' and '.join(written)}"
