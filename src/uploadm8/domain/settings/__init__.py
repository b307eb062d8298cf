"""Preferences of a user and a workspace."""
