"""Findings in plain words, offline: which facts are told to whom, in which order.

The words themselves stand in :mod:`tumordesk.explain.languages`. Nothing is computed here: what
is written is a fact (:mod:`tumordesk.explain.facts`) or a phrase without any number.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from tumordesk.core.explanation import Explanation, Fact, Language, Register
from tumordesk.core.study_findings import StudyFindings
from tumordesk.explain.clinical import tell_clinician
from tumordesk.explain.facts import facts
from tumordesk.explain.known import Known
from tumordesk.explain.languages.speech import Speech
from tumordesk.explain.patient import tell_patient
from tumordesk.explain.writer import Writer

_MODULES = {
    Language.ENGLISH: "en",
    Language.KOREAN: "ko",
    Language.CHINESE: "zh",
    Language.GERMAN: "de",
    Language.FRENCH: "fr",
    Language.SPANISH: "es",
}
_SHORT = {Register.PATIENT: "p", Register.REFERRER: "r", Register.RADIOLOGIST: "x"}


def speech_of(language: Language) -> Speech:
    """The phrases of a language."""
    module = import_module(f"tumordesk.explain.languages.{_MODULES[language]}")
    speech: Speech = module.SPEECH
    return speech


def explain(findings: StudyFindings, language: Language, register: Register) -> Explanation:
    """``findings`` in words, offline, from measured values only; every number is linked."""
    return explain_facts(facts(findings), language, register)


def explain_facts(
    known_facts: tuple[Fact, ...], language: Language, register: Register
) -> Explanation:
    """The same from facts that are already gathered."""
    writer = Writer(speech_of(language), _SHORT[register], terse=register is Register.RADIOLOGIST)
    tell: Callable[[Writer, Known], None] = (
        tell_patient if register is Register.PATIENT else tell_clinician
    )
    tell(writer, Known(known_facts))
    text, links = writer.finished()
    return Explanation(language, register, text, links, known_facts)
