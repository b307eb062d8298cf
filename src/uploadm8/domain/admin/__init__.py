"""Running the place."""
