"""Every number of a text, in digits or in words, with its unit."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise

from tumordesk.explain.guarding import spelled
from tumordesk.explain.guarding.plain import mask
from tumordesk.explain.guarding.units import OTHER, Unit, unit_at
from tumordesk.explain.lexicon.entry import Lexicon


@dataclass(frozen=True)
class Number:
    """``values``: what it can be read as; ``start``, ``end`` are those of its digits or words.

    ``unit``: a fact's unit, 'other' for one that no fact has, '' for none; ``inherited``: the unit
    of the number it is paired with ('41 × 32 mm'). ``sign``: '+', '-' or ''. ``glued``: to letters
    ('L1'), so that it is part of a name nobody knows. ``paired``: followed by '× number'.
    """

    start: int
    end: int
    text: str
    values: tuple[float, ...]
    unit: str = ""
    factor: float = 1.0
    inherited: str = ""
    inherited_factor: float = 1.0
    sign: str = ""
    glued: bool = False
    spelled: bool = False
    ordinal: bool = False
    after: int = 0
    """Where the text goes on behind number and unit."""


_DIGITS = re.compile(r"\d+(?:[.,'·]\d+)*(?:(?<=\d)[\u00a0\u202f\u2009 ]\d{3}(?!\d))*(?:[.,]\d+)?")
_GAPS = "\u00a0\u202f\u2009 '"
_JOIN = re.compile(
    r"\s*(?:×|x|by|and|to|[-–—~〜∼]|mal|und|bis|auf|sur|par|et|à|a|por|y|e|至|到|和|與|及|乘以?|와|과|및|에서|곱하기)\s*",
    re.IGNORECASE,
)
_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|re|e|ème|ª|º|°)(?![A-Za-zÀ-ÿ])")


def numbers(text: str, lexicon: Lexicon) -> list[Number]:
    """All numbers of a plain text, in order. Names must be masked before."""
    found = _in_digits(text, lexicon)
    rest = text
    for number in found:
        rest = rest[: number.start] + "\ue003" * (number.end - number.start) + rest[number.end :]
    found += _in_words(mask(rest, lexicon.re(lexicon.number_safe)), lexicon)
    found.sort(key=lambda number: number.start)
    return _with_pairs(text, found)


def _in_digits(text: str, lexicon: Lexicon) -> list[Number]:
    made = []
    for match in _DIGITS.finditer(text):
        # '1 241 mm' may be one number or two: where blanks part groups, both are looked at.
        pieces = [match] if not re.search(r"\d \d", match[0]) else []
        for piece in pieces:
            made.append(_number(text, piece.start(), piece.end(), lexicon))
        if not pieces:
            made += [
                _number(text, match.start() + part.start(), match.start() + part.end(), lexicon)
                for part in re.finditer(r"\d[\d.,'·\u00a0\u202f\u2009]*\d|\d", match[0])
            ]
    return made


def _number(text: str, start: int, end: int, lexicon: Lexicon) -> Number:
    digits = text[start:end]
    before = text[start - 1 : start]
    unit = unit_at(text, end)
    after = unit.end if unit is not None else end
    ordinal = _ORDINAL.match(text, end) if unit is None else None
    follows = text[end : end + 1]
    glued = _letter(before) and not _cross(text, start)
    if unit is None and ordinal is None and _letter(follows) and not _cross(text, end + 1):
        glued = True
    hyphen = re.search(r"([A-Za-z]+)-$", text[max(0, start - 20) : start])
    if hyphen is not None and not lexicon.re(f"(?:{lexicon.lesion})|(?:{lexicon.slice})").search(
        hyphen[1]
    ):
        glued = True
    return Number(
        start,
        end,
        digits,
        readings(digits, comma=lexicon.decimal_comma),
        unit.name if unit is not None else "",
        unit.factor if unit is not None else 1.0,
        sign=_sign(text, start),
        glued=glued,
        ordinal=ordinal is not None,
        after=after,
    )


def _letter(char: str) -> bool:
    return char.isalpha() and char < "\u0250"


def _cross(text: str, at: int) -> bool:
    """Whether the letter before ``at`` is the 'x' between two numbers."""
    return re.match(r"\d\s?x\s?\d", text[max(0, at - 2) : at + 1], re.IGNORECASE) is not None


def _sign(text: str, start: int) -> str:
    before = text[max(0, start - 2) : start]
    if before[-1:] == "−" or (before[-1:] == "-" and not before[:1].strip(" (\ue000\n")[:1]):
        return "-" if before != "\n-" and len(before) == 2 else ""
    return "+" if before[-1:] == "+" else ""


def readings(digits: str, *, comma: bool) -> tuple[float, ...]:
    """What digits with separators can mean in a language: '1.335' is 1335 where commas part.

    A separator before exactly three digits groups thousands in the language that uses it so;
    any other single separator is a decimal one. Empty where it is no number ('1.2.840').
    """
    clean = "".join(c for c in digits if c not in _GAPS)
    clean = clean.replace("·", ".")
    marks = [c for c in clean if c in ".,"]
    if not marks:
        return (float(clean),)
    thousands, decimal = (".", ",") if comma else (",", ".")
    head, _, tail = clean.rpartition(marks[-1])
    grouped = re.fullmatch(rf"[1-9]\d{{0,2}}(?:\{thousands}\d{{3}})+(?:\{decimal}\d+)?", clean)
    if grouped is not None:
        return (float(clean.replace(thousands, "").replace(decimal, ".")),)
    if len(marks) == 1:
        return (float(f"{head}.{tail}"),)
    return ()


def _in_words(text: str, lexicon: Lexicon) -> list[Number]:
    if lexicon.script == "han":
        return _chinese(text)
    if lexicon.script == "hangul":
        return _korean(text)
    return _latin(text, lexicon)


_WORD = re.compile(r"[^\W\d_\ue000-\uf8ff]+")


def _latin(text: str, lexicon: Lexicon) -> list[Number]:
    words = list(_WORD.finditer(text.lower()))
    made: list[Number] = []
    at = 0
    while at < len(words):
        if words[at][0] not in lexicon.first_words:
            at += 1
            continue
        count, value = _longest(text, words, at, lexicon)
        if not count:
            at += 1
            continue
        last = at + count - 1
        extra, part = _decimals(words, last + 1, lexicon)
        value = float(f"{value:.0f}.{part}") if part else value
        start, end = words[at].start(), words[last + extra].end()
        made.append(_worded(text, start, end, value))
        at = last + extra + 1
    return made


def _longest(text: str, words: list[re.Match[str]], at: int, lexicon: Lexicon) -> tuple[int, float]:
    """How many words from ``at`` on are one number, and its value; (0, 0) for none."""
    for count in range(min(6, len(words) - at), 0, -1):
        chosen = words[at : at + count]
        gaps = [text[a.end() : b.start()] for a, b in pairwise(chosen)]
        if any(gap not in (" ", "-", "\u00a0") for gap in gaps):
            continue
        for join in (" ", "-"):
            value = lexicon.words.get(join.join(word[0] for word in chosen))
            if value is not None:
                return count, value
    return 0, 0.0


def _decimals(words: list[re.Match[str]], at: int, lexicon: Lexicon) -> tuple[int, str]:
    """('point' and digits in words) that follow: how many words, and the digits."""
    if at + 1 >= len(words) or words[at][0] not in lexicon.point_words:
        return 0, ""
    digits = ""
    for word in words[at + 1 :]:
        value = lexicon.words.get(word[0])
        if word[0] in ("one", "ein", "eins", "un", "une", "uno"):
            value = 1
        if value is None or value > 99:
            break
        digits += f"{value:.0f}"
    used = sum(1 for _ in digits)
    return (1 + used, digits) if digits else (0, "")


def _worded(text: str, start: int, end: int, value: float) -> Number:
    unit = unit_at(text, end)
    return Number(
        start,
        end,
        text[start:end],
        (value,),
        unit.name if unit is not None else "",
        unit.factor if unit is not None else 1.0,
        spelled=True,
        after=unit.end if unit is not None else end,
    )


_HAN = f"[{spelled.CHINESE_CHARACTERS}]"
_HAN_RUN = re.compile(rf"(?P<percent>百分之)?(?P<first>第)?(?P<digits>{_HAN}+(?:[點点]{_HAN}+)?)")
_HAN_IDIOM = re.compile(
    r"一(?:起|般|定|些|致|樣|直|旦|切|同|部分|部份|種|張影像|下|步|邊|側|方|併|律|再|概|份)|[唯統進萬同單不之第另某每任其]一(?![個处處顆張毫公])|"
    r"其中一個|每一個|另一個|任一個|兩(?:側|邊|者|次|種)|三維|二維|四肢|四周|十分|千萬|萬一|百分(?:比|率)|"
    r"逐一|之一|一個(?!病灶|腫瘤|區域|部位|病變|處)|七八|九成九"
)
_HAN_MEASURE = re.compile(r"\s*[個处處顆張片層枚塊]")


def _chinese(text: str) -> list[Number]:
    text = mask(text, _HAN_IDIOM)
    made = []
    for match in _HAN_RUN.finditer(text):
        value = spelled.chinese_value(match["digits"])
        start, end = match.span("digits")
        unit = unit_at(text, end)
        alone = match["digits"] in ("一", "十", "百", "千", "萬", "零")
        tied = match["percent"] or match["first"] or unit or _HAN_MEASURE.match(text, end)
        if alone and not tied:
            continue
        number = _worded(text, start, end, -1.0 if value is None else value)
        if match["percent"]:
            number = replace(number, unit="%", factor=1.0, start=match.start())
        made.append(number)
    return made


_COUNTERS = "개|군데|곳|장|번|번째|가지|배|명|차례|쌍|쪽|달|살|시간"
_KOREAN_NOUNS = "병변|종양|영역|부위|덩어리|슬라이스|영상|지름|군데|곳|단면"
_NATIVE = re.compile(
    rf"(?<![가-힣])(?P<word>{'|'.join(sorted(spelled.native_korean(), key=len, reverse=True))})"
    rf"(?P<tail>\s*(?:{_COUNTERS})|\s+(?:{_KOREAN_NOUNS})|(?![가-힣])|(?=[은는이가을를의와과도]))"
)
_SHORT_NATIVE = {"한", "두", "세", "네", "열", "쉰", "하나"}
_SINO_RUN = re.compile(
    rf"(?<![가-힣])(?P<digits>[{spelled.SINO_KOREAN}]+(?:점[{spelled.SINO_KOREAN}]+)?)"
)
_KOREAN_IDIOM = re.compile(
    r"(?<![가-힣])(?:이번|이 장|이 (?=[가-힣])|사이|만일|일일이|이 점|한 번 더|일부|오일|구공)"
)
_STRONG = re.compile(r"[삼육칠팔십백천점]")


def _korean(text: str) -> list[Number]:
    text = mask(text, _KOREAN_IDIOM)
    made = []
    for match in _NATIVE.finditer(text):
        word, tail = match["word"], match["tail"].strip()
        if word in _SHORT_NATIVE and not tail:
            continue
        if word == "한" and tail not in ("개", "군데", "곳"):
            continue
        value = spelled.native_korean()[word]
        number = _worded(text, match.start("word"), match.end("word"), value)
        if tail == "배":
            number = replace(number, unit=OTHER)
        made.append(number)
    taken = {at for number in made for at in range(number.start, number.end)}
    for match in _SINO_RUN.finditer(text):
        if match.start() in taken or not _is_sino(text, match):
            continue
        sino = spelled.korean_value(match["digits"])
        made.append(_worded(text, *match.span("digits"), -1.0 if sino is None else sino))
    return made


def _is_sino(text: str, match: re.Match[str]) -> bool:
    """Whether Sino-Korean syllables are a number here and not part of another word."""
    end = match.end()
    unit: Unit | None = unit_at(text, end)
    strong = _STRONG.search(match["digits"]) is not None
    counted = re.match(rf"\s*(?:{_COUNTERS})(?![가-힣])", text[end:]) is not None
    if unit is not None:
        return strong or unit.name != OTHER or text[end : end + 2] in ("등급", "개월", " 개")
    if counted:
        return strong
    bare = re.match(r"[은는이가을를의와과도로]?(?![가-힣])", text[end:]) is not None
    return strong and bare


def _with_pairs(text: str, found: list[Number]) -> list[Number]:
    """Numbers without a unit take that of the one they are joined to ('41 × 32 mm')."""
    made: list[Number] = []
    for number, follower in zip(found[::-1], [None, *found[::-1]], strict=False):
        if follower is not None and not number.unit and not number.glued:
            between = text[number.end : follower.start]
            unit = made[-1].unit or made[-1].inherited
            factor = made[-1].factor if made[-1].unit else made[-1].inherited_factor
            if unit and _JOIN.fullmatch(between.replace("+", "").replace("−", "")):
                number = replace(number, inherited=unit, inherited_factor=factor)
        made.append(number)
    return made[::-1]
