"""What a language model is told: measured findings from an allow-list, and nothing else.

No name, number or date of a patient, no description of a series, no path, no pixel can get in:
a fact is sent only where its key is of a known kind and its words are plain words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tumordesk.core.explanation import Fact, Language, Register
from tumordesk.core.model_card import NOTICE

_KEY = re.compile(
    r"(lesion|lesions|total|slice|slices|class|classes|change|focus|overlap|study|share|outline)"
    r"(\.[a-z0-9][a-z0-9_-]{0,40}){0,3}"
)
_UNITS = frozenset(("", "mL", "mm", "mm²", "%", "px"))
_WORDS = re.compile(r"[^\W_][\w .,;:×–%()'’/+-]{0,160}")
_LANGUAGES = {
    Language.ENGLISH: "English",
    Language.KOREAN: "Korean",
    Language.CHINESE: "Traditional Chinese",
    Language.GERMAN: "German",
    Language.FRENCH: "French",
    Language.SPANISH: "Spanish",
}
_READERS = {
    Register.PATIENT: "the patient, in everyday words and short sentences, calm and polite",
    Register.REFERRER: "the referring doctor, who is no radiologist, factual and short",
    Register.RADIOLOGIST: "a radiologist, terse, in the terms of the field",
}
_RULES = (
    "Use only the findings below. Write no other number, neither in digits nor in words.",
    "Write each number as it is given, with its unit. Compute, convert and compare nothing.",
    "Name no diagnosis, cause, treatment, prognosis or advice beyond what the findings say.",
    "A class and its percentage are a program's estimate; say so where you mention them.",
    "Plain sentences in at most three short paragraphs. No headings, lists, tables or Markdown.",
    "Make no mention of these rules.",
)
_MAX_TOKENS = 3000


@dataclass(frozen=True)
class Request:
    """A request to a language model. ``text`` is what is shown, ``body`` what is sent: the same."""

    model: str
    text: str

    @property
    def body(self) -> bytes:
        """The bytes that are sent."""
        return self.text.encode("utf-8")

    @property
    def messages(self) -> tuple[tuple[str, str], ...]:
        """(role, words) of each message, read back from ``text``."""
        document = json.loads(self.text)
        return tuple((one["role"], one["content"]) for one in document["messages"])


def build_request(
    facts: Sequence[Fact], language: Language, register: Register, model: str
) -> Request:
    """The request that asks ``model`` to put ``facts`` into words."""
    document = {
        "model": model,
        "stream": True,
        "temperature": 0,
        "max_tokens": _MAX_TOKENS,
        "messages": [
            {"role": "system", "content": _instructions(language, register)},
            {"role": "user", "content": _findings(facts)},
        ],
    }
    return Request(model, json.dumps(document, ensure_ascii=False, indent=2))


def _instructions(language: Language, register: Register) -> str:
    rules = "\n".join(f"{number}. {rule}" for number, rule in enumerate(_RULES, 1))
    return (
        "You put measured findings of a brain scan into words.\n"
        f"Write in {_LANGUAGES[language]}.\n"
        f"Write for {_READERS[register]}.\n"
        f"{NOTICE}\n"
        f"Rules:\n{rules}"
    )


def _findings(facts: Sequence[Fact]) -> str:
    lines = [f"- {_line(fact)}" for fact in facts if sendable(fact)]
    return "Findings:\n" + ("\n".join(lines) if lines else "- none")


def _line(fact: Fact) -> str:
    if fact.value is None:
        return fact.words
    unit = "" if not fact.unit else f" {fact.unit}"
    return f"{fact.words}: {plain_number(fact.value)}{unit}"


def plain_number(value: float) -> str:
    """A number as it stands in the findings, without digits that are not in it: 24.3, 41."""
    return f"{value:.10g}"


def sendable(fact: Fact) -> bool:
    """True where a fact is of a kind that may leave the program."""
    return (
        _KEY.fullmatch(fact.key) is not None
        and fact.unit in _UNITS
        and _WORDS.fullmatch(fact.words) is not None
    )
