"""Offline texts: 200 random findings in six languages and three registers, read by other eyes.

The numbers are found and read here anew, without the program's own reader, and compared with the
raw findings, not with the program's facts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest

from explain_factories import NAME, PATIENT_ID, random_findings
from tumordesk.core.activation import MAP_REGION, map_region_name
from tumordesk.core.explanation import Explanation, Fact, Language, Register
from tumordesk.core.segmentation import Segment
from tumordesk.core.study_findings import StudyFindings
from tumordesk.explain.facts import facts, shareable
from tumordesk.explain.guard import check
from tumordesk.explain.reasons import ENGLISH
from tumordesk.explain.registers import explain, explain_facts, speech_of

SEEDS = range(200)
COMMA = (Language.GERMAN, Language.FRENCH, Language.SPANISH)
NUMBER = re.compile(r"[+−]?\d+(?:[.,]\d+)?")
BOUND = r"[<>]|less|more|weniger|mehr|moins|plus de|menos|más|미만|초과|不到|超過"
NAMED = ("model", "classifier", "sequence", "date.", "class.")
SPELLED = {
    Language.ENGLISH: r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|half|twice|dozen)\b",
    Language.GERMAN: r"\b(?:eins|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|halb|Hälfte)\b",
    Language.FRENCH: r"\b(?:trois|quatre|cinq|six|sept|huit|neuf|dix|moitié|demi)\b",
    Language.SPANISH: r"\b(?:dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|mitad)\b",
    Language.KOREAN: (
        r"(?<![가-힣])(?:두|세|네|다섯|여섯|일곱|여덟|아홉|열|둘|셋|넷) ?(?:개|병변|영역|장|번)"
    ),
    Language.CHINESE: (
        r"[二三四五六七八九](?=[個張處層])|一(?=[個張處])|百分之|[一二三四五六七八九十]+分之"
    ),
}


@cache
def texts(seed: int) -> tuple[StudyFindings, tuple[Explanation, ...]]:
    found = random_findings(seed)
    known = facts(found)
    return found, tuple(explain_facts(known, lang, reg) for lang in Language for reg in Register)


def raw_numbers(found: StudyFindings) -> Iterator[tuple[str, float]]:
    """(unit, value) of everything that was measured, as it stands in the findings."""
    yield "", found.series.slices
    if found.series.geometry.slice_spacing_mm is not None:
        yield "mm", found.series.geometry.slice_spacing_mm
    measured = found.measurements
    if measured is not None:
        yield "", len(measured.lesions)
        yield "", len(measured.tumour_slices)
        yield "%", 100 * measured.share_of_pixels
        if measured.volume_mm3 is not None:
            yield "mL", measured.volume_mm3 / 1000
        for one in measured.lesions:
            yield "", one.number
            yield from (("", one.slice_range[0] + 1), ("", one.slice_range[1] + 1))
            yield "", one.largest_slice + 1
            if one.volume_mm3 is not None:
                yield "mL", one.volume_mm3 / 1000
            both = [d for d in (one.longest, one.perpendicular) if d is not None]
            for d in both:
                yield ("px", d.length_px) if d.length_mm is None else ("mm", d.length_mm)
            if len(both) == 2 and both[0].length_mm and both[1].length_mm:
                yield "mm²", both[0].length_mm * both[1].length_mm
    for result in found.classifications:
        assert result.classification is not None
        yield from (("%", 100 * p) for p in result.classification.probabilities)
        yield from (("", index + 1) for index in result.classification.driving_slices)
    for focus in found.foci.values():
        yield "%", 100 * (focus.inside_share or 0)
        yield "", focus.overlap or 0
    if found.change is not None:
        c = found.change
        yield from (("mL", v / 1000) for v in (c.volume_before_mm3, c.volume_after_mm3) if v)
        yield from (("mm²", v) for v in (c.product_before_mm2, c.product_after_mm2) if v)
        yield from (("%", v) for v in (c.volume_percent, c.product_percent) if v is not None)
        yield from (("%", float(v)) for t in c.thresholds for v in re.findall(r"(\d+) ?%", t))


def is_measured(text: str, start: int, end: int, language: Language, raw: list) -> bool:
    """Whether the number at this place, with its unit, is a raw value rounded."""
    shown = text[start:end]
    plain = shown.replace("−", "-").replace(",", ".") if language in COMMA else shown
    value = float(plain.replace("−", "-"))
    digits = len(plain.partition(".")[2])
    unit_text = re.match(r"[\s\u00a0]?(mL|mm²|mm|px|%)", text[end:])
    unit = unit_text[1] if unit_text else ""
    around = text[max(0, start - 12) : end + 8]
    bound = re.search(
        r"[<>]|less|more|weniger|mehr|moins|plus de|menos|más|미만|초과|不到|超過", around
    )
    for known_unit, known in raw:
        if known_unit != unit:
            continue
        step = 0.5 * 10**-digits + 1e-9
        if unit == "mm²":
            step = max(step, 0.0051 * abs(known))
        if abs(known - value) <= step or abs(abs(known) - value) <= step:
            return True
        if bound and abs(known - value) <= 1.0:
            return True
    return False


@pytest.mark.parametrize("chunk", range(4))
def test_no_number_in_any_text_is_not_a_finding(chunk: int) -> None:
    """Must show 3, in four parts."""
    for seed in SEEDS[chunk::4]:
        found, made = texts(seed)
        raw = list(raw_numbers(found))
        for one in made:
            by_key = {fact.key: fact for fact in one.facts}
            named = [link for link in one.links if by_key[link.key].value is None]
            hidden = one.text
            for link in named:
                blank = "_" * (link.end - link.start)
                hidden = hidden[: link.start] + blank + hidden[link.end :]
            for label in _labels(one.facts):
                hidden = hidden.replace(label, "_" * len(label))
            for digit in re.finditer(r"\d", hidden):
                assert unicodedata.category(digit[0]) == "Nd"
            spans = {(link.start, link.end) for link in one.links}
            for number in NUMBER.finditer(hidden):
                where = (seed, one.language, one.register, number[0], one.text)
                assert number.span() in spans, where
                assert is_measured(hidden, *number.span(), one.language, raw), where
            others = [c for c in hidden if unicodedata.category(c) in ("No", "Nl") and c != "²"]
            assert not others
            spelled = re.search(SPELLED[one.language], hidden)
            assert spelled is None, (seed, one.language, spelled)


def _labels(known: tuple[Fact, ...]) -> list[str]:
    return [f.words for f in known if f.key.startswith("class.") and re.search(r"\d", f.words)]


def test_links_point_at_exactly_the_number_or_name_of_their_fact() -> None:
    for seed in SEEDS:
        for one in texts(seed)[1]:
            by_key = {fact.key: fact for fact in one.facts}
            ends = [0]
            for link in one.links:
                fact, shown = by_key[link.key], one.text[link.start : link.end]
                assert link.start >= ends[-1]
                ends.append(link.end)
                if fact.value is None:
                    assert fact.key.split("@")[0].startswith(NAMED)
                    continue
                assert NUMBER.fullmatch(shown), (seed, shown, fact)
                value = float(shown.replace("−", "-").replace(",", "."))
                assert abs(value) == abs(fact.value)
                assert not one.text[link.start - 1].isdigit()
                assert not one.text[link.end : link.end + 1].isdigit()


def test_offline_texts_pass_the_guard_themselves() -> None:
    for seed in SEEDS[::16]:
        for one in texts(seed)[1]:
            problems = check(one.text, one.facts, one.language)
            assert not problems, (seed, one.language, one.register, problems, one.text)


def test_days_are_written_as_each_language_does() -> None:
    days = {language: speech_of(language).day("2024-03-01") for language in Language}
    assert days == {
        Language.ENGLISH: "1 March 2024",
        Language.GERMAN: "1. März 2024",
        Language.FRENCH: "1er mars 2024",
        Language.SPANISH: "1 de marzo de 2024",
        Language.KOREAN: "2024년 3월 1일",
        Language.CHINESE: "2024 年 3 月 1 日",
    }


def test_every_reason_passes_the_guard_in_every_language() -> None:
    known = facts(next(f for f in map(random_findings, SEEDS) if f.measurements and f.outline))
    start = tuple(
        f for f in known if not f.key.startswith(("refused", "warning", "note", "change"))
    )
    told = tuple(
        Fact(f"{'change' if code.startswith('doubt') else 'warning'}.{code}", None, "", words)
        for code, words in ENGLISH.items()
    )
    for language in Language:
        made = explain_facts(start + told, language, Register.REFERRER)
        problems = check(made.text, made.facts, language)
        assert not problems, (language, problems, made.text)


def test_texts_have_no_empty_lines_within_a_paragraph() -> None:
    for seed in SEEDS[::4]:
        for one in texts(seed)[1]:
            assert "\n\n\n" not in one.text
            assert one.text == one.text.strip()
            assert not re.search(r"[ ]\n|\n[ ]", one.text)


def test_texts_never_hold_what_identifies_a_person() -> None:
    for seed in SEEDS[::4]:
        found, made = texts(seed)
        for one in made:
            whole = one.text + repr([(f.key, f.words) for f in one.facts])
            for secret in (NAME, "Quixote", PATIENT_ID, found.series.uid, "1.2.840", "AX "):
                assert secret not in whole


def test_facts_for_a_prompt_hold_no_day_and_no_hash() -> None:
    found = next(f for f in map(random_findings, SEEDS) if f.change and f.change.earlier_date)
    known = shareable(facts(found))
    assert any(fact.key.startswith("change.") for fact in facts(found))
    assert not any(re.search(r"\d{4}-\d\d|[0-9a-f]{12}", fact.words) for fact in known)


def test_keys_are_unique_and_facts_know_their_place() -> None:
    for seed in SEEDS:
        known = facts(random_findings(seed))
        assert len({fact.key for fact in known}) == len(known)
        for fact in known:
            if re.fullmatch(r"lesion\.\d+\.(?:volume|longest|side|number)", fact.key):
                assert fact.slice_index is not None
                assert fact.point is not None


def test_the_region_of_an_activation_map_is_never_told_as_a_tumour() -> None:
    found = next(f for f in map(random_findings, SEEDS) if f.outline and f.change)
    assert found.outline is not None
    region = Segment(1, MAP_REGION, None, "AUTOMATIC", map_region_name("tumour-type"))
    mapped = replace(found, outline=replace(found.outline, segments=(region,)), origin="mine")
    keys = {fact.key for fact in facts(mapped)}
    assert "outline.map" in keys
    assert not any(key.startswith(("lesion", "total", "change", "outlined")) for key in keys)
    for language in Language:
        for register in Register:
            one = explain(mapped, language, register)
            assert check(one.text, one.facts, language) == (), one.text


@pytest.mark.parametrize("register", list(Register))
@pytest.mark.parametrize("language", list(Language))
def test_every_register_says_research_only_and_estimates_as_estimates(
    language: Language, register: Register
) -> None:
    research = {
        Language.ENGLISH: "esearch use only",
        Language.GERMAN: "nur für Forschungszwecke",
        Language.FRENCH: "la recherche",
        Language.SPANISH: "solo para investigación",
        Language.KOREAN: "연구용",
        Language.CHINESE: "僅供研究使用",
    }
    found = next(f for f in map(random_findings, SEEDS) if f.classifications and f.outline)
    text = explain(found, language, register).text
    assert research[language].lower() in text.lower()
    estimate = {"en": "stimate", "de": "chätz", "fr": "stim", "es": "stim"}
    assert (
        estimate.get(language.value, {"ko": "추정", "zh-Hant": "估計"}.get(language.value)) in text
    )
    assert "{" not in text
    assert "  " not in text
