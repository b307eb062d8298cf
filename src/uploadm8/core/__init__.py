"""Telemetry, HUD and video: pure numpy, OpenCV and PyAV, usable without any server."""
