"""Members: ranks, the last owner, and an end that acts at once."""

import asyncio

import pytest

from account_mail import step_up
from api_client import Api, Someone
from team_world import Team, set_tier, team, team_mail
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.platforms.tables import OAuthFlow
from uploadm8.domain.workspaces.tables import Membership, Workspace

pytestmark = pytest.mark.anyio


async def role_to(made: Team, by: Someone, whom: Someone, role: str) -> tuple[int, str]:
    answer = await made.call("PATCH", f"members/{await made.user_id(whom)}", by, role=role)
    return answer.status_code, answer.json().get("code", "")


async def test_an_admin_manages_everybody_but_owners(api: Api) -> None:
    made = await team(api)
    admin, editor = await made.join("admin"), await made.join("editor")
    assert await role_to(made, admin, editor, "viewer") == (200, "")
    assert await role_to(made, admin, editor, "admin") == (200, "")
    assert await role_to(made, admin, editor, "owner") == (403, "role_required")
    assert await role_to(made, admin, made.owner, "viewer") == (403, "role_required")
    removed = await made.call("DELETE", f"members/{await made.user_id(made.owner)}", admin)
    assert removed.json()["code"] == "role_required"


async def test_a_role_acts_from_the_next_request_on(api: Api) -> None:
    made = await team(api)
    editor = await made.join("editor")
    body = {"name": "Ours"}
    refused = await made.call("PATCH", "workspaces/current", editor, **body)
    assert refused.status_code == 403
    await role_to(made, made.owner, editor, "admin")
    renamed = await made.call("PATCH", "workspaces/current", editor, **body)
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Ours")
    settings = await made.call("GET", "settings")
    assert settings.json()["display_name"] == "Ours"
    mails = [subject for to, subject, _ in await team_mail(api) if to == editor.email]
    assert len(mails) == 1


async def test_the_last_owner_stays(api: Api) -> None:
    made = await team(api)
    await made.join("admin")
    assert await role_to(made, made.owner, made.owner, "admin") == (409, "last_owner")
    left = await made.call("POST", "members/leave")
    assert (left.status_code, left.json()["code"]) == (409, "last_owner")
    removed = await made.call("DELETE", f"members/{await made.user_id(made.owner)}")
    assert removed.json()["code"] == "last_owner"
    closed = await api.http.post("/api/account/delete", headers=made.owner.headers)
    assert (closed.status_code, closed.json()["code"]) == (409, "owns_shared_workspace")


async def test_two_owners_cannot_both_leave_at_once(api: Api) -> None:
    made = await team(api)
    second = await made.join("admin")
    assert await role_to(made, made.owner, second, "owner") == (200, "")
    answers = await asyncio.gather(
        made.call("POST", "members/leave"), made.call("POST", "members/leave", second)
    )
    assert sorted(a.status_code for a in answers) == [204, 409]


async def test_a_workspace_is_handed_over_with_step_up(api: Api) -> None:
    made = await team(api)
    heir = await made.join("editor")
    path = f"members/{await made.user_id(heir)}/transfer"
    await Membership.raw("UPDATE sessions SET authenticated_at=now() - interval '1 hour'")
    assert (await made.call("POST", path)).status_code in (401, 403)
    fresh = await step_up(api, made.owner)
    assert (await made.call("POST", path, heir)).status_code == 403
    assert (await made.call("POST", path, fresh)).status_code == 200
    rows = (await made.call("GET", "members", fresh)).json()["items"]
    assert {row["email"]: row["role"] for row in rows} == {
        heir.email: "owner",
        made.owner.email: "admin",
    }
    assert (await made.call("POST", "members/leave", fresh)).status_code == 204


async def test_a_removed_member_is_out_at_once_with_keys_and_open_consents(api: Api) -> None:
    made = await team(api)
    admin = await made.join("admin")
    key = (
        await made.call("POST", "api-keys", admin, name="script", scopes=["settings:read"])
    ).json()["token"]
    with_key = {"Authorization": f"Bearer {key}"}
    assert (await api.http.get("/api/settings", headers=with_key)).status_code == 200
    await OAuthFlow.raw(
        'INSERT INTO oauth_flows (state_hash, workspace, "user", platform, expires_at)'
        " VALUES ('h', {}, {}, 'tiktok', now() + interval '5 minutes')",
        made.workspace_id,
        await made.user_id(admin),
    )
    answer = await made.call("DELETE", f"members/{await made.user_id(admin)}")
    assert answer.status_code == 204, answer.text
    assert (await made.call("GET", "uploads", admin)).json()["code"] == "workspace_not_found"
    assert (await api.http.get("/api/settings", headers=with_key)).status_code == 401
    assert await OAuthFlow.count() == 0
    again = await made.call("DELETE", f"members/{await made.user_id(made.owner)}x")
    assert again.status_code == 404


async def test_whoever_is_in_no_workspace_any_more_gets_an_own_one(api: Api) -> None:
    made = await team(api)
    guest = await made.join("editor")
    await Workspace.raw(
        "DELETE FROM memberships WHERE \"user\"={} AND role='owner'", await made.user_id(guest)
    )
    assert (await made.call("POST", "members/leave", guest)).status_code == 204
    alone = {"Authorization": guest.headers["Authorization"]}
    me = (await api.http.get("/api/auth/me", headers=alone)).json()
    assert [one["role"] for one in me["workspaces"]] == ["owner"]


async def test_after_a_downgrade_members_without_a_seat_read_and_change_nothing(api: Api) -> None:
    made = await team(api)
    second, third = await made.join("editor"), await made.join("admin")
    await set_tier(made.workspace_id, Tier.STUDIO)
    fourth = await _add(made)
    seated = [row["seated"] for row in (await made.call("GET", "members")).json()["items"]]
    assert seated == [True, True, True, False]
    assert (await made.call("GET", "uploads", fourth)).status_code == 200
    refused = await made.call("PATCH", "settings", fourth, units="imperial")
    assert (refused.status_code, refused.json()["code"]) == (402, "no_seat")
    assert (await made.call("PATCH", "settings", third, units="imperial")).status_code == 200
    over = (await made.call("GET", "billing/subscription")).json()["over_limits"]
    assert over == [{"resource": "seats", "used": 4, "limit": 3}]
    assert (await made.call("DELETE", f"members/{await made.user_id(second)}")).status_code == 204
    assert (await made.call("PATCH", "settings", fourth, units="metric")).status_code == 200


async def _add(made: Team) -> Someone:
    someone = await made.api.register()
    await Membership.raw(
        'INSERT INTO memberships (workspace, "user", role) VALUES ({}, {}, {})',
        made.workspace_id,
        await made.user_id(someone),
        "admin",
    )
    return made.inside(someone)


async def test_a_user_switches_workspaces_by_a_header_and_a_key_stays_in_its_own(api: Api) -> None:
    made = await team(api)
    guest = await made.join("viewer")
    own = {"Authorization": guest.headers["Authorization"]}
    here = (await api.http.get("/api/workspaces/current", headers=guest.headers)).json()
    there = (await api.http.get("/api/workspaces/current", headers=own)).json()
    assert (here["role"], there["role"]) == ("viewer", "owner")
    assert here["id"] == str(made.workspace_id) != there["id"]
    token = (
        await api.http.post(
            "/api/api-keys", headers=own, json={"name": "k", "scopes": ["settings:read"]}
        )
    ).json()["token"]
    elsewhere = {"Authorization": f"Bearer {token}", "X-Workspace-Id": str(made.workspace_id)}
    assert (await api.http.get("/api/settings", headers=elsewhere)).status_code == 404


async def test_an_agency_owns_several_workspaces_each_with_a_tier_of_its_own(api: Api) -> None:
    made = await team(api)
    client = await made.call("POST", "workspaces", name="Client A")
    assert client.status_code == 201, client.text
    more = await made.call("POST", "workspaces", name="Client B")
    assert (more.status_code, more.json()["code"]) == (402, "workspace_limit")
    await set_tier(client.json()["id"], Tier.CREATOR)
    assert (await made.call("POST", "workspaces", name="Client B")).status_code == 201
    listed = (await made.call("GET", "workspaces")).json()["items"]
    assert [one["name"] for one in listed][1:] == ["Client A", "Client B"]
