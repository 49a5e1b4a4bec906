"""Figures of a run on one part of its split: computed, bounded, and told with their caveats."""
