"""What the names of folders say: parts, pictures, masks, sizes. No torch."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

_PART_WORDS = {
    "train": "train", "training": "train", "trn": "train",
    "val": "val", "valid": "val", "validation": "val", "validate": "val",
    "dev": "val", "devel": "val", "development": "val", "eval": "val", "evaluation": "val",
    "test": "test", "testing": "test", "tst": "test", "holdout": "test", "heldout": "test",
}  # fmt: skip
_NNUNET = {"tr": "train", "ts": "test"}
"""Ends of 'imagesTr' and 'labelsTs'; alone they say nothing."""

FIRST_IMAGE_WORDS = frozenset(("images", "image", "imgs", "img", "pictures", "scans", "inputs"))
_IMAGE_WORDS = FIRST_IMAGE_WORDS | frozenset(
    ("picture", "pic", "pics", "input", "original", "originals", "orig", "raw")
)
SURE_MASK_WORDS = frozenset(
    (
        "masks", "mask", "msks", "msk", "labels", "label", "lbl", "lbls",
        "segmentations", "segmentation", "segs", "seg", "segm", "segmaps", "segmap",
        "annotations", "annotation", "annots", "annot", "gt", "gts",
        "groundtruth", "groundtruths", "outlines", "outline",
    )
)  # fmt: skip
_LIKELY_MASK_WORDS = frozenset(
    ("output", "outputs", "target", "targets", "roi", "rois", "contour", "contours", "truth")
)
"""They may name something else as well: what lies there is looked at."""
_MASK_WORDS = SURE_MASK_WORDS | _LIKELY_MASK_WORDS

_SET_WORDS = frozenset(("data", "dataset", "set", "subset", "split", "cohort", "part", "folder"))
_OTHER_WORDS = frozenset(
    (
        "datasets", "sets", "database", "db", "files", "archive", "samples", "fold", "folds",
        "slice", "slices", "version", "px", "size", "resized", "cropped", "processed",
        "preprocessed", "augmented", "png", "jpg", "jpeg", "tif", "tiff", "nii",
        "nifti", "dicom", "dcm",
    )
)  # fmt: skip
_COLLECTIONS = frozenset(("kaggle_3m", "lgg-mri-segmentation"))
"""Folders that public sets come in."""
_CLASS_WORDS = frozenset(("class", "category", "grade", "stage", "type", "who"))
_TECHNICAL = _IMAGE_WORDS | _MASK_WORDS | _SET_WORDS | _OTHER_WORDS | set(_PART_WORDS)

_ENDS = r"masks?|msks?|annots?|annotations?|segmentations?|groundtruths?|images?|imgs"
_GLUED_END = re.compile(rf"^([a-z]{{2,}}?)({_ENDS}|labels?)$")
_GLUED_START = re.compile(rf"^({_ENDS}|labels?)(tr|ts|{'|'.join(_PART_WORDS)})$")
_COMPOUNDS = (("ground", "truth"), ("ground", "truths"), ("hold", "out"), ("held", "out"))

_SIZES = frozenset(
    map(str, (112, 128, 160, 192, 224, 240, 256, 299, 320, 336, 384, 448, 480, 512, 640, 768, 1024,
              1280, 2048))
)  # fmt: skip
_BARE = re.compile(r"(?i)v(?:er)?[-_. ]?\d+|[23][-_ ]?d")
"""Versions and dimensions: 'v2', '2D'."""
_MEASURE = re.compile(r"\d+x\d+|(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]))?")


@lru_cache(maxsize=65536)
def pieces(name: str) -> tuple[str, ...]:
    """Words and numbers of a name, lower case: 'Train_Masks256' -> ('train', 'masks', '256').

    Words written as one are told apart where one of them is known: 'trainannot', 'tumormasks'.
    """
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    found: list[str] = []
    for piece in re.findall(r"\d+x\d+|\d+|[^\W\d_]+", spaced):
        if found and (found[-1], piece) in _COMPOUNDS:
            found[-1] += piece
            continue
        glued = None if piece in _TECHNICAL else _GLUED_START.match(piece)
        glued = glued or (None if piece in _TECHNICAL else _GLUED_END.match(piece))
        found += glued.groups() if glued else (piece,)
    return tuple(found)


def is_measure(piece: str) -> bool:
    """Whether a number is a size ('256', '224x224'), a year or a date ('2023', '20230131')."""
    return piece in _SIZES or _MEASURE.fullmatch(piece) is not None


def part_named(word: str) -> str:
    """'train', 'val' or 'test' for what people call it ('Hold-out', 'test set'), else ''."""
    plain = re.sub(r"[-_\s]+", "", word).lower()
    return _PART_WORDS.get(re.sub(r"(?<=.)(?:(?:sub|data)?set|data|split|cohort)$", "", plain), "")


@lru_cache(maxsize=65536)
def part_of_folder(name: str) -> str:
    """The part that a folder is named after, also with what else it may say, else ''.

    'train2017', 'Test_data', 'training_set', 'val_images', 'imagesTr'; not 'training_001'.
    """
    part = part_named(name)
    if part:
        return part
    words = pieces(name)
    kinds = _IMAGE_WORDS | _MASK_WORDS
    rest = [w for w in words if w not in kinds | _SET_WORDS and not is_measure(w)]
    if len(rest) == 1 and rest[0] in _NNUNET and set(words) & kinds:
        return _NNUNET[rest[0]]
    return part_named("".join(rest))


@dataclass(frozen=True)
class FolderKind:
    """What a folder's name promises: ``kind`` is 'image', 'mask' or ''.

    ``rest``: the other words of the name as one ('train' of 'train_masks'). ``sure``: the name can
    mean nothing else. ``last``: the name ends with the word (a number may follow).
    """

    kind: str
    rest: str
    sure: bool = False
    last: bool = False
    usual: bool = False


@lru_cache(maxsize=65536)
def kind_of(name: str) -> FolderKind:
    """What a folder named so holds. A name of both kinds is one of masks, but not surely."""
    words = pieces(name)
    masks, images = set(words) & _MASK_WORDS, set(words) & _IMAGE_WORDS
    taken = masks | images
    rest = "".join(word for word in words if word not in taken)
    named = [w for w in words if not w[0].isdigit() and w not in _PART_WORDS | _NNUNET]
    last = bool(named) and named[-1] in taken
    if masks:
        return FolderKind("mask", rest, bool(masks & SURE_MASK_WORDS) and not images, last)
    if images:
        return FolderKind("image", rest, True, last, bool(images & FIRST_IMAGE_WORDS))
    return FolderKind("", rest)


@lru_cache(maxsize=65536)
def is_technical(name: str) -> bool:
    """Whether a name speaks of files alone ('images_256', 'data_224x224', 'fold_1', '2023'), and
    so names neither a class nor a patient."""
    if name.lower() in _COLLECTIONS:
        return True
    words = pieces(name)
    named = letters_of(name)
    if not named:
        return bool(words) and all(map(is_measure, words))
    return _BARE.fullmatch(name) is not None or all(word in _TECHNICAL for word in named)


def speaks_of_files(name: str) -> bool:
    """Whether some word of a name is of pictures, masks, parts, data sets or classes: such a folder
    is no patient's, whatever number it bears."""
    return any(word in _TECHNICAL | _CLASS_WORDS for word in pieces(name))


@lru_cache(maxsize=1 << 16)
def skeleton(name: str) -> str:
    """The name with every number as '#': that of the folders of one series is the same."""
    return re.sub(r"\d+", "#", name.lower())


def letters_of(name: str) -> Collection[str]:
    """The words of a name, without its numbers."""
    return [piece for piece in pieces(name) if not piece[0].isdigit()]
