"""Models at hand: listed, verified, added. No torch."""

from tumordesk.zoo.zoo import ORIGINS, ModelEntry, Problem, Zoo

__all__ = ["ORIGINS", "ModelEntry", "Problem", "Zoo"]
