"""The manual, read inside the program; nothing is fetched from anywhere."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import (
    QDesktopServices,
    QImage,
    QKeyEvent,
    QKeySequence,
    QShortcut,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QTextBrowser,
    QWidget,
)

from tumordesk.core.paths import manual_dir
from tumordesk.gui import tokens

START = "README.md"
KEYS = "Keys and mouse"
_ENTRY = re.compile(r"^\d+\. \[(?P<title>[^]]+)\]\((?P<file>[^)]+)\)", re.MULTILINE)
_PICTURE_W = 680
_LIST_W = 260
_LEADING = 118.0
"""Percent."""
_SIZE = QSize(1040, 700)


def contents(folder: Path) -> list[tuple[str, Path]]:
    """(title, file) of the pages, as the start page lists them; empty where there is none."""
    start = folder / START
    try:
        text = start.read_text(encoding="utf-8")
    except OSError:
        return []
    pages = [(found["title"], folder / found["file"]) for found in _ENTRY.finditer(text)]
    return [("Start", start), *pages]


def slug(heading: str) -> str:
    """The anchor of a heading, as Markdown's readers make it."""
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")


def _keys_page(groups: Mapping[str, Sequence[tuple[str, str]]]) -> str:
    """All keys as Markdown; they are read off the actions, so they cannot go stale."""
    parts = [f"# {KEYS}"]
    for title, rows in groups.items():
        lines = [f"| {keys.replace('|', chr(92) + '|')} | {what} |" for keys, what in rows]
        parts.append("\n".join([f"## {title}", "", "| | |", "|---|---|", *lines]))
    return "\n\n".join(parts)


class ManualBrowser(QTextBrowser):
    """Markdown pages with their pictures; links to other places open outside."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.document().setDocumentMargin(tokens.SPACE_24)
        self.anchorClicked.connect(self.follow)

    def follow(self, url: QUrl) -> None:
        """Go to a page of the manual; anything else is given to the system."""
        target = self.source().resolved(url) if url.isRelative() else url
        if not target.isLocalFile():
            QDesktopServices.openUrl(target)
            return
        anchor = target.fragment()
        target = QUrl.fromLocalFile(target.toLocalFile())
        if target != self.source() and Path(target.toLocalFile()).suffix == ".md":
            self.setSource(target, QTextDocument.ResourceType.MarkdownResource)
        if anchor:
            self.go_to(anchor)

    def doSetSource(
        self,
        name: QUrl | str,
        /,
        type: QTextDocument.ResourceType = QTextDocument.ResourceType.UnknownResource,
    ) -> None:
        """Show a page, with room between its parts: Qt's Markdown has none."""
        super().doSetSource(name, type)
        self._dress()

    def show_text(self, markdown: str) -> None:
        """Show a page that is in no file."""
        self.setSource(QUrl())
        self.setMarkdown(markdown)
        self._dress()

    def _dress(self) -> None:
        block = self.document().firstBlock()
        while block.isValid():
            level = block.blockFormat().headingLevel()
            cursor = QTextCursor(block)
            if cursor.currentTable() is None:
                form = QTextBlockFormat()
                form.setTopMargin(tokens.SPACE_24 if level and block.position() else 0)
                form.setBottomMargin(tokens.SPACE_8)
                form.setLineHeight(
                    _LEADING, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
                )
                cursor.mergeBlockFormat(form)
            block = block.next()
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def go_to(self, anchor: str) -> bool:
        """Show the heading of that anchor; False where the page has none."""
        block: QTextBlock = self.document().firstBlock()
        while block.isValid():
            if block.blockFormat().headingLevel() and slug(block.text()) == anchor:
                cursor = QTextCursor(block)
                self.setTextCursor(cursor)
                top = self.document().documentLayout().blockBoundingRect(block).top()
                self.verticalScrollBar().setValue(int(top))
                return True
            block = block.next()
        return False

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Pictures no wider than the page."""
        found: object = super().loadResource(kind, name)
        if kind != QTextDocument.ResourceType.ImageResource.value:
            return found
        url = self.source().resolved(QUrl(name) if isinstance(name, str) else name)
        image = QImage(url.toLocalFile())
        if image.isNull() or image.width() <= _PICTURE_W:
            return found if image.isNull() else image
        return image.scaledToWidth(_PICTURE_W, Qt.TransformationMode.SmoothTransformation)


class HelpWindow(QMainWindow):
    """Pages on the left, the page on the right. Alt+Left goes back."""

    def __init__(
        self,
        parent: QWidget | None = None,
        folder: Path | None = None,
        keys: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    ) -> None:
        super().__init__(parent)
        self._keys = keys or {}
        self.setWindowTitle("Manual - TumorDesk")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.pages = QListWidget()
        self.pages.setFixedWidth(_LIST_W)
        self.pages.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.pages.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.pages.setSpacing(tokens.SPACE_4 // 2)
        self.pages.setAccessibleName("Pages of the manual")
        self.browser = ManualBrowser()
        for title, path in contents(folder or manual_dir()):
            item = QListWidgetItem(title)
            item.setData(Qt.ItemDataRole.UserRole, str(path))
            self.pages.addItem(item)
        if self._keys and self.pages.count():
            self.pages.insertItem(1, QListWidgetItem(KEYS))
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(tokens.SPACE_8, tokens.SPACE_8, 0, 0)
        row.setSpacing(tokens.SPACE_8)
        row.addWidget(self.pages)
        row.addWidget(self.browser, 1)
        self.setCentralWidget(body)
        self.resize(_SIZE)
        self.pages.currentItemChanged.connect(self._chosen)
        self.browser.sourceChanged.connect(self._shown)
        back = QShortcut(QKeySequence(QKeySequence.StandardKey.Back), self)
        back.activated.connect(self.browser.backward)
        if self.pages.count():
            self.pages.setCurrentRow(0)
        else:
            self.browser.setPlainText("The manual is missing. Install TumorDesk again.")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes the manual."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _chosen(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        if item.text() == KEYS:
            self.browser.show_text(_keys_page(self._keys))
            return
        url = QUrl.fromLocalFile(str(item.data(Qt.ItemDataRole.UserRole)))
        if url != self.browser.source():
            self.browser.setSource(url, QTextDocument.ResourceType.MarkdownResource)

    def _shown(self, url: QUrl) -> None:
        """Mark the page in the list, also where a link led there."""
        for row in range(self.pages.count()):
            path = self.pages.item(row).data(Qt.ItemDataRole.UserRole)
            if QUrl.fromLocalFile(str(path)) == url:
                self.pages.setCurrentRow(row)
