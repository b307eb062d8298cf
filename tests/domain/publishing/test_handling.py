"""Publications in the hands of their owner: moved, released, canceled, tried again, looked at."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from conftest import Servers
from made_uploads import made_upload
from platform_site import Site, site_of
from sandbox_flows import Sandbox
from uploadm8.domain.publishing.tables import Publication, PublicationMetrics
from uploadm8.infra.ids import new_id
from uploadm8.infra.jobs.tables import JobRow

pytestmark = pytest.mark.anyio
SOON = (datetime.now(UTC) + timedelta(days=3)).replace(microsecond=0)


@pytest.fixture
async def site(servers: Servers, sandbox: Sandbox) -> AsyncIterator[Site]:
    async with site_of(servers, sandbox) as opened:
        await opened.connect("youtube")
        yield opened


async def call(site: Site, path: str, body: Any = None, method: str = "POST") -> Any:
    return await site.api.http.request(
        method, f"/api/publications{path}", json=body, headers=site.me.headers
    )


async def planned(site: Site, **schedule: Any) -> dict[str, Any]:
    me = (await site.api.http.get("/api/auth/me", headers=site.me.headers)).json()
    upload = await made_upload(UUID(me["workspace_id"]), platforms=("youtube",))
    target = {"account_id": (await site.account("youtube"))["id"]}
    body = {"upload_id": str(upload), "targets": [target], "schedule": schedule or {"mode": "now"}}
    answer = await call(site, "", body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["items"][0]
    return made


async def force(publication: str, state: str, **columns: Any) -> None:
    changes = {getattr(Publication, name): value for name, value in columns.items()}
    await Publication.update({Publication.state: state, **changes}).where(
        Publication.id == UUID(publication)
    )


async def due() -> list[datetime]:
    rows = await JobRow.select().where(
        JobRow.kind == "publishing.publish",
        JobRow.state == "queued",
        JobRow.cancel_requested == False,  # noqa: E712 -- SQL
    )
    return [row["run_at"] for row in rows]


async def test_a_scheduled_post_moves_with_its_job(site: Site) -> None:
    made = await planned(site, mode="at", at=SOON.isoformat())
    assert (made["state"], await due()) == ("scheduled", [SOON - timedelta(minutes=15)])
    later = SOON + timedelta(hours=5)
    wish = {"schedule": {"mode": "at", "at": later.isoformat()}}
    moved = await call(site, f"/{made['id']}/reschedule", wish)
    assert moved.status_code == 200, moved.text
    assert moved.json()["publish_at"] == later.isoformat().replace("+00:00", "Z")
    assert await due() == [later - timedelta(minutes=15)]
    held = await call(site, f"/{made['id']}/reschedule", {"schedule": {"mode": "queue"}})
    assert (held.json()["state"], held.json()["held_reason"]) == ("held", "manual_queue")
    assert await due() == []


@pytest.mark.parametrize("state", ["preparing", "transferring", "retry_wait"])
async def test_a_post_in_its_platforms_hands_can_be_moved_until_its_commit(
    site: Site, state: str
) -> None:
    made = await planned(site, mode="at", at=SOON.isoformat())
    await force(made["id"], state)
    await Publication.raw(
        "UPDATE publications SET handle_enc = 'x', handle_at = now(), bytes_sent = 9,"
        " error_class = 'rate_limited', error_code = 'account_spacing' WHERE id = {}",
        made["id"],
    )
    later = SOON + timedelta(days=1)
    wish = {"schedule": {"mode": "at", "at": later.isoformat()}}
    moved = await call(site, f"/{made['id']}/reschedule", wish)
    assert (moved.status_code, moved.json()["state"]) == (200, "scheduled"), moved.text
    row = (await Publication.select().where(Publication.id == made["id"]))[0]
    assert (row["handle_enc"], row["bytes_sent"], row["error_code"]) == (None, 0, None)
    assert await due() == [later - timedelta(minutes=15)]


async def test_a_held_post_is_released_once(site: Site) -> None:
    made = await planned(site, mode="queue")
    assert (made["state"], made["held_reason"]) == ("held", "manual_queue")
    assert (await call(site, f"/{made['id']}/release")).json()["state"] == "queued"
    again = await call(site, f"/{made['id']}/release")
    assert (again.status_code, again.json()["code"]) == (409, "not_held")
    assert len(await due()) == 1


@pytest.mark.parametrize("state", ["committing", "confirming", "published", "unknown"])
async def test_what_may_be_public_can_be_neither_moved_nor_canceled(site: Site, state: str) -> None:
    made = await planned(site)
    await force(made["id"], state)
    for path, body in (("reschedule", {"schedule": {"mode": "now"}}), ("cancel", None)):
        refused = await call(site, f"/{made['id']}/{path}", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "too_late")


async def test_canceling_is_idempotent_and_calls_the_job_off(site: Site) -> None:
    made = await planned(site)
    for _ in range(2):
        answer = await call(site, f"/{made['id']}/cancel")
        assert (answer.status_code, answer.json()["state"]) == (200, "canceled")
    assert await due() == []


async def test_a_retry_continues_and_posting_again_is_another_post(site: Site) -> None:
    made = await planned(site)
    refused = await call(site, f"/{made['id']}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_failed")
    still = await call(site, f"/{made['id']}/post-again")
    assert (still.status_code, still.json()["code"]) == (409, "still_open")
    await force(made["id"], "failed", error_code="x", error_detail="y")
    tried = (await call(site, f"/{made['id']}/retry")).json()
    assert (tried["id"], tried["state"], tried["problem"]) == (made["id"], "queued", None)
    await force(made["id"], "failed", commit_intent_at=datetime.now(UTC))
    asked = (await call(site, f"/{made['id']}/retry")).json()
    assert asked["state"] == "confirming"  # the platform is asked before anything is sent
    await force(made["id"], "published")
    copy = await call(site, f"/{made['id']}/post-again")
    assert copy.status_code == 201, copy.text
    assert copy.json()["id"] != made["id"]
    slots = await Publication.select(Publication.slot).order_by(Publication.slot)
    assert [row["slot"] for row in slots] == [0, 1]


async def test_an_unknown_outcome_is_settled_by_what_a_person_saw(site: Site) -> None:
    made = await planned(site)
    url = "https://www.youtube.com/watch?v=abc"
    verdict = {"outcome": "published", "public_url": url}
    early = await call(site, f"/{made['id']}/settle", verdict)
    assert (early.status_code, early.json()["code"]) == (409, "not_unknown")
    await force(made["id"], "unknown")
    settled = (await call(site, f"/{made['id']}/settle", verdict)).json()
    assert (settled["state"], settled["public_url"]) == ("published", url)


async def test_the_calendar_shows_a_span_with_conflicts(site: Site) -> None:
    first = await planned(site, mode="at", at=SOON.isoformat())
    second = await planned(site, mode="at", at=(SOON + timedelta(minutes=10)).isoformat())
    await planned(site, mode="at", at=(SOON + timedelta(days=9)).isoformat())
    span = f"?start={SOON:%Y-%m-%dT%H:%M:%SZ}&end={SOON + timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}"
    entries = (await call(site, span, method="GET")).json()["items"]
    assert {one["id"]: one["conflicts_with"] for one in entries} == {
        first["id"]: [second["id"]],
        second["id"]: [first["id"]],
    }


async def test_the_figures_of_a_post_are_listed_as_they_grew(site: Site) -> None:
    made = await planned(site)
    for pull, views in enumerate((3, 40)):
        await PublicationMetrics.insert(
            PublicationMetrics(
                id=new_id(), publication=UUID(made["id"]), pull=pull, views=views, likes=pull
            )
        )
    told = (await call(site, f"/{made['id']}/metrics", method="GET")).json()
    assert [(one["views"], one["likes"], one["shares"]) for one in told["items"]] == [
        (3, 0, None),
        (40, 1, None),
    ]
    stranger = await site.api.register()
    answer = await site.api.http.get(
        f"/api/publications/{made['id']}/metrics", headers=stranger.headers
    )
    assert answer.status_code == 404


async def test_smart_times_explain_themselves(site: Site) -> None:
    made = await planned(site, mode="smart")
    assert made["state"] == "scheduled"
    assert "YouTube audiences" in made["why"]


async def test_weekly_times_fill_the_queue_and_belong_to_scheduling(site: Site) -> None:
    account = (await site.account("youtube"))["id"]
    times = {
        "time_zone": "Europe/Berlin",
        "times": [{"day": "monday", "at": "18:30"}, {"day": "friday", "at": "07:00"}],
    }
    kept = await call(site, f"/queue/{account}", times, "PUT")
    assert kept.status_code == 200, kept.text
    assert kept.json()["times"] == times["times"]
    made = [await planned(site, mode="queue") for _ in range(2)]
    assert [one["state"] for one in made] == ["scheduled", "scheduled"]
    assert made[0]["publish_at"] == kept.json()["next_free"]
    assert made[0]["publish_at"] != made[1]["publish_at"]
    assert "weekly time" in made[0]["why"]
    cleared = await call(site, f"/queue/{account}", {"times": []}, "PUT")
    assert (cleared.json()["times"], cleared.json()["next_free"]) == ([], None)
    wrong = await call(site, f"/queue/{account}", times | {"time_zone": "Mars/Olympus"}, "PUT")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_schedule")


async def test_a_tier_without_scheduling_has_the_manual_queue_only(
    servers: Servers, sandbox: Sandbox
) -> None:
    async with site_of(servers, sandbox, plan="starter") as site:
        await site.connect("youtube")
        account = (await site.account("youtube"))["id"]
        times = {"times": [{"day": "monday", "at": "18:30"}]}
        assert (await call(site, f"/queue/{account}", times, "PUT")).status_code == 402
        made = await planned(site, mode="queue")
        assert made["state"] == "held"
        for mode in ({"mode": "smart"}, {"mode": "at", "at": SOON.isoformat()}):
            refused = await call(site, f"/{made['id']}/reschedule", {"schedule": mode})
            assert refused.status_code == 402
