"""What every test gets: its own home folder, no display, and no Qt where there is none."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Made-up examples are the same on every run, and a busy machine is no failure.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Tests side by side share the cores: each process takes one.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
# A model hub must never be asked for weights, in tests least of all.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

HAS_QT = importlib.util.find_spec("PySide6") is not None
HAS_PYTEST_QT = importlib.util.find_spec("pytestqt") is not None
REPOSITORY = Path(__file__).resolve().parents[1]
SHARED_DATA = REPOSITORY.parent / "shared" / "data"

collect_ignore = [] if HAS_QT and HAS_PYTEST_QT else ["gui"]


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Let the settings in pyproject.toml hold on a machine without Qt or without pytest-qt."""
    parser.addoption("--run-frozen", action="store_true", help="also try what make installer built")
    if not HAS_PYTEST_QT:
        parser.addini("qt_api", "unused without pytest-qt")
        parser.addini("qt_log_level_fail", "unused without pytest-qt")
        parser.addini("qt_log_ignore", "unused without pytest-qt", type="linelist")
    elif not HAS_QT:
        # pytest-qt stops the whole run when there is no Qt to test with.
        pluginmanager.unregister(name="pytest-qt")


def pytest_report_header() -> list[str]:
    """Say in the first lines what this machine cannot test."""
    lines = []
    if collect_ignore:
        lines.append("no Qt here (PySide6 and pytest-qt): tests/gui is left out")
    if not SHARED_DATA.is_dir():
        lines.append("no shared scans beside the checkout: tests on them are skipped")
    return lines


@pytest.fixture(autouse=True)
def own_home(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """An empty folder for settings, models and logs, so that tests never touch the user's."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("TUMORDESK_HOME", str(home))
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder with real scans beside the checkout; skips where it is absent."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the shared scans (../shared/data) are not on this machine")
    return SHARED_DATA


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what needs the shared scans where they are absent, and the release gate unless asked."""
    if not config.getoption("--run-frozen"):
        gate = pytest.mark.skip(reason="the release gate: make installer, make installer-test")
        for item in items:
            if item.get_closest_marker("frozen"):
                item.add_marker(gate)
    if SHARED_DATA.is_dir():
        return
    skip = pytest.mark.skip(reason="the shared scans (../shared/data) are not on this machine")
    for item in items:
        if item.get_closest_marker("shared_data"):
            item.add_marker(skip)
