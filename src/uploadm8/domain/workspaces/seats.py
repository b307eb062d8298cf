"""What the tier says about people; billing stands above this subject and fills it in."""

from typing import Protocol
from uuid import UUID


class Seats(Protocol):
    """The seats of a workspace's tier."""

    async def check_team(self, workspace_id: UUID, *, invited: int = 0) -> None:
        """Lock the workspace, and refuse one more person when there is no seat left.

        Raises:
            PaymentRequiredError: the tier has no teams, or every seat is taken.
        """

    async def limit(self, workspace_id: UUID) -> int:
        """How many people the tier has room for."""

    async def check_new_workspace(self, user_id: UUID) -> None:
        """Refuse a further workspace to someone who owns one that nothing is paid for.

        Raises:
            PaymentRequiredError: code ``workspace_limit``.
        """
