"""TikTok's bytes, processing, numbers and webhooks, one rule a test."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sandbox_flows as flows
from sandbox_films import make_film
from sandbox_flows import Sandbox
from sandbox_inbox import webhook_inbox
from uploadm8.dev.sandbox import Settings
from uploadm8.dev.sandbox.tiktok.chunks import ChunkPlan

INIT = "/v2/post/publish/video/init/"


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    value: str = flows.tiktok_token(sandbox)["access_token"]
    return value


@pytest.mark.parametrize(
    ("size", "chunk", "count", "fine"),
    [
        (3_145_728, 3_145_728, 1, True),
        (50_000_123, 10_000_000, 5, True),
        (150_000_000, 10_485_760, 14, True),
        (64_000_000, 64_000_000, 1, True),
        (90_000_000, 64_000_000, 1, False),
        (50_000_123, 10_000_000, 6, False),
        (50_000_000, 4_000_000, 12, False),
        (3_000_000, 1_000_000, 3, False),
        (0, 0, 1, False),
        (5_000_000_000, 64_000_000, 78, False),
    ],
)
def test_chunk_arithmetic(size: int, chunk: int, count: int, fine: bool) -> None:
    assert (ChunkPlan(size, chunk, count).fault(Settings()) is None) is fine


@given(st.integers(1, 4 * 1024**3), st.integers(5_000_000, 64_000_000))
def test_the_chunks_of_an_accepted_plan_cover_the_file(size: int, chunk: int) -> None:
    plan = ChunkPlan(size, min(chunk, size), max(1, size // min(chunk, size)))
    if plan.fault(Settings()) is None:
        first = 0
        while (length := plan.length_at(first)) is not None:
            first += length
        assert first == size


def test_chunks_come_in_order_and_in_their_size(sandbox: Sandbox, token: str) -> None:
    total, size = 11_000_000, 5_242_880
    body = flows.tiktok_init_body(total)
    body["source_info"] |= {"chunk_size": size, "total_chunk_count": 2}
    url = flows.tiktok_direct(sandbox, token, body).json()["data"]["upload_url"]

    def put(first: int, length: int, of: int = total, header: tuple[str, str] = ("x", "y")) -> Any:
        return flows.tiktok_put(sandbox, url, bytes(length), first, of, **dict([header]))

    assert put(size, total - size).status_code == 416
    assert put(0, 1000).status_code == 400
    assert put(0, size, total + 1).status_code == 400
    assert put(0, size, header=("content-type", "application/octet-stream")).status_code == 400
    assert put(0, size, header=("authorization", "Bearer x")).status_code == 400
    stored = put(0, size)
    assert (stored.status_code, stored.headers["content-range"]) == (206, f"bytes 0-{size}/{total}")
    assert put(0, size).status_code == 416
    assert put(size, total - size).status_code == 201
    wrong_token = url[:-1] + ("a" if url[-1] != "a" else "b")
    assert flows.tiktok_put(sandbox, wrong_token, b"x", 0, 1).status_code == 404


@pytest.mark.parametrize(
    ("shape", "account", "reason"),
    [
        ({"width": 320, "height": 320}, "apex", "picture_size_check_failed"),
        ({"fps": 12}, "apex", "frame_rate_check_failed"),
        ({"seconds": 62, "fps": 23, "width": 360, "height": 360}, "brief", "duration_check_failed"),
    ],
)
def test_media_is_checked(
    sandbox: Sandbox, tmp_path: Path, shape: dict[str, int], account: str, reason: str
) -> None:
    data = make_film(tmp_path / "odd.mp4", **shape).read_bytes()
    token = flows.tiktok_token(sandbox, account)["access_token"]
    started = flows.tiktok_init(sandbox, token, len(data))
    flows.tiktok_put(sandbox, started["upload_url"], data, 0, len(data))
    status = flows.tiktok_status(sandbox, token, started["publish_id"])
    assert (status["status"], status["fail_reason"]) == ("FAILED", reason)
    assert sandbox.posts("tiktok") == []


def test_bytes_that_are_no_video_fail(sandbox: Sandbox, token: str) -> None:
    started = flows.tiktok_init(sandbox, token, 1000)
    flows.tiktok_put(sandbox, started["upload_url"], bytes(1000), 0, 1000)
    status = flows.tiktok_status(sandbox, token, started["publish_id"])
    assert status["fail_reason"] == "file_format_check_failed"


def test_a_draft_goes_to_the_inbox_and_five_may_wait(
    sandbox: Sandbox, token: str, film: Path
) -> None:
    data = film.read_bytes()
    body = {"source_info": flows.tiktok_init_body(len(data))["source_info"]}
    path = "/v2/post/publish/inbox/video/init/"
    started = flows.tiktok_post(sandbox, token, path, body).json()["data"]
    flows.tiktok_put(sandbox, started["upload_url"], data, 0, len(data))
    status = flows.tiktok_status(sandbox, token, started["publish_id"])
    assert status["status"] == "SEND_TO_USER_INBOX"
    for _ in range(4):
        flows.tiktok_post(sandbox, token, path, body)
    sandbox.advance(61)
    refused = flows.tiktok_post(sandbox, token, path, body)
    assert refused.json()["error"]["code"] == "spam_risk_too_many_pending_share"


def test_a_pull_needs_a_verified_address(sandbox: Sandbox, token: str) -> None:
    source = {"source": "PULL_FROM_URL", "video_url": f"{sandbox.base}/media/x"}
    body = flows.tiktok_init_body(1) | {"source_info": source}
    refused = flows.tiktok_post(sandbox, token, INIT, body)
    assert refused.json()["error"]["code"] == "url_ownership_unverified"

    sandbox.switch(tiktok_verified_urls=[f"{sandbox.base}/media/"])
    started = flows.tiktok_direct(sandbox, token, body).json()["data"]
    status = {"status": "PROCESSING_DOWNLOAD"}
    while status["status"] == "PROCESSING_DOWNLOAD":
        status = flows.tiktok_status(sandbox, token, started["publish_id"])
    assert status["fail_reason"] == "video_pull_failed"


def test_another_users_publish_id_is_refused(sandbox: Sandbox, token: str) -> None:
    publish = flows.tiktok_init(sandbox, token, 1000)["publish_id"]
    other = flows.tiktok_token(sandbox, "quiet")["access_token"]
    path = "/v2/post/publish/status/fetch/"
    stranger = flows.tiktok_post(sandbox, other, path, {"publish_id": publish})
    unknown = flows.tiktok_post(sandbox, token, path, {"publish_id": "v_pub_file~x"})
    code = "token_not_authorized_for_specified_publish_id"
    assert stranger.json()["error"]["code"] == code
    assert unknown.json()["error"]["code"] == "invalid_publish_id"


def test_metrics_grow_with_the_clock_and_are_repeatable(
    sandbox: Sandbox, token: str, film: Path
) -> None:
    data = film.read_bytes()
    started = flows.tiktok_init(sandbox, token, len(data))
    flows.tiktok_put(sandbox, started["upload_url"], data, 0, len(data))
    [post_id] = flows.tiktok_status(sandbox, token, started["publish_id"])[
        "publicaly_available_post_id"
    ]
    path = "/v2/video/query/?fields=id,view_count,like_count,share_url"
    body = {"filters": {"video_ids": [str(post_id)]}}

    def views() -> int:
        [video] = flows.tiktok_post(sandbox, token, path, body).json()["data"]["videos"]
        return int(video["view_count"])

    sandbox.advance(3600)
    hour = views()
    sandbox.advance(43_200)
    assert 0 < hour < views()
    assert "/@apex.rides/video/" in str(
        flows.tiktok_post(sandbox, token, path, body).json()["data"]["videos"]
    )


def test_webhooks_are_signed(sandbox: Sandbox) -> None:
    flows.tiktok_token(sandbox)
    with webhook_inbox() as inbox:
        sandbox.switch(tiktok_webhook_url=inbox.url)
        sandbox.control("POST", "revoke", json={"party": "tiktok", "account": "apex"})
        headers, body = inbox.wait()
    signed = dict(part.split("=") for part in headers["tiktok-signature"].split(","))
    key = sandbox.env["TIKTOK_CLIENT_SECRET"].encode()
    expected = hmac.new(key, f"{signed['t']}.".encode() + body, hashlib.sha256).hexdigest()
    assert signed["s"] == expected
    event = json.loads(body)
    assert event["event"] == "authorization.removed"
    assert json.loads(event["content"]) == {"reason": 1}
