"""GoPro's GPMF: nested key-length-value items, their streams, and what a camera measured."""
