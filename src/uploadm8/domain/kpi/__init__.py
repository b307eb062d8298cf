"""The business's numbers."""
