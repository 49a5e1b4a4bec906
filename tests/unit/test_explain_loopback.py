"""Every lie, told by a real server on loopback, ends in the offline text with a reason."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from explain_factories import random_findings
from explain_lies import HONEST, LIES, known
from llm_server import MODEL, language_server
from tumordesk.core.explanation import Language, Register
from tumordesk.core.job import JobContext
from tumordesk.explain.address import parse_address
from tumordesk.explain.asking import cleaned, explain_with_model
from tumordesk.explain.client import Endpoint
from tumordesk.explain.facts import facts
from tumordesk.explain.prompt import number_of, readable
from tumordesk.explain.registers import explain_facts

KNOWN = known()
HELD_BACK = re.compile(r"date\.|model|classifier|geometry|lesion\.\d+\.number")
"""Facts that a prompt does without."""
DATED = 3
"""The paragraph with a date: dates are not sent, so that none may come back."""


def honest(language: Language) -> str:
    """The honest text without its date."""
    parts = HONEST[language].split("\n\n")
    return "\n\n".join(part for number, part in enumerate(parts) if number != DATED)


@pytest.mark.parametrize("language", list(Language))
def test_every_lie_of_a_server_is_caught(language: Language) -> None:
    told = honest(language)
    lies = [told.replace(old, new, 1) if old else f"{told}\n\n{new}" for old, new in LIES[language]]
    lies = [cleaned(lie) for lie in lies if cleaned(lie) != cleaned(told)]
    assert len(lies) > 25
    offline = explain_facts(KNOWN, language, Register.PATIENT)
    with language_server(mode="whole") as server:
        endpoint = Endpoint(parse_address(server.address), MODEL)

        def ask(words: str) -> str:
            server.words = words
            answer = explain_with_model(
                JobContext(), KNOWN, language, Register.PATIENT, endpoint, lambda _: None,
                offline=offline,
            )  # fmt: skip
            if answer.source == "model":
                return ""
            assert answer == replace(offline, rejected=answer.rejected)
            return answer.rejected

        assert ask(told) == ""
        missed = [lie for lie in lies if not ask(lie)]
    assert not missed


@pytest.mark.parametrize("seed", range(40))
def test_a_prompt_of_any_findings_names_nobody_and_leaves_no_number_out(seed: int) -> None:
    from tumordesk.explain.asking import request_for

    found = random_findings(seed)
    made = facts(found)
    words = readable(request_for(made, Language.ENGLISH, Register.REFERRER, MODEL))
    assert found.patient is not None
    for secret in (
        found.patient.patient_id, found.patient.name, found.series.uid, found.series.description,
        "2023-11-02", "2024-05-06", *(r.provenance.model_sha256[:8] for r in found.classifications),
        *(r.provenance.model_id for r in found.classifications if r.provenance.model_id != "b0-17"),
    ):  # fmt: skip
        assert secret.lower() not in words.lower()
    for fact in made:
        if HELD_BACK.match(fact.key) is None:
            assert (fact.words if fact.value is None else number_of(fact)) in words, fact.key
