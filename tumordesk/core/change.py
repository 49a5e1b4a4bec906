"""What changed since an earlier study of the same patient."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Change:
    """Two studies compared; None wherever one of them supports no such number.

    Percentages are of the earlier value (+25.0 = a quarter more). ``product`` is the longest
    diameter times its perpendicular, summed over lesions (RANO). ``thresholds`` name what
    published thresholds the changes pass, as thresholds and never as a diagnosis. ``refused``
    says why a number is missing; ``doubts`` what makes the comparison weak (another sequence,
    another slice thickness, another model).
    """

    earlier_date: str
    later_date: str
    earlier_series: str
    volume_before_mm3: float | None
    volume_after_mm3: float | None
    volume_percent: float | None
    product_before_mm2: float | None
    product_after_mm2: float | None
    product_percent: float | None
    thresholds: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    earlier_key: str = ""
    """Key of the earlier series in the session, to jump there; ``earlier_series`` is its name for
    people."""
