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


class ExportRefused(WriteError):
    """What was found, or where it comes from, does not allow this format; retrying is no use."""


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


_KINDS = {
    "DecompressionBombError": "it claims more pixels than a picture may have",
    "UnidentifiedImageError": "it is not a picture of a known kind",
    "BadZipFile": "it is not a whole zip archive",
    "LargeZipFile": "it is too large for a zip archive",
    "EOFError": "it ends too early",
    "UnicodeDecodeError": "its text is not in a known encoding",
    "MemoryError": "there is not enough memory for it",
    "RecursionError": "it is nested absurdly deep",
    "NotImplementedError": "it uses a feature that is not supported",
    "KeyError": "an entry it needs is missing",
    "IndexError": "it ends too early",
    "OverflowError": "a number in it is out of range",
    "ZeroDivisionError": "a number in it is zero that must not be",
    "struct.error": "it ends too early",
    "zlib.error": "its compressed data are damaged",
}


def plain_reason(error: BaseException) -> str:
    """Why something failed, for a sentence that people read: never the name of a class.

    The system's own words where it has some ("No space left on device"), else what that kind of
    error says of a file, else that its contents make no sense.
    """
    words = getattr(error, "strerror", None)
    if isinstance(error, OSError) and isinstance(words, str) and words:
        return words
    beneath = error.__cause__ or error.__context__
    if isinstance(error, OSError) and isinstance(beneath, OSError) and beneath is not error:
        # Libraries wrap the system's error in one of the same kind with their own words.
        return plain_reason(beneath)
    for kind in type(error).__mro__:
        found = _KINDS.get(kind.__name__) or _KINDS.get(f"{kind.__module__}.{kind.__name__}")
        if found:
            return found
    return (
        "the system gave no reason" if isinstance(error, OSError) else "its contents make no sense"
    )
