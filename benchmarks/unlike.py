"""How often a classifier finds pictures unlike those it learned from: a table for docs/models.md.

    python benchmarks/unlike.py tumour-type DATA/tumour_type SPLIT --dicom DATA/dicom

Held-out pictures must rarely be called unlike, changed ones, other kinds of images and other parts
of the body often. DICOM series are sorted into kinds by modality and, for MR, by what is to be seen
in them (looked at by eye; the table below names them).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image, ImageFilter

from tumordesk.core.study import Series
from tumordesk.core.training_run import DataConfig
from tumordesk.imaging.preprocess import Preparer
from tumordesk.inference.grey import grey_for
from tumordesk.inference.unlike import Familiar, read_reference, slice_traits, tapped
from tumordesk.io.reader import open_series
from tumordesk.io.scan import scan_paths
from tumordesk.networks.weights import load_model
from tumordesk.zoo import ModelEntry, Zoo
from tumordesk_training.evaluate import Order, config_for, labelled_cases
from tumordesk_training.images import load_grey

Grey = npt.NDArray[Any]
CHANGED = 40
SLICES = 5
ICON_PX = 32
# Looked at by eye, by what their paths hold.
_BRAIN = ("bbmri", "SAG-anon", "MR1_", "MR4_")
_PHANTOM = ("XA10", "fMAP", "dwv-test", "tmp")


class Judge:
    """Scores of slices as a share of the limit: above 1 is unlike."""

    def __init__(self, entry: ModelEntry) -> None:
        found = read_reference(entry.folder, entry.card)
        if found is None or entry.card.reference is None:
            raise SystemExit(f"{entry.card.id} has no reference")
        self._reference: Familiar = found
        self._limit = entry.card.reference.threshold
        self._network = load_model(entry.folder, entry.card)
        self.spec = entry.card.input

    def shares(self, preparer: Preparer, indices: list[int]) -> npt.NDArray[np.float64]:
        """(n,) of the slices ``indices``."""
        with tapped(self._network) as tap, torch.inference_mode():
            for index in indices:
                self._network(torch.from_numpy(preparer.batch([index])))
        traits = slice_traits(preparer, indices)
        return self._reference.scores(tap.features(), traits) / self._limit

    def picture(self, grey: Grey) -> float:
        """Of a single picture."""
        return float(self.shares(Preparer(grey[None], None, self.spec), [0])[0])


def _noise(grey: Grey) -> Grey:
    spread = np.random.default_rng(0).normal(0.0, 0.1 * grey.max(), grey.shape)
    return np.asarray(np.clip(grey + spread, 0, 255))


def _blur(grey: Grey) -> Grey:
    picture = Image.fromarray(grey.astype(np.uint8))
    return np.asarray(picture.filter(ImageFilter.GaussianBlur(6)))


def _middle(grey: Grey) -> Grey:
    rows, columns = grey.shape[0] // 3, grey.shape[1] // 3
    return grey[rows:-rows, columns:-columns]


CHANGES: dict[str, Callable[[Grey], Grey]] = {
    "mirrored left to right": lambda g: g[:, ::-1],
    "upside down": lambda g: g[::-1],
    "turned by 90 degrees": lambda g: np.rot90(g),
    "noise added (10 % of the brightest)": _noise,
    "blurred (6 px)": _blur,
    "cut to the middle third": _middle,
    "inverted": lambda g: g.max() - g,
    "only noise": lambda g: np.random.default_rng(1).integers(0, 255, g.shape),
}


def kind_of(series: Series) -> str:
    """What a series of the collection shows."""
    path = str(series.instances[0].path)
    if series.rows <= ICON_PX and series.columns <= ICON_PX and "dwv" not in path:
        return f"DICOM, {ICON_PX} px or smaller (any modality)"
    if series.modality == "CT":
        return "DICOM, CT (head, chest, abdomen)"
    if series.modality != "MR":
        return "DICOM, neither MR nor CT (ultrasound, X-ray, nuclear, patterns, photographs)"
    if any(word in path for word in _BRAIN):
        return "DICOM, MR of a head (none T1 post-contrast)"
    if any(word in path for word in _PHANTOM):
        return "DICOM, MR of a phantom or a test pattern"
    return "DICOM, MR of another part of the body"


def dicom(judge: Judge, entry: ModelEntry, folder: Path) -> Iterator[tuple[str, str, float]]:
    """(kind, name, mean share over some slices) of each series."""
    for series in scan_paths([folder]).series:
        reader = open_series(series)
        try:
            volume = reader.read_volume()
        finally:
            reader.close()
        usable = [i for i in range(volume.geometry.shape[0]) if i not in volume.missing]
        some = usable[:: max(1, -(-len(usable) // SLICES))]
        preparer = Preparer(grey_for(volume, entry.card, []), volume.geometry, judge.spec)
        name = f"{series.modality} {Path(series.instances[0].path).name} {series.description}"
        yield kind_of(series), name, float(judge.shares(preparer, some).mean())


def main() -> None:
    """Print the table, and each series on request."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("model")
    parser.add_argument("data", type=Path)
    parser.add_argument("split", type=Path)
    parser.add_argument("--dicom", type=Path)
    parser.add_argument("--each", action="store_true", help="print every series")
    args = parser.parse_args()
    entry = Zoo().find(args.model)
    judge = Judge(entry)
    print("| what | unlike | of | median score / limit |\n|---|---|---|---|")

    def row(what: str, shares: list[float], *, once: bool = True) -> None:
        """With ``once`` the same picture in several files (the same score) counts once."""
        shares = sorted({round(share, 3) for share in shares}) if once else shares
        count, total = sum(share > 1.0 for share in shares), len(shares)
        middle = float(np.median(shares))
        print(f"| {what} | {count} ({count / total:.0%}) | {total} | {middle:.2f} |", flush=True)

    order = Order(args.data, DataConfig(root=str(args.data)), args.split, "test", False)
    config = config_for(order, entry.card)
    cases, _ = labelled_cases(order, config, entry.card)
    greys = [load_grey(case.image, config.channel) for case in cases]
    row("held-out test pictures", [judge.picture(grey) for grey in greys], once=False)
    some = greys[:: max(1, len(greys) // CHANGED)][:CHANGED]
    for what, change in CHANGES.items():
        shares = [judge.picture(np.ascontiguousarray(change(grey.copy()))) for grey in some]
        row(f"test pictures {what}", shares, once=False)
    if args.dicom is None:
        return
    kinds: dict[str, list[float]] = {}
    for kind, name, share in dicom(judge, entry, args.dicom):
        kinds.setdefault(kind, []).append(share)
        if args.each:
            print(f"    {share:.2f} {kind}: {name}", flush=True)
    for kind, shares in sorted(kinds.items()):
        row(kind, shares)


if __name__ == "__main__":
    main()
