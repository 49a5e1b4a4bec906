"""Models at hand: listed, verified, added. No torch."""

from tumordesk.zoo.zoo import ModelEntry, Problem, Zoo

__all__ = ["ModelEntry", "Problem", "Zoo"]
