"""What the models a training can start from know of its test pictures already. No Qt, no torch."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from tumordesk.core.errors import ConfigError
from tumordesk.core.jsonio import from_plain
from tumordesk.session.folder_peek import number

_WORDS = {"test": "test", "val": "validation"}


@dataclass(frozen=True)
class StartKnowledge:
    """What ``tumordesk-train known --json`` prints.

    ``total``: pictures of "val" and "test"; ``models``: id -> those that it knows, and "gaps": 1
    where it may know more, None where it has no record; ``auto``: the model that "auto" stands for.
    """

    total: dict[str, int]
    models: dict[str, dict[str, int] | None] = field(default_factory=dict)
    auto: str = ""
    schema: int = 1

    @property
    def part(self) -> str:
        """The part that figures come from: "test", or "val" where there is none."""
        return "test" if self.total.get("test") else "val"

    def known(self, model: str) -> int | None:
        """How many of that part a model knows; None where that is not recorded."""
        counts = self.models.get(model, {})
        return None if counts is None else counts.get(self.part, 0)

    def words(self, model: str) -> str:
        """What speaks against starting from a model, in a sentence; "" where nothing does."""
        if model not in self.models:
            return ""
        found, total = self.known(model), self.total.get(self.part, 0)
        name, gaps = _WORDS[self.part], (self.models[model] or {}).get("gaps", 0)
        if found is None or (gaps and not found):
            rest = "" if found is None else ", or not all of it"
            return f"What it learned from is not recorded{rest}: it may know {name} pictures."
        if not found:
            return ""
        least = "at least " if gaps else ""
        return (
            f"It knows {least}{number(found)} of your {number(total)} {name} pictures already: "
            "figures on these are no fair test."
        )


def read_knowledge(text: str) -> StartKnowledge:
    """Decode what ``known --json`` printed. Raises ConfigError."""
    try:
        return from_plain(StartKnowledge, json.loads(text), "known")
    except ValueError as error:
        raise ConfigError("What models know already cannot be read.") from error
