"""What all registers tell in the same way: sequence, days, classes, reasons."""

from __future__ import annotations

from tumordesk.core.explanation import Fact
from tumordesk.explain.known import Known, class_name
from tumordesk.explain.writer import Run, Writer

DESCRIBED_LESIONS = 3
TOLD_CLASSES = 6
TOLD_SLICES = 5


def sequence(writer: Writer, known: Known) -> Run | None:
    """The guessed sequence, by the name it has in this language."""
    fact = known.get("sequence")
    if fact is None:
        return None
    return writer.token(fact, writer.speech.sequences.get(fact.words, fact.words))


def source(known: Known) -> str:
    """The phrase on where an outline without a model comes from."""
    if "outline.map" in known:
        return "map"
    return "file" if "outline.file" in known else "nothing"


def earlier(writer: Writer, known: Known) -> Run | None:
    """The day of the earlier study."""
    fact = known.get("date.earlier")
    return None if fact is None else writer.token(fact, writer.speech.day(fact.words))


def label(writer: Writer, fact: Fact) -> Run:
    """The name of a class: translated where it is a known one, else as the model's card has it."""
    return ((writer.speech.labels.get(class_name(fact), fact.words), ""),)


def classes(writer: Writer, known: Known, end: str) -> Run:
    """'glioma 87 %, meningioma 9 %', the likeliest first."""
    items = [
        writer.phrase("class_item", label=label(writer, fact), probability=writer.number(fact))
        for fact in known.classes(end)[:TOLD_CLASSES]
    ]
    return writer.joined(items, writer.speech.comma)


def no_tumour_leads(known: Known, end: str) -> bool:
    """Whether the likeliest class is that of no tumour."""
    found = known.classes(end)
    return bool(found) and class_name(found[0]) in ("no_tumor", "no_tumour", "notumor", "normal")


def limits(writer: Writer, known: Known) -> None:
    """A paragraph of refusals, warnings, notes and doubts, each a sentence; none where none is."""
    reasons = writer.speech.reasons
    told = [
        reasons[fact.key.split(".", 1)[1]]
        for group in ("refused.", "warning.", "note.", "change.doubt")
        for fact in known.starting(group)
    ]
    if known.lesions() and not known.starting("lesion.1.side"):
        told.append(reasons["side-unknown"])
    if not told:
        return
    writer.paragraph()
    writer.line(writer.phrase("limits"))
    writer.line()
    for sentence in dict.fromkeys(told):
        writer.say(((sentence, ""),))


def threshold_of(fact: Fact) -> str:
    """'volume' or 'product' of 'threshold.1.product'."""
    return fact.key.rsplit(".", 1)[1]
