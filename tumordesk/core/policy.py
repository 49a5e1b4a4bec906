"""What the administrator of a machine has fixed for everybody; it wins over people's settings.

The file is JSON, in a folder that only administrators write to::

    {"schema": 1, "offline_only": true, "disabled": ["language-model"],
     "models_folder": "/srv/tumordesk/models", "log_folder": "/var/log/tumordesk"}

A damaged file is not passed over: everything that it could have switched off is then off.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError, TumorDeskError
from tumordesk.core.jsonio import read_json

FEATURES = ("training", "batch", "language-model", "add-models")
"""What can be switched off."""
_SAID = {
    "training": "Training models",
    "batch": "Working through many studies",
    "language-model": "Asking a language model",
    "add-models": "Adding models",
    "network": "Connecting to the network",
}
_KNOWN = {"schema", "offline_only", "disabled", "models_folder", "log_folder", "note"}


@dataclass(frozen=True)
class Policy:
    """The administrator's choices.

    ``offline_only``: no connection leaves this machine, also where a person asks for one.
    ``models_folder``: models for everybody, read beside the bundled ones. ``log_folder``: where
    logs go instead of each person's folder. ``problem``: why the file could not be used.
    """

    offline_only: bool = False
    disabled: frozenset[str] = frozenset()
    models_folder: Path | None = None
    log_folder: Path | None = None
    source: Path | None = None
    problem: str = ""

    def allows(self, feature: str) -> bool:
        """Whether ``feature`` (of FEATURES, or 'network') may be used."""
        if feature == "network":
            return not self.offline_only
        return feature not in self.disabled

    def refusal(self, feature: str) -> str:
        """Why ``feature`` is off, in a sentence; empty where it is allowed."""
        if self.allows(feature):
            return ""
        if self.problem:
            return f"{_SAID[feature]} is off: {self.problem}"
        return f"{_SAID[feature]} is switched off on this machine by its administrator."

    def require(self, feature: str) -> None:
        """Raise TumorDeskError where ``feature`` is off."""
        if not self.allows(feature):
            raise TumorDeskError(self.refusal(feature), "Ask your IT department.")


def _program_data() -> Path:
    """Windows' folder for everybody, from the system: a person could set %PROGRAMDATA% anew."""
    if sys.platform != "win32":
        raise OSError("only Windows has such a folder")
    import ctypes

    buffer = ctypes.create_unicode_buffer(1024)
    common_app_data = 0x23
    if ctypes.windll.shell32.SHGetFolderPathW(None, common_app_data, None, 0, buffer):
        return Path(r"C:\ProgramData")
    return Path(buffer.value)


def policy_file() -> Path:
    """Where the policy of this machine lies; ``TUMORDESK_POLICY`` names another file.

    The variable can only be used to restrict further where the machine has a policy of its own:
    see :func:`policy`.
    """
    if sys.platform == "win32":
        return _program_data() / "TumorDesk" / "policy.json"
    if sys.platform == "darwin":
        return Path("/Library/Application Support/TumorDesk/policy.json")
    return Path("/etc/tumordesk/policy.json")


@cache
def policy() -> Policy:
    """The policy of this machine, read once. A policy of its own is never passed over."""
    machine = policy_file()
    named = os.environ.get("TUMORDESK_POLICY")
    if named and not _there(machine):
        return read_policy(Path(named))
    return read_policy(machine)


def _there(path: Path) -> bool:
    """Whether there is such a file, be it a link to a drive that is away or one that may not be
    looked at: what cannot be read must not count as no policy."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (OSError, ValueError):
        return True
    return True


def read_policy(path: Path) -> Policy:
    """The policy in ``path``; no restrictions where there is no such file."""
    if not _there(path):
        return Policy()
    try:
        return _from(read_json(path), path)
    except ConfigError as error:
        problem = f"the policy file {path.name} cannot be used ({error.message})"
        return Policy(True, frozenset(FEATURES), source=path, problem=problem)


def _from(data: Any, path: Path) -> Policy:
    if not isinstance(data, dict):
        raise ConfigError("it holds no table of settings")
    unknown = sorted(set(data) - _KNOWN)
    if unknown:
        raise ConfigError(f"it does not know the entry '{unknown[0]}'")
    disabled = data.get("disabled", [])
    if not isinstance(disabled, list) or not all(name in FEATURES for name in disabled):
        raise ConfigError(f"'disabled' is a list of {', '.join(FEATURES)}")
    if not isinstance(data.get("offline_only", False), bool):
        raise ConfigError("'offline_only' is true or false")
    return Policy(
        offline_only=data.get("offline_only", False),
        disabled=frozenset(disabled),
        models_folder=_folder(data, "models_folder"),
        log_folder=_folder(data, "log_folder"),
        source=path,
    )


def _folder(data: dict[str, Any], name: str) -> Path | None:
    text = data.get(name)
    if text is None:
        return None
    if not isinstance(text, str) or not Path(text).is_absolute():
        raise ConfigError(f"'{name}' is a whole path")
    return Path(text)
