"""Settings of the user, kept as JSON; a damaged file costs the settings, never the start."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import from_plain, read_json, write_json
from tumordesk.core.paths import config_dir

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingChoices:
    """What the training wizard remembers. ``values``: choices of single pages, by name."""

    expert: bool = False
    recent: tuple[str, ...] = ()
    recipe: str = ""
    architecture: str = ""
    last_run: str = ""
    geometry: str = ""
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ExportChoices:
    """What the Export dialog remembers; formats by their names on the command line."""

    formats: tuple[str, ...] = ("seg", "sr", "sc", "pdf", "nifti", "json")
    folder: str = ""
    pdf_as_dicom: bool = False


@dataclass(frozen=True)
class Settings:
    """Everything a person can choose, with the defaults."""

    schema: int = 1
    theme: Literal["dark", "light"] = "dark"
    mouse_scheme: Literal["pacs", "itk-snap", "slicer"] = "pacs"
    device: Literal["auto", "cpu", "cuda", "mps"] = "auto"
    overlay_opacity: float = 0.45
    test_time_flips: bool = False
    hide_names: bool = False
    segmentation_model: str = ""
    classification_model: str = ""
    recent: tuple[str, ...] = ()
    layout: str = "single"
    window_state: str = ""
    window_geometry: str = ""
    training_set: str = ""
    """Folder that corrected outlines are added to."""
    training_salt: str = ""
    """Secret of the hashes that stand for patients there; never written anywhere else."""
    batch_out: str = ""
    """Folder of results of a batch that may not be finished."""
    training: TrainingChoices = field(default_factory=TrainingChoices)
    export: ExportChoices = field(default_factory=ExportChoices)
    explain_language: Literal["en", "ko", "zh-Hant", "de", "fr", "es"] = "en"
    explain_register: Literal["patient", "referrer", "radiologist"] = "patient"
    explain_endpoint: str = ""
    """Address of a language model; empty means the usual one on this machine."""
    explain_model: str = ""
    explain_consent: tuple[str, ...] = ()
    """Addresses beyond this machine that findings may be sent to ('https://models.example.org')."""


class SettingsStore:
    """Loads and atomically saves :class:`Settings`."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or config_dir() / "settings.json"

    def load(self) -> Settings:
        """Settings from disk; the defaults when there are none or they are damaged."""
        if not self._path.exists():
            return Settings()
        try:
            return from_plain(Settings, read_json(self._path), "settings")
        except ConfigError as error:
            _log.warning("settings file not usable, using defaults: %s", type(error).__name__)
            return Settings()

    def save(self, settings: Settings) -> None:
        """Write atomically. Raises WriteError."""
        write_json(self._path, settings)


class UnsavedSettings(SettingsStore):
    """Settings of a window that must neither read nor change the user's: demo, self-test."""

    def load(self) -> Settings:
        """The defaults."""
        return Settings()

    def save(self, settings: Settings) -> None:
        """Nothing is kept."""
