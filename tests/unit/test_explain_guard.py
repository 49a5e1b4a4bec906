"""The guard: what a lying language model writes is caught, and honest texts pass."""

from __future__ import annotations

import pytest

from explain_lies import (
    HONEST,
    HONEST_NOTHING,
    LIES,
    LIES_NOTHING,
    LONG_HONEST,
    MORE_HONEST,
    known,
    known_nothing,
)
from explain_more_lies import MORE_LIES, NUMBER_LIES, PLAIN_LIES
from tumordesk.core.explanation import Fact, Language, Register
from tumordesk.explain.guard import check, ties
from tumordesk.explain.registers import explain_facts

KNOWN, NOTHING = known(), known_nothing()


def lied(honest: str, old: str, new: str) -> str:
    """The honest text with one lie."""
    if not old:
        return f"{honest}\n\n{new}"
    assert old in honest
    return honest.replace(old, new, 1)


@pytest.mark.parametrize("language", list(Language))
def test_honest_texts_pass(language: Language) -> None:
    assert check(HONEST[language], KNOWN, language) == ()
    assert check(HONEST_NOTHING[language], NOTHING, language) == ()


@pytest.mark.parametrize("language", list(Language))
def test_every_lie_is_caught(language: Language) -> None:
    missed = [
        (old, new)
        for old, new in LIES[language]
        if not check(lied(HONEST[language], old, new), KNOWN, language)
    ]
    assert not missed


@pytest.mark.parametrize("language", list(Language))
def test_sentences_that_add_anything_are_caught(language: Language) -> None:
    lies = (*MORE_LIES[language], *PLAIN_LIES[language], *NUMBER_LIES[language])
    texts = [f"{HONEST[language]}\n\n{lie}" for lie in lies]
    missed = [text for text in texts if not check(text, KNOWN, language)]
    assert not missed


@pytest.mark.parametrize("language", list(Language))
def test_other_honest_texts_pass(language: Language) -> None:
    texts = (*MORE_HONEST[language], *LONG_HONEST[language])
    refused = {text: check(text, KNOWN, language) for text in texts}
    assert not [item for item in refused.items() if item[1]]


@pytest.mark.parametrize("language", list(Language))
def test_absence_of_an_outline_is_never_absence_of_disease(language: Language) -> None:
    missed = [
        (old, new)
        for old, new in LIES_NOTHING[language]
        if not check(lied(HONEST_NOTHING[language], old, new), NOTHING, language)
    ]
    assert not missed


@pytest.mark.parametrize("language", list(Language))
def test_texts_of_another_language_are_refused(language: Language) -> None:
    for other in Language:
        assert bool(check(HONEST[other], KNOWN, language)) == (other is not language)


@pytest.mark.parametrize("text", ["", "   \n", "…", "24.3", "?!"])
def test_empty_texts_are_refused(text: str) -> None:
    assert check(text, KNOWN, Language.ENGLISH)


def test_endless_texts_are_refused() -> None:
    assert check("The volume is 24.3 mL. " * 2000, KNOWN, Language.ENGLISH)


def test_exact_conversions_pass() -> None:
    for text in (
        "The longest diameter of lesion 1 is 4.1 cm.",
        "The volume of lesion 1 is 24.3 cm³.",
        "The volume of lesion 1 is 24.3 millilitres.",
        "Lesion 1 measures 41 x 32 mm, a product of 13.3 cm².",
        "Two lesions are outlined, on 10 of 26 slices.",
        "The longest diameter of lesion 1 is forty-one millimetres.",
    ):
        assert check(text, KNOWN, Language.ENGLISH) == (), text


def test_any_other_number_in_a_text_is_caught() -> None:
    """Each number of an offline text, changed by one in its last digit."""
    for language in Language:
        made = explain_facts(KNOWN, language, Register.PATIENT)
        by_key = {fact.key: fact for fact in made.facts}
        values = {f"{f.value:.{f.digits}f}" for f in made.facts if f.value is not None}
        for link in made.links:
            shown = made.text[link.start : link.end]
            if by_key[link.key].value is None:
                continue
            last = next(d for d in "5678901234" if _other(shown, d) not in values)
            text = made.text[: link.start] + shown[:-1] + last + made.text[link.end :]
            assert check(text, KNOWN, language), (language, shown, last)


def _other(shown: str, last: str) -> str:
    return (shown[:-1] + last).replace(",", ".").lstrip("+−")


def test_ties_find_the_facts_of_the_numbers() -> None:
    text = HONEST[Language.ENGLISH]
    said = {text[link.start : link.end]: link.key for link in ties(text, KNOWN, Language.ENGLISH)}
    assert said["24.3"] == "lesion.1.volume"
    assert said["0.81"] == "lesion.2.volume"
    assert said["41"] == "lesion.1.longest"
    assert said["9"] in ("lesion.1.first", "class.meningioma")
    assert said["87"] == "class.glioma"
    assert said["26"] == "change.volume_percent"
    assert said["two"] == "lesions.count"


def test_ties_point_into_the_text_as_it_was_written() -> None:
    text = "Volume of lesion 1: ２４.３\u200b mL, that is 24.3 ㎖."
    links = ties(text, KNOWN, Language.ENGLISH)
    assert [text[link.start : link.end] for link in links] == ["1", "２４.３", "24.3"]


def test_bounds_must_be_said_as_bounds() -> None:
    facts = (
        Fact("class.glioma", 99.0, "%", "Glioma", bound=">"),
        Fact("class.meningioma", 1.0, "%", "Meningioma", bound="<"),
    )
    good = "The estimated probabilities are: glioma more than 99%, meningioma less than 1%."
    assert check(good, facts, Language.ENGLISH) == ()
    assert check(good.replace("more than ", ""), facts, Language.ENGLISH)
    assert check(good.replace("less than", "more than"), facts, Language.ENGLISH)
    korean = "추정 확률: 신경교종 99% 초과, 수막종 1% 미만."
    assert check(korean, facts, Language.KOREAN) == ()
    assert check(korean.replace(" 미만", ""), facts, Language.KOREAN)
