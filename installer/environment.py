"""The environment in ``.venv``: made once, recognised when whole, completed when it is not."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import system
from say import SetupError, say

STAMP = "tumordesk-setup.json"
CANDIDATE_SHIM = """\
# Ubuntu 22.04 ships a release candidate of Python 3.11 without these two; PyTorch wants them.
import sys

if not hasattr(sys, "get_int_max_str_digits"):

    def get_int_max_str_digits():
        return 0

    def set_int_max_str_digits(maxdigits):
        pass

    sys.get_int_max_str_digits = get_int_max_str_digits
    sys.set_int_max_str_digits = set_int_max_str_digits
"""
RUNNING = "tumordesk-setup-running"
NEEDED_GB = 8.0
"""Free space for a first set-up: 5.5 GB in the environment, the rest while downloading."""


def can_make(python: str) -> bool:
    """Whether this interpreter can fill a new environment: ensurepip, uv or pip is at hand."""
    if _quiet([python, "-c", "import venv, ensurepip"]):
        return True
    return shutil.which("uv") is not None or _quiet([python, "-m", "pip", "--version"])


def _quiet(command: list[str]) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        return False


class Environment:
    """``.venv`` in a checkout."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.scripts = self.folder / ("Scripts" if os.name == "nt" else "bin")
        self.python = self.scripts / ("python.exe" if os.name == "nt" else "python")
        self.constraints = root / "constraints.txt"

    def script(self, name: str) -> Path:
        """Where a command of the environment lies."""
        return self.scripts / (name + (".exe" if os.name == "nt" else ""))

    # --- what is there ------------------------------------------------------------------------

    def usable(self) -> bool:
        """True when its Python starts, is of a right version, and no set-up was interrupted."""
        if (self.folder / RUNNING).exists():
            return False
        return system.python_version(str(self.python)) in system.PYTHONS

    def _key(self) -> str:
        """Changes with everything that decides what must be installed."""
        digest = hashlib.sha256()
        for name in ("pyproject.toml", "constraints.txt"):
            digest.update((self.root / name).read_bytes())
        config = self.folder / "pyvenv.cfg"
        digest.update(config.read_bytes() if config.is_file() else b"")
        digest.update(str(self.root).encode())
        return digest.hexdigest()

    def complete(self, extras: tuple[str, ...]) -> bool:
        """True when a set-up with at least these extras was finished, for these very pins."""
        try:
            stamp = json.loads((self.folder / STAMP).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return False
        same = isinstance(stamp, dict) and stamp.get("key") == self._key()
        return same and set(extras) <= set(stamp.get("extras", ())) and self.python.exists()

    # --- making it ----------------------------------------------------------------------------

    def install(self, extras: tuple[str, ...], python: str | None) -> None:
        """Make or complete the environment. ``python`` makes a new one; None keeps the old.

        Raises:
            SetupError: a step failed; its own output stands above.
        """
        fresh = python is not None
        if python is not None:
            self._make(python)
        stamp, running = self.folder / STAMP, self.folder / RUNNING
        extras = tuple(sorted(set(extras) | self._earlier_extras()))
        stamp.unlink(missing_ok=True)
        running.touch()
        self._get_uv()
        self._warn_of_space(fresh)
        if fresh:
            say("Installing the packages. The first time this downloads about 3 GB (PyTorch).")
        else:
            say("Bringing the packages up to date.")
        self._install_packages(extras)
        text = json.dumps({"key": self._key(), "extras": extras})
        stamp.write_text(text + "\n", encoding="utf-8")
        running.unlink()

    def _earlier_extras(self) -> set[str]:
        try:
            return set(json.loads((self.folder / STAMP).read_text(encoding="utf-8"))["extras"])
        except (OSError, ValueError, KeyError, TypeError):
            return set()

    def _make(self, python: str) -> None:
        if self.folder.exists():
            ours = any((self.folder / name).exists() for name in ("pyvenv.cfg", RUNNING))
            if not ours and any(self.folder.iterdir()):
                raise SetupError(
                    f"{self.folder} is not an environment of Python. Move it away, then run "
                    "the same command again."
                )
            interrupted = (self.folder / RUNNING).exists()
            reason = "was left unfinished" if interrupted else "does not work any more"
            say(f"The environment in .venv {reason}; making a new one.")
            shutil.rmtree(self.folder)
        # A set-up that is interrupted from here on is recognised as such.
        self.folder.mkdir()
        (self.folder / RUNNING).touch()
        version = system.python_version(python)
        say(f"Making the environment in .venv (Python {version}).")
        command = [python, "-m", "venv", str(self.folder)]
        if not _quiet([python, "-c", "import ensurepip"]):
            command.insert(3, "--without-pip")
        if subprocess.run(command, check=False).returncode != 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise SetupError("The environment could not be made; Python says why above.")
        if not system.is_final(str(self.python)):
            self._complete_candidate(f"python{version}")

    def _complete_candidate(self, name: str) -> None:
        """Give a release candidate of Python what it lacks, in this environment only."""
        say("This Python is a release candidate; adding what it lacks to the environment.")
        packages = self.folder / "lib" / name / "site-packages"
        (packages / "tumordesk_candidate.py").write_text(CANDIDATE_SHIM, encoding="utf-8")
        (packages / "tumordesk_candidate.pth").write_text("import tumordesk_candidate\n", "utf-8")

    def _get_uv(self) -> None:
        """Put uv, at its pinned version, into the environment with what is at hand."""
        pinned = self._pin("uv")
        uv = self.script("uv")
        if _quiet([str(uv), "--version"]) and self._version_of(uv) == pinned.split("==")[-1]:
            return
        say("Fetching uv, the package installer.")
        base = str(self.python)
        ways = [
            [base, "-m", "pip", "install", "-q", pinned],
            ["uv", "pip", "install", "-q", "--python", base, pinned],
            [sys.executable, "-m", "pip", "--python", base, "install", "-q", pinned],
        ]
        if not _quiet([base, "-m", "pip", "--version"]):
            _quiet([base, "-m", "ensurepip"])
        for command in ways:
            tool = command[:3] if command[0] != "uv" else command[:1]
            if not _quiet([*tool, "--version"]):
                continue
            if subprocess.run(command, check=False).returncode == 0:
                return
        raise SetupError(
            "uv, the package installer, could not be fetched. Is this machine on the network, "
            "and does pip work here? Then run the same command again."
        )

    def _version_of(self, uv: Path) -> str:
        answer = subprocess.run([str(uv), "--version"], capture_output=True, text=True, check=False)
        return [*answer.stdout.split(), "", ""][1]

    def _pin(self, name: str) -> str:
        """The line of the constraints that pins this package, or its bare name."""
        for line in self.constraints.read_text(encoding="utf-8").splitlines():
            if line.startswith(f"{name}=="):
                return line.strip()
        return name

    def _warn_of_space(self, fresh: bool) -> None:
        free_gb = shutil.disk_usage(self.folder).free / 1e9
        if fresh and free_gb < NEEDED_GB:
            say(f"Only {free_gb:.1f} GB are free here; a first set-up may need {NEEDED_GB:.0f} GB.")

    def _install_packages(self, extras: tuple[str, ...]) -> None:
        started = time.monotonic()
        target = f"{self.root}[{','.join(extras)}]"
        command = [str(self.script("uv")), "pip", "install", "--python", str(self.python)]
        command += ["--compile-bytecode", "--constraints", str(self.constraints)]
        command += ["--build-constraints", str(self.constraints)]
        # Progress bars and the list of packages are for people, not for log files.
        command += [] if sys.stderr.isatty() else ["--quiet"]
        command += ["--editable", target]
        variables = uv_variables(self.pip_config(), dict(os.environ))
        code = subprocess.run(command, cwd=self.root, env=variables, check=False).returncode
        if code != 0:
            say("uv did not succeed; trying once more with pip, which takes longer.")
            command = [str(self.python), "-m", "pip", "install", "--constraint"]
            command += [str(self.constraints), "--editable", target]
            code = subprocess.run(command, cwd=self.root, check=False).returncode
        if code != 0:
            raise SetupError(
                "The packages could not be installed; the reason stands above. Nothing is lost: "
                "the same command goes on where this one stopped."
            )
        say(f"Packages installed in {time.monotonic() - started:.0f} s.")

    def pip_config(self) -> dict[str, str]:
        """What pip is told about indexes here."""
        command = [str(self.python), "-m", "pip", "config", "list"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
        return pip_settings(answer.stdout) if answer.returncode == 0 else {}

    # --- pins ---------------------------------------------------------------------------------

    def write_pins(self) -> None:
        """Resolve anew, keeping the pins that still fit, and rewrite the constraints file."""
        text = self.constraints.read_text(encoding="utf-8")
        head = "".join(line + "\n" for line in text.splitlines() if line.startswith("#"))
        # uv keeps the versions that stand in the output file, where they still fit.
        work = self.folder / "pins.txt"
        work.write_text(text, encoding="utf-8")
        command = [str(self.script("uv")), "pip", "compile", "--quiet", "--universal"]
        command += ["--python-version", system.PYTHONS[0], "--fork-strategy", "fewest"]
        command += ["--all-extras", "--no-header", "--no-annotate", "--no-emit-index-url"]
        command += ["--output-file", str(work), str(self.root / "pyproject.toml"), "-"]
        tools = "hatchling\neditables\nuv\n"
        variables = uv_variables(self.pip_config(), dict(os.environ))
        subprocess.run(command, input=tools, text=True, env=variables, check=True)
        lines = {line.split(" ;")[0].strip() for line in work.read_text("utf-8").splitlines()}
        self.constraints.write_text(head + "\n".join(sorted(lines)) + "\n", encoding="utf-8")
        say("constraints.txt is written; review the differences and run the tests.")


# --- the user's own package index ---------------------------------------------------------------


def pip_settings(listing: str) -> dict[str, str]:
    """Settings out of ``pip config list``; the environment wins over files, as in pip."""
    settings: dict[str, tuple[int, str]] = {}
    for line in listing.splitlines():
        match = re.match(r"(:env:|global|install)\.([a-z-]+)=(.*)$", line.strip())
        if match is None:
            continue
        section, name, text = match.groups()
        try:
            value = str(ast.literal_eval(text))
        except (ValueError, SyntaxError):
            continue
        rank = ("global", "install", ":env:").index(section)
        if rank >= settings.get(name, (-1, ""))[0]:
            settings[name] = (rank, value)
    return {name: value for name, (_, value) in settings.items()}


def uv_variables(pip: dict[str, str], variables: dict[str, str]) -> dict[str, str]:
    """The process's variables, with what pip is told about indexes passed on to uv.

    uv does not read pip's configuration. What is set for uv itself always wins.
    """
    result = dict(variables)
    own = ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE")
    if pip.get("index-url") and not any(name in variables for name in own):
        result["UV_DEFAULT_INDEX"] = pip["index-url"]
    passed = {
        "find-links": ("UV_FIND_LINKS", ","),
        "trusted-host": ("UV_INSECURE_HOST", " "),
        "cert": ("SSL_CERT_FILE", None),
    }
    for name, (variable, separator) in passed.items():
        if pip.get(name) and variable not in variables:
            value = pip[name]
            result[variable] = value if separator is None else separator.join(value.split())
    if pip.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        result.setdefault("UV_NO_INDEX", "1")
    result.setdefault("UV_HTTP_TIMEOUT", "180")
    result.setdefault("UV_LINK_MODE", "hardlink" if _same_device(result) else "copy")
    result.pop("VIRTUAL_ENV", None)
    return result


def _same_device(variables: dict[str, str]) -> bool:
    """Whether uv's cache and the checkout share a file system (a copy warns otherwise)."""
    default = Path(variables.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "uv"
    cache = Path(variables.get("UV_CACHE_DIR") or default)
    while not cache.exists() and cache != cache.parent:
        cache = cache.parent
    return cache.stat().st_dev == Path(__file__).stat().st_dev
