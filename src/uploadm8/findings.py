"""What preflight has to say about a video or a post: one type from the core up to the API."""

from enum import StrEnum

import msgspec


class Severity(StrEnum):
    """What a finding means for the post."""

    FIX = "fix"
    """We put it right on our own, for example by encoding; nobody will see it."""
    CHANGE = "change"
    """It goes out, differently from what was asked or filmed."""
    BLOCK = "block"
    """It is not posted until the creator changes something."""


class Finding(msgspec.Struct, frozen=True):
    """One thing about a post.

    Attributes:
        severity: what it means.
        code: stable, for programs.
        sentence: what is the matter; `message` in JSON.
        what_we_do: what happens about it, or what the creator has to do when it blocks.
    """

    severity: Severity
    code: str
    sentence: str = msgspec.field(name="message")
    what_we_do: str


def blocks(findings: list[Finding] | tuple[Finding, ...]) -> bool:
    """Whether any of them stops the post."""
    return any(finding.severity is Severity.BLOCK for finding in findings)
