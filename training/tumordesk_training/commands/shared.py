"""What several commands share: options of the data, and who speaks."""

from __future__ import annotations

import argparse
import os
from contextlib import suppress
from pathlib import Path

from tumordesk.core.errors import ConfigError
from tumordesk.core.label_numbers import parse_labels
from tumordesk.core.paths import cache_dir
from tumordesk.core.sequence_sources import parse_sequences
from tumordesk.core.training_run import DEVICE, DataConfig, IndexSpec


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Options that say how a data folder is to be read."""
    parser.add_argument(
        "--layout",
        choices=("auto", "classes", "masks", "coco", "index", "nifti", "dicom"),
        default="auto",
        help="how the folder is laid out (default: found out)",
    )
    parser.add_argument(
        "--channel", type=int, choices=(0, 1, 2), help="channel of colour pictures to use"
    )
    parser.add_argument(
        "--sequences",
        default="",
        metavar="NAME[=PLACE],...",
        help="one sequence: only its scans are read (FLAIR); several as channels: "
        "T1=red,FLAIR=green,T1C=blue for the colours of pictures, T1,T1C,FLAIR for scans with a "
        "file (or DICOM series) each; FLAIR=_0000 or T1=_0000,T2=_0001 where file names do not say "
        "it",
    )
    parser.add_argument(
        "--labels",
        default="",
        metavar="NUMBER=NAME,...",
        help="what the numbers of label maps stand for, where they are several parts: "
        "1=core,2=oedema,4=core; a number without a name is background",
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


def add_device_option(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """``--device``; without a default it is the configuration's."""
    parser.add_argument(
        "--device",
        type=_device,
        default=default,
        metavar="NAME",
        help="auto, cpu, mps, cuda, or one graphics card by its number from 0: cuda:1"
        + ("" if default else " (default: as CONFIG says)"),
    )


def _device(text: str) -> str:
    if not DEVICE.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text} is none of auto, cpu, mps, cuda, cuda:1, ...")
    return text


def data_config(args: argparse.Namespace) -> DataConfig:
    """The data folder and options of a command line. Raises ConfigError."""
    specs = []
    for text in args.index:
        pieces = text.split(":")
        if len(pieces) != 3 or not all(pieces):
            raise ConfigError(f"--index {text} is not FILE:KEY:GROUP.")
        specs.append(IndexSpec(*pieces))
    try:
        sequences = parse_sequences(args.sequences)
    except ValueError as error:
        raise ConfigError(f"--sequences {args.sequences}: {error}") from error
    try:
        labels = parse_labels(args.labels)
    except ValueError as error:
        raise ConfigError(f"--labels {args.labels}: {error}") from error
    return DataConfig(
        root=str(args.data),
        layout=args.layout,
        channel=args.channel,
        sequences=sequences,
        labels=labels,
        indexes=tuple(specs),
        group_pattern=args.group_pattern,
    )


def outside(out: Path, root: Path) -> Path:
    """``out``. Raises ConfigError where pictures written there would be taken for data.

    The program's own folder for such pictures is let be: it may lie in a whole home directory.
    """
    place = out.resolve()
    own = place.is_relative_to(cache_dir().resolve())
    if place.is_relative_to(root.resolve()) and not own:
        raise ConfigError(
            f"{out} lies in the data folder: what is written there would be taken for data.",
            "Give another folder as --out.",
        )
    return out


def leader() -> bool:
    """False in the processes of torchrun whose words would only repeat those of the first."""
    return os.environ.get("RANK", "0") == "0"


def say(line: str) -> None:
    """One line for whoever reads; a closed terminal or pipe is no reason to stop a training."""
    with suppress(OSError, ValueError):
        print(line, flush=True)
