"""What entries of a COCO document say: the picture's file, its id, its outlines. No torch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL import Image

from tumordesk.io.pictures import FORMATS
from tumordesk.io.quiet import HOSTILE_ERRORS, quiet
from tumordesk_training.files import words_of
from tumordesk_training.folder_names import kind_of, part_of_folder
from tumordesk_training.images import draw_polygons
from tumordesk_training.run_length import outlines_of, size_of

Points = tuple[float, ...]
Polygons = tuple[tuple[int, Points], ...]
Size = tuple[int, int]
"""Rows and columns."""

_ERRORS: tuple[type[Exception], ...] = (
    *HOSTILE_ERRORS,
    SyntaxError,
    Image.DecompressionBombError,
)
_SHOWN = 80
_ORIENTATION = 0x0112
_SWAPS_SIDES = (5, 6, 7, 8)
_SAME_SHAPE = 0.01
_BEYOND = 0.5
"""So many sides of the picture an outline may reach beyond its edges; more is no drawing error."""

_NO_OUTLINE = "its outline is damaged, or it has neither outline nor box"
_NO_AREA = "its outline is damaged: its box has no area"
_NO_NUMBER = "its outline is damaged: a coordinate is no finite number"
_OUTSIDE = "its outline is damaged: it lies outside the picture"
_FAR = "its outline is damaged: it reaches far beyond the picture"


class DamagedOutline(Exception):
    """An outline that cannot be used; the text is the reason, after the picture's name."""


@dataclass(frozen=True)
class Drawn:
    """What an annotation says of its outline, as it stands in the document.

    ``number``: of its category.
    """

    segmentation: Any
    bbox: Any = None
    number: int = 1

    @property
    def is_box(self) -> bool:
        """Whether there is no outline; an outline that is damaged is none that lacks."""
        value = self.segmentation
        return not value or (isinstance(value, list) and not any(value))


@dataclass(frozen=True)
class Fitted:
    """Outlines in the pixels of a picture's file. ``other``: the size that they were drawn for,
    None where it is the file's; ``boxes``: how many are boxes, since there is no outline."""

    polygons: Polygons
    other: Size | None = None
    boxes: int = 0


@dataclass
class Annotations:
    """The outlines of one document by picture, and how many of them belong to none.

    ``nameless``: annotations without an image_id; ``unknown``: whose image_id no picture has.
    """

    total: int = 0
    nameless: int = 0
    unknown: int = 0
    _by_id: dict[str, list[Drawn]] = field(default_factory=lambda: defaultdict(list))

    @classmethod
    def read(
        cls, document: dict[str, Any], numbers: Mapping[str | None, int] = MappingProxyType({})
    ) -> Annotations:
        """Sort the annotations of a document; entries that are no objects belong to no picture.

        ``numbers``: of the categories, by their ids (1 for all that are not there).
        """
        entries = document["annotations"]
        known = {id_of(entry.get("id")) for entry in objects(document["images"])}
        found = cls(len(entries))
        for item in entries:
            number = id_of(item.get("image_id")) if isinstance(item, dict) else None
            if number is None:
                found.nameless += 1
            elif number not in known:
                found.unknown += 1
            else:
                category = numbers.get(id_of(item.get("category_id")), 1)
                found._by_id[number].append(
                    Drawn(item.get("segmentation"), item.get("bbox"), category)
                )
        return found

    @property
    def lost(self) -> int:
        """Annotations that belong to no picture."""
        return self.nameless + self.unknown

    def of(self, entry: dict[str, Any]) -> list[Drawn]:
        """Outlines of an entry of 'images', as they stand in the document."""
        number = id_of(entry.get("id"))
        return self._by_id.get(number, []) if number is not None else []


def objects(value: Any) -> list[dict[str, Any]]:
    """The JSON objects of a list; nothing of anything else."""
    return [v for v in value if isinstance(v, dict)] if isinstance(value, list) else []


def id_of(value: Any) -> str | None:
    """An id so that 7, 7.0, "7" and "007" are the same; None for what is none."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        return None
    text = value.strip()
    return (text.lstrip("0") or "0") if text.isascii() and text.isdigit() else text


def places_of(root: Path, file: Path) -> list[Path]:
    """Folders where exports put the pictures of ``file``, the nearest first; those that exist."""
    stem = file.stem.removeprefix("instances_")
    parts = filter(part_of_folder, file.relative_to(root).parts[:-1])
    names = tuple(dict.fromkeys((*words_of(stem), stem, *parts)))
    places: list[Path] = []
    for base in file.parents:
        # 'annotations/train' may well hold masks that are named like the pictures.
        words = names if base == root or kind_of(base.name).kind != "mask" else ()
        places += [base, base / "images"]
        places += [above / word for word in words for above in (base, base / "images")]
        if base == root:
            break
    return [place for place in dict.fromkeys(places) if _is_folder(place)]


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:
        return False


def name_in(root: Path, file: Path, name: Any, places: list[Path]) -> tuple[str, Path | None, str]:
    """(name to show, picture or None, why not) of what an entry of 'images' names in ``file``.

    The picture is looked for in ``places``; its path may be written with backslashes.
    """
    if not isinstance(name, str) or not name:
        return file.name, None, "an entry of its 'images' has no file_name"
    plain = shown(name)
    spellings = dict.fromkeys((name, name.replace("\\", "/")))
    try:
        tried = (place / spelling for place in places for spelling in spellings)
        path = next((path for path in tried if path.is_file()), None)
    except OSError as error:  # too long for a name, or a folder that may not be entered
        reason = error.strerror or "no reason given"
        return plain, None, f"{file.name} names it, but it cannot be looked up ({reason})"
    if path is None:
        return plain, None, f"{file.name} names it, but it is missing"
    inside = _inside(root, path)
    if inside is None:
        return plain, None, f"{file.name} names it, but it lies outside the data folder"
    return plain, inside, ""


def _inside(root: Path, path: Path) -> Path | None:
    """The path as one below ``root``, without ways up and round; None where it leads out."""
    real, base = path.resolve(), root.resolve()
    if not real.is_relative_to(base):
        return None
    plain = path.is_relative_to(root) and ".." not in path.relative_to(root).parts
    return path if plain else root / real.relative_to(base)


def shown(name: str) -> str:
    """A name as people and terminals can bear it."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in name)
    return plain if len(plain) <= _SHOWN else f"{plain[: _SHOWN - 3]}..."


def fit(values: list[Drawn], entry: dict[str, Any], path: Path) -> Fitted:
    """Outlines of a picture in the pixels of its file, each with the number of its category.

    An annotation without outline counts as its box. Of several categories smaller outlines come
    later, so that a core drawn inside of an oedema is not covered by it.

    Raises:
        DamagedOutline: an outline has no sense, lies outside, or is of a picture of another shape.
    """
    size = picture_size(path) if values else None
    found: list[tuple[int, list[Points]]] = []
    other: Size | None = None
    for drawn in values:
        value = [_corners(drawn.bbox)] if drawn.is_box else drawn.segmentation
        drawn_for = size_of(value) if isinstance(value, dict) else _stated(entry)
        if size and drawn_for and drawn_for != size:
            other = drawn_for
            _check_shape(drawn_for, size)
        outlines = _outlines(value, drawn_for, size)
        if size and outlines:
            _check_place(outlines, size)
        found.append((drawn.number, outlines))
    if len({number for number, _ in found}) > 1:
        found.sort(key=lambda one: _extent(one[1]), reverse=True)
    polygons = tuple((number, points) for number, outlines in found for points in outlines)
    return Fitted(polygons, other, sum(drawn.is_box for drawn in values))


def _extent(outlines: list[Points]) -> float:
    """Area of the box around an annotation, in pixels."""
    across = [x for points in outlines for x in points[::2]]
    down = [y for points in outlines for y in points[1::2]]
    return (max(across) - min(across) + 1) * (max(down) - min(down) + 1) if across else 0.0


def picture_size(path: Path) -> Size | None:
    """Rows and columns of a picture when upright, from its header; None where it has none."""
    try:
        with quiet(), Image.open(path, formats=FORMATS) as picture:
            columns, rows = picture.size
            turned = picture.getexif().get(_ORIENTATION) in _SWAPS_SIDES
    except _ERRORS:
        return None  # whoever opens the picture tells what is wrong with it
    return (columns, rows) if turned else (rows, columns)


def size_text(size: Size) -> str:
    """'512x256': columns and rows, as people say it."""
    return f"{size[1]}x{size[0]}"


def _stated(entry: dict[str, Any]) -> Size | None:
    """The size that an entry of 'images' claims; exporters write 0 or nothing for 'not known'."""
    sides = []
    for value in (entry.get("height"), entry.get("width")):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        if not 1 <= value < 1e9:
            return None
        sides.append(round(value))
    return sides[0], sides[1]


def _check_shape(drawn_for: Size, size: Size) -> None:
    high, wide = size[0] / drawn_for[0], size[1] / drawn_for[1]
    if abs(wide / high - 1.0) > _SAME_SHAPE:
        raise DamagedOutline(
            f"its outline was drawn for {size_text(drawn_for)} pixels, "
            f"but the file has {size_text(size)}"
        )


def _outlines(value: Any, drawn_for: Size | None, size: Size | None) -> list[Points]:
    """Point lists of one segmentation, in the pixels of a file of ``size`` where it is known."""
    if isinstance(value, dict):
        runs = outlines_of(value, size)
        if runs is None:
            raise DamagedOutline(_NO_OUTLINE)
        if not runs and outlines_of(value):
            raise DamagedOutline("its outline is too small for the size of the file")
        return runs  # none at all: a mask that says that there is nothing
    if not isinstance(value, list) or not value:
        raise DamagedOutline(_NO_OUTLINE)
    outlines = [_points(points) for points in value]
    if size is None or drawn_for is None or drawn_for == size:
        return outlines
    high, wide = size[0] / drawn_for[0], size[1] / drawn_for[1]
    return [tuple(v * (high if i % 2 else wide) for i, v in enumerate(p)) for p in outlines]


def _corners(box: Any) -> list[float]:
    """The corners of a box (x, y, width, height), as a polygon has them."""
    if not isinstance(box, list) or len(box) != 4:
        raise DamagedOutline(_NO_OUTLINE)
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in box):
        raise DamagedOutline(_NO_OUTLINE)
    x, y, wide, high = box
    if wide <= 0 or high <= 0:
        raise DamagedOutline(_NO_AREA)
    return [x, y, x + wide, y, x + wide, y + high, x, y + high]


def _points(value: Any) -> Points:
    if not isinstance(value, list) or len(value) < 6 or len(value) % 2:
        raise DamagedOutline(_NO_OUTLINE)
    if not all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in value):
        raise DamagedOutline(_NO_OUTLINE)
    try:
        points = tuple(map(float, value))
    except OverflowError as error:
        raise DamagedOutline(_NO_NUMBER) from error
    if not all(map(isfinite, points)):
        raise DamagedOutline(_NO_NUMBER)
    return points


def _check_place(outlines: list[Points], size: Size) -> None:
    """Refuse what would leave no mark on the picture, which would then count as free of tumour."""
    rows, columns = size
    across = [x for points in outlines for x in points[::2]]
    down = [y for points in outlines for y in points[1::2]]
    edges = (min(across), min(down), columns - 1 - max(across), rows - 1 - max(down))
    if min(edges) >= 0:
        return
    # Drawing is exact, but slow, and never ends for coordinates of absurd size.
    if max(across) < -1 or max(down) < -1 or min(across) > columns or min(down) > rows:
        raise DamagedOutline(_OUTSIDE)
    if any(
        edge < -_BEYOND * side - 1 for edge, side in zip(edges, (columns, rows) * 2, strict=True)
    ):
        raise DamagedOutline(_FAR)
    if not draw_polygons(tuple((1, points) for points in outlines), size).any():
        raise DamagedOutline(_OUTSIDE)
