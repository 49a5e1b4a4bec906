"""Own icons: 1.5 px outlines on a 20 px grid, tinted from the tokens, sharp at every scale."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QPoint, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from tumordesk.core.paths import resource_root
from tumordesk.gui import tokens

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
    """Draws the SVG at the size that is asked for, in the colour of the icon's state."""

    def __init__(self, name: str, normal: str, disabled: str, on: str) -> None:
        super().__init__()
        self._name = name
        self._colours = (normal, disabled, on)

    def _colour(self, mode: QIcon.Mode, state: QIcon.State) -> str:
        normal, disabled, on = self._colours
        if mode == QIcon.Mode.Disabled:
            return disabled
        return on if state == QIcon.State.On else normal

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
        return _Engine(self._name, *self._colours)


def icon(name: str, palette: tokens.Palette, *, accent: bool = False) -> QIcon:
    """The icon in the theme's colours: secondary text, disabled text, accent when switched on.

    ``accent`` draws it for a button filled with the accent colour.
    """
    if accent:
        return QIcon(_Engine(name, palette.on_accent, palette.text_disabled, palette.on_accent))
    return QIcon(_Engine(name, palette.text, palette.text_disabled, palette.accent_text))
