"""What the machine itself must bring: a Python, Qt's libraries, a font, perhaps a display."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from say import SetupError, say

PYTHONS = ("3.11", "3.12", "3.13")
"""Versions TumorDesk runs on (pyproject.toml: requires-python)."""

LIBRARIES = {
    # what is loaded: the Debian and Ubuntu package that brings it
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libglib-2.0.so.0": "libglib2.0-0",
}
"""Needed by Qt with and without a display."""

DISPLAY_LIBRARIES = {
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-xinerama.so.0": "libxcb-xinerama0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libXrender.so.1": "libxrender1",
    "libwayland-cursor.so.0": "libwayland-cursor0",
    "libwayland-egl.so.1": "libwayland-egl1",
}
"""Needed by Qt's X11 and Wayland plug-ins: where there is a display, or where they cost no
question."""

RENAMED = {"libglib2.0-0": "libglib2.0-0t64"}
"""Packages that newer releases (Ubuntu 24.04, Debian 13) renamed."""

TEST_TOOLS = {"dciodvfy": "dicom3tools", "dsrdump": "dcmtk"}
"""Programs that tests/interop holds exported DICOM against; those tests skip without them."""

TEST_SERVER = ("Orthanc", "orthanc")
"""Its package starts a service of the machine: only where nothing starts services."""

TOOLS = {"objdump": "binutils", "strip": "binutils", "dpkg-deb": "dpkg", "zstd": "zstd",
         "patchelf": "patchelf"}  # fmt: skip
"""What building the packages needs: command and the package that brings it."""

GATE_TOOLS = {"debootstrap": "debootstrap", "readelf": "binutils", "ip": "iproute2",
              "setpriv": "util-linux"}  # fmt: skip
"""What trying the packages needs (tests/frozen)."""

FONT_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.fonts",
    "~/.local/share/fonts",
)
FONT_PACKAGE = "fonts-dejavu-core"


# --- Python -------------------------------------------------------------------------------------


def python_version(command: str) -> str | None:
    """'3.12' for an interpreter that starts, None for one that does not."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(
            [command, "-c", code], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return answer.stdout.strip() if answer.returncode == 0 else None


def is_final(command: str) -> bool:
    """False for the release candidate of Python 3.11 that Ubuntu 22.04 ships.

    It lacks a function of ``sys`` that came in the last days before the release.
    """
    code = "import sys; sys.get_int_max_str_digits()"
    return subprocess.run([command, "-c", code], capture_output=True, check=False).returncode == 0


def find_python(avoid: Path) -> str:
    """The interpreter to build on: the one that runs this, ``python3``, then 3.13, 3.12, 3.11.

    One that lies under ``avoid`` (the environment that is about to be replaced) does not count.
    A release candidate is taken only where there is nothing better.

    Raises:
        SetupError: there is none of the right version.
    """
    seen, candidates = [], []
    names = (sys.executable, "python3", *(f"python{v}" for v in reversed(PYTHONS)))
    for name in names:
        path = shutil.which(name)
        if path is None or avoid in Path(path).parents:
            continue
        version = python_version(path)
        if version in PYTHONS:
            if is_final(path):
                return path
            candidates.append(path)
        elif version is not None and version not in seen:
            seen.append(version)
    if candidates:
        return candidates[0]
    found = f"found {', '.join(seen)}" if seen else "found none"
    raise SetupError(
        f"Python 3.11, 3.12 or 3.13 is needed, {found}. On Ubuntu 22.04 this line brings one:\n"
        "  sudo apt-get update && sudo apt-get install -y python3.11 python3.11-venv"
    )


def venv_package(python: str) -> str:
    """The package that lets this interpreter make environments."""
    return f"python{python_version(python)}-venv"


# --- libraries and fonts ------------------------------------------------------------------------


def loads(library: str) -> bool:
    """True when the system's loader finds the library and all that it needs."""
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def has_font() -> bool:
    """True when at least one outline font is installed."""
    for folder in FONT_FOLDERS:
        for suffix in ("ttf", "otf", "ttc"):
            if next(Path(folder).expanduser().glob(f"**/*.{suffix}"), None) is not None:
                return True
    return False


def missing_packages(*, with_display: bool) -> list[str]:
    """Debian packages for what Qt would not find here; empty on systems other than Linux.

    Without a display, the libraries of Qt's display plug-ins count only where they can be installed
    without asking anybody, and only together with others.
    """
    if not sys.platform.startswith("linux"):
        return []
    missing = [package for library, package in LIBRARIES.items() if not loads(library)]
    if not has_font():
        missing.append(FONT_PACKAGE)
    if with_display or (missing and may_install()):
        missing += [package for lib, package in DISPLAY_LIBRARIES.items() if not loads(lib)]
    return missing


def missing_tools(tools: dict[str, str] = TOOLS) -> list[str]:
    """Debian packages for those of the commands that are not here."""
    return sorted({package for tool, package in tools.items() if shutil.which(tool) is None})


def missing_python_library(python: str) -> list[str]:
    """Debian's package of the shared library that a frozen program starts Python with, if missing.

    Debian's own Python does without it; another Python brings its own or has none.
    """
    code = (
        "import sys, sysconfig; print(sys.base_prefix, '%d.%d' % sys.version_info[:2],"
        " sysconfig.get_config_var('INSTSONAME'))"
    )
    answer = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    prefix, version, library = [*answer.stdout.split(), "", "", ""][:3]
    return [f"libpython{version}"] if prefix == "/usr" and not loads(library) else []


def _privilege() -> list[str] | None:
    """What goes before apt-get: nothing for root, sudo where it asks no password, else None."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    answer = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
    return ["sudo", "-n"] if answer.returncode == 0 else None


def may_install() -> bool:
    """True when system packages can be installed without asking for a password."""
    return _privilege() is not None


def _known(package: str) -> bool:
    """Whether there is a real package of that name (a virtual one has nothing to show)."""
    answer = subprocess.run(["apt-cache", "show", package], capture_output=True, check=False)
    return answer.returncode == 0 and bool(answer.stdout.strip())


def _names_here(packages: list[str]) -> list[str]:
    """The packages under the names that this release gives them."""
    return [
        RENAMED[p] if p in RENAMED and not _known(p) and _known(RENAMED[p]) else p for p in packages
    ]


def install_line(packages: list[str]) -> str:
    """The one line a person with a password types."""
    return "sudo apt-get update && sudo apt-get install -y --no-install-recommends " + " ".join(
        packages
    )


def install(packages: list[str]) -> None:
    """Install system packages where that needs no password.

    Raises:
        SetupError: it may not, or it failed; holds the one line to type.
    """
    if not packages:
        return
    privilege = _privilege()
    if privilege is None:
        raise SetupError(_by_hand(packages))
    say(f"Installing system packages: {' '.join(packages)}")
    apt = [*privilege, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    apt += ["-q", "-o", "DPkg::Lock::Timeout=300"]
    # A broken third-party source makes `update` fail while the packages here are still found.
    subprocess.run([*apt, "update"], stdout=subprocess.DEVNULL, check=False)
    names = _names_here(packages)
    command = [*apt, "install", "-y", "--no-install-recommends", *names]
    if subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode != 0:
        raise SetupError(
            "The system packages could not be installed (apt-get says why above). "
            f"When that is solved, run the same command again, or:\n  {install_line(names)}"
        )


def _by_hand(packages: list[str]) -> str:
    if shutil.which("apt-get") is None:
        return (
            "Some system packages are missing. Under Debian's names they are: "
            f"{' '.join(packages)}. Install them, then run the same command again."
        )
    return (
        "Some system packages are missing, and installing them needs a password. "
        f"This one line does it; then run the same command again:\n"
        f"  {install_line(_names_here(packages))}"
    )


def install_test_tools() -> None:
    """Install what only tests want, where that needs no password; what fails is only said."""
    missing = missing_tools(TEST_TOOLS)
    program, package = TEST_SERVER
    if shutil.which(program) is None and not Path("/run/systemd/system").exists():
        missing.append(package)
    _try_to_install(missing)


def install_gate_tools() -> None:
    """The same for what the release gate wants."""
    _try_to_install(missing_tools(GATE_TOOLS))


def _try_to_install(missing: list[str]) -> None:
    if not missing or not sys.platform.startswith("linux"):
        return
    try:
        install(missing)
    except SetupError:
        say(f"Some tests will be skipped; {' '.join(missing)} would let them run.")


# --- display ------------------------------------------------------------------------------------


def _answers(address: str | tuple[str, int]) -> bool:
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(3.0)
        try:
            probe.connect(address)
        except OSError:
            return False
    return True


def _x11_answers(name: str) -> bool:
    """Whether an X server listens behind a DISPLAY such as ':0', 'unix:0' or 'host:10.0'."""
    host, _, number = name.rpartition(":")
    number = number.split(".")[0]
    if not number.isdigit():
        return False
    if host in ("", "unix"):
        path = f"/tmp/.X11-unix/X{number}"
        return _answers(path) or _answers("\0" + path)
    return _answers((host, 6000 + int(number)))


def display() -> str | None:
    """The display a window can open on, or None (no session, or nothing answers there)."""
    if os.environ.get("QT_QPA_PLATFORM", "").split(":")[0] in ("offscreen", "minimal"):
        return None
    if not sys.platform.startswith("linux"):
        return sys.platform
    wayland = os.environ.get("WAYLAND_DISPLAY")
    if wayland:
        path = Path(os.environ.get("XDG_RUNTIME_DIR", "/nowhere")) / wayland
        if _answers(str(path)):
            return wayland
    x11 = os.environ.get("DISPLAY")
    return x11 if x11 and _x11_answers(x11) else None
