"""Captions written once, with variables of the video and its telemetry."""
