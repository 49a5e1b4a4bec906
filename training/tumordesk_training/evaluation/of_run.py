"""``tumordesk-train evaluate RUN``: all figures of the best checkpoint on a part of the split."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch

from tumordesk import __version__
from tumordesk.core.errors import ConfigError, DataError
from tumordesk.core.evaluation import CaseResult, Evaluation
from tumordesk.core.job import JobContext
from tumordesk.inference.devices import choose_device
from tumordesk.inference.engine import Engine
from tumordesk_training.data import Case, DataSet
from tumordesk_training.evaluate import Work, answered, outlined, refuse_nothing
from tumordesk_training.evaluation.caveats import caveats
from tumordesk_training.evaluation.classification import Answers, figures_of
from tumordesk_training.evaluation.segmentation import OutlineCount
from tumordesk_training.layouts import scan
from tumordesk_training.learned_of_run import Known, known_before, told_of_others, told_of_start
from tumordesk_training.run_model import Run, best_network, run_card
from tumordesk_training.split import select
from tumordesk_training.split_id import split_id
from tumordesk_training.usable import limited, usable
from tumordesk_training.work import Share

Part = Literal["train", "val", "test"]
_WORDS = {"train": "training", "val": "validation", "test": "test"}


@dataclass(frozen=True)
class _Counted:
    """What one task adds to an :class:`Evaluation`."""

    pictures: int
    fields: dict[str, Any]
    warnings: tuple[str, ...] = ()


def evaluate_run(
    run: Run,
    part: Part = "test",
    *,
    device: str = "auto",
    flips: bool = False,
    context: JobContext | None = None,
) -> Evaluation:
    """Figures of the best checkpoint of ``run`` on one part of its own split.

    Pictures go through the code of inference, as in :mod:`tumordesk_training.evaluate`.

    Raises:
        ConfigError: the split has no such part.
        DataError: the data folder has gone, nothing of the part can be read, or there is no
            checkpoint.
        Cancelled: the user stopped it.
    """
    started = time.monotonic()
    context = context or JobContext()
    config = run.config
    context.progress(0.0, "Looking at the pictures")
    data, _ = usable(scan(run.root, config.data), config)
    whole = part_of_run(run, data, part)
    cases = limited(whole, config)
    known = Known()
    if part != "train":
        known = known_before(run.folder, config, cases, Share(context, 0.0, 0.1))
    context = Share(context, 0.1, 1.0)
    card = run_card(config)
    unread: list[tuple[str, str]] = []
    with Engine(best_network(run), choose_device(device).device, card.input.size) as engine:
        work = Work(card, engine, flips, context, unread)
        counted = (
            _outlines(cases, run, work)
            if config.task == "segmentation"
            else _answers(cases, run, work)
        )
        used = engine.device.text
    refuse_nothing(counted.pictures, run.root.name, unread)
    context.progress(1.0, "Evaluated")
    told = [*caveats(data, cases, run.split, part, config), *counted.warnings]
    if part != "train":
        told += told_of_start(config, part, cases, known)
        told += told_of_others(config, cases, counted.fields["cases"], known)
    return Evaluation(
        task=config.task,
        model=config.name,
        architecture=config.architecture,
        part=part,
        pictures=counted.pictures,
        group_count=len({case.group for case in cases}),
        classes=config.classes,
        split_id=split_id(run.split),
        split_method=run.split.method,
        warnings=(*told, *_of_trial(cases, whole), *_of_unread(unread, len(cases))),
        skipped=tuple(unread),
        device=used,
        software=f"tumordesk {__version__}, torch {torch.__version__}",
        date=dt.datetime.now(tz=dt.UTC).date().isoformat(),
        seconds=round(time.monotonic() - started, 2),
        **counted.fields,
    )


def part_of_run(run: Run, data: DataSet, part: Part) -> tuple[Case, ...]:
    """Cases of a part of the run's split. Raises ConfigError, DataError where there are none."""
    if not run.split.parts.get(part):
        raise ConfigError(
            f"The split of {run.folder.name} has no {_WORDS[part]} part.",
            f"It has: {', '.join(p for p, groups in run.split.parts.items() if groups)}.",
        )
    cases = select(data, run.split, part)
    if not cases:
        raise DataError(
            f"No picture of the {_WORDS[part]} part is in {run.root.name}.",
            "Is this the folder the run was made with? Give it with --data.",
        )
    return cases


def _of_trial(cases: Sequence[Case], whole: Sequence[Case]) -> tuple[str, ...]:
    if len(cases) == len(whole):
        return ()
    return (f"This was a trial on {len(cases)} of {len(whole)} pictures of the part.",)


def _of_unread(unread: Sequence[tuple[str, str]], total: int) -> tuple[str, ...]:
    if not unread:
        return ()
    return (f"{len(unread)} of {total} pictures could not be read and do not count.",)


def _answers(cases: Sequence[Case], run: Run, work: Work) -> _Counted:
    names = run.config.classes
    truth: list[int] = []
    tables = []
    seen: list[Case] = []
    for stack, probabilities in answered(cases, run.config.data, work):
        seen += stack.cases
        truth += [names.index(case.label) for case in stack.cases]
        tables.append(probabilities)
    if not seen:
        return _Counted(0, {"figures": {}})
    table = np.concatenate(tables).astype(np.float64)
    answers = Answers(np.array(truth, dtype=np.int64), table, tuple(c.group for c in seen))
    found = figures_of(answers, names)
    results = tuple(
        CaseResult(
            key=case.key,
            group=case.group,
            truth=names[wanted],
            said=names[said],
            probabilities=tuple(round(float(p), 6) for p in row),
        )
        for case, wanted, said, row in zip(seen, truth, answers.said, table, strict=True)
    )
    fields = {
        "figures": found.figures,
        "confusion": found.confusion,
        "class_figures": found.class_figures,
        "calibration": found.calibration,
        "cases": results,
    }
    return _Counted(len(seen), fields)


def _outlines(cases: Sequence[Case], run: Run, work: Work) -> _Counted:
    count = OutlineCount(run.config.classes)
    pictures = 0
    for stack, found, true in outlined(cases, run.config.data, work):
        pictures += len(found)
        count.add_stack(stack, found, true)
    if not pictures:
        return _Counted(0, {"figures": {}})
    fields = {"figures": count.figures(), "groups": count.by_group(), "cases": count.cases()}
    return _Counted(pictures, fields, count.warnings())
