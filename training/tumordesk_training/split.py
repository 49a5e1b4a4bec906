"""Train, validation and test by group: seeded, balanced over labels, written to a file."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tumordesk.core.errors import ConfigError, DataError
from tumordesk.core.jsonio import from_plain, read_json, write_json
from tumordesk.core.training_run import SplitConfig
from tumordesk_training.data import Case, DataSet

PARTS = ("train", "val", "test")


@dataclass(frozen=True)
class Split:
    """Which groups are in which part. ``counts``: pictures of each part, by label."""

    seed: int
    parts: dict[str, tuple[str, ...]]
    counts: dict[str, dict[str, int]]
    origin: str = "seeded"
    schema: int = 1

    def part(self, group: str) -> str:
        """'train', 'val', 'test', or '' for a group the split has never seen."""
        return next((p for p, groups in self.parts.items() if group in groups), "")


def make_split(data: DataSet, config: SplitConfig) -> Split:
    """Split the groups of ``data``; a group is never torn apart.

    Folders named train/val/test are kept where ``config.given`` (what is missing is taken from
    the training part). A group that lies in several given folders goes to the first of test,
    val, train, so that it cannot leak.

    Raises:
        DataError: too few groups to have a training and a validation part.
    """
    given = _given(data) if config.given else {}
    parts: dict[str, set[str]] = {p: {g for g, q in given.items() if q == p} for p in PARTS}
    free = [g for g in data.groups if given.get(g, "train") == "train"]
    parts["train"] = set(free)
    for part, share in (("test", config.test), ("val", config.validation)):
        if not parts[part] and share > 0:
            pool = sorted(parts["train"])
            taken = _take(data.cases, pool, share, config.seed)
            # Of few groups a small share may be none: one is taken all the same, and of two or
            # less none for the test part, which needs validation and training beside it.
            if not taken and len(pool) > (2 if part == "test" and not parts["val"] else 1):
                taken = {random.Random(f"{config.seed}/{part}").choice(pool)}
            parts[part] = taken
            parts["train"] -= taken
    if not parts["train"] or not parts["val"]:
        raise DataError(
            f"{len(data.groups)} groups (patients, or single pictures) are too few for a "
            "training and a validation part.",
            "Add data, or give validation a share above 0.",
        )
    frozen = {p: tuple(sorted(parts[p])) for p in PARTS}
    return Split(config.seed, frozen, _counts(data.cases, frozen), "given" if given else "seeded")


def _given(data: DataSet) -> dict[str, str]:
    order = {"": -1, "train": 0, "val": 1, "test": 2}
    result: dict[str, str] = {}
    for case in data.cases:
        if order[case.part] > order[result.get(case.group, "")]:
            result[case.group] = case.part
    return result


def _take(cases: tuple[Case, ...], groups: list[str], share: float, seed: int) -> set[str]:
    """Groups with about ``share`` of the pictures (of the groups, where they are alike), by label.

    ``share`` is of the whole data set's pictures of each label.
    """
    size = Counter(case.group for case in cases)
    main: dict[str, Counter[str]] = {}
    for case in cases:
        main.setdefault(case.group, Counter())[case.label] += 1
    label = {g: c.most_common(1)[0][0] for g, c in main.items()}
    totals = Counter(case.label for case in cases)
    chosen: set[str] = set()
    for name in sorted({label[g] for g in groups}):
        pool = [g for g in groups if label[g] == name]
        random.Random(f"{seed}/{name}").shuffle(pool)
        wanted, got = totals[name] * share, 0
        for group in pool[:-1]:
            if got + size[group] / 2 > wanted:
                break
            chosen.add(group)
            got += size[group]
    return chosen


def _counts(
    cases: tuple[Case, ...], parts: dict[str, tuple[str, ...]]
) -> dict[str, dict[str, int]]:
    where = {g: p for p, groups in parts.items() for g in groups}
    result: dict[str, Counter[str]] = {p: Counter() for p in parts}
    for case in cases:
        result[where[case.group]][case.label or "pictures"] += 1
    return {p: dict(sorted(c.items())) for p, c in result.items()}


def select(data: DataSet, split: Split, part: str) -> tuple[Case, ...]:
    """Cases of one part, in order."""
    groups = set(split.parts.get(part, ()))
    return tuple(case for case in data.cases if case.group in groups)


def copies_across_parts(data: DataSet, split: Split) -> int:
    """How many different pictures lie in several parts, as files of the same bytes.

    Only files of one size are read; volumes are left out. See check-data for a thorough search.
    """
    where = {g: p for p, groups in split.parts.items() for g in groups}
    by_size: dict[int, list[Case]] = {}
    for case in data.cases:
        if not case.volume and case.group in where:
            with suppress(OSError):
                by_size.setdefault(case.image.stat().st_size, []).append(case)
    found = 0
    for cases in by_size.values():
        if len({where[case.group] for case in cases}) > 1:
            parts: dict[bytes, set[str]] = {}
            for case in cases:
                with suppress(OSError):
                    digest = hashlib.sha256(case.image.read_bytes()).digest()
                    parts.setdefault(digest, set()).add(where[case.group])
            found += sum(len(names) > 1 for names in parts.values())
    return found


def write_split(path: Path, split: Split) -> None:
    """Write split.json atomically."""
    write_json(path, split)


def read_split(path: Path) -> Split:
    """Read split.json. Raises ConfigError naming what is wrong (a group in two parts too)."""
    split = from_plain(Split, read_json(path), path.name)
    seen: dict[str, str] = {}
    for part, groups in split.parts.items():
        if part not in PARTS:
            raise ConfigError(f"{path.name}: the part {part!r} is not one of {', '.join(PARTS)}.")
        for group in groups:
            if seen.setdefault(group, part) != part:
                raise ConfigError(f"{path.name}: group {group} is in {seen[group]} and in {part}.")
    return split
