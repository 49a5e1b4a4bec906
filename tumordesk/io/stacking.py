"""Which slices of a DICOM Series belong together, in which order: stacks of slices.

A Series may hold several stacks: other sizes, orientations, echoes, time points, b-values.
Order is the position along the normal, never InstanceNumber (DICOM PS3.3 C.7.6.2.1.1).
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tumordesk.io.frames import TRAITS
from tumordesk.io.records import Slice

ORIENTATION_TOLERANCE = 1e-3
SAME_POSITION_MM = 0.01
_MAX_ORIENTATIONS = 4
_MAX_UNEVEN_PARTS = 4
MAX_STACKS = 32
_UNITS = {"echo time": "TE {} ms", "b-value": "b {}", "inversion time": "TI {} ms"}


@dataclass(frozen=True)
class Stack:
    """Slices of one series that form one stack, in display order.

    ``label`` tells it from the other stacks of its series ('' when there is no other);
    ``spatial`` is False where the slices cannot be ordered in space.
    """

    slices: tuple[Slice, ...]
    label: str = ""
    spatial: bool = True
    notes: tuple[str, ...] = ()
    duplicates: tuple[Slice, ...] = ()
    left_out: tuple[Slice, ...] = ()
    key_label: str = ""


def stacks_of(slices: Sequence[Slice]) -> list[Stack]:
    """Split the slices of one Series into stacks."""
    found: list[Stack] = []
    groups = _by_form(slices)
    for group in groups:
        kept, dropped = _without_duplicates(group)
        parts = _by_orientation(kept)
        for index, part in enumerate(parts):
            stacks = _by_position(part)
            # The first keeps the key that the series had while a scan saw no reason to split.
            stacks[1:] = [replace(stack, key_label=stack.label) for stack in stacks[1:]]
            if dropped and index == 0:
                stacks[0] = replace(stacks[0], duplicates=tuple(dropped))
            found.extend(stacks)
    return found


def _form(item: Slice) -> tuple[Hashable, ...]:
    """What must agree for slices to form one stack, whatever their position."""
    f = item.file.format
    stack = next((value for name, value in item.traits if name == "stack"), None)
    return (
        item.file.sop_class,
        f.rows,
        f.columns,
        f.colour,
        f.photometric if not f.colour else "",
        f.floating,
        item.localizer,
        stack,
        item.file.sop_uid if item.file.frames > 1 else "",
    )


def _by_form(slices: Iterable[Slice]) -> list[list[Slice]]:
    groups: dict[tuple[Hashable, ...], list[Slice]] = defaultdict(list)
    for item in slices:
        groups[_form(item)].append(item)
    return [part for group in groups.values() for part in _by_spacing(group)]


def _by_spacing(group: list[Slice]) -> list[list[Slice]]:
    """Parts of equal pixel spacing (within 0.1 %)."""
    parts: list[tuple[tuple[float, float] | None, list[Slice]]] = []
    for item in group:
        spacing = item.pixel_spacing
        for reference, members in parts:
            same = spacing == reference or (
                spacing is not None
                and reference is not None
                and all(abs(a - b) <= 1e-3 * b for a, b in zip(spacing, reference, strict=True))
            )
            if same:
                members.append(item)
                break
        else:
            parts.append((spacing, [item]))
    return [members for _, members in parts]


def _same_picture(item: Slice) -> tuple[Hashable, ...] | None:
    if not item.file.sop_uid:
        return None
    position = tuple(round(v, 2) for v in item.position) if item.position else None
    f = item.file.format
    return (item.file.sop_uid, item.frame, position, f.bits_allocated, f.signed)


def _without_duplicates(group: list[Slice]) -> tuple[list[Slice], list[Slice]]:
    """Drop slices with the same SOP Instance UID; a file that the user named wins."""
    kept: dict[Hashable, Slice] = {}
    dropped: list[Slice] = []
    for index, item in enumerate(group):
        key = _same_picture(item)
        if key is None:
            kept[index] = item
        elif key not in kept:
            kept[key] = item
        elif item.explicit and not kept[key].explicit:
            dropped.append(kept[key])
            kept[key] = item
        else:
            dropped.append(item)
    return list(kept.values()), dropped


def _same_axes(
    one: tuple[float, ...] | None, other: tuple[float, ...] | None, tolerance: float
) -> bool:
    if one is None or other is None:
        return one is other
    return all(abs(a - b) <= tolerance for a, b in zip(one, other, strict=True))


def _by_orientation(slices: list[Slice]) -> list[list[Slice]]:
    """Clusters of equal ImageOrientationPatient (within 1e-3); rotating projections stay one."""
    clusters: list[tuple[tuple[float, ...] | None, list[Slice]]] = []
    for item in slices:
        for reference, members in clusters:
            if _same_axes(item.orientation, reference, ORIENTATION_TOLERANCE):
                members.append(item)
                break
        else:
            clusters.append((item.orientation, [item]))
    many = len(clusters) > _MAX_ORIENTATIONS and len(clusters) > len(slices) / 2
    if many or (len(clusters) > 1 and all(item.projection for item in slices)):
        return [slices]
    return [members for _, members in clusters]


def _file_order(slices: Iterable[Slice]) -> list[Slice]:
    def key(item: Slice) -> tuple[int, str, int]:
        number = item.number if item.number is not None else 2**31
        return (number, str(item.file.path), item.frame or 0)

    return sorted(slices, key=key)


def along_normal(slices: Sequence[Slice]) -> np.ndarray | None:
    """Position of each slice along the stack's normal in mm, or None where unknown."""
    if any(item.position is None or item.orientation is None for item in slices):
        return None
    axes = np.asarray(slices[0].orientation)
    normal = np.cross(axes[:3], axes[3:])
    return np.asarray([item.position for item in slices], dtype=np.float64) @ normal


def _by_position(slices: list[Slice]) -> list[Stack]:
    ordered = _file_order(slices)
    if _rotating(slices):
        note = "its slices lie at different angles"
        return [Stack(tuple(ordered), spatial=False, notes=(note,))]
    positions = along_normal(ordered)
    if positions is None:
        note = "the files do not say where the slices lie" if len(slices) > 1 else ""
        return [Stack(tuple(ordered), spatial=False, notes=(note,) if note else ())]
    order = np.argsort(positions, kind="stable")
    ordered = [ordered[i] for i in order]
    most = _most_at_one_place(positions[order])
    if most > 1:
        return _split(ordered, most)
    return _split_uneven(ordered) or [Stack(tuple(ordered))]


def _even(slices: Sequence[Slice]) -> bool:
    """True for three or more slices at even distances."""
    positions = along_normal(slices)
    if positions is None or len(slices) < 3:
        return False
    gaps = np.diff(np.sort(positions))
    spacing = float(np.median(gaps))
    return bool(np.all(np.abs(gaps - spacing) <= max(0.01 * spacing, 0.1)))


def _split_uneven(ordered: list[Slice]) -> list[Stack] | None:
    """Stacks of a series at uneven distances, where one attribute makes each of them even.

    A CT of the head in 2.5 mm below and 5 mm above, for one.
    """
    if len(ordered) < 6 or _even(ordered):
        return None
    names = ("slice thickness", "acquisition", "echo time", "image type", "b-value")
    for name in names:
        parts: dict[str, list[Slice]] = defaultdict(list)
        shown: dict[str, str] = {}
        for item in ordered:
            value = item.thickness if name == "slice thickness" else dict(item.traits).get(name)
            parts[str(value)].append(item)
            shown.setdefault(str(value), _shown(name, value))
        if 1 < len(parts) <= _MAX_UNEVEN_PARTS and all(map(_even, parts.values())):
            return [Stack(tuple(part), shown[key]) for key, part in parts.items()]
    return None


def _rotating(slices: Sequence[Slice]) -> bool:
    first = slices[0].orientation
    return not all(
        _same_axes(item.orientation, first, 2 * ORIENTATION_TOLERANCE) for item in slices
    )


def _most_at_one_place(positions: np.ndarray) -> int:
    """Largest number of slices that share one position (sorted input)."""
    gaps = np.diff(positions) > SAME_POSITION_MM
    groups = np.concatenate([[0], np.cumsum(gaps)])
    return int(np.bincount(groups).max())


def _unique_places(slices: Sequence[Slice]) -> bool:
    positions = along_normal(slices)
    return positions is not None and _most_at_one_place(np.sort(positions)) == 1


def _split(ordered: list[Slice], most: int) -> list[Stack]:
    """Split by the first attribute (or pair of them) after which no two slices coincide."""
    traits = [dict(item.traits) for item in ordered]
    names = [name for name, _ in TRAITS]
    names = [n for n in names if len({str(t.get(n)) for t in traits}) > 1]
    for chosen in itertools.chain(((n,) for n in names), itertools.combinations(names, 2)):
        parts: dict[tuple[str, ...], list[Slice]] = defaultdict(list)
        shown: dict[tuple[str, ...], str] = {}
        for item, trait in zip(ordered, traits, strict=True):
            key = tuple(str(trait.get(n)) for n in chosen)
            parts[key].append(item)
            shown.setdefault(key, ", ".join(_shown(n, trait.get(n)) for n in chosen))
        if len(parts) <= max(2 * most, most + 1) and all(map(_unique_places, parts.values())):
            order = sorted(parts, key=_sort_key)
            return _not_too_many([Stack(tuple(parts[key]), shown[key]) for key in order])
    note = "several slices lie at the same place, and the files do not say how they differ"
    return [Stack(tuple(_file_order(ordered)), spatial=False, notes=(note,))]


def _not_too_many(stacks: list[Stack]) -> list[Stack]:
    """Of a long time or diffusion series only the first volume, with a note; the rest is told."""
    if len(stacks) <= MAX_STACKS:
        return stacks
    first = stacks[0]
    note = f"{len(stacks)} volumes in this series: only the first is shown"
    rest = tuple(item for stack in stacks[1:] for item in stack.slices)
    return [Stack(first.slices, first.label, notes=(note,), left_out=rest)]


def _sort_key(key: tuple[str, ...]) -> tuple[tuple[float, str], ...]:
    def one(text: str) -> tuple[float, str]:
        head = text.strip("(),").split(",")[0]
        try:
            return (float(head), text)
        except ValueError:
            return (float("inf"), text)

    return tuple(one(text) for text in key)


def _shown(name: str, value: object) -> str:
    if value is None:
        return f"no {name}"
    parts = value if isinstance(value, tuple) else (value,)
    text = "/".join(f"{v:g}" if isinstance(v, float) else str(v) for v in parts)
    return _UNITS[name].format(text) if name in _UNITS else f"{name} {text}"


def most_common_syntax(slices: Iterable[Slice]) -> str:
    """The transfer syntax UID of the slices; '' when they differ."""
    found = Counter(item.file.format.transfer_syntax for item in slices)
    return next(iter(found)) if len(found) == 1 else ""
