"""The widgets of the main window and where they stand; no behaviour."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from tumordesk.gui import tokens
from tumordesk.gui.actions import Actions
from tumordesk.gui.banner import Banner
from tumordesk.gui.drop_overlay import DropOverlay
from tumordesk.gui.panels.classifier import ClassifierPanel
from tumordesk.gui.panels.explanation import ExplanationPanel
from tumordesk.gui.panels.findings import FindingsPanel
from tumordesk.gui.panels.model_picker import ModelPicker
from tumordesk.gui.panels.section import Section
from tumordesk.gui.panels.segments import SegmentsPanel
from tumordesk.gui.panels.start_screen import StartScreen
from tumordesk.gui.panels.study_browser import StudyBrowser
from tumordesk.gui.panels.verdict_strip import VerdictStrip
from tumordesk.gui.side_panel import SidePanel
from tumordesk.gui.status_bar import StatusBar
from tumordesk.gui.toolbar import Toolbar
from tumordesk.gui.viewer import ViewerArea


@dataclass(frozen=True)
class Parts:
    """Every part that behaviour is wired to."""

    root: QWidget
    toolbar: Toolbar
    picker: ModelPicker
    browser: StudyBrowser
    left: SidePanel
    right: SidePanel
    start: StartScreen
    viewer: ViewerArea
    centre: QStackedWidget
    banner: Banner
    strip: VerdictStrip
    segments: SegmentsPanel
    findings: FindingsPanel
    classifier: ClassifierPanel
    explanation: ExplanationPanel
    status: StatusBar
    drop: DropOverlay


class _Column(QWidget):
    """As high as its parts are at the width they have, not as high as they might be."""

    def minimumSizeHint(self) -> QSize:
        """No height: it follows from the width."""
        return QSize(super().minimumSizeHint().width(), 0)


def build_parts(actions: Actions) -> Parts:
    """Make all parts and lay them out: toolbar, three columns, status line."""
    root = QWidget()
    picker = ModelPicker()
    toolbar = Toolbar(actions, picker)
    browser = StudyBrowser()
    left = SidePanel(
        "sideLeft", _titled("STUDIES", browser), tokens.LEFT_PANEL_W, "studies", "studies"
    )
    start, viewer = StartScreen(), ViewerArea()
    centre = QStackedWidget()
    centre.setObjectName("centre")
    centre.addWidget(start)
    centre.addWidget(viewer)
    banner, strip = Banner(), VerdictStrip()
    segments, findings = SegmentsPanel(), FindingsPanel()
    classifier, explanation = ClassifierPanel(), ExplanationPanel()
    right = SidePanel(
        "sideRight",
        _right_body(segments, findings, classifier, explanation),
        tokens.RIGHT_PANEL_W,
        "findings",
        "findings",
    )
    status = StatusBar()
    column = QVBoxLayout(root)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(toolbar)
    middle = QHBoxLayout()
    middle.setSpacing(0)
    middle.addWidget(left)
    middle.addLayout(_centre_column(banner, strip, centre), 1)
    middle.addWidget(right)
    column.addLayout(middle, 1)
    column.addWidget(status)
    drop = DropOverlay(root)
    return Parts(
        root, toolbar, picker, browser, left, right, start, viewer, centre, banner, strip,
        segments, findings, classifier, explanation, status, drop,
    )  # fmt: skip


def _centre_column(banner: Banner, strip: VerdictStrip, centre: QStackedWidget) -> QVBoxLayout:
    column = QVBoxLayout()
    column.setSpacing(0)
    frame = QVBoxLayout()
    frame.setContentsMargins(tokens.SPACE_8, 0, tokens.SPACE_8, 0)
    frame.addWidget(banner)
    frame.addWidget(strip)
    column.addLayout(frame)
    column.addWidget(centre, 1)
    return column


def _titled(text: str, body: QWidget) -> QWidget:
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, tokens.SPACE_8, 0, 0)
    column.setSpacing(tokens.SPACE_4)
    title = QLabel(text)
    title.setProperty("role", "heading")
    title.setContentsMargins(tokens.SPACE_12, 0, 0, 0)
    column.addWidget(title)
    column.addWidget(body, 1)
    return box


def _right_body(
    segments: SegmentsPanel,
    findings: FindingsPanel,
    classifier: ClassifierPanel,
    explanation: ExplanationPanel,
) -> QWidget:
    inner = _Column()
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(Section("Segments", "segments", segments))
    column.addWidget(Section("Findings", "findings", findings))
    column.addWidget(Section("Classifier", "classifier", classifier))
    column.addWidget(Section("Explanation", "explanation", explanation))
    column.addStretch(1)
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(inner)
    return scroll
