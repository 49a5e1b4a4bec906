"""How the set-up talks to the person in front of it."""

from __future__ import annotations


class SetupError(Exception):
    """The set-up cannot go on; the text says why and what to do."""


def say(text: str) -> None:
    """One plain message, at once, also when the output goes to a file."""
    print(f"TumorDesk: {text}", flush=True)
