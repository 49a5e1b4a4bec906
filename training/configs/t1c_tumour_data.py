"""Makes the data folder of ``t1c-tumour``: the T1 post-contrast set, plus T1 post-contrast of LGG.

    python training/configs/t1c_tumour_data.py TUMOUR_TYPE LGG OUT [--all]

The pictures of the LGG set hold three sequences as colours: T1, FLAIR, T1 post-contrast. The third
becomes a grey picture here. Its mask was drawn on FLAIR: it holds oedema that T1 post-contrast may
not show. Three patients have no post-contrast series (the set repeats FLAIR instead) and are left
out, and so are the validation and test patients of ``flair-glioma``, for measuring.

Some pictures of the class without tumour show one. Those found in the training and the validation
part are left out (unless --all is given, as for the runs 6 to 9); nobody looked for them in the
test part, which stays as it is.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
from pathlib import Path

import numpy as np
from PIL import Image

CONFIGS = Path(__file__).parent
SHOW_A_MASS = (
    "nt0037", "nt0059", "nt0074", "nt0079", "nt0317", "nt0318", "nt0319", "nt0528", "nt0529",
    "nt0530", "nt0619", "nt0621", "nt0674", "nt0675", "nt0676", "nt0687", "nt0688", "nt0689",
    "nt1086", "nt1087", "nt1088", "nt1089", "nt1090", "nt1091", "nt1151", "nt1152", "nt1153",
    "nt1276", "nt1277", "nt1278", "nt1279", "nt1280", "nt1281", "nt1282",
)  # fmt: skip
"""Labelled 'no_tumor', but with a ring or nodules that take up contrast, or a mass that displaces.

Chosen by eye, by an engineer, among one picture of each set of near copies; no radiologist has
confirmed it.
"""
GROUP = "lgg_index"
"""What the training program puts before the patients of ``lgg_index.csv``."""


def main() -> None:
    """Make OUT, which must not exist yet, and two split files beside it."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("tumour_type", type=Path)
    parser.add_argument("lgg", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--all", action="store_true", help="keep the pictures that show a mass")
    args = parser.parse_args()
    shutil.copytree(args.tumour_type, args.out, copy_function=shutil.copyfile)
    if not args.all:
        drop_masses(args.out)
    patients = add_lgg(args.lgg, args.out)
    write_splits(args.out, "t1c-tumour", patients)


def write_splits(out: Path, model: str, patients: set[str]) -> None:
    """The split of a model with the LGG patients added to its training part, and one whose test
    part are those that are kept apart: files beside OUT."""
    split = json.loads((CONFIGS / f"{model}.split.json").read_text())
    flair = json.loads((CONFIGS / "flair-glioma.split.json").read_text())["parts"]
    split["parts"]["train"] += _groups(patients, flair["train"])
    kept = _groups(patients, flair["val"] + flair["test"])
    lgg = {**split, "parts": {"train": [], "val": [], "test": kept}, "counts": {}}
    for name, content in (("split", split), ("lgg.split", lgg)):
        out.with_name(f"{out.name}.{name}.json").write_text(json.dumps(content, indent=2))


def _groups(patients: set[str], wanted: list[str]) -> list[str]:
    """The wanted patients that have post-contrast pictures, as the training program names them."""
    return [f"{GROUP}/{patient}" for patient in sorted(patients & set(wanted))]


def drop_masses(out: Path) -> None:
    """Take the pictures of SHOW_A_MASS out of the folder and its index."""
    index = out / "no_tumor_index.csv"
    with index.open(newline="") as stream:
        reader = csv.DictReader(stream)
        rows, names = list(reader), list(reader.fieldnames or ())
    with index.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows(row for row in rows if row["stem"] not in SHOW_A_MASS)
    for stem in SHOW_A_MASS:
        (out / "images" / "no_tumor" / f"{stem}.jpg").unlink()


def add_lgg(lgg: Path, out: Path) -> set[str]:
    """Write the post-contrast pictures and their masks; the patients that have them."""
    rows = list(csv.DictReader((lgg / "index.csv").open(newline="")))
    folder = out / "images" / "lgg_glioma"
    folder.mkdir()
    kept: list[dict[str, str]] = []
    for row in rows:
        colours = np.asarray(Image.open(lgg / "images" / f"{row['stem']}.jpg").convert("RGB"))
        if np.abs(colours[..., 2].astype(int) - colours[..., 1]).mean() < 1.0:
            continue  # no post-contrast series: FLAIR stands in its place
        Image.fromarray(colours[..., 2]).save(folder / f"{row['stem']}.png")
        shutil.copyfile(lgg / "masks" / f"{row['stem']}.png", out / "masks" / f"{row['stem']}.png")
        kept.append({"stem": row["stem"], "patient": row["patient"]})
    return write_index(out, kept)


def write_index(out: Path, rows: list[dict[str, str]]) -> set[str]:
    """Write the index of the LGG pictures; their patients."""
    with (out / "lgg_index.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["stem", "patient"])
        writer.writeheader()
        writer.writerows(rows)
    return {row["patient"] for row in rows}


if __name__ == "__main__":
    main()
