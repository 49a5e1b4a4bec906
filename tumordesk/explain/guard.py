"""The guard: what a language model wrote is compared with the facts, and refused where it adds.

It is strict: a text that it does not understand is refused too, and the offline text shown. What
it can and cannot see stands in docs/explanation.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tumordesk.core.explanation import Fact, Language, Link
from tumordesk.explain.guarding.claims import Claims
from tumordesk.explain.guarding.matching import Match, Matcher
from tumordesk.explain.guarding.numerals import numbers
from tumordesk.explain.guarding.plain import (
    Plain,
    Sentence,
    day_names,
    hide_label_digits,
    made_plain,
    mask_names,
    names_of,
    sentences,
)
from tumordesk.explain.guarding.wording import identity_problems, language_problems, roman
from tumordesk.explain.known import Known
from tumordesk.explain.lexicon import lexicon_of
from tumordesk.explain.registers import speech_of
from tumordesk.explain.vocabulary import unknown_words

MAX_CHARACTERS = 20_000
_RUN = re.compile(
    r"[\d.,·]{40}|[〇零一二三四五六七八九十百千萬万億亿兆]{40}|[일이삼사오육칠팔구십백천만억조]{40}"
)
_GROUP = re.compile(r"\d+")
_MAX_NUMBERS = 600
"""No number is so long, no text so full: to take these apart takes their square in time."""
_NO_FINDING = "The text holds more digits than findings can have."


def check(text: str, facts: tuple[Fact, ...], language: Language) -> tuple[str, ...]:
    """Problems of a text, each a sentence for people; empty where it says only what is known.

    Looked for: numbers that are no fact (any script, in words, other units, of another quantity or
    lesion), diagnoses, grades, treatments, prognosis, urgency, reassurance, wrong side or place,
    absence of disease, changes that were not measured, names, dates, links, another language.
    """
    if not text.strip():
        return ("The text is empty.",)
    if len(text) > MAX_CHARACTERS:
        return ("The text is far too long.",)
    if _RUN.search(text) or len(_GROUP.findall(text)) > _MAX_NUMBERS:
        return (_NO_FINDING,)
    lexicon = lexicon_of(language)
    try:
        read = _read(text, facts, language)
    except OverflowError:  # a million million million ...
        return (_NO_FINDING,)
    found = [*language_problems(read.masked, language, lexicon)]
    found += identity_problems(read.masked, lexicon)
    found += [
        f"“{char}” is a number that is not among the findings." for char in read.plain.strange
    ]
    found += [match.problem for match in read.matches if match.problem]
    numeral = roman(read.masked)
    if numeral is not None:
        found.append(f"“{numeral}” is a number that is not among the findings.")
    relative = lexicon.re(lexicon.relative).search(read.masked)
    if relative is not None:
        found.append(f"“{relative[0].strip()}” is a number that is not among the findings.")
    claims = Claims(read.masked, read.sentences, read.matches, read.lesions, Known(facts), lexicon)
    found += claims.problems()
    unknown = unknown_words(claims.without_labels(), language)
    found += [f"“{word}” is not a word that measured findings need." for word in unknown]
    return tuple(dict.fromkeys(found))


def ties(text: str, facts: tuple[Fact, ...], language: Language) -> tuple[Link, ...]:
    """Links from the numbers of a (checked) text to the facts they say, in order."""
    read = _read(text, facts, language)
    origin = read.plain.origin
    return tuple(
        Link(origin[m.number.start], origin[m.number.end - 1] + 1, m.facts[0].key)
        for m in read.matches
        if m.facts
    )


@dataclass(frozen=True)
class _Read:
    plain: Plain
    masked: str
    sentences: list[Sentence]
    matches: list[Match]
    lesions: dict[Sentence, int | None]


def _read(text: str, facts: tuple[Fact, ...], language: Language) -> _Read:
    lexicon, speech = lexicon_of(language), speech_of(language)
    plain = made_plain(text)
    days = [speech.day(fact.words) for fact in facts if fact.key.startswith("date.")]
    days += [day.replace(speech.first_day, "1") for day in days if speech.first_day]
    sequences = [speech.sequences.get(f.words, "") for f in facts if f.key == "sequence"]
    masked = mask_names(plain.text, [*names_of(facts), *sequences, *day_names(facts, days)])
    masked = hide_label_digits(masked, facts)
    found = numbers(masked, lexicon)
    parts = sentences(masked, [(number.start, number.end) for number in found])
    matcher = Matcher(masked, found, parts, facts, lexicon)
    return _Read(plain, masked, parts, matcher.run(), matcher.lesions)
