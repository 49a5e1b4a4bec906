"""Figures of a segmentation network from pixel counts and distances, by picture and by group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tumordesk.core.evaluation import CaseResult, Interval
from tumordesk_training.dataset import Stack
from tumordesk_training.evaluation.bootstrap import (
    draw_groups,
    interval,
    medians,
    share_of,
    sure_share,
)
from tumordesk_training.evaluation.hausdorff import EdgeDistances
from tumordesk_training.metrics import EMPTY_LIMIT_PX, ClassDice, dice


def overlap(both: float, found: float, true: float) -> float:
    """Intersection over union from pixel counts; 1 where nothing is wanted and nothing found."""
    union = found + true - both
    return 1.0 if union == 0 else both / union


@dataclass(frozen=True)
class _Pixels:
    """Pixels of one slice that both, the network and the truth have inside."""

    both: float
    found: float
    true: float

    @classmethod
    def of(cls, found: npt.NDArray[np.bool_], true: npt.NDArray[np.bool_]) -> _Pixels:
        counts = (np.count_nonzero(mask) for mask in (found & true, found, true))
        return cls(*(float(count) for count in counts))


@dataclass
class _Group:
    both: float = 0.0
    found: float = 0.0
    true: float = 0.0
    edges: EdgeDistances = field(default_factory=EdgeDistances)
    cases: list[CaseResult] = field(default_factory=list)
    slices: list[_Pixels] = field(default_factory=list)


@dataclass
class OutlineCount:
    """Counts pictures (or whole volumes) one by one; see :meth:`add`.

    ``names``: of the labels 0 (background), 1, ...; with several, Dice is told for each class too.
    """

    names: tuple[str, ...] = ()
    groups: dict[str, _Group] = field(default_factory=dict)
    classes: ClassDice = field(init=False)

    def __post_init__(self) -> None:
        self.classes = ClassDice(self.names)

    def add(
        self,
        key: str,
        group: str,
        found: npt.NDArray[Any],
        true: npt.NDArray[Any],
        spacing_mm: Sequence[float] | None = None,
    ) -> CaseResult:
        """Count one picture (rows, columns) or volume (slices, rows, columns): labels or boolean.

        ``spacing_mm``: size of a pixel along each axis, where it is known; ``hd95_px`` then
        counts in pixels of the last axis.
        """
        self.classes.add(group, np.asarray(found), np.asarray(true))
        inside, wanted = np.asarray(found) > 0, np.asarray(true) > 0
        row = self.groups.setdefault(group, _Group())
        flat = (-1, *inside.shape[-2:])
        pairs = zip(inside.reshape(flat), wanted.reshape(flat), strict=True)
        slices = [_Pixels.of(*pair) for pair in pairs]
        row.slices += slices
        both, found_px = sum(s.both for s in slices), sum(s.found for s in slices)
        true_px = sum(s.true for s in slices)
        row.both, row.found, row.true = row.both + both, row.found + found_px, row.true + true_px
        unit = float(spacing_mm[-1]) if spacing_mm is not None else None
        steps = [s / spacing_mm[-1] for s in spacing_mm] if spacing_mm is not None else None
        apart = row.edges.add(inside, wanted, steps, unit)
        case = CaseResult(
            key=key,
            group=group,
            dice=dice(both, found_px, true_px) if found_px or true_px else None,
            iou=overlap(both, found_px, true_px) if found_px or true_px else None,
            hd95_px=apart,
            hd95_mm=apart * unit if apart is not None and unit is not None else None,
            true_px=int(true_px),
            found_px=int(found_px),
        )
        row.cases.append(case)
        return case

    def add_stack(self, stack: Stack, found: npt.NDArray[Any], true: npt.NDArray[Any]) -> None:
        """Count a volume as a whole, or each picture of a stack; labels (slices, rows, columns)."""
        if stack.cases[0].volume:
            case = stack.cases[0]
            self.add(case.key, case.group, found, true, stack.spacing_mm)
            return
        for case, labels, mask in zip(stack.cases, found, true, strict=True):
            self.add(case.key, case.group, labels, mask)

    def cases(self) -> tuple[CaseResult, ...]:
        """All that was counted, in order of groups."""
        return tuple(case for row in self.groups.values() for case in row.cases)

    def by_group(self) -> dict[str, dict[str, float | None]]:
        """Figures of each group; Dice and IoU are None where the group has no tumour.

        HD95 is in ``hd95_mm`` where the voxel size of all groups is known, else in ``hd95_px``:
        one unit for all, so that they may be compared.
        """
        key = self.distance
        return {name: _group_figures(self.groups[name], key) for name in sorted(self.groups)}

    @property
    def distance(self) -> Literal["hd95_mm", "hd95_px"]:
        """The unit of HD95: mm where the voxel size of all that has one is known, else pixels."""
        units = [unit for row in self.groups.values() for unit in row.edges.units_mm]
        return "hd95_mm" if units and None not in units else "hd95_px"

    def apart(self) -> dict[str, float]:
        """``hd95_mm_median`` or ``hd95_px_median`` over the groups; nothing where none has one."""
        key = self.distance
        values = [v for row in self.by_group().values() if (v := row[key]) is not None]
        return {f"{key}_median": float(np.median(values))} if values else {}

    def one_sided(self) -> tuple[int, int]:
        """Pictures (of volumes: volumes) whose tumour was missed altogether, and such without one
        that were outlined: HD95 knows neither."""
        cases = self.cases()
        missed = sum(1 for case in cases if case.true_px and not case.found_px)
        return missed, sum(1 for case in cases if case.found_px and not case.true_px)

    def warnings(self) -> tuple[str, ...]:
        """What must stand beside the figures: what HD95 leaves out, and where there is no Dice."""
        cases = self.cases()
        if not any(case.true_px for case in cases):
            return ("No picture of this part shows a tumour: there is no Dice.",)
        missed, false = self.one_sided()
        if not missed and not false:
            return ()
        scans = any(len(row.slices) > len(row.cases) for row in self.groups.values())
        what, there = ("scans" if scans else "pictures"), sum(1 for c in cases if c.true_px)
        return (
            f"HD95 does not count what has no counterpart: {missed} of {there} {what} with tumour "
            f"that were missed altogether, {false} of {len(cases) - there} without tumour that "
            "were outlined.",
        )

    def figures(self, draws: int = 1000) -> dict[str, Interval]:
        """``dice_mean``, ``iou_mean`` (over groups with tumour), ``hd95_mm_median`` or
        ``hd95_px_median`` (over groups that have one; see :attr:`distance`),
        ``dice_by_image_mean`` (pictures and slices with tumour), ``false_positive_share`` (those
        without, more than ``EMPTY_LIMIT_PX`` px outlined). Of several classes also
        ``dice_class_<name>`` (over groups that have it) and ``dice_classes_mean``; the others take
        all classes as one. Without a base: left out.
        """
        rows = [self.groups[name] for name in sorted(self.groups)]
        key = self.distance
        table = [_group_figures(row, key) for row in rows]
        sums = {
            "dice_mean": _known(table, "dice"),
            "iou_mean": _known(table, "iou"),
            "dice_by_image_mean": _pairs([_dices(row) for row in rows]),
            "false_positive_share": _pairs([_falsely(row) for row in rows]),
        }
        drawn = draw_groups(len(rows), draws) if len(rows) > 1 else None
        result: dict[str, Interval] = {}
        for name, (top, bottom) in sums.items():
            value = float(top.sum() / bottom.sum()) if bottom.sum() else None
            bounds = share_of(top, bottom, drawn) if drawn is not None else None
            _put(result, name, interval(value, bounds))
        _put(result, "false_positive_share", self._sure(result.get("false_positive_share")))
        self._put_classes(result, drawn)
        apart = np.array([_nan(row[key]) for row in table])
        value = float(np.nanmedian(apart)) if np.isfinite(apart).any() else None
        bounds = medians(list(apart), drawn) if drawn is not None else None
        _put(result, f"{key}_median", interval(value, bounds))
        return result

    def _sure(self, share: Interval | None) -> Interval | None:
        empty = [row for row in self.groups.values() if _falsely(row)]
        return sure_share(share, len(empty))

    def _put_classes(self, result: dict[str, Interval], drawn: Any | None) -> None:
        """Dice of each class, and their mean."""
        order, means, redrawn = sorted(self.groups), [], []
        for name in self.classes.counts:
            by_group = self.classes.by_group(name)
            values = [{"dice": by_group.get(group)} for group in order]
            top, bottom = _known(values, "dice")
            value = float(top.sum() / bottom.sum()) if bottom.sum() else None
            bounds = share_of(top, bottom, drawn) if drawn is not None else None
            _put(result, f"dice_class_{name}", interval(value, bounds))
            if value is not None:
                means.append(value)
                redrawn.append(bounds)
        if means:
            # A draw without any group of a class says nothing of the mean over all classes.
            all_drawn = [bounds for bounds in redrawn if bounds is not None]
            bounds = np.mean(all_drawn, axis=0) if all_drawn else None
            _put(result, "dice_classes_mean", interval(sum(means) / len(means), bounds))


def _group_figures(row: _Group, distance: str) -> dict[str, float | None]:
    there = row.true > 0
    apart = row.edges.value_mm() if distance == "hd95_mm" else row.edges.value()
    return {
        "dice": dice(row.both, row.found, row.true) if there else None,
        "iou": overlap(row.both, row.found, row.true) if there else None,
        distance: apart,
        "pictures": float(len(row.cases)),
    }


def _known(table: list[dict[str, float | None]], name: str) -> tuple[Any, Any]:
    values = np.array([_nan(row[name]) for row in table])
    known = np.isfinite(values)
    return np.where(known, values, 0.0), known.astype(float)


def _pairs(values: list[list[float]]) -> tuple[Any, Any]:
    """Sum and number of the values of each group."""
    return np.array([sum(v) for v in values]), np.array([float(len(v)) for v in values])


def _dices(row: _Group) -> list[float]:
    return [dice(one.both, one.found, one.true) for one in row.slices if one.true]


def _falsely(row: _Group) -> list[float]:
    return [float(one.found > EMPTY_LIMIT_PX) for one in row.slices if not one.true]


def _nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _put(result: dict[str, Interval], name: str, value: Interval | None) -> None:
    if value is not None:
        result[name] = value
