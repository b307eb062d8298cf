"""From one upload to one post per platform, through crashes of the worker."""

import hashlib
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from journeys_world import OPTIONS, World
from uploadm8.core.video.probe import probe

pytestmark = pytest.mark.slow

# One crash per platform, each at another step; `make soak` goes through every step of all four.
CRASHES = {
    "tiktok": "after_handle",
    "youtube": "after_intent",
    "instagram": "after_commit",
    "facebook": "before_published",
}

STARTS = (
    ("tiktok", "video_init"),
    ("google", "upload_start"),
    ("meta", "ig_create"),
    ("meta", "reel_start"),
)


@pytest.fixture(scope="module")
def posted(world: World) -> dict[str, Any]:
    """An upload that has been rendered and posted on all four platforms."""
    upload = world.send(
        world.clip.video, world.clip.telemetry, targets=world.targets(), title="One"
    )
    world.settle(upload)

    def known(detail: dict[str, Any]) -> bool:
        """TikTok tells a post's id some time after it is out."""
        return all(post["platform_post_id"] for post in detail["publications"])

    return world.client.follow(upload, lambda _: None, known)


def test_one_upload_becomes_one_post_on_each_platform(
    world: World, posted: dict[str, Any], tmp_path: Path
) -> None:
    assert {p["platform"]: p["state"] for p in posted["publications"]} == dict.fromkeys(
        OPTIONS, "published"
    )
    assert sorted(r["name"] for r in posted["renditions"]) == ["16x9-720", "9x16-720"]
    digests = set()
    for rendition in posted["renditions"]:
        file = tmp_path / f"{rendition['name']}.mp4"
        world.client.download(rendition["download_url"], file)
        assert abs(probe(file).duration_s - 3.0) < 0.05
        digests.add(hashlib.sha256(file.read_bytes()).hexdigest())
    ids = {p["platform_post_id"] for p in posted["publications"]}
    posts = [post for post in world.posts() if post["post_id"] in ids]
    assert len(posts) == 4
    assert {post["media_sha256"] for post in posts} == digests


# What the journey of one upload must have moved.
PRESIGN = {"method": "POST", "route": "/api/uploads/presign"}
MOVED: tuple[tuple[str, dict[str, str]], ...] = (
    ("http_requests_total", {**PRESIGN, "status": "201"}),
    ("http_request_seconds_count", PRESIGN),
    ("jobs_total", {"kind": "uploads.inspect", "outcome": "succeeded"}),
    ("jobs_total", {"kind": "renditions.render", "outcome": "succeeded"}),
    ("jobs_total", {"kind": "publishing.publish", "outcome": "succeeded"}),
    ("job_seconds_count", {"kind": "renditions.render"}),
    ("job_wait_seconds_count", {"queue": "telemetry"}),
    ("render_fps_count", {}),
    ("render_pictures_total", {}),
    *(("render_seconds_total", {"part": part}) for part in ("render", "hud", "overhead")),
    *(("publications_total", {"platform": name, "state": "published"}) for name in OPTIONS),
    *(("publish_seconds_count", {"platform": name}) for name in OPTIONS),
    ("outgoing_requests_total", {}),
    ("outgoing_request_seconds_count", {}),
    ("rate_limit_hits_total", {"verdict": "allowed", "counted_by": "redis"}),
    *(("db_pool_connections", {"state": state}) for state in ("open", "max")),
    ("event_loop_lag_seconds_count", {}),
    ("password_hash_seconds_count", {}),
    *(("processes_alive", {"role": role}) for role in ("web", "worker")),
    ("worker_disk_free_bytes", {}),
    ("readings_ok", {}),
    ("process_info", {}),
)


@pytest.mark.usefixtures("posted")
def test_the_journey_moved_every_metric_it_should(world: World) -> None:
    still: list[tuple[str, dict[str, str]]] = []
    for _ in range(40):  # a worker leaves its counts every five seconds
        text = httpx.get(f"{world.stack.api_url}/metrics", timeout=10).text
        samples = [one for family in text_string_to_metric_families(text) for one in family.samples]
        moved = [one for one in samples if one.value > 0]
        still = [
            (name, labels)
            for name, labels in MOVED
            if not any(
                one.name == f"uploadm8_{name}" and labels.items() <= one.labels.items()
                for one in moved
            )
        ]
        if not still:
            break
        time.sleep(0.25)
    assert still == []
    assert "uploadm8_queue_oldest_seconds" in {one.name for one in samples}


def test_a_worker_killed_in_the_middle_of_a_render_loses_nothing(world: World) -> None:
    before = Counter(post["platform"] for post in world.posts())
    upload = world.send(
        world.clip.video, world.clip.telemetry, targets=world.targets(), title="Killed"
    )
    world.client.follow(upload, lambda _: None, lambda d: d["state"] == "rendering")
    time.sleep(1.0)
    world.restart_worker()
    detail = world.settle(upload)
    assert {p["state"] for p in detail["publications"]} == {"published"}
    after = Counter(post["platform"] for post in world.posts())
    assert after - before == Counter(list(OPTIONS))


def test_two_terms_end_a_worker_in_the_middle_of_a_render_and_lose_nothing(world: World) -> None:
    upload = world.send(world.clip.video, world.clip.telemetry, title="Deployed over")
    world.client.follow(upload, lambda _: None, lambda d: d["state"] == "rendering")
    worker = world.stack.process("worker")
    for _ in range(2):  # a supervisor that signals the process group sends two
        os.killpg(worker.popen.pid, signal.SIGTERM)
        time.sleep(0.2)
    assert worker.popen.wait(30) is not None
    world.restart_worker()
    detail = world.settle(upload)
    assert detail["state"] == "ready"
    assert {r["state"] for r in detail["renditions"]} == {"succeeded"}


def test_a_worker_killed_while_publishing_posts_exactly_once(
    world: World, posted: dict[str, Any]
) -> None:
    before = Counter(post["platform"] for post in world.posts())
    left = [f"{step}@{platform}:kill" for platform, step in CRASHES.items()]
    worker = world.restart_worker(",".join(left))
    created = [
        world.client.call("POST", f"/api/publications/{p['id']}/post-again")["id"]
        for p in posted["publications"]
    ]
    kills = 0
    while kills < len(OPTIONS) and not _all_published(world, created):
        if worker.returncode is not None:
            kills += 1
            worker = world.restart_worker(",".join(left[kills:]))
        time.sleep(0.3)
    details = [_settled(world, i) for i in created]
    assert kills > 0
    assert {d["state"] for d in details} == {"published"}
    after = Counter(post["platform"] for post in world.posts())
    assert after - before == Counter(list(OPTIONS))


@pytest.mark.parametrize("server", ["valkey", "postgres"])
def test_posts_under_way_survive_the_loss_of_a_server(
    world: World, posted: dict[str, Any], server: str
) -> None:
    """Valkey comes back empty, PostgreSQL after every connection to it has broken."""
    before = Counter(post["platform"] for post in world.posts())
    for party, route in STARTS:
        world.fault(party, route, "slow", delay_s=2)
    created = [
        world.client.call("POST", f"/api/publications/{p['id']}/post-again")["id"]
        for p in posted["publications"]
    ]
    while world.armed():  # until every post is held up in the middle of its job
        time.sleep(0.05)
    world.lose(server)
    assert {_settled(world, i)["state"] for i in created} == {"published"}
    after = Counter(post["platform"] for post in world.posts())
    assert after - before == Counter(list(OPTIONS))


def test_what_the_platforms_tell_by_webhook_is_seen_in_the_api(
    world: World, posted: dict[str, Any]
) -> None:
    [hidden] = [p for p in posted["publications"] if p["platform"] == "tiktok"]
    world.sandbox("DELETE", f"posts/tiktok/{hidden['platform_post_id']}")
    looks = _until(
        lambda: world.client.call("GET", f"/api/publications/{hidden['id']}/metrics")["items"]
    )
    assert [look["gone"] for look in looks] == ["no longer public"]

    for party, platform, like in (("tiktok", "tiktok", "apex"), ("meta", "instagram", "bert")):
        name = f"{platform}-leaver"
        twin = {"party": party, "account": name, "like": like}
        world.sandbox("POST", "accounts", json=twin)
        world.client.connect(platform, f"{world.stack.sandbox_url}/_sandbox/consent", name)
        world.sandbox("POST", "revoke", json={"party": party, "account": name})
        states = _until(partial(_parked, world, platform))
        assert states == ["active", "needs_reconnect"]


def _parked(world: World, platform: str) -> list[str]:
    """The states of a platform's accounts, once one of them is to be reconnected."""
    told = world.client.call("GET", "/api/platforms")["items"]
    accounts = next(item["accounts"] for item in told if item["platform"] == platform)
    states = sorted(account["state"] for account in accounts)
    return states if "needs_reconnect" in states else []


def _until(look: Callable[[], list[Any]]) -> list[Any]:
    for _ in range(200):
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError("nothing has come of the webhook")


def _all_published(world: World, ids: list[str]) -> bool:
    return all(
        world.client.call("GET", f"/api/publications/{i}")["state"] == "published" for i in ids
    )


def _settled(world: World, publication: str) -> dict[str, Any]:
    for _ in range(300):
        detail: dict[str, Any] = world.patient_get(f"/api/publications/{publication}")
        if detail["state"] in {"published", "failed", "unknown", "canceled"}:
            return detail
        time.sleep(0.3)
    raise AssertionError("the publication has come to no end")
