"""How surely a picture is found among those a model learned from (docs/training.md, section 5).

    python benchmarks/learned.py LGG [FOLDER MODEL ...]

LGG: a folder in which the patients are known. Pictures of different patients must stay below the
limit, copies of a picture (saved again, smaller, brighter, mirrored) above it. For each FOLDER and
MODEL it counts how many pictures of the folder the model knows.
"""

from __future__ import annotations

import argparse
import io
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from tumordesk.core.training_run import DataConfig
from tumordesk.zoo import Zoo
from tumordesk.zoo.learned import record_of
from tumordesk_training.data import Case
from tumordesk_training.fingerprints import UInt8, small_picture
from tumordesk_training.images import load_grey
from tumordesk_training.layouts import scan
from tumordesk_training.learned import ALIKE, code, codes_of, match, nearest, used

COPIED = 200


def jpeg(picture: UInt8, quality: int) -> UInt8:
    """What is left of a picture after it was saved as JPEG."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=quality)
    return np.asarray(Image.open(stream))


def copies(picture: UInt8) -> dict[str, UInt8]:
    """Ways in which people pass a picture on."""
    rows, columns = picture.shape
    small = Image.fromarray(picture).resize((columns // 2, rows // 2))
    return {
        "JPEG, quality 60": jpeg(picture, 60),
        "JPEG, quality 20": jpeg(picture, 20),
        "half the size, JPEG": jpeg(np.asarray(small), 75),
        "brighter": np.clip(picture * 1.3 + 20.0, 0, 255).astype(np.uint8),
        "mirrored": np.ascontiguousarray(picture[:, ::-1]),
        "turned by 90 degrees": np.ascontiguousarray(np.rot90(picture)),
        "turned by 3 degrees": np.asarray(Image.fromarray(picture).rotate(3)),
        "cropped by 3 %": picture[rows // 32 : -rows // 32, columns // 32 : -columns // 32],
    }


def of_patients(root: Path) -> None:
    """Pictures of different patients, and copies of one in ten."""
    config = DataConfig(root=str(root), channel=1)
    cases = scan(root, config).cases
    codes = codes_of(root, cases)
    found = {case.key: used([case], codes, config) for case in cases}
    kept = [case for case in cases if len(found[case.key])]
    highest = np.concatenate([_of_others(group, kept, found) for group in _groups(kept)])
    shown = ", ".join(f"{np.quantile(highest, q):.3f}" for q in (0.5, 0.99, 1.0))
    print(f"{len(kept)} pictures of {len(_groups(kept))} patients, limit {ALIKE}")
    print(f"  the most similar one of another patient: median, 99 %, highest {shown}")
    table: dict[str, list[float]] = {}
    for case in kept[:: max(1, len(kept) // COPIED)]:
        for name, copy in copies(load_grey(case.image, 1)).items():
            alike = nearest(code(small_picture(copy)[None]), found[case.key])
            table.setdefault(name, []).append(float(alike[0]))
    for name, values in table.items():
        missed = np.mean(np.array(values) < ALIKE)
        print(f"  {name}: lowest {min(values):.3f}, not found {100 * missed:.1f} % ({len(values)})")


def _groups(cases: list[Case]) -> list[str]:
    return sorted({case.group for case in cases})


def _of_others(group: str, cases: list[Case], found: dict[str, UInt8]) -> UInt8:
    own = np.concatenate([found[c.key] for c in cases if c.group == group])
    others = np.concatenate([found[c.key] for c in cases if c.group != group])
    return nearest(own, others)


def main() -> None:
    """Print all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("patients", type=Path)
    parser.add_argument("rest", nargs="*", metavar="FOLDER MODEL")
    args = parser.parse_args()
    of_patients(args.patients)
    for folder, model in zip(args.rest[::2], args.rest[1::2], strict=True):
        learned = record_of(Zoo().find(model).folder)
        if learned is None:
            raise SystemExit(f"{model} has no record")
        config = DataConfig(root=folder)
        cases = scan(Path(folder), config).cases
        known = Counter(match(cases, codes_of(Path(folder), cases), learned).values())
        print(f"{model} on {Path(folder).name}: {dict(known)} of {len(cases)}")


if __name__ == "__main__":
    main()
