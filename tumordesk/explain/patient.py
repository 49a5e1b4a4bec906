"""The text for the patient: calm, short sentences, no jargon."""

from __future__ import annotations

from tumordesk.explain import parts
from tumordesk.explain.known import Known
from tumordesk.explain.writer import Writer


def tell_patient(writer: Writer, known: Known) -> None:
    """Write all paragraphs."""
    _start(writer, known)
    if "outlined.no" in known:
        writer.paragraph()
        writer.say(writer.phrase("none"))
        writer.say(writer.phrase("none_caveat"))
    elif "outlined.yes" in known:
        _outlined(writer, known)
    _change(writer, known)
    for end in known.classifiers():
        _classes(writer, known, end)
    parts.limits(writer, known)
    writer.paragraph()
    writer.say(writer.phrase("close"))


def _start(writer: Writer, known: Known) -> None:
    writer.paragraph()
    writer.say(writer.phrase("start"))
    model, slices = known.get("model"), known["slices.count"]
    if "outline.mine" in known:
        writer.say(writer.phrase("mine"))
        if model is not None:
            writer.say(writer.phrase("mine_model", model=writer.token(model)))
    elif model is not None:
        writer.say(
            writer.counted("run", slices, model=writer.token(model), slices=writer.number(slices))
        )
    else:
        writer.say(writer.phrase(parts.source(known)))
    guess = parts.sequence(writer, known)
    if guess is not None:
        writer.say(writer.phrase("sequence", sequence=guess))


def _outlined(writer: Writer, known: Known) -> None:
    count = known["lesions.count"]
    lesions = known.lesions()
    writer.paragraph()
    if count.value:
        writer.say(writer.counted("count", count, count=writer.number(count)))
    for number in lesions[: parts.DESCRIBED_LESIONS]:
        writer.line()
        _lesion(writer, known, number)
    writer.line()
    if (count.value or 0) > parts.DESCRIBED_LESIONS:
        writer.say(writer.phrase("more"))
    total, share = known.get("total.volume"), known.get("total.share")
    if total is not None and count.value != 1:
        writer.say(writer.phrase("total", total=writer.number(total)))
    elif total is None and share is not None:
        writer.say(writer.phrase("share", share=writer.number(share)))


def _lesion(writer: Writer, known: Known, number: int) -> None:
    start = f"lesion.{number}."
    first, last = known[start + "first"], known[start + "last"]
    places = {"number": writer.number(known[start + "number"]), "first": writer.number(first)}
    if first.value == last.value:
        writer.say(writer.phrase("slice", **places))
    else:
        writer.say(writer.phrase("slices", last=writer.number(last), **places))
    volume = known.get(start + "volume")
    if volume is not None:
        writer.say(writer.phrase("volume", volume=writer.number(volume)))
    longest, perpendicular = known.get(start + "longest"), known.get(start + "perpendicular")
    if longest is not None and perpendicular is not None:
        writer.say(
            writer.phrase(
                "size",
                longest=writer.number(longest),
                perpendicular=writer.number(perpendicular),
            )
        )
    elif longest is not None:
        writer.say(writer.phrase("size_one", longest=writer.number(longest)))
    side, place = known.get(start + "side"), known.get(start + "location")
    if side is not None:
        writer.say(writer.phrase(f"side.{side.words}"))
    if place is not None:
        writer.say(writer.phrase("place", place=((writer.speech.places[place.words], ""),)))


def _change(writer: Writer, known: Known) -> None:
    of = "volume" if "change.volume_percent" in known else "product"
    percent = known.get(f"change.{of}_percent")
    if percent is None or percent.value is None:
        return
    writer.paragraph()
    day = parts.earlier(writer, known)
    if day is None:
        writer.say(writer.phrase("since_unknown"))
    else:
        writer.say(writer.phrase("since", earlier=day))
    if percent.value == 0:
        writer.say(writer.phrase(f"{of}_same"))
        return
    way = "up" if percent.value > 0 else "down"
    writer.say(writer.phrase(f"{of}_{way}", percent=writer.number(percent)))
    for threshold in known.starting("threshold."):
        if parts.threshold_of(threshold) == of:
            writer.say(writer.phrase("threshold", threshold=writer.number(threshold)))


def _classes(writer: Writer, known: Known, end: str) -> None:
    writer.paragraph()
    writer.say(writer.phrase("class", classifier=writer.token(known[f"classifier{end}"])))
    writer.say((*parts.classes(writer, known, end), (writer.speech.stop, "")))
    writer.say(writer.phrase("class_estimate"))
    if parts.no_tumour_leads(known, end):
        writer.say(writer.phrase("class_none"))
    for name in ("undecided", "unlike"):
        if f"{name}{end}" in known:
            writer.say(writer.phrase(name))
    for verdict in ("elsewhere", "partly"):
        if f"focus.{verdict}{end}" in known:
            writer.say(writer.phrase(verdict))
