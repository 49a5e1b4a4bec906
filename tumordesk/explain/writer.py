"""Phrases filled with facts, and where in the text each fact stands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tumordesk.core.explanation import Fact, Link
from tumordesk.explain.languages.speech import Speech

Run = tuple[tuple[str, str], ...]
"""Pieces of text, each with the key of the fact that it says, or ''."""

_PLACE = re.compile(r"\{(\w+)\}")


class Writer:
    """Collects sentences into lines and paragraphs.

    ``terse``: bounds are written '< 1 %' instead of in words.
    """

    def __init__(self, speech: Speech, register: str, *, terse: bool) -> None:
        self.speech = speech
        self._register = register
        self._terse = terse
        self._paragraphs: list[list[list[Run]]] = []

    def has(self, name: str) -> bool:
        """Whether this register has such a phrase."""
        return self._find(name) is not None

    def _find(self, name: str) -> str | None:
        phrases = self.speech.phrases
        own = phrases.get(f"{self._register}.{name}")
        return phrases.get(f"r.{name}") if own is None and self._register == "x" else own

    def phrase(self, name: str, /, **places: Run) -> Run:
        """A phrase with its places filled. KeyError where it is not there or a place lacks."""
        template = self._find(name)
        if template is None:
            raise KeyError(f"no phrase {name!r} for register {self._register!r}")
        run: list[tuple[str, str]] = []
        at = 0
        for found in _PLACE.finditer(template):
            run.append((template[at : found.start()], ""))
            run.extend(places[found[1]])
            at = found.end()
        return (*run, (template[at:], ""))

    def counted(self, name: str, count_of: Fact, /, **places: Run) -> Run:
        """The phrase for one or for several."""
        form = "one" if count_of.value == 1 else "other"
        return self.phrase(f"{name}.{form}", **places)

    def number(self, fact: Fact, *, signed: bool = False) -> Run:
        """A number with its unit; only its digits (and sign) are tied to the fact."""
        if fact.value is None:
            raise ValueError(f"{fact.key} is not a number")
        digits = self.speech.number(fact.value, fact.digits, signed=signed)
        core: Run = ((digits, fact.key), (self.speech.unit(fact.unit), ""))
        if not fact.bound:
            return core
        if self._terse:
            return ((f"{fact.bound}\N{NO-BREAK SPACE}", ""), *core)
        form = self.speech.less_than if fact.bound == "<" else self.speech.more_than
        before, after = form.split("{n}")
        return ((before, ""), *core, (after, ""))

    def token(self, fact: Fact, text: str = "") -> Run:
        """A name (of a model, a sequence, a day), tied as a whole."""
        return ((text or fact.words, fact.key),)

    def joined(self, runs: Sequence[Run], separator: str) -> Run:
        """Runs with a separator between them."""
        out: list[tuple[str, str]] = []
        for index, run in enumerate(runs):
            if index:
                out.append((separator, ""))
            out.extend(run)
        return tuple(out)

    def paragraph(self) -> None:
        """Begin a new paragraph."""
        if not self._paragraphs or self._paragraphs[-1]:
            self._paragraphs.append([])

    def line(self, *runs: Run) -> None:
        """Begin a new line of the paragraph, with these sentences."""
        self._paragraphs[-1].append(list(runs))

    def say(self, run: Run) -> None:
        """Add a sentence to the line."""
        if not self._paragraphs[-1]:
            self._paragraphs[-1].append([])
        self._paragraphs[-1][-1].append(run)

    def finished(self) -> tuple[str, tuple[Link, ...]]:
        """The text, and where each fact stands in it."""
        lines = [
            self.joined(
                [self.joined(line, self.speech.between) for line in paragraph if line], "\n"
            )
            for paragraph in self._paragraphs
            if paragraph
        ]
        text, links = "", []
        for piece, key in self.joined(lines, "\n\n"):
            if key and piece:
                links.append(Link(len(text), len(text) + len(piece), key))
            text += piece
        return text, tuple(links)
