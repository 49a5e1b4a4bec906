"""Scans of several sequences that share one outline: what they are, and a remark. No torch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tumordesk.core.study import MR_SEQUENCES, sequence_shown
from tumordesk.core.training_run import SequenceSource
from tumordesk.io.dataset_json import named_channels
from tumordesk.io.sidecar import sidecar_of
from tumordesk_training.data import Case, Remark
from tumordesk_training.files import nifti_stem
from tumordesk_training.words import many, together

_ORDER = tuple(one.value for one in MR_SEQUENCES)
_CHANNEL = re.compile(r"_00\d\d$")
_SHOWN = 5


def channel_marks(root: Path, scans: Iterable[Path]) -> dict[str, str]:
    """{'_0000': 'T1', ...}: the numbered files of a folder whose dataset.json names them.

    Empty where nothing names them, or several files of that kind differ.
    """
    ends = {m[0] for path in scans if (m := _CHANNEL.search(nifti_stem(path)))}
    folders = {up for path in scans for up in (path.parent, path.parent.parent)} if ends else ()
    found: dict[str, str] = {}
    for folder in sorted(one for one in folders if one.is_relative_to(root)):
        for number, sequence in named_channels(folder).items():
            if found.setdefault(f"_{number:04d}", sequence.value) != sequence:
                return {}
    twice = len(set(found.values())) < len(found)
    return {} if twice else {mark: name for mark, name in found.items() if mark in ends}


def with_marks(
    sources: Sequence[SequenceSource], marks: Mapping[str, str]
) -> tuple[SequenceSource, ...]:
    """The sources, those of numbered files with their endings."""
    ends = {name: mark for mark, name in marks.items()}
    plain = [source.channel is None and not source.mark for source in sources]
    return tuple(
        replace(one, mark=ends.get(one.sequence, "")) if bare else one
        for one, bare in zip(sources, plain, strict=True)
    )


def told_by_name(path: Path, marks: Mapping[str, str]) -> str:
    """The sequence of a scan, else the number at the end of its name ('_0001'), else ''."""
    stem = nifti_stem(path)
    match = _CHANNEL.search(stem)
    ending = match[0] if match else ""
    sequence = marks.get(ending) or sidecar_of(path).guess(stem).sequence.value
    return sequence if sequence in _ORDER else ending


def choices(told: Iterable[str]) -> tuple[str, ...]:
    """What can be chosen of scans of these sequences: none where they are of one."""
    known = set(told)
    found = tuple(name for name in _ORDER if name in known)
    return found if len(found) > 1 else ()


def sole(told: Iterable[str]) -> str:
    """The sequence that all of these scans are of; "" where one does not say so."""
    known = set(told)
    return known.pop() if len(known) == 1 and known <= set(_ORDER) else ""


def one_person(cases: Sequence[Case]) -> list[Case]:
    """The cases; those that share an outline are one group, where nothing tells their patient."""
    groups: dict[Path | None, str] = {}
    return [
        case
        if case.source or case.mask is None
        else replace(case, group=groups.setdefault(case.mask, case.group))
        for case in cases
    ]


def shared_remarks(cases: Iterable[Case], told: Mapping[str, str]) -> list[Remark]:
    """A remark where several cases have one outline; ``told``: key -> as :func:`told_by_name`."""
    by_mask: dict[Path, list[str]] = {}
    for case in cases:
        if case.mask is not None:
            by_mask.setdefault(case.mask, []).append(case.key)
    shared = [keys for keys in by_mask.values() if len(keys) > 1]
    if not shared:
        return []
    keys = [key for one in shared for key in one]
    kinds = sorted({told.get(key, "") for key in keys} - {""}, key=_place)
    several = len(kinds) > 1
    who = "sequences of one study are" if several else "they are"
    title = f"{many(len(keys), 'scan')} share {many(len(shared), 'outline')}: {who}"
    return [
        Remark(
            "shared_outlines",
            "problem" if several else "warning",
            f"{title} taken for cases of their own",
            _advice(kinds),
            tuple((key, _shown(told.get(key, ""))) for key in keys),
        )
    ]


def _place(kind: str) -> tuple[int, str]:
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), kind)


def _shown(kind: str) -> str:
    return sequence_shown(kind) if kind in _ORDER else kind


def _advice(kinds: Sequence[str]) -> str:
    named = [kind for kind in kinds if kind in _ORDER]
    ends = [kind for kind in kinds if kind not in _ORDER]
    if named and len(kinds) > 1:
        one = "FLAIR" if "FLAIR" in named else named[0]
        more = f", or several as channels of one network (--sequences {','.join(named)})"
        return (
            f"Found are {together([_shown(kind) for kind in kinds])}. Choose one of them "
            f"(--sequences {one}){more * (len(named) > 1)}; in the wizard on the page of the data."
        )
    if len(ends) < 2:
        return (
            "Keep one scan of each outline in the folder: a network that learns from all of them "
            "as if they were other people is measured wrongly."
        )
    first, second = ends[:2]
    return (
        f"Their names end with {together(ends[:_SHOWN])}{' ...' * (len(ends) > _SHOWN)}. Say which "
        f"sequence that is: of one (--sequences FLAIR={first}), or of several as channels of one "
        f"network (--sequences T1={first},FLAIR={second}); in the wizard on the page of the data, "
        "Expert."
    )
