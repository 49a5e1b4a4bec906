"""``tumordesk-train evaluate``: figures of any model of the zoo on labelled data.

Pictures go through the very code that inference uses (preprocessing, batches, threshold, way
back to the source grid), so a figure here is a figure of the program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tumordesk.core.errors import ConfigError, DataError
from tumordesk.core.geometry import Geometry
from tumordesk.core.job import JobContext
from tumordesk.core.jsonio import to_plain
from tumordesk.core.label_numbers import LabelNumber, label_names
from tumordesk.core.model_card import ModelCard
from tumordesk.core.study import MR_SEQUENCES
from tumordesk.core.training_run import CONFIG_NAME, DataConfig, SequenceSource, read_config
from tumordesk.inference.devices import choose_device
from tumordesk.inference.engine import Engine
from tumordesk.inference.passes import run_batches
from tumordesk.inference.segmenter import segment_slices
from tumordesk.io.dataset_json import named_labels
from tumordesk.networks.weights import load_model
from tumordesk.zoo import ModelEntry
from tumordesk_training.data import Case, find_indexes, is_patient_column
from tumordesk_training.dataset import Stack, Unread, read_stack, stacks_of
from tumordesk_training.evaluation import calibration
from tumordesk_training.evaluation.known import known_cases
from tumordesk_training.evaluation.segmentation import OutlineCount
from tumordesk_training.label_map import LabelMap, label_map
from tumordesk_training.layouts import VOLUMES, layout_of, scan
from tumordesk_training.metrics import DiceCount, LabelDice, classification_summary, confusion
from tumordesk_training.split import read_split, select
from tumordesk_training.words import together
from tumordesk_training.work import Share


@dataclass(frozen=True)
class Order:
    """What to evaluate on. ``part`` of ``split_file``, or everything.

    ``volumes``: pictures of one group are one volume (intensity range over all of it); None
    decides by whether the groups are patients. ``leave_out_known``: pictures that the model
    learned from do not count.
    """

    root: Path
    data: DataConfig
    split_file: Path | None = None
    part: str = "test"
    volumes: bool | None = None
    device: str = "auto"
    flips: bool = False
    leave_out_known: bool = False


def evaluate(entry: ModelEntry, order: Order, context: JobContext | None = None) -> dict[str, Any]:
    """Run a model over labelled data and count.

    Returns:
        ``n`` pictures or slices, ``task``, ``classes``, and for segmentation ``dice_mean`` (mean
        over patient volumes with tumour), ``dice_by_patient``, ``dice_by_image_mean`` (pictures
        with tumour), ``dice_by_label`` (the same by class folder),
        ``false_positive_share`` (empty pictures with more than 50 px outlined), ``hd95_mm_median``
        (over groups; ``hd95_px_median`` where the voxel size of one is not known) and what has
        none (``hd95_left_out``: pictures or scans "missed" altogether, "false": outlined without a
        tumour), of several classes ``dice_by_class`` (mean over groups that have it) and their
        mean ``dice_classes_mean``;
        for classification ``accuracy``, ``balanced_accuracy``, ``recall``, ``confusion`` (rows:
        truth), ``ece`` (expected calibration error) and its bins ``calibration``. What does not
        apply is null. ``known`` counts the pictures that it learned from ("train"), that were used
        to choose its epoch ("val"), that the model it started from knew ("before"), and all there
        are ("total"), and says whether it may know more ("gaps"); null where the model has no
        record of them. ``left_out_known``: those do not count in the figures.
        ``skipped`` names what could not be used or read.

    Raises:
        DataError: nothing usable for this task is there, nothing of it can be read, labels are
            unknown to the model, or it knows all of the pictures (``leave_out_known``).
        ModelError: weights do not match their card.
        Cancelled: the user stopped it.
    """
    context = context or JobContext()
    card = entry.card
    config = config_for(order, card)
    own = own_labels(entry) if card.task == "segmentation" and not config.labels else ()
    config = replace(config, labels=config.labels or own)
    cases, problems = labelled_cases(order, config, card)
    _refuse_other_numbers(own, cases, order.root, entry)
    known = known_cases(entry, order.root, cases, Share(context, 0.0, 0.1))
    context = Share(context, 0.1, 1.0)
    if order.leave_out_known:
        cases = known.others(cases)
    by_patient = order.volumes
    if by_patient is None:
        by_patient = card.input.normalisation.scope == "volume" and grouped_by_patient(
            cases, order.root, config
        )
    config = replace(config, volumes=by_patient)
    model = load_model(entry.folder, card)
    choice = choose_device(order.device)
    with Engine(model, choice.device, card.input.size) as engine:
        run = Work(card, engine, order.flips, context, [])
        if card.task == "segmentation":
            figures = _segmentation(cases, config, run)
        else:
            figures = _classification(cases, config, run)
        device = engine.device.text
    refuse_nothing(figures["n"], order.root.name, run.unread)
    return {
        "n": figures["n"],
        "task": card.task,
        "model": {"id": card.id, "version": card.version, "sha256": card.weights_sha256},
        "data": order.root.resolve().name,
        "part": order.part if order.split_file else "all",
        "groups": len({c.group for c in cases}),
        "dice_mean": None,
        "dice_by_patient": None,
        "dice_by_label": None,
        "hd95_mm_median": None,
        "hd95_px_median": None,
        "hd95_left_out": None,
        "dice_by_class": None,
        "dice_classes_mean": None,
        "accuracy": None,
        "balanced_accuracy": None,
        "classes": [c.name for c in card.classes],
        "confusion": None,
        "ece": None,
        "calibration": None,
        "device": device,
        "known": known.counts(),
        "left_out_known": order.leave_out_known,
        "skipped": [{"path": p, "reason": r} for p, r in (*problems, *run.unread)],
        **figures,
    }


@dataclass(frozen=True)
class Work:
    """A network at work on labelled pictures; ``unread`` collects what could not be read."""

    card: ModelCard
    engine: Engine
    flips: bool
    context: JobContext
    unread: Unread


def refuse_nothing(read: int, name: str, unread: Unread) -> None:
    """Raise DataError where not one picture of the folder ``name`` could be read."""
    if not read:
        first = f" First: {unread[0][1]}" if unread else ""
        raise DataError(
            f"Nothing in {name} can be read.{first}",
            "See 'tumordesk-train check-data' for all of it.",
        )


def own_labels(entry: ModelEntry) -> tuple[LabelNumber, ...]:
    """What the label numbers stood for in the data that a model learned from; () where nobody
    said so, or the model came without its configuration."""
    try:
        return read_config(entry.folder / CONFIG_NAME).data.labels
    except ConfigError:
        return ()


def _refuse_other_numbers(
    own: Sequence[LabelNumber], cases: Sequence[Case], root: Path, entry: ModelEntry
) -> None:
    """Raise DataError where nobody can tell which numbers of the data are which part of the model:
    it learned from categories, which have names, and these are label maps, or the other way round.
    """
    parts = ", ".join(f"{n}={name}" for n, name in enumerate(label_names(own), 1))
    named = any(one.category for one in own)
    drawn = any(case.polygons for case in cases)
    if own and not named and drawn:
        told = scan(root, DataConfig()).label_names
        names = together([f"'{name}' is {number}" for number, name in sorted(told.items())])
        raise DataError(
            f"{entry.card.id} learned from numbers of label maps, and {root.name} has categories "
            f"of other numbers: {names}.",
            f'Say which is which, in the form --labels "{parts}".',
        )
    if named and not drawn and any(case.mask is not None for case in cases):
        raise DataError(
            f"{entry.card.id} learned from categories of COCO files, and {root.name} has label "
            "maps.",
            f'Say what their numbers stand for, in the form --labels "{parts}".',
        )

    _refuse_swapped(own, root, parts, entry)


def _refuse_swapped(own: Sequence[LabelNumber], root: Path, parts: str, entry: ModelEntry) -> None:
    """Raise DataError where a dataset.json gives a part of the model another number."""
    names = {one.name.casefold() for one in own}
    told = named_labels(root) if own else {}
    for one in own:
        other = told.get(str(one.number), one.name).strip()
        if other.casefold() != one.name.casefold() and other.casefold() in names:
            raise DataError(
                f"The dataset.json of {root.name} says that {one.number} is '{other}', and "
                f"{entry.card.id} learned it as '{one.name}'.",
                f'Say what the numbers stand for, in the form --labels "{parts}".',
            )


def config_for(order: Order, card: ModelCard) -> DataConfig:
    """How the data are read: as ordered, from the channel or sequences that the model knows.

    Raises:
        DataError: other sequences were ordered than the model reads.
    """
    channel = order.data.channel
    if channel is None:
        channel = card.input.source_channel
    sequences = _sequences_for(order, card)
    data = replace(order.data, root=str(order.root), channel=channel, sequences=sequences)
    if card.detects and layout_of(order.root, order.data) == "masks":
        data = replace(data, label_from_mask=True)  # tumour or none: the masks say which
    return data


def _sequences_for(order: Order, card: ModelCard) -> tuple[SequenceSource, ...]:
    """In the order of the card; where nothing was ordered, as the model learned them, or from the
    scans that hold one each. Of a model of one sequence: those scans, where there are others too.
    """
    names, ordered = card.input.sequences, {one.sequence: one for one in order.data.sequences}
    if not names:
        return _sequence_for(order, card)
    if ordered:
        if set(ordered) != set(names):
            raise DataError(
                f"{card.id} reads {card.input.sequences_shown}, not {', '.join(ordered)}.",
                "Name the sequences that the model reads, or none.",
            )
        return tuple(ordered[name] for name in names)
    colours: tuple[int | None, ...] = card.input.source_channels
    if not colours or layout_of(order.root, order.data) in VOLUMES:
        colours = (None,) * len(names)
    pairs = zip(names, colours, strict=True)
    return tuple(SequenceSource(name, colour) for name, colour in pairs)


def _sequence_for(order: Order, card: ModelCard) -> tuple[SequenceSource, ...]:
    """The scans that a model of one sequence is measured on; none: whatever there is."""
    own = card.input.sequence
    known = own in {one.value for one in MR_SEQUENCES}
    ordered = order.data.sequences
    if len(ordered) > 1 or (known and any(one.sequence != own for one in ordered)):
        asked = ", ".join(one.sequence for one in ordered)
        raise DataError(
            f"{card.id} reads {card.input.sequences_shown}, not {asked}.",
            "Name the sequence that the model reads, or none.",
        )
    if ordered or not known or layout_of(order.root, order.data) not in VOLUMES:
        return ordered
    return (SequenceSource(own),) if own in scan(order.root, order.data).sequences else ()


def labelled_cases(
    order: Order, config: DataConfig, card: ModelCard
) -> tuple[tuple[Case, ...], tuple[tuple[str, str], ...]]:
    """Pictures that the model can be measured on, and (key, reason) of what is no use.

    Raises:
        DataError: there are none, or a label is unknown to the model.
    """
    data = scan(order.root, config)
    chosen: Sequence[Case] = data.cases
    if order.split_file is not None:
        chosen = select(data, read_split(order.split_file), order.part)
    if card.task == "segmentation":
        usable = tuple(c for c in chosen if c.has_mask)
    else:
        names = {c.name for c in card.classes}
        usable = tuple(replace(c, label=_label(c.label, names)) for c in chosen if c.label)
    if not usable:
        what = "masks" if card.task == "segmentation" else "class folders"
        raise DataError(
            f"{order.root.name} holds nothing to evaluate {card.id} on: it needs {what}.",
            "See 'tumordesk-train check-data' for what was found.",
        )
    used = {case.key for case in usable}
    return usable, tuple(item for item in data.problems if item[0] not in used)


def _label(label: str, names: set[str]) -> str:
    """The model's name of a class folder: 'Glioma_tumor' and 'notumor' are understood."""
    if label in names:
        return label
    plain = {_plain(name): name for name in names}
    found = plain.get(_plain(label))
    if found is None:
        raise DataError(
            f"The class folder {label!r} is not one of the model's classes.",
            f"They are: {', '.join(sorted(names))}.",
        )
    return found


def _plain(label: str) -> str:
    text = "".join(c for c in label.lower() if c.isalnum())
    text = text.replace("tumour", "tumor")
    return text if text in ("notumor", "tumor") else text.removesuffix("tumor")


def grouped_by_patient(cases: Sequence[Case], root: Path, config: DataConfig) -> bool:
    """Whether the groups are patients (by column name or file-name pattern), not mere runs."""
    specs = config.indexes or tuple(find_indexes(root))
    if specs:
        return all(is_patient_column(spec.group) for spec in specs)
    return all(bool(config.group_pattern or case.source) for case in cases)


def stacks_for(
    cases: Sequence[Case], config: DataConfig, work: Work, labels: LabelMap | None
) -> Iterator[Stack]:
    """Decoded pictures, stack by stack, with progress; masks as ``labels`` reads them, or none."""
    groups = stacks_of(cases, config)
    for number, group in enumerate(groups):
        work.context.progress(number / len(groups), f"Evaluating {number + 1} of {len(groups)}")
        yield from read_stack(group, config, work.card.input, labels, work.unread)


def outlined(
    cases: Sequence[Case], config: DataConfig, work: Work
) -> Iterator[tuple[Stack, npt.NDArray[np.uint8], npt.NDArray[np.uint8]]]:
    """Stacks with the labels found and the true ones, uint8 (slices, rows, columns) each."""
    labels = label_map(config.labels, [one.name for one in work.card.classes])
    for stack in stacks_for(cases, config, work, labels):
        true = np.stack([m for m in stack.masks if m is not None])
        geometry = Geometry((len(true), *true[0].shape))
        found = segment_slices(
            stack.preparer, geometry, range(len(true)), work.card, work.engine, JobContext(),
            series_uid="", flips=work.flips,
        )  # fmt: skip
        yield stack, found.array, true


def answered(
    cases: Sequence[Case], config: DataConfig, work: Work
) -> Iterator[tuple[Stack, npt.NDArray[np.float32]]]:
    """Stacks with the probabilities of their pictures, float32 (n, classes)."""
    for stack in stacks_for(cases, config, work, None):
        indices = range(len(stack.cases))
        batches = run_batches(work.engine, stack.preparer, indices, JobContext(), verb="Reading")
        yield stack, np.concatenate([batch.probabilities[0] for batch in batches])


def _segmentation(cases: Sequence[Case], config: DataConfig, work: Work) -> dict[str, Any]:
    names = tuple(c.name for c in work.card.classes)
    dice, kinds, outlines = DiceCount(), LabelDice(), OutlineCount(names)
    for stack, found, true in outlined(cases, config, work):
        outlines.add_stack(stack, found, true)
        for case, labels, mask in zip(stack.cases, found, true, strict=True):
            dice.add(stack.group, labels > 0, mask > 0)
            kinds.add(case.label, labels > 0, mask > 0)
    return {
        "n": len(dice.pictures),
        "dice_by_patient": dice.by_group(),
        "dice_by_label": kinds.summary(),
        **outlines.apart(),
        "hd95_left_out": dict(zip(("missed", "false"), outlines.one_sided(), strict=True)),
        **outlines.classes.summary(),
        **dice.summary(),
    }


def _classification(cases: Sequence[Case], config: DataConfig, work: Work) -> dict[str, Any]:
    names = tuple(c.name for c in work.card.classes)
    wanted: list[int] = []
    tables: list[npt.NDArray[np.float32]] = []
    for stack, probabilities in answered(cases, config, work):
        tables.append(probabilities)
        wanted += [names.index(case.label) for case in stack.cases]
    table = np.concatenate(tables) if tables else np.zeros((0, len(names)), np.float32)
    said = table.argmax(axis=1)
    found = calibration.bins(table.max(axis=1, initial=0.0), said == np.array(wanted, dtype=int))
    return {
        "n": len(said),
        "ece": calibration.error(found),
        "calibration": [to_plain(one) for one in found],
        **classification_summary(confusion(wanted, [int(i) for i in said], len(names)), names),
    }
