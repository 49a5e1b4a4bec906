"""What each action does. One table, so that the shortcuts sheet and the code agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from tumordesk.core.study import Study
from tumordesk.gui.actions import TOOL_ACTIONS
from tumordesk.gui.panels.study_browser import ordered

if TYPE_CHECKING:
    from tumordesk.gui.main_window import MainWindow
    from tumordesk.gui.viewer.types import ContextRequest, ToolName

_OPACITY_STEP = 0.1
_CONTEXT: tuple[tuple[str, ...], ...] = (
    ("run", "overlay", "activation_map", "save"),
    ("window_file", "window_auto", "invert"),
    ("flip_horizontal", "flip_vertical", "rotate_right", "rotate_left", "reset_view"),
    ("distance_tool", "brush_tool", "eraser_tool"),
    ("layout_single", "layout_three", "texts"),
)


def wire_commands(window: MainWindow) -> None:
    """Connect every action of ``window``."""
    actions, parts = window.actions_by_name, window.parts
    viewer = parts.viewer
    actions.attach(window, viewer)
    table: dict[str, Callable[[], object]] = {
        "open_files": window.dialogs.open_files,
        "open_folder": window.dialogs.open_folder,
        "open_sample": window.open_sample,
        "save": window.exporting.ask,
        "close_study": lambda: _close_study(window),
        "quit": window.close,
        "run": window.running.run,
        "cancel_run": window.running.cancel,
        "next_slice": lambda: viewer.step_slice(1),
        "previous_slice": lambda: viewer.step_slice(-1),
        "next_10": lambda: viewer.step_slice(10),
        "previous_10": lambda: viewer.step_slice(-10),
        "first_slice": viewer.first_slice,
        "last_slice": viewer.last_slice,
        "next_series": lambda: _step_series(window, 1),
        "previous_series": lambda: _step_series(window, -1),
        "next_study": lambda: _step_study(window, 1),
        "previous_study": lambda: _step_study(window, -1),
        "brush_smaller": lambda: viewer.change_brush_size(-1),
        "brush_larger": lambda: viewer.change_brush_size(1),
        "next_part": window.viewing.next_part,
        "leave_tool": lambda: _leave(window),
        "undo": window.viewing.undo,
        "redo": window.viewing.redo,
        "preset_1": lambda: window.viewing.preset(1),
        "preset_2": lambda: window.viewing.preset(2),
        "preset_3": lambda: window.viewing.preset(3),
        "preset_4": lambda: window.viewing.preset(4),
        "window_file": window.viewing.file_window,
        "window_auto": window.viewing.auto_window,
        "invert": viewer.invert,
        "flip_horizontal": viewer.flip_horizontal,
        "flip_vertical": viewer.flip_vertical,
        "rotate_right": lambda: viewer.rotate(1),
        "rotate_left": lambda: viewer.rotate(-1),
        "reset_view": viewer.reset_view,
        "less_opaque": lambda: _change_opacity(window, -_OPACITY_STEP),
        "more_opaque": lambda: _change_opacity(window, _OPACITY_STEP),
        "layout_single": lambda: _layout(window, "single"),
        "layout_three": lambda: _layout(window, "three"),
        "settings": window.dialogs.settings,
        "manual": window.dialogs.manual,
        "shortcuts": window.dialogs.shortcuts,
        "about": window.dialogs.about,
        "audit": window.auditing.show,
        "training": window.training.show,
        "batch": window.batch.show,
    }
    for name, act in table.items():
        actions[name].triggered.connect(_ignoring_checked(act))
    _wire_toggles(window)
    _wire_tools(window)
    viewer.context_menu_requested.connect(lambda asked: _context_menu(window, asked))


def _context_menu(window: MainWindow, asked: ContextRequest) -> None:
    """The menu of a right click that did not move."""
    menu = QMenu(window)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for number, group in enumerate(_CONTEXT):
        if number:
            menu.addSeparator()
        for name in group:
            menu.addAction(window.actions_by_name[name])
    menu.popup(QPoint(asked.global_x, asked.global_y))


def _ignoring_checked(act: Callable[[], object]) -> Callable[[bool], None]:
    def call(_: bool = False) -> None:
        act()

    return call


def _wire_toggles(window: MainWindow) -> None:
    actions, parts = window.actions_by_name, window.parts
    actions["cine"].triggered.connect(_ignoring_checked(parts.viewer.toggle_cine))
    parts.viewer.cine_changed.connect(actions["cine"].setChecked)
    actions["overlay"].toggled.connect(parts.viewer.set_overlay_visible)
    _wire_map(window)
    actions["texts"].toggled.connect(parts.viewer.set_text_visible)
    actions["hide_names"].triggered.connect(window.set_names_hidden)
    actions["left_panel"].toggled.connect(lambda on: parts.left.set_collapsed(not on))
    actions["right_panel"].toggled.connect(lambda on: parts.right.set_collapsed(not on))
    parts.left.collapsed_changed.connect(lambda off: actions["left_panel"].setChecked(not off))
    parts.right.collapsed_changed.connect(lambda off: actions["right_panel"].setChecked(not off))
    actions["full_screen"].triggered.connect(
        lambda on: window.showFullScreen() if on else window.showNormal()
    )


def _wire_map(window: MainWindow) -> None:
    action, viewer = window.actions_by_name["activation_map"], window.parts.viewer
    action.triggered.connect(lambda on: viewer.set_map_look(on, viewer.map_look()[1]))
    viewer.map_changed.connect(lambda: action.setChecked(viewer.map_look()[0]))


def _wire_tools(window: MainWindow) -> None:
    actions, viewer = window.actions_by_name, window.parts.viewer
    for tool, name in TOOL_ACTIONS.items():
        actions[name].triggered.connect(_tool_chooser(window, tool))

    def mark(tool: str) -> None:
        for other, name in TOOL_ACTIONS.items():
            actions[name].setChecked(other == tool)

    viewer.tool_changed.connect(mark)


def _tool_chooser(window: MainWindow, tool: str) -> Callable[[bool], None]:
    def choose(_: bool = False) -> None:
        viewer = window.parts.viewer
        paints = tool in ("brush", "eraser")
        if paints and not window.viewing.prepare_brush():
            _mark_current(window)
            return
        name: ToolName = tool  # type: ignore[assignment]
        viewer.set_tool(name)
        _mark_current(window)

    return choose


def _mark_current(window: MainWindow) -> None:
    current = window.parts.viewer.tool()
    actions: dict[str, QAction] = {
        tool: window.actions_by_name[name] for tool, name in TOOL_ACTIONS.items()
    }
    for tool, action in actions.items():
        action.setChecked(tool == current)


def _leave(window: MainWindow) -> None:
    if window.session.run.busy:
        window.running.cancel()
    elif window.isFullScreen():
        window.showNormal()
        window.actions_by_name["full_screen"].setChecked(False)
    else:
        window.parts.viewer.set_tool("window")
        _mark_current(window)


def _layout(window: MainWindow, name: str) -> None:
    window.parts.viewer.set_layout("three" if name == "three" else "single")
    window.actions_by_name["layout_single"].setChecked(name == "single")
    window.actions_by_name["layout_three"].setChecked(name == "three")
    window.change_settings(layout=name)


def _step_series(window: MainWindow, step: int) -> None:
    keys = window.parts.browser.keys()
    series = window.session.active
    if not keys:
        return
    here = keys.index(series.key) if series is not None and series.key in keys else 0
    window.opening.choose(keys[max(0, min(len(keys) - 1, here + step))])


def _studies(window: MainWindow) -> list[Study]:
    return [study for patient in window.session.scan.patients for study in patient.studies]


def _step_study(window: MainWindow, step: int) -> None:
    studies, series = _studies(window), window.session.active
    if not studies:
        return
    here = next((i for i, s in enumerate(studies) if series is not None and series in s.series), 0)
    chosen = studies[max(0, min(len(studies) - 1, here + step))]
    first = ordered(chosen.series)
    if first:
        window.opening.choose(first[0].key)


def _close_study(window: MainWindow) -> None:
    series = window.session.active
    owner = window.session.owner(series.key) if series is not None else None
    if owner is not None:
        window.session.close_study(owner[1].uid)


def _change_opacity(window: MainWindow, step: float) -> None:
    series = window.session.active
    if series is None:
        return
    for layer in list(window.session.results(series.key).layers):
        window.session.set_layer_look(series.key, layer.key, opacity=layer.opacity + step)
