"""The window comes first: nothing heavy is imported before it is on screen."""

from __future__ import annotations

import json
import subprocess
import sys

PROGRAM = """
import json, sys
from tumordesk.core.settings import UnsavedSettings
from tumordesk.gui.app import create_app
from tumordesk.gui.main_window import MainWindow
app = create_app(UnsavedSettings())
window = MainWindow(UnsavedSettings(), warm_up=False)
def shown():
    names = ["torch", "torchvision", "SimpleITK", "tumordesk.networks", "tumordesk.inference"]
    print(json.dumps([n for n in names if n in sys.modules]))
    window.close()
    app.quit()
window.shown_first.connect(shown)
window.show()
app.exec()
window.deleteLater()
"""


def test_neither_torch_nor_simpleitk_is_imported_before_the_window_is_shown() -> None:
    out = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=120
    )
    assert json.loads(out.stdout) == []


OPENED = """
import json
from PySide6.QtCore import QCoreApplication, QUrl
from PySide6.QtGui import QFileOpenEvent
from tumordesk.core.settings import UnsavedSettings
from tumordesk.gui.app import create_app
app = create_app(UnsavedSettings())
def shown(paths):
    print(json.dumps([str(path) for path in paths]))
    app.quit()
app.handed.connect(shown)
for name in ("one.dcm", "brain é.nii.gz"):
    QCoreApplication.sendEvent(app, QFileOpenEvent(QUrl.fromLocalFile("/scans/" + name)))
app.exec()
"""


def test_files_that_the_system_hands_over_together_are_opened_together() -> None:
    out = subprocess.run(
        [sys.executable, "-c", OPENED], capture_output=True, text=True, check=True, timeout=120
    )
    assert json.loads(out.stdout) == ["/scans/one.dcm", "/scans/brain é.nii.gz"]
