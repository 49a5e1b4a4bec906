"""All runs side by side; whether they were measured on the same pictures is said above them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from tumordesk.core.evaluation import Interval
from tumordesk.core.run_warnings import told_together
from tumordesk.gui import tokens
from tumordesk.gui.panels.parts import IconLabel, tight
from tumordesk.gui.training_wizard.beside import words
from tumordesk.gui.training_wizard.figures_view import Caveats
from tumordesk.gui.training_wizard.tables import FactTable
from tumordesk.session.results import UNKNOWN, ComparedRun, Comparison, figure_columns, shown

_FACTS = ("Run", "Network", "Parameters", "Input", "Epochs", "s/epoch", "Device", "Split")
_SHORT = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced",
    "macro_f1": "F1",
    "auc": "AUC",
    "ece": "ECE",
    "dice_mean": "Dice/patient",
    "dice_classes_mean": "Dice/class",
    "dice_by_image_mean": "Dice/picture",
    "iou_mean": "IoU",
    "hd95_px_median": "HD95",
    "hd95_mm_median": "HD95",
    "false_positive_share": "False pos.",
}
SHOWN_FIGURES = 2
SAME = "All of these were measured on the same test pictures."
APART = "Different splits: side by side, no ranking between them."
NOT_MEASURED = "not evaluated"
WARNED = "\N{WARNING SIGN}"


class ComparisonTable(QWidget):
    """``opened(run)``: the folder of a row that was chosen with Enter or a double click."""

    opened = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._sign = IconLabel("check", "success")
        self._warning = IconLabel("warning", "warning")
        self.words = words("", "secondary")
        head = tight(QHBoxLayout(), tokens.SPACE_8)
        head.addWidget(self._sign)
        head.addWidget(self._warning)
        head.addWidget(self.words, 1)
        self.table = FactTable("Runs side by side", _FACTS)
        self.table.itemActivated.connect(lambda item: self._open(item.row()))
        column = tight(QVBoxLayout(self), tokens.SPACE_8)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        self.caveats = Caveats()
        column.addWidget(self.caveats)
        column.addStretch(0)
        self._rows: tuple[ComparedRun, ...] = ()
        self.say("Runs are compared once one was evaluated.")

    def say(self, text: str, *, tone: str = "") -> None:
        """Only words: nothing to compare yet, or why there is nothing."""
        self._sign.setVisible(tone == "success")
        self._warning.setVisible(tone == "warning")
        self.words.setText(text)
        self.words.setProperty("tone", tone if tone == "warning" else "")
        self.words.style().unpolish(self.words)
        self.words.style().polish(self.words)
        self.table.setVisible(bool(self._rows))

    def show_comparison(self, found: Comparison, current: str = "", folds: str = "") -> None:
        """Show the runs, those of each split together and the best of them first; ``current`` is
        marked. ``folds``: what those of one cross-validation came to together, whose test pictures
        differ on purpose."""
        columns = figure_columns(found.rows)[:SHOWN_FIGURES]
        self._rows = ranked(found.rows, columns[0] if columns else "")
        apart = len({row.split_id for row in found.rows}) > 1
        headings = [_FACTS[0], _FACTS[1], *(_SHORT.get(key, key) for key in columns), *_FACTS[2:]]
        self.table.set_headings(_placed(headings, apart))
        rows = [_placed(_texts(row, columns, row.run == current), apart) for row in self._rows]
        self.table.set_rows(rows, [_tip(row) for row in self._rows])
        place = next((i for i, row in enumerate(self._rows) if row.run == current), -1)
        if place >= 0:
            self.table.selectRow(place)
        measured = [(row.name, row.warnings) for row in self._rows if any(row.figures.values())]
        self.caveats.show_sentences(told_together(measured))
        if folds:
            self.say(folds, tone="success")
        elif len(self._rows) < 2:
            self.say("This is the only run so far. Train another one to compare.")
        elif found.same_split:
            self.say(SAME, tone="success")
        elif found.side_by_side:
            self.say(f"{APART} {found.reason}", tone="warning")
        else:
            self.say(f"Not the same test pictures: {found.reason}", tone="warning")

    @property
    def runs(self) -> tuple[str, ...]:
        """Folders of the rows from top to bottom."""
        return tuple(row.run for row in self._rows)

    def _open(self, place: int) -> None:
        self.opened.emit(self._rows[place].run)


def ranked(rows: tuple[ComparedRun, ...], key: str) -> tuple[ComparedRun, ...]:
    """Runs of one split together, the best first; splits in the order they came in, not ranked."""
    splits = list(dict.fromkeys(row.split_id for row in rows))
    return tuple(sorted(rows, key=lambda row: (splits.index(row.split_id), *_order(row, key))))


def _placed(cells: list[str], apart: bool) -> list[str]:
    """With the split, which is last, before the figures where the runs differ in it."""
    return [*cells[:2], cells[-1], *cells[2:-1]] if apart else cells


def _order(row: ComparedRun, key: str) -> tuple[bool, float, str]:
    figure = row.figures.get(key)
    return (figure is None, -(figure.value if figure is not None else 0.0), row.name)


def _texts(row: ComparedRun, columns: tuple[str, ...], current: bool) -> list[str]:
    figures = [_figure(key, row.figures.get(key)) for key in columns]
    if figures and not any(row.figures.values()):
        figures[0] = NOT_MEASURED
    name = f"{row.name} (this run)" if current else row.name
    return [
        f"{name}  {WARNED}" if row.warnings else name,
        row.architecture,
        *figures,
        millions(row.parameters),
        size_text(row.input),
        UNKNOWN if row.epochs is None else str(row.epochs),
        UNKNOWN if row.seconds_per_epoch is None else f"{row.seconds_per_epoch:.0f}",
        row.device or UNKNOWN,
        _split(row),
    ]


_SPLITS = {"group": "by patient", "stratified": "stratified", "random": "random"}


def _split(row: ComparedRun) -> str:
    return row.split or _SPLITS.get(row.split_method, row.split_method or UNKNOWN)


def _figure(key: str, figure: Interval | None) -> str:
    if figure is None:
        return UNKNOWN
    value, unit = shown(key, figure.value)
    return f"{value}\N{NO-BREAK SPACE}{unit}" if unit else value


def _tip(row: ComparedRun) -> str:
    copies = f", copies {row.copies}" if row.copies else ""
    split = f"Split {_split(row)}{copies}"
    lines = [line for line in (row.name, row.run, split, row.note) if line]
    for key, figure in row.figures.items():
        if figure is not None and figure.low is not None and figure.high is not None:
            low, high = shown(key, figure.low)[0], shown(key, figure.high)[0]
            lines.append(f"{_SHORT.get(key, key)}: {_figure(key, figure)} ({low} to {high})")
    lines += row.warnings
    return "\n".join(lines)


def millions(count: int | None) -> str:
    """Parameters of a network: 3.2 M."""
    return UNKNOWN if count is None else f"{count / 1e6:.1f}\N{NO-BREAK SPACE}M"


def size_text(size: object) -> str:
    """Rows × columns of a network's input, whatever form the document has."""
    if isinstance(size, (list, tuple)) and len(size) >= 2:
        return f"{size[-2]} × {size[-1]}"
    if isinstance(size, dict) and "size" in size:
        return size_text(size["size"])
    return str(size).split(",")[0].replace(" x ", " × ") if size else UNKNOWN
