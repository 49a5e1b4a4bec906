"""What the window does when a person acts: opening, running, editing, saving."""
