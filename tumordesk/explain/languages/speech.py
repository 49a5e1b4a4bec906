"""What a language brings: how it writes numbers, and its phrases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"


def listed(words: str) -> tuple[str, ...]:
    """Words parted by blanks."""
    return tuple(words.split())


@dataclass(frozen=True)
class Speech:
    """Phrases of a language and its way with numbers.

    ``phrases``: by id, beginning with the register ('p.' patient, 'r.' referrer, 'x.'
    radiologist; what 'x.' lacks is taken from 'r.'), with ``{places}`` for facts; where a count
    decides, ids end in ``.one`` and ``.other``. ``labels``: class names of tumour types.
    ``places``: of 'front upper' and so on. ``reasons``: a sentence for each code of
    ``explain.reasons``. ``geometry``: of each verdict. ``date``: strftime-like with d, m, Y and B
    (a name of ``months``).
    """

    decimal: str
    percent_gap: str
    between: str
    """Between two sentences of a paragraph."""
    stop: str
    comma: str
    semicolon: str
    less_than: str
    more_than: str
    date: str
    months: tuple[str, ...]
    phrases: Mapping[str, str]
    labels: Mapping[str, str]
    places: Mapping[str, str]
    reasons: Mapping[str, str]
    geometry: Mapping[str, str]
    first_day: str = ""
    """How the first of a month is written, where not as a plain number."""
    sequences: Mapping[str, str] = field(default_factory=dict)

    def number(self, value: float, digits: int, *, signed: bool = False) -> str:
        """A number as written here: '24,3', '+25', '−4.2'."""
        text = f"{abs(value):.{digits}f}".replace(".", self.decimal)
        if signed and value:
            return ("+" if value > 0 else MINUS) + text
        return text

    def unit(self, unit: str) -> str:
        """A unit with the gap before it."""
        if not unit:
            return ""
        return (self.percent_gap if unit == "%" else NBSP) + unit

    def day(self, date: str) -> str:
        """A date YYYY-MM-DD as written here: '1 March 2024'."""
        year, month, day = (int(part) for part in date.split("-"))
        named = self.months[month - 1] if self.months and 1 <= month <= 12 else f"{month}"
        first = self.first_day if day == 1 and self.first_day else day
        return self.date.format(
            d=first, dd=f"{day:02d}", m=month, mm=f"{month:02d}", Y=year, B=named
        )
