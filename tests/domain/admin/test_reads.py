"""What administrators see and whom they appoint, on real PostgreSQL."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from api_client import Api, Someone
from numbers_world import MARCH, NOON, Shop, open_shop
from uploadm8.domain.accounts.tables import User
from uploadm8.domain.admin.counts import recount
from uploadm8.domain.admin.tables import RowCount
from uploadm8.domain.billing.tables import Customer, Subscription
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.workspaces.tables import Workspace
from uploadm8.infra.clock import now
from uploadm8.infra.jobs.catalog import CLEAN_UPLOAD
from uploadm8.infra.jobs.queue import enqueue

pytestmark = pytest.mark.anyio


@pytest.fixture
async def admin(api: Api) -> Someone:
    admin = await api.register("boss@example.com")
    await User.raw("UPDATE users SET role='admin' WHERE email='boss@example.com'")
    return admin


async def subscribe(shop: Shop, status: str, tier: str, **more: Any) -> None:
    await Subscription.insert(
        Subscription(
            workspace=shop.workspace_id,
            stripe_id=f"sub_{shop.workspace_id}",
            stripe_customer_id="cus_1",
            status=status,
            tier=tier,
            period_start=NOON,
            period_end=NOON + timedelta(days=30),
            stripe_created_at=NOON,
            **more,
        )
    )


async def ask(api: Api, admin: Someone, path: str) -> dict[str, Any]:
    answer = await api.http.get(path, headers=admin.headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_money_is_counted_from_the_subscriptions(api: Api, admin: Someone) -> None:
    for status, tier, more in (
        ("active", "creator", {}),
        ("past_due", "solo", {}),
        ("trialing", "agency", {}),
        ("canceled", "growth", {"ended_at": NOON}),
        ("canceled", "growth", {"ended_at": NOON - timedelta(days=60)}),
    ):
        await subscribe(await open_shop(api), status, tier, **more)
    money = (await ask(api, admin, f"/api/admin/overview?{MARCH}"))["money"]
    assert (money["paying"], money["trialing"]) == (2, 1)
    assert (money["mrr_cents"], money["arr_cents"]) == (1999 + 999, 12 * (1999 + 999))
    assert money["churn"] == pytest.approx(1 / 3)
    assert money["conversion"] == pytest.approx(2 / 6)


async def test_the_overview_counts_everybody(api: Api, admin: Someone) -> None:
    for state in ("published", "failed"):
        await (await open_shop(api)).post(state)
    told = await ask(api, admin, f"/api/admin/overview?{MARCH}")
    assert (told["users"], told["workspaces"], told["uploads"]) == (3, 3, 2)
    assert told["posts"]["reliability"]["success_rate"] == 0.5
    everyone = await ask(api, admin, f"/api/admin/kpi/global?{MARCH}")
    assert everyone["throughput"] == told["posts"]["throughput"]


async def test_users_and_workspaces_are_counted_as_they_come_and_go(
    api: Api, admin: Someone
) -> None:
    async def told() -> list[int]:
        found = await ask(api, admin, "/api/admin/overview")
        return [found["users"], found["workspaces"]]

    await api.register()
    await recount()
    await api.register()
    assert await told() == [3, 3]
    await User.raw("DELETE FROM users WHERE role <> 'admin'")
    assert await told() == [1, 3]
    await recount()
    assert await told() == [1, 3]
    assert len(await RowCount.select()) == 2


async def test_storage_is_what_arrived_and_was_not_removed(api: Api, admin: Someone) -> None:
    shop = await open_shop(api)
    await shop.upload(uploaded_at=NOON)
    await shop.upload(uploaded_at=NOON, state="purged")
    await shop.upload(state="pending")
    assert (await ask(api, admin, "/api/admin/overview"))["storage_bytes"] == 1000


async def test_jobs_are_counted_as_they_are_now(api: Api, admin: Someone) -> None:
    await User.raw("DELETE FROM jobs")
    for state, error, waited_s in (
        ("queued", None, 100),
        ("queued", None, 40),
        ("queued", None, -3600),
        ("running", None, 500),
        ("dead", "internal_bug", 500),
        ("dead", "permanent_media", 500),
        ("succeeded", None, 500),
    ):
        job = await enqueue(CLEAN_UPLOAD, delay_s=-waited_s)
        await User.raw("UPDATE jobs SET state={}, error_class={} WHERE id={}", state, error, job)
    told = (await ask(api, admin, "/api/admin/overview"))["jobs"]
    assert 100 <= told.pop("oldest_due_s") < 200
    assert told == {"due": 2, "running": 1, "dead": 2, "dead_of_faults": 1}


async def test_the_health_of_platforms_is_counted(api: Api, admin: Someone) -> None:
    shop = await open_shop(api)
    await ConnectedAccount.update({"state": "needs_reconnect"}).where(
        ConnectedAccount.id == await shop.account()
    )
    hour = timedelta(hours=1)
    for state in ("published", "published", "failed", "unknown"):
        await shop.post(state)
    await shop.post("queued", at=now() - 2 * hour)
    await shop.post("scheduled", at=now() - 3 * hour, publish_at=now() + hour)
    told = (await ask(api, admin, f"/api/admin/overview?{MARCH}"))["platforms"]
    youtube = next(one for one in told if one["platform"] == "youtube")
    assert 7200 <= youtube.pop("late_s") < 7300
    assert youtube == {
        "platform": "youtube",
        "accounts": 6,
        "need_reconnect": 1,
        "published": 2,
        "failed": 1,
        "success_rate": pytest.approx(2 / 3),
        "unfinished": 3,
        "unknown": 1,
        "paused": False,
    }


async def test_users_are_found_by_address_id_and_customer(api: Api, admin: Someone) -> None:
    shop = await open_shop(api)
    await Customer.insert(Customer(workspace=shop.workspace_id, stripe_id="cus_42"))
    user = await User.select(User.id).where(User.email == shop.someone.email).first()
    assert user is not None
    for sought in (shop.someone.email[:12].upper(), user["id"], shop.workspace_id, "cus_42"):
        told = await ask(api, admin, f"/api/admin/users/search?q={sought}")
        assert [one["email"] for one in told["items"]] == [shop.someone.email], sought
    assert (await ask(api, admin, "/api/admin/users/search?q=%25ser"))["items"] == []


async def user_id(email: str) -> UUID:
    row = await User.select(User.id).where(User.email == email).first()
    assert row is not None
    found: UUID = row["id"]
    return found


async def appoint(api: Api, admin: Someone, user: UUID, role: str) -> tuple[int, dict[str, Any]]:
    answer = await api.http.post(
        "/api/admin/users/role",
        headers=admin.headers,
        json={"user_id": str(user), "role": role, "reason": "on call this week"},
    )
    return answer.status_code, answer.json()


async def test_a_new_admin_may_enter_at_once_and_a_former_one_no_more(
    api: Api, admin: Someone
) -> None:
    other = await api.register()
    status, told = await appoint(api, admin, await user_id(other.email), "admin")
    assert (status, told["role"]) == (200, "admin")
    assert (await ask(api, other, "/api/admin/overview"))["users"] == 2
    assert (await appoint(api, other, await user_id(admin.email), "user"))[0] == 200
    answer = await api.http.get("/api/admin/overview", headers=admin.headers)
    assert answer.status_code == 403


async def test_the_last_admin_stays(api: Api, admin: Someone) -> None:
    status, told = await appoint(api, admin, await user_id(admin.email), "user")
    assert (status, told["code"]) == (409, "last_admin")


async def test_nobody_is_appointed_who_does_not_exist(api: Api, admin: Someone) -> None:
    workspace = await Workspace.select(Workspace.id).first()
    assert workspace is not None
    status, told = await appoint(api, admin, workspace["id"], "admin")
    assert (status, told["code"]) == (404, "user_not_found")


async def test_the_figures_are_not_for_customers(api: Api) -> None:
    someone = await api.register()
    for path in ("overview", "kpi/global", "users/search?q=abc"):
        answer = await api.http.get(f"/api/admin/{path}", headers=someone.headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "admin_required")
