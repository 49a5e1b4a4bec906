"""The pages of the wizard, in the order of the stages. A page that is not here is not shown."""

from __future__ import annotations

from tumordesk.gui.training_wizard.check_page import CheckPage
from tumordesk.gui.training_wizard.data_page import DataPage
from tumordesk.gui.training_wizard.model_page import ModelPage
from tumordesk.gui.training_wizard.pages import Page
from tumordesk.gui.training_wizard.results_page import ResultsPage
from tumordesk.gui.training_wizard.split_page import SplitPage
from tumordesk.gui.training_wizard.train_page import TrainPage
from tumordesk.gui.training_wizard.use_page import UsePage

PAGES: tuple[type[Page], ...] = (
    DataPage,
    CheckPage,
    SplitPage,
    ModelPage,
    TrainPage,
    ResultsPage,
    UsePage,
)
