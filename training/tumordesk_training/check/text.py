"""The report of check-data for a person, in a few lines."""

from __future__ import annotations

from tumordesk.core.data_report import DataFinding, DataReport

_MARKS = {"problem": "!!", "warning": " !", "info": "  "}
_SHOWN = 3


def check_text(report: DataReport) -> str:
    """Counts, and each finding with examples and advice."""
    lines = [
        f"{report.root}: {report.pictures} {report.many(report.pictures)}; {report.layout_title}",
        f"  can teach: {report.task}",
        f"  classes: {_listed(report.classes, '(none)')}",
        f"  parts: {_listed(report.parts, '(not split)')}",
        f"  {_patients(report)}",
        f"  sizes: {_listed(dict(list(report.sizes.items())[:5]), '')}",
        f"  stored as: {_listed(report.modes, 'unknown')}",
    ]
    if report.sequence:
        lines.append(f"  sequence: {report.sequence}, by names or headers")
    if report.task == "segmentation":
        lines.append(f"  masks: {_listed(report.masks, '')}")
    lines += [line for finding in report.findings for line in _finding(finding)]
    if not report.findings:
        lines.append("  nothing is wrong with it")
    return "\n".join(lines)


def _listed(counts: dict[str, int], nameless: str) -> str:
    return ", ".join(f"{name or nameless} {n}" for name, n in counts.items()) or "none"


def _patients(report: DataReport) -> str:
    found = report.patients
    if not found.known:
        return "patients: not known"
    return f"patients (or groups that stand for them): {found.count}, known from {found.source}"


def _finding(finding: DataFinding) -> list[str]:
    lines = [f"{_MARKS[finding.severity]} {finding.title}"]
    for example in finding.examples[:_SHOWN]:
        note = f"  ({example.note})" if example.note else ""
        lines.append(f"       {' | '.join(example.keys)}{note}")
    lines.append(f"     > {finding.advice}")
    return lines
