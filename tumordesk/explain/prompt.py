"""What a language model is told: measured findings from an allow-list, and nothing else.

No name, number or date of a patient, no description of a series, no name of a model, no path and
no pixel can get in: a fact is sent only where its key is of a known kind and its words are plain.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from tumordesk.core import study
from tumordesk.core.explanation import Fact, Language, Register
from tumordesk.core.model_card import NOTICE
from tumordesk.explain.reasons import ENGLISH

_OTHER = r"(?:@[^\s]{1,80})?"
_MEASURED = re.compile(
    r"slices\.(count|distance|tumour|first|last)|lesions\.count"
    r"|lesion\.\d+\.(volume|longest|perpendicular|product|first|last|slice)"
    r"|total\.(volume|pixels|share)|change\.(volume|product)_(before|after|percent)"
    rf"|threshold\.\d+\.(volume|product)|class_slice\.\d+{_OTHER}|focus\.(share|overlap){_OTHER}"
)
_STATED = re.compile(
    r"outline\.(mine|file|map)|outlined\.(yes|no)"
    rf"|(undecided|unlike|focus\.(inside|partly|elsewhere)){_OTHER}"
)
_PLACE = re.compile(r"lesion\.(\d+)\.(side|location)")
_REASON = re.compile(r"(refused|warning|note|change)\.[a-z-]+")
_CLASS = re.compile(rf"class\.[A-Za-z0-9_ -]{{1,40}}{_OTHER}")
_LABEL = re.compile(r"[^\W\d_][\w ()'’/-]{0,39}")
_WORDS = re.compile(r"[^\W_][\w ,.;:()'’/-]{0,119}")
_UNITS = frozenset(("", "mL", "mm", "mm²", "%", "px"))
_BOUNDS = frozenset(("", "<", ">"))
_SIDES = frozenset(("left", "right", "both"))
_PLACES = frozenset(("front", "back", "upper", "lower"))
_SEQUENCES = frozenset(one.shown for one in study.Sequence)
_REASONS = frozenset(ENGLISH.values())

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


def readable(request: Request) -> str:
    """The messages of a request as a person reads them, with their line ends."""
    messages = json.loads(request.text)["messages"]
    return "\n\n".join(str(one["content"]) for one in messages)


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
    lines = [line for line in map(line_of, facts) if line]
    return "Findings:\n" + "\n".join(f"- {line}" for line in lines or ["none"])


def line_of(fact: Fact) -> str:
    """What a prompt says of a fact; empty where it is not of a kind that may be sent."""
    other = " (by another classifier)" if "@" in fact.key else ""
    if fact.value is not None:
        return _measured(fact, other)
    place = _PLACE.fullmatch(fact.key)
    if place is not None:
        known = _SIDES if place[2] == "side" else _PLACES
        fits = set(fact.words.split()) <= known and fact.words
        return f"{place[2]} of lesion {place[1]}: {fact.words}" if fits else ""
    if fact.key == "sequence":
        return f"kind of MR sequence: {fact.words}" if fact.words in _SEQUENCES else ""
    if _REASON.fullmatch(fact.key):
        return fact.words if fact.words in _REASONS else ""
    if _STATED.fullmatch(fact.key) and _WORDS.fullmatch(fact.words):
        return f"{fact.words}{other}"
    return ""


def _measured(fact: Fact, other: str) -> str:
    if fact.unit not in _UNITS or fact.bound not in _BOUNDS:
        return ""
    if _CLASS.fullmatch(fact.key):
        if _LABEL.fullmatch(fact.words) is None:
            return ""
        return f"estimated probability of the class {fact.words}{other}: {number_of(fact)}"
    if _MEASURED.fullmatch(fact.key) is None or _WORDS.fullmatch(fact.words) is None:
        return ""
    return f"{fact.words}{other}: {number_of(fact)}"


def number_of(fact: Fact) -> str:
    """The number of a fact with its digits, bound and unit: '24.3 mL', '< 0.1 %', '+25 %'."""
    value = fact.value or 0.0
    sign = "+" if fact.key.endswith("_percent") else ""
    bound = f"{fact.bound} " if fact.bound else ""
    unit = f" {fact.unit}" if fact.unit else ""
    return f"{bound}{value:{sign}.{fact.digits}f}{unit}"
