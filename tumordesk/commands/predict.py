"""Runs a model on files from the command line."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tumordesk.commands.choose import LoadedInput, describe, load_input
from tumordesk.commands.console import (
    Exit,
    clear_progress,
    complain,
    interruptible,
    say,
    show_progress,
)
from tumordesk.commands.document import result_document, summary
from tumordesk.commands.folders import output_folders
from tumordesk.commands.outputs import (
    DEFAULT_FORMATS,
    OutputOptions,
    refuse_existing,
    write_outputs,
)
from tumordesk.commands.pdf import pdf_writer
from tumordesk.commands.run_findings import MAPPED, findings_of_run, with_map
from tumordesk.core.errors import InputMismatch, ReadError
from tumordesk.core.finding import AnalysisResult
from tumordesk.core.job import JobContext
from tumordesk.session.audit import take_trouble
from tumordesk.session.audited import record_export, watched_run
from tumordesk.session.export_names import Format

if TYPE_CHECKING:
    from tumordesk.zoo import ModelEntry

DEFAULT_OUTLINE = "t1c-tumour"


@dataclass(frozen=True)
class PredictOptions:
    """What was asked for. ``outline_with``: a model id, 'none', or '' = the default one."""

    paths: tuple[Path, ...]
    model: str
    out: Path
    series_uid: str | None = None
    device: str = "auto"
    formats: tuple[Format, ...] = DEFAULT_FORMATS
    flips: bool = False
    classify_with: str = ""
    outline_with: str = ""
    overwrite: bool = False
    hide_names: bool = False
    pdf_as_dicom: bool = False


@dataclass(frozen=True)
class _Models:
    main: ModelEntry
    outline: ModelEntry | None
    classifier: ModelEntry | None

    @property
    def all(self) -> tuple[ModelEntry, ...]:
        """Those that there are, the one asked for first."""
        others = (self.outline, self.classifier)
        return (self.main, *(entry for entry in others if entry is not None))


def predict(options: PredictOptions) -> int:
    """Run the model on every input; returns the exit code.

    One input's results go into ``out`` itself; several inputs get a folder each. An input that
    cannot be read does not stop the others.

    Raises:
        ModelError: a model is missing or not what its card says.
        WriteError: results cannot be written.
        Cancelled: Ctrl+C.
    """
    folders = output_folders(options.paths, options.out)
    models = _find_models(options)
    if not options.overwrite:
        for folder in folders:
            refuse_existing(folder, options.formats)
    context = JobContext(show_progress)
    with interruptible(context):
        code = _predict_all(options, folders, models, context)
    trouble = take_trouble()
    if trouble:
        complain(trouble)
    return code


def _predict_all(
    options: PredictOptions, folders: Sequence[Path], models: _Models, context: JobContext
) -> int:
    code = Exit.OK
    with ThreadPoolExecutor(1, thread_name_prefix="read") as pool:
        for path, folder, loading in _read_ahead(pool, options, folders, models, context):
            try:
                line, whole = _predict_one(path, folder, loading.result(), options, models, context)
            except (ReadError, InputMismatch) as error:
                complain(_naming(path, str(error)))
                code = Exit.UNREADABLE
            else:
                clear_progress()
                say(line)
                if not whole and code == Exit.OK:
                    code = Exit.INCOMPLETE
    return code


def _read_ahead(
    pool: ThreadPoolExecutor,
    options: PredictOptions,
    folders: Sequence[Path],
    models: _Models,
    context: JobContext,
) -> Iterator[tuple[Path, Path, Future[LoadedInput]]]:
    """Inputs in order; the next one is read while the model runs on this one."""
    quiet = _Quiet(context)
    jobs: list[Future[LoadedInput]] = []
    for number, (path, folder) in enumerate(zip(options.paths, folders, strict=True)):
        while len(jobs) < min(number + 2, len(options.paths)):
            next_path = options.paths[len(jobs)]
            several = any(entry.card.input.sequences for entry in models.all)
            job = partial(load_input, next_path, models.main.card, options.series_uid, quiet)
            jobs.append(pool.submit(job, beside=several))
        yield path, folder, jobs[number]
        # A volume that has been used must not stay in memory.
        jobs[number] = Future()


class _Quiet(JobContext):
    """Cancelled with another context, but shows no progress of its own."""

    def __init__(self, other: JobContext) -> None:
        super().__init__()
        self._other = other

    @property
    def cancelled(self) -> bool:
        """True once the other was cancelled."""
        return self._other.cancelled

    def check(self) -> None:
        """Raise Cancelled once the other was cancelled."""
        self._other.check()


def _predict_one(
    path: Path,
    folder: Path,
    loaded: LoadedInput,
    options: PredictOptions,
    models: _Models,
    context: JobContext,
) -> tuple[str, bool]:
    """A line that says what was found, and whether every format could be written."""
    from tumordesk.inference.devices import limit_threads

    limit_threads()
    started_s = time.monotonic()
    entries = (models.outline, models.main, models.classifier)
    with watched_run("command line", loaded.series, loaded.study, entries) as watch:
        found = _run_models(loaded, options, models, context)
        watch.took(found.main, found.second)
    document = result_document(
        models.main.card,
        found.main,
        loaded.volume.geometry,
        [*loaded.warnings, *found.main.provenance.warnings],
        seconds=time.monotonic() - started_s,
        # The name alone: folders above it are often named after patients.
        source=path.name,
        notes=found.notes,
        second=found.second,
    )
    findings = findings_of_run(loaded, found.main, found.second)
    if MAPPED & set(options.formats):
        entry = models.classifier if found.second is not None else models.main
        findings, trouble = with_map(context, findings, entry, options.device)
        document["notes"] = [*document["notes"], *trouble]
    written = write_outputs(
        context,
        folder,
        document,
        findings,
        OutputOptions(
            options.formats,
            options.overwrite,
            options.hide_names,
            tuple(entry.card for entry in models.all),
            pdf_writer() if "pdf" in options.formats else None,
            options.pdf_as_dicom,
        ),
    )
    record_export("command line", findings, written.formats)
    for failure in written.refused:
        complain(f"{path.name}: {failure}")
    words = summary(found.main, found.second)
    line = f"{path.name}: {words} ({describe(loaded.series)}), results in {folder}"
    lines = [line, *(f"  warning: {text}" for text in document["warnings"])]
    return "\n".join(lines), not written.refused


@dataclass(frozen=True, eq=False)
class _Found:
    """Result of the model asked for, of the classifier after it, and notes of one before it."""

    main: AnalysisResult
    second: AnalysisResult | None
    notes: tuple[str, ...]


def _run_models(
    loaded: LoadedInput, options: PredictOptions, models: _Models, context: JobContext
) -> _Found:
    """The model; for a classifier on a series first the outline of what it is to read."""
    from tumordesk.inference.run import run_model

    study = loaded.study.series if loaded.study is not None else ()
    run = partial(run_model, loaded.volume, loaded.series, device=options.device, study=study)
    outline = None
    notes: tuple[str, ...] = ()
    # A single picture is classified as it is: there is nothing to choose.
    if models.outline is not None and loaded.series.slices > 1:
        card = models.outline.card
        before = run(models.outline, context)
        outline = before.segmentation
        told = f"The slices to classify were chosen by the outline of {card.id} {card.version}."
        notes = (told, *before.provenance.notes)
    main = run(models.main, context, flips=options.flips, outline=outline)
    second = None
    if models.classifier is not None and main.outcome == "tumour":
        second = run(models.classifier, context, outline=main.segmentation)
    return _Found(main, second, notes)


def _find_models(options: PredictOptions) -> _Models:
    from tumordesk.core.errors import ModelError, ModelNotFound
    from tumordesk.zoo import Zoo

    zoo = Zoo()

    def find(model_id: str, task: str | None = None) -> ModelEntry:
        entry = zoo.find(model_id)
        if task is not None and entry.card.task != task:
            raise ModelError(f"Model {model_id} does {entry.card.task}, not {task}.")
        zoo.verify(entry)
        return entry

    main = find(options.model)
    outline = classifier = None
    if main.card.task == "classification":
        wanted = options.outline_with or ("none" if main.card.detects else DEFAULT_OUTLINE)
        if wanted != "none":
            try:
                outline = find(wanted, "segmentation")
            except ModelNotFound:
                if options.outline_with:
                    raise
    elif options.classify_with:
        classifier = find(options.classify_with, "classification")
    return _Models(main, outline, classifier)


def _naming(path: Path, text: str) -> str:
    return text if path.name in text else f"{path.name}: {text}"
