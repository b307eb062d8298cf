"""Finding one of a million people touches a handful of rows, whatever is asked."""

import json
from typing import Any

import pytest

from admin_world import Office, open_office
from api_client import Api
from numbers_world import open_shop
from uploadm8.domain.accounts.tables import User
from uploadm8.domain.admin.people import search_query
from uploadm8.domain.billing.grants import Grants
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.billing.tables import Customer
from uploadm8.infra.db.engine import DB

pytestmark = pytest.mark.anyio

CROWD = 20_000


async def crowd() -> None:
    await User.raw(
        "INSERT INTO users (id, email, password_hash, display_name)"
        " SELECT gen_random_uuid(), 'person' || lpad(n::text, 6, '0') || '@example.com', 'x', ''"
        " FROM generate_series(1, {}) n",
        CROWD,
    )
    await User.raw(
        "INSERT INTO workspaces (id, name) SELECT id, 'w' FROM users WHERE email LIKE 'person%'"
    )
    await User.raw(
        'INSERT INTO memberships (id, workspace, "user", role)'
        " SELECT gen_random_uuid(), id, id, 'owner' FROM users WHERE email LIKE 'person%'"
    )
    await User.raw("ANALYZE users")
    await User.raw("ANALYZE memberships")
    await User.raw("ANALYZE workspaces")


async def plan_of(text: str, after: str | None = None) -> dict[str, Any]:
    query, values = search_query(text, 21, after)
    for number in range(len(values)):
        query = query.replace("{}", f"${number + 1}", 1)
    assert DB.pool is not None
    async with DB.pool.acquire() as connection:
        # The plan that must hold for every value, as a long-lived process comes to use.
        await connection.execute("SET plan_cache_mode = force_generic_plan")
        rows = await connection.fetch(f"EXPLAIN (ANALYZE, FORMAT JSON) {query}", *values)
        await connection.execute("RESET plan_cache_mode")

    found: dict[str, Any] = json.loads(rows[0][0])[0]["Plan"]
    return found


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", ()) for node in nodes(child))]


async def test_every_kind_of_search_uses_an_index_and_reads_only_its_page(db: None) -> None:
    await crowd()
    known = str(
        (await User.raw("SELECT id FROM users WHERE email LIKE 'person019%' LIMIT 1"))[0]["id"]
    )
    for text, after in (
        ("person", None),  # everybody: the page alone is read
        ("person", "person010000@example.com"),
        ("person0199", None),
        ("nobody", None),
        (known, None),
        ("cus_none", None),
    ):
        found = nodes(await plan_of(text, after))
        scans = [node for node in found if "Scan" in node["Node Type"]]
        read = sum(node["Actual Rows"] * node["Actual Loops"] for node in scans)
        wrong = [
            node
            for node in scans
            if node["Node Type"] == "Seq Scan" and node["Relation Name"] in ("users", "memberships")
        ]
        assert not wrong, (text, wrong)
        assert read <= 25, (text, read)


@pytest.fixture
async def office(api: Api) -> Office:
    return await open_office(api)


async def test_pages_of_a_search_follow_each_other(office: Office) -> None:
    for number in range(5):
        await office.api.register(f"page{number}@example.com")
    await office.api.register("pagf@example.com")
    seen: list[str] = []
    cursor = ""
    while True:
        told = await office.get(f"/users/search?q=page&limit=2{cursor}")
        seen += [one["email"] for one in told["items"]]
        if told["next_cursor"] is None:
            break
        cursor = f"&cursor={told['next_cursor']}"
    assert seen == [f"page{number}@example.com" for number in range(5)]


async def test_a_wildcard_is_only_a_character(office: Office) -> None:
    await office.api.register("percent@example.com")
    assert (await office.get("/users/search?q=per%25"))["items"] == []


async def test_a_customer_is_found_by_stripes_id(office: Office) -> None:
    shop = await open_shop(office.api)
    await Customer.insert(Customer(workspace=shop.workspace_id, stripe_id="cus_77"))
    (found,) = (await office.get("/users/search?q=cus_77"))["items"]
    assert found["email"] == shop.someone.email


async def test_tiers_split_the_posts_and_agree_with_the_entitlements(office: Office) -> None:
    entitlements = office.api.app.state.services.entitlements
    expected: dict[str, int] = {}
    for tier, state in ((None, "published"), (Tier.SOLO, "failed"), (Tier.SOLO, "published")):
        shop = await open_shop(office.api)
        if tier is not None:
            await Grants().give(shop.workspace_id, tier, "for the test")
        await shop.post(state)
    told = await office.get("/kpi/global?days=731")
    for row in await User.raw("SELECT id FROM workspaces"):
        name = (await entitlements.of(row["id"])).tier.value
        expected[name] = expected.get(name, 0) + 1
    tiers = {one["tier"]: one for one in told["tiers"]}
    assert {name: one["workspaces"] for name, one in tiers.items() if one["workspaces"]} == expected
    assert (tiers["solo"]["published"], tiers["solo"]["failed"]) == (1, 1)
    assert tiers["solo"]["success_rate"] == 0.5
    assert sum(one["accepted"] for one in told["tiers"]) == told["throughput"]["accepted"]
    assert tiers["solo"]["share"] == pytest.approx(2 / 3)


async def test_the_overview_names_processes_platforms_and_alerts(office: Office) -> None:
    shop = await open_shop(office.api)
    await shop.post("unknown")
    await User.raw(
        "INSERT INTO processes (name, role, version) VALUES ('worker:x:1', 'worker', '1')"
    )
    await User.raw(
        "INSERT INTO operator_alerts (key, name, state, summary)"
        " VALUES ('disk_low', 'disk_low', 'firing', 'Nearly full.')"
    )
    await User.raw("INSERT INTO platform_circuits (platform, pause_s) VALUES ('tiktok', 60)")
    told = await office.get("/overview?days=731")
    assert told["processes"]["worker"] == 1
    platforms = {one["platform"]: one for one in told["platforms"]}
    assert (platforms["youtube"]["accounts"], platforms["youtube"]["unknown"]) == (1, 1)
    assert (platforms["tiktok"]["paused"], platforms["youtube"]["paused"]) == (True, False)
    assert [one["summary"] for one in told["alerts"]] == ["Nearly full."]
