"""Tooltips repeat what files say of themselves: it is shown, never followed."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QToolTip, QWidget


def test_a_tooltip_is_plain_text_whatever_a_file_calls_itself(qtbot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()
    # As rich text, Windows would ask the server for the picture, with the person's password hash.
    hostile = '<img src="file://server/share/x.png"><b>AX FLAIR</b>'
    QToolTip.showText(QPoint(10, 10), hostile, widget)

    def tip() -> QLabel:
        shown = [one for one in QApplication.allWidgets() if one.inherits("QTipLabel")]
        assert len(shown) == 1
        return shown[0]

    qtbot.waitUntil(lambda: tip().text() == hostile)
    assert tip().textFormat() is Qt.TextFormat.PlainText
    QToolTip.hideText()
