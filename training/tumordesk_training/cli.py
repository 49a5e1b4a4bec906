"""Command line of the training program."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from tumordesk import __version__
from tumordesk.core.errors import Cancelled, ConfigError, ModelError, TumorDeskError
from tumordesk.core.training_run import (
    CHECKPOINTS,
    CONFIG_NAME,
    DataConfig,
    IndexSpec,
    RunState,
    TrainingConfig,
    read_config,
)

_EPILOG = """\
a model from a folder, step by step:
  tumordesk-train check-data scans/            what is in the folder, and what is wrong with it
  tumordesk-train run config.json --data scans/ --out runs/first
  tumordesk-train run --out runs/first --resume        go on after a kill or Ctrl+C
  tumordesk-train publish runs/first --id my-model --name "My model"
  tumordesk-train evaluate my-model other-scans/ --json

several processes (GPUs, nodes):
  torchrun --nproc_per_node 2 -m tumordesk_training run config.json --data scans/ --out runs/two

Folder layouts that are understood: class folders (with or without train/val/test above them);
images + masks (x.png + x_mask.png, or images/ + masks/); COCO segmentation; a CSV index with
columns image, mask, label, patient; NIfTI volume + label map pairs.

Data are split by patient (or group) where that is known: from a CSV column, from --group-pattern
on file names, or from TCGA-style names. Research use only, not for diagnosis.
"""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tumordesk-train",
        description="Check data, train, evaluate and publish TumorDesk models.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tumordesk-train {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_check(commands)
    _add_run(commands)
    _add_evaluate(commands)
    _add_publish(commands)
    return parser


def _add_data_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--layout",
        choices=("auto", "classes", "masks", "coco", "index", "nifti"),
        default="auto",
        help="how the folder is laid out (default: found out)",
    )
    parser.add_argument(
        "--channel", type=int, choices=(0, 1, 2), help="channel of colour pictures to use"
    )
    parser.add_argument(
        "--index",
        action="append",
        default=[],
        metavar="FILE:KEY:GROUP",
        help="CSV in the folder with the column of file stems and the column of groups",
    )
    parser.add_argument(
        "--group-pattern",
        default="",
        metavar="REGEX",
        help="group in the file name, e.g. '^(P\\d+)'",
    )


def _add_check(commands: Any) -> None:
    parser = commands.add_parser(
        "check-data", help="what a data folder holds, and what is wrong with it"
    )
    parser.add_argument("data", type=Path, metavar="DATA")
    _add_data_options(parser)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.set_defaults(function=_check)


def _add_run(commands: Any) -> None:
    parser = commands.add_parser(
        "run", help="train a model; Ctrl+C or a file STOP in the run folder keeps the best"
    )
    parser.add_argument(
        "config", type=Path, nargs="?", metavar="CONFIG.json",
        help="what to train (see training/configs); not needed with --resume",
    )  # fmt: skip
    parser.add_argument("--data", type=Path, help="data folder, instead of the one in CONFIG")
    parser.add_argument("--out", type=Path, required=True, metavar="RUN", help="run folder")
    parser.add_argument(
        "--weights", help="start from this model id, model folder or safetensors file"
    )
    parser.add_argument("--epochs", type=int, help="instead of the number in CONFIG")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), help="default: as CONFIG says")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.set_defaults(function=_run)


def _add_evaluate(commands: Any) -> None:
    parser = commands.add_parser("evaluate", help="figures of a model on labelled data")
    parser.add_argument("model", metavar="MODEL", help="model id, or model folder")
    parser.add_argument("data", type=Path, metavar="DATA")
    _add_data_options(parser)
    parser.add_argument("--split", type=Path, metavar="split.json", help="only a part of the data")
    parser.add_argument("--part", choices=("train", "val", "test"), default="test")
    parser.add_argument(
        "--volumes",
        choices=("auto", "yes", "no"),
        default="auto",
        help="pictures of one group are slices of one volume (auto: where groups are patients)",
    )
    parser.add_argument("--flips", action="store_true", help="average with mirrored runs")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.set_defaults(function=_evaluate)


def _add_publish(commands: Any) -> None:
    parser = commands.add_parser(
        "publish", help="make the best checkpoint of a run a model, with measured figures"
    )
    parser.add_argument("run", type=Path, metavar="RUN")
    parser.add_argument("--id", required=True, help="letters, digits, '-', '_', '.'")
    parser.add_argument("--name", help="as people read it (default: the run's name)")
    parser.add_argument("--card", type=Path, metavar="texts.json", help="texts of the card")
    parser.add_argument("--data", type=Path, help="where the run's data folder is now")
    parser.add_argument("--out", type=Path, help="folder for the model (default: your models)")
    parser.add_argument(
        "--tune", action="store_true", help="choose threshold and smallest outline on validation"
    )
    parser.add_argument("--replace", action="store_true", help="exchange a model of that id")
    parser.set_defaults(function=_publish)


def _data_config(args: argparse.Namespace) -> DataConfig:
    specs = []
    for text in args.index:
        pieces = text.split(":")
        if len(pieces) != 3 or not all(pieces):
            raise ConfigError(f"--index {text} is not FILE:KEY:GROUP.")
        specs.append(IndexSpec(*pieces))
    return DataConfig(
        root=str(args.data),
        layout=args.layout,
        channel=args.channel,
        indexes=tuple(specs),
        group_pattern=args.group_pattern,
    )


def _check(args: argparse.Namespace) -> int:
    from tumordesk_training.check import check_data, check_text

    report = check_data(args.data, _data_config(args))
    print(json.dumps(report, indent=2, ensure_ascii=False) if args.json else check_text(report))
    return 0


def _run(args: argparse.Namespace) -> int:
    from tumordesk_training.run import start

    config = _run_config(args)
    if args.data:
        config = replace(config, data=replace(config.data, root=str(args.data)))
    if args.weights is not None:
        config = replace(config, initial_weights=args.weights)
    if args.epochs is not None:
        if args.epochs < 1:
            raise ConfigError(f"--epochs {args.epochs} is not a number from 1.")
        config = replace(config, epochs=args.epochs)
    if args.device:
        config = replace(config, device=args.device)
    state = start(args.out, config, resume=args.resume, say=_say)
    return _ended(args.out, state)


def _run_config(args: argparse.Namespace) -> TrainingConfig:
    if not args.resume:
        if args.config is None:
            raise ConfigError("Which configuration?", "Give CONFIG.json, or --resume a run.")
        return read_config(args.config)
    if args.weights is not None:
        raise ConfigError("--weights is for a new run.", "A resumed one goes on with its own.")
    path = args.out / CONFIG_NAME
    if not path.is_file():
        raise ConfigError(f"{args.out.name} holds no training run to resume.")
    if args.config is not None and _leader():
        print("The run's own config.json is used, not the one given.", file=sys.stderr)
    return read_config(path)


def _leader() -> bool:
    """False in the processes of torchrun whose words would only repeat those of the first."""
    return os.environ.get("RANK", "0") == "0"


def _say(line: str) -> None:
    # A training goes on when nobody reads its words any more (a closed terminal or pipe).
    with suppress(OSError, ValueError):
        print(line, flush=True)


def _ended(folder: Path, state: RunState) -> int:
    """Say how a run ended; return the exit code."""
    best = (folder / CHECKPOINTS / "best.pt").is_file()
    words = state.value
    if state is RunState.STOPPED:
        kept = "the best checkpoint is kept" if best else "before the first epoch was through"
        words = f"stopped, {kept}; go on with --resume"
    if _leader():
        _say(f"{folder.name}: {words}")
    if state is not RunState.STOPPED or "TORCHELASTIC_RUN_ID" in os.environ:
        return 0  # torchrun calls any other code a failure
    return 130 if best else 4


def _evaluate(args: argparse.Namespace) -> int:
    from tumordesk.zoo import Zoo
    from tumordesk_training.evaluate import Order, evaluate

    entry = Zoo().find(args.model)
    volumes = {"auto": None, "yes": True, "no": False}[args.volumes]
    order = Order(
        args.data, _data_config(args), args.split, args.part, volumes, args.device, args.flips
    )
    figures = evaluate(entry, order)
    if args.json:
        print(json.dumps(figures, indent=2, ensure_ascii=False))
    else:
        print(_figures_text(figures))
    return 0


def _figures_text(figures: dict[str, Any]) -> str:
    lines = [f"{figures['model']['id']} on {figures['data']} ({figures['n']} pictures or slices)"]
    lines += [f"  {key}: {value:.4f}" for key, value in figures.items() if isinstance(value, float)]
    if figures["confusion"]:
        lines.append("  confusion (rows: truth): " + ", ".join(figures["classes"]))
        lines += ["    " + " ".join(f"{n:5d}" for n in row) for row in figures["confusion"]]
    return "\n".join(lines)


def _publish(args: argparse.Namespace) -> int:
    from tumordesk_training.publish import Publication, publish, read_texts

    texts = read_texts(args.card) if args.card else {}
    if args.name:
        texts["name"] = args.name
    order = Publication(
        args.run, args.id, texts, args.out, args.data, tuned=args.tune, replace=args.replace
    )
    entry = publish(order, print)
    print(f"Published {entry.card.id} {entry.card.version} in {entry.folder.name}")
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 for success, 2 for unusable data or configuration, 3 for a model that does not exist or
        fails its hash, 4 when stopped by Ctrl+C before anything was kept, 130 for a run that was
        stopped with its best checkpoint kept (0 under torchrun).
    """
    args = _parser().parse_args(argv)
    try:
        code: int = args.function(args)
    except ModelError as error:
        _complain(error)
        return 3
    except TumorDeskError as error:
        _complain(error)
        return 2
    except (KeyboardInterrupt, Cancelled):
        _complain("stopped.")
        return 4
    except BrokenPipeError:  # whoever read the output has gone (``| head``)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return code


def _complain(error: TumorDeskError | str) -> None:
    if getattr(error, "__notes__", None):
        return  # the first process of torchrun tells it
    where = "" if _leader() else f" (process {os.environ['RANK']})"
    print(f"tumordesk-train{where}: {error}", file=sys.stderr)
