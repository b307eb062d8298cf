"""Measuring: what is counted, and how the counts of all processes come together."""
