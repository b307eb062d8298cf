"""The account's background work: mail, and forgetting what is no longer needed."""

from dataclasses import dataclass

from uploadm8.domain.accounts.credentials import CredentialChanges
from uploadm8.domain.accounts.post import Post
from uploadm8.domain.accounts.tables import User
from uploadm8.infra.audit.tables import KEEP_DAYS
from uploadm8.infra.jobs.catalog import ACCOUNT_MAIL, FORGET, RESET_REQUESTED, VERIFY_REQUESTED
from uploadm8.infra.jobs.handlers import Handler, JobContext

# What is kept, and for how long: the retention that docs/privacy.md promises.
_FORGET = (
    "DELETE FROM sign_in_attempts WHERE at < now() - interval '30 days'",
    "DELETE FROM mailed_links WHERE expires_at < now() - interval '30 days'",
    "DELETE FROM idempotency_keys WHERE created_at < now() - interval '24 hours'",
    f"DELETE FROM audit_log WHERE at < now() - interval '{KEEP_DAYS} days'",  # noqa: S608  a constant
    (
        "DELETE FROM sessions WHERE COALESCE(revoked_at, LEAST(idle_expires_at, expires_at))"
        " < now() - interval '90 days'"
    ),
)


@dataclass(frozen=True, slots=True)
class AccountJobs:
    """Handlers of the account's job kinds."""

    post: Post
    credentials: CredentialChanges

    def handlers(self) -> tuple[Handler, ...]:
        """What the worker registers."""
        return (
            Handler(ACCOUNT_MAIL, self.post.deliver),
            Handler(RESET_REQUESTED, self.credentials.answer_reset),
            Handler(VERIFY_REQUESTED, self.credentials.answer_verify),
            Handler(FORGET, forget),
        )


async def forget(context: JobContext) -> None:
    """Delete throttle counters, used links, old keys and dead sessions past their retention."""
    del context
    for statement in _FORGET:
        await User.raw(statement)
