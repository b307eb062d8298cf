"""A video, and its telemetry, on the way in."""
