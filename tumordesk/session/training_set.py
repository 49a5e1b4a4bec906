"""Corrected outlines as training data: picture, mask and provenance in a folder of the person's.

The folder is one that the training program understands: images/<stem>.png, masks/<stem>.png,
provenance/<stem>.json and index.csv (columns stem, patient); where outlines have parts dataset.json
says what their numbers are, as the wizard reads it. Nothing in it names the patient:
'patient' is a salted hash, the salt stays in the person's settings.
"""

from __future__ import annotations

import csv
import io
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from tumordesk import __version__
from tumordesk.core.errors import DataError, WriteError
from tumordesk.core.finding import Provenance
from tumordesk.core.job import JobContext
from tumordesk.core.jsonio import atomic_write, to_plain, write_json
from tumordesk.core.label_numbers import BACKGROUND
from tumordesk.core.model_card import NOTICE
from tumordesk.core.segmentation import Segment, Segmentation
from tumordesk.core.study import Patient, Series
from tumordesk.core.volume import Volume
from tumordesk.io.names import short_hash
from tumordesk.session.layers import Layer
from tumordesk.session.use_cases import read_volume

if TYPE_CHECKING:
    from tumordesk.session.training_pictures import TrainingPictures

INDEX = "index.csv"
COLUMNS = ("stem", "patient")
Outline = Literal["drawn", "corrected", "accepted"]
UInt8 = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Contribution:
    """What to write. ``slices``: indices from 0. ``volume`` None lets the job read the series.

    ``patient`` is the hash of :func:`patient_code`; ``outline`` says whose the outline is:
    drawn by hand, a model's corrected by hand, or a model's accepted as it is.
    """

    folder: Path
    salt: str
    patient: str
    series: Series
    segmentation: Segmentation
    outline: Outline
    slices: tuple[int, ...]
    made_by: Provenance | None = None
    volume: Volume | None = None


@dataclass(frozen=True)
class Added:
    """What became of a contribution, in slices. Nothing that was there is ever replaced.

    ``same``: were there with this very outline; ``other``: were there with another one;
    ``unreadable``: slices of the series that could not be decoded.
    """

    folder: Path
    written: int = 0
    same: int = 0
    other: int = 0
    unreadable: int = 0


def new_salt() -> str:
    """A secret for the hashes of one person's training sets, 32 hexadecimal digits."""
    return secrets.token_hex(16)


def patient_code(salt: str, patient: Patient | None, series: Series) -> str:
    """The patient as a salted hash; of a file that names none, the file stands for itself."""
    who: tuple[str, ...] = (series.file_uid,)
    if patient is not None and (patient.patient_id or patient.name):
        who = (patient.patient_id, patient.name)
    return "p" + short_hash(salt, "patient", *who)[:12]


def outlined_slices(array: UInt8) -> tuple[int, ...]:
    """Indices of slices (slice, row, column) with something outlined."""
    return tuple(int(i) for i in np.flatnonzero(array.any(axis=(1, 2))))


def outline_kind(layer: Layer) -> Outline:
    """Whose outline a layer is."""
    if layer.result is None:
        return "drawn"
    return "corrected" if layer.editable and layer.edits else "accepted"


def contribution(
    layer: Layer,
    series: Series,
    patient: Patient | None,
    folder: Path,
    salt: str,
    slices: Sequence[int],
    volume: Volume | None = None,
) -> Contribution:
    """A contribution from a layer as it is now; later strokes do not change it."""
    return Contribution(
        folder=folder,
        salt=salt,
        patient=patient_code(salt, patient, series),
        series=series,
        segmentation=layer.segmentation(),
        outline=outline_kind(layer),
        slices=tuple(sorted(set(slices))),
        made_by=layer.result.provenance if layer.result is not None else None,
        volume=volume,
    )


def add_to_training_set(context: JobContext, what: Contribution) -> Added:
    """Write the slices of ``what``; slices that are in the folder already stay as they are.

    Raises:
        DataError: the outline does not fit the series, index.csv is of another kind, or the
            parts of the outline are others than those of the folder.
        WriteError: the folder cannot be written; what was written whole is kept.
        ReadError: the series cannot be decoded. Cancelled: the person cancelled.
    """
    from tumordesk.session.training_pictures import TrainingPictures

    if not what.folder.is_dir():
        raise WriteError(f"The folder {what.folder.name} is not there.", "Choose another one.")
    context.progress(None, "Preparing")
    volume = what.volume or read_volume(context, what.series)
    if volume.geometry.shape != what.segmentation.geometry.shape:
        raise DataError("The outline does not belong to this series.", "Outline the tumour on it.")
    _name_parts(what.folder, what.segmentation.segments)
    pictures = TrainingPictures(volume, what.segmentation)
    missing = set(volume.missing)
    slices = [i for i in what.slices if i not in missing]
    stems = {index: _stem(what, index) for index in slices}
    # The index first: a picture whose patient is not known could end up on both sides of a split.
    _index(what.folder, stems.values(), what.patient)
    counts = {"written": 0, "same": 0, "other": 0}
    for done, index in enumerate(slices):
        context.progress(done / len(slices), f"Adding slice {index + 1}")
        counts[_write(what, pictures, index, stems[index])] += 1
    return Added(what.folder, unreadable=len(what.slices) - len(slices), **counts)


def _name_parts(folder: Path, segments: Sequence[Segment]) -> None:
    """Write what the numbers of several parts are; refuse parts that are others in this folder."""
    from tumordesk.io.dataset_json import DATASET_JSON, named_labels

    known = {number: name for number, name in named_labels(folder).items() if number != "0"}
    own = {str(one.number): one.label for one in segments} if len(segments) > 1 else {}
    merged = {**own, **known}
    if known and (not own or merged != known | own):
        told = ", ".join(f"{number} is {name}" for number, name in known.items())
        raise DataError(
            f"The outlines in {folder.name} have other parts than this one: {told}.",
            "Choose another folder: outlines of one training must all mean the same.",
        )
    path = folder / DATASET_JSON
    if own and not known and not path.exists() and not (folder / INDEX).exists():
        labels = {"0": BACKGROUND, **own}
        write_json(path, {"labels": labels, "notice": NOTICE, "software": _software()})


def _software() -> str:
    return f"TumorDesk {__version__}"


def _stem(what: Contribution, index: int) -> str:
    code = short_hash(what.salt, "series", what.series.uid, what.series.key)[:8]
    return f"{what.patient}_{code}_s{index + 1:03d}"


def _write(
    what: Contribution, pictures: TrainingPictures, index: int, stem: str
) -> Literal["written", "same", "other"]:
    """Mask and provenance first: a picture is never seen without them."""
    from tumordesk.io.writers import write_png

    image = what.folder / "images" / f"{stem}.png"
    mask = what.folder / "masks" / f"{stem}.png"
    labels = pictures.mask(index)
    if image.exists():
        return "same" if _same(mask, labels) else "other"
    # What an interrupted attempt left without its picture is no data yet.
    write_png(mask, labels, overwrite=True)
    note = what.folder / "provenance" / f"{stem}.json"
    write_json(note, _provenance(what, pictures, index, stem), overwrite=True)
    write_png(image, pictures.picture(index))
    return "written"


def _same(path: Path, labels: UInt8) -> bool:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            return bool(np.array_equal(np.asarray(picture), labels))
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError):
        return False


def _provenance(
    what: Contribution, pictures: TrainingPictures, index: int, stem: str
) -> dict[str, Any]:
    made, geometry, series = what.made_by, what.segmentation.geometry, what.series
    return {
        "schema": 1,
        "notice": NOTICE,
        "image": f"images/{stem}.png",
        "mask": f"masks/{stem}.png",
        "patient": what.patient,
        "slice": index + 1,
        "outline": what.outline,
        "model": None
        if made is None
        else {
            "id": made.model_id,
            "version": made.model_version,
            "sha256": made.model_sha256,
            "architecture": made.architecture,
        },
        "segments": to_plain(what.segmentation.segments),
        "pixel_mm": pictures.pixel_mm,
        "slice_spacing_mm": geometry.slice_spacing_mm,
        "modality": series.modality,
        "sequence": series.guess.sequence.value,
        "plane": geometry.plane,
        "added": datetime.now(UTC).date().isoformat(),
        "software": _software(),
    }


def _index(folder: Path, stems: Iterable[str], patient: str) -> None:
    """Add rows to index.csv; those that are there already stay."""
    path = folder / INDEX
    rows = _read_index(path)
    new = [stem for stem in stems if stem not in rows]
    if not new and path.exists():
        return
    rows |= dict.fromkeys(new, patient)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows.items())
    atomic_write(path, lambda part: _put(part, text.getvalue()))


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="")


def _read_index(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    other = DataError(
        f"{path.name} in {path.parent.name} is not the list of a training set of TumorDesk.",
        "Choose an empty folder, or one that TumorDesk has made.",
    )
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            lines = list(csv.reader(stream))
    except OSError as error:
        raise WriteError(
            f"{path.name} in {path.parent.name} cannot be read: {error.strerror}.",
            "Check that the folder can be read and written, then try again.",
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise other from error
    if not lines or tuple(lines[0]) != COLUMNS or any(len(line) != 2 for line in lines[1:]):
        raise other
    return {line[0]: line[1] for line in lines[1:]}
