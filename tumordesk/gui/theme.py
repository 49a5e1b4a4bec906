"""The look: Fusion, our own palette, one style sheet made from the tokens."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication

from tumordesk.core.paths import resource_root
from tumordesk.gui import tokens

_current: list[tokens.Palette] = [tokens.DARK]


def palette() -> tokens.Palette:
    """The palette of the theme in use."""
    return _current[0]


def apply_theme(name: tokens.ThemeName) -> tokens.Palette:
    """Give the whole program the look of ``name``, also while it runs; returns its palette."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise RuntimeError("a theme needs a QApplication")
    chosen = tokens.PALETTES[name]
    _current[0] = chosen
    app.setStyle("Fusion")
    app.setPalette(_qt_palette(chosen))
    app.setFont(base_font())
    app.setStyleSheet(style_sheet(chosen))
    return chosen


def colour(value: str, alpha: float = 1.0) -> QColor:
    """A token's colour for painting, ``alpha`` 0..1."""
    result = QColor(value)
    result.setAlphaF(alpha)
    return result


def base_font(size: int = tokens.FONT_BASE, weight: int = tokens.WEIGHT_NORMAL) -> QFont:
    """The program's typeface at ``size`` pixels, with figures of equal width where it has them."""
    font = QFont()
    font.setFamilies(_families())
    font.setPixelSize(size)
    font.setWeight(QFont.Weight(weight))
    font.setFeature(QFont.Tag("tnum"), 1)
    return font


def _families() -> list[str]:
    known = set(QFontDatabase.families())
    found = [name for name in tokens.FONT_FAMILIES if name in known]
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).family()
    return [*found, system] if system else found


def _qt_palette(colours: tokens.Palette) -> QPalette:
    result = QPalette()
    role = QPalette.ColorRole
    for target, value in (
        (role.Window, colours.window),
        (role.WindowText, colours.text),
        (role.Base, colours.panel),
        (role.AlternateBase, colours.window),
        (role.Text, colours.text),
        (role.Button, colours.raised),
        (role.ButtonText, colours.text),
        (role.BrightText, colours.error),
        (role.Highlight, colours.accent),
        (role.HighlightedText, colours.on_accent),
        (role.ToolTipBase, colours.raised),
        (role.ToolTipText, colours.text),
        (role.PlaceholderText, colours.text_secondary),
        (role.Link, colours.accent_text),
        (role.Mid, colours.line),
        (role.Dark, colours.line),
        (role.Light, colours.raised),
        (role.Midlight, colours.raised),
        (role.Shadow, colours.viewport),
    ):
        result.setColor(target, QColor(value))
    for target in (role.WindowText, role.Text, role.ButtonText):
        result.setColor(QPalette.ColorGroup.Disabled, target, QColor(colours.text_disabled))
    return result


def style_sheet(colours: tokens.Palette) -> str:
    """The style sheet of a theme."""
    values = {name: getattr(colours, name) for name in tokens.Palette.__dataclass_fields__}
    sizes = {name: value for name, value in vars(tokens).items() if isinstance(value, int)}
    arrows = (resource_root() / "themes" / colours.name).as_posix()
    return _SHEET.format(**values, **sizes, arrows=arrows)


_SHEET = """
QWidget {{ color: {text}; font-size: {FONT_BASE}px; }}
QMainWindow, QDialog, #centre {{ background: {window}; }}
QToolTip {{ background: {raised}; color: {text}; border: 1px solid {line}; padding: 4px 6px;
  qproperty-textFormat: PlainText; }}
#toolbar {{ background: {panel}; border-bottom: 1px solid {line}; }}
#status {{ background: {panel}; border-top: 1px solid {line}; }}
#status QLabel {{ font-size: {FONT_SMALL}px; color: {text_secondary}; }}
#status QLabel[tone="warning"] {{ color: {warning_text}; }}
#sideLeft {{ background: {panel}; border-right: 1px solid {line}; }}
#sideRight {{ background: {panel}; border-left: 1px solid {line}; }}
#section {{ border-bottom: 1px solid {line}; }}
#rule {{ background: {line}; }}
#brand {{ font-size: {FONT_LARGE}px; font-weight: 600; }}

QLabel[role="heading"] {{ color: {text_secondary}; font-size: {FONT_SMALL}px; font-weight: 600;
    letter-spacing: 1px; }}
QLabel[role="title"] {{ font-size: {FONT_TITLE}px; font-weight: 600; }}
QLabel[role="strong"] {{ font-size: {FONT_LARGE}px; font-weight: 600; }}
QLabel[role="secondary"] {{ color: {text_secondary}; }}
QLabel[role="small"] {{ color: {text_secondary}; font-size: {FONT_SMALL}px; }}
QLabel[role="number"] {{ font-size: {FONT_TITLE}px; font-weight: 600; }}
QLabel[tone="warning"] {{ color: {warning_text}; }}
QLabel[tone="error"] {{ color: {error_text}; }}
QLabel[tone="success"] {{ color: {success_text}; }}

QPushButton {{ background: {raised}; border: 1px solid {line}; border-radius: {RADIUS}px;
    padding: 0 12px; min-height: 30px; }}
QPushButton:hover {{ border-color: {text_disabled}; }}
QPushButton:pressed {{ background: {line}; }}
QPushButton:focus {{ border-color: {accent}; }}
QPushButton::menu-indicator {{ image: none; width: 0px; }}
QPushButton:disabled {{ color: {text_disabled}; background: {panel}; }}
QPushButton[role="primary"] {{ background: {accent}; color: {on_accent}; border-color: {accent};
    font-weight: 600; }}
QPushButton[role="primary"]:hover {{ background: {accent_hover}; border-color: {accent_hover}; }}
QPushButton[role="primary"]:focus {{ border-color: {text}; }}
QPushButton[role="primary"]:disabled {{ background: {raised}; color: {text_disabled};
    border-color: {line}; }}
QPushButton[role="link"] {{ background: transparent; border: none; color: {accent_text};
    padding: 0 2px; min-height: 20px; text-align: left; }}
QPushButton[role="link"]:hover {{ text-decoration: underline; }}
QPushButton[role="link"]:focus {{ text-decoration: underline; }}
QPushButton[role="quiet"] {{ background: transparent; border: none; padding: 0 8px; }}
QPushButton[role="quiet"]:hover {{ background: {raised}; }}
QPushButton[role="row"] {{ background: transparent; border: none; border-radius: 4px;
    padding: 0 4px; min-height: 24px; text-align: left; }}
QPushButton[role="row"]:hover {{ background: {raised}; }}
QPushButton[role="row"]:focus {{ background: {raised}; }}
QPushButton[role="row"]:checked {{ background: {raised}; }}

QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: {RADIUS}px;
    padding: 4px; }}
QToolButton:hover {{ background: {raised}; }}
QToolButton:pressed {{ background: {line}; }}
QToolButton:checked {{ background: {raised}; border-color: {accent}; }}
QToolButton:focus {{ border-color: {accent}; }}
QToolButton:disabled {{ color: {text_disabled}; }}
QToolButton::menu-indicator {{ image: none; width: 0px; }}
QToolButton[role="picker"] {{ background: {raised}; border-color: {line}; padding: 4px 10px;
    text-align: left; }}
QToolButton[role="picker"]:hover {{ border-color: {text_disabled}; }}

QMenu {{ background: {panel}; border: 1px solid {line}; padding: 4px; }}
QMenu::item {{ padding: 6px 28px 6px 12px; border-radius: 4px; }}
QMenu::icon {{ padding-left: 8px; }}
QMenu::item:selected {{ background: {raised}; }}
QMenu::item:disabled {{ color: {text_disabled}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: 4px 8px; }}

QScrollArea, QScrollArea > QWidget > QWidget {{ background: transparent; border: none; }}
QScrollBar:vertical {{ background: transparent; width: 10px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: 10px; margin: 0; }}
QScrollBar::handle {{ background: {line}; border-radius: 3px; margin: 2px; min-height: 28px;
    min-width: 28px; }}
QScrollBar::handle:hover {{ background: {text_disabled}; }}
QScrollBar::add-line, QScrollBar::sub-line, QScrollBar::add-page, QScrollBar::sub-page {{
    background: transparent; border: none; width: 0; height: 0; }}

QTreeView, QTableView, QListView, QTextBrowser, QPlainTextEdit {{ background: {panel};
    border: 1px solid {line}; border-radius: {RADIUS}px; outline: 0; selection-color: {text};
    selection-background-color: {raised}; }}
#studyTree {{ border: none; border-radius: 0; }}
#studyTree::item {{ border: none; }}
QHeaderView::section {{ background: {panel}; color: {text_secondary}; border: none;
    border-bottom: 1px solid {line}; padding: 6px 8px; }}

QTableView::item {{ padding: 0 8px; border: none; }}
QTableView QHeaderView::section {{ padding: 6px 11px; }}
QTableView::item:selected {{ background: {raised}; color: {text}; }}
QTableCornerButton::section {{ background: {panel}; border: none;
    border-bottom: 1px solid {line}; }}
#matrix QHeaderView::section {{ border: none; padding: 4px 6px; font-size: {FONT_SMALL}px; }}
#matrix QTableCornerButton::section {{ border: none; }}
QListView#cases {{ background: transparent; border: none; }}
QListView#cases::item {{ border: 1px solid transparent; border-radius: {RADIUS}px;
    padding: 2px; color: {text}; }}
QListView#cases::item:hover {{ background: {raised}; }}
QListView#cases::item:selected {{ background: {raised}; color: {text}; }}
QListView#cases:focus::item:selected {{ border-color: {accent}; }}

QLineEdit, QComboBox {{ background: {window}; border: 1px solid {line}; border-radius: {RADIUS}px;
    padding: 0 10px; min-height: 30px; }}
QLineEdit:focus, QComboBox:focus {{ border-color: {accent}; }}
QComboBox::drop-down {{ border: none; width: 28px; }}
QComboBox::down-arrow {{ image: url("{arrows}-down.svg"); width: 16px; height: 16px; }}
QComboBox:disabled {{ color: {text_disabled}; background: {panel}; }}
QAbstractSpinBox {{ background: {window}; border: 1px solid {line}; border-radius: {RADIUS}px;
    padding: 0 4px 0 10px; min-height: 30px; max-height: 30px; }}
QAbstractSpinBox QLineEdit {{ background: transparent; border: none; padding: 0; min-height: 0; }}
QAbstractSpinBox:focus {{ border-color: {accent}; }}
QAbstractSpinBox:disabled {{ color: {text_disabled}; background: {panel}; }}
QAbstractSpinBox::up-button, QAbstractSpinBox::down-button {{ subcontrol-origin: border;
    border: none; background: transparent; width: 22px; height: 14px; }}
QAbstractSpinBox::up-button {{ subcontrol-position: top right; margin: 1px 1px 0 0; }}
QAbstractSpinBox::down-button {{ subcontrol-position: bottom right; margin: 0 1px 1px 0; }}
QAbstractSpinBox::up-button:hover, QAbstractSpinBox::down-button:hover {{ background: {raised}; }}
QAbstractSpinBox::up-arrow {{ image: url("{arrows}-up.svg"); width: 12px; height: 12px; }}
QAbstractSpinBox::down-arrow {{ image: url("{arrows}-down.svg"); width: 12px; height: 12px; }}
QComboBox QAbstractItemView {{ background: {panel}; border: 1px solid {line}; padding: 4px;
    selection-background-color: {raised}; selection-color: {text}; }}
QCheckBox {{ spacing: 8px; min-height: 24px; }}
QCheckBox:focus {{ color: {accent_text}; }}
QCheckBox:disabled {{ color: {text_disabled}; }}
QCheckBox::indicator {{ width: 14px; height: 14px; border: 1px solid {text_secondary};
    border-radius: 4px; background: {window}; }}
QCheckBox::indicator:checked {{ border-color: {accent}; background: {accent};
    image: url("{arrows}-tick.svg"); }}
QCheckBox::indicator:disabled {{ border-color: {line}; }}
QRadioButton {{ spacing: 8px; min-height: 24px; }}
QRadioButton:focus {{ color: {accent_text}; }}
QRadioButton:disabled {{ color: {text_disabled}; }}
QRadioButton::indicator {{ width: 14px; height: 14px; border: 1px solid {text_secondary};
    border-radius: 8px; background: {window}; }}
QRadioButton::indicator:checked {{ width: 6px; height: 6px; border: 5px solid {accent};
    background: {on_accent}; }}

QProgressBar {{ background: {raised}; border: none; border-radius: 3px; min-height: 6px;
    max-height: 6px; }}
QProgressBar::chunk {{ background: {accent}; border-radius: 3px; }}
QSlider::groove:horizontal {{ height: 4px; background: {line}; border-radius: 2px; }}
QSlider::sub-page:horizontal {{ background: {accent}; border-radius: 2px; }}
QSlider::handle:horizontal {{ width: 12px; height: 12px; margin: -4px 0; border-radius: 6px;
    background: {text}; }}
QSlider::handle:horizontal:focus {{ background: {accent_hover}; }}

#banner {{ background: {panel}; border: 1px solid {line}; border-radius: {RADIUS}px; }}
#banner[tone="error"] {{ border-color: {error}; }}
#banner[tone="warning"] {{ border-color: {warning}; }}
#banner[tone="success"] {{ border-color: {success}; }}
#card {{ background: {panel}; border: 1px solid {line}; border-radius: {RADIUS}px; }}
#card:hover {{ border-color: {text_disabled}; }}
#wizardRail {{ background: {panel}; border-right: 1px solid {line}; }}
#wizardFooter {{ background: {panel}; border-top: 1px solid {line}; }}
QPushButton[role="stage"] {{ background: transparent; border: 1px solid transparent;
    border-radius: {RADIUS}px; padding: 0; text-align: left; }}
QPushButton[role="stage"]:hover {{ background: {raised}; }}
QPushButton[role="stage"][state="current"] {{ background: {raised}; }}
QPushButton[role="stage"]:focus {{ border-color: {accent}; }}
QPushButton[role="stage"] QLabel:disabled {{ color: {text_disabled}; }}
QLabel[role="current"] {{ font-weight: 600; }}
#field {{ background: {panel}; border: 1px solid {line}; border-radius: {RADIUS}px; }}
#field[tone="warning"] {{ border-color: {warning}; }}
#field[tone="error"] {{ border-color: {error}; }}
#entry {{ background: {window}; }}
#entry:focus {{ border-color: {accent}; }}
#findings::item {{ padding: 6px 8px; border-bottom: 1px solid {line}; }}
#dropField {{ background: {panel}; border: 1px dashed {text_disabled}; border-radius: 10px; }}
#dropField[over="true"] {{ border: 2px dashed {accent}; background: {raised}; }}
#switch {{ background: {raised}; border: 1px solid {line}; border-radius: {RADIUS}px; }}
QPushButton[role="switch"] {{ background: transparent; border: 1px solid transparent;
    border-radius: 4px; min-height: 26px; padding: 0 8px; color: {text_secondary}; }}
QPushButton[role="switch"]:checked {{ background: {window}; color: {text}; font-weight: 600; }}
QPushButton[role="switch"]:focus {{ border-color: {accent}; }}
QPushButton[role="jump"] {{ background: transparent; border: none; border-radius: 0;
    border-bottom: 2px solid transparent; padding: 0; margin-right: 16px;
    color: {text_secondary}; }}
QPushButton[role="jump"]:hover {{ color: {text}; }}
QPushButton[role="jump"]:checked {{ color: {text}; border-bottom-color: {accent}; }}
QPushButton[role="jump"]:focus {{ color: {accent_text}; }}
QPushButton[role="tile"] {{ background: {panel}; border: 1px solid {line};
    border-radius: {RADIUS}px; padding: 0; text-align: left; }}
QPushButton[role="tile"]:hover {{ background: {raised}; }}
QPushButton[role="tile"]:checked {{ border: 2px solid {accent}; }}
QPushButton[role="tile"]:focus {{ background: {raised}; border-color: {accent}; }}
#notice {{ background: {raised}; border: none; border-radius: {RADIUS}px; }}
"""
