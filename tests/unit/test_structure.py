"""The walls of the house: what may be imported where, and how large a module may grow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

MAX_LINES = 500
WITHOUT_TORCH = ("core", "io", "imaging", "zoo", "session")
HEAVY = ("torch", "torchvision", "SimpleITK", "timm", "segmentation_models_pytorch")
QT = ("PySide6", "pyqtgraph", "superqt")


def _sources(repository: Path) -> list[Path]:
    folders = ("tumordesk", "training", "installer", "benchmarks")
    return [path for folder in folders for path in sorted((repository / folder).rglob("*.py"))]


def test_no_module_is_too_long(repository):
    long = {
        str(path.relative_to(repository)): lines
        for path in _sources(repository)
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > MAX_LINES
    }
    assert long == {}


def test_every_module_says_what_it_is(repository):
    silent = []
    for path in _sources(repository):
        text = path.read_text(encoding="utf-8").lstrip()
        if text and not text.startswith(('"""', "#!", 'r"""')):
            silent.append(str(path.relative_to(repository)))
    assert silent == []


def _modules(repository: Path, packages: tuple[str, ...]) -> list[str]:
    root = repository / "tumordesk"
    files = [path for package in packages for path in sorted((root / package).rglob("*.py"))]
    parts = [path.relative_to(repository).with_suffix("").parts for path in files]
    return [".".join(p[:-1] if p[-1] == "__init__" else p) for p in parts]


def _import_in_fresh_process(modules: list[str], forbidden: tuple[str, ...]) -> str:
    """Import everything in a new Python; returns the forbidden packages that came along."""
    code = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        f"print(' '.join(n for n in {forbidden!r} if n in sys.modules))\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


@pytest.mark.parametrize("package", WITHOUT_TORCH)
def test_a_light_layer_imports_neither_torch_nor_qt(repository, package):
    modules = _modules(repository, (package,))
    assert modules
    assert _import_in_fresh_process(modules, HEAVY + QT) == ""


def test_the_command_line_starts_without_torch_and_qt():
    assert _import_in_fresh_process(["tumordesk.__main__"], HEAVY + QT) == ""


def test_the_text_of_the_program_names_no_package_index(repository):
    named = []
    for name in ("pyproject.toml", "constraints.txt", "Makefile", ".ci/run"):
        text = (repository / name).read_text(encoding="utf-8")
        named += [name for word in ("pypi.", "download.pytorch", "--index-url") if word in text]
    assert named == []
