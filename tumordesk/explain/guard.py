"""The number guard: what a language model wrote is compared with the facts, and refused."""

from __future__ import annotations

import re

from tumordesk.core.explanation import Fact, Language, Link

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")


def check(text: str, facts: tuple[Fact, ...], language: Language) -> tuple[str, ...]:
    """Problems of a text, each a sentence for people; empty where it says only what is known."""
    if not text.strip():
        return ("The text is empty.",)
    allowed = {f"{fact.value:.{fact.digits}f}" for fact in facts if fact.value is not None}
    names = {number for fact in facts for number in _DIGITS.findall(fact.words)}
    found = {number.replace(",", ".") for number in _DIGITS.findall(text)}
    wrong = sorted(found - {n.lstrip("-") for n in allowed} - names)
    return tuple(f"The number {number} is not among the findings." for number in wrong)


def ties(text: str, facts: tuple[Fact, ...], language: Language) -> tuple[Link, ...]:
    """Links of the numbers in a language model's text to the facts they say."""
    return ()
