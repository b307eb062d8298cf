"""The HUD burned in, one file per distinct rendition spec."""
