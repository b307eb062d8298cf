"""What other subjects ask about a workspace's tier; `Entitlements` answers."""

from typing import Protocol
from uuid import UUID

from uploadm8.domain.billing.entitlements import Entitlement
from uploadm8.domain.billing.plans import Feature


class Gate(Protocol):
    """What a workspace's tier lets it do."""

    async def require(self, workspace_id: UUID, feature: Feature) -> object:
        """Refuse a feature that the tier does not have."""
        ...

    async def has(self, workspace_id: UUID, feature: Feature) -> bool:
        """Whether the tier has a feature."""
        ...


class Tiers(Protocol):
    """What a workspace's tier includes."""

    async def of(self, workspace_id: UUID) -> Entitlement: ...
