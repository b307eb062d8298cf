"""Getting it out: exactly once, on time."""
