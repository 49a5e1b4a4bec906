"""The report itself: which element stands where."""

from __future__ import annotations

from tumordesk.core.evaluation import CLASS_DICE, CaseResult, Evaluation, Interval
from tumordesk.core.model_card import NOTICE
from tumordesk_training.environment import packages
from tumordesk_training.history import seconds_per_epoch
from tumordesk_training.report import charts
from tumordesk_training.report.canvas import image_html
from tumordesk_training.report.content import Content, Picture, config_rows
from tumordesk_training.report.page import Page, heading, paragraph
from tumordesk_training.split import Split

NAMES = {
    "balanced_accuracy": "Balanced accuracy",
    "accuracy": "Accuracy",
    "macro_f1": "F1, mean over classes",
    "auc": "Area under the ROC curve",
    "ece": "Calibration error (ECE)",
    "dice_mean": "Dice, mean over groups",
    "dice_classes_mean": "Dice of classes, mean",
    "dice_by_image_mean": "Dice, mean over pictures",
    "iou_mean": "IoU, mean over groups",
    "hd95_mm_median": "HD95, median, mm",
    "hd95_px_median": "HD95, median, pixels",
    "false_positive_share": "Empty pictures with more than 50 px outlined",
}
"""Figures in plain words, in the order in which they are shown."""

PARTS = {"train": "training", "val": "validation", "test": "test"}


def report_html(content: Content, *, simple: bool = False) -> str:
    """One self-contained HTML document: no script, nothing loaded from elsewhere.

    ``simple``: only what QTextDocument lays out (tables, PNG pictures), for PDF.
    """
    found = content.found
    page = Page(f"{found.model}: training report", simple=simple)
    page.add(
        heading(found.model, 1),
        paragraph(
            f"{found.task.capitalize()} with {found.architecture}. Report of the run "
            f"{content.run.folder.name}, measured on {found.date}.",
            quiet=True,
        ),
        page.box("notice", NOTICE, ()),
    )
    _headline(page, content)
    _curves(page, content)
    _results(page, found, content)
    _cases(page, content)
    _origin(page, content)
    page.add(paragraph(NOTICE))
    return page.text()


def _headline(page: Page, content: Content) -> None:
    found = content.found
    shown = [(name, found.figures[key]) for key, name in NAMES.items() if key in found.figures]
    shown += [
        (f"Dice of {key.removeprefix(CLASS_DICE)}, mean over groups", figure)
        for key, figure in found.figures.items()
        if key.startswith(CLASS_DICE)
    ]
    page.add(heading(f"Figures on the {PARTS[found.part]} part"))
    if page.simple:
        rows = [[name, _value(figure), _range(figure)] for name, figure in shown]
        page.add(page.table(["figure", "value", "95 % interval"], rows))
    else:
        cards = (page.card(name, _value(figure), _range(figure)) for name, figure in shown)
        page.add(f'<div class="cards">{"".join(cards)}</div>')
    if found.warnings:
        page.add(page.box("warning", "Read this with the figures", found.warnings))
    page.add(
        paragraph(
            f"{found.pictures} pictures or slices of {found.group_count} groups (patients, where "
            f"they are known). Intervals: 1000 draws of groups with replacement; "
            f"exact (Clopper-Pearson) for shares where all groups are alike. "
            f"Measured by the code that the program itself runs models with, on {found.device}.",
            quiet=True,
        )
    )


def _value(figure: Interval) -> str:
    return f"{figure.value:.1f}" if figure.value >= 2.0 else f"{figure.value:.3f}"


def _range(figure: Interval) -> str:
    if figure.low is None or figure.high is None:
        return "no interval"
    low, high = Interval(figure.low), Interval(figure.high)
    return f"{_value(low)} to {_value(high)}"


def _curves(page: Page, content: Content) -> None:
    if not content.epochs:
        return
    seconds = seconds_per_epoch(content.epochs)
    each = "" if seconds is None else f", about {seconds:.0f} s each"
    where = f" on {content.device}" if content.device else ""
    page.add(
        heading("Training"),
        paragraph(f"{len(content.epochs)} epochs{each}{where}."),
        page.row(charts.curves(content.epochs, content.found.task, page.make)),
    )
    if content.run_warnings:
        page.add(page.box("warning", "What the run warned of", content.run_warnings))


def _results(page: Page, found: Evaluation, content: Content) -> None:
    page.add(heading("Results"))
    if found.task == "classification":
        header = ["class", "pictures", "precision", "recall", "F1", "AUC"]
        rows = [
            [c.name, c.pictures, c.precision, c.recall, c.f1, c.auc] for c in found.class_figures
        ]
        drawn = [f(found, page.make) for f in (charts.confusion, charts.roc, charts.calibration)]
        page.add(page.table(header, rows), page.row(drawn))
        return
    unit = "mm" if any("hd95_mm" in row for row in found.groups.values()) else "px"
    header = ["group", "pictures", "Dice", "IoU", f"HD95 ({unit})"]
    ordered = sorted(found.groups.items(), key=lambda item: _low_first(item[1].get("dice")))
    rows = [
        [
            content.name(name),
            int(row["pictures"] or 0),
            *(row.get(key) for key in ("dice", "iou", f"hd95_{unit}")),
        ]
        for name, row in ordered
    ]
    page.add(
        page.row([charts.box_plot(found, page.make)]),
        page.folded(f"All {len(rows)} groups, the lowest Dice first", page.table(header, rows)),
    )


def _low_first(value: float | None) -> float:
    return 2.0 if value is None else value


def _cases(page: Page, content: Content) -> None:
    what = {
        "classification": "Colours show where the network looked for the class it named "
        "(class-activation map), bright yellow most.",
        "segmentation": "Blue: the outline that is true. Orange: the outline that was found.",
    }[content.found.task]
    if not content.worst and not content.best:
        return
    page.add(heading("Best and worst cases"), paragraph(what))
    if content.note:
        page.add(page.box("warning", content.note, ()))
    worst = {"classification": "Wrong, and most sure of it", "segmentation": "Lowest Dice"}
    best = {"classification": "Right, and most sure of it", "segmentation": "Highest Dice"}
    for title, pictures in ((worst, content.worst), (best, content.best)):
        shown = [_picture(page, content, picture) for picture in pictures]
        page.add(heading(title[content.found.task], 3))
        page.add(page.row(shown, 3) or paragraph("None.", quiet=True))
    if not content.names:
        page.add(
            paragraph(
                "Names of pictures and groups are those of the data folder. Make sure that they "
                "name no patient before you pass this report on, or write it with --no-names.",
                quiet=True,
            )
        )


def _picture(page: Page, content: Content, picture: Picture) -> str:
    case = picture.case
    if content.found.task == "classification":
        said = f"said {case.said} ({max(case.probabilities):.2f})"
        lines = [said if case.said == case.truth else f"{said}, is {case.truth}"]
    else:
        name = "Dice, all as one" if len(content.found.classes) > 2 else "Dice"
        lines = [f"{name} {case.dice or 0.0:.3f}{_apart(case)}"]
    width = 192 if page.simple else 208
    image = image_html(picture.png, width, case.said or "outlines") if picture.png else ""
    return page.picture(image, [*lines, content.name(case.key)])


def _apart(case: CaseResult) -> str:
    if case.hd95_mm is not None:
        return f", HD95 {case.hd95_mm:.1f} mm"
    return "" if case.hd95_px is None else f", HD95 {case.hd95_px:.1f} px"


def _origin(page: Page, content: Content) -> None:
    run, found = content.run, content.found
    split = run.split
    header = ["part", *sorted({label for row in split.counts.values() for label in row})]
    rows = [
        [PARTS.get(part, part), *(row.get(label, 0) for label in header[1:])]
        for part, row in split.counts.items()
    ]
    page.add(
        heading("Data and split"),
        paragraph(
            f"Data folder {run.root.name}. Split by {_method(split.method)}, {_made(split)}. "
            f"Split id {found.split_id[:16]}: figures of runs with the same id may be compared."
        ),
        page.table(header, rows),
    )
    decided = [[d.finding, d.action, d.reason] for d in run.config.data.decisions]
    if decided:
        page.add(heading("Decisions on the data", 3))
        page.add(page.table(["finding", "decision", "reason"], decided))
    if found.skipped:
        skipped = [[content.name(key), reason] for key, reason in found.skipped]
        page.add(heading("Left out", 3), page.table(["file", "reason"], skipped))
    page.add(heading("How to repeat it"), _software(page, content))
    page.add(page.folded("Configuration", page.table(["entry", "value"], config_rows(run))))


def _method(method: str) -> str:
    return {"group": "group (patient)", "stratified": "picture, balanced over classes"}.get(
        method, "picture"
    )


def _made(split: Split) -> str:
    if split.origin == "given":
        return "as the folders of the data say"
    return f"{split.origin} with {split.seed}" if split.origin == "seeded" else split.origin


def _software(page: Page, content: Content) -> str:
    environment = content.environment
    versions = environment.get("packages")
    listed = versions if isinstance(versions, dict) else packages()
    rows = [[name, str(version)] for name, version in listed.items()]
    for key in ("python", "system", "processor"):
        if isinstance(environment.get(key), str):
            rows.append([key, environment[key]])
    return page.table(["software", "version"], rows)
