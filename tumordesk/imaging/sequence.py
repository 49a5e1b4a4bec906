"""What kind of acquisition a series is: a guess from its headers or name, with its reason."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from tumordesk.core.study import Sequence, SequenceGuess

_S = Sequence
_SPLIT = re.compile(r"[^0-9a-z+]+")

# Words of descriptions, names of protocols and files, lower case, without accents.
_LOCALIZER = {
    "loc", "localizer", "localiser", "localizador", "localisateur", "localisation", "scout",
    "scouts", "survey", "pilot", "topogram", "topo", "scanogram", "smartbrain", "aahscout",
    "aascout", "plan", "lokalizer", "3plane", "threeplane", "planscan", "repere", "reperage",
}  # fmt: skip
_CONTRAST = {
    "+c", "c+", "+gd", "gd", "gad", "gado", "gadolinium", "gadovist", "dotarem", "magnevist",
    "multihance", "post", "postcontrast", "postgd", "postgad", "postkm", "km", "mkm", "kontrast",
    "kontrastmittel", "contrast", "contraste", "contrasto", "kl", "ce", "t1c", "t1ce", "t1gd",
    "t1+c", "t1c+", "t1post", "t1wce", "t1km", "t1pc", "inj", "injecte", "enhanced", "pgd", "apc",
    "mdc", "gadolinio", "kontrastom", "s+c", "+km", "km+", "gdpost", "cm", "t1gad", "t1cm",
}  # fmt: skip
_NO_CONTRAST = {
    "pre", "pregd", "pregad", "precontrast", "prekm", "nativ", "native", "nat", "without",
    "ohne", "sans", "sin", "senza", "non", "unenhanced", "plain", "bez", "wo", "no", "-c",
}  # fmt: skip
_DIFFUSION = {
    "dwi", "diff", "diffusion", "adc", "dadc", "eadc", "trace", "tracew", "dti", "difusion",
    "diffusione", "diffus", "ep2d", "epidiff", "resolve", "fa", "colfa", "isodwi", "diffusionsgew",
}  # fmt: skip
_SURGERY = {"op", "operative", "opp", "surgery", "biopsy", "rt", "radiation", "treatment", "tx"}
_FLAIR_WORDS = {"flair", "tirm", "darkfluid", "dark-fluid"}
_OTHER = {
    "swi": "susceptibility", "swan": "susceptibility", "venobold": "susceptibility",
    "minip": "susceptibility", "asl": "perfusion", "pcasl": "perfusion", "perf": "perfusion",
    "perfusion": "perfusion", "rcbv": "perfusion", "cbv": "perfusion", "cbf": "perfusion",
    "bold": "functional", "fmri": "functional", "fieldmap": "field map", "tof": "angiography",
    "mra": "angiography", "pca": "angiography", "angio": "angiography", "svs": "spectroscopy",
    "csi": "spectroscopy", "mrs": "spectroscopy", "t2star": "T2*", "hemo": "T2*", "gre2d": "T2*",
    "mask": "outline", "seg": "outline", "label": "outline",
}  # fmt: skip
_T1_NAMES = {
    "mprage", "mpr", "bravo", "spgr", "fspgr", "irfspgr", "tfl", "mp2rage", "memprage", "vibe",
    "lava", "thrive", "3dt1", "t1tfe", "tfe3d", "t1tfl", "efgre3d", "mp-rage",
}  # fmt: skip
_T2_NAMES = {"ciss", "fiesta", "drive", "t2tse", "t2fse", "3dt2", "propeller", "t2frfse"}
_BRATS = {"t1n": _S.T1, "t2f": _S.FLAIR}
"""T1 'native' and T2 'FLAIR' of BraTS 2023 and later; its t1c and t2w are words as others are."""


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    plain = plain.replace("t2*", "t2star").replace("dark fluid", "darkfluid")
    plain = plain.replace("dark-fluid", "darkfluid").replace("mp-rage", "mprage")
    plain = plain.replace("w/o", "wo").replace("w/", "with ")
    plain = plain.replace("+ c", "+c").replace("t1w+c", "t1 +c").replace("t1+c", "t1 +c")
    return [word for word in _SPLIT.split(plain) if word]


def _weighting(words: list[str]) -> set[str]:
    """'t1', 't2', 'pd' wherever a word begins or ends with them (t1w, t1se, sagt1, 3dt2)."""
    found = set()
    for word in words:
        for kind in ("t1", "t2", "pd"):
            if re.match(
                rf"^(?:[a-z0-9]{{0,4}}?){kind}(?:w|wi|se|tse|fse|ffe|tfe|gre|fl|fl2d|fl3d"
                rf"|tir|cube|space|vista|frfse|fsat|fs|mprage|ir|c|ce|gd|gad|km|post)?$",
                word,
            ):
                found.add(kind)
    return found


def _contrast_word(words: list[str]) -> str | None:
    for index, word in enumerate(words):
        before = words[index - 1] if index else ""
        after = words[index + 1] if index + 1 < len(words) else ""
        surgery = word == "post" and after in _SURGERY
        if word in _CONTRAST and before not in _NO_CONTRAST and not surgery:
            return word
    return None


def guess_from_words(text: str) -> SequenceGuess | None:
    """Guess from a description or file name; None when no word tells."""
    words = _words(text)
    known = set(words)
    if hit := {w for w in words if w in _LOCALIZER or w.startswith(("lokali", "localiz"))}:
        return SequenceGuess(_S.LOCALIZER, f"'{min(hit)}' in the name")
    if any("flair" in word for word in words) or known & _FLAIR_WORDS:
        word = next(w for w in words if "flair" in w or w in _FLAIR_WORDS)
        if "t1" in _weighting(words) or word == "t1flair":
            return _t1(words, f"'{word}' with T1 in the name")
        return SequenceGuess(_S.FLAIR, f"'{word}' in the name")
    if hit := {w for w in known if w in _OTHER}:
        word = min(hit)
        return SequenceGuess(_S.UNKNOWN, f"'{word}' in the name ({_OTHER[word]})")
    if hit := {w for w in known if w in _DIFFUSION or re.fullmatch(r"b\d{2,4}", w)}:
        return SequenceGuess(_S.DWI, f"'{min(hit)}' in the name")
    weighting = _weighting(words)
    if "t1" in weighting or known & _T1_NAMES:
        word = min(known & _T1_NAMES, default="T1")
        return _t1(words, f"'{word}' in the name")
    if "t2" in weighting or known & _T2_NAMES:
        word = min(known & _T2_NAMES, default="T2")
        return SequenceGuess(_S.T2, f"'{word}' in the name")
    return None


def _t1(words: list[str], reason: str) -> SequenceGuess:
    word = _contrast_word(words)
    if word is not None:
        return SequenceGuess(_S.T1C, f"{reason}, contrast by '{word}'")
    return SequenceGuess(_S.T1, reason)


def _number(acquisition: Mapping[str, object], key: str) -> float | None:
    value = acquisition.get(key)
    return float(value) if isinstance(value, (int, float)) else None


def _codes(acquisition: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = acquisition.get(key)
    return tuple(str(v) for v in value) if isinstance(value, tuple) else ()


def _text(acquisition: Mapping[str, object], key: str) -> str:
    value = acquisition.get(key)
    return value if isinstance(value, str) else ""


_NO_AGENT = {"", "no", "none", "nein", "non", "without", "0", "n", "false", "-", "nil", "na", "n/a"}


def _agent(acquisition: Mapping[str, object]) -> bool:
    return _text(acquisition, "ContrastBolusAgent").strip().lower() not in _NO_AGENT


def _by_numbers(acquisition: Mapping[str, object]) -> SequenceGuess | None:
    """MR physics: long TI = fluid suppressed; short TE and TR = T1; long TE and TR = T2."""
    tr, te = _number(acquisition, "RepetitionTime"), _number(acquisition, "EchoTime")
    if te is None:
        te = _number(acquisition, "EffectiveEchoTime")
    ti = _number(acquisition, "InversionTime")
    if tr is None or te is None or tr <= 0:
        return None
    scanning = _codes(acquisition, "ScanningSequence")
    told = f"TR {tr:g}, TE {te:g}" + (f", TI {ti:g} ms" if ti else " ms")
    if ti is not None and 1500 <= ti <= 3500 and te >= 60 and tr >= 4000:
        return SequenceGuess(_S.FLAIR, told)
    gradient = "GR" in scanning and "SE" not in scanning
    if gradient and te <= 12 and tr <= 3500:
        return SequenceGuess(_S.T1, f"gradient echo, {told}")
    if not gradient and tr < 1200 and te <= 30:
        return SequenceGuess(_S.T1, told)
    if not gradient and tr >= 1800 and te >= 60 and not ti and "EP" not in scanning:
        return SequenceGuess(_S.T2, told)
    return None


def guess_sequence(
    *, modality: str, description: str, acquisition: Mapping[str, object]
) -> SequenceGuess:
    """Guess from DICOM attributes.

    ``acquisition`` holds keywords of the MR Image module (numbers in ms, code values as tuples
    of upper-case text). Always a guess; ``reason`` says from what.
    """
    kinds = _codes(acquisition, "ImageType")
    if "LOCALIZER" in kinds:
        return SequenceGuess(_S.LOCALIZER, "the scanner marks it as a localizer")
    named = guess_from_words(description)
    if modality == "CT":
        if named is not None and named.sequence is _S.LOCALIZER:
            return named
        return SequenceGuess(_S.CT, "modality CT")
    if modality not in ("MR", ""):
        return SequenceGuess(_S.UNKNOWN, f"modality {modality}")
    found = _mr(named, acquisition)
    if found is None:
        return SequenceGuess(_S.UNKNOWN, "neither the description nor the timing tells")
    words = _words(f"{description} {_text(acquisition, 'ProtocolName')}")
    if found.sequence is _S.T1 and (word := _contrast_word(_words(description))):
        return SequenceGuess(_S.T1C, f"{found.reason}, contrast by '{word}'")
    if found.sequence is _S.T1 and _agent(acquisition) and not set(words) & _NO_CONTRAST:
        return SequenceGuess(_S.T1C, f"{found.reason}; a contrast agent is recorded")
    return found


def _mr(named: SequenceGuess | None, acquisition: Mapping[str, object]) -> SequenceGuess | None:
    b_value = _number(acquisition, "BValue")
    if named is None or (named.sequence is _S.UNKNOWN and named.reason == ""):
        named = guess_from_words(_text(acquisition, "ProtocolName"))
    ti = _number(acquisition, "InversionTime")
    if named is not None and named.reason.startswith("'tirm'") and ti is not None and ti < 1000:
        return SequenceGuess(_S.T2, f"{named.reason}, but TI {ti:g} ms suppresses fat, not fluid")
    if named is not None:
        return named
    if "DIFFUSION" in _codes(acquisition, "AcquisitionContrast") or b_value is not None:
        shown = f"b-value {b_value:g}" if b_value is not None else "acquisition contrast DIFFUSION"
        return SequenceGuess(_S.DWI, shown)
    contrast = _codes(acquisition, "AcquisitionContrast")
    for code, kind in (("FLUID_ATTENUATED", _S.FLAIR), ("T1", _S.T1), ("T2", _S.T2)):
        if code in contrast:
            return SequenceGuess(kind, f"acquisition contrast {code}")
    numbers = _by_numbers(acquisition)
    if numbers is not None:
        return numbers
    name = f"{_text(acquisition, 'SequenceName')} {_text(acquisition, 'PulseSequenceName')}"
    return guess_from_words(name.replace("*", " "))


def without_sequence(word: str) -> str:
    """What remains of a word of a file's name without what speaks of the sequence or of contrast.

    ``word``: lower case. Empty where all of it does ('t1w', 'flair', 'gad'); 'p2' of 'p2t1'.
    """
    tables = (_CONTRAST, _NO_CONTRAST, _DIFFUSION, _FLAIR_WORDS, _T1_NAMES, _T2_NAMES, _BRATS)
    if any(word in table for table in tables):
        return ""
    before, found, after = word.partition("flair")
    if found:
        return without_sequence(before) + without_sequence(after)
    match = re.fullmatch(r"(.*?)(t1|t2|pd)[a-z]*[23]?d?", word)
    if match and match[2] in _weighting([word.removeprefix(match[1])]):
        return match[1]
    return word


def guess_from_name(name: str) -> SequenceGuess:
    """Guess for a picture or volume file from its name alone.

    Names of BraTS data end with '-t1n', '-t1c', '-t2w' or '-t2f'; two of them mean nothing
    elsewhere, so that they count in names of files only.
    """
    found = guess_from_words(name)
    if found is None:
        words = _words(name)
        if words and words[-1] in _BRATS:
            return SequenceGuess(_BRATS[words[-1]], f"'{words[-1]}' at the end of the file name")
        return SequenceGuess(_S.UNKNOWN, "nothing in the file name tells")
    return SequenceGuess(found.sequence, found.reason.replace("in the name", "in the file name"))
