"""The reference of a classifier, beside its weights: there, and the one its card describes?

A model without a sound reference still works; it only cannot say whether a picture is unlike
those it learned from.
"""

from __future__ import annotations

from pathlib import Path

from tumordesk.core.errors import ModelError, plain_reason
from tumordesk.core.model_card import REFERENCE_NAME, ModelCard
from tumordesk.zoo.safety import check_safetensors
from tumordesk.zoo.verify import file_sha256

MAX_REFERENCE_BYTES = 4 * 1024**2
_HINT = "Make it again with 'tumordesk-train reference', or fetch the model again."


def reference_file(folder: Path, card: ModelCard) -> Path | None:
    """The reference that a card names, where it is a plain file of a sensible size.

    What is in it is not looked at: a damaged one travels with its model and is refused when used.
    """
    path = folder / REFERENCE_NAME
    if card.reference is None or path.is_symlink() or not path.is_file():
        return None
    return path if path.stat().st_size <= MAX_REFERENCE_BYTES else None


def verify_reference(folder: Path, card: ModelCard) -> Path | None:
    """Check the reference of a model folder against its card; its path, or None without one.

    Raises:
        ModelError: missing, a link, too large, not sound safetensors, or not the promised sha256.
    """
    if card.reference is None:
        return None
    path = folder / REFERENCE_NAME
    what = f"The reference of model {card.id}"
    if path.is_symlink():
        raise ModelError(f"{what} is a link to another place, which is refused.", _HINT)
    if not path.is_file():
        raise ModelError(f"{what} is missing.", _HINT)
    try:
        if path.stat().st_size > MAX_REFERENCE_BYTES:
            raise ModelError(f"{what} is over 4 MB, which is refused.", _HINT)
        check_safetensors(path)
        digest = file_sha256(path)
    except OSError as error:
        raise ModelError(f"{what} cannot be read: {plain_reason(error)}.", _HINT) from error
    if digest != card.reference.sha256.lower():
        raise ModelError(
            f"{what} is not the one its card describes (sha256 {digest[:12]}… instead of "
            f"{card.reference.sha256[:12]}…).",
            _HINT,
        )
    return path
