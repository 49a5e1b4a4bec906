"""JSON both ways for frozen dataclasses, and files that are either whole or not there."""

from __future__ import annotations

import dataclasses
import enum
import json
import math
import os
import stat
import tempfile
import types
import typing
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tumordesk.core.errors import ConfigError, WriteError, plain_reason

T = TypeVar("T")
MAX_JSON_BYTES = 256 * 2**20
"""No file of ours comes near it."""


def _read_umask() -> int:
    current = os.umask(0o077)
    os.umask(current)
    return current


# Read once at import: the only way to read it sets it, which is not safe with threads about.
_UMASK = _read_umask()


def to_plain(value: Any) -> Any:
    """Dataclasses, tuples, enums and paths as what ``json`` can write."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, dict):
        return {str(k): to_plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(v) for v in value]
    if isinstance(value, Path):
        return str(value)
    return value


def from_plain(cls: type[T], data: Any, where: str = "") -> T:
    """Build the dataclass ``cls`` from decoded JSON, strictly.

    Unknown keys, missing required keys and values of another type raise
    :class:`ConfigError` naming the place (``metrics[0].value``).
    """
    result: T = _convert(cls, data, where or cls.__name__)
    return result


def _dataclass_from(cls: Any, data: Any, where: str) -> Any:
    if not isinstance(data, dict):
        raise ConfigError(f"{where} must be an object, not {type(data).__name__}.")
    fields = {f.name: f for f in dataclasses.fields(cls)}
    unknown = sorted(set(data) - set(fields))
    if unknown:
        raise ConfigError(f"{where} has unknown entries: {', '.join(unknown)}.")
    hints = typing.get_type_hints(cls)
    kwargs = {k: _convert(hints[k], v, f"{where}.{k}") for k, v in data.items()}
    for name, field in fields.items():
        has_default = (
            field.default is not dataclasses.MISSING
            or field.default_factory is not dataclasses.MISSING
        )
        if name not in kwargs and not has_default:
            raise ConfigError(f"{where} lacks the entry '{name}'.")
    try:
        return cls(**kwargs)
    except ValueError as error:
        raise ConfigError(f"{where}: {error}") from error


def _convert(hint: Any, value: Any, where: str) -> Any:
    origin = typing.get_origin(hint)
    args = typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        return _convert_union(args, value, where)
    if origin is typing.Literal:
        if value not in args:
            raise ConfigError(
                f"{where} must be one of {', '.join(map(repr, args))}, not {value!r}."
            )
        return value
    if origin in (tuple, list):
        return _convert_sequence(origin, args, value, where)
    if origin is dict:
        if not isinstance(value, dict):
            raise ConfigError(f"{where} must be an object.")
        return {k: _convert(args[1], v, f"{where}.{k}") for k, v in value.items()}
    if dataclasses.is_dataclass(hint):
        return _dataclass_from(hint, value, where)
    return _convert_scalar(hint, value, where)


def _convert_union(args: tuple[Any, ...], value: Any, where: str) -> Any:
    if value is None and type(None) in args:
        return None
    errors: list[ConfigError] = []
    for option in args:
        if option is type(None):
            continue
        try:
            return _convert(option, value, where)
        except ConfigError as error:
            errors.append(error)
    raise errors[-1]


def _convert_sequence(origin: Any, args: tuple[Any, ...], value: Any, where: str) -> Any:
    if not isinstance(value, (list, tuple)):
        raise ConfigError(f"{where} must be a list.")
    if origin is list or (len(args) == 2 and args[1] is Ellipsis):
        return origin(_convert(args[0], v, f"{where}[{i}]") for i, v in enumerate(value))
    if len(value) != len(args):
        raise ConfigError(f"{where} must have {len(args)} entries, not {len(value)}.")
    pairs = zip(args, value, strict=True)
    return tuple(_convert(a, v, f"{where}[{i}]") for i, (a, v) in enumerate(pairs))


def _convert_scalar(hint: Any, value: Any, where: str) -> Any:
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        try:
            return hint(value)
        except ValueError as error:
            known = ", ".join(repr(m.value) for m in hint)
            raise ConfigError(f"{where} must be one of {known}, not {value!r}.") from error
    if hint is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        return _finite(value, where)
    if hint is Path and isinstance(value, str):
        return Path(value)
    right = isinstance(value, hint) and not (hint in (int, float) and isinstance(value, bool))
    if not right:
        raise ConfigError(f"{where} must be {hint.__name__}, not {type(value).__name__}.")
    return value


def _finite(value: float, where: str) -> float:
    """``value`` as a float. NaN and infinity are no JSON, and could not be written again."""
    try:
        found = float(value)
    except OverflowError as error:
        raise ConfigError(f"{where} is too large a number.") from error
    if not math.isfinite(found):
        raise ConfigError(f"{where} must be a finite number.")
    return found


def dumps(value: Any) -> str:
    """Readable JSON text of a dataclass or plain value, refusing NaN and infinity."""
    return json.dumps(to_plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def atomic_write(path: Path, write: Callable[[Path], None], *, overwrite: bool = True) -> None:
    """Let ``write`` fill a temporary file beside ``path``, then move it into place.

    The temporary name keeps the file's suffixes, so that libraries that look at them work.

    Raises:
        WriteError: the disk is full, the folder cannot be written, or the file exists and
            ``overwrite`` is False. Nothing partial is left behind.
    """
    if not overwrite and path.exists():
        raise WriteError(f"{path.name} is already there.", "Choose another name or folder.")
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".part-", suffix="-" + path.name, dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        # mkstemp makes private files; a result is as readable as any other file of the user's.
        temporary.chmod(0o666 & ~_UMASK)
        write(temporary)
        with temporary.open("rb+") as stream:
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        reason = plain_reason(error)
        raise WriteError(
            f"{path.name} could not be written: {reason}.",
            "Check free space and that the folder can be written, then try again.",
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any, *, overwrite: bool = True) -> None:
    """Write JSON atomically. Raises WriteError as :func:`atomic_write`."""
    data = dumps(value).encode("utf-8")
    atomic_write(path, lambda temporary: _write_bytes(temporary, data), overwrite=overwrite)


def _write_bytes(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def read_json(path: Path) -> Any:
    """Decode a JSON file. Raises ConfigError naming the file when it is missing, not JSON, a
    device (which may never end) or absurdly large."""
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
            raise ConfigError(f"{path.name} cannot be read: it is no plain file.")
        if found.st_size > MAX_JSON_BYTES:
            raise ConfigError(f"{path.name} cannot be read: it is absurdly large.")
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ConfigError(f"{path.name} is missing.") from error
    except (OSError, ValueError, RecursionError) as error:  # also numbers of absurd length
        raise ConfigError(f"{path.name} cannot be read: {plain_reason(error)}.") from error
