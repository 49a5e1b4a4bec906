"""What the name of an outline says that it is of: the tumour, the brain, or nothing. No torch."""

from __future__ import annotations

import re

OF_BRAIN = "a mask of the brain, or of no tumour, is no outline of a tumour"
_WHAT = r"tumou?r|lesion|glioma|gtv"
_MASK = r"(?:masks?|msks?|seg|segm|segmentations?|labels?|lbl)"
_STRIPPED = (
    r"hd[-_ ]?bet|synth[-_ ]?strip|skull[-_ ]?strip(?:p(?:ed|ing))?|brain[-_ ]?extract(?:ion|ed)"
)
"""What takes the skull away: alone it may also name the scan that is left."""
_ORGAN = (
    rf"{_STRIPPED}|brain(?:[-_. ]?(?:parenchyma|tissue))?|skull|head|bet|wm|gm|csf"
    r"|(?:white|gr[ae]y)[-_. ]?matter|ventricles?"
)
_TUMOUR = re.compile(rf"(?i){_WHAT}|ground[-_ ]?truth")
_NO_TUMOUR = re.compile(rf"(?i)(?<![a-z])non?[-_. ]?(?:{_WHAT})s?")
_OF_NO_TUMOUR = re.compile(rf"{_NO_TUMOUR.pattern}[-_. ]?{_MASK}$")
_BRAIN = re.compile(
    rf"(?i)(?<![a-z])(?:(?:{_ORGAN})[-_. ]?{_MASK}(?:[-_. ]{_MASK})?|(?:a|synth)seg)$"
)
_MASK_OF_BRAIN = re.compile(rf"(?i)(?<![a-z]){_MASK}[-_. ](?:{_ORGAN})$")
_STRIPPED_LAST = re.compile(rf"(?i)(?<![a-z])(?:{_STRIPPED})$")


def rank(name: str) -> int:
    """0: an outline named so is of the tumour; 1: the name does not say; 2: it is of the brain, or
    of what is no tumour. ``name``: of a file (without its ending) or of a folder of outlines.

    'brain_tumor_mask' -> 0, 'p1_mask' -> 1, 'tumor_01_brain_mask' and 'nontumor_mask' -> 2.
    """
    if _BRAIN.search(name):
        return 2
    if _TUMOUR.search(_NO_TUMOUR.sub("", name)):
        return 0
    other = (_OF_NO_TUMOUR, _MASK_OF_BRAIN, _STRIPPED_LAST)
    return 2 if any(pattern.search(name) for pattern in other) else 1


def says_no_tumour(name: str) -> bool:
    """Whether a name says that there is no tumour: the mask of a scan named so is its outline."""
    return bool(_NO_TUMOUR.search(name))


def is_brain_mask(name: str) -> bool:
    """Whether a file named so is a mask of the brain, whatever lies beside it ('p1_brainmask').

    'p1_skullstripped' is not: that may be the scan.
    """
    return bool(_BRAIN.search(name) or (rank(name) == 2 and _MASK_OF_BRAIN.search(name)))
