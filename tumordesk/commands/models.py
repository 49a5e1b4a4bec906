"""Lists the models at hand, adds one, and writes one as a single file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tumordesk.commands.console import Exit, say, say_json
from tumordesk.core.errors import ModelError
from tumordesk.core.jsonio import to_plain
from tumordesk.core.model_card import NOTICE

if TYPE_CHECKING:
    from tumordesk.zoo import ModelEntry, Zoo


def models(*, as_json: bool) -> int:
    """Print every model that can be used, and what was refused and why."""
    from tumordesk.zoo import Zoo

    zoo = Zoo()
    if as_json:
        say_json(models_document(zoo))
    else:
        say(models_text(zoo))
    return Exit.OK


def add(path: Path, *, replace: bool) -> int:
    """Add a model folder or a model in one file to the user's models, and say what it is."""
    from tumordesk.core.errors import ModelNotFound
    from tumordesk.core.policy import policy
    from tumordesk.zoo import Zoo

    policy().require("add-models")
    if not path.exists():
        raise ModelNotFound(f"There is no {path.name}.", "Give a .tdmodel file or a model folder.")
    card = Zoo().add(path, replace=replace).card
    say(f"Added {card.id}: {card.name} {card.version} ({card.task}, {card.network}).")
    say(card.notice or NOTICE)
    return Exit.OK


def pack(model_id: str, file: Path, *, overwrite: bool) -> int:
    """Write the model of that id as one file."""
    from tumordesk.zoo import Zoo
    from tumordesk.zoo.archive import SUFFIX
    from tumordesk.zoo.archive import pack as write

    if file.suffix != SUFFIX:
        file = file.with_name(file.name + SUFFIX)
    write(Zoo().find(model_id).folder, file, overwrite=overwrite)
    say(str(file))
    return Exit.OK


def models_document(zoo: Zoo) -> dict[str, Any]:
    """The content of ``tumordesk models --json``."""
    return {
        "schema": 1,
        "models": [_model(entry) for entry in zoo.entries()],
        "problems": [
            {"folder": str(problem.folder), "reason": problem.reason} for problem in zoo.problems()
        ],
    }


def _model(entry: ModelEntry) -> dict[str, Any]:
    card = entry.card
    return {
        "id": card.id,
        "name": card.name,
        "version": card.version,
        "task": card.task,
        "architecture": card.architecture,
        "networks": card.members,
        "origin": entry.origin,
        "sha256": card.weights_sha256,
        "input": to_plain(card.input),
        "classes": [spec.name for spec in card.classes],
        "metrics": [to_plain(metric) for metric in card.metrics],
        "training_data": [to_plain(data) for data in card.training_data],
        "reference": to_plain(card.reference),
        "calibration": to_plain(card.calibration),
        "limits": list(card.limits),
        "licence": card.licence,
        "summary": card.summary,
        "date": card.date,
        "notice": card.notice,
    }


def models_text(zoo: Zoo) -> str:
    """The models for people, one paragraph each."""
    from tumordesk.zoo import ORIGINS

    lines: list[str] = []
    for entry in zoo.entries():
        card = entry.card
        where = ORIGINS[entry.origin]
        lines += [f"{card.id}  {card.name} {card.version} ({where})"]
        lines += [f"    {card.task}, {card.network}, for {_input(entry)}"]
        if card.task == "classification":
            lines += [f"    classes: {', '.join(spec.label for spec in card.classes)}"]
        lines += [
            f"    {metric.name} {metric.value:.3f} ({metric.split}, n={metric.n})"
            for metric in card.metrics
        ]
        lines += [f"    {line}" for line in _familiar(entry)]
        lines += [f"    {card.licence}  {card.notice}".rstrip(), ""]
    lines += [f"refused: {p.folder.name}: {p.reason}" for p in zoo.problems()]
    return "\n".join(lines).rstrip() or "No models at hand."


def _familiar(entry: ModelEntry) -> list[str]:
    """What a classifier has to tell unlike pictures by."""
    from tumordesk.zoo.reference import verify_reference

    card = entry.card
    if card.task != "classification":
        return []
    try:
        found = verify_reference(entry.folder, card)
    except ModelError as error:
        return [f"reference: refused. {error.message}"]
    if found is None or card.reference is None:
        return ["reference: none, cannot tell pictures unlike those it learned from"]
    return [f"reference: {card.reference.pictures} training pictures of {card.reference.data}"]


def _input(entry: ModelEntry) -> str:
    """'axial FLAIR', 'axial T1 + FLAIR together'."""
    spec = entry.card.input
    together = " together" if spec.sequences else ""
    return f"{spec.plane} {spec.sequences_shown}{together}"
