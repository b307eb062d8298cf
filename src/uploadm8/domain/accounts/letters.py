"""Every mail about an account, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from uploadm8.domain.accounts.tables import LinkPurpose
from uploadm8.infra.mail.letter import Button, Letter


class LetterKind(StrEnum):
    """Which letter it is."""

    VERIFY = "verify"
    ALREADY_REGISTERED = "already_registered"
    RESET = "reset"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  a name
    CHANGE_EMAIL = "change_email"
    EMAIL_CHANGED = "email_changed"
    NEW_SIGN_IN = "new_sign_in"
    REFRESH_REUSED = "refresh_reused"
    TOTP_ENABLED = "totp_enabled"
    TOTP_DISABLED = "totp_disabled"
    RECOVERY_CODE_USED = "recovery_code_used"
    API_KEY_CREATED = "api_key_created"
    DELETION_SCHEDULED = "deletion_scheduled"
    EXPORT_READY = "export_ready"
    SUPPORT_ACCESS = "support_access"


@dataclass(frozen=True, slots=True)
class _Words:
    subject: str
    heading: str
    paragraphs: tuple[str, ...]
    footnote: str = "You get this because of something done with your UploadM8 account."
    button: str = ""
    page: str = ""


_NOT_YOU = "If this was not you, reset your password now and sign out everywhere."
_IGNORE = "If you did not ask for this, ignore this mail; nothing will happen."

_WORDS: Mapping[LetterKind, _Words] = {
    LetterKind.VERIFY: _Words(
        "Confirm your address",
        "Welcome aboard",
        ("Confirm that this address is yours, and your account is ready.",),
        "The link works once, for 24 hours. " + _IGNORE,
        "Confirm address",
        "verify-email.html",
    ),
    LetterKind.ALREADY_REGISTERED: _Words(
        "You already have an account",
        "You already have an account",
        (
            (
                "Someone, probably you, tried to register with this address. There is an account with"
                " it already: sign in, or reset the password if you have forgotten it."
            ),
        ),
        _IGNORE,
        "Sign in",
        "index.html",
    ),
    LetterKind.RESET: _Words(
        "Reset your password",
        "Choose a new password",
        ("Follow the link to choose a new password. All your devices will be signed out.",),
        "The link works once, for 30 minutes. " + _IGNORE,
        "Choose a new password",
        "reset-password.html",
    ),
    LetterKind.PASSWORD_CHANGED: _Words(
        "Your password was changed",
        "Your password was changed",
        ("The password of your account was changed, and other devices were signed out.",),
        _NOT_YOU,
    ),
    LetterKind.CHANGE_EMAIL: _Words(
        "Confirm your new address",
        "Is this your new address?",
        ("Confirm that your account should use this address from now on.",),
        "The link works once, for 24 hours. " + _IGNORE,
        "Use this address",
        "confirm-email.html",
    ),
    LetterKind.EMAIL_CHANGED: _Words(
        "Your address was changed",
        "Your address was changed",
        (
            (
                "Your account now uses another e-mail address. If that was not you, take the change"
                " back: this address returns, and every device is signed out."
            ),
        ),
        "The link works for 72 hours.",
        "Take it back",
        "undo-email.html",
    ),
    LetterKind.SUPPORT_ACCESS: _Words(
        "Support is looking at your account",
        "Our support opened your account",
        (
            (
                "To help with what is named below, someone of our support sees your account as you"
                " do, for a short time. It stands among your sessions, where you can end it at once."
            ),
        ),
        "If you did not ask for help, end the session and write to us.",
    ),
    LetterKind.NEW_SIGN_IN: _Words(
        "New sign-in to your account",
        "A new device signed in",
        ("Your account was used from a device and network that it had not been used from before.",),
        _NOT_YOU,
    ),
    LetterKind.REFRESH_REUSED: _Words(
        "A session was ended for your safety",
        "We ended one of your sessions",
        (
            (
                "An old sign-in token of your account was used a second time. That happens when a copy"
                " of it was stolen, so the session was ended."
            ),
            "Sign in again. If you do not know why this happened, change your password.",
        ),
    ),
    LetterKind.TOTP_ENABLED: _Words(
        "Two-step sign-in is on",
        "Two-step sign-in is on",
        ("From now on, signing in needs a code from your authenticator app.",),
        _NOT_YOU,
    ),
    LetterKind.TOTP_DISABLED: _Words(
        "Two-step sign-in is off",
        "Two-step sign-in is off",
        ("Your account is protected by its password alone again.",),
        _NOT_YOU,
    ),
    LetterKind.RECOVERY_CODE_USED: _Words(
        "A recovery code was used",
        "A recovery code was used",
        ("Someone signed in with one of your recovery codes. Each works once.",),
        _NOT_YOU,
    ),
    LetterKind.API_KEY_CREATED: _Words(
        "A new API key",
        "A new API key was made",
        ("An API key for your account was made. Whoever has it can act for you.",),
        "If this was not you, revoke it and reset your password now.",
    ),
    LetterKind.DELETION_SCHEDULED: _Words(
        "Your account will be deleted",
        "Your account will be deleted in 7 days",
        (
            (
                "Your account is locked and every device is signed out. After 7 days your videos,"
                " connections and data are erased for good."
            ),
            "Posts that are already on other platforms stay there: delete them there.",
        ),
        "The link works for 7 days.",
        "Keep my account",
        "keep-account.html",
    ),
    LetterKind.EXPORT_READY: _Words(
        "Your data is ready",
        "Your data is ready",
        ("The copy of your data that you asked for can be downloaded for 24 hours.",),
        button="Go to your account",
        page="account.html",
    ),
}

LINK_OF: Mapping[LetterKind, LinkPurpose] = {
    LetterKind.VERIFY: LinkPurpose.VERIFY,
    LetterKind.RESET: LinkPurpose.RESET,
    LetterKind.CHANGE_EMAIL: LinkPurpose.CHANGE_EMAIL,
    LetterKind.EMAIL_CHANGED: LinkPurpose.UNDO_EMAIL,
    LetterKind.DELETION_SCHEDULED: LinkPurpose.CANCEL_DELETION,
}


def write(
    kind: LetterKind, frontend_url: str, token: str | None = None, facts: Mapping[str, str] = {}
) -> Letter:
    """The letter of a kind.

    Args:
        kind: which.
        frontend_url: where its button leads; never taken from a request's Host.
        token: put into the fragment of the link, which no server or proxy log ever sees.
        facts: shown as a table.
    """
    words = _WORDS[kind]
    fragment = f"#token={token}" if token else ""
    button = (
        Button(words.button, f"{frontend_url.rstrip('/')}/{words.page}{fragment}")
        if words.button
        else None
    )
    return Letter(
        subject=words.subject,
        heading=words.heading,
        preview=words.paragraphs[0],
        paragraphs=words.paragraphs,
        button=button,
        facts=tuple(facts.items()),
        footnote=words.footnote,
    )
