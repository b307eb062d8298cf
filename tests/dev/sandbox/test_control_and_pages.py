"""The sandbox's own controls, memory and pages."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

import sandbox_flows as flows
from sandbox_flows import Sandbox
from sandbox_inbox import webhook_inbox
from uploadm8.dev.sandbox import SandboxConfig, Settings, create_app, sandbox_env
from uploadm8.dev.sandbox.serve import running


def _publish(sandbox: Sandbox, film: Path) -> dict[str, str]:
    flows.youtube_upload(sandbox, flows.google_token(sandbox)["access_token"], film.read_bytes())
    post: dict[str, str] = sandbox.posts("youtube")[-1]
    return post


def test_the_video_of_a_post_is_served_in_ranges(sandbox: Sandbox, film: Path) -> None:
    data = film.read_bytes()
    url = f"{sandbox.base}/media/{_publish(sandbox, film)['media_sha256']}"
    assert sandbox.http.get(url).content == data
    part = sandbox.http.get(url, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, data[10:20])
    assert part.headers["content-range"] == f"bytes 10-19/{len(data)}"
    assert sandbox.http.get(url, headers={"range": "bytes=-5"}).content == data[-5:]
    assert sandbox.http.get(url, headers={"range": "bytes=5-"}).content == data[5:]
    beyond = sandbox.http.get(url, headers={"range": f"bytes={len(data)}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(data)}")
    head = sandbox.http.head(url)
    assert (head.content, head.headers["content-length"]) == (b"", str(len(data)))


def test_the_gallery_shows_posts_and_a_page_plays_the_video(sandbox: Sandbox, film: Path) -> None:
    assert "Nothing has been published yet" in sandbox.http.get(f"{sandbox.base}/posts").text
    post = _publish(sandbox, film)
    gallery = sandbox.http.get(f"{sandbox.base}/posts?platform=youtube").text
    assert "1 post" in gallery
    page = sandbox.http.get(f"{sandbox.base}/posts/youtube/{post['post_id']}").text
    assert f'<video src="/media/{post["media_sha256"]}" controls' in page
    assert sandbox.http.get(f"{sandbox.base}/posts/youtube/none").status_code == 404


def test_captions_are_escaped_on_pages(sandbox: Sandbox, film: Path) -> None:
    token = flows.tiktok_token(sandbox)["access_token"]
    data = film.read_bytes()
    started = flows.tiktok_init(sandbox, token, len(data), title="<script>alert(1)</script>")
    flows.tiktok_put(sandbox, started["upload_url"], data, 0, len(data))
    assert "<script>alert" not in sandbox.http.get(sandbox.posts("tiktok")[0]["url"]).text


def test_the_ledger_counts_calls_and_holds_no_secret(sandbox: Sandbox, film: Path) -> None:
    token = flows.google_token(sandbox)
    flows.youtube_upload(sandbox, token["access_token"], film.read_bytes())
    ledger = sandbox.control("GET", "ledger")
    counted = {(row["route"], row["status"]): row["count"] for row in ledger["calls"]}
    assert counted["upload_start", 200] == counted["upload_bytes", 200] == 1
    text = json.dumps([ledger, sandbox.control("GET", "calls")])
    for secret in (
        token["access_token"],
        token["refresh_token"],
        sandbox.env["GOOGLE_CLIENT_SECRET"],
    ):
        assert secret not in text


def test_every_route_has_a_name(sandbox: Sandbox) -> None:
    routes = sandbox.control("GET", "routes")
    names = {(row["party"], row["route"]) for row in routes}
    assert {("meta", "reel_finish"), ("tiktok", "chunk"), ("google", "upload_bytes")} <= names


def test_a_wrong_switch_or_fault_is_refused(sandbox: Sandbox) -> None:
    for path, body in (
        ("config", {"tiktok_flying": True}),
        ("config", {"youtube_done_status": 202}),
        ("clock", {"advance_s": -1}),
        ("faults", {"party": "tiktok", "route": "chunk", "fault": "explode"}),
    ):
        method = "PUT" if path == "config" else "POST"
        answer = sandbox.http.request(method, f"{sandbox.base}/_sandbox/{path}", json=body)
        assert answer.status_code == 400


def test_more_accounts_can_be_made(sandbox: Sandbox, film: Path) -> None:
    for party, like in (("tiktok", "apex"), ("google", "tour"), ("meta", "anna")):
        body = {"party": party, "account": "fleet1", "like": like}
        sandbox.control("POST", "accounts", json=body)
    page = flows.meta_pages(sandbox, flows.meta_user_token(sandbox, "fleet1"))[0]
    assert page["id"] != flows.meta_pages(sandbox, flows.meta_user_token(sandbox))[0]["id"]
    video = flows.google_token(sandbox, "fleet1")["access_token"]
    flows.youtube_upload(sandbox, video, film.read_bytes())
    assert sandbox.posts("youtube")[0]["account"] == "fleet1"


def test_a_post_that_is_taken_down_is_gone_for_the_platform_too(
    sandbox: Sandbox, film: Path
) -> None:
    post = _publish(sandbox, film)
    sandbox.control("DELETE", f"posts/youtube/{post['post_id']}")
    assert sandbox.posts("youtube")[0]["visibility"] == "deleted"
    assert sandbox.http.get(post["url"]).status_code == 404
    answer = sandbox.http.delete(f"{sandbox.base}/_sandbox/posts/youtube/{post['post_id']}")
    assert answer.status_code == 404


def test_tiktok_announces_a_removed_post_as_often_as_asked(sandbox: Sandbox, film: Path) -> None:
    data = film.read_bytes()
    token = flows.tiktok_token(sandbox)["access_token"]
    started = flows.tiktok_init(sandbox, token, len(data))
    flows.tiktok_put(sandbox, started["upload_url"], data, 0, len(data))
    flows.tiktok_status(sandbox, token, started["publish_id"])
    with webhook_inbox() as inbox:
        sandbox.switch(tiktok_webhook_url=inbox.url, webhook_copies=2)
        sandbox.control("DELETE", f"posts/tiktok/{sandbox.posts('tiktok')[0]['post_id']}")
        first, second = inbox.wait(), inbox.wait()
    assert first[1] == second[1]
    assert json.loads(first[1])["event"] == "post.publish.no_longer_publicaly_available"
    status = flows.tiktok_status(sandbox, token, started["publish_id"])
    assert status["publicaly_available_post_id"] == []


def test_an_in_process_client_works_without_a_port(tmp_path: Path) -> None:
    async def scenario() -> int:
        app = create_app(SandboxConfig(data=tmp_path, base_url="http://sandbox", remember=False))
        # httpx and Litestar write the type of an ASGI application differently.
        transport = httpx.ASGITransport(cast("Any", app))
        async with httpx.AsyncClient(transport=transport, base_url="http://sandbox") as client:
            url = f"{sandbox_env('http://sandbox')['GOOGLE_API_BASE_URL']}/youtube/v3/channels"
            await client.post(
                "/_sandbox/faults",
                json={"party": "google", "route": "videos", "fault": "reset_before"},
            )
            with pytest.raises(ConnectionResetError):
                await client.get(url.replace("channels", "videos"))
            return (await client.get(url)).status_code

    assert asyncio.run(scenario()) == 401


def test_accounts_tokens_and_posts_survive_a_restart(tmp_path: Path, film: Path) -> None:
    config = SandboxConfig(data=tmp_path, settings=Settings(youtube_processing_s=0))
    with running(config) as base, httpx.Client(trust_env=False) as client:
        first = Sandbox(base, client)
        token = flows.google_token(first)["access_token"]
        video = flows.youtube_upload(first, token, film.read_bytes())["id"]
    with running(config) as base, httpx.Client(trust_env=False) as client:
        second = Sandbox(base, client)
        assert [post["post_id"] for post in second.posts("youtube")] == [video]
        answer = flows.youtube_start(second, token, 1000)
        assert answer.status_code == 200


_HUNGRY = """
import resource, sys
from pathlib import Path
import httpx
import sandbox_flows as flows
from uploadm8.dev.sandbox import SandboxConfig
from uploadm8.dev.sandbox.serve import running

def body(size):
    piece = bytes(1 << 20)
    for _ in range(size >> 20):
        yield piece

size = int(sys.argv[2]) << 20
with running(SandboxConfig(data=Path(sys.argv[1]), remember=False)) as base:
    with httpx.Client(trust_env=False, timeout=60) as client:
        sandbox = flows.Sandbox(base, client)
        token = flows.google_token(sandbox)["access_token"]
        where = flows.youtube_start(sandbox, token, size).headers["location"]
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        span = {"content-range": f"bytes 0-{size - 1}/{size}", "content-length": str(size)}
        assert client.put(where, content=body(size), headers=span).status_code == 200
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_large_upload_stays_on_disk(tmp_path: Path) -> None:
    tests = Path(flows.__file__).parent
    command = [sys.executable, "-c", _HUNGRY, str(tmp_path), "96"]
    done = subprocess.run(
        command, cwd=tests, capture_output=True, text=True, check=True, timeout=120
    )
    assert int(done.stdout) < 24 * 1024
