"""``tumordesk-train check-data``: what a training folder holds, and what is wrong with it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from tumordesk.core.data_report import CHANNELS, SEVERITIES, DataFinding, DataReport
from tumordesk.core.errors import DataError
from tumordesk.core.job import JobContext
from tumordesk.core.training_run import DataConfig
from tumordesk.io.dataset_json import named_labels
from tumordesk_training.check.classes import class_findings
from tumordesk_training.check.copies import copy_findings
from tumordesk_training.check.files import file_findings, folder_findings
from tumordesk_training.check.groups import group_findings
from tumordesk_training.check.labels import label_counts, label_findings
from tumordesk_training.check.look import look
from tumordesk_training.check.seen import Seen
from tumordesk_training.check.shapes import is_rectangle
from tumordesk_training.check.text import check_text
from tumordesk_training.coco import count_categories
from tumordesk_training.data import PARTS_IN_ORDER
from tumordesk_training.duplicates import find_copies
from tumordesk_training.files import aside
from tumordesk_training.fingerprint_cache import keep_prints, stamp
from tumordesk_training.layouts import layout_title, scan
from tumordesk_training.patients import known_patients, other_columns, patients_found
from tumordesk_training.work import Share, for_each

__all__ = ["check_data", "check_text", "is_rectangle"]

_LOOKING = 0.8
"""Share of the time that opening the files takes; comparing takes the rest."""

_SIZES = 20
_PREVIEW = 12


def check_data(root: Path, config: DataConfig, context: JobContext | None = None) -> DataReport:
    """Look at every picture and mask of ``root``, and compare all with all.

    Raises:
        DataError: the folder is missing or holds nothing usable, or nothing of it can be read.
        Cancelled: the user stopped it.
    """
    context = context or JobContext()
    began = time.monotonic()
    context.progress(0.0, "Listing the files")
    data = scan(root, config)
    looking = Share(context, 0.0, _LOOKING)
    looks = tuple(
        for_each(data.cases, partial(look, config=config), looking, "Looking at the pictures")
    )
    if looks and all(x.problem for x in looks):
        raise DataError(
            f"Not one of {len(looks)} pictures of {root.name} can be used.",
            f"The first, {looks[0].case.key}: {looks[0].problem}",
        )
    prints = {x.case.key: x.found for x in looks if x.found is not None}
    stamps = {x.case.key: stamp(x.case) for x in looks}
    keep_prints(root, config, {stamps[key]: found for key, found in prints.items()})
    comparing = Share(context, _LOOKING, 1.0)
    copies = find_copies(prints, known_patients(data), context=comparing)
    seen = Seen(data, looks, copies)
    findings = tuple(_findings(root, config, seen))
    report = _report(root, seen, findings, time.monotonic() - began)
    context.progress(1.0, "Comparing the pictures")
    return report


def _report(
    root: Path, seen: Seen, findings: tuple[DataFinding, ...], seconds: float
) -> DataReport:
    data, cases = seen.data, seen.data.cases
    outlined = any(c.mask is not None or c.polygons for c in cases)
    counts = label_counts(seen)
    numbers = {str(n): count for n, count in counts.items()} if len(counts) > 1 else {}
    return DataReport(
        root=root.resolve().name,
        layout=data.layout,
        layout_title=layout_title(data),
        task="segmentation" if outlined else "classification",
        pictures=len(cases),
        classes=dict(sorted(Counter(c.label for c in cases).items())),
        parts=_by_part(Counter(c.part for c in cases)),
        patients=patients_found(data),
        sizes=dict(Counter(x.size for x in seen.good).most_common(_SIZES)),
        modes=dict(Counter(x.mode for x in seen.good).most_common()),
        masks=_masks(seen),
        findings=tuple(sorted(findings, key=lambda f: SEVERITIES.index(f.severity))),
        preview=_preview(seen),
        seconds=round(seconds, 1),
        volumes=any(case.volume for case in cases),
        sequences=data.sequences,
        sequence=data.sequence,
        labels=numbers,
        label_names={n: name for n, name in _names(seen).items() if n in numbers},
        class_parts={
            part: dict(sorted(Counter(c.label for c in cases if c.part == part).items()))
            for part in _by_part(Counter(c.part for c in cases))
        },
    )


def _findings(root: Path, config: DataConfig, seen: Seen) -> Iterator[DataFinding]:
    yield from copy_findings(seen)
    yield from class_findings(seen)
    columns = other_columns(root, config)
    yield from group_findings(seen, patients_found(seen.data), columns, config.group_pattern)
    categories = count_categories(root) if seen.data.layout == "coco" else {}
    yield from label_findings(seen, categories, config.labels)
    yield from file_findings(seen, "" if config.sequences else colour_of(config))
    yield from folder_findings(aside(root))


def _names(seen: Seen) -> dict[str, str]:
    """What the numbers of the outlines are called: COCO categories, or in a dataset.json."""
    own = {str(number): name for number, name in seen.data.label_names.items()}
    return own or named_labels(seen.data.root)


def colour_of(config: DataConfig) -> str:
    """The action of ``CHANNELS`` that stands for what is read of coloured pictures."""
    return next(name for name, channel in CHANNELS.items() if channel == config.channel)


def _by_part(counts: Counter[str]) -> dict[str, int]:
    return {part: counts[part] for part in (*PARTS_IN_ORDER, "") if counts[part]}


def _masks(seen: Seen) -> dict[str, int]:
    known = [x for x in seen.good if x.mask_pixels is not None]
    full = [x for x in known if x.mask_pixels]
    return {
        "with": len(known),
        "empty": len(known) - len(full),
        "rectangles": sum(x.rectangle for x in full),
    }


def _preview(seen: Seen) -> tuple[str, ...]:
    """Some ordinary pictures: of each class as many, those with something outlined first."""
    plain = [x for x in seen.good if x.found is not None and not x.found.blank]
    wanted = [x for x in plain if x.mask_pixels] or plain
    classes = sorted({x.case.label for x in plain})
    shown: list[str] = []
    for label in classes:
        pool = [x for x in wanted if x.case.label == label] or [
            x for x in plain if x.case.label == label
        ]
        each = max(1, _PREVIEW // len(classes))
        step = max(1, len(pool) // each)
        shown += [x.case.key for x in pool[step // 2 :: step][:each]]
    return tuple(shown[:_PREVIEW])
