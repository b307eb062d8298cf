"""Lengths of text in UTF-16 units, where characters outside the basic plane count twice."""


def utf16_units(text: str) -> int:
    """Length as TikTok counts it, and never less than in code points."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def cut_to_units(text: str, most: int) -> str:
    """The longest beginning of at most `most` units; no character is split."""
    if utf16_units(text) <= most:
        return text
    return text.encode("utf-16-le", "surrogatepass")[: 2 * most].decode("utf-16-le", "ignore")
