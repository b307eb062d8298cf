"""The team reads its log: who did what, from where, and nobody else's."""

import csv
import io

import pytest

from account_mail import post
from api_client import PASSWORD, Api
from team_world import Team, set_tier, team
from uploadm8.domain.billing.plans import Tier
from uploadm8.infra.audit.actions import Action
from uploadm8.infra.audit.origin import Actor
from uploadm8.infra.audit.record import record
from uploadm8.infra.audit.tables import ActorKind, AuditEntry
from uploadm8.infra.db.transaction import transaction

pytestmark = pytest.mark.anyio


async def entries(made: Team, **query: str) -> list[dict[str, object]]:
    answer = await made.api.http.get("/api/audit", headers=made.owner.headers, params=query)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, object]] = answer.json()["items"]
    return items


async def test_acts_of_people_and_keys_are_there_with_request_and_address(api: Api) -> None:
    made = await team(api)
    editor = await made.join("editor")
    editor_id = await made.user_id(editor)
    await made.call("PATCH", f"members/{editor_id}", role="admin")
    await made.call("PATCH", "settings", editor, units="imperial")
    (changed,) = await entries(made, action="settings.changed")
    assert changed["actor_email"] == editor.email
    assert changed["details"] == {"changed": ["units"]}
    assert changed["address"] == "203.0.113.7"
    assert changed["request_id"]
    (role,) = await entries(made, action="member.role_changed", subject_id=editor_id)
    assert role["details"] == {"from": "editor", "to": "admin"}
    assert [e["action"] for e in await entries(made, action="member.")] == [
        "member.role_changed",
        "member.joined",
        "member.invited",
    ]
    assert [e["action"] for e in await entries(made, actor_id=editor_id)] == [
        "settings.changed",
        "member.joined",
    ]


async def test_signing_in_and_out_is_told_to_every_workspace_one_is_in(api: Api) -> None:
    made = await team(api)
    guest = await made.join("viewer")
    signed_in = await post(api, "login", email=guest.email, password=PASSWORD)
    refresh = signed_in.json()["refresh_token"]
    await post(api, "logout", refresh_token=refresh)
    assert [e["action"] for e in await entries(made, action="session.")] == [
        "session.signed_out",
        "session.signed_in",
    ]
    rows = await AuditEntry.select().where(AuditEntry.action == Action.SIGNED_IN.value)
    assert len({row["workspace_id"] for row in rows}) == 2


async def test_pages_follow_each_other_and_filters_by_time_cut(api: Api) -> None:
    made = await team(api)
    for units in ("imperial", "metric", "imperial"):
        await made.call("PATCH", "settings", units=units)
    everything = await entries(made, limit="100")
    seen: list[dict[str, object]] = []
    cursor: str | None = ""
    while cursor is not None:
        query = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        answer = await api.http.get("/api/audit", headers=made.owner.headers, params=query)
        seen += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
    assert seen == everything
    third = str(everything[2]["at"])
    assert await entries(made, start=third) == everything[:3]
    assert await entries(made, end=third) == everything[3:]


async def test_another_team_sees_nothing_of_it_and_staff_stay_nameless(api: Api) -> None:
    made, other = await team(api), await team(api)
    await made.call("PATCH", "settings", units="imperial")
    assert await entries(other, action="settings.") == []
    staff = await api.register()
    async with transaction():
        await record(
            Action.ADMIN_GRANTED,
            workspace_id=made.workspace_id,
            reason="a thank-you",
            actor=Actor(ActorKind.ADMIN, None),
        )
        await AuditEntry.raw(
            "INSERT INTO audit_log (workspace_id, actor_kind, actor_id, action, address)"
            " SELECT {}, 'admin', id, 'admin.read', '198.51.100.1' FROM users WHERE email={}",
            made.workspace_id,
            staff.email,
        )
    told = {entry["action"]: entry for entry in await entries(made, action="admin.")}
    read, granted = told["admin.read"], told["admin.entitlement_granted"]
    assert granted["reason"] == "a thank-you"
    assert (read["actor_id"], read["actor_email"], read["address"]) == (None, None, None)


async def test_it_is_exported_as_csv_and_json_and_that_is_recorded(api: Api) -> None:
    made = await team(api)
    answer = await made.call("GET", "audit/export")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert rows[0]["action"] == "export.made"
    as_json = await made.call("GET", "audit/export?format=json&action=export.")
    assert [one["details"] for one in as_json.json()["items"]] == [
        {"format": "json"},
        {"format": "csv"},
    ]


async def test_only_admins_of_the_agency_tier_read_it_though_it_is_always_written(
    api: Api,
) -> None:
    made = await team(api)
    editor = await made.join("editor")
    assert (await made.call("GET", "audit", editor)).json()["code"] == "role_required"
    await set_tier(made.workspace_id, Tier.STUDIO)
    for path in ("audit", "audit/export"):
        told = (await made.call("GET", path)).json()
        assert (told["code"], told["required_tier"]) == ("feature_not_in_tier", "agency")
    await made.call("PATCH", "settings", units="imperial")
    await set_tier(made.workspace_id, Tier.AGENCY)
    assert len(await entries(made, action="settings.")) == 1
