"""Own icons: 1.5 px outlines on a 20 px grid, tinted from the tokens, sharp at every scale."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from tumordesk.core.paths import resource_root
from tumordesk.gui import theme, tokens

_INK = b"#000000"


@lru_cache(maxsize=256)
def _svg(name: str) -> bytes:
    return (resource_root() / "icons" / f"{name}.svg").read_bytes()


def icon_names() -> tuple[str, ...]:
    """Names of all icons of the family."""
    return tuple(sorted(path.stem for path in (resource_root() / "icons").glob("*.svg")))


@lru_cache(maxsize=512)
def pixmap(name: str, colour: str, size: int = tokens.ICON, ratio: float = 0.0) -> QPixmap:
    """The icon ``name`` in ``colour`` ('#RRGGBB'), ``size`` device-independent pixels square."""
    app = QGuiApplication.instance()
    if ratio <= 0:
        ratio = app.devicePixelRatio() if isinstance(app, QGuiApplication) else 1.0
    renderer = QSvgRenderer(QByteArray(_svg(name).replace(_INK, colour.encode())))
    image = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    renderer.render(painter, QRectF(0, 0, image.width(), image.height()))
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


class _Engine(QIconEngine):
    """Draws the SVG at the size that is asked for, in the colour of the icon's state.

    The colours are looked up when it is painted, so that icons follow a change of the theme.
    """

    def __init__(self, name: str, accent: bool) -> None:
        super().__init__()
        self._name = name
        self._accent = accent

    def _colour(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        colours = theme.palette()
        if mode == QIcon.Mode.Disabled:
            return colours.text_disabled
        if self._accent:
            return colours.on_accent
        return colours.accent_text if state == QIcon.State.On else colours.text

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Draw the icon, centred and square."""
        size = min(rect.width(), rect.height())
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        image = pixmap(self._name, self._colour(mode, state), size, ratio)
        corner = QPoint(
            rect.x() + (rect.width() - size) // 2, rect.y() + (rect.height() - size) // 2
        )
        painter.drawPixmap(corner, image)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """The icon as a pixmap of ``size`` real pixels."""
        edge = min(size.width(), size.height())
        return pixmap(self._name, self._colour(mode, state), edge, 1.0)

    def scaledPixmap(
        self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float
    ) -> QPixmap:
        """The icon as a pixmap of ``size`` real pixels, marked with ``scale``."""
        image = self.pixmap(size, mode, state)
        image.setDevicePixelRatio(scale)
        return image

    def clone(self) -> QIconEngine:
        """A copy, as Qt asks for."""
        return _Engine(self._name, self._accent)


def icon(name: str, *, accent: bool = False) -> QIcon:
    """The icon in the colours of the theme in use: text, disabled, accent when switched on.

    ``accent`` draws it for a button filled with the accent colour.
    """
    return QIcon(_Engine(name, accent))
