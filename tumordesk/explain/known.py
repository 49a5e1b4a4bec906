"""Facts by key, and the groups in which a text tells them."""

from __future__ import annotations

from tumordesk.core.explanation import Fact


class Known:
    """What is known, looked up by key."""

    def __init__(self, facts: tuple[Fact, ...]) -> None:
        self.facts = facts
        self._by_key = {fact.key: fact for fact in facts}

    def get(self, key: str) -> Fact | None:
        """The fact of a key, or None."""
        return self._by_key.get(key)

    def __getitem__(self, key: str) -> Fact:
        return self._by_key[key]

    def __contains__(self, key: str) -> bool:
        return key in self._by_key

    def starting(self, start: str) -> list[Fact]:
        """Facts whose keys begin so, in order."""
        return [fact for fact in self.facts if fact.key.startswith(start)]

    def lesions(self) -> list[int]:
        """Numbers of the lesions, largest first."""
        return [
            int(fact.value)
            for fact in self.starting("lesion.")
            if fact.key.endswith(".number") and fact.value is not None
        ]

    def classifiers(self) -> list[str]:
        """The endings of the keys of each classifier: '' for the first, then '@MODEL'."""
        names = self.starting("classifier")
        return [f.key.removeprefix("classifier") for f in names if "hash" not in f.key]

    def classes(self, end: str) -> list[Fact]:
        """Class probabilities of one classifier, the likeliest first."""
        found = self.starting("class.")
        return [fact for fact in found if _end(fact.key) == end]

    def driving(self, end: str) -> list[Fact]:
        """Slices that spoke most for the likeliest class."""
        return [fact for fact in self.starting("class_slice.") if _end(fact.key) == end]


def _end(key: str) -> str:
    return key[key.index("@") :] if "@" in key else ""


def class_name(fact: Fact) -> str:
    """'glioma' of 'class.glioma@model'."""
    return fact.key.removeprefix("class.").split("@")[0]
