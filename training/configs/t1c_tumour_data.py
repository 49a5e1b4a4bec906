"""Makes the data folder of ``t1c-tumour``: the T1 post-contrast set, plus T1 post-contrast of LGG.

    python training/configs/t1c_tumour_data.py TUMOUR_TYPE LGG OUT

The pictures of the LGG set hold three sequences as colours: T1, FLAIR, T1 post-contrast. The third
becomes a grey picture here. Its mask was drawn on FLAIR: it holds oedema that T1 post-contrast may
not show. Three patients have no post-contrast series (the set repeats FLAIR instead) and are left
out, and so are the validation and test patients of ``flair-glioma``, for measuring.
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
GROUP = "lgg_index"
"""What the training program puts before the patients of ``lgg_index.csv``."""


def main() -> None:
    """Make OUT, which must not exist yet, and two split files beside it."""
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("tumour_type", type=Path)
    parser.add_argument("lgg", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    shutil.copytree(args.tumour_type, args.out, copy_function=shutil.copyfile)
    patients = add_lgg(args.lgg, args.out)
    split = json.loads((CONFIGS / "t1c-tumour.split.json").read_text())
    flair = json.loads((CONFIGS / "flair-glioma.split.json").read_text())["parts"]
    split["parts"]["train"] += _groups(patients, flair["train"])
    kept = _groups(patients, flair["val"] + flair["test"])
    lgg = {**split, "parts": {"train": [], "val": [], "test": kept}, "counts": {}}
    for name, content in (("split", split), ("lgg.split", lgg)):
        args.out.with_name(f"{args.out.name}.{name}.json").write_text(json.dumps(content, indent=2))


def _groups(patients: set[str], wanted: list[str]) -> list[str]:
    """The wanted patients that have post-contrast pictures, as the training program names them."""
    return [f"{GROUP}/{patient}" for patient in sorted(patients & set(wanted))]


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
    with (out / "lgg_index.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ["stem", "patient"])
        writer.writeheader()
        writer.writerows(kept)
    return {row["patient"] for row in kept}


if __name__ == "__main__":
    main()
