"""Every action with its key, in one table: menus, tools, tooltips and the shortcuts sheet."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from tumordesk.gui.icons import icon


@dataclass(frozen=True)
class Spec:
    """One action. ``viewer``: its keys act while the picture has the focus, so that arrows and
    Space still work in lists and sliders."""

    name: str
    text: str
    keys: tuple[str, ...] = ()
    group: str = "Window"
    icon: str = ""
    checkable: bool = False
    viewer: bool = False


SPECS: tuple[Spec, ...] = (
    Spec("open_files", "Open files…", ("Ctrl+O",), "File", "open"),
    Spec("open_folder", "Open folder…", ("Ctrl+Shift+O",), "File", "folder"),
    Spec("open_sample", "Open sample study", (), "File", "sample"),
    Spec("save", "Export…", ("Ctrl+S",), "File", "save"),
    Spec("close_study", "Close study", ("Ctrl+W",), "File", "close"),
    Spec("quit", "Quit", ("Ctrl+Q",), "File"),
    Spec("run", "Run", ("Ctrl+R",), "Models", "play"),
    Spec("cancel_run", "Cancel run", (), "Models", "stop"),
    Spec("batch", "Batch…", ("Ctrl+B",), "Models", "studies"),
    Spec("training", "Training wizard", ("Ctrl+T",), "Models", "train"),
    Spec("next_slice", "Next slice", ("Down",), "Slices", viewer=True),
    Spec("previous_slice", "Previous slice", ("Up",), "Slices", viewer=True),
    Spec("next_10", "Ten slices on", ("Shift+Down",), "Slices", viewer=True),
    Spec("previous_10", "Ten slices back", ("Shift+Up",), "Slices", viewer=True),
    Spec("first_slice", "First slice", ("Home",), "Slices", viewer=True),
    Spec("last_slice", "Last slice", ("End",), "Slices", viewer=True),
    Spec("next_series", "Next series", ("PgDown",), "Slices", viewer=True),
    Spec("previous_series", "Previous series", ("PgUp",), "Slices", viewer=True),
    Spec("next_study", "Next study", ("Ctrl+Down",), "Slices"),
    Spec("previous_study", "Previous study", ("Ctrl+Up",), "Slices"),
    Spec("cine", "Run through the slices", ("C",), "Slices", checkable=True),
    Spec("window_tool", "Window and level", ("W",), "Tools", "window-level", True),
    Spec("pan_tool", "Pan", ("M",), "Tools", "pan", True),
    Spec("zoom_tool", "Zoom", ("Z",), "Tools", "zoom", True),
    Spec("distance_tool", "Measure distance", ("D",), "Tools", "ruler", True),
    Spec("brush_tool", "Brush", ("B",), "Tools", "brush", True),
    Spec("eraser_tool", "Eraser", ("E",), "Tools", "eraser", True),
    Spec("brush_smaller", "Smaller brush", ("[",), "Tools"),
    Spec("brush_larger", "Larger brush", ("]",), "Tools"),
    Spec("next_part", "Paint the next part", ("N",), "Tools"),
    Spec("leave_tool", "Leave the tool", ("Esc",), "Tools", viewer=True),
    Spec("undo", "Undo", ("Ctrl+Z",), "Tools", "undo"),
    Spec("redo", "Redo", ("Ctrl+Y", "Ctrl+Shift+Z"), "Tools", "redo"),
    Spec("preset_1", "Window preset 1", ("1",), "Picture"),
    Spec("preset_2", "Window preset 2", ("2",), "Picture"),
    Spec("preset_3", "Window preset 3", ("3",), "Picture"),
    Spec("preset_4", "Window preset 4", ("4",), "Picture"),
    Spec("window_file", "Window from the file", ("0",), "Picture"),
    Spec("window_auto", "Automatic window", ("A",), "Picture"),
    Spec("invert", "Invert", ("I",), "Picture"),
    Spec("flip_horizontal", "Flip left and right", ("H",), "Picture"),
    Spec("flip_vertical", "Flip top and bottom", ("V",), "Picture"),
    Spec("rotate_right", "Rotate to the right", ("R",), "Picture"),
    Spec("rotate_left", "Rotate to the left", ("L",), "Picture"),
    Spec("reset_view", "Reset view", ("Space",), "Picture", "reset", viewer=True),
    Spec("overlay", "Show segmentation", ("S",), "Picture", "eye", True),
    Spec("activation_map", "Show activation map", ("G",), "Picture", checkable=True),
    Spec("less_opaque", "Less opaque", ("Ctrl+[",), "Picture"),
    Spec("more_opaque", "More opaque", ("Ctrl+]",), "Picture"),
    Spec("layout_single", "One view", (), "Window", "layout-single", True),
    Spec("layout_three", "Three planes", (), "Window", "layout", True),
    Spec("texts", "Show texts on the picture", ("T",), "Window", checkable=True),
    Spec("hide_names", "Hide patient names", ("P",), "Window", "person", True),
    Spec("full_screen", "Full screen", ("F11",), "Window", checkable=True),
    Spec("left_panel", "Studies panel", ("F9",), "Window", "panel-left", True),
    Spec("right_panel", "Findings panel", ("F10",), "Window", "panel-right", True),
    Spec("settings", "Settings…", ("Ctrl+,",), "Window", "settings"),
    Spec("manual", "Manual", ("F1",), "Window", "help"),
    Spec("shortcuts", "Keys and mouse", ("Shift+F1",), "Window", "help"),
    Spec("audit", "Audit log…", (), "Window", "clock"),
    Spec("about", "About TumorDesk", (), "Window", "info"),
)
TOOL_ACTIONS = {
    "window": "window_tool",
    "pan": "pan_tool",
    "zoom": "zoom_tool",
    "distance": "distance_tool",
    "brush": "brush_tool",
    "eraser": "eraser_tool",
}


class Actions(QObject):
    """All actions by name; ``attach`` gives them to the window and to the viewer."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: dict[str, QAction] = {}
        for spec in SPECS:
            action = QAction(spec.text, self)
            action.setObjectName(spec.name)
            action.setShortcuts([QKeySequence(key) for key in spec.keys])
            action.setCheckable(spec.checkable)
            action.setProperty("group", spec.group)
            if spec.viewer:
                action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self._all[spec.name] = action
        self.refresh()

    def refresh(self) -> None:
        """Icons in the present theme, tooltips with the key."""
        for spec in SPECS:
            action = self._all[spec.name]
            if spec.icon:
                action.setIcon(icon(spec.icon))
            key = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            plain = spec.text.removesuffix("…")
            action.setToolTip(f"{plain} ({key})" if key else plain)

    def __getitem__(self, name: str) -> QAction:
        return self._all[name]

    def attach(self, window: QWidget, viewer: QWidget) -> None:
        """Make the keys work: most in the whole window, some on the picture only."""
        for spec in SPECS:
            (viewer if spec.viewer else window).addAction(self._all[spec.name])

    def all(self) -> tuple[QAction, ...]:
        """In the order of the table."""
        return tuple(self._all.values())
