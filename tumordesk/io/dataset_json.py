"""Names of sequences, and of label numbers, in the dataset.json of a training set.

nnU-Net, and the Medical Segmentation Decathlon before it, number the sequences of a patient (files
'P1_0000', 'P1_0001' or the volumes of one file) and say in dataset.json what each number is. The
Decathlon writes labels as {"1": "edema"}, nnU-Net as {"edema": 1}.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import read_json
from tumordesk.core.study import MR_SEQUENCES, Sequence, SequenceGuess
from tumordesk.imaging.sequence import guess_from_name
from tumordesk.io.names import stem

DATASET_JSON = "dataset.json"
_KEYS = ("channel_names", "modality")
_NUMBERED = re.compile(r"_(00\d\d)$")
_NUMBER = re.compile(r"[0-9]{1,4}")
_MOST_BYTES = 16 << 20


def guess_from_dataset(
    name: str, folders: Iterable[Path], volume: int | None = None
) -> SequenceGuess | None:
    """The sequence of a numbered file, or of one of its volumes, as dataset.json names it.

    Args:
        name: of the file.
        folders: where dataset.json is looked for: that of the file, and the one above.
        volume: which volume of the file, from 0; None where it holds one.

    Returns:
        None where nothing is said.
    """
    match = _NUMBERED.search(stem(Path(name)))
    number = int(match[1]) if volume is None and match else volume
    if number is None:
        return None
    told = (named_channels(folder).get(number) for folder in folders)
    sequence = next(filter(None, told), None)
    return (
        None if sequence is None else SequenceGuess(sequence, f"number {number} in {DATASET_JSON}")
    )


def named_channels(folder: Path) -> dict[int, Sequence]:
    """{0: Sequence.FLAIR, ...} of the dataset.json of a folder; empty where it names none."""
    facts = _facts(folder)
    said = (facts.get(key) for key in _KEYS)
    told: dict[str, object] = next((one for one in said if isinstance(one, dict) and one), {})
    pairs = ((str(n), guess_from_name(str(name)).sequence) for n, name in told.items())
    return {int(n): name for n, name in pairs if _NUMBER.fullmatch(n) and name in MR_SEQUENCES}


def named_labels(folder: Path) -> dict[str, str]:
    """{"1": "edema", ...} of the dataset.json of a folder; empty where it names none.

    Regions of several numbers, as nnU-Net has them, are none of them.
    """
    told = _facts(folder).get("labels")
    pairs = told.items() if isinstance(told, dict) else ()
    turned = (sorted((str(a), str(b)), key=_is_name) for a, b in pairs)
    return {n: name for n, name in turned if not _is_name(n) and _is_name(name)}


def _is_name(text: str) -> bool:
    return _NUMBER.fullmatch(text) is None


def _facts(folder: Path) -> dict[str, Any]:
    """What the dataset.json of a folder holds; nothing where there is none."""
    path = folder / DATASET_JSON
    try:
        facts = path.stat()
    except OSError:
        return {}
    return _read(path, facts.st_mtime_ns) if facts.st_size <= _MOST_BYTES else {}


@lru_cache(maxsize=16)
def _read(path: Path, changed: int) -> dict[str, Any]:
    try:
        plain = read_json(path)
    except ConfigError:
        return {}  # nobody asked for this file: what it names stays unknown without it
    return plain if isinstance(plain, dict) else {}
