"""The mails about teams: invitations, and what happens to members."""

from collections.abc import Mapping

from uploadm8.infra.mail.letter import Button, Letter

PAGE = "accept-invitation.html"


def invitation(
    frontend_url: str, token: str, *, workspace: str, inviter: str, role: str, ends: str
) -> Letter:
    """The letter that carries the link."""
    who = f"{inviter} invites you" if inviter else "You are invited"
    return Letter(
        subject=f"Join {workspace} on UploadM8",
        heading=f"Join {workspace}",
        preview=f"{who} to work together on UploadM8.",
        paragraphs=(f"{who} to work on {workspace} together, as {_article(role)}.",),
        # A fragment reaches no server's or proxy's log.
        button=Button("See the invitation", f"{frontend_url.rstrip('/')}/{PAGE}#token={token}"),
        facts=(("Workspace", workspace), ("Role", role), ("Open until", ends)),
        footnote="The link works once and is meant for you alone."
        " If you do not know who sent it, ignore this mail; nothing will happen.",
    )


_NEWS: Mapping[str, tuple[str, str]] = {
    "joined": ("{person} joined {workspace}", "{person} has accepted the invitation, as {role}."),
    "role_changed": ("Your role in {workspace} changed", "You are {role} in {workspace} now."),
    "removed": (
        "You are no longer in {workspace}",
        "You were removed from {workspace}. Your own account and your other workspaces stay.",
    ),
    "ownership": ("{workspace} is yours now", "You are the owner of {workspace} now."),
}


def news(kind: str, facts: Mapping[str, str]) -> Letter:
    """A letter about a member: `joined`, `role_changed`, `removed` or `ownership`."""
    subject, sentence = _NEWS[kind]
    told = {**facts, "role": _article(facts.get("role", ""))}
    return Letter(
        subject=subject.format_map(told),
        heading=subject.format_map(told),
        preview=sentence.format_map(told),
        paragraphs=(sentence.format_map(told),),
        footnote="You get this because you are, or were, a member of this workspace.",
    )


def _article(role: str) -> str:
    if not role:
        return ""
    return f"{'an' if role[0] in 'aeio' else 'a'} {role}"
