"""Units after a number, in all six languages, and what they are in the facts' units."""

# ruff: noqa: E501 - a table of patterns, one for each line

from __future__ import annotations

import re
from dataclasses import dataclass

OTHER = "other"


@dataclass(frozen=True)
class Unit:
    """``name`` is a fact's unit or 'other'; a number times ``factor`` is in that unit."""

    name: str
    factor: float
    end: int


_SQ, _CU = "\ue001", "\ue002"
_TABLE: tuple[tuple[str, str, float], ...] = (
    (
        rf"mm{_CU}|cubic millimet(?:er|re)s?|Kubikmillimetern?|millimètres? cubes?|milímetros? cúbicos?|세제곱밀리미터|立方毫米|立方公釐",
        "mL",
        0.001,
    ),
    (
        rf"cm{_CU}|cc|ccm|cubic centimet(?:er|re)s?|Kubikzentimetern?|centimètres? cubes?|centímetros? cúbicos?|세제곱센티미터|立方公分|立方厘米",
        "mL",
        1.0,
    ),
    (
        rf"mm{_SQ}|square millimet(?:er|re)s?|Quadratmillimetern?|millimètres? carrés?|milímetros? cuadrados?|제곱밀리미터|平方毫米|平方公釐",
        "mm²",
        1.0,
    ),
    (
        rf"cm{_SQ}|square centimet(?:er|re)s?|Quadratzentimetern?|centimètres? carrés?|centímetros? cuadrados?|제곱센티미터|平方公分|平方厘米",
        "mm²",
        100.0,
    ),
    (r"[μu]L|microlit(?:er|re)s?|Mikroliter", "mL", 0.001),
    (r"mL|millilit(?:er|re)s?|Millilitern?|mililitros?|밀리리터|毫升|公撮", "mL", 1.0),
    (r"cL|centilit(?:er|re)s?|Zentiliter", "mL", 10.0),
    (r"dL|decilit(?:er|re)s?|Deziliter", "mL", 100.0),
    (r"L|lit(?:er|re)s?|Litern?|litros?|리터|公升", "mL", 1000.0),
    (r"[μu]m|micromet(?:er|re)s?|Mikrometern?|micras?|microns?", "mm", 0.001),
    (r"mm|millimet(?:er|re)s?|Millimetern?|millimètres?|milímetros?|밀리미터|毫米|公釐", "mm", 1.0),
    (
        r"cm|centimet(?:er|re)s?|Zentimetern?|centimètres?|centímetros?|센티미터|센티|公分|厘米",
        "mm",
        10.0,
    ),
    (r"m|met(?:er|re)s?|Metern?|mètres?|metros?|미터|公尺", "mm", 1000.0),
    (r"inch(?:es)?|pulgadas?|Zoll|pouces?|인치|英寸|英吋|吋", "mm", 25.4),
    (
        r"percentage points?|Prozentpunkten?|points? de pourcentage|puntos? porcentuales|퍼센트포인트|個百分點",
        OTHER,
        1.0,
    ),
    (r"%p", OTHER, 1.0),
    (r"%|percent|per cent|Prozent|pour ?cents?|por ?ciento|퍼센트|프로(?![가-힣])", "%", 1.0),
    (r"‰|promille|per mille|pour mille|por mil", "%", 0.1),
    (r"px|pixels?|Pixeln?|píxel(?:es)?|픽셀|像素", "px", 1.0),
    (
        r"years?|months?|weeks?|days?|hours?|minutes?|seconds?|times|fold|x(?![ \d])|mg|μg|kg|g|Gy|mSv|°C?|degrees?|people|patients?|tablets?|pills?|doses?|cycles?|sessions?|euros?|€|\$",
        OTHER,
        1.0,
    ),
    (
        r"Jahren?|Monaten?|Wochen?|Tagen?|Stunden?|Minuten?|Sekunden?|mal|fache?[nrs]?|Grad|Patienten|Tabletten|Dosen|Zyklen|Sitzungen",
        OTHER,
        1.0,
    ),
    (
        r"ans?|années?|mois|semaines?|jours?|heures?|fois|degrés?|comprimés?|séances?|cures?",
        OTHER,
        1.0,
    ),
    (
        r"años?|mes(?:es)?|semanas?|días?|horas?|minutos?|segundos?|veces|grados?|pastillas?|sesiones|ciclos",
        OTHER,
        1.0,
    ),
    (
        r"년|개월|달|주(?![가-힣])|주일|주간|일(?![가-힣])|일간|시간|분(?![가-힣])|초(?![가-힣])|배|세(?![가-힣])|살|등급|급|기(?![가-힣])|도(?![가-힣])|회|정(?![가-힣])|명",
        OTHER,
        1.0,
    ),
    (
        r"年|個月|个月|週(?!圍)|周(?![圍邊])|星期|天|日(?!期)|小時|小时|分鐘|秒|倍|歲|級|级|期(?!間)|度|次(?!要)|顆藥|粒|人(?!工|為|員)|名(?!稱)|位(?![於置在])|成(?![像為長])",
        OTHER,
        1.0,
    ),
)
_COMPILED = tuple(
    (
        re.compile(rf"[ \u00a0\u202f\u2009-]?(?:{pattern})(?![A-Za-zÀ-ÿ])", re.IGNORECASE),
        name,
        factor,
    )
    for pattern, name, factor in _TABLE
)


def unit_at(text: str, at: int) -> Unit | None:
    """The unit that begins at ``at`` of a plain text (after one space or none)."""
    for pattern, name, factor in _COMPILED:
        found = pattern.match(text, at)
        if found is not None:
            return Unit(name, factor, found.end())
    return None
