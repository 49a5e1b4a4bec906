"""COCO segmentation exports as cases. No torch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tumordesk.core.errors import DataError
from tumordesk.core.training_run import DataConfig
from tumordesk_training.coco_categories import Categories, category_names
from tumordesk_training.coco_files import Document, documents, unread_below
from tumordesk_training.coco_outlines import (
    Annotations,
    DamagedOutline,
    Polygons,
    fit,
    id_of,
    name_in,
    objects,
    places_of,
    shown,
    size_text,
)
from tumordesk_training.data import (
    Case,
    Found,
    Grouper,
    Remark,
    part_of,
)
from tumordesk_training.files import key_of
from tumordesk_training.folder_names import part_named, part_of_folder, pieces
from tumordesk_training.words import many, together

_NAMED = 3
_LOST_ADVICE = (
    "An annotation names its picture by 'image_id', which must be the 'id' of an entry of 'images'."
    " Export the file once more, or correct these numbers: until then, nobody can tell which "
    "pictures without an outline hold no tumour."
)
_SAME_ID_ADVICE = (
    "Nobody can tell which outlines belong to which of them. Give every entry of 'images' an id of "
    "its own, or export the file once more."
)
_SCALED_ADVICE = (
    "Look at some of them to see whether the outlines lie where they belong; if they do not, "
    "export the outlines for the pictures as they are."
)
_TWICE_ADVICE = (
    "Take these pictures out of the list without outlines, or one of the files out of the folder."
)
_BOXES_ADVICE = (
    "These annotations have no outline, only a box. A network that learns from boxes draws boxes, "
    "and measures too much: draw the outlines in the viewer, or export them as polygons."
)
_UNREAD_ADVICE = "Export the file once more, or take it out of the folder."


def scan_coco(root: Path, config: DataConfig) -> Found:
    """Cases of all COCO files below ``root``, with the numbers of their categories.

    Raises:
        DataError: there is no COCO file, or none but damaged ones.
    """
    scan = _Scan(root, config)
    others: list[Document] = []
    seen: list[Path] = []
    read = 0
    for document in documents(root):
        seen.append(document.path)
        if document.content is None:
            others.append(document)
        else:
            scan.read(document.path, document.content)
            read += 1
    damaged = [other for other in others if other.damaged]
    if not read and damaged:
        raise DataError(
            f"{damaged[0].path.name} {damaged[0].why.removeprefix('it ')}.", _UNREAD_ADVICE
        )
    if not read and not others:
        raise DataError(f"{root.name} holds no COCO annotation file.")
    scan.problems += [(other.path.name, other.why) for other in others]
    remarks = [*_unread_remark(root, damaged), *scan.remarks(), *_passed_over(root, seen)]
    return Found(scan.certain(), scan.problems, remarks, label_names=scan.categories.names)


def count_categories(root: Path) -> dict[str, int]:
    """How many pictures have an annotation of each category, over all COCO files of ``root``.

    Files that are no COCO documents are passed over.
    """
    pictures: dict[str, set[tuple[str, str | None]]] = {}
    for document in documents(root):
        if document.content is None:
            continue
        names = category_names(document.content)
        for name in names.values():
            pictures.setdefault(name, set())
        for item in objects(document.content["annotations"]):
            name = names[id_of(item.get("category_id"))]
            picture = (document.path.as_posix(), id_of(item.get("image_id")))
            pictures[name].add(picture)
    return {name: len(found) for name, found in sorted(pictures.items())}


class _Scan:
    """Cases of one document after another, and what is wrong with them."""

    def __init__(self, root: Path, config: DataConfig) -> None:
        self.cases: list[Case] = []
        self.problems: list[tuple[str, str]] = []
        self.categories = Categories(config.labels)
        self._root = root
        self._grouper = Grouper(root, config)
        self._keys: dict[str, bool] = {}
        self._outlined_later: list[tuple[str, str]] = []
        self._lost: list[tuple[str, Annotations]] = []
        self._same_id: list[tuple[str, str]] = []
        self._scaled: list[tuple[str, str]] = []
        self._places: list[Path] = []
        self._outlines = 0
        self._boxes: dict[str, int] = {}

    def read(self, file: Path, document: dict[str, Any]) -> None:
        """Take the pictures of a document as cases, with their outlines."""
        found = Annotations.read(document, self.categories.numbers(document))
        if found.lost:
            self._lost.append((key_of(self._root, file), found))
        names: dict[str, set[str]] = defaultdict(set)
        entries = objects(document["images"])
        self._places = places_of(self._root, file)
        for entry in entries:
            number = id_of(entry.get("id"))
            if number is not None:
                names[number].add(str(entry.get("file_name")))
        for entry in entries:
            shared = len(names.get(id_of(entry.get("id")) or "", ())) > 1
            self._picture(file, entry, found, shared=shared)

    def _picture(
        self, file: Path, entry: dict[str, Any], found: Annotations, *, shared: bool
    ) -> None:
        name, path, reason = name_in(self._root, file, entry.get("file_name"), self._places)
        if path is None:
            self.problems.append((name, reason))
            return
        key = key_of(self._root, path)
        outlines = found.of(entry)
        if found.lost and not outlines:
            self._keys.setdefault(key, False)
            self.problems.append((key, f"an outline that {file.name} lost may be of it"))
            return
        if key in self._keys:
            self.problems.append((key, f"{file.name} names it once more"))
            if outlines and not self._keys[key]:
                self._outlined_later.append((key, f"{file.name} has outlines of it"))
            return
        # Also of a picture that is left out: named once more, it must not come in as an empty one.
        self._keys[key] = shared or bool(outlines)
        if shared:
            self.problems.append((name, "another picture has the same id"))
            self._same_id.append((name, f"id {shown(str(entry.get('id')))} in {file.name}"))
            return
        try:
            fitted = fit(outlines, entry, path)
        except DamagedOutline as damage:
            self.problems.append((name, str(damage)))
            return
        self._outlines += len(outlines)
        if fitted.boxes:
            self._boxes[key] = fitted.boxes
        if fitted.other is not None:
            self._scaled.append((key, f"drawn for {size_text(fitted.other)} pixels"))
        self.cases.append(self._case(file, key, path, fitted.polygons))

    def certain(self) -> list[Case]:
        """The cases, without those that one list calls empty and another one outlines."""
        doubtful = {key for key, _ in self._outlined_later}
        return [case for case in self.cases if case.key not in doubtful]

    def _case(self, file: Path, key: str, path: Path, drawn: Polygons) -> Case:
        part = part_of(path.relative_to(self._root)) or _part_of_file(self._root, file)
        group, source = self._grouper.find(key, path.stem)
        return Case(key, path, group, part=part, polygons=drawn, empty=not drawn, source=source)

    def remarks(self) -> Iterator[Remark]:
        """What is wrong with the documents as such."""
        if self._lost:
            yield Remark(
                "outlines_lost",
                "problem",
                _lost_title(self._lost),
                _LOST_ADVICE,
                tuple((name, _lost_note(found)) for name, found in self._lost),
            )
        if self._same_id:
            count = len(self._same_id)
            title = f"{many(count, 'picture')} of COCO files share an id, and are left out"
            yield Remark("same_id", "problem", title, _SAME_ID_ADVICE, tuple(self._same_id))
        if self._outlined_later:
            count = len(self._outlined_later)
            title = f"{many(count, 'picture')} of COCO files are left out: free of tumour in one "
            title += "list, outlined in another"
            keys = tuple(self._outlined_later)
            yield Remark("listed_twice", "problem", title, _TWICE_ADVICE, keys)
        if self._scaled:
            title = f"The outlines of {many(len(self._scaled), 'picture')} were scaled"
            title += ": the COCO file was made for another size of them"
            yield Remark("outlines_scaled", "warning", title, _SCALED_ADVICE, tuple(self._scaled))
        if self._boxes:
            count, whole = sum(self._boxes.values()), self._outlines
            title = f"{count} of {many(whole, 'outline')} of COCO files "
            title += "is a box" if count == 1 else "are boxes"
            title += ": all that is inside counts as tumour"
            keys = tuple((key, f"boxes: {n}") for key, n in self._boxes.items())
            yield Remark("boxes", "warning", title, _BOXES_ADVICE, keys)


def _part_of_file(root: Path, file: Path) -> str:
    """'train' for 'instances_train2017.json', 'train/annotations/coco.json'; '' if none is said."""
    folders = reversed(file.relative_to(root).parts[:-1])
    said = (*map(part_named, pieces(file.stem)), *map(part_of_folder, folders))
    return next(filter(None, said), "")


def _lost_title(lost: list[tuple[str, Annotations]]) -> str:
    count = sum(found.lost for _, found in lost)
    shares = _some([f"{found.lost} of {found.total} in {name}" for name, found in lost])
    title = f"{many(count, 'outline')} cannot be matched to a picture ({shares})"
    return f"{title}; pictures without an outline are left out there"


def _some(words: list[str]) -> str:
    """Some of many, for a title that can still be read."""
    more = len(words) - _NAMED
    return together([*words[:_NAMED], f"{more} more"] if more > 0 else words)


def _lost_note(found: Annotations) -> str:
    notes = []
    if found.unknown:
        notes.append(f"{found.unknown} with an image_id that no picture has")
    if found.nameless:
        notes.append(f"{found.nameless} without image_id")
    return f"of {many(found.total, 'annotation')}, {together(notes)}"


def unused_coco(root: Path) -> Iterator[Remark]:
    """A remark on COCO files of a folder that is read as something else."""
    whole = [document.path for document in documents(root) if document.content is not None]
    if whole:
        names = [key_of(root, path) for path in whole]
        title = f"{_some(names)} {_are(names)} not used: most of the folder's pictures are not "
        title += "listed there"
        advice = "Choose the layout 'coco' to have the outlines read, and those pictures alone."
        yield Remark("coco_unused", "warning", title, advice, tuple((n, "") for n in names))


def _passed_over(root: Path, seen: list[Path]) -> Iterator[Remark]:
    """A remark on files further down, which do not count beside those above."""
    names = [key_of(root, path) for path in unread_below(root) if path not in seen]
    title = f"{_some(names)} {_are(names)} not read: a COCO file is found above"
    advice = "Move it to where the others are, if its outlines are to count."
    if names:
        yield Remark("coco_unused", "warning", title, advice, tuple((n, "") for n in names))


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _unread_remark(root: Path, damaged: list[Document]) -> Iterator[Remark]:
    if damaged:
        names = [key_of(root, other.path) for other in damaged]
        title = f"{_some(names)} cannot be read: the outlines in there are not used"
        keys = tuple((key_of(root, other.path), other.why) for other in damaged)
        yield Remark("outlines_unread", "problem", title, _UNREAD_ADVICE, keys)
