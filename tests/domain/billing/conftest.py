"""Rows and the clock for the tests of billing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from billing_world import START, Clock, MakeSubscription, MakeWorkspace, World, stripe_world
from uploadm8.domain.accounts.tables import User
from uploadm8.domain.billing.plans import PLANS, Tier
from uploadm8.domain.billing.tables import Subscription
from uploadm8.domain.workspaces.tables import Membership, Workspace
from uploadm8.infra.ids import new_id


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make_workspace(db: None) -> MakeWorkspace:
    async def make() -> UUID:
        user, workspace = new_id(), new_id()
        await User.insert(User(id=user, email=f"{user}@example.com", password_hash="-"))
        await Workspace.insert(Workspace(id=workspace, name="A team"))
        await Membership.insert(Membership(workspace=workspace, user=user, role="owner"))
        return workspace

    return make


@pytest.fixture
async def workspace(make_workspace: MakeWorkspace) -> UUID:
    return await make_workspace()


@pytest.fixture
def subscribe(db: None) -> MakeSubscription:
    """Record a subscription as Stripe's copy of it would be."""

    async def make(workspace: UUID, tier: Tier, **changes: Any) -> UUID:
        row_id = new_id()
        values: dict[str, Any] = {
            "stripe_id": f"sub_{row_id.hex}",
            "stripe_customer_id": f"cus_{workspace.hex}",
            "status": "active",
            "tier": tier.value,
            "lookup_key": PLANS[tier].lookup_key,
            "period_start": START - timedelta(days=10),
            "period_end": START + timedelta(days=21),
            "stripe_created_at": START - timedelta(days=10),
        }
        await Subscription.insert(
            Subscription(id=row_id, workspace=workspace, **{**values, **changes})
        )
        return row_id

    return make


@pytest.fixture
async def world(db: None, tmp_path: Path) -> AsyncIterator[World]:
    async with stripe_world(tmp_path / "sandbox") as made:
        yield made
