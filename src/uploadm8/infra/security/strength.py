"""Which passwords are too easy to guess."""

from collections.abc import Sequence

from zxcvbn import zxcvbn

_ENOUGH = 2  # of 4: more than a million guesses
_LOOKED_AT = 72  # characters; the work grows faster than the length
_OUR_WORDS = ("uploadm8", "upload", "telemetry")


def weakness(password: str, about: Sequence[str]) -> str | None:
    """Why the password is too easy to guess, or None if it is not.

    Common passwords, names, keyboard walks, repeats and dates count as what they are; there are
    no rules about kinds of characters.

    Args:
        password: as given.
        about: words an attacker would try for this person (address, name).
    """
    words = [*_OUR_WORDS, *(word for text in about for word in (text, *text.split("@")) if word)]
    verdict = zxcvbn(password[:_LOOKED_AT], user_inputs=words)
    if verdict["score"] >= _ENOUGH:
        return None
    return str(verdict["feedback"]["warning"]) or "This is easy to guess."
