"""Which fact each number of a text says, and what is wrong where it says none."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from tumordesk.core.explanation import Fact
from tumordesk.explain.guarding.numerals import Number
from tumordesk.explain.guarding.plain import Sentence
from tumordesk.explain.guarding.units import OTHER
from tumordesk.explain.lexicon.entry import Lexicon


@dataclass(frozen=True)
class Match:
    """A number with the facts that it can say, best first; or ``problem``."""

    number: Number
    facts: tuple[Fact, ...]
    problem: str = ""


_LESION = re.compile(r"^lesion\.(\d+)\.")
_FITS: dict[str, tuple[str, ...]] = {
    "volume": ("volume", "change"),
    "change.volume": ("volume", "change"),
    "change.product": ("product", "change", "diameter"),
    "longest": ("longest", "diameter"),
    "perpendicular": ("perpendicular", "diameter"),
    "product": ("product", "change", "diameter"),
    "class": ("probability",),
    "threshold.volume": ("threshold", "change", "volume"),
    "threshold.product": ("threshold", "change", "product", "diameter"),
    "share": ("share",),
    "map": ("share", "map", "overlap"),
    "overlap": ("overlap", "map"),
    "distance": ("distance",),
    "pixels": ("share",),
}
_SLICES = ("slice number", "slice count")


def kind_of(fact: Fact) -> str:
    """What a fact is the number of, in the words of ``_FITS``; unitless ones by their noun."""
    return _kind(fact.key)


@lru_cache(maxsize=4096)
def _kind(key: str) -> str:
    key = key.split("@")[0]
    if key.startswith("threshold."):
        return f"threshold.{key.rsplit('.', 1)[1]}"
    if key in ("change.volume_percent", "change.product_percent"):
        return key.removesuffix("_percent")
    fixed = {
        "total.volume": "volume",
        "total.pixels": "pixels",
        "total.share": "share",
        "focus.share": "map",
        "focus.overlap": "overlap",
        "slices.count": "slice count",
        "slices.tumour": "slice count",
        "slices.first": "slice number",
        "slices.last": "slice number",
        "slices.distance": "distance",
        "lesions.count": "lesion count",
    }
    if key in fixed:
        return fixed[key]
    if key.startswith("class_slice."):
        return "slice number"
    if key.startswith("class."):
        return "class"
    if key.startswith("change."):
        return "volume" if "volume" in key else "product"
    end = key.rsplit(".", 1)[1]
    return {
        "number": "lesion number",
        "first": "slice number",
        "last": "slice number",
        "slice": "slice number",
    }.get(end, end)


def lesion_of(fact: Fact) -> int | None:
    """The lesion that a fact is of, None for the whole study."""
    found = _LESION.match(fact.key)
    return int(found[1]) if found else None


class Matcher:
    """Goes through a text's numbers in order and keeps in mind which lesion is spoken of."""

    def __init__(
        self, text: str, found: list[Number], parts: list[Sentence], facts: tuple[Fact, ...],
        lexicon: Lexicon,
    ) -> None:  # fmt: skip
        self._text = text
        self._numbers = found
        self._sentences = parts
        self._facts: dict[str, list[Fact]] = {}
        for fact in facts:
            if fact.value is not None:
                self._facts.setdefault(fact.unit, []).append(fact)
        self._lexicon = lexicon
        self._sides: dict[str, list[int]] = {}
        for fact in facts:
            if fact.key.endswith(".side"):
                self._sides.setdefault(fact.words, []).append(lesion_of(fact) or 0)
        self._lesion: int | None = None
        self._total = False
        self._paragraph = -1
        self.lesions: dict[Sentence, int | None] = {}
        """The lesion spoken of at the end of each sentence."""

    def run(self) -> list[Match]:
        """All numbers, each with the facts it says or with what is wrong."""
        made: list[Match] = []
        at = 0
        for part in self._sentences:
            if part.paragraph != self._paragraph:
                self._paragraph, self._lesion = part.paragraph, None
            words = self._text[part.start : part.end]
            self._total = self._lexicon.re(self._lexicon.total).search(words) is not None
            if self._total:
                self._lesion = None
            self._ahead(part)
            while at < len(self._numbers) and self._numbers[at].start < part.end:
                made.append(self._match(self._numbers[at], part))
                at += 1
            self.lesions[part] = self._lesion
        return made

    def _ahead(self, part: Sentence) -> None:
        """A sentence that names one lesion speaks of it from its first word on."""
        named = {
            number.values[0]
            for number in self._numbers
            if part.start <= number.start < part.end
            and number.values
            and not number.unit
            and self._relation(number) == "lesion number"
        }
        words = self._text[part.start : part.end]
        if self._total:
            return
        if len(named) == 1:
            self._lesion = int(named.pop())
        elif not named and self._lexicon.re(self._lexicon.largest).search(words):
            self._lesion = 1
        elif not named and self._lesion is None:
            self._lesion = self._by_side(words)

    def _by_side(self, words: str) -> int | None:
        """'The lesion on the right': the only one that lies there."""
        if self._lexicon.re(self._lexicon.every).search(words):
            return None
        left = self._lexicon.re(self._lexicon.left).search(words) is not None
        right = self._lexicon.re(self._lexicon.right).search(words) is not None
        if left == right:
            return None
        there = self._sides.get("left" if left else "right", [])
        return there[0] if len(there) == 1 and "both" not in self._sides else None

    def _match(self, number: Number, part: Sentence) -> Match:
        shown = self._text[number.start : max(number.after, number.end)].strip()
        if number.glued or not number.values:
            return Match(number, (), f"“{shown}” is not among the findings.")
        if number.unit == OTHER:
            return Match(number, (), f"“{shown}” is not something that was measured.")
        same = self._same_value(number)
        if not same:
            return Match(number, (), f"“{shown}” is not among the findings.")
        for test in (self._bound, self._sign, self._place, self._quantity, self._whose):
            kept, problem = test(number, same, part)
            if not kept:
                return Match(number, (), problem.format(n=shown))
            same = kept
        if all(kind_of(fact) == "lesion number" for fact in same):
            self._lesion = int(same[0].value or 0)
        return Match(number, tuple(same))

    def _same_value(self, number: Number) -> list[Fact]:
        found = []
        for value in number.values:
            for unit, factor in (
                (number.unit, number.factor),
                (number.inherited, number.inherited_factor),
            ):
                if not unit and (number.unit or (number.inherited and factor != 1.0)):
                    continue
                found += [f for f in self._facts.get(unit, ()) if _same(f, value * factor)]
        return list(dict.fromkeys(found))

    def _bound(self, number: Number, same: list[Fact], part: Sentence) -> tuple[list[Fact], str]:
        """'< 1 %' must be said as a bound, and nothing else may be."""
        lexicon = self._lexicon
        before = self._text[max(part.start, number.start - 24) : number.start].rstrip("+−")
        after = self._text[number.after : number.after + 12]
        said = ""
        if lexicon.re(lexicon.below).search(before) or lexicon.re(lexicon.below_after).match(after):
            said = "<"
        elif lexicon.re(lexicon.above).search(before) or lexicon.re(lexicon.above_after).match(
            after
        ):
            said = ">"
        kept = [f for f in same if f.bound == said or (said and kind_of(f).startswith("threshold"))]
        return kept, "“{n}” is said as a limit, or not as one, against the findings."

    def _sign(self, number: Number, same: list[Fact], part: Sentence) -> tuple[list[Fact], str]:
        if not number.sign:
            return same, ""
        kept = [
            f
            for f in same
            if (kind_of(f).startswith("change.") and ((f.value or 0) < 0) == (number.sign == "-"))
            or (kind_of(f).startswith("threshold"))
        ]
        return kept, "The sign of “{n}” is not that of the findings."

    def _place(self, number: Number, same: list[Fact], part: Sentence) -> tuple[list[Fact], str]:
        """A number without a unit must be said of slices or lesions, as the fact is."""
        lexicon, words = self._lexicon, self._text[part.start : part.end]
        near_slice = lexicon.re(lexicon.slice).search(words) is not None
        near_lesion = lexicon.re(lexicon.lesion).search(words) is not None
        kept = []
        for fact in same:
            kind = kind_of(fact)
            if kind in _SLICES and not near_slice:
                continue
            if kind in ("lesion number", "lesion count") and not near_lesion:
                continue
            if kind == "overlap" and not self._said("overlap", words):
                continue
            kept.append(fact)
        if not number.unit and not number.inherited:
            told = self._relation(number)
            kept = [f for f in kept if told is None or kind_of(f) in (told, "overlap")]
        return kept, "“{n}” is not said of what the findings have it for."

    def _said(self, category: str, words: str) -> bool:
        pattern = dict(self._lexicon.quantities).get(category, "(?!)")
        return self._lexicon.re(pattern).search(words) is not None

    def _relation(self, number: Number) -> str | None:
        """'slice count' of '14 slices', 'slice number' of 'slice 14'; None where not said."""
        lexicon = self._lexicon
        after = self._text[number.after : number.after + 30]
        before = self._text[max(0, number.start - 30) : number.start]
        counted = _COUNTER.match(after)
        ordinal = number.ordinal or bool(_TH_BEFORE.search(before) or _TH_AFTER.match(after))
        if counted is not None and not ordinal:
            after = after[counted.end() :]
        elif ordinal:
            after = _TH_AFTER.sub("", _COUNTER.sub("", after, count=1), count=1)
        nouns = ((lexicon.slice, "slice"), (lexicon.lesion, "lesion"))
        follows = [n for noun, n in nouns if lexicon.re(rf"{_LINK}(?:{noun})").match(after)]
        leads = [n for noun, n in nouns if lexicon.re(rf"(?:{noun}){_SIGN}$").search(before)]
        if ordinal and (follows or leads):
            return f"{(follows or leads)[0]} number"
        if follows and follows != leads:
            spelled = number.spelled and lexicon.script == "latin"
            return None if spelled else f"{follows[0]} count"
        if leads and not follows:
            return f"{leads[0]} count" if counted else f"{leads[0]} number"
        return None

    def _quantity(self, number: Number, same: list[Fact], part: Sentence) -> tuple[list[Fact], str]:
        """The quantity named next to the number must be that of the fact."""
        if not number.unit and not number.inherited:
            return same, ""
        if self._is_pair(number):
            return same, ""
        category = self._named(number, part)
        if category is None:
            return same, ""
        kept = [fact for fact in same if category in _FITS.get(kind_of(fact), ())]
        return kept, "“{n}” is another quantity than the text says."

    def _is_pair(self, number: Number) -> bool:
        """One of two numbers with a cross between them: longest × perpendicular."""
        after = self._text[number.after : number.after + 4]
        before = self._text[max(0, number.start - 4) : number.start]
        return bool(re.match(r"\s*[×x]\s*\d", after)) or bool(re.search(r"[×x]\s*$", before))

    def _named(self, number: Number, part: Sentence) -> str | None:
        """The quantity named before the number, with no other number between; else behind it."""
        ends = [n.after for n in self._numbers if part.start <= n.start < number.start]
        starts = [n.start for n in self._numbers if number.start < n.start < part.end]
        low, high = max([part.start, *ends]), min([part.end, *starts])
        lead = self._text[low : number.start]
        before = self._categories(_APART.split(lead)[-1] if ends else lead)
        after = self._categories(self._cut(self._text[number.after : high]))
        if before:
            return before[-1]
        return after[0] if after else None

    @staticmethod
    def _cut(text: str) -> str:
        """Up to the next comma: what stands behind it is said of the next number."""
        return re.split(r"[,;:，、；：(]", text)[0]

    def _categories(self, text: str) -> list[str]:
        """Quantities named in a text, in order."""
        pattern = self._lexicon.any_quantity
        return [found.lastgroup or "" for found in pattern.finditer(text)]

    def _whose(self, number: Number, same: list[Fact], part: Sentence) -> tuple[list[Fact], str]:
        """A lesion's number must be said of that lesion, a total of all."""
        if self._total and number.unit in ("mL", "mm²"):
            kept = [fact for fact in same if lesion_of(fact) is None]
            return kept, "“{n}” is of one lesion and not of all."
        if self._lesion is None:
            return same, ""
        compared = self._said("change", self._text[part.start : part.end])
        own = [
            f
            for f in same
            if lesion_of(f) == self._lesion
            or (lesion_of(f) is None and not f.key.startswith(_OF_ALL))
            or (compared and f.key.startswith("change."))
            or kind_of(f) == "lesion number"
        ]
        return own, "“{n}” belongs to another lesion."


_APART = re.compile(r"[,;，、；(]|\b(?:and|und|et|y|e)\b|및|그리고|和|與")
"""Parts what is said of one number from what is said of the next."""
_OF_ALL = (
    "total.volume", "slices.first", "slices.last", "change.volume_before", "change.volume_after",
    "change.product_before", "change.product_after",
)  # fmt: skip
_LINK = r"[\s\u00a0的의-]*"
_SIGN = r"[\s\u00a0]*(?:no\.?|nr\.?|n\.?[ºo°]|#|第)?\s*"
_COUNTER = re.compile(r"\s*(?:個|个|处|處|張|片|層|枚|개|군데|곳|장)(?![가-힣]*[가-힣]월)")
_TH_BEFORE = re.compile(r"第\s*$")
_TH_AFTER = re.compile(r"\s*(?:번째|번)")


def _same(fact: Fact, value: float) -> bool:
    known = fact.value or 0.0
    if kind_of(fact).startswith("change."):
        known = abs(known)
    return abs(known - value) < 1e-9 * max(1.0, abs(known))
