"""Data types and small services that every other layer stands on: standard library and numpy."""
