"""Workspaces own everything; people are members of them."""
