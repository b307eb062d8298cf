"""What administrators do about people, tiers and work; each act with a reason, each on record."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from admin_world import REASON, Office, id_of, open_office
from api_client import PASSWORD, Api, running
from conftest import Servers
from numbers_world import open_shop
from uploadm8.domain.accounts.tables import User
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.publishing.tables import Publication
from uploadm8.domain.workspaces.service import is_suspended
from uploadm8.infra.audit.tables import AuditEntry
from uploadm8.infra.jobs.catalog import CLEAN_UPLOAD, PUBLISH
from uploadm8.infra.jobs.queue import enqueue
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio
KEY = "k" * 40


@pytest.fixture(scope="module")
async def running_app(servers: Servers) -> AsyncIterator[Api]:
    async with running(servers, admin_api_key=KEY) as opened:
        yield opened


@pytest.fixture
async def office(api: Api) -> Office:
    return await open_office(api)


async def test_a_tier_is_granted_listed_and_taken_back(office: Office) -> None:
    shop = await open_shop(office.api)
    grant = await office.act(
        "/entitlements/grant", 201, workspace_id=str(shop.workspace_id), tier="studio"
    )
    entitlements = office.api.app.state.services.entitlements
    assert (await entitlements.of(shop.workspace_id)).tier is Tier.STUDIO
    taken = await office.act("/entitlements/revoke", grant_id=grant["id"])
    assert taken["revoked_at"] is not None
    assert (await entitlements.of(shop.workspace_id)).tier is Tier.STARTER
    listed = await office.get(f"/entitlements?workspace_id={shop.workspace_id}")
    assert [one["id"] for one in listed["items"]] == [grant["id"]]
    log = await office.log()
    assert [row["action"] for row in log] == [
        "admin.entitlement_granted",
        "admin.entitlement_revoked",
    ]
    assert {row["reason"] for row in log} == {REASON}
    assert {row["workspace_id"] for row in log} == {shop.workspace_id}


async def test_nobody_takes_back_a_grant_that_never_was(office: Office) -> None:
    told = await office.act("/entitlements/revoke", 404, grant_id=str(UUID(int=1)))
    assert told["code"] == "not_found"


async def test_every_act_wants_a_reason(office: Office) -> None:
    told = (await office.api.http.get("/schema/openapi.json")).json()
    bodies = {
        path: operations["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
        for path, operations in told["paths"].items()
        if path.startswith("/api/admin/") and "post" in operations
    }
    assert len(bodies) >= 12
    for path, reference in bodies.items():
        schema = told["components"]["schemas"][reference.rpartition("/")[2]]
        assert "reason" in schema["required"], path


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "ok"}, {"reason": "     "}])
async def test_no_act_without_a_reason(office: Office, body: dict[str, Any]) -> None:
    someone = await office.api.register()
    answer = await office.api.http.post(
        f"/api/admin/users/{await id_of(someone.email)}/suspend",
        headers=office.boss.headers,
        json=body,
    )
    assert answer.status_code == 400, answer.text
    assert await office.log() == []


async def test_a_suspended_user_is_out_at_once_and_back_after(office: Office) -> None:
    shop = await open_shop(office.api)
    user = await id_of(shop.someone.email)
    await office.act(f"/users/{user}/suspend")
    me = await office.api.http.get("/api/auth/me", headers=shop.someone.headers)
    assert me.status_code in (401, 403)
    assert await is_suspended(shop.workspace_id)
    await office.act(f"/users/{user}/unsuspend")
    assert not await is_suspended(shop.workspace_id)
    again = await office.api.http.post(
        "/api/auth/login", json={"email": shop.someone.email, "password": PASSWORD}
    )
    assert again.status_code == 200
    actions = [row["action"] for row in await office.log()]
    assert actions == ["admin.user_disabled", "admin.user_enabled"]


async def test_neither_oneself_nor_the_last_admin_is_suspended(office: Office) -> None:
    boss = await id_of(office.boss.email)
    assert (await office.act(f"/users/{boss}/suspend", 409))["code"] == "not_yourself"
    answer = await office.api.http.post(
        f"/api/admin/users/{boss}/suspend", headers={"X-Admin-Key": KEY}, json={"reason": REASON}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")


async def test_a_query_that_lacks_a_parameter_is_told_which(api: Api) -> None:
    answer = await api.http.get("/api/admin/entitlements", headers={"X-Admin-Key": KEY})
    assert answer.status_code == 400
    assert answer.json()["errors"] == [{"field": "workspace_id", "message": "is required"}]


async def test_signing_someone_out_ends_every_session(office: Office) -> None:
    someone = await office.api.register()
    told = await office.act(f"/users/{await id_of(someone.email)}/sign-out")
    assert told["sessions"] == 1
    me = await office.api.http.get("/api/auth/me", headers=someone.headers)
    assert me.status_code == 401


async def test_the_admin_key_appoints_nobody_and_takes_nobodys_place(office: Office) -> None:
    someone = await office.api.register()
    user = str(await id_of(someone.email))
    for path, body in (
        ("role", {"user_id": user, "role": "admin"}),
        (f"{user}/impersonate", {}),
    ):
        answer = await office.api.http.post(
            f"/api/admin/users/{path}",
            headers={"X-Admin-Key": KEY},
            json={"reason": REASON, **body},
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "person_required")


async def test_acts_with_the_admin_key_are_recorded_as_such(office: Office) -> None:
    shop = await open_shop(office.api)
    headers = {"X-Admin-Key": KEY}
    body = {"workspace_id": str(shop.workspace_id), "tier": "solo", "reason": REASON}
    await office.api.http.post("/api/admin/entitlements/grant", headers=headers, json=body)
    await office.api.http.get("/api/admin/overview", headers=headers)
    rows = await AuditEntry.raw("SELECT actor_kind, action FROM audit_log WHERE reason={}", REASON)
    assert [tuple(row.values()) for row in rows] == [("admin_key", "admin.entitlement_granted")]
    reads = await AuditEntry.raw(
        "SELECT actor_kind, subject_id FROM audit_log WHERE action='admin.read'"
    )
    assert [tuple(row.values()) for row in reads] == [("admin_key", "/api/admin/overview")]


async def test_an_admin_without_a_second_factor_is_refused_when_it_is_needed(
    office: Office,
) -> None:
    state, services = office.api.app.state, office.api.app.state.services
    state.services = replace(services, admins_need_two_step=True)
    try:
        assert (await office.get("/overview", 403))["code"] == "two_step_required"
        await User.raw("UPDATE users SET totp_enabled_at=now() WHERE role='admin'")
        await office.get("/overview")
    finally:
        state.services = services


async def dead(code: str = "internal_error", error_class: str = "internal_bug") -> str:
    job = await enqueue(CLEAN_UPLOAD, delay_s=60)
    await JobRow.raw(
        "UPDATE jobs SET state='dead', attempts=3, finished_at=now(), error_class={}, error_code={}"
        " WHERE id={}",
        error_class,
        code,
        job,
    )
    return str(job)


async def test_dead_letters_are_listed_and_given_another_life(office: Office) -> None:
    ours, theirs = await dead(), await dead("media_unusable", "permanent_media")
    listed = (await office.get("/jobs"))["items"]
    assert [one["id"] for one in listed] == [theirs, ours]
    assert [one["id"] for one in (await office.get("/jobs?ours=true"))["items"]] == [ours]
    told = await office.act(f"/jobs/{ours}/retry")
    assert (told["state"], told["attempts"]) == ("queued", 0)
    assert (await office.act(f"/jobs/{ours}/retry", 409))["code"] == "job_not_dead"
    assert (await office.get("/jobs?state=nonsense", 400))["code"] == "invalid_filter"


async def test_requeueing_in_bulk_takes_what_died_of_our_faults(office: Office) -> None:
    await dead()
    await dead()
    refused = await dead("media_unusable", "permanent_media")
    assert await office.act("/jobs/requeue", kind="uploads.clean") == {"jobs": 2}
    assert [one["id"] for one in (await office.get("/jobs"))["items"]] == [refused]
    (row,) = await office.log()
    assert (row["action"], row["reason"]) == ("admin.jobs_requeued", REASON)


async def test_a_waiting_job_is_called_off_and_an_ended_one_not(office: Office) -> None:
    job = await enqueue(CLEAN_UPLOAD, delay_s=600)
    assert (await office.act(f"/jobs/{job}/cancel"))["state"] == "canceled"
    assert (await office.act(f"/jobs/{job}/cancel", 409))["code"] == "job_ended"
    missing = await office.act(f"/jobs/{UUID(int=7)}/cancel", 404)
    assert missing["code"] == "job_not_found"


async def test_a_post_of_anybody_is_tried_again_and_called_off(office: Office) -> None:
    shop = await open_shop(office.api)
    post = await shop.post("failed")
    assert (await office.act(f"/publications/{post}/retry"))["state"] == "queued"
    jobs = await JobRow.raw("SELECT kind FROM jobs WHERE ref_id={} AND state='queued'", post)
    assert [row["kind"] for row in jobs] == [PUBLISH.name]
    assert (await office.act(f"/publications/{post}/cancel"))["state"] == "canceled"
    row = await Publication.select(Publication.state).where(Publication.id == post).first()
    assert row is not None
    assert row["state"] == "canceled"
    log = await office.log()
    assert {entry["workspace_id"] for entry in log} == {shop.workspace_id}
    missing = await office.act(f"/publications/{UUID(int=7)}/retry", 404)
    assert missing["code"] == "publication_not_found"
