"""What ``make`` calls: make the environment, then run the program, the tests or the benchmarks.

Standard library only, and it runs on any Python from 3.8 on: its first task is to find one that
TumorDesk can use.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import environment
import system
from say import SetupError, say

ROOT = Path(__file__).resolve().parents[1]
RUN_EXTRAS = ("gui", "onnx")
TEST_EXTRAS = ("gui", "onnx", "dev", "dev-gui")
INSTALLER_TESTS = "tests/frozen"
SAMPLE = Path("resources") / "samples" / "tcga-fg-6692"
LINT = (
    ("ruff check", ["ruff", "check", "."]),
    ("ruff format", ["ruff", "format", "--check", "."]),
    ("mypy", ["mypy"]),
    ("mypy installer", ["mypy", "--strict", "--no-warn-unused-configs", "installer"]),
    ("import-linter", ["lint-imports"]),
)
COMMANDS = ("setup", "run", "test", "lint", "bench", "pins", "clean", "installer",
            "installer-test", "pictures")  # fmt: skip
MOST_WORKERS = 4
CACHES = (".pytest_cache", ".mypy_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis")


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Hold a lock on the checkout, so that two set-ups do not write to one environment."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    handle = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up of this checkout is running; waiting for it.")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def set_up(extras: tuple[str, ...]) -> environment.Environment:
    """The environment with these extras, made or completed where needed; quick when it is whole.

    Raises:
        SetupError: something is missing that only the user can install; says the one line.
    """
    made = environment.Environment(ROOT)
    with one_at_a_time():
        whole = made.complete(extras)
        missing = system.missing_packages(with_display=system.display() is not None)
        if whole and not missing:
            return made
        started = time.monotonic()
        python = None if made.usable() else system.find_python(avoid=made.folder)
        if python is not None and not environment.can_make(python):
            missing.append(system.venv_package(python))
        system.install(missing)
        if not whole:
            made.install(extras, python)
        say(f"Set-up finished in {time.monotonic() - started:.0f} s.")
    return made


def run_program(paths: list[str]) -> int:
    """Open TumorDesk with the sample study or with ``paths``; without a display, the demo."""
    made = set_up(RUN_EXTRAS)
    program = str(made.script("tumordesk"))
    if system.display() is not None:
        say("Opening TumorDesk.")
        command = [program, *(paths or [str(ROOT / SAMPLE)])]
    else:
        say("No display here: the same window is drawn in memory and the sample study analysed.")
        command = [program, "--demo"]
    os.execv(program, command)


def run_checks(steps: tuple[tuple[str, list[str]], ...], pytest_args: list[str]) -> int:
    """Run every check, also after a failure, and sum up; 0 when all passed."""
    made = set_up(TEST_EXTRAS)
    if any(command[0] == "pytest" for _, command in steps):
        system.install_test_tools()
    variables = dict(os.environ, QT_QPA_PLATFORM="offscreen")
    variables["PATH"] = os.pathsep.join([str(made.scripts), os.environ.get("PATH", "")])
    failed = []
    for name, command in steps:
        say(f"{name} ...")
        started = time.monotonic()
        full = [str(made.script(command[0])), *command[1:]]
        if command[0] == "pytest":
            full += pytest_args
        code = subprocess.run(full, cwd=ROOT, env=variables, check=False).returncode
        say(f"{name}: {'passed' if code == 0 else 'FAILED'} ({time.monotonic() - started:.0f} s)")
        if code != 0:
            failed.append(name)
    say("All checks passed." if not failed else f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


def side_by_side(cores: int) -> list[str]:
    """Arguments of pytest that let all tests run in as many processes as there are cores.

    A test that imports torch takes 1 GB: so at most four. Tests of one file stay together, because
    they share what is slow to make.
    """
    workers = min(cores, MOST_WORKERS)
    return ["-n", str(workers), "--dist", "loadfile"] if workers > 1 else []


def run_benchmarks() -> int:
    """Run every ``benchmarks/bench_*.py`` one after the other."""
    made = set_up(TEST_EXTRAS)
    codes = []
    for script in sorted((ROOT / "benchmarks").glob("bench_*.py")):
        say(f"{script.name} ...")
        command = [str(made.python), str(script)]
        codes.append(subprocess.run(command, cwd=ROOT, check=False).returncode)
    return 1 if any(codes) else 0


def run_installer(arguments: list[str]) -> int:
    """Build the installers for this system (see build.py for the arguments)."""
    made = set_up(RUN_EXTRAS)
    if sys.platform == "linux":
        library = system.missing_python_library(str(made.python))
        system.install([*system.missing_tools(), *library])
    command = [str(made.python), "-B", str(ROOT / "installer" / "build.py"), *arguments]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def clean() -> int:
    """Remove the environment and what tools cached; never results, models or training runs."""
    for folder in (".venv", *CACHES):
        shutil.rmtree(ROOT / folder, ignore_errors=True)
    for base in ("tumordesk", "training", "tests", "installer", "benchmarks"):
        for compiled in list((ROOT / base).rglob("__pycache__")):
            shutil.rmtree(compiled, ignore_errors=True)
    say("Removed the environment and the tools' caches.")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Command line of ``make``; returns the exit code."""
    parser = argparse.ArgumentParser(description="Set-up and daily commands of TumorDesk.")
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--args", default="", help="paths to open, or arguments for pytest")
    chosen = parser.parse_args(arguments)
    rest = shlex.split(chosen.args)
    try:
        if chosen.command == "setup":
            set_up(TEST_EXTRAS)
            return 0
        if chosen.command == "run":
            return run_program(rest)
        if chosen.command == "test":
            tests = ["pytest", *([] if rest else side_by_side(os.cpu_count() or 1))]
            return run_checks((*LINT, ("pytest", tests)), rest)
        if chosen.command == "lint":
            return run_checks(LINT, [])
        if chosen.command == "bench":
            return run_benchmarks()
        if chosen.command == "pictures":
            script = str(ROOT / "docs" / "make_pictures.py")
            return subprocess.run([str(set_up(TEST_EXTRAS).python), script], check=False).returncode
        if chosen.command == "installer":
            return run_installer(rest)
        if chosen.command == "installer-test":
            system.install_gate_tools()
            tests = ["pytest", INSTALLER_TESTS, "--run-frozen", "-p", "no:cacheprovider"]
            return run_checks((("pytest", tests),), rest)
        if chosen.command == "pins":
            set_up(TEST_EXTRAS).write_pins()
            return 0
        return clean()
    except SetupError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("Stopped. The same command goes on where this one was.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
