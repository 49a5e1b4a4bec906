"""Makes the data folder of ``tumour-type``: the T1 post-contrast set, plus T1 post-contrast of LGG.

    python training/configs/tumour_type_data.py TUMOUR_TYPE LGG OUT

Pictures labelled without tumour that show one are left out, as for ``t1c-tumour``. Of the LGG set
slices with a tumour of some size become gliomas, and slices without any become pictures without
tumour: until then all pictures of that class came from other sources than those with a tumour.
Patients are taken as by ``t1c_tumour_data.py``; the 13 that are kept apart are in OUT too, and in
``OUT.lgg.split.json``.
"""

from __future__ import annotations

import argparse
import csv
import shutil
from pathlib import Path

import numpy as np
from PIL import Image
from t1c_tumour_data import add_lgg, drop_masses, write_index, write_splits

LEAST_SHARE = 0.005
"""Of the picture's area; smaller outlines are neither class."""


def main() -> None:
    """Make OUT, which must not exist yet, and two split files beside it."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("tumour_type", type=Path)
    parser.add_argument("lgg", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    shutil.copytree(args.tumour_type, args.out, copy_function=shutil.copyfile)
    drop_masses(args.out)
    add_lgg(args.lgg, args.out)
    write_splits(args.out, "tumour-type", into_classes(args.out))


def into_classes(out: Path) -> set[str]:
    """Move the slices of ``lgg_glioma`` to the folders of their classes; the patients that stay."""
    with (out / "lgg_index.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    kept = []
    for row in rows:
        picture = out / "images" / "lgg_glioma" / f"{row['stem']}.png"
        share = float(np.mean(np.asarray(Image.open(out / "masks" / picture.name)) > 0))
        if 0 < share < LEAST_SHARE:
            picture.unlink()
            continue
        picture.rename(out / "images" / ("glioma" if share else "no_tumor") / picture.name)
        kept.append(row)
    (out / "images" / "lgg_glioma").rmdir()
    return write_index(out, kept)


if __name__ == "__main__":
    main()
