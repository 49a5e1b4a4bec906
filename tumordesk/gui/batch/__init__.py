"""The Batch window: many studies, a queue, and what became of each."""
