"""Support in a user's place: short, read-only unless asked, and never in secret."""

from typing import Any

import pytest

from admin_world import REASON, Office, id_of, open_office
from api_client import Api, Someone
from uploadm8.domain.accounts.tables import Session, User
from uploadm8.infra.audit.tables import AuditEntry
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio


@pytest.fixture
async def office(api: Api) -> Office:
    return await open_office(api)


async def enter(office: Office, someone: Someone, **more: Any) -> dict[str, str]:
    user = await id_of(someone.email)
    told = await office.act(f"/users/{user}/impersonate", 201, **more)
    return {"Authorization": f"Bearer {told['access_token']}"}


async def test_support_sees_what_the_user_sees_and_the_user_sees_support(office: Office) -> None:
    someone = await office.api.register()
    support = await enter(office, someone, minutes=5)
    theirs = (await office.api.http.get("/api/auth/me", headers=support)).json()
    own = (await office.api.http.get("/api/auth/me", headers=someone.headers)).json()
    assert theirs["user"]["email"] == someone.email
    assert (theirs["is_support"], own["is_support"]) == (True, False)
    (told,) = own["support"]
    assert (told["reason"], told["writes"]) == (REASON, False)
    sessions = (await office.api.http.get("/api/auth/sessions", headers=someone.headers)).json()
    assert told["session_id"] in {one["id"] for one in sessions["items"]}


async def test_the_user_is_told_by_mail_and_ends_it(office: Office) -> None:
    someone = await office.api.register()
    support = await enter(office, someone)
    mails = await JobRow.raw(
        "SELECT args->'facts'->>'Reason' AS reason FROM jobs"
        " WHERE kind='accounts.mail' AND args->>'kind'='support_access'"
    )
    assert [row["reason"] for row in mails] == [REASON]
    me = (await office.api.http.get("/api/auth/me", headers=someone.headers)).json()
    gone = await office.api.http.delete(
        f"/api/auth/sessions/{me['support'][0]['session_id']}", headers=someone.headers
    )
    assert gone.status_code == 204, gone.text
    assert (await office.api.http.get("/api/auth/me", headers=support)).status_code == 401


async def test_support_only_looks_unless_it_asked_for_more(office: Office) -> None:
    someone = await office.api.register()
    settings = {"time_zone": "Europe/Berlin"}
    looking = await enter(office, someone)
    answer = await office.api.http.patch("/api/settings", headers=looking, json=settings)
    assert (answer.status_code, answer.json()["code"]) == (403, "support_is_read_only")
    changing = await enter(office, someone, writes=True)
    answer = await office.api.http.patch("/api/settings", headers=changing, json=settings)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/api-keys"),
        ("POST", "/api/auth/password"),
        ("POST", "/api/auth/email"),
        ("POST", "/api/auth/step-up"),
        ("POST", "/api/auth/logout-all"),
        ("POST", "/api/account/delete"),
        ("POST", "/api/account/export"),
        ("GET", "/oauth/youtube/start"),
        ("GET", "/api/kpi/raw"),
        ("GET", "/api/audit/export"),
    ],
)
async def test_credentials_are_out_of_supports_reach(
    office: Office, method: str, path: str
) -> None:
    support = await enter(office, await office.api.register(), writes=True)
    answer = await office.api.http.request(method, path, headers=support)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_for_support")


async def test_nobody_takes_an_administrators_place(office: Office) -> None:
    other = await office.api.register()
    await User.raw("UPDATE users SET role='admin' WHERE email={}", other.email)
    told = await office.act(f"/users/{await id_of(other.email)}/impersonate", 403)
    assert told["code"] == "admin_protected"


async def test_it_ends_by_itself_and_with_the_administrator(office: Office) -> None:
    someone = await office.api.register()
    support = await enter(office, someone)
    await Session.raw(
        "UPDATE sessions SET expires_at=now() - interval '1 s' WHERE support_admin IS NOT NULL"
    )
    assert (await office.api.http.get("/api/auth/me", headers=support)).status_code == 401
    support = await enter(office, someone)
    other = await office.api.register()
    await User.raw("UPDATE users SET role='admin' WHERE email={}", other.email)
    boss = str(await id_of(office.boss.email))
    answer = await office.api.http.post(
        "/api/admin/users/role",
        headers=other.headers,
        json={"user_id": boss, "role": "user", "reason": REASON},
    )
    assert answer.status_code == 200
    assert (await office.api.http.get("/api/auth/me", headers=support)).status_code == 401


async def test_what_support_does_is_recorded_as_the_administrators_act(office: Office) -> None:
    someone = await office.api.register()
    support = await enter(office, someone, writes=True)
    answer = await office.api.http.post(
        "/api/workspaces", headers=support, json={"name": "made by support"}
    )
    assert answer.status_code in (201, 402, 403), answer.text
    (row,) = [row for row in await office.log() if row["action"] == "admin.impersonated"]
    assert row["reason"] == REASON
    assert str(row["subject_id"]) == str(await id_of(someone.email))
    made = await AuditEntry.raw(
        "SELECT actor_kind, actor_id FROM audit_log ORDER BY id DESC LIMIT 1"
    )
    assert tuple(made[0].values()) == ("admin", await id_of(office.boss.email))


async def test_the_time_box_is_an_hour_at_most(office: Office) -> None:
    user = await id_of((await office.api.register()).email)
    for minutes in (0, 61):
        await office.act(f"/users/{user}/impersonate", 400, minutes=minutes)
