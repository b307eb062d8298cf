"""Probe, decode once, draw, encode one file per distinct rendition spec."""
