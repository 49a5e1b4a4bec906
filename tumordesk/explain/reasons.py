"""Why a result is doubtful or a number is missing, by a code instead of an English sentence.

Warnings, refusals and notes reach the findings as English sentences, some with numbers and names
of models in them. Here each is recognised by its words; what is not recognised becomes 'other',
so that no sentence of unknown content reaches a text or a prompt.
"""

from __future__ import annotations

import re

OTHER = "other"

_KNOWN: tuple[tuple[str, str], ...] = (
    (r"is a picture, not scanner data", "picture"),
    (r"(image|picture) is in colour", "colour"),
    (r"is a CT\b", "ct"),
    (r"modality is", "modality"),
    (r"localizer|scout", "localizer"),
    (r"kind of MR sequence", "sequence-unknown"),
    (r"looks like .* was trained on", "sequence"),
    (r"does not say how the slices are oriented", "plane-unknown"),
    (r"slices are (axial|sagittal|coronal|oblique)", "plane"),
    (r"has only (one slice|\d+ slices)", "few-slices"),
    (r"mm apart", "thick-slices"),
    (r"slices are missing or unevenly", "uneven-unknown"),
    (r"slices are missing", "gap"),
    (r"unevenly spaced", "irregular"),
    (r"shifted against each other", "sheared"),
    (r"no position along|no usable position", "flat"),
    (r"has only \d+ x \d+ pixels", "small"),
    (r"field of view", "field-of-view"),
    (r"could not be decoded", "undecoded"),
    (r"colours hold different images", "composite"),
    (r"pixel values are not numbers", "not-numbers"),
    (r"one single grey value", "one-grey"),
    (r"size of its pixels|pixel size|millimet", "no-mm"),
    (r"only one slice", "single-slice"),
    (r"distance between slices is unknown", "distance-unknown"),
    (r"too small to be listed", "small-areas"),
    (r"slices were read, because", "all-slices"),
)
_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), code) for pattern, code in _KNOWN)

NOT_FOR_PEOPLE = re.compile(r"out of memory|went on on the CPU|batch|GPU|CPU", re.IGNORECASE)
"""Notes on how the computer fared: they say nothing of the findings."""


def code_of(sentence: str) -> str:
    """The code of a warning, refusal or note; 'other' where it is not known."""
    return next((code for pattern, code in _PATTERNS if pattern.search(sentence)), OTHER)


def codes_of(sentences: tuple[str, ...]) -> tuple[str, ...]:
    """Codes of several sentences, each once, in their order; notes on the computer left out."""
    kept = [s for s in sentences if not NOT_FOR_PEOPLE.search(s)]
    return tuple(dict.fromkeys(code_of(sentence) for sentence in kept))


ENGLISH = {
    "picture": "this is a picture, not scanner data, so its kind cannot be checked",
    "colour": "the image is in colour, which the model cannot use",
    "ct": "this is a CT, and the model learned from MR",
    "modality": "the scanner type differs from what the model learned from",
    "localizer": "this looks like a localizer, not like a full series",
    "sequence-unknown": "the kind of sequence could not be told from the file",
    "sequence": "the model learned from another kind of sequence",
    "plane-unknown": "the file does not say how the slices lie",
    "plane": "the slices lie in another plane than those that the model learned from",
    "few-slices": "the series has very few slices",
    "thick-slices": "the slices lie far apart, so small tumours between them can be missed",
    "uneven-unknown": "slices are missing or unevenly spaced, so there is no volume",
    "gap": "slices are missing, so volumes are rough",
    "irregular": "the slices are unevenly spaced, so volumes are rough",
    "sheared": "the slices are shifted against each other (tilted gantry)",
    "flat": "the slices have no known position, so there is no volume",
    "small": "the image has very few pixels",
    "field-of-view": "the field of view is not that of a head",
    "undecoded": "some slices could not be read, so a tumour there is missed",
    "composite": "the colours hold different images; only one of them was read",
    "not-numbers": "some pixel values are not numbers",
    "one-grey": "the image holds only a single grey value",
    "no-mm": "the file does not give the pixel size, so there are no millimetres",
    "single-slice": "there is only a single slice, so there is no volume",
    "distance-unknown": "the distance between slices is unknown, so there is no volume",
    "small-areas": "further small areas are outlined, too small to be listed",
    "all-slices": "the classifier read all slices, because nothing is outlined",
    "other": "there is a further remark, shown with the findings",
    "change": "a number of the comparison cannot be given",
    "doubt-sequence": "the two series are of different kinds",
    "doubt-thickness": "the slices of the two series are not equally thick",
    "doubt-model": "the two outlines were not made by the same model",
    "doubt-unknown": "it is unknown whether the compared series are of the same kind",
    "doubt-plane": "the slices of the compared series lie in different planes",
    "doubt-pixels": "the pixels of the compared series are not equally large",
    "doubt-estimate": "a compared volume is an estimate",
    "doubt-small": "the lesions are small for a comparison of diameters",
    "doubt-other": "the two series were not made in the same way",
}
"""What each code says, in English: the words of facts."""
