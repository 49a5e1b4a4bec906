"""From folders to a queue of studies, by headers alone, one folder at a time.

Only names of files are kept of what was scanned: a plan of thousands of studies stays small.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tumordesk.core.errors import ReadError, plain_reason
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import ModelCard
from tumordesk.core.study import Patient, ScanResult, Series, Study
from tumordesk.io.names import without_volume
from tumordesk.session.audit import AuditLog
from tumordesk.session.batch.together import read_together
from tumordesk.session.batch.types import MARK, BatchPlan, PlannedStudy
from tumordesk.session.batch.unpacked import remove, unpacked_folders

_UNKNOWN = "unknown"
_DIGITS = re.compile(r"(\d+)")
Key = tuple[str, str]


@dataclass
class _Found:
    """One study as far as it was met. ``names``: files of it, as people see them."""

    sources: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    dicom: bool = True


def plan(
    paths: Sequence[Path],
    out: Path,
    context: JobContext | None = None,
    log: AuditLog | None = None,
    *,
    card: ModelCard | None = None,
) -> BatchPlan:
    """Find the studies in ``paths`` (folders, archives, files); ``out`` is left out of it.

    DICOM files of one study are one study wherever they lie; a picture or volume file is a study
    of its own, but for volumes of one folder that the model of ``card`` reads together.

    Raises:
        ReadError: there is no such path, or nothing usable in it.
        Cancelled: the person cancelled.
    """
    context = context or JobContext()
    roots = tuple(Path(os.path.abspath(path)) for path in paths)  # noqa: PTH100  keeps links
    for root in roots:
        if not root.exists():
            raise ReadError(f"{root.name} is not there.", "Check the name, or the drive.")
    found: dict[Key, _Found] = defaultdict(_Found)
    skipped: dict[str, str] = {}
    for unit in _units(roots, Path(os.path.abspath(out)), context, skipped):  # noqa: PTH100
        _scan_unit(unit, context, found, skipped, card)
    names = _Names(roots)
    if not found:
        raise ReadError(_nothing(roots, skipped), "Choose a folder with scans in it.")
    shown = {names.of(path): reason for path, reason in skipped.items()}
    return BatchPlan(
        roots, _studies(found, names, log or AuditLog()), tuple(sorted(shown.items(), key=_by_name))
    )


def keys_of(scan: ScanResult, archive: str = "") -> dict[Key, list[tuple[Patient, Study, Series]]]:
    """The studies of a scan, each with its series; ``archive``: the one that was scanned.

    Series without a Study Instance UID in an archive are one study: they get other names each
    time that it is unpacked.
    """
    found: dict[Key, list[tuple[Patient, Study, Series]]] = defaultdict(list)
    for patient in scan.patients:
        for study in patient.studies:
            for series in study.series:
                if series.kind != "dicom":
                    key = ("", series.file_uid)
                elif archive and study.uid.startswith(_UNKNOWN):
                    key = (_UNKNOWN, archive)
                else:
                    key = (patient.patient_id or patient.name, study.uid)
                found[key].append((patient, study, series))
    return found


def signature(sources: Sequence[str]) -> str:
    """Changes when a file is added, removed, or has another size or time."""
    digest = hashlib.sha256()
    for source in sources:
        try:
            info = os.stat(source)  # noqa: PTH116  thousands of times
            state = f"{info.st_size} {info.st_mtime_ns}"
        except OSError as error:
            state = plain_reason(error)
        digest.update(f"{source}\0{state}\n".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:32]


# Files, one folder (or archive) at a time ---------------------------------------------------


def _units(
    roots: Sequence[Path], out: Path, context: JobContext, skipped: dict[str, str]
) -> Iterator[list[Path]]:
    for root in roots:
        if root.is_file():
            yield [root]
            continue
        for folder, folders, files in os.walk(root, onerror=lambda e: _unreadable(e, skipped)):
            context.check()
            here = Path(folder)
            if here == out or (MARK in files and _is_batch(here)):
                folders.clear()
                continue
            folders[:] = sorted(name for name in folders if not _hidden(name))
            usual: list[Path] = []
            for name in sorted(files):
                path = here / name
                if _hidden(name) or name.lower() == "dicomdir":
                    continue
                if name.lower().endswith(".zip"):
                    yield [path]
                else:
                    usual.append(path)
            if usual:
                yield usual


def _unreadable(error: OSError, skipped: dict[str, str]) -> None:
    skipped[str(error.filename or "")] = f"folder cannot be opened: {plain_reason(error)}"


def _is_batch(folder: Path) -> bool:
    return (folder / "results.csv").exists() or (folder / "state").is_dir()


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"


def _scan_unit(
    unit: list[Path],
    context: JobContext,
    found: dict[Key, _Found],
    skipped: dict[str, str],
    card: ModelCard | None,
) -> None:
    from tumordesk.io.scan import scan_paths

    scan = scan_paths(unit, context)
    together = read_together(scan, card)
    archive = str(unit[0]) if len(unit) == 1 and _unpacked(scan) else ""
    for key, members in keys_of(scan, archive).items():
        for _, _, series in members:
            files = {str(item.path) for item in series.instances}
            if series.key in together.left_out:
                if why := together.left_out[series.key]:
                    skipped |= dict.fromkeys(files, why)
                continue
            entry = found[key]
            entry.dicom = series.kind == "dicom"
            beside = {str(path) for path in together.beside.get(series.key, ())}
            entry.sources |= {archive} if archive else files | beside
            if archive:
                inside = f"{archive}/{without_volume(series.description)}"
                entry.names.add(archive if entry.dicom else inside)
            else:
                entry.names |= files
    for item in scan.skipped:
        skipped[str(item.path)] = item.reason
    remove(unpacked_folders(scan))


def _unpacked(scan: ScanResult) -> bool:
    return bool(unpacked_folders(scan))


# Studies, in order --------------------------------------------------------------------------


class _Names:
    """Paths as they are shown: relative to the folder of the batch, with '/'."""

    def __init__(self, roots: Sequence[Path]) -> None:
        self._roots = roots

    def of(self, path: str) -> str:
        for root in self._roots:
            base = root if root.is_dir() else root.parent
            try:
                relative = Path(path).relative_to(base).as_posix()
            except ValueError:
                continue
            if len(self._roots) == 1:
                return relative
            return f"{root.name}/{relative}" if root.is_dir() else relative
        return Path(path).name


def _studies(found: dict[Key, _Found], names: _Names, log: AuditLog) -> tuple[PlannedStudy, ...]:
    inputs = {key: _input(entry, names) for key, entry in found.items()}
    shared = Counter(inputs.values())
    for key, entry in found.items():
        # Several studies in one folder are told apart by their first file.
        if shared[inputs[key]] > 1:
            inputs[key] = names.of(min(entry.names))
    order = sorted(found, key=lambda key: (_natural(inputs[key]), key))
    uids = Counter(uid for _, uid in found)
    return tuple(
        _planned(key, inputs[key], found[key], log, alone=uids[key[1]] == 1) for key in order
    )


def _planned(key: Key, where: str, entry: _Found, log: AuditLog, *, alone: bool) -> PlannedStudy:
    sources = tuple(sorted(entry.sources))
    patient, uid = key
    # Two patients with one Study Instance UID (badly anonymised) are two studies all the same.
    code = log.code(uid) if alone else log.code(uid, patient)
    return PlannedStudy(f"study-{code}", where, sources, signature(sources), patient, uid)


def _input(entry: _Found, names: _Names) -> str:
    if not entry.dicom or len(entry.names) == 1:
        return names.of(min(entry.names))
    folder = os.path.commonpath([os.path.dirname(name) for name in entry.names])  # noqa: PTH120
    return names.of(folder)


def _natural(text: str) -> tuple[object, ...]:
    """Sort key: 'case 2' before 'case 10'."""
    pieces = _DIGITS.split(text.casefold())
    return tuple((1, int(p), "") if p.isdecimal() else (0, 0, p) for p in pieces), text


def _by_name(item: tuple[str, str]) -> tuple[object, ...]:
    return _natural(item[0])


def _nothing(roots: Sequence[Path], skipped: dict[str, str]) -> str:
    name = roots[0].name or str(roots[0])
    if not skipped:
        return f"{name}: there is nothing in it that could be read."
    first, reason = next(iter(skipped.items()))
    count = "the file" if len(skipped) == 1 else f"none of {len(skipped)} files"
    ending = "cannot be used" if len(skipped) == 1 else "can be used"
    return f"{name}: {count} {ending}; {Path(first).name}: {reason.rstrip('.')}."
