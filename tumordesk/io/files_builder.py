"""Series of pictures and volume files: one for each file, one Study for each folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tumordesk.core.geometry import Geometry, Verdict
from tumordesk.core.study import Instance, Patient, Series, Study
from tumordesk.imaging.sequence import guess_from_name
from tumordesk.io.dataset_json import guess_from_dataset
from tumordesk.io.names import made_up_uid, short_hash, stem, with_volume, without_volume
from tumordesk.io.pictures import PictureFacts
from tumordesk.io.relevance import sort_key
from tumordesk.io.sidecar import sidecar_of
from tumordesk.io.volumes import VolumeFacts

_NO_SPACING = "a picture says nothing of millimetres: sizes are in pixels"


class FileCollection:
    """Pictures and volume files of a scan."""

    def __init__(self) -> None:
        self._folders: dict[Path, list[Series]] = {}
        self._datasets: dict[Path, Path] = {}

    def add_picture(self, path: Path, shown: Path, facts: PictureFacts) -> None:
        """Take a picture file."""
        geometry = Geometry(
            (len(facts.pages), facts.rows, facts.columns),
            verdict=Verdict.NO_MM,
            notes=(_NO_SPACING,),
        )
        several = len(facts.pages) > 1
        instances = tuple(Instance(path, frame=i if several else None) for i in facts.pages)
        others = f"{facts.others} pages of another size or kind are left out"
        series = Series(
            key=short_hash("picture", shown),
            uid=made_up_uid("picture", shown.absolute()),
            kind="picture",
            number=None,
            modality="",
            description=shown.name,
            guess=guess_from_name(stem(shown)),
            geometry=geometry,
            instances=instances,
            transfer_syntax=facts.format,
            warnings=(others,) if facts.others else (),
            colour=facts.colour,
            extra={"picture": facts},
        )
        self._add(series, shown)

    def add_volume(self, path: Path, shown: Path, facts: VolumeFacts) -> None:
        """Take a NIfTI, NRRD or MetaImage file; each of a few volumes in it is a series."""
        for one in facts.apart():
            self._add(_volume_series(path, shown, one), shown)

    def add_dataset(self, path: Path, shown: Path) -> None:
        """Take a dataset.json: in an archive only ``shown`` tells which files it is about.

        Elsewhere it was found beside these files.
        """
        if path != shown:
            self._datasets[shown.parent] = path.parent

    def _named(self, found: list[Series], folder: Path) -> list[Series]:
        """The series, as the dataset.json of their folder or the one above names them."""
        both = (folder, folder.parent)
        places = [self._datasets[place] for place in both if place in self._datasets]
        return [_told_by(series, places) for series in found] if places else found

    def _add(self, series: Series, shown: Path) -> None:
        self._folders.setdefault(shown.parent, []).append(series)

    def build(self) -> tuple[Patient, ...]:
        """One nameless patient with one study for each folder."""
        return tuple(
            Patient(
                patient_id="",
                name="",
                studies=(
                    Study(
                        uid=made_up_uid("folder", folder.absolute()),
                        date="",
                        description=folder.absolute().name,
                        series=tuple(sorted(self._named(series, folder), key=sort_key)),
                    ),
                ),
            )
            for folder, series in sorted(self._folders.items())
        )


def _told_by(series: Series, places: list[Path]) -> Series:
    facts: VolumeFacts | None = series.extra.get("volume")
    if facts is None:
        return series
    volume = facts.number if facts.several else None
    told = guess_from_dataset(without_volume(series.description), places, volume)
    return series if told is None else replace(series, guess=told)


def _volume_series(path: Path, shown: Path, facts: VolumeFacts) -> Series:
    of_several = facts.several
    beside = sidecar_of(path)
    # The first volume is called as the file was before others were shown.
    place = (shown, facts.number) if facts.number else (shown,)
    whole = (shown.absolute(), *place[1:])
    name = with_volume(shown.name, facts.number + 1, facts.count) if of_several else shown.name
    near = (path.parent, path.parent.parent)
    told = guess_from_dataset(shown.name, near, facts.number if of_several else None)
    return Series(
        key=short_hash("volume", *place),
        uid=made_up_uid("volume", *whole),
        kind=facts.kind,
        number=facts.number + 1 if of_several else beside.series_number,
        modality="",
        description=name,
        guess=told or beside.guess(stem(shown)),
        geometry=facts.geometry,
        instances=tuple(Instance(path, frame=i) for i in range(facts.geometry.shape[0])),
        transfer_syntax=facts.format,
        warnings=facts.warnings,
        colour=facts.colour,
        extra={
            "volume": facts,
            "calculated": beside.calculated,
            "told": beside.description,
            "file_uid": made_up_uid("volume", shown.absolute()),
        },
    )
