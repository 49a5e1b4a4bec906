"""Which files are the sequences of one case: by their names, or by DICOM headers. No torch."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tumordesk.core.study import MR_SEQUENCES, Series
from tumordesk.core.study import Sequence as MrSequence
from tumordesk.core.training_run import SequenceSource
from tumordesk.imaging.sequence import guess_from_name
from tumordesk.inference.companions import beside
from tumordesk.inference.file_names import speaks_of_calculated
from tumordesk.io.sidecar import sidecar_of
from tumordesk_training.files import key_of, nifti_stem

_ANY = tuple(SequenceSource(one.value) for one in MR_SEQUENCES)
_NUMBERED = re.compile(r"_00\d\d$")
_PIECES = re.compile(r"[-_. ]*[^-_. ]+|[-_. ]+$")


@dataclass
class Gathered:
    """``cases``: (name, a file of each sequence, in the order asked for); the name may be "" where
    the folder alone names the case. ``problems``: (key, reason) of what is no use. ``others``:
    files of sequences not asked for; where nothing else is of their case, ``missing`` says why that
    is no use."""

    cases: list[tuple[str, tuple[Path, ...]]] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    others: list[Path] = field(default_factory=list)
    missing: str = ""


def gather(root: Path, files: Iterable[Path], sources: Sequence[SequenceSource]) -> Gathered:
    """Volume files of one folder whose names differ in their sequence alone are one case, and so
    are those of a folder that has one of each."""
    folders: dict[Path, list[_Named]] = {}
    result = Gathered(missing=_incomplete({}, sources))
    unclear: list[Path] = []
    for path in files:
        found = _named(path, sources)
        if found is not None:
            folders.setdefault(path.parent, []).append(found)
        elif sidecar_of(path).guess(nifti_stem(path)).sequence is MrSequence.UNKNOWN:
            unclear.append(path)
        else:
            result.others.append(path)
    # Where all endings are named, files that end otherwise are of sequences not asked for.
    if not folders or not all(source.mark for source in sources):
        result.problems += [(key_of(root, path), _unclear(path)) for path in unclear]
    else:
        result.others += unclear
    for folder in sorted(folders):
        for name, by_sequence in _cases(folders[folder], sources):
            reason = _incomplete({key: len(paths) for key, paths in by_sequence.items()}, sources)
            if reason:
                first = min(path for paths in by_sequence.values() for path in paths)
                result.problems.append((key_of(root, first), reason))
            else:
                result.cases.append((name, tuple(by_sequence[s.sequence][0] for s in sources)))
    return result


def _unclear(path: Path) -> str:
    ending = _NUMBERED.search(nifti_stem(path))
    how = f": say it with the ending, as in FLAIR={ending[0]}" if ending else ""
    return f"its name does not say which sequence{how}"


def case_name(path: Path) -> str:
    """A volume's name without what speaks of its sequence; "" where nothing else is left."""
    found = _named(path, _ANY)
    return found.name if found is not None else nifti_stem(path)


_Files = dict[str, list[Path]]
"""Files by sequence."""


def _cases(found: Sequence[_Named], sources: Sequence[SequenceSource]) -> list[tuple[str, _Files]]:
    """(name, files by sequence) of the cases of one folder."""
    named, whole = _by_name(found, sources), _by_sequence(found)
    alike = _one_holds_all([set(_words_of(name)) for name in named])
    if len(named) > 1 and alike and all(len(paths) == 1 for paths in whole.values()):
        return [("", whole)]  # named each in its own way, but nothing speaks of another case
    return sorted(named.items())


def _by_sequence(found: Iterable[_Named]) -> _Files:
    files: _Files = {}
    for one in found:
        files.setdefault(one.sequence, []).append(one.path)
    return files


def _by_name(found: Sequence[_Named], sources: Sequence[SequenceSource]) -> dict[str, _Files]:
    """Files of one name; of those that make no case so, those that do without Series Number.

    A number that two files of a name bear as their Series Number is of two examinations: these
    files belong elsewhere, and where it is not clear where, they are no case.
    """
    named: dict[str, list[_Named]] = {}
    bare: dict[str, list[_Named]] = {}
    for one in found:
        named.setdefault(one.name, []).append(one)
    twice = {name for name, group in named.items() if sum(bool(one.bare) for one in group) > 1}
    for name, group in named.items():
        if name in twice or not _is_case(group, sources):
            for one in group:
                if one.bare:
                    bare.setdefault(one.bare, []).append(one)
    for name, group in bare.items():
        unclear = any(one.name in twice for one in group)
        if unclear or (_is_case(group, sources) and name not in named):
            for one in group:
                named[one.name].remove(one)
            named[name] = [*named.get(name, ()), *group]
    return {name: _by_sequence(group) for name, group in named.items() if group}


def _is_case(group: Sequence[_Named], sources: Sequence[SequenceSource]) -> bool:
    counts = {sequence: len(paths) for sequence, paths in _by_sequence(group).items()}
    return not _incomplete(counts, sources)


def _one_holds_all(names: Sequence[set[str]]) -> bool:
    """Whether one name has all the words of the others: they then do not contradict each other."""
    return any(all(other <= one for other in names) for one in names)


def _words_of(name: str) -> list[str]:
    return [word for word in re.split(r"[\W_]+", name.casefold()) if word]


def _incomplete(counts: dict[str, int], sources: Sequence[SequenceSource]) -> str:
    """Why a case is no use: a sequence is missing, or there are two of it; "" where it is whole."""
    missing = [s.sequence for s in sources if s.sequence not in counts]
    if missing:
        return f"there is no {_words(missing, ' and no ')} of it"
    twice = [sequence for sequence, count in counts.items() if count > 1]
    several = _words(twice, " and more than one ")
    return f"there is more than one {several} of it" if twice else ""


def _words(sequences: Sequence[str], between: str) -> str:
    return between.join(MrSequence(sequence).shown for sequence in sequences)


@dataclass(frozen=True)
class _Named:
    """A file, its sequence, and its name without what speaks of the sequence.

    ``bare``: also without the Series Number at its end, where the JSON file beside it names that;
    else "".
    """

    path: Path
    sequence: str
    name: str
    bare: str = ""


def _named(path: Path, sources: Sequence[SequenceSource]) -> _Named | None:
    """None where it is none of the sequences."""
    stem = nifti_stem(path)
    longest_first = sorted(sources, key=lambda source: -len(source.mark))
    for source in longest_first:
        if source.mark and stem.lower().endswith(source.mark.lower()):
            return _Named(path, source.sequence, stem[: -len(source.mark)].rstrip("-_. "))
    free = {source.sequence for source in sources if not source.mark}
    beside = sidecar_of(path)
    sequence = beside.guess(stem).sequence.value
    if sequence not in free or beside.calculated or speaks_of_calculated(beside.description):
        return None
    by_name = _guess(stem) == sequence
    # A piece of the name speaks of the sequence where it does so alone, or where the rest without
    # it says something else.
    pieces = _PIECES.findall(stem)
    kept = [
        piece
        for number, piece in enumerate(pieces)
        if not by_name
        or (
            not _speaks(piece)
            and _guess("".join(pieces[:number] + pieces[number + 1 :])) == sequence
        )
    ]
    last = pieces[-1].strip("-_. ") if pieces else ""
    numbered = last.isdecimal() and int(last) == beside.series_number and kept[-1:] == pieces[-1:]
    name, bare = ("".join(words).strip("-_. ") for words in (kept, kept[:-1]))
    return _Named(path, sequence, name, bare if numbered else "")


def _speaks(piece: str) -> bool:
    """Whether a word is a sequence, or says with or without contrast."""
    word = piece.strip("-_. ")
    contrast = _guess(f"T1_{word}") == MrSequence.T1C
    without = _guess(f"T1_{word}_gd") != MrSequence.T1C
    return contrast or without or _guess(word) != MrSequence.UNKNOWN


def _guess(name: str) -> str:
    return guess_from_name(name).sequence.value


@dataclass(frozen=True)
class StudySeries:
    """A DICOM series, the code of its patient ("" where no tag tells) and of its study."""

    series: Series
    patient: str
    study: str

    @property
    def path(self) -> Path:
        """The first file, by which a case is named."""
        return self.series.instances[0].path


def companions(
    outlined: StudySeries, others: Iterable[StudySeries], sources: Sequence[SequenceSource]
) -> tuple[tuple[Path, ...], str]:
    """The first files of the series of each sequence, ``outlined`` for its own; or why not.

    The others are chosen among those of the same patient and study as the viewer does it. There
    are no files where no sequence, or one alone, is asked for: the case is ``outlined`` itself.
    """
    own = outlined.series
    wanted = [source.sequence for source in sources]
    if len(wanted) == 1 and own.guess.sequence.value != wanted[0]:
        return (), f"it seems to be {own.guess.sequence.shown}, which was not chosen"
    if len(wanted) < 2:
        return (), ""
    if own.guess.sequence.value not in wanted:
        return (), f"it seems to be {own.guess.sequence.shown}, which is not one of the sequences"
    whose = (outlined.patient, outlined.study)
    study = [item.series for item in others if (item.patient, item.study) == whose]
    found, missing = beside(own, study, wanted)
    if missing:
        return (), "; ".join(missing.values())
    return tuple(found[sequence].instances[0].path for sequence in wanted), ""
