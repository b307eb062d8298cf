"""A creator's own numbers."""
