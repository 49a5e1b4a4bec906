"""What goes on the card of a model that is made of a training run. No Qt, no torch."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tumordesk.core.errors import ConfigError
from tumordesk.core.evaluation import CLASS_DICE, Evaluation
from tumordesk.core.fold_names import without_fold
from tumordesk.core.jsonio import read_json
from tumordesk.core.model_card import MAX_MEMBERS
from tumordesk.core.training_run import CONFIG_NAME, SPLIT_NAME, TrainingConfig, read_config
from tumordesk.session import results
from tumordesk.session.folds import FoldSummary, read_summary, series_of
from tumordesk.session.training_progress import network_words
from tumordesk.zoo import Zoo

_METHODS = {
    "group": "by patient or group",
    "stratified": "by picture, classes in equal shares",
    "random": "by picture, at random",
}
_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
MAX_ID = 60
_FIGURES = 3
_STRANGERS = "Patients are not known"
"""How a split warns of it."""


@dataclass(frozen=True)
class RunFacts:
    """What a run folder says of itself. ``counts``: part -> pictures; ``groups``: part -> groups.

    ``given``: the data folder said itself which pictures are for testing. ``strangers``: nobody
    knows whose pictures these are. ``own_ids`` and
    ``bundled_ids``: models that have a name already. ``folds``: what came of the whole
    cross-validation, where the run is a fold of one that is finished. ``networks``: see
    :func:`joined`.
    """

    run: Path
    config: TrainingConfig
    counts: dict[str, int]
    groups: dict[str, int]
    method: str
    evaluation: Evaluation | None = None
    own_ids: tuple[str, ...] = ()
    bundled_ids: tuple[str, ...] = ()
    given: bool = False
    strangers: bool = False
    folds: FoldSummary | None = None
    networks: int = 1

    @property
    def learned(self) -> str:
        """The part that the model learned from; of folds "all", of which publishing counts it."""
        return "train" if self.networks == 1 else "all"

    def used(self, part: str) -> int:
        """Pictures of a part that the run took: a trial takes only some of them."""
        pictures = self.counts.get(part, 0)
        return min(pictures, self.config.limit or pictures)


@dataclass(frozen=True)
class CardTexts:
    """What a person may write on the card. ``limits``: one in each line."""

    name: str
    model_id: str
    version: str = "1.0"
    summary: str = ""
    licence: str = ""
    limits: str = ""
    data_name: str = ""
    data_licence: str = ""
    data_citation: str = ""


def read_facts(run: Path) -> RunFacts:
    """Read a run folder. Raises ConfigError where it is none."""
    config = read_config(run / CONFIG_NAME)
    split = read_json(run / SPLIT_NAME) if (run / SPLIT_NAME).is_file() else {}
    if not isinstance(split, dict):
        raise ConfigError(f"{SPLIT_NAME} of {run.name} is damaged.", "Train the model again.")
    try:
        found = results.read_fresh(run)
    except ConfigError:
        found = None  # the results page says what is wrong with it
    entries = Zoo().entries(verify=False)
    return RunFacts(
        run=run,
        config=config,
        counts={part: sum(dict(c).values()) for part, c in _table(split, "counts").items()},
        groups={part: len(names) for part, names in _table(split, "parts").items()},
        method=str(split.get("method") or config.split.method),
        evaluation=found,
        own_ids=tuple(e.card.id for e in entries if e.origin == "user"),
        bundled_ids=tuple(e.card.id for e in entries if e.origin != "user"),
        given=split.get("origin") == "given",
        strangers=any(str(one).startswith(_STRANGERS) for one in split.get("warnings") or ()),
        folds=_whole(run),
    )


def _whole(run: Path) -> FoldSummary | None:
    """The cross-validation, where its folds can become one model."""
    try:
        found = read_summary(run)
    except ConfigError:
        return None  # the results page says what is wrong with it
    return found if found is not None and found.whole and found.folds <= MAX_MEMBERS else None


def joined(facts: RunFacts) -> RunFacts:
    """The facts of the model that all folds become together; only where there are ``folds``."""
    series = series_of(facts.run)
    if facts.folds is None or series is None:
        return facts
    config = replace(facts.config, name=without_fold(facts.config.name))
    return replace(
        facts,
        run=series,
        config=config,
        counts={"all": sum(facts.counts.values())},
        groups={"all": sum(facts.groups.values())},
        networks=facts.folds.folds,
    )


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def suggested(facts: RunFacts) -> CardTexts:
    """Texts to start from: everything that is known is filled in."""
    name = facts.config.name.strip() or facts.run.name
    what = "Outlines" if facts.config.task == "segmentation" else "Tells apart"
    classes = [c for c in facts.config.classes if c != "background"]
    pictures = facts.used("train")
    noun = "scans" if _is_scans(facts, "train") else "pictures"
    trained = f", trained on {pictures} {noun}" if pictures else ""
    if facts.networks > 1:
        trained = f": the mean of {facts.networks} networks"
    return CardTexts(
        name=name,
        model_id=free_id(name, (*facts.own_ids, *facts.bundled_ids)),
        summary=f"{what} {_listed(classes)}{trained}.",
        limits="\n".join(known_limits(facts)),
        data_name=Path(facts.config.data.root).name,
    )


def _listed(words: list[str]) -> str:
    return " and ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else "".join(words)


def known_limits(facts: RunFacts) -> tuple[str, ...]:
    """What the run itself shows that the model cannot promise."""
    limits = [
        "Trained on one collection of pictures; other scanners and protocols were not tried.",
        *_warned(facts),
    ]
    if facts.evaluation is None and facts.networks == 1:
        limits.append("Not measured on a test part.")
    return tuple(dict.fromkeys(limits))


def figure_rows(facts: RunFacts) -> tuple[tuple[str, str], ...]:
    """(name, value) of the most important figures; of folds their mean and standard deviation."""
    if facts.networks > 1 and facts.folds is not None:
        return results.fold_rows(facts.folds, facts.config.task)[:_FIGURES]
    found = facts.evaluation
    rows = []
    for figure in _shown(results.headline(found)) if found is not None else ():
        value = f"{figure.value}\N{NO-BREAK SPACE}{figure.unit}" if figure.unit else figure.value
        rows.append((figure.name, f"{value} ({figure.range_text})" if figure.range_text else value))
    return tuple(rows)


def _shown(figures: Sequence[results.Figure]) -> tuple[results.Figure, ...]:
    """The first ones, and the Dice of each class."""
    classes = tuple(one for one in figures if one.key.startswith(CLASS_DICE))
    return (*figures[:_FIGURES], *(one for one in classes if one not in figures[:_FIGURES]))


def caveats(facts: RunFacts) -> tuple[str, ...]:
    """What must stand beside the figures."""
    if facts.networks == 1:
        measured = facts.evaluation is not None
        return _warned(facts) if measured else ("Not measured on a test part.",)
    return (
        *_warned(facts),
        "The figures are of each network alone, on the pictures it did not see; what they say "
        "together was not measured.",
    )


def _warned(facts: RunFacts) -> tuple[str, ...]:
    """The warnings of what was measured: of the run, or of all folds."""
    if facts.networks > 1 and facts.folds is not None:
        return facts.folds.warnings
    return facts.evaluation.warnings if facts.evaluation is not None else ()


def with_own(facts: RunFacts, model_id: str) -> RunFacts:
    """The facts once there is a model of that name."""
    return replace(facts, own_ids=tuple(dict.fromkeys((*facts.own_ids, model_id))))


def free_id(name: str, taken: tuple[str, ...]) -> str:
    """An identifier made of a name, with a number where it is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    stem = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:MAX_ID].strip("-") or "model"
    number, result = 2, stem
    while result in taken:
        result, number = f"{stem}-{number}", number + 1
    return result


def problem_of(texts: CardTexts, facts: RunFacts) -> str:
    """What keeps the model from being published, in a sentence; "" where nothing does."""
    if not texts.name.strip():
        return "Give the model a name."
    if len(texts.model_id) > MAX_ID:
        return f"The identifier may hold at most {MAX_ID} characters."
    if not _ID.fullmatch(texts.model_id):
        return "The identifier may hold letters A to Z and a to z, digits, '-', '_' and '.' only."
    if texts.model_id in facts.bundled_ids:
        return f"{texts.model_id} comes with TumorDesk. Choose another identifier."
    return ""


def document_of(texts: CardTexts, facts: RunFacts) -> dict[str, Any]:
    """The texts as ``tumordesk-train publish --card`` reads them.

    Of folds publishing itself counts what they learned from together.
    """
    data: dict[str, Any] = {
        "name": texts.data_name.strip() or Path(facts.config.data.root).name,
        "licence": texts.data_licence.strip(),
        "citation": texts.data_citation.strip(),
    }
    if facts.networks == 1:
        data |= _learned_from(facts)
    return {
        "name": texts.name.strip(),
        "version": texts.version.strip() or "1.0",
        "summary": texts.summary.strip(),
        "licence": texts.licence.strip(),
        "limits": [line.strip() for line in texts.limits.splitlines() if line.strip()],
        "training_data": [data],
    }


def _learned_from(facts: RunFacts) -> dict[str, Any]:
    groups, pictures = facts.groups.get("train"), facts.counts.get("train")
    whole = facts.used("train") == pictures
    return {
        "patients": groups if whole and _of_patients(facts, "train") else None,
        "images": facts.used("train") or None,
        "note": split_words(facts),
    }


def _of_patients(facts: RunFacts, part: str) -> bool:
    """Whether the groups of a part stand for patients: one picture each may be, if it is a scan."""
    groups, pictures = facts.groups.get(part), facts.counts.get(part)
    if facts.method != "group" or not groups or facts.strangers:
        return False
    return facts.config.data.volumes or groups != pictures


def method_words(facts: RunFacts) -> str:
    """How the data were parted; a 'group' of one picture each is no patient."""
    if facts.given:
        return "as the folder gives it"
    known = _of_patients(facts, facts.learned) or not facts.counts.get(facts.learned)
    if facts.method == "group" and not known:
        return "by picture, patients are not known"
    return _METHODS.get(facts.method, facts.method)


def split_words(facts: RunFacts) -> str:
    """How the data were parted: method and pictures of each part."""
    method = method_words(facts)
    parts = [f"{facts.counts[p]} {results.PARTS[p]}" for p in results.PARTS if facts.counts.get(p)]
    noun = "scans" if _is_scans(facts, facts.learned) else "pictures"
    return f"Split {method}: {', '.join(parts)} {noun}." if parts else f"Split {method}."


def facts_table(facts: RunFacts) -> tuple[tuple[str, str], ...]:
    """(name, value) of what is on the card without being typed."""
    config = facts.config
    rows, columns = config.input.size
    channels = config.input.channels
    table = [
        ("Network", _network(facts)),
        ("Input", f"{rows} × {columns}" + (f", {channels} channels" if channels > 1 else "")),
        ("Classes", ", ".join(c for c in config.classes if c != "background")),
    ]
    for part, words in results.PARTS.items():
        if facts.counts.get(part):
            what = "scans" if _is_scans(facts, part) else "pictures"
            table.append((f"{words.capitalize()} {what}", _counted(facts, part)))
    if facts.networks > 1:
        table.append(("Pictures of all folds", _counted(facts, "all")))
    table.append(("Split", method_words(facts)))
    return tuple(table)


def _is_scans(facts: RunFacts, part: str) -> bool:
    """Whether what is counted are whole volumes, each a group of its own."""
    return facts.config.data.volumes and facts.groups.get(part) == facts.counts.get(part)


def _network(facts: RunFacts) -> str:
    words = network_words(facts.config.architecture)
    return words if facts.networks == 1 else f"{facts.networks} times {words}"


def _counted(facts: RunFacts, part: str) -> str:
    pictures, groups = facts.counts[part], facts.groups.get(part, 0)
    if facts.used(part) < pictures:
        return f"{facts.used(part)} of {pictures}, a trial"
    if not groups or groups == pictures or facts.method != "group":
        return str(pictures)
    return f"{pictures} of {groups} {'group' if groups == 1 else 'groups'}"
