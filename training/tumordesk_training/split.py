"""Train, validation and test: which groups (or pictures) are in which part, as a file."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tumordesk.core.errors import ConfigError, DataError
from tumordesk.core.jsonio import from_plain, read_json, write_json
from tumordesk.core.training_run import SplitConfig
from tumordesk_training.data import PARTS_IN_ORDER, Case, DataSet
from tumordesk_training.images import load_grey
from tumordesk_training.sets import Sets

PARTS = PARTS_IN_ORDER
_SEQUENCES = 4
"""Pictures that one mask is usually of; of more, it is looked whether the mask is blank."""


@dataclass(frozen=True)
class Split:
    """Which groups are in which part. ``counts``: pictures of each part, by label.

    ``method``: "group", "stratified" or "random"; with the latter two ``parts`` holds keys of
    pictures, not groups. ``left_out``: keys of copies that were dropped. ``warnings``: sentences
    on what flatters the figures, or was changed.
    """

    seed: int
    parts: dict[str, tuple[str, ...]]
    counts: dict[str, dict[str, int]]
    origin: str = "seeded"
    schema: int = 1
    method: str = "group"
    left_out: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def by_picture(self) -> bool:
        """True where pictures are split, not groups."""
        return self.method != "group"

    def part(self, group: str) -> str:
        """'train', 'val', 'test', or '' for a group (or key) the split has never seen."""
        return next((p for p, groups in self.parts.items() if group in groups), "")

    def member(self, case: Case) -> str:
        """What stands for the case in ``parts``: its group, or its key."""
        return case.key if self.by_picture else case.group

    def places(self, cases: Iterable[Case]) -> dict[str, str]:
        """Key -> part, of the cases that are in one."""
        where = {name: part for part, names in self.parts.items() for name in names}
        gone = frozenset(self.left_out)
        return {
            case.key: where[self.member(case)]
            for case in cases
            if self.member(case) in where and case.key not in gone
        }


@dataclass(frozen=True)
class _Unit:
    """What goes into a part as a whole: one or several groups (or pictures), with their cases."""

    name: str
    cases: tuple[Case, ...]

    @property
    def label(self) -> str:
        """The commonest label."""
        return Counter(case.label for case in self.cases).most_common(1)[0][0]

    @property
    def given(self) -> str:
        """The first of test, val, train that one of its pictures lies in, or ''."""
        return next((p for p in reversed(PARTS) if any(c.part == p for c in self.cases)), "")


def make_split(data: DataSet, config: SplitConfig, together: Iterable[Sequence[str]] = ()) -> Split:
    """Split the groups of ``data`` (or its pictures, as ``config.method`` says).

    A group is never torn apart, nor is a set of ``together`` (keys of copies), nor pictures that
    share an outline, which are sequences of one scan. Folders named
    train/val/test are kept where ``config.given`` (what is missing is taken from the training
    part, to which groups without a given part belong). What lies in several given folders goes to
    the first of test, val, train, so that it cannot leak. With folds, given folders do not count.

    Raises:
        DataError: too few groups to have a training and a validation part, or none to learn from.
    """
    units = _units(data, config, together)
    given = config.given and not config.folds and any(u.given for u in units)
    parts: dict[str, list[_Unit]] = {p: [] for p in PARTS}
    for unit in units:
        parts[(unit.given or "train") if given else "train"].append(unit)
    if config.folds:
        parts["test"] = _fold(units, config)
        parts["train"] = [unit for unit in units if unit not in parts["test"]]
    for part, share in (("test", config.test), ("val", config.validation)):
        if not parts[part] and share > 0:
            _move(parts, part, _wanted(data.cases, share, config), config)
    if given and not parts["train"]:
        raise DataError(
            "All pictures lie in folders named for validation or test: none is left to learn from.",
            "Give the training pictures too, rename the folder, or do not keep the given parts.",
        )
    if not parts["train"] or not parts["val"]:
        raise DataError(
            f"{len(units)} groups (patients, or single pictures) are too few for a "
            "training and a validation part.",
            "Add data, or give validation a share above 0.",
        )
    plain = Split(config.seed, {}, {}, method=config.method)
    names = {
        part: tuple(sorted({plain.member(case) for unit in found for case in unit.cases}))
        for part, found in parts.items()
    }
    places = {case.key: p for p, found in parts.items() for unit in found for case in unit.cases}
    fold = f"fold {config.fold + 1} of {config.folds}" if config.folds else ""
    origin = fold or ("given" if given else "seeded")
    counts = count(data.cases, places)
    return Split(config.seed, names, counts, origin, method=config.method)


def _units(data: DataSet, config: SplitConfig, together: Iterable[Sequence[str]]) -> list[_Unit]:
    by_picture = config.method != "group"
    name = {case.key: case.key if by_picture else case.group for case in data.cases}
    sets = Sets()
    for keys in (*together, *shared_outlines(data.cases)):
        there = [key for key in keys if key in name]
        for other in there[1:]:
            sets.join(name[there[0]], name[other])
    found: dict[str, list[Case]] = {}
    for case in data.cases:
        found.setdefault(sets.root(name[case.key]), []).append(case)
    units = []
    for cases in found.values():
        units.append(_Unit(min(name[case.key] for case in cases), tuple(cases)))
    return sorted(units, key=lambda unit: unit.name)


def shared_outlines(cases: Iterable[Case]) -> list[tuple[str, ...]]:
    """Sets of keys of cases that have one mask file.

    A blank mask that many pictures without a tumour have ('empty.png') says nothing of them.
    """
    found: dict[Path, list[Case]] = {}
    for case in cases:
        if case.mask is not None:
            found.setdefault(case.mask, []).append(case)
    return [
        tuple(case.key for case in of_one)
        for mask, of_one in found.items()
        if len(of_one) > 1 and not (len(of_one) > _SEQUENCES and _is_blank(mask, of_one[0]))
    ]


def _is_blank(mask: Path, case: Case) -> bool:
    try:
        return not case.volume and not load_grey(mask).any()
    except DataError:  # check-data names it
        return False


def _wanted(cases: tuple[Case, ...], share: float, config: SplitConfig) -> dict[str, float]:
    """Pictures that a part is to have, by label; a random split knows no labels."""
    totals = Counter("" if config.method == "random" else case.label for case in cases)
    return {label: n * share for label, n in totals.items()}


def _move(
    parts: dict[str, list[_Unit]], part: str, wanted: dict[str, float], config: SplitConfig
) -> None:
    """Move units from the training part to ``part``, about as many pictures as wanted."""
    pool = parts["train"]
    taken: set[str] = set()
    label = {u.name: "" if config.method == "random" else u.label for u in pool}
    size = {u.name: len(u.cases) for u in pool}
    for name in sorted(set(label.values())):
        alike = [n for n in label if label[n] == name]
        random.Random(f"{config.seed}/{name}").shuffle(alike)
        got = 0
        for unit in alike[:-1]:
            if got + size[unit] / 2 > wanted[name]:
                if got >= wanted[name] / 2:
                    break
                continue  # one large patient does not leave the part nearly empty
            taken.add(unit)
            got += size[unit]
    # Of few groups a small share may be none: one is taken all the same, and of two or less none
    # for the test part, which needs validation and training beside it.
    if not taken and len(pool) > (2 if part == "test" and not parts["val"] else 1):
        taken = {random.Random(f"{config.seed}/{part}").choice(sorted(label))}
    parts[part] = [unit for unit in pool if unit.name in taken]
    parts["train"] = [unit for unit in pool if unit.name not in taken]


def _fold(units: list[_Unit], config: SplitConfig) -> list[_Unit]:
    """Units of one fold: every fold gets about as many pictures of each label.

    Raises:
        DataError: there are fewer units than folds.
    """
    if len(units) < config.folds:
        raise DataError(
            f"{len(units)} groups (patients, or single pictures) are too few for "
            f"{config.folds} folds.",
            "Choose fewer folds.",
        )
    label = {u.name: "" if config.method == "random" else u.label for u in units}
    order = list(units)
    random.Random(f"{config.seed}/folds").shuffle(order)
    order.sort(key=lambda unit: -len(unit.cases))
    whole = [0] * config.folds
    by_label: Counter[tuple[int, str]] = Counter()
    chosen = []
    for unit in order:
        name = label[unit.name]
        fold = min(range(config.folds), key=lambda f: (by_label[f, name], whole[f], f))
        by_label[fold, name] += len(unit.cases)
        whole[fold] += len(unit.cases)
        if fold == config.fold:
            chosen.append(unit)
    return sorted(chosen, key=lambda unit: unit.name)


def count(cases: Iterable[Case], places: dict[str, str]) -> dict[str, dict[str, int]]:
    """Pictures of each part, by label. ``places``: key -> part."""
    result: dict[str, Counter[str]] = {p: Counter() for p in PARTS}
    for case in cases:
        if case.key in places:
            result[places[case.key]][case.label or "pictures"] += 1
    return {p: dict(sorted(c.items())) for p, c in result.items()}


def select(data: DataSet, split: Split, part: str) -> tuple[Case, ...]:
    """Cases of one part, in order."""
    places = split.places(data.cases)
    return tuple(case for case in data.cases if places.get(case.key) == part)


def copies_across_parts(data: DataSet, split: Split) -> int:
    """How many different pictures lie in several parts, as files of the same bytes.

    Only files of one size are read; volumes are left out. See check-data for a thorough search.
    """
    places = split.places(data.cases)
    by_size: dict[int, list[Case]] = {}
    for case in data.cases:
        if not case.volume and case.key in places:
            with suppress(OSError):
                by_size.setdefault(case.image.stat().st_size, []).append(case)
    found = 0
    for cases in by_size.values():
        if len({places[case.key] for case in cases}) > 1:
            parts: dict[bytes, set[str]] = {}
            for case in cases:
                with suppress(OSError):
                    digest = hashlib.sha256(case.image.read_bytes()).digest()
                    parts.setdefault(digest, set()).add(places[case.key])
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
