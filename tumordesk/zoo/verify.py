"""Does a weights file carry the sha256 its card promises? Checked once for each file and change."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

from tumordesk.core.errors import ModelError, plain_reason
from tumordesk.core.model_card import ModelCard
from tumordesk.zoo.safety import check_safetensors

_SUFFIX = ".safetensors"
_HINT = "The file may be damaged or not finished copying: fetch the model again."

_Key = tuple[str, int, int]
_seen: dict[_Key, str] = {}
_lock = threading.Lock()


def weights_path(folder: Path, card: ModelCard) -> Path:
    """The weights file of a model folder.

    Raises:
        ModelError: it is missing, is no .safetensors file, or is a link or lies elsewhere.
    """
    if not card.weights_file.endswith(_SUFFIX):
        raise ModelError(
            f"Model {card.id} names the weights file {card.weights_file!r}.",
            "TumorDesk opens .safetensors weights only; other formats can run code.",
        )
    path = folder / card.weights_file
    if path.is_symlink() or (path.exists() and path.resolve().parent != folder.resolve()):
        raise ModelError(
            f"The weights of model {card.id} are a link to another place, which is refused.",
            "Put the weights file itself into the model's folder.",
        )
    if not path.is_file():
        raise ModelError(f"Model {card.id} has no weights: {card.weights_file} is missing.", _HINT)
    return path


def file_sha256(path: Path) -> str:
    """sha256 of a file, lower-case hex; remembered in the process by size and time of change."""
    status = path.stat()
    key = (str(path.resolve()), status.st_size, status.st_mtime_ns)
    with _lock:
        known = _seen.get(key)
    if known is not None:
        return known
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    with _lock:
        _seen[key] = digest
    return digest


def verify_model(folder: Path, card: ModelCard) -> Path:
    """Check the weights of a model folder against its card; return their path.

    Raises:
        ModelError: missing, a link, not sound safetensors, or not the promised sha256.
    """
    path = weights_path(folder, card)
    check_safetensors(path)
    if len(card.weights_sha256) != 64:
        raise ModelError(
            f"The card of model {card.id} does not say which weights belong to it.",
            "A model card needs the entry weights_sha256.",
        )
    try:
        digest = file_sha256(path)
    except OSError as error:
        reason = plain_reason(error)
        raise ModelError(f"{path.name} of model {card.id} cannot be read: {reason}.") from error
    if digest != card.weights_sha256.lower():
        raise ModelError(
            f"The weights of model {card.id} are not the ones its card describes "
            f"(sha256 {digest[:12]}… instead of {card.weights_sha256[:12]}…).",
            _HINT,
        )
    return path
