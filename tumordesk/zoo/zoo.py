"""The models at hand: those that come with the program, and the user's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tumordesk.core.errors import ModelError, ModelNotFound
from tumordesk.core.model_card import CARD_NAME, ModelCard
from tumordesk.core.paths import bundled_models_dir, site_models_dir, user_models_dir
from tumordesk.zoo.archive import unpacked
from tumordesk.zoo.cards import read_folder_card
from tumordesk.zoo.install import install, uninstall
from tumordesk.zoo.verify import verify_model, weights_path

Origin = Literal["bundled", "site", "user"]
ORIGINS: dict[Origin, str] = {
    "bundled": "comes with TumorDesk",
    "site": "of this machine, for everybody",
    "user": "your own",
}
"""Where a model comes from, as people read it."""


@dataclass(frozen=True)
class ModelEntry:
    """A model that may be used. ``origin``: with the program, of this machine, the user's own."""

    card: ModelCard
    folder: Path
    origin: Origin


@dataclass(frozen=True)
class Problem:
    """A folder that was refused as a model, and why, in plain words."""

    folder: Path
    reason: str


class Zoo:
    """Lists, verifies, adds and removes models. Holds no state: every call looks at the disk.

    Args:
        bundled: folder of the program's models (default: the program's resources).
        user: folder of the user's models (default: the user's data folder); need not exist.
        site: folder of models for everybody (default: the one the machine's policy names).
    """

    def __init__(
        self, bundled: Path | None = None, user: Path | None = None, site: Path | None = None
    ) -> None:
        self._bundled = bundled_models_dir() if bundled is None else bundled
        self._site = site_models_dir() if site is None else site
        self._user = user_models_dir() if user is None else user

    def entries(self, *, verify: bool = True) -> tuple[ModelEntry, ...]:
        """All sound models, the program's own first, each group by id.

        With ``verify`` the weights are hashed (about 0.1 s for 100 MB, once for each file and
        change); without it only cards and file names are checked, and :meth:`verify` must follow
        before use.
        """
        return self._scan(verify)[0]

    def problems(self, *, verify: bool = True) -> tuple[Problem, ...]:
        """Folders that were refused, each with the reason."""
        return self._scan(verify)[1]

    def find(self, model_id: str | Path) -> ModelEntry:
        """The model of that id, or in that folder; its weights are not verified yet.

        Raises:
            ModelNotFound: there is none; the hint names those there are.
            ModelError: there is one, but it is refused, with the reason.
        """
        entries, problems = self._scan(verify=False)
        for entry in entries:
            if entry.card.id == str(model_id):
                return entry
        for problem in problems:
            if problem.folder.name == str(model_id):
                raise ModelError(problem.reason)
        folder = Path(model_id)
        if (folder / CARD_NAME).is_file():
            card = read_folder_card(folder)
            weights_path(folder, card)
            return ModelEntry(card, folder, "user")
        known = ", ".join(entry.card.id for entry in entries) or "none"
        raise ModelNotFound(f"There is no model named {model_id}.", f"Models at hand: {known}.")

    def verify(self, entry: ModelEntry) -> None:
        """Check the weights against the card. Raises ModelError that says what is wrong."""
        verify_model(entry.folder, entry.card)

    def add(self, source: Path, *, replace: bool = False) -> ModelEntry:
        """Copy a model folder, or a model in one file, into the user's models.

        It is verified there, and then renamed into place.

        Raises:
            ModelError: it is not sound, or its id is taken (one of the user's own may be
                exchanged with ``replace``).
            WriteError: it cannot be written.
        """
        if source.is_file():
            with unpacked(source, self._user) as folder:
                return self._add(folder, replace=replace)
        return self._add(source, replace=replace)

    def _add(self, folder: Path, *, replace: bool) -> ModelEntry:
        card = read_folder_card(folder)
        if (self._bundled / card.id).exists() or (
            self._site is not None and (self._site / card.id).exists()
        ):
            raise ModelError(
                f"{card.id} is the name of a model that comes with TumorDesk or this machine.",
                "Give the new model another id.",
            )
        card, target = install(folder, self._user, replace=replace)
        return ModelEntry(card, target, "user")

    def remove(self, model_id: str) -> None:
        """Delete one of the user's models.

        Raises:
            ModelNotFound: the user has none of that id.
            WriteError: it cannot be deleted.
        """
        if not any(folder.name == model_id for folder in _folders(self._user)):
            raise ModelNotFound(
                f"You have no model named {model_id}.",
                "Only models you added can be removed, not those that come with TumorDesk.",
            )
        uninstall(self._user / model_id)

    def _scan(self, verify: bool) -> tuple[tuple[ModelEntry, ...], tuple[Problem, ...]]:
        entries: list[ModelEntry] = []
        problems: list[Problem] = []
        roots: list[tuple[Path, Origin]] = [(self._bundled, "bundled"), (self._user, "user")]
        if self._site is not None:
            roots.insert(1, (self._site, "site"))
        taken: set[str] = set()
        for root, origin in roots:
            for folder in _folders(root):
                try:
                    card = _checked_card(folder, taken, verify)
                    entries.append(ModelEntry(card, folder, origin))
                except ModelError as error:
                    problems.append(Problem(folder, str(error)))
                taken.add(folder.name)
        return tuple(entries), tuple(problems)


def _folders(root: Path) -> list[Path]:
    """Visible folders in ``root``, by name; none where it does not exist or cannot be read."""
    try:
        found = [p for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")]
    except OSError:
        return []
    return sorted(found)


def _checked_card(folder: Path, taken: set[str], verify: bool) -> ModelCard:
    if folder.is_symlink():
        raise ModelError(
            f"{folder.name} is a link to another place, which is refused.",
            "Add the model itself instead.",
        )
    card = read_folder_card(folder)
    if card.id != folder.name:
        raise ModelError(
            f"The folder {folder.name} holds the card of a model named {card.id}.",
            "Folder and model must have the same name.",
        )
    if card.id in taken:
        raise ModelError(
            f"{card.id} is the name of a model that comes with TumorDesk or this machine.",
            "Give your model another id.",
        )
    if verify:
        verify_model(folder, card)
    else:
        weights_path(folder, card)
    return card
