"""Every feature against every tier, over HTTP: let in, or told which tier has it."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest

from api_client import Api
from routes import insert
from team_world import Team, set_tier, team
from uploadm8.domain.billing.plans import PLANS, Feature, Tier, first_with
from uploadm8.domain.platforms.tables import AccountState, ConnectedAccount

pytestmark = pytest.mark.anyio

_UPLOAD = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 20_000_000}
_AT = {"mode": "at", "at": "2027-03-01T12:00:00Z"}


def _post(account: str, schedule: Mapping[str, str]) -> dict[str, Any]:
    options = {"privacy": "private", "made_for_kids": False}
    return {
        **_UPLOAD,
        "targets": [{"account_id": account, "options": options}],
        "schedule": dict(schedule),
    }


def probes(account: str) -> Mapping[Feature, tuple[str, str, dict[str, Any]]]:
    """For each feature a request that needs it."""
    return {
        Feature.MANUAL_QUEUE: ("POST", "uploads/presign", _post(account, {"mode": "queue"})),
        Feature.SCHEDULING: ("POST", "uploads/presign", _post(account, _AT)),
        Feature.SMART_SCHEDULING: ("POST", "uploads/presign", _post(account, {"mode": "smart"})),
        Feature.RESUMABLE_UPLOADS: ("POST", "uploads/presign", {**_UPLOAD, "multipart": True}),
        Feature.EXPORTS: ("GET", "kpi/raw", {}),
        Feature.TEAM_SEATS: (
            "POST",
            "invitations",
            {"email": f"{uuid4().hex}@example.com", "role": "viewer"},
        ),
        Feature.APPROVALS: ("PUT", "approvals/policy", {"required_of": "editors"}),
        Feature.WEBHOOKS: (
            "POST",
            "webhooks",
            {"url": "https://93.184.216.34/in"},
        ),
        Feature.AUDIT_LOGS: ("GET", "audit", {}),
        Feature.SLA: ("GET", "status", {}),
    }


async def ask(made: Team, feature: Feature, account: str) -> dict[str, Any] | None:
    """The refusal of what needs a feature; None when it was let in."""
    method, path, body = probes(account)[feature]
    answer = await made.call(method, path, **body)
    if answer.status_code != 402:
        assert answer.status_code in (200, 201), (feature, answer.text)
        return None
    return dict(answer.json())


async def test_a_feature_is_there_from_its_tier_on_and_refused_with_its_name_below(
    api: Api,
) -> None:
    made = await team(api, None)
    account = uuid4()
    await insert(
        ConnectedAccount,
        id=account,
        workspace=made.workspace_id,
        platform="youtube",
        state=AccountState.ACTIVE.value,
        scopes='["https://www.googleapis.com/auth/youtube.upload"]',
    )
    for tier in Tier:
        await set_tier(made.workspace_id, tier)
        for feature in probes(str(account)):
            refusal = await ask(made, feature, str(account))
            if feature in PLANS[tier].features:
                assert refusal is None, (tier, feature, refusal)
                continue
            assert refusal is not None, (tier, feature)
            needed = first_with(feature)
            assert {
                "code": "feature_not_in_tier",
                "feature": feature.value,
                "tier": tier.value,
                "required_tier": needed.tier.value,
                "required_lookup_key": needed.lookup_key,
            }.items() <= refusal.items()
            assert needed.name in refusal["detail"]
