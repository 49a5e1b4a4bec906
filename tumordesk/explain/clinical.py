"""The texts for the referring doctor (a structured summary) and the radiologist (terse)."""

from __future__ import annotations

from tumordesk.core.explanation import Fact
from tumordesk.explain import parts
from tumordesk.explain.known import Known
from tumordesk.explain.writer import Run, Writer


def tell_clinician(writer: Writer, known: Known) -> None:
    """Write all paragraphs; what only the radiologist is told hangs on the register's phrases."""
    _series(writer, known)
    _made_by(writer, known)
    if "outlined.no" in known:
        writer.paragraph()
        writer.say(writer.phrase("none"))
    elif "outlined.yes" in known:
        _outlined(writer, known)
    _change(writer, known)
    for end in known.classifiers():
        _classes(writer, known, end)
    parts.limits(writer, known)
    writer.paragraph()
    writer.say(writer.phrase("close"))


def _series(writer: Writer, known: Known) -> None:
    slices = known["slices.count"]
    guess = parts.sequence(writer, known)
    geometry = writer.speech.geometry.get(known["geometry"].words, "")
    places: dict[str, Run] = {"slices": writer.number(slices), "geometry": ((geometry, ""),)}
    if guess is not None:
        places["sequence"] = guess
    writer.paragraph()
    writer.say(writer.counted("unknown" if guess is None else "series", slices, **places))
    distance = known.get("slices.distance")
    if distance is not None and writer.has("distance"):
        writer.say(writer.phrase("distance", distance=writer.number(distance)))


def _made_by(writer: Writer, known: Known) -> None:
    model, digest = known.get("model"), known.get("model.hash")
    writer.line()
    if "outline.mine" in known:
        writer.say(writer.phrase("mine"))
        if model is not None:
            writer.say(writer.phrase("mine_model", model=writer.token(model)))
    elif model is not None:
        writer.say(_with_hash(writer, "model", digest, model=writer.token(model)))
    else:
        writer.say(writer.phrase(parts.source(known)))


def _with_hash(writer: Writer, name: str, digest: Fact | None, **places: Run) -> Run:
    """The phrase with the hash where it is known and this register tells it."""
    if digest is None and writer.has(f"{name}_nohash"):
        return writer.phrase(f"{name}_nohash", **places)
    if digest is not None:
        places["hash"] = writer.token(digest)
    return writer.phrase(name, **places)


def _outlined(writer: Writer, known: Known) -> None:
    count, slices = known["lesions.count"], known["slices.count"]
    writer.paragraph()
    if count.value:
        writer.say(writer.counted("count", count, count=writer.number(count)))
    for number in known.lesions()[: parts.DESCRIBED_LESIONS]:
        items = writer.joined(_lesion(writer, known, number), writer.speech.semicolon)
        own = writer.number(known[f"lesion.{number}.number"])
        writer.line(writer.phrase("lesion", number=own, parts=items))
    writer.line()
    if (count.value or 0) > parts.DESCRIBED_LESIONS:
        writer.say(writer.phrase("more"))
    tumour_slices = known.get("slices.tumour")
    if tumour_slices is None:
        return
    total, share = known.get("total.volume"), known["total.share"]
    places = {"tumour_slices": writer.number(tumour_slices), "slices": writer.number(slices)}
    if total is not None:
        writer.say(writer.counted("total", tumour_slices, total=writer.number(total), **places))
    else:
        writer.say(writer.counted("share", tumour_slices, share=writer.number(share), **places))


def _lesion(writer: Writer, known: Known, number: int) -> list[Run]:
    """What is told of a lesion, part by part."""
    start = f"lesion.{number}."
    told: list[Run] = []
    volume, product = known.get(start + "volume"), known.get(start + "product")
    if volume is not None:
        told.append(writer.phrase("volume", volume=writer.number(volume)))
    longest, perpendicular = known.get(start + "longest"), known.get(start + "perpendicular")
    if longest is not None:
        sizes = {"longest": writer.number(longest)}
        if perpendicular is not None:
            sizes["perpendicular"] = writer.number(perpendicular)
        told.append(writer.phrase("size" if perpendicular else "size_one", **sizes))
    if product is not None and writer.has("product"):
        told.append(writer.phrase("product", product=writer.number(product)))
    side, place = known.get(start + "side"), known.get(start + "location")
    if side is not None:
        told.append(writer.phrase(f"side.{side.words}"))
    if place is not None:
        told.append(writer.phrase("place", place=((writer.speech.places[place.words], ""),)))
    return [*told, *_extent(writer, known, start)]


def _extent(writer: Writer, known: Known, start: str) -> list[Run]:
    first, last = known[start + "first"], known[start + "last"]
    if first.value == last.value:
        return [writer.phrase("slice", first=writer.number(first))]
    told = [writer.phrase("slices", first=writer.number(first), last=writer.number(last))]
    if writer.has("largest"):
        told.append(writer.phrase("largest", slice=writer.number(known[start + "slice"])))
    return told


def _change(writer: Writer, known: Known) -> None:
    if not known.starting("change.volume_") and not known.starting("change.product_"):
        return
    writer.paragraph()
    day = parts.earlier(writer, known)
    if day is None:
        writer.say(writer.phrase("since_unknown"))
    else:
        writer.say(writer.phrase("since", earlier=day))
    for of in ("volume", "product"):
        _change_of(writer, known, of)


def _change_of(writer: Writer, known: Known, of: str) -> None:
    before, after = known.get(f"change.{of}_before"), known.get(f"change.{of}_after")
    percent = known.get(f"change.{of}_percent")
    if percent is None:
        return
    change = writer.number(percent, signed=True)
    if before is not None and after is not None:
        writer.line(
            writer.phrase(
                f"{of}_change",
                before=writer.number(before),
                after=writer.number(after),
                percent=change,
            )
        )
    else:
        writer.line(writer.phrase(f"{of}_percent", percent=change))
    for threshold in known.starting("threshold."):
        if parts.threshold_of(threshold) == of:
            writer.say(writer.phrase(f"threshold.{of}", threshold=writer.number(threshold)))


def _classes(writer: Writer, known: Known, end: str) -> None:
    writer.paragraph()
    writer.say(
        _with_hash(
            writer,
            "class",
            known.get(f"classifier.hash{end}"),
            classifier=writer.token(known[f"classifier{end}"]),
            list=parts.classes(writer, known, end),
        )
    )
    writer.say(writer.phrase("class_estimate"))
    if parts.no_tumour_leads(known, end):
        writer.say(writer.phrase("class_none"))
    if f"undecided{end}" in known:
        writer.say(writer.phrase("undecided"))
    driving = known.driving(end)[: parts.TOLD_SLICES]
    if driving and writer.has("driving"):
        numbers = writer.joined([writer.number(fact) for fact in driving], writer.speech.comma)
        writer.say(writer.phrase("driving", list=numbers))
    _focus(writer, known, end)


def _focus(writer: Writer, known: Known, end: str) -> None:
    if f"unlike{end}" in known:
        writer.say(writer.phrase("unlike"))
    for verdict in ("elsewhere", "partly", "inside"):
        if f"focus.{verdict}{end}" in known:
            writer.say(writer.phrase(verdict))
    share, overlap = known.get(f"focus.share{end}"), known.get(f"focus.overlap{end}")
    if share is not None and writer.has("focus"):
        writer.say(writer.phrase("focus", share=writer.number(share)))
    if overlap is not None and writer.has("overlap"):
        writer.say(writer.phrase("overlap", overlap=writer.number(overlap)))
