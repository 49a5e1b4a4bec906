"""Is this safetensors file what it says, before anything loads it? Standard library only.

Format: 8 bytes little-endian length N of the header, N bytes of JSON
(``{name: {"dtype", "shape", "data_offsets": [start, end]}}``, optional ``__metadata__``), data.
https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any, TypeGuard

from tumordesk.core.errors import ModelError, plain_reason

MAX_FILE_BYTES = 2 * 1024**3
MAX_HEADER_BYTES = 4 * 1024**2
MAX_TENSORS = 20_000
MAX_DIMENSIONS = 6
_DTYPE_BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2,
    "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
}  # fmt: skip
_HINT = "The file may be damaged or not finished copying: fetch the model again."


def check_safetensors(path: Path) -> None:
    """Check size, header and layout of a weights file without reading the weights.

    Raises:
        ModelError: the file is missing or unreadable, is not safetensors, is larger than the
            limits above, or its tensors do not exactly fill the file.
    """
    try:
        with path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            header, data_bytes = _read_header(path, stream.read, size)
    except OSError as error:
        reason = plain_reason(error)
        raise ModelError(f"{path.name} cannot be read: {reason}.", _HINT) from error
    _check_layout(path, header, data_bytes)


def _read_header(path: Path, read: Any, size: int) -> tuple[dict[str, Any], int]:
    if size > MAX_FILE_BYTES:
        raise ModelError(
            f"{path.name} is {size / 1024**3:.1f} GB; weights over 2 GB are refused.",
            "No network of TumorDesk is that large: this is not one of its models.",
        )
    start = read(8)
    length = int.from_bytes(start, "little")
    if len(start) < 8 or length < 2:
        raise ModelError(f"{path.name} is not a safetensors file.", _HINT)
    if length > MAX_HEADER_BYTES:
        raise ModelError(
            f"{path.name} announces a header of {length} bytes; more than 4 MB is refused.",
            "This is not a safetensors file, or it was made to do harm: do not use it.",
        )
    if 8 + length > size:
        raise ModelError(f"{path.name} is cut off: it ends within its header.", _HINT)
    try:
        header = json.loads(read(length).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{path.name} is not a safetensors file.", _HINT) from error
    if not isinstance(header, dict):
        raise ModelError(f"{path.name} is not a safetensors file.", _HINT)
    return header, size - 8 - length


def _check_layout(path: Path, header: dict[str, Any], data_bytes: int) -> None:
    entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
    if not 1 <= len(entries) <= MAX_TENSORS:
        raise ModelError(f"{path.name} holds {len(entries)} tensors, which is not allowed.", _HINT)
    spans = sorted(_span(path, name, entry) for name, entry in entries.items())
    position = 0
    for start, end in spans:
        if start != position:
            raise ModelError(f"{path.name} is damaged: its tensors overlap or leave gaps.", _HINT)
        position = end
    if position > data_bytes:
        raise ModelError(
            f"{path.name} is cut off: {position - data_bytes} bytes of the weights are missing.",
            _HINT,
        )
    if position < data_bytes:
        raise ModelError(f"{path.name} is damaged: it is longer than its weights.", _HINT)


def _span(path: Path, name: str, entry: Any) -> tuple[int, int]:
    """(start, end) of one tensor's data. Raises ModelError where the entry makes no sense."""
    wrong = ModelError(f"{path.name} is damaged: the entry {name[:80]!r} makes no sense.", _HINT)
    if not isinstance(entry, dict):
        raise wrong
    shape, offsets = entry.get("shape"), entry.get("data_offsets")
    width = _DTYPE_BYTES.get(str(entry.get("dtype")))
    if width is None or not (_whole_numbers(shape) and _whole_numbers(offsets)):
        raise wrong
    if len(shape) > MAX_DIMENSIONS or len(offsets) != 2:
        raise wrong
    if offsets[1] - offsets[0] != math.prod(shape) * width:
        raise wrong
    return offsets[0], offsets[1]


def _whole_numbers(value: Any) -> TypeGuard[list[int]]:
    return isinstance(value, list) and all(type(v) is int and v >= 0 for v in value)
