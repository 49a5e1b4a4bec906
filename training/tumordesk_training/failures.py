"""What can go wrong in a training, in words that a person understands."""

from __future__ import annotations

import torch

from tumordesk.core.errors import DataError, TumorDeskError, WriteError


def is_memory(error: BaseException) -> bool:
    """Whether the error says that memory does not suffice, on a GPU or in the machine."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)


def in_plain_words(error: Exception, processes: int, kept_epoch: int = 0) -> Exception:
    """The error itself, or one that a person understands, for what torch has no type of its own.

    Args:
        kept_epoch: the last epoch whose checkpoint is whole; a full disk does not harm it.
    """
    if isinstance(error, WriteError) and kept_epoch:
        kept = f"All up to epoch {kept_epoch} is kept: go on from there with --resume."
        return WriteError(error.message, f"{error.hint} {kept}".strip())
    if isinstance(error, TumorDeskError):
        return error
    if is_memory(error):
        return DataError(
            "The memory does not suffice for this training.",
            "Use a smaller batch_size or input.size, or a smaller network.",
        )
    first = (str(error).splitlines() or [""])[0]
    if first.startswith("Expected more than 1 value per channel"):
        return DataError(
            "A batch of one such small picture is too little for this network.",
            "Use a larger batch_size or input.size.",
        )
    if processes > 1 and isinstance(error, RuntimeError):
        return DataError(
            f"Another process of this run ended or cannot be reached ({first[:200]}).",
            "See what that process says; then go on with --resume.",
        )
    return error


def diverged(what: str, epoch: int, step: int, best_epoch: int) -> DataError:
    """The error for a loss, or weights, that are not numbers any more.

    Args:
        what: "The loss is" or "The weights are".
        best_epoch: epoch of the best checkpoint so far, 0 where there is none.
    """
    kept = f" The best checkpoint (epoch {best_epoch}) is kept." if best_epoch else ""
    where = f"in epoch {epoch} (step {step})"
    return DataError(
        f"{what} no longer a number {where}: the training went astray.{kept}",
        "Start again with a smaller learning rate, or with precision 'float32'.",
    )
