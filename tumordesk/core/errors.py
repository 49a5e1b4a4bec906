"""Errors a person is meant to read: what happened, and what to do about it."""

from __future__ import annotations


class TumorDeskError(Exception):
    """An expected failure, told in plain words.

    ``message`` says what file or thing was wrong and how; ``hint`` says what to do.
    Anything raised that is not a TumorDeskError is a defect of the program.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class ReadError(TumorDeskError):
    """A file or series cannot be read."""


class WriteError(TumorDeskError):
    """A file cannot be written: full disk, read-only folder, vanished drive, already there."""


class ModelError(TumorDeskError):
    """A model is missing, damaged, or not what its card says."""


class ModelNotFound(ModelError):
    """No model of that name is in the zoo."""


class InputMismatch(TumorDeskError):
    """An image cannot be given to this model at all (a mere doubt is a warning, not this)."""


class MeasurementRefused(TumorDeskError):
    """The geometry does not support the measurement that was asked for."""


class DataError(TumorDeskError):
    """A training folder cannot be used as it is."""


class ConfigError(TumorDeskError):
    """A setting, configuration or JSON document holds a value that is not allowed."""


class Cancelled(Exception):
    """The user cancelled the job; quiet by design."""
