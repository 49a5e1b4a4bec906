"""Where the program's own files are, and where the user's are: frozen, installed or a checkout."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import platformdirs

from tumordesk.core.policy import policy

_APP = "TumorDesk"


def resource_root() -> Path:
    """Folder with icons, models and samples, in a checkout, a wheel or a frozen program."""
    package = Path(__file__).resolve().parents[1]
    frozen = getattr(sys, "_MEIPASS", None)
    candidates = [package / "_resources", package.parent / "resources"]
    if frozen is not None:
        candidates.insert(0, Path(frozen) / "resources")
    for folder in candidates:
        if folder.is_dir():
            return folder
    return candidates[-1]


def portable_home() -> Path:
    """The data folder of a portable program: beside the program's own folder.

    A frozen program in ``TumorDesk/program`` keeps everything in ``TumorDesk/TumorDesk-data``.
    """
    start = Path(sys.executable if getattr(sys, "frozen", False) else sys.argv[0]).resolve().parent
    top = start.parent if start.name == "program" else start
    return top / "TumorDesk-data"


def _user_dir(kind: str) -> Path:
    """A user folder; ``TUMORDESK_HOME`` moves all of them (portable installs, tests)."""
    home = os.environ.get("TUMORDESK_HOME")
    if home:
        return Path(home) / kind
    finder = {
        "config": platformdirs.user_config_path,
        "data": platformdirs.user_data_path,
        "cache": platformdirs.user_cache_path,
        "log": platformdirs.user_log_path,
    }[kind]
    return finder(_APP, appauthor=False)


def config_dir() -> Path:
    """Settings of this user (not created here)."""
    return _user_dir("config")


def data_dir() -> Path:
    """Models, corrections and training runs of this user (not created here)."""
    return _user_dir("data")


def cache_dir() -> Path:
    """What may be deleted at any time (not created here)."""
    return _user_dir("cache")


def log_dir() -> Path:
    """Log files without patient identifiers (not created here); the machine's policy may say."""
    return policy().log_folder or _user_dir("log")


def user_models_dir() -> Path:
    """Models the user trained or added."""
    return data_dir() / "models"


def site_models_dir() -> Path | None:
    """Models for everybody on this machine, where its policy names a folder."""
    return policy().models_folder


def bundled_models_dir() -> Path:
    """Models that come with the program."""
    return resource_root() / "models"


def manual_dir() -> Path:
    """The user manual: pages in Markdown, with their pictures."""
    inside = resource_root() / "docs" / "manual"
    return inside if inside.is_dir() else resource_root().parent / "docs" / "manual"


def sample_study_dir() -> Path:
    """The bundled sample study."""
    return resource_root() / "samples" / "tcga-fg-6692"
