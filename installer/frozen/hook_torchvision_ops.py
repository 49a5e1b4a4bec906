"""Runtime hook of CPU builds whose torchvision was compiled for CUDA: see build.py.

The compiled part of such a torchvision does not load beside a torch without CUDA, and its Python
part then fails on two operators that do not exist. Declaring them (they are never called: TumorDesk
detects no boxes) lets everything else work. Where the compiled part loads, this does nothing.
"""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

_SCHEMA = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_kept: list[object] = []


class _BeforeTorchvision(importlib.abc.MetaPathFinder):
    """Declares the operators right before torchvision is imported for the first time."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Never finds anything: it only gets its turn."""
        if name == "torchvision":
            sys.meta_path.remove(self)
            _declare()
        return None


def _declare() -> None:
    import torch

    if torch.version.cuda is not None:
        return
    library = torch.library.Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for operator in ("nms", "qnms"):
        library.define(f"{operator}{_SCHEMA}")  # type: ignore[no-untyped-call]
    _kept.append(library)


sys.meta_path.insert(0, _BeforeTorchvision())
