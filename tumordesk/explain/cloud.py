"""Models that a program on this machine sends on to somebody else's computers: refused.

Ollama lists such models beside those that run here. They give themselves away by name
('gpt-oss:120b-cloud', 'glm-4.6:cloud') or by 'remote_host' and 'remote_model' in what
/api/tags and /api/show say of them; a copy under another name keeps these.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tumordesk.core.errors import TumorDeskError

_REMOTE = ("remote_host", "remote_model")
_PARENTS = ("parent_model", "from")
_DEPTH = 4


class CloudModel(TumorDeskError):
    """The model does not run where it is asked."""


def cloud_by_name(model: str) -> bool:
    """True where the name itself says that the model runs in a cloud."""
    return any(
        part == "cloud" or part.endswith("-cloud") for part in re.split(r"[:/@]", model.lower())
    )


def forwarded(document: Any, depth: int = _DEPTH) -> bool:
    """True where a description of a model (from /api/show or /api/tags) says that it is remote."""
    if not isinstance(document, Mapping) or depth < 1:
        return False
    for name, value in document.items():
        if name in _REMOTE and value:
            return True
        if name in _PARENTS and isinstance(value, str) and cloud_by_name(value):
            return True
        if isinstance(value, Mapping) and forwarded(value, depth - 1):
            return True
    return False


def forwarded_names(tags: Any) -> frozenset[str]:
    """Names of remote models in the answer of /api/tags, with and without ':latest'."""
    models = tags.get("models") if isinstance(tags, Mapping) else None
    names: set[str] = set()
    for entry in models if isinstance(models, list) else []:
        if forwarded(entry):
            given = (entry.get("name"), entry.get("model"))
            names.update(name for name in given if isinstance(name, str))
    return frozenset(names | {name.removesuffix(":latest") for name in names})


def refusal(model: str, place: str) -> CloudModel:
    """Why a model is not asked."""
    return CloudModel(
        f"{model} does not run on {place}: it is sent on to a cloud.",
        "Choose a model that runs where it is asked.",
    )
