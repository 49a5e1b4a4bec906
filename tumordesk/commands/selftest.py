"""Checks on this very machine that everything works: reading, models, training, window."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from tumordesk import __version__
from tumordesk.commands.choose import describe
from tumordesk.commands.console import Exit, complain, log_defect, say
from tumordesk.commands.document import summary
from tumordesk.core.errors import TumorDeskError
from tumordesk.core.finding import AnalysisResult
from tumordesk.core.job import JobContext
from tumordesk.core.paths import sample_study_dir
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.study import Series
from tumordesk.core.study_findings import StudyFindings
from tumordesk.core.volume import Volume
from tumordesk.session.run_process import own_command

_DISPLAY_S = 600.0


@dataclass(frozen=True)
class Check:
    """One check: its name, whether it passed, what it said, and how long it took."""

    name: str
    passed: bool
    text: str
    seconds: float


def selftest(*, window: bool = True, training: bool = True, as_json: bool = False) -> int:
    """Check everything that a broken installation could lack; on the CPU, without network.

    Codecs, torch and its parts, the sample study with every bundled model, DICOM output, started
    processes, two steps of training, the client of language models, the window (unseen).

    ``as_json``: one document on standard output instead of lines. Returns 0 when all passed, else
    1.
    """
    if not as_json:
        say(f"TumorDesk {__version__}, Python {platform.python_version()}, {platform.platform()}")
    made: list[Check] = []
    with (
        tempfile.TemporaryDirectory(prefix="tumordesk-selftest-") as folder,
        _elsewhere(Path(folder) / "home"),
    ):
        for name, check in _checks(Path(folder), window=window, training=training):
            made.append(_carried_out(name, check))
            if not as_json:
                one = made[-1]
                end = f" ({one.seconds:.1f} s)" if one.passed else ""
                say(f"{'ok     ' if one.passed else 'FAILED '} {name}: {one.text}{end}")
    failed = [one.name for one in made if not one.passed]
    if as_json:
        say(json.dumps(_document(made), indent=1))
    elif failed:
        complain(f"Self-test failed: {', '.join(failed)}.")
    else:
        say("All checks passed.")
    return Exit.FAILED if failed else Exit.OK


@contextlib.contextmanager
def _elsewhere(home: Path) -> Iterator[None]:
    """Settings, logs and the audit log of the checks go to ``home``: the person's stay as they are.

    Processes that are started inherit it.
    """
    before = os.environ.get("TUMORDESK_HOME")
    os.environ["TUMORDESK_HOME"] = str(home)
    try:
        yield
    finally:
        if before is None:
            del os.environ["TUMORDESK_HOME"]
        else:
            os.environ["TUMORDESK_HOME"] = before


def _document(made: list[Check]) -> dict[str, Any]:
    return {
        "schema": 1,
        "program": "TumorDesk",
        "version": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "frozen": bool(getattr(sys, "frozen", False)),
        "passed": all(one.passed for one in made),
        "checks": [asdict(one) | {"seconds": round(one.seconds, 2)} for one in made],
    }


def _checks(
    folder: Path, *, window: bool, training: bool
) -> Iterator[tuple[str, Callable[[], str]]]:
    from tumordesk.commands import selftest_parts as parts
    from tumordesk.commands.selftest_training import training as train

    scans: dict[str, tuple[Series, Volume]] = {}
    results: dict[str, AnalysisResult] = {}
    yield "codecs", parts.codecs
    yield "torch", _torch
    yield "operators", parts.torch_operators
    yield "sample study", lambda: _read_sample(scans)
    yield "models", _list_models
    yield from _model_checks(scans, results)
    yield "DICOM output", lambda: parts.outputs(lambda: _findings(scans, results), folder)
    yield "processes", parts.spawned_process
    if training:
        yield "training", train
    yield "explanation client", parts.explanation_client
    if window:
        yield "window", _open_window
    if window and sys.platform == "linux" and os.environ.get("DISPLAY"):
        yield "display", _open_on_display


def _carried_out(name: str, check: Callable[[], str]) -> Check:
    started_s = time.monotonic()
    try:
        told, passed = check(), True
    except TumorDeskError as error:
        told, passed = str(error), False
    except Exception as error:  # noqa: BLE001  a self-test reports whatever goes wrong
        log_defect(error)
        told, passed = f"{type(error).__name__}: {error}", False
    return Check(name, passed, told, time.monotonic() - started_s)


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
    scans: dict[str, tuple[Series, Volume]], results: dict[str, AnalysisResult]
) -> list[tuple[str, Callable[[], str]]]:
    from tumordesk.zoo import Zoo

    entries = [entry for entry in Zoo().entries(verify=False) if entry.origin == "bundled"]
    return [(e.card.id, partial(_run_model, e.card.id, scans, results)) for e in entries]


def _run_model(
    model_id: str,
    scans: dict[str, tuple[Series, Volume]],
    results: dict[str, AnalysisResult],
) -> str:
    from tumordesk.inference.fitting import best_series
    from tumordesk.inference.run import run_model
    from tumordesk.zoo import Zoo
    from tumordesk.zoo.reference import verify_reference

    if not scans:
        raise TumorDeskError("There is no sample study to run it on.")
    entry = Zoo().find(model_id)
    Zoo().verify(entry)
    verify_reference(entry.folder, entry.card)
    found = tuple(series for series, _ in scans.values())
    best = best_series(found, entry.card, lambda _: found)
    series, volume = scans[best.key]
    result = run_model(volume, series, entry, JobContext(), device="cpu", study=found)
    results[series.key] = (
        result if result.segmentation is not None else results.get(series.key, result)
    )
    return f"{describe(series)}: {summary(result, None)}"


def _findings(
    scans: dict[str, tuple[Series, Volume]], results: dict[str, AnalysisResult]
) -> StudyFindings:
    """The first outline that a model made; where none did, a block in the middle."""
    for key, result in results.items():
        if result.segmentation is not None and not result.segmentation.empty:
            return _told(scans[key], result.segmentation, result)
    if not scans:
        raise TumorDeskError("There is no sample study to write about.")
    one = next(iter(scans.values()))
    block = np.zeros(one[1].geometry.shape, np.uint8)
    block[tuple(slice(n // 3, n // 2 + 1) for n in block.shape)] = 1
    segments = (Segment(1, "Tumour"),)
    return _told(one, Segmentation(block, one[1].geometry, segments, one[1].series_uid), None)


def _told(
    scan: tuple[Series, Volume], outline: Segmentation, result: AnalysisResult | None
) -> StudyFindings:
    from tumordesk.imaging.measure import measure

    measured = result.measurements if result is not None else measure(outline)
    return StudyFindings(*scan, outline=outline, made_by=result, measurements=measured, origin="ai")


def _open_on_display() -> str:
    """The same once more on the display that is there, in a process of its own."""
    if importlib.util.find_spec("PySide6") is None:
        return "left out, PySide6 is not installed"
    with tempfile.TemporaryDirectory(prefix="tumordesk-selftest-") as folder:
        answer = subprocess.run(
            [*own_command(), "--demo"],
            cwd=folder,
            env={**os.environ, "QT_QPA_PLATFORM": "xcb"},
            capture_output=True,
            text=True,
            timeout=_DISPLAY_S,
            check=False,
        )
        written = (Path(folder) / "tumordesk-demo.png").is_file()
    if answer.returncode != 0 or not written:
        raise TumorDeskError(answer.stderr.strip()[-400:] or "The window did not open.")
    return "a study was dropped on the window on the display, outlined and shown"


def _open_window() -> str:
    """The demo run: the sample is dropped on the real window, unseen, and the models run."""
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
