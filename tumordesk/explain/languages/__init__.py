"""The words of each language: whole phrases with places for facts, no grammar by program."""
