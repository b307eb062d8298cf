"""Vocabularies written as one readable string."""


def words(text: str) -> frozenset[str]:
    """The set of blank-separated words of a text."""
    return frozenset(text.split())
