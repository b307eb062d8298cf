"""Lengths of text as the platforms count them."""


def utf16_units(text: str) -> int:
    """Characters outside the basic plane count twice: the strictest reading of "characters"."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
