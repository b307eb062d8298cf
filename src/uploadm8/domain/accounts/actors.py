"""The account's background work: mail."""

from dataclasses import dataclass

from uploadm8.domain.accounts.credentials import CredentialChanges
from uploadm8.domain.accounts.post import Post
from uploadm8.infra.jobs.catalog import ACCOUNT_MAIL, RESET_REQUESTED, VERIFY_REQUESTED
from uploadm8.infra.jobs.handlers import Handler


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
        )
