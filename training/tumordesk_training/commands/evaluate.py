"""``tumordesk-train evaluate``."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tumordesk.core.errors import ConfigError
from tumordesk_training.commands.progress import add_progress_option, context_of
from tumordesk_training.commands.shared import add_data_options, add_device_option, data_config

if TYPE_CHECKING:
    from tumordesk.core.evaluation import Evaluation


def add(commands: Any) -> None:
    """Describe the command to the parser."""
    parser = commands.add_parser(
        "evaluate",
        help="figures of a run on its own split, or of a model on labelled data",
        description="For a run folder: all figures of its best checkpoint on one part of its own "
        "split, written to RUN/evaluation/. For a model: its figures on the folder DATA.",
    )
    parser.add_argument("model", metavar="MODEL", help="run folder, model id, or model folder")
    parser.add_argument(
        "data", type=Path, nargs="?", metavar="DATA",
        help="data folder; of a run: where its data are now, if they were moved",
    )  # fmt: skip
    add_data_options(parser)
    parser.add_argument("--split", type=Path, metavar="split.json", help="only a part of the data")
    parser.add_argument("--part", choices=("train", "val", "test"), default="test")
    parser.add_argument(
        "--volumes",
        choices=("auto", "yes", "no"),
        default="auto",
        help="pictures of one group are slices of one volume (auto: where groups are patients)",
    )
    parser.add_argument("--flips", action="store_true", help="average with mirrored runs")
    parser.add_argument(
        "--leave-out-known",
        action="store_true",
        help="pictures that the model has learned from do not count",
    )
    add_device_option(parser, "auto")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    add_progress_option(parser)
    parser.set_defaults(function=_evaluate)


def _evaluate(args: argparse.Namespace) -> int:
    from tumordesk_training.run_model import is_run

    if is_run(Path(args.model)):
        return _evaluate_run(args)
    if args.data is None:
        raise ConfigError(
            "Which data?", "Give a data folder after the model (a run folder needs none)."
        )
    return _evaluate_model(args)


def _evaluate_model(args: argparse.Namespace) -> int:
    from tumordesk.zoo import Zoo
    from tumordesk_training.evaluate import Order, evaluate

    entry = Zoo().find(args.model)
    volumes = {"auto": None, "yes": True, "no": False}[args.volumes]
    order = Order(
        args.data,
        data_config(args),
        args.split,
        args.part,
        volumes,
        args.device,
        args.flips,
        args.leave_out_known,
    )
    figures = evaluate(entry, order, context_of(args))
    if args.json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
    else:
        print(_figures_text(figures))
    return 0


def _evaluate_run(args: argparse.Namespace) -> int:
    from tumordesk.core.jsonio import dumps
    from tumordesk_training.evaluation.files import write_evaluation
    from tumordesk_training.evaluation.of_run import evaluate_run
    from tumordesk_training.run_model import open_run

    if args.split is not None:
        raise ConfigError("--split is for models.", "A run is evaluated on its own split.")
    if args.leave_out_known:
        raise ConfigError(
            "--leave-out-known is for models.",
            "Of a run, the figure on what its start did not know stands beside the others.",
        )
    run = open_run(Path(args.model), args.data)
    found = evaluate_run(
        run, args.part, device=args.device, flips=args.flips, context=context_of(args)
    )
    write_evaluation(run.folder, found)
    print(dumps(found) if args.json else _evaluation_text(run.folder.name, found))
    return 0


def _figures_text(figures: dict[str, Any]) -> str:
    lines = [f"{figures['model']['id']} on {figures['data']} ({figures['n']} pictures or slices)"]
    lines += [f"  {key}: {value:.4f}" for key, value in figures.items() if isinstance(value, float)]
    for name, value in (figures["dice_by_class"] or {}).items():
        lines.append(f"  class {name}: " + ("not there" if value is None else f"Dice {value:.4f}"))
    left_out = figures["hd95_left_out"] or {}
    if any(left_out.values()):
        lines.append(
            f"  Note: HD95 does not count {left_out['missed']} pictures or scans whose tumour was "
            f"missed altogether, nor {left_out['false']} without tumour that were outlined"
        )
    for label, found in (figures["dice_by_label"] or {}).items():
        missed = f"{100 * found['missed']:.0f} % of them missed"
        rest = f"{found['n']} pictures with tumour, {missed}"
        lines.append(f"  {label}: Dice {found['dice_by_image_mean']:.4f} ({rest})")
    lines += [f"  Note: {sentence}" for sentence in _known_words(figures)]
    if figures["confusion"]:
        lines.append("  confusion (rows: truth): " + ", ".join(figures["classes"]))
        lines += ["    " + " ".join(f"{n:5d}" for n in row) for row in figures["confusion"]]
    return "\n".join(lines)


def _known_words(figures: dict[str, Any]) -> list[str]:
    """Whether these figures are a test of the model, as far as that is known."""
    model, known = figures["model"]["id"], figures["known"]
    if known is None:
        return [f"which pictures {model} learned from is not recorded: is this a fair test?"]
    ways = (
        ("train", "it learned from"), ("val", "its epoch was chosen on"),
        ("before", "the model that it started from had learned from"),
    )  # fmt: skip
    end = "they do not count" if figures["left_out_known"] else "the figures flatter"
    told = [
        f"{known[part]} of {known['total']} pictures are, or nearly are, or are of the same "
        f"patients as those that {way}: {end}"
        for part, way in ways
        if known[part]
    ]
    if known["gaps"]:
        told.append("it, or what it started from, learned from more than is recorded")
    return told


def _evaluation_text(name: str, found: Evaluation) -> str:
    lines = [
        f"{name} ({found.architecture}) on its {found.part} part: {found.pictures} pictures or "
        f"slices of {found.group_count} groups"
    ]
    for key, figure in found.figures.items():
        known = figure.low is not None and figure.high is not None
        bounds = f"  (95 %: {figure.low:.4f} to {figure.high:.4f})" if known else ""
        lines.append(f"  {key}: {figure.value:.4f}{bounds}")
    lines += [f"  Note: {sentence}" for sentence in found.warnings]
    if found.confusion:
        lines.append("  confusion (rows: truth): " + ", ".join(found.classes))
        lines += ["    " + " ".join(f"{n:5d}" for n in row) for row in found.confusion]
    return "\n".join(lines)
