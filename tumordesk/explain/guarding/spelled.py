"""Numbers in words: 'twenty-four', 'vierundzwanzig', 'vingt-quatre', '이십사', '二十四', '네 개'.

Each function gives words and their values; which of them count as numbers in a text, and where
they are too common a word for that ('ein', 'un', '이', '一'), is for :mod:`.numerals`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

Words = dict[str, float]


def _listed(words: str) -> list[str]:
    return words.split()


def _compose(low: Mapping[int, str], join: Callable[[int, int], str], hundred: str) -> Words:
    """0..99 from the words of units and tens, and the first hundreds."""
    words: Words = {}
    for n in range(100):
        words[low[n] if n in low else join(n - n % 10, n % 10)] = n
    names = {int(value): word for word, value in words.items()}
    for h in range(1, 10):
        for rest in range(100):
            start = hundred if h == 1 else names[h] + hundred
            words[start + (names[rest] if rest else "")] = h * 100 + rest
    return words


@cache
def english() -> Words:
    """'three', 'twenty-four' (also with a space), ordinals, 'dozen'."""
    small = _listed(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen"
    )
    tens = _listed("twenty thirty forty fifty sixty seventy eighty ninety")
    low = dict(enumerate(small)) | {(i + 2) * 10: word for i, word in enumerate(tens)}
    words: Words = {
        low[n] if n in low else f"{low[n - n % 10]}-{low[n % 10]}": n for n in range(100)
    }
    words |= {word.replace("-", " "): value for word, value in list(words.items())}
    words |= {"hundred": 100, "thousand": 1000, "million": 1e6, "dozen": 12}
    ordinals = _listed(
        "second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
    )
    words |= {word: i + 2 for i, word in enumerate(ordinals)}
    words.pop("one")
    return words


@cache
def german() -> Words:
    """'drei', 'einundvierzig', 'hundertzwei', 'zweite', 'dritter'."""
    small = _listed(
        "null ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn "
        "fünfzehn sechzehn siebzehn achtzehn neunzehn"
    )
    tens = _listed("zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig")
    low = dict(enumerate(small)) | {(i + 2) * 10: word for i, word in enumerate(tens)}
    words = _compose(low, lambda t, u: f"{low[u]}und{low[t]}", "hundert")
    words |= {word.replace("ß", "ss").replace("ü", "ue"): n for word, n in list(words.items())}
    ordinals = _listed("zweit dritt viert fünft sechst siebt acht neunt zehnt elft zwölft")
    for i, stem in enumerate(ordinals):
        words |= {stem + end: i + 2 for end in ("e", "er", "es", "en", "em")}
    words |= {"eins": 1, "zwo": 2, "tausend": 1000, "million": 1e6, "dutzend": 12}
    words.pop("ein")
    return words


@cache
def french() -> Words:
    """'sept', 'vingt-quatre', 'soixante-douze', 'quatre-vingt-dix-neuf', 'deuxième'."""
    small = _listed(
        "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
        "seize dix-sept dix-huit dix-neuf"
    )
    tens = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante"}
    low = dict(enumerate(small))

    def name(n: int) -> str:
        if n < 20:
            return low[n]
        if n < 70:
            ten, unit = n - n % 10, n % 10
            return tens[ten] + ("" if not unit else " et un" if unit == 1 else f"-{low[unit]}")
        if n < 80:
            return "soixante" + (" et onze" if n == 71 else f"-{low[n - 60]}")
        return "quatre-vingts" if n == 80 else f"quatre-vingt-{low[n - 80]}"

    words: Words = {name(n): n for n in range(100)}
    words |= {"septante": 70, "huitante": 80, "octante": 80, "nonante": 90, "cent": 100}
    words |= {f"cent {name(n)}": 100 + n for n in range(1, 100)}
    words |= {f"{name(h)} cents": h * 100 for h in range(2, 10)}
    words |= {word.replace("-", " "): n for word, n in list(words.items())}
    words |= {"mille": 1000, "million": 1e6, "millions": 1e6, "douzaine": 12, "dizaine": 10}
    ordinals = _listed("deux trois quatr cinqu six sept huit neuv dix onz douz")
    words |= {f"{stem}ième": i + 2 for i, stem in enumerate(ordinals)}
    words.pop("un")
    return words


@cache
def spanish() -> Words:
    """'siete', 'veinticuatro', 'cuarenta y uno', 'ciento dos', 'segunda'."""
    small = _listed(
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
        "dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés "
        "veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve"
    )
    tens = _listed("treinta cuarenta cincuenta sesenta setenta ochenta noventa")
    low = dict(enumerate(small)) | {(i + 3) * 10: word for i, word in enumerate(tens)}
    words: Words = {
        low[n] if n in low else f"{low[n - n % 10]} y {low[n % 10]}": n for n in range(100)
    }
    hundreds = _listed(
        "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos "
        "ochocientos novecientos"
    )
    names = {int(n): word for word, n in words.items()}
    for i, word in enumerate(hundreds, start=1):
        words[word] = i * 100
        words |= {f"{word} {names[n]}": i * 100 + n for n in range(1, 100)}
    words |= {"cien": 100, "mil": 1000, "millón": 1e6, "millones": 1e6, "docena": 12}
    for stem, n in (
        ("segund", 2), ("tercer", 3), ("cuart", 4), ("quint", 5), ("sext", 6), ("séptim", 7),
        ("octav", 8), ("noven", 9), ("décim", 10),
    ):  # fmt: skip
        words |= {stem + end: n for end in ("o", "a", "os", "as")}
    words |= {"tercer": 3, "veintiún": 21, "dieciseis": 16, "veintidos": 22, "veintitres": 23}
    words.pop("uno")
    return words


def chinese_value(text: str) -> float | None:
    """'二十四' is 24, '兩百零三' 203, '三點五' 3.5, '四一' 41; None where it is no number."""
    whole, _, part = text.replace("点", "點").partition("點")
    value = _chinese_whole(whole)
    if value is None or not part:
        return value
    digits = [_CHINESE.get(c) for c in part]
    if any(d is None for d in digits):
        return None
    return float(f"{value:.0f}." + "".join(str(d) for d in digits))


_CHINESE = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0, "兩": 2, "两": 2, "壹": 1, "貳": 2, "參": 3, "肆": 4, "伍": 5, "陸": 6,
    "柒": 7, "捌": 8, "玖": 9,
}  # fmt: skip
_CHINESE_STEPS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
CHINESE_CHARACTERS = "".join([*_CHINESE, *_CHINESE_STEPS, "萬"])


def _chinese_whole(text: str) -> float | None:
    if not text:
        return None
    if all(c in _CHINESE for c in text):
        return float("".join(str(_CHINESE[c]) for c in text))
    total, block, digit = 0, 0, 0
    for c in text:
        if c in _CHINESE:
            digit = _CHINESE[c]
        elif c in _CHINESE_STEPS:
            block += (digit or 1) * _CHINESE_STEPS[c]
            digit = 0
        elif c == "萬":
            total, block, digit = (total + block + digit) * 10000, 0, 0
        else:
            return None
    return float(total + block + digit)


_SINO = {c: i for i, c in enumerate("영일이삼사오육칠팔구")} | {"공": 0, "륙": 6}
_SINO_STEPS = {"십": 10, "백": 100, "천": 1000}
SINO_KOREAN = "".join([*_SINO, *_SINO_STEPS, "만"])


def korean_value(text: str) -> float | None:
    """Sino-Korean: '이십사' is 24, '백삼' 103, '삼점오' 3.5; None where it is no number."""
    whole, _, part = text.replace(" ", "").partition("점")
    total, block, digit = 0, 0, 0
    for c in whole:
        if c in _SINO:
            digit = _SINO[c]
        elif c in _SINO_STEPS:
            block += (digit or 1) * _SINO_STEPS[c]
            digit = 0
        elif c == "만":
            total, block, digit = (total + block + digit) * 10000, 0, 0
        else:
            return None
    value = float(total + block + digit)
    if not part:
        return value
    digits = [_SINO.get(c) for c in part]
    if any(d is None for d in digits):
        return None
    return float(f"{value:.0f}." + "".join(str(d) for d in digits))


@cache
def native_korean() -> Words:
    """'하나', '두', '세', '스물네', '서른' ..., standing alone and before a counter."""
    alone = _listed("하나 둘 셋 넷 다섯 여섯 일곱 여덟 아홉")
    before = _listed("한 두 세 네 다섯 여섯 일곱 여덟 아홉")
    tens = _listed("열 스물 서른 마흔 쉰 예순 일흔 여든 아흔")
    words: Words = {}
    for form in (alone, before):
        for i, unit in enumerate(form, start=1):
            words[unit] = i
            words |= {ten + unit: (t + 1) * 10 + i for t, ten in enumerate(tens)}
    words |= {ten: (t + 1) * 10 for t, ten in enumerate(tens)}
    words["스무"] = 20
    return words
