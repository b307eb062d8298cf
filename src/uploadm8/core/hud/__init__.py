"""Themes, widgets and layout: a Track becomes panels drawn in place on YUV planes."""
