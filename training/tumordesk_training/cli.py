"""Command line of the training program."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from tumordesk import __version__
from tumordesk.core.errors import Cancelled, ModelError, TumorDeskError
from tumordesk.core.policy import policy
from tumordesk_training.commands import (
    check_data,
    compare,
    evaluate,
    explain,
    export_onnx,
    find_rate,
    kfold,
    known,
    learned,
    preview,
    publish,
    recipes,
    reference,
    report,
    run,
    split,
    sweep,
    thumbnails,
)
from tumordesk_training.commands.shared import leader

_COMMANDS = (
    check_data,
    split,
    thumbnails,
    recipes,
    preview,
    find_rate,
    known,
    run,
    sweep,
    kfold,
    evaluate,
    explain,
    compare,
    report,
    publish,
    learned,
    reference,
    export_onnx,
)
"""In the order of the help text; each module has ``add(commands)``."""

_TEACHING = ("find-rate", "run", "sweep", "kfold", "publish")
"""What an administrator may switch off; looking at data and measuring models stays."""

_EPILOG = """\
a model from a folder, step by step:
  tumordesk-train check-data scans/            what is in the folder, and what is wrong with it
  tumordesk-train run config.json --data scans/ --out runs/first
  tumordesk-train run --out runs/first --resume        go on after a kill or Ctrl+C
  tumordesk-train evaluate runs/first          figures on the part that was kept apart
  tumordesk-train report runs/first --out first.html
  tumordesk-train publish runs/first --id my-model --name "My model"
  tumordesk-train evaluate my-model other-scans/ --json

several processes (GPUs, nodes):
  torchrun --nproc_per_node 2 -m tumordesk_training run config.json --data scans/ --out runs/two

Folder layouts that are understood: class folders (with or without train/val/test above them);
images + masks (x.png + x_mask.png, or images/ + masks/); COCO segmentation; a CSV index with
columns image, mask, label, patient; NIfTI volume + label map pairs; DICOM series with DICOM SEG or
label maps.

Data are split by patient (or group) where that is known: from a CSV column, from --group-pattern
on file names, from the names of public collections (TCGA, BraTS, BIDS, ...), or from DICOM tags.
Research use only, not for diagnosis.
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
    for command in _COMMANDS:
        command.add(commands)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        0 for success, 2 for unusable data or configuration, 3 for a model that does not exist or
        fails its hash, 4 when stopped by Ctrl+C before anything was kept, 130 for a run that was
        stopped with its best checkpoint kept (0 under torchrun).
    """
    args = _parser().parse_args(argv)
    try:
        if args.command in _TEACHING:
            policy().require("training")
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
    where = "" if leader() else f" (process {os.environ['RANK']})"
    print(f"tumordesk-train{where}: {error}", file=sys.stderr)
