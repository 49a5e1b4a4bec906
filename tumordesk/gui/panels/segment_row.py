"""One outline in the segments panel: colour, name, whose it is, eye, opacity."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSlider, QVBoxLayout, QWidget

from tumordesk.gui import icons, theme, tokens
from tumordesk.gui.panels.parts import ElidedLabel, IconButton, Swatch, label, tight
from tumordesk.gui.panels.segment_sizes import SegmentLegend, names_of
from tumordesk.session.layers import Layer

TAGS = {"ai": "AI", "mine": "mine"}
IMPORTED = "file"
PERCENT_TEXT_W = 44


class SegmentRow(QWidget):
    """Shows one layer and says what the person does with it."""

    selected = Signal(str)
    look_changed = Signal(str, object)
    copy_requested = Signal(str)
    remove_requested = Signal(str)
    training_requested = Signal(str)
    part_requested = Signal(str, bool)
    """Layer key; True to add a part, False to name the one that is painted."""

    def __init__(self, layer: Layer) -> None:
        super().__init__()
        self.key = layer.key
        self._editable = layer.editable
        self._imported = layer.imported
        self._active = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu)
        self._swatch = Swatch()
        self._name = ElidedLabel()
        self.legend = SegmentLegend()
        self.legend.chosen.connect(self._part_chosen)
        self.tag = label(IMPORTED if layer.imported else TAGS[layer.origin], "small")
        self.eye = IconButton("eye", "Hide this outline")
        self.eye.setCheckable(False)
        self.training = IconButton("training-add", "Add to training set…")
        self.training.clicked.connect(lambda: self.training_requested.emit(self.key))
        self.part = IconButton("plus", "Add a part…")
        self.part.clicked.connect(lambda: self.part_requested.emit(self.key, True))
        if not layer.editable:
            self.part.hide()
        self.action = self._action_button()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, 100)
        self.slider.setPageStep(10)
        self.slider.setAccessibleName("Opacity")
        self.slider.setToolTip("Opacity of this outline")
        self._percent = label("", "small")
        self._percent.setFixedWidth(PERCENT_TEXT_W)
        self._percent.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._arrange()
        self.eye.clicked.connect(self._toggle)
        self.slider.valueChanged.connect(self._slid)
        self._visible = layer.visible
        self.show_layer(layer, layer.name, active=False)

    def _action_button(self) -> IconButton:
        if self._editable:
            button = IconButton("trash", "Remove this outline…")
            button.clicked.connect(lambda: self.remove_requested.emit(self.key))
        else:
            button = IconButton("pencil", "Edit a copy of this outline")
            button.clicked.connect(lambda: self.copy_requested.emit(self.key))
        return button

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(tokens.SPACE_8, tokens.SPACE_4, tokens.SPACE_4, tokens.SPACE_8)
        column.setSpacing(0)
        top = tight(QHBoxLayout(), tokens.SPACE_8)
        top.addWidget(self._swatch)
        top.addWidget(self._name)
        top.addWidget(self.tag)
        top.addStretch(1)
        top.addWidget(self.training)
        top.addWidget(self.part)
        top.addWidget(self.action)
        top.addWidget(self.eye)
        middle = tight(QHBoxLayout())
        middle.addSpacing(tokens.SWATCH + tokens.SPACE_8)
        middle.addWidget(self.legend, 1)
        bottom = tight(QHBoxLayout(), tokens.SPACE_4)
        bottom.addSpacing(tokens.SWATCH + tokens.SPACE_8)
        bottom.addWidget(self.slider, 1)
        bottom.addWidget(self._percent)
        bottom.addSpacing(tokens.SPACE_4)
        column.addLayout(top)
        column.addLayout(middle)
        column.addLayout(bottom)

    # Shown

    def show_layer(self, layer: Layer, name: str, *, active: bool) -> None:
        """Bring the row up to date; a slider that is being dragged is left alone."""
        self._swatch.set_colours(tuple(layer.colours[k] for k in sorted(layer.colours)))
        self._name.set_full(name)
        self.legend.show_layer(layer)
        self._visible = layer.visible
        self.eye.set_icon("eye" if layer.visible else "eye-off")
        self.eye.set_tip("Hide this outline" if layer.visible else "Show this outline")
        self._show_opacity(layer)
        self._active = active
        whose = "Your outline" if layer.editable else "Outline by a model, read-only"
        if layer.imported:
            whose = "Outline out of a file, read-only"
        parts = "".join(f", {part}" for part in names_of(layer).values())
        self.setAccessibleName(f"{name}{parts}, {whose.lower()}{', selected' if active else ''}")
        self.setToolTip(self._story(layer, whose))
        self.update()

    def _show_opacity(self, layer: Layer) -> None:
        percent = round(100 * layer.opacity)
        if not self.slider.isSliderDown() and percent != self.slider.value():
            blocked = self.slider.blockSignals(True)
            self.slider.setValue(percent)
            self.slider.blockSignals(blocked)
        self.slider.setEnabled(layer.visible)
        self._percent.setText(f"{self.slider.value()}\N{NO-BREAK SPACE}%")

    def _story(self, layer: Layer, whose: str) -> str:
        made = layer.result.provenance if layer.result is not None else None
        lines = [whose]
        if made is not None:
            by = f"{made.model_id} {made.model_version}"
            lines.append(f"Started from {by}" if layer.editable else by)
        return "\n".join(lines)

    # Hands

    def _toggle(self) -> None:
        self.look_changed.emit(self.key, {"visible": not self._visible})

    def _part_chosen(self, number: int) -> None:
        self.look_changed.emit(self.key, {"painted": number})

    def _slid(self, value: int) -> None:
        self._percent.setText(f"{value}\N{NO-BREAK SPACE}%")
        self.look_changed.emit(self.key, {"opacity": value / 100})

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click anywhere on the row selects it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self.selected.emit(self.key)
            event.accept()
        else:
            super().mousePressEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter or Space selects."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.selected.emit(self.key)
        else:
            super().keyPressEvent(event)

    def _menu(self, place: QPoint) -> None:
        menu = self.make_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.mapToGlobal(place))

    def make_menu(self) -> QMenu:
        """What can be done with this outline."""
        menu = QMenu(self)
        shown = "Hide" if self._visible else "Show"
        menu.addAction(icons.icon("eye-off" if self._visible else "eye"), shown, self._toggle)
        copy = menu.addAction(icons.icon("pencil"), "Edit a copy")
        copy.triggered.connect(lambda: self.copy_requested.emit(self.key))
        training = menu.addAction(icons.icon("training-add"), "Add to training set…")
        training.triggered.connect(lambda: self.training_requested.emit(self.key))
        if self._editable:
            for text, add in (("Add a part…", True), ("Name the part…", False)):
                action = menu.addAction(text)
                action.triggered.connect(
                    lambda _=False, more=add: self.part_requested.emit(self.key, more)
                )
        if self._editable or self._imported:
            menu.addSeparator()
            remove = menu.addAction(icons.icon("trash"), "Remove…")
            remove.triggered.connect(lambda: self.remove_requested.emit(self.key))
        return menu

    def paintEvent(self, event: QPaintEvent) -> None:
        """The selected row is raised, the focused one has an outline."""
        colours = theme.palette()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(QPen(QColor(colours.accent)) if self.hasFocus() else QPen(Qt.PenStyle.NoPen))
        painter.setBrush(QColor(colours.raised) if self._active else Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(area, tokens.RADIUS, tokens.RADIUS)

    def minimumSizeHint(self) -> QSize:
        """Never wider than a narrow panel."""
        return QSize(0, super().minimumSizeHint().height())
