"""What a text claims in words: diagnosis, treatment, side, absence, growth, person, language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from tumordesk.core.explanation import Fact
from tumordesk.explain.guarding.matching import Match, kind_of
from tumordesk.explain.guarding.plain import HIDDEN, MASK, Sentence, made_plain, mask
from tumordesk.explain.known import Known, class_name
from tumordesk.explain.lexicon.entry import Lexicon

Problems = Iterator[str]
_PERCENT = re.compile(r"[%％]|퍼센트|[Pp]rozent|per ?cent|pour ?cent|por ?ciento|百分")
_CHUNK = re.compile(r"[,;，、；:：()（）\n]|\b(?:and|und|et|y)\b|및|그리고|和|與")
_SPELLINGS = {"no_tumour": "no_tumor", "notumor": "no_tumor", "tumor": "tumour"}
_OF = re.compile(r"\s*(?:[^\W\d_]+\s+){0,2}(?:of|von|sur|de)\s+(?:the\s+)?", re.IGNORECASE)
_COMMON = ("no_tumor", "no_tumour", "notumor", "tumour", "tumor")
"""Classes whose names are common words: they count as classes where they stand as such."""
_QUOTES = "“”„\"'«»「」『』‘’‹›"


class Claims:
    """The claims of one text against what is known."""

    def __init__(
        self,
        text: str,
        parts: list[Sentence],
        matches: list[Match],
        lesions: dict[Sentence, int | None],
        known: Known,
        lexicon: Lexicon,
    ) -> None:
        self._text = text
        self._parts = parts
        self._matches = matches
        self._lesions = lesions
        self._known = known
        self._lexicon = lexicon
        self._labels = self._label_patterns()
        self._spans = self._all_labels()

    def problems(self) -> Problems:
        """Everything that the findings do not support."""
        yield from self._classes()
        masked = self._without_labels()
        safe = mask(masked, self._re(self._lexicon.safe))
        yield from self._forbidden(safe)
        yield from self._absence(safe)
        yield from self._sides(masked)
        yield from self._places(masked)
        yield from self._growth()
        yield from self._parts_of_wholes()

    def without_labels(self) -> str:
        """The text with the names of classes masked."""
        return self._without_labels()

    def _re(self, pattern: str) -> re.Pattern[str]:
        return self._lexicon.re(pattern)

    def _label_patterns(self) -> dict[str, re.Pattern[str]]:
        """A pattern for each class that a classifier gave, by class name."""
        made: dict[str, re.Pattern[str]] = {}
        for fact in self._known.starting("class."):
            name = _class_of(fact)
            own = self._lexicon.labels.get(name)
            label = re.escape(made_plain(fact.words).text.translate(HIDDEN))
            edge = rf"(?<![A-Za-z]){label}(?![A-Za-z])"
            both = f"(?:{own})|(?:{edge})" if own else edge
            made[name] = self._re(f"{made[name].pattern}|{both}" if name in made else both)
        return made

    def _all_labels(self) -> list[tuple[int, int, str]]:
        """Class names in the text, in order; the longer one counts where two overlap."""
        found = [
            (m.start(), m.end(), name)
            for name, pattern in self._labels.items()
            for m in pattern.finditer(self._text)
        ]
        found.sort(key=lambda span: (span[0] - span[1], span[0]))
        kept: list[tuple[int, int, str]] = []
        for span in found:
            if all(span[1] <= a or span[0] >= b for a, b, _ in kept):
                kept.append(span)
        return sorted(kept)

    def _found_labels(self, start: int, end: int) -> list[tuple[int, int, str]]:
        return [span for span in self._spans if start <= span[0] < end]

    def _is_estimate(self, part: Sentence) -> bool:
        words = self._text[part.start : part.end]
        return bool(_PERCENT.search(words) or self._re(self._lexicon.estimate).search(words))

    def _without_labels(self) -> str:
        """Class names masked where they stand as a class: with a percentage, or in quotes."""
        text = self._text
        for part in self._parts:
            for start, end, name in self._found_labels(part.start, part.end):
                if self._stands_as_class(start, end, name):
                    text = text[:start] + MASK * (end - start) + text[end:]
        return text

    def _stands_as_class(self, start: int, end: int, name: str) -> bool:
        """'Tumour', 'no tumour' only with a percentage or in quotes: else they say it is so."""
        if name not in _COMMON or self._has_percent(start, end):
            return True
        before, after = self._text[:start].rstrip()[-1:], self._text[end : end + 2].strip()[:1]
        return bool(before and after) and before in _QUOTES and after in _QUOTES

    def _has_percent(self, start: int, end: int) -> bool:
        """Whether a percentage stands right before or behind a class name."""
        after, before = self._text[end : end + 14], self._text[max(0, start - 14) : start]
        return bool(_PERCENT.search(after) or _PERCENT.search(before))

    def _classes(self) -> Problems:
        """Class names: only as estimates, and with their own percentage."""
        for part in self._parts:
            labels = [
                label
                for label in self._found_labels(part.start, part.end)
                if self._stands_as_class(*label)
            ]
            if not labels:
                continue
            words = self._text[part.start : part.end]
            if not self._is_estimate(part):
                yield "A tumour type is stated, not given as the program's estimate."
            if self._re(self._lexicon.certainty).search(words):
                yield "A tumour type is stated as certain."
            yield from self._asserted(labels, part)
            yield from self._paired(labels, part)
            yield from self._leading(labels, part)

    def _asserted(self, labels: list[tuple[int, int, str]], part: Sentence) -> Problems:
        """'It is a glioma': even with a percentage in the sentence, that is a diagnosis."""
        pattern = self._re(self._lexicon.assertion)
        for start, _, name in labels:
            before = self._text[part.start : start]
            if name in _COMMON or not pattern.search(before):
                continue
            if not self._re(self._lexicon.estimate).search(self._text[part.start : part.end]):
                yield "A tumour type is stated, not given as the program's estimate."

    def _paired(self, labels: list[tuple[int, int, str]], part: Sentence) -> Problems:
        """Each percentage with the class name in its part of the sentence."""
        edges = [part.start, *self._edges(part), part.end]
        percents = [
            m
            for m in self._matches
            if part.start <= m.number.start < part.end
            and "%" in (m.number.unit, m.number.inherited)
            and m.facts
        ]
        for match in percents:
            at = match.number.start
            low = max(e for e in edges if e <= at)
            high = min(e for e in edges if e > at)
            inside = {name for a, _, name in labels if low <= a < high}
            names = {_class_of(f) for f in match.facts if kind_of(f) == "class"}
            if not inside and len(percents) == len(labels) and names:
                inside = {labels[percents.index(match)][2]}
            elif not inside and names and len({name for *_, name in labels}) == 1:
                inside = {labels[0][2]}
            changes = all(kind_of(f).startswith("change.") for f in match.facts)
            if changes and inside - set(_COMMON):
                yield "A change is said of a tumour type."
            elif len(inside) == 1 and not inside & names and self._speaks_of_classes(low, high):
                yield f"“{match.number.text} %” is the estimate of another tumour type."

    def _leading(self, labels: list[tuple[int, int, str]], part: Sentence) -> Problems:
        """'Most likely a meningioma': the class must be the likeliest of a classifier."""
        names = {name for *_, name in labels}
        said = self._re(self._lexicon.leading).search(self._text[part.start : part.end])
        if said is None or len(names) != 1:
            return
        ends = self._known.classifiers()
        first = {_class_of(self._known.classes(end)[0]) for end in ends if self._known.classes(end)}
        if first and not names & first:
            yield "Another tumour type is the likeliest."

    def _edges(self, part: Sentence) -> list[int]:
        spans = [(m.number.start, m.number.end) for m in self._matches]
        edges = [m.start() for m in _CHUNK.finditer(self._text, part.start, part.end)]
        return [e for e in edges if not any(a <= e < b for a, b in spans)]

    def _speaks_of_classes(self, low: int, high: int) -> bool:
        """Not where the part names a share, a map or a change."""
        words = self._text[low:high]
        named = [c for c, p in self._lexicon.quantities if self._re(p).search(words)]
        return not {"share", "map", "overlap", "change", "threshold"} & set(named)

    def _forbidden(self, text: str) -> Problems:
        for category, pattern in self._lexicon.forbidden.items():
            found = self._re(pattern).search(text)
            if found is not None:
                yield f"“{found[0].strip()}” reads as {category}, which no finding supports."
        for name, pattern in self._lexicon.labels.items():
            found = self._re(pattern).search(text)
            if found is not None and name not in self._labels and name not in _COMMON:
                yield f"“{found[0].strip()}” is a diagnosis that no classifier gave."

    def _absence(self, text: str) -> Problems:
        lexicon, outlined = self._lexicon, "outlined.yes" in self._known
        found = self._re(lexicon.absent).search(text)
        if found is not None:
            yield f"“{found[0].strip()}” reads as absence of disease."
        for part in self._parts:
            words = text[part.start : part.end]
            if outlined and self._re(lexicon.nothing_outlined).search(words):
                yield "The text says that nothing is outlined, but something is."
            claims = None if outlined else self._re(lexicon.found).search(words)
            if claims is not None and not self._re(lexicon.negation).search(words):
                yield "The text says that something is outlined, but nothing is."

    def _sides(self, text: str) -> Problems:
        lexicon = self._lexicon
        text = mask(text, self._re(lexicon.side_idioms))
        if not (self._re(lexicon.left).search(text) or self._re(lexicon.right).search(text)):
            return
        for part in self._parts:
            words = text[part.start : part.end]
            said = {
                side
                for side, pattern in (("left", lexicon.left), ("right", lexicon.right))
                if self._re(pattern).search(words)
            }
            if said and not self._side_fits(said, words, part):
                yield "The side that is named is not that of the findings."

    def _side_fits(self, said: set[str], words: str, part: Sentence) -> bool:
        known = self._known_sides(part)
        every = self._lesions.get(part) is None and self._re(self._lexicon.every).search(words)
        return said == known if every and len(said) == 1 else said <= known

    def _known_sides(self, part: Sentence) -> set[str]:
        facts = [f for f in self._known.starting("lesion.") if f.key.endswith(".side")]
        number = self._lesions.get(part)
        if number is not None:
            facts = [f for f in facts if f.key == f"lesion.{number}.side"]
        sides = {fact.words for fact in facts}
        return {"left", "right"} if "both" in sides else sides

    def _places(self, text: str) -> Problems:
        found = self._re(self._lexicon.anatomy).search(text)
        if found is not None:
            yield f"“{found[0].strip()}” is a place that the findings do not tell."
        named = [item for item in self._lexicon.places.items() if self._re(item[1]).search(text)]
        for part in self._parts if named else ():
            words = text[part.start : part.end]
            number = self._lesions.get(part)
            known = {
                word
                for fact in self._known.starting(
                    "lesion." if number is None else f"lesion.{number}."
                )
                if fact.key.endswith(".location")
                for word in fact.words.split()
            }
            for place, pattern in named:
                if place not in known and self._re(pattern).search(words):
                    yield "The place that is named is not that of the findings."

    def _growth(self) -> Problems:
        facts = [f for f in self._known.starting("change.") if f.key.endswith("_percent")]
        same = self._re(self._lexicon.same).search(self._text)
        if same is not None and not any(f.value == 0 for f in facts):
            yield "The text says that nothing has changed, which was not measured."
        yield from self._then_and_now()
        up_or_down = f"(?:{self._lexicon.up})|(?:{self._lexicon.down})"
        if not self._re(up_or_down).search(self._text):
            return
        for part in self._parts:
            words = self._text[part.start : part.end]
            up = self._re(self._lexicon.up).search(words) is not None
            down = self._re(self._lexicon.down).search(words) is not None
            if up == down:
                continue
            said = self._said_changes(part) or facts
            if not any(((f.value or 0) > 0) == up and f.value for f in said):
                yield "The text says a change that the findings do not have."

    def _then_and_now(self) -> Problems:
        """Two sizes of the same thing: the earlier must be said as the earlier one."""
        for part in self._parts:
            numbers = [m for m in self._matches if part.start <= m.number.start < part.end]
            words = self._text[part.start : part.end]
            then = self._re(self._lexicon.then).search(words)
            now = self._re(self._lexicon.now).search(words)
            for of in ("volume", "product"):
                old = [m.number.start for m in numbers if _says(m, f"change.{of}_before")]
                new = [m.number.start for m in numbers if _says(m, f"change.{of}_after")]
                if len(old) != 1 or len(new) != 1 or old == new:
                    continue
                if (then is None) != (now is None):
                    continue
                first = then is None or now is None or then.start() < now.start()
                if (old[0] < new[0]) != first:
                    yield "Earlier and later are mistaken for each other."

    def _parts_of_wholes(self) -> Problems:
        """'10 slices of 26', never the other way round; and no margins that nobody measured."""
        for one, other in pairwise(self._matches):
            between = self._text[one.number.after : other.number.start]
            if not _OF.fullmatch(between) or not (one.number.values and other.number.values):
                continue
            if one.number.values[0] > other.number.values[0] and not one.number.unit:
                yield "A part is said to be larger than its whole."
        if "±" in self._text:
            yield "A margin of error was not measured."

    def _said_changes(self, part: Sentence) -> list[Fact]:
        return [
            fact
            for match in self._matches
            if part.start <= match.number.start < part.end
            for fact in match.facts
            if fact.key.endswith("_percent")
        ]


def _class_of(fact: Fact) -> str:
    """The name of a class, one spelling for all models."""
    name = class_name(fact)
    return _SPELLINGS.get(name, name)


def _says(match: Match, key: str) -> bool:
    return any(fact.key == key for fact in match.facts)
