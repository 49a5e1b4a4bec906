"""One model, one series, one result."""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from dataclasses import replace

import torch

from tumordesk import __version__
from tumordesk.core.errors import InputMismatch
from tumordesk.core.finding import AnalysisResult, Provenance
from tumordesk.core.job import JobContext
from tumordesk.core.model_card import ModelCard
from tumordesk.core.segmentation import Segmentation
from tumordesk.core.study import Series
from tumordesk.core.volume import Volume
from tumordesk.imaging.location import estimate_head
from tumordesk.imaging.measure import measure
from tumordesk.imaging.preprocess import Preparer
from tumordesk.inference import cache
from tumordesk.inference.channels import channels_for, numbered
from tumordesk.inference.classifier import (
    DRIVING_SLICES,
    Reading,
    choose_slices,
    classify_slices,
    every_slice,
)
from tumordesk.inference.devices import choose_device
from tumordesk.inference.engine import Engine
from tumordesk.inference.preflight import preflight
from tumordesk.inference.segmenter import segment_slices
from tumordesk.inference.unlike import judge, tapped
from tumordesk.zoo import ModelEntry


def run_model(
    volume: Volume,
    series: Series,
    entry: ModelEntry,
    context: JobContext,
    *,
    device: str = "auto",
    flips: bool = False,
    outline: Segmentation | None = None,
    study: Sequence[Series] = (),
) -> AnalysisResult:
    """Run one model on one series.

    Args:
        volume: the decoded series; slices in ``volume.missing`` are left out and reported.
        series: what the headers said, for the preflight.
        entry: a model of the zoo.
        context: progress ("Segmenting slice 14 of 26, 3 s left") and cancel, between batches.
        device: "auto", "cuda", "mps" or "cpu"; what was really used is in the provenance.
        flips: also run mirrored slices and give an agreement map (segmentation only).
        outline: the classifier reads the slices on which this has tumour.
        study: all series of its study; a model that reads several sequences finds the others
            among them, and reads their files.

    Returns:
        Label map and measurements, or class probabilities, in the source geometry.
        ``provenance.warnings`` holds doubts about input and answer, ``provenance.notes`` what was
        done out of the ordinary (smaller batch, another device).

    Raises:
        Cancelled: the person cancelled.
        ModelError: the model cannot be loaded or gives no numbers.
        InputMismatch: no slice can be used, the outline belongs to another grid, a sequence that
            the model reads is missing, or not even one slice fits in memory.
        ReadError: another series that the model reads cannot be decoded.
    """
    started_s = time.monotonic()
    card = entry.card
    warnings = [w.message for w in preflight(series, card, study)]
    notes: list[str] = []
    usable = _usable_slices(volume, warnings)
    grey = channels_for(volume, series, card, study, context, warnings, notes)
    reading = _reading(volume, usable, outline, warnings, card)
    context.progress(None, f"Loading {card.name}")
    model = cache.get_model(entry)
    choice = choose_device(device)
    context.progress(None, "Preparing slices")
    preparer = Preparer(grey, volume.geometry, card.input)
    with Engine(model, choice.device, card.input.size) as engine:
        if card.task == "segmentation":
            segmentation = segment_slices(
                preparer,
                volume.geometry,
                usable,
                card,
                engine,
                context,
                series_uid=volume.series_uid,
                flips=flips,
            )
            partial = _measured(segmentation, volume, context)
        else:
            with tapped(model) as tap:
                found = classify_slices(preparer, reading, card, engine, context)
            unlike = judge(
                entry.folder, card, preparer, tap.features(), reading.indices, reading.weights
            )
            if unlike.unlike:
                warnings.append(unlike.text)
            partial = AnalysisResult(_NOBODY, classification=replace(found, unlike=unlike))
    provenance = Provenance(
        model_id=card.id,
        model_version=card.version,
        model_sha256=card.weights_sha256,
        architecture=card.network,
        series_uid=volume.series_uid,
        device=engine.device.text,
        batch_size=engine.batch_size,
        seconds=time.monotonic() - started_s,
        software=f"TumorDesk {__version__}, torch {torch.__version__}, {platform.system()}",
        warnings=tuple(warnings),
        notes=tuple(n for n in (*notes, choice.note, *engine.notes, _how_read(card, reading)) if n),
    )
    context.progress(1.0, "Done")
    return replace(partial, provenance=provenance)


def _how_read(card: ModelCard, reading: Reading) -> str:
    """How a study's answer came about where that is not the usual way."""
    if not card.detects or len(reading.indices) <= DRIVING_SLICES:
        return ""
    return (
        f"{card.id} looked at all {len(reading.indices)} slices; the study's figure is the mean of "
        f"the {DRIVING_SLICES} on which a tumour seemed most likely."
    )


_NOBODY = Provenance("", "", "", "", "", "", 0, 0.0, "")


def _measured(segmentation: Segmentation, volume: Volume, context: JobContext) -> AnalysisResult:
    context.progress(0.96, "Measuring")
    head = estimate_head(volume)
    measurements = measure(segmentation, midline_x_mm=head.midline_x_mm, head_box_mm=head.box_mm)
    return AnalysisResult(_NOBODY, segmentation=segmentation, measurements=measurements)


def _usable_slices(volume: Volume, warnings: list[str]) -> tuple[int, ...]:
    missing = sorted(set(volume.missing))
    if missing:
        warnings.append(
            f"{numbered(missing)} could not be decoded and {'were' if len(missing) > 1 else 'was'} "
            "not looked at: a tumour there is missed and volumes are too small."
        )
    usable = tuple(i for i in range(volume.geometry.shape[0]) if i not in set(missing))
    if not usable:
        raise InputMismatch("No slice of this series could be decoded.", "Choose another series.")
    return usable


def _reading(
    volume: Volume,
    usable: tuple[int, ...],
    outline: Segmentation | None,
    warnings: list[str],
    card: ModelCard,
) -> Reading:
    """What a classifier would read; a segmentation reads everything and needs no warning."""
    if card.task == "segmentation":
        return Reading(usable, ())
    if card.detects:
        return every_slice(usable)
    if outline is not None and outline.geometry.shape != volume.geometry.shape:
        raise InputMismatch(
            "The outline does not belong to this series.", "Outline the tumour on it first."
        )
    reading = choose_slices(usable, outline, picture=volume.picture)
    if reading.warning:
        warnings.append(reading.warning)
    return reading
