"""What this program is, and what it is not."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from tumordesk import __version__
from tumordesk.core.model_card import NOTICE
from tumordesk.gui.dialogs.base import BaseDialog, text_label

_TEXT = (
    "TumorDesk opens brain scans, outlines, measures and classifies tumours with networks that "
    "run on this computer, and teaches those networks on your own data. Nothing is sent anywhere."
)
_LICENCE = (
    "TumorDesk is free software under the Apache License 2.0. It stands on Qt (PySide6, LGPL), "
    "PyTorch, torchvision, segmentation-models-pytorch, timm, pydicom, SimpleITK, pyqtgraph and "
    "NumPy. The bundled models have licences of their own: see their cards; flair-glioma is for "
    "non-commercial use."
)
_SAMPLE = (
    "Sample study: TCGA-FG-6692, The Cancer Imaging Archive, CC BY 3.0 (Pedano N et al., "
    "TCGA-LGG, 2016, doi 10.7937/K9/TCIA.2016.L4LTD3TK)."
)


class AboutDialog(BaseDialog):
    """Version, purpose, licences, the notice."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("About TumorDesk", parent)
        self.body.addWidget(text_label(f"TumorDesk {__version__}", "title"))
        self.body.addWidget(text_label(_TEXT))
        self.body.addWidget(
            text_label(f"{NOTICE} TumorDesk is not a medical device.", tone="warning")
        )
        self.body.addWidget(text_label(_LICENCE, "secondary"))
        self.body.addWidget(text_label(_SAMPLE, "secondary"))
        self.body.addStretch(1)
        self.add_close()
        self.resize(520, 380)
