"""What is large in the wizard is made in pieces, and at once where it is asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from tumordesk.gui.training_wizard.controls import Whole
from tumordesk.gui.training_wizard.curves import CurvesView
from tumordesk.gui.training_wizard.form import FormSection
from tumordesk.gui.training_wizard.pieces import Later, Pieces
from tumordesk.gui.training_wizard.plot import Plot
from tumordesk.gui.training_wizard.sectioned import SectionedForm
from window_fixtures import until

TALL = 700


class Form(SectionedForm):
    """Three sections, one of which is left out."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.edits: list[str] = []
        self.build({name: self._maker(name) for name in ("One", "Two", "Three")})

    def _maker(self, name: str):
        def make(parent: QWidget) -> FormSection:
            section = FormSection(parent, f"Section {name}")
            section.add(name, name, Whole(0, 9), "A number.")
            return section

        return make

    def made(self) -> None:
        """Nobody has seen a row yet."""
        assert not any(row.control.isVisible() for row in self._rows.values())
        self.leave_out("Two")

    def row_edited(self, path: str) -> None:
        """Note it."""
        self.edits.append(path)


@pytest.fixture
def form(qtbot: QtBot) -> Iterator[Form]:
    """A shown form, not made yet."""
    window = QWidget()
    qtbot.addWidget(window)
    made = Form(window)
    with qtbot.waitExposed(window):
        window.show()
    yield made
    made._pieces.stop()


def _place(form: Form, name: str) -> int:
    """Where a section begins, from the top of what is seen."""
    return form.sections[name].mapTo(form._area.viewport(), QPoint(0, 0)).y()


def _grown(form: Form, name: str) -> None:
    """A section gets something tall, as pictures that arrive late."""
    late = QLabel("Late")
    late.setFixedHeight(TALL)
    form.sections[name].add_wide(late)


def _seen(form: Form) -> list[str]:
    return [s.title for s in form.findChildren(FormSection) if s.isVisible()]


def test_a_form_comes_by_itself_without_what_is_left_out(qtbot: QtBot, form: Form) -> None:
    until(qtbot, lambda: _seen(form) == ["Section One", "Section Three"])
    assert form.jumps["One"].isVisible()
    assert not form.jumps["Two"].isVisible()
    form.leave_out()
    assert _seen(form) == ["Section One", "Section Two", "Section Three"]


def test_whoever_asks_gets_the_whole_form_at_once(qtbot: QtBot, form: Form) -> None:
    control = form.rows["Three"].control
    assert control.isVisible()
    assert isinstance(control, Whole)
    control.setValue(7)
    assert form.edits == ["Three"]


def test_pieces_are_done_in_order_and_can_be_given_up(qtbot: QtBot) -> None:
    owner, done = QWidget(), []
    qtbot.addWidget(owner)
    pieces = Pieces(owner)
    pieces.add(*(lambda k=k: done.append(k) for k in range(3)))
    assert done == []
    until(qtbot, lambda: done == [0, 1, 2])
    pieces.add(lambda: done.append(3))
    pieces.stop()
    pieces.add(lambda: done.append(4))
    pieces.finish()
    assert done == [0, 1, 2, 4]


def test_a_part_for_later_is_made_once(qtbot: QtBot) -> None:
    place: Later[QLabel] = Later(lambda: QLabel("here"))
    qtbot.addWidget(place)
    assert place.made is None
    part = place.part
    assert place.part is part is place.made


def test_charts_are_drawn_once_they_are_seen(qtbot: QtBot) -> None:
    view = CurvesView("segmentation")
    qtbot.addWidget(view)
    view.resize(900, 300)
    view.loss.set_line("epochs", [1.0, 2.0], [0.5, 0.25])
    places = [plot._place for plot in (view.score, view.loss, view.rate)]
    assert not any(place.made for place in places)
    height = view.sizeHint().height()
    view.show()
    until(qtbot, lambda: all(place.made for place in places))
    drawn = view.loss.chart.getPlotItem().listDataItems()
    assert [0.5, 0.25] in [item.yData.tolist() for item in drawn if item.yData is not None]
    assert view.sizeHint().height() == height


def test_a_single_value_stands_on_an_axis_of_its_size(qtbot: QtBot) -> None:
    plot = Plot("Learning rate")
    qtbot.addWidget(plot)
    plot.show()
    plot.set_line("rate", [1.0], [0.001])
    low, high = plot.chart.getPlotItem().vb.viewRange()[1]
    assert 0.0 < low < 0.001 < high < 0.01
    plot.set_line("rate", [1.0, 2.0], [0.001, 0.1])
    until(qtbot, lambda: plot.chart.getPlotItem().vb.viewRange()[1][1] >= 0.1)


@pytest.mark.parametrize("epochs", [1, 2, 3, 40])
def test_epochs_are_whole_numbers_on_the_axis(qtbot: QtBot, epochs: int) -> None:
    plot = Plot("Loss")
    qtbot.addWidget(plot)
    plot.resize(500, 250)
    plot.show()
    plot.set_line("loss", [float(n + 1) for n in range(epochs)], [0.5] * epochs)
    axis = plot.chart.getPlotItem().getAxis("bottom")
    low, high = plot.chart.getPlotItem().vb.viewRange()[0]
    ticks = [tick for _, values in axis.tickValues(low, high, 500.0) for tick in values]
    assert ticks
    assert all(float(tick).is_integer() for tick in ticks)


@pytest.fixture
def tall(qtbot: QtBot, form: Form) -> Form:
    """A form with more than fits into the window, shown from its third section on."""
    for name in ("One", "Three"):
        _grown(form, name)
    until(qtbot, lambda: form.sections["Three"].y() > TALL)
    form.show_section("Three")
    assert _place(form, "Three") == 0
    return form


def test_what_is_looked_at_stays_when_something_above_grows(qtbot: QtBot, tall: Form) -> None:
    _grown(tall, "One")
    until(qtbot, lambda: tall.sections["Three"].y() > 2 * TALL)
    assert _place(tall, "Three") == 0
    assert tall.jumps["Three"].isChecked()


def test_a_place_that_a_person_scrolled_to_stays_too(qtbot: QtBot, tall: Form) -> None:
    bar = tall._area.verticalScrollBar()
    bar.setValue(bar.value() + 90)
    _grown(tall, "One")
    until(qtbot, lambda: tall.sections["Three"].y() > 2 * TALL)
    assert _place(tall, "Three") == -90
    bar.setValue(40)
    _grown(tall, "One")
    until(qtbot, lambda: tall.sections["Three"].y() > 3 * TALL)
    assert bar.value() == 40
