"""The widgets, one file per kind."""
