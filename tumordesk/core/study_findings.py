"""Everything known of one series at one moment: what is explained, exported, listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from tumordesk.core.activation import ActivationMap, Focus
from tumordesk.core.change import Change
from tumordesk.core.explanation import Explanation
from tumordesk.core.finding import AnalysisResult, Measurements
from tumordesk.core.segmentation import Segmentation
from tumordesk.core.study import Patient, Series, Study
from tumordesk.core.volume import Volume


@dataclass(frozen=True, eq=False)
class StudyFindings:
    """A series, its voxels, its outline and what was found.

    ``outline`` is the layer that is shown: of a model ('ai', ``made_by`` says how) or the
    person's own ('mine'; ``made_by`` is the run it was copied from, or None). ``measurements``
    are those of ``outline``. ``classifications`` are one result for each classifier run.
    ``patient`` and ``study`` are None where the source does not say.
    """

    series: Series
    volume: Volume
    patient: Patient | None = None
    study: Study | None = None
    outline: Segmentation | None = None
    origin: Literal["ai", "mine"] = "ai"
    made_by: AnalysisResult | None = None
    measurements: Measurements | None = None
    classifications: tuple[AnalysisResult, ...] = ()
    maps: Mapping[str, ActivationMap] = field(default_factory=dict)
    """Activation maps by model id."""
    foci: Mapping[str, Focus] = field(default_factory=dict)
    """How map and outline meet, by model id."""
    change: Change | None = None
    explanation: Explanation | None = None

    @property
    def from_file(self) -> bool:
        """Whether the outline came out of a file (perhaps corrected): how it was made is not known.

        What a person draws anew names no algorithm.
        """
        segments = () if self.outline is None else self.outline.segments
        return self.made_by is None and any(s.algorithm_name for s in segments)
