"""Small parts that panels and dialogs are made of: labels, icon buttons, bars."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QLabel, QLayout, QSizePolicy, QToolButton, QWidget

from tumordesk.gui import icons, theme, tokens

TONE_ICONS = {"warning": "warning", "error": "error", "success": "check", "": "info"}


def label(text: str, role: str = "", tone: str = "", *, wrap: bool = False) -> QLabel:
    """A label of plain text, whatever the text holds. ``role`` and ``tone`` as in the theme."""
    result = QLabel()
    result.setTextFormat(Qt.TextFormat.PlainText)
    result.setText(text)
    if role:
        result.setProperty("role", role)
    if tone:
        result.setProperty("tone", tone)
    if wrap:
        result.setWordWrap(True)
        # A long word must never make a panel wider than it is.
        result.setMinimumWidth(1)
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        result.setSizePolicy(policy)
    return result


def selectable(text: str, role: str = "") -> QLabel:
    """A wrapping label whose text can be marked and copied."""
    result = label(text, role, wrap=True)
    result.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return result


def clear(layout: QLayout) -> None:
    """Take everything out of ``layout`` and delete it."""
    while (item := layout.takeAt(0)) is not None:
        widget = item.widget()
        inner = item.layout()
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            clear(inner)


def tight(layout: QBoxLayout, spacing: int = 0) -> QBoxLayout:
    """The layout without margins."""
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    return layout


def tone_colour(tone: str) -> str:
    """Colour of words of that tone in the theme in use."""
    colours = theme.palette()
    tones = {
        "warning": colours.warning_text,
        "error": colours.error_text,
        "success": colours.success_text,
        "accent": colours.accent_text,
    }
    return tones.get(tone, colours.text_secondary)


class ElidedLabel(QLabel):
    """A label of one line that ends in '…' where there is no room; the tooltip has it all."""

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        if role:
            self.setProperty("role", role)
        self._full = ""
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.set_full(text)

    @property
    def full(self) -> str:
        """The whole text."""
        return self._full

    def set_full(self, text: str) -> None:
        """Change the text."""
        self._full = text
        self._elide()
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Room for the whole text."""
        hint = super().sizeHint()
        return QSize(self.fontMetrics().horizontalAdvance(self._full) + 2, hint.height())

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        width = min(self.sizeHint().width(), self.fontMetrics().averageCharWidth() * 6)
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the text into the new width."""
        super().resizeEvent(event)
        self._elide()

    def changeEvent(self, event: QEvent) -> None:
        """Fit the text in the new font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._elide()
            self.updateGeometry()

    def _elide(self) -> None:
        mode = Qt.TextElideMode.ElideRight
        shown = self.fontMetrics().elidedText(self._full, mode, max(0, self.width()))
        if shown != self.text():
            self.setText(shown)
        self.setToolTip(self._full if shown != self._full else "")


class IconLabel(QWidget):
    """An icon that keeps the theme's colour. ``tone``: as in :func:`tone_colour`."""

    def __init__(self, name: str, tone: str = "", size: int = tokens.ICON_SMALL) -> None:
        super().__init__()
        self._name = name
        self._tone = tone
        self._size = size
        self.setFixedSize(size, size)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        if name != self._name:
            self._name = name
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the icon in the colour of its tone."""
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        painter.drawPixmap(
            0, 0, icons.pixmap(self._name, tone_colour(self._tone), self._size, ratio)
        )


class IconButton(QToolButton):
    """An icon button that follows the theme. ``tip`` is its name and its tooltip."""

    def __init__(self, name: str, tip: str, size: int = tokens.ICON_SMALL) -> None:
        super().__init__()
        self._name = name
        self.setIconSize(QSize(size, size))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_tip(tip)
        self.setIcon(icons.icon(name))

    def set_tip(self, tip: str) -> None:
        """Change tooltip and accessible name."""
        self.setToolTip(tip)
        self.setAccessibleName(tip)

    def set_icon(self, name: str) -> None:
        """Show another icon."""
        if name != self._name:
            self._name = name
            self.setIcon(icons.icon(name))


class Bar(QWidget):
    """A share 0..1 as a thin bar; the leading one in the accent colour."""

    def __init__(self, value: float, *, leading: bool = False) -> None:
        super().__init__()
        self._value = min(1.0, max(0.0, value))
        self._leading = leading
        self.setFixedHeight(tokens.BAR_H)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def value(self) -> float:
        """The share that is shown."""
        return self._value

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw groove and share."""
        colours = theme.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        radius = self.height() / 2
        painter.setBrush(QColor(colours.raised))
        painter.drawRoundedRect(QRectF(self.rect()), radius, radius)
        width = self._value * self.width()
        if width < 1:
            return
        painter.setBrush(QColor(colours.accent if self._leading else colours.text_disabled))
        painter.drawRoundedRect(
            QRectF(0, 0, max(width, self.height()), self.height()), radius, radius
        )


class Swatch(QWidget):
    """The colours of a layer's segments, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self._colours: tuple[tuple[int, int, int], ...] = ()
        self.setFixedSize(tokens.SWATCH, tokens.SWATCH)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_colours(self, colours: tuple[tuple[int, int, int], ...]) -> None:
        """(r, g, b), 0..255, of each segment."""
        if colours != self._colours:
            self._colours = colours
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw stripes of equal width."""
        painter = QPainter(self)
        step = self.width() / max(1, len(self._colours))
        for index, colour in enumerate(self._colours):
            painter.fillRect(QRectF(index * step, 0, step, self.height()), QColor(*colour))
