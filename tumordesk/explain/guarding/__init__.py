"""What the number guard reads: text made plain, numbers of all kinds, claims."""
