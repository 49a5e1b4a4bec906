"""Asks a language model to put findings into words, and takes nothing that cannot be checked."""

from __future__ import annotations

import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace

from tumordesk.core.errors import TumorDeskError
from tumordesk.core.explanation import Explanation, Fact, Language, Register
from tumordesk.core.job import JobContext
from tumordesk.explain.client import Endpoint, chat
from tumordesk.explain.connection import PATIENT, Limits
from tumordesk.explain.prompt import Request, build_request

_MARKS = re.compile(r"\*\*|__|^#{1,6}\s+", re.MULTILINE)
_LINK = re.compile(r"https?:|www\.|\S@\S+\.\w", re.IGNORECASE)
_NAMED_PROBLEMS = 3
_SHOWN_EVERY_S = 0.1


def request_for(
    facts: Sequence[Fact], language: Language, register: Register, model: str
) -> Request:
    """What would be sent: to be shown before it is."""
    from tumordesk.explain.facts import shareable

    return build_request(shareable(tuple(facts)), language, register, model)


def explain_with_model(
    context: JobContext,
    facts: Sequence[Fact],
    language: Language,
    register: Register,
    endpoint: Endpoint,
    on_text: Callable[[str], None],
    *,
    offline: Explanation,
    limits: Limits = PATIENT,
) -> Explanation:
    """The findings in a language model's words, or ``offline`` with the reason in ``rejected``.

    ``on_text`` gets the words so far, at most ten times a second: they are not checked yet, and
    must be shown so.

    Raises:
        Cancelled: the person stopped it; the connection is closed.
    """
    request = request_for(facts, language, register, endpoint.model)
    try:
        words = chat(context, endpoint, request, _seldom(on_text), limits)
    except TumorDeskError as error:
        return replace(offline, rejected=str(error))
    return take(cleaned(words), tuple(facts), language, register, endpoint.model, offline)


def _seldom(on_text: Callable[[str], None]) -> Callable[[str], None]:
    """Hand on a few texts a second: each replaces the one before."""
    last = float("-inf")

    def hand_on(text: str) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _SHOWN_EVERY_S:
            last = now
            on_text(cleaned(text))

    return hand_on


def take(
    text: str,
    facts: tuple[Fact, ...],
    language: Language,
    register: Register,
    model: str,
    offline: Explanation,
) -> Explanation:
    """The text as an explanation where it says nothing but ``facts``, else ``offline``."""
    from tumordesk.explain.facts import shareable
    from tumordesk.explain.guard import check, ties

    known = shareable(facts)
    problems = check(text, known, language)
    if not problems and _LINK.search(text):
        problems = ("The text holds a web address.",)
    if problems:
        return replace(offline, rejected=_reason(model, problems))
    return Explanation(language, register, text, ties(text, known, language), facts, "model", model)


def cleaned(text: str) -> str:
    """The text without Markdown's marks and without signs that are not seen.

    Signs without a shape could hide a number from the check.
    """
    kept = (
        sign
        for sign in _MARKS.sub("", text)
        if sign == "\n" or unicodedata.category(sign)[0] != "C"
    )
    lines = [" ".join(line.split(" ")).strip() for line in "".join(kept).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _reason(model: str, problems: Sequence[str]) -> str:
    named = " ".join(problems[:_NAMED_PROBLEMS])
    more = len(problems) - _NAMED_PROBLEMS
    tail = f" There are {more} more problems." if more > 1 else ""
    return f"The text of {model} was not used. {named}{tail}"
