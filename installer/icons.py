"""The program's icon in the forms that systems want, drawn from the one SVG."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SIZES = (16, 22, 24, 32, 48, 64, 128, 256, 512)
_ICO = (16, 24, 32, 48, 64, 128, 256)


def draw_icons(svg: Path, folder: Path) -> list[Path]:
    """Write ``tumordesk-<size>.png`` for all sizes, ``tumordesk.ico`` and ``tumordesk.icns``.

    Runs in the build environment: it needs PySide6 (QtSvg) and Pillow.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PIL import Image
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QGuiApplication, QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    app = QGuiApplication.instance() or QGuiApplication([])
    folder.mkdir(parents=True, exist_ok=True)
    renderer = QSvgRenderer(str(svg))
    written = []
    for size in SIZES:
        image = QImage(size, size, QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        renderer.render(painter)
        painter.end()
        path = folder / f"tumordesk-{size}.png"
        if not image.save(str(path)):
            raise OSError(f"{path.name} could not be written")
        written.append(path)
    largest = Image.open(folder / "tumordesk-512.png")
    largest.save(folder / "tumordesk.ico", sizes=[(size, size) for size in _ICO])
    largest.save(folder / "tumordesk.icns")
    app.quit()
    return [*written, folder / "tumordesk.ico", folder / "tumordesk.icns"]


if __name__ == "__main__":
    draw_icons(Path(sys.argv[1]), Path(sys.argv[2]))
