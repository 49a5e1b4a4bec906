"""The set-up program: what it finds, what it says, and what it leaves alone."""

from __future__ import annotations

import json
import os
import runpy
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import bootstrap
import environment
import system
from environment import RUNNING, STAMP, Environment, pip_settings, uv_variables
from say import SetupError

# --- the user's own package index ---------------------------------------------------------------


def test_pip_settings_are_read_and_the_environment_wins():
    listing = (
        "global.index-url='https://mirror.example/simple'\n"
        "install.find-links='/wheels'\n"
        ":env:.find-links='/other wheels'\n"
        "global.timeout='60'\n"
        "nonsense\n"
        "global.broken=not quoted\n"
    )
    assert pip_settings(listing) == {
        "index-url": "https://mirror.example/simple",
        "find-links": "/other wheels",
        "timeout": "60",
    }


def test_a_mirror_set_for_pip_is_passed_on_to_uv():
    pip = {"index-url": "https://mirror.example/simple", "cert": "/ca.pem", "no-index": "true"}
    result = uv_variables(pip, {"VIRTUAL_ENV": "/elsewhere"})
    assert result["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert result["SSL_CERT_FILE"] == "/ca.pem"
    assert result["UV_NO_INDEX"] == "1"
    assert "VIRTUAL_ENV" not in result


@pytest.mark.parametrize("name", ["UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_INDEX"])
def test_what_is_set_for_uv_itself_wins(name):
    result = uv_variables({"index-url": "https://pip.example"}, {name: "https://uv.example"})
    assert result[name] == "https://uv.example"
    assert "https://pip.example" not in result.values()


def test_without_settings_no_host_is_named():
    result = uv_variables({}, {})
    assert not any("http:" in value or "https:" in value for value in result.values())


# --- recognising a whole environment ------------------------------------------------------------


@pytest.fixture
def checkout(tmp_path):
    """A folder with the files that a set-up looks at and an environment that looks whole."""
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "constraints.txt").write_text("uv==0.13.8\n")
    scripts = Environment(tmp_path).scripts
    scripts.mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").write_text("version = 3.12.1\n")
    Environment(tmp_path).python.symlink_to(sys.executable)
    return tmp_path


def _stamp(made: Environment, *extras: str) -> None:
    text = json.dumps({"key": made._key(), "extras": extras})
    (made.folder / STAMP).write_text(text)


def test_a_finished_set_up_is_recognised(checkout):
    made = Environment(checkout)
    assert not made.complete(("gui",))
    _stamp(made, "gui", "dev")
    assert made.complete(("gui",))
    assert made.complete(("dev", "gui"))
    assert not made.complete(("gui", "dev-gui"))


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt", ".venv/pyvenv.cfg"])
def test_a_change_of_pins_or_python_calls_for_a_new_set_up(checkout, name):
    made = Environment(checkout)
    _stamp(made, "gui")
    (checkout / name).write_text("changed\n")
    assert not made.complete(("gui",))


def test_a_moved_checkout_calls_for_a_new_set_up(checkout, tmp_path):
    _stamp(Environment(checkout), "gui")
    moved = tmp_path.parent / (tmp_path.name + "-moved")
    checkout.rename(moved)
    assert not Environment(moved).complete(("gui",))


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"key": 1}'])
def test_a_damaged_stamp_counts_as_none(checkout, content):
    made = Environment(checkout)
    (made.folder / STAMP).write_text(content)
    assert not made.complete(("gui",))


def test_an_interrupted_set_up_is_not_usable(checkout):
    made = Environment(checkout)
    assert made.usable()
    (made.folder / RUNNING).touch()
    assert not made.usable()


def test_an_environment_whose_python_is_gone_is_not_usable(checkout):
    made = Environment(checkout)
    _stamp(made, "gui")
    made.python.unlink()
    made.python.symlink_to(checkout / "gone")
    assert not made.usable()
    assert not made.complete(("gui",))


def test_a_folder_of_somebody_elses_is_never_deleted(tmp_path):
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv" / "thesis.txt").write_text("years of work")
    with pytest.raises(SetupError, match="Move it away"):
        Environment(tmp_path)._make(sys.executable)
    assert (tmp_path / ".venv" / "thesis.txt").exists()


def test_an_environment_that_was_left_half_made_is_made_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(environment, "_quiet", lambda command: False)  # no pip: quicker
    made = Environment(tmp_path)
    made.folder.mkdir()
    (made.folder / RUNNING).touch()
    (made.folder / "half").write_text("")
    made._make(sys.executable)
    assert not (made.folder / "half").exists()
    assert (made.folder / RUNNING).exists(), "only a finished installation removes the mark"
    assert system.python_version(str(made.python)) in system.PYTHONS
    assert not made.usable()


# --- the machine --------------------------------------------------------------------------------


def test_a_python_of_the_right_version_is_found(tmp_path):
    found = system.find_python(avoid=tmp_path)
    assert system.python_version(found) in system.PYTHONS


def test_a_release_candidate_is_taken_only_where_there_is_nothing_better(tmp_path, monkeypatch):
    monkeypatch.setattr(system.shutil, "which", lambda name: f"/usr/bin/{Path(name).name}")
    monkeypatch.setattr(system, "python_version", lambda path: "3.11")
    monkeypatch.setattr(system, "is_final", lambda path: path.endswith("python3.12"))
    assert system.find_python(avoid=tmp_path) == "/usr/bin/python3.12"
    monkeypatch.setattr(system, "is_final", lambda path: False)
    assert system.find_python(avoid=tmp_path) == f"/usr/bin/{Path(sys.executable).name}"


def test_what_a_release_candidate_lacks_is_added(monkeypatch, tmp_path):
    assert system.is_final(sys.executable)
    monkeypatch.delattr(sys, "get_int_max_str_digits")
    monkeypatch.delattr(sys, "set_int_max_str_digits")
    shim = tmp_path / "shim.py"
    shim.write_text(environment.CANDIDATE_SHIM)
    runpy.run_path(str(shim))
    assert sys.get_int_max_str_digits() == 0
    sys.set_int_max_str_digits(maxdigits=10)


def test_without_a_right_python_the_line_that_brings_one_is_said(tmp_path, monkeypatch):
    monkeypatch.setattr(system, "python_version", lambda command: "3.10")
    with pytest.raises(SetupError, match=r"found 3\.10.*\n.*apt-get install -y python3\.11"):
        system.find_python(avoid=tmp_path)


def test_the_python_of_the_environment_to_be_replaced_does_not_count(monkeypatch):
    avoid = Path(sys.executable).parent.parent
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    with pytest.raises(SetupError):
        system.find_python(avoid=avoid)


def test_the_supported_versions_are_those_of_the_project(repository):
    text = (repository / "pyproject.toml").read_text()
    first, last = system.PYTHONS[0], int(system.PYTHONS[-1].split(".")[1])
    assert f'requires-python = ">={first},<3.{last + 1}"' in text


def test_a_library_that_is_not_there_is_noticed(monkeypatch):
    assert not system.loads("libthere-is-no-such-thing.so.9")
    if not sys.platform.startswith("linux"):
        return
    monkeypatch.setattr(system, "loads", lambda library: library != "libEGL.so.1")
    monkeypatch.setattr(system, "has_font", lambda: True)
    assert system.missing_packages(with_display=True) == ["libegl1"]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="system packages of Debian")
def test_display_libraries_count_only_with_a_display_or_where_they_cost_no_question(monkeypatch):
    monkeypatch.setattr(system, "loads", lambda library: library in system.LIBRARIES)
    monkeypatch.setattr(system, "has_font", lambda: True)
    monkeypatch.setattr(system, "may_install", lambda: True)
    assert system.missing_packages(with_display=False) == []
    assert system.missing_packages(with_display=True) == list(system.DISPLAY_LIBRARIES.values())


def test_tools_of_tests_are_asked_for_and_never_needed(monkeypatch, capsys):
    """Without them tests skip; a set-up that may not install them goes on."""
    asked = []

    def refuse(packages):
        asked.extend(packages)
        raise SetupError("no")

    monkeypatch.setattr(system, "install", refuse)
    monkeypatch.setattr(system.shutil, "which", lambda name: None)
    monkeypatch.setattr(system.sys, "platform", "linux")
    system.install_test_tools()
    assert {"dicom3tools", "dcmtk"} <= set(asked)
    assert "dicom3tools" in capsys.readouterr().out
    monkeypatch.setattr(system.shutil, "which", lambda name: f"/usr/bin/{name}")
    asked.clear()
    system.install_test_tools()
    assert asked == []


def test_who_may_not_install_is_told_one_line_and_nothing_is_run(monkeypatch):
    monkeypatch.setattr(system, "_privilege", lambda: None)
    monkeypatch.setattr(system.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(system, "_names_here", lambda packages: packages)
    with pytest.raises(SetupError) as caught:
        system.install(["libgl1", "python3.12-venv"])
    lines = [line for line in str(caught.value).splitlines() if "apt-get" in line]
    assert len(lines) == 1
    assert lines[0].strip().startswith("sudo apt-get update && sudo apt-get install -y")
    assert lines[0].endswith("libgl1 python3.12-venv")


def test_packages_get_the_names_of_this_release(monkeypatch):
    monkeypatch.setattr(system, "_known", lambda package: package.endswith("t64"))
    assert system._names_here(["libglib2.0-0", "libgl1"]) == ["libglib2.0-0t64", "libgl1"]
    monkeypatch.setattr(system, "_known", lambda package: not package.endswith("t64"))
    assert system._names_here(["libglib2.0-0", "libgl1"]) == ["libglib2.0-0", "libgl1"]


@pytest.fixture
def no_display(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 and Wayland")
class TestDisplay:
    def test_none_is_set(self, no_display):
        assert system.display() is None

    def test_one_is_set_but_nothing_answers(self, no_display, monkeypatch):
        monkeypatch.setenv("DISPLAY", ":987")
        monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-987")
        assert system.display() is None
        monkeypatch.setenv("DISPLAY", "nonsense")
        assert system.display() is None

    def test_one_answers(self, no_display, monkeypatch, tmp_path_factory):
        # A socket's path may be no longer than about 100 characters.
        folder = tmp_path_factory.mktemp("w")
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
            server.bind(str(folder / "wayland-7"))
            server.listen(1)
            monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
            monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-7")
            assert system.display() == "wayland-7"
            monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
            assert system.display() is None


# --- the command line ---------------------------------------------------------------------------


def test_a_missing_piece_ends_with_one_message_and_no_traceback(monkeypatch, capsys):
    def fail(extras):
        raise SetupError("Something is missing.")

    monkeypatch.setattr(bootstrap, "set_up", fail)
    assert bootstrap.main(["run"]) == 1
    assert capsys.readouterr().out == "TumorDesk: Something is missing.\n"


@pytest.mark.parametrize(
    ("display", "arguments", "expected"),
    [
        (None, "", ["--demo"]),
        (":0", "", [str(bootstrap.ROOT / bootstrap.SAMPLE)]),
        (":0", "'/my scans/a' b", ["/my scans/a", "b"]),
    ],
)
def test_run_opens_the_sample_or_paths_and_without_a_display_the_demo(
    monkeypatch, checkout, display, arguments, expected
):
    started = []
    monkeypatch.setattr(bootstrap, "set_up", lambda extras: Environment(checkout))
    monkeypatch.setattr(system, "display", lambda: display)
    monkeypatch.setattr(os, "execv", lambda program, command: started.append(command))
    bootstrap.main(["run", "--args", arguments])
    program = str(Environment(checkout).script("tumordesk"))
    assert started == [[program, *expected]]


def test_every_check_runs_also_after_a_failure(monkeypatch, checkout, capsys):
    ran = []

    def run(command, **rest):
        ran.append(Path(command[0]).name)
        return subprocess.CompletedProcess(command, int(ran[-1] == "mypy"))

    monkeypatch.setattr(bootstrap, "set_up", lambda extras: Environment(checkout))
    monkeypatch.setattr(bootstrap.subprocess, "run", run)
    monkeypatch.setattr(system, "install_test_tools", lambda: None)
    assert bootstrap.main(["test"]) == 1
    assert ran == ["ruff", "ruff", "mypy", "mypy", "lint-imports", "pytest"]
    assert "Failed: mypy, mypy installer." in capsys.readouterr().out


@pytest.mark.parametrize(("cores", "workers"), [(1, 0), (2, 2), (64, 4)])
def test_tests_run_side_by_side_where_there_are_cores(cores: int, workers: int) -> None:
    wanted = ["-n", str(workers), "--dist", "loadfile"] if workers else []
    assert bootstrap.side_by_side(cores) == wanted


# --- what is written down -----------------------------------------------------------------------


def test_every_dependency_is_pinned_and_no_host_is_named(repository):
    text = (repository / "constraints.txt").read_text()
    pins = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert all(line.count("==") == 1 and " " not in line for line in pins)
    names = {line.split("==")[0].lower() for line in pins}
    assert {"torch", "torchvision", "numpy", "pydicom", "pyside6-essentials", "uv"} <= names
    assert "://" not in text
    assert environment.__doc__


def test_constraints_hold_the_direct_dependencies(repository):
    tomllib = pytest.importorskip("tomllib")
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"]]
    for extra in project["optional-dependencies"].values():
        asked += extra
    packaging = pytest.importorskip("packaging.requirements")
    pinned = {}
    for line in (repository / "constraints.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            name, _, version = line.partition("==")
            pinned[name.lower()] = version
    for text in asked:
        requirement = packaging.Requirement(text)
        version = pinned.get(requirement.name.lower())
        assert version is not None, f"{requirement.name} is not pinned"
        assert requirement.specifier.contains(version), f"{requirement} is pinned to {version}"
