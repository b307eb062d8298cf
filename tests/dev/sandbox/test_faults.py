"""Scripted faults: what the client sees, and what the platform has done all the same."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

import sandbox_flows as flows
from sandbox_flows import Sandbox


def _status_call(sandbox: Sandbox) -> Callable[[], httpx.Response]:
    token = flows.tiktok_token(sandbox)["access_token"]
    publish = flows.tiktok_init(sandbox, token, 6_000_000)["publish_id"]
    body = {"publish_id": publish}
    return lambda: flows.tiktok_post(sandbox, token, "/v2/post/publish/status/fetch/", body)


def test_a_429_comes_in_the_partys_shape_with_retry_after(sandbox: Sandbox) -> None:
    call = _status_call(sandbox)
    sandbox.fault("tiktok", "status", "429", retry_after=7)

    refused, next_one = call(), call()

    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "7"
    assert refused.json()["error"]["code"] == "rate_limit_exceeded"
    assert next_one.status_code == 200


def test_a_fault_hits_the_calls_after_the_first_n_and_as_often_as_asked(sandbox: Sandbox) -> None:
    call = _status_call(sandbox)
    sandbox.fault("tiktok", "status", "5xx", after=1, times=2, status=502)

    assert [call().status_code for _ in range(4)] == [200, 502, 502, 200]
    assert sandbox.control("GET", "faults") == []


def test_a_fault_can_be_kept_to_one_account(sandbox: Sandbox) -> None:
    apex = flows.tiktok_token(sandbox)["access_token"]
    quiet = flows.tiktok_token(sandbox, "quiet")["access_token"]
    sandbox.fault("tiktok", "creator_info", "5xx", account="quiet", times=0)

    assert flows.tiktok_creator_info(sandbox, apex).status_code == 200
    assert flows.tiktok_creator_info(sandbox, quiet).status_code == 500


def test_an_unknown_route_cannot_be_scripted(sandbox: Sandbox) -> None:
    with pytest.raises(httpx.HTTPStatusError):
        sandbox.fault("tiktok", "upload_everything", "429")


def test_reset_before_cuts_the_connection_and_has_no_effect(sandbox: Sandbox, film: Path) -> None:
    data = film.read_bytes()
    token = flows.tiktok_token(sandbox)["access_token"]
    started = flows.tiktok_init(sandbox, token, len(data))
    sandbox.fault("tiktok", "chunk", "reset_before")

    with pytest.raises(httpx.TransportError):
        flows.tiktok_put(sandbox, started["upload_url"], data, 0, len(data))

    assert flows.tiktok_status(sandbox, token, started["publish_id"])["uploaded_bytes"] == 0
    again = flows.tiktok_put(sandbox, started["upload_url"], data, 0, len(data))
    assert again.status_code == 201


def test_the_reset_is_a_real_one_on_the_socket(sandbox: Sandbox) -> None:
    import socket

    sandbox.fault("tiktok", "user_info", "reset_before")
    host, port = sandbox.base.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as raw:
        raw.sendall(b"GET /tiktok-api/v2/user/info/ HTTP/1.1\r\nhost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            raw.recv(100)


def test_accept_then_reset_loses_the_answer_of_a_post_that_exists(
    sandbox: Sandbox, film: Path
) -> None:
    data = film.read_bytes()
    token = flows.google_token(sandbox)["access_token"]
    where = flows.youtube_start(sandbox, token, len(data)).headers["location"]
    sandbox.fault("google", "upload_bytes", "accept_then_reset")

    with pytest.raises(httpx.TransportError):
        flows.youtube_put(sandbox, where, data, 0, len(data))

    probe = flows.youtube_put(sandbox, where, b"", 0, len(data))
    assert probe.status_code == 200
    assert [post["post_id"] for post in sandbox.posts("youtube")] == [probe.json()["id"]]


def test_accept_then_500_hides_a_published_reel(sandbox: Sandbox, film: Path) -> None:
    data = film.read_bytes()
    page = flows.meta_pages(sandbox, flows.meta_user_token(sandbox))[0]
    token, ig = page["access_token"], page["instagram_business_account"]["id"]
    form = {"media_type": "REELS", "upload_type": "resumable"}
    container = flows.graph(sandbox, "POST", f"/{ig}/media", token, data=form).json()
    flows.rupload(sandbox, container["uri"], token, data)
    sandbox.fault("meta", "ig_publish", "accept_then_500")
    form = {"creation_id": container["id"]}

    answer = flows.graph(sandbox, "POST", f"/{ig}/media_publish", token, data=form)

    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == 2
    path, fields = f"/{container['id']}", {"fields": "status_code"}
    seen = flows.graph(sandbox, "GET", path, token, params=fields).json()
    assert seen["status_code"] == "PUBLISHED"
    again = flows.graph(sandbox, "POST", f"/{ig}/media_publish", token, data=form)
    assert again.json()["error"]["error_subcode"] == 2207008
    assert len(sandbox.posts("instagram")) == 1


def test_accept_then_hang_says_nothing_until_the_client_gives_up(
    sandbox: Sandbox, film: Path
) -> None:
    page = flows.meta_pages(sandbox, flows.meta_user_token(sandbox))[0]
    token, edge = page["access_token"], f"/{page['id']}/video_reels"
    started = flows.graph(sandbox, "POST", edge, token, data={"upload_phase": "start"}).json()
    flows.rupload(sandbox, started["upload_url"], token, film.read_bytes())
    sandbox.fault("meta", "reel_finish", "accept_then_hang")
    form = {
        "upload_phase": "finish",
        "video_id": started["video_id"],
        "video_state": "PUBLISHED",
    }

    with pytest.raises(httpx.ReadTimeout):
        flows.graph(sandbox, "POST", edge, token, data=form, timeout=0.3)

    assert len(sandbox.posts("facebook")) == 1


def test_stale_status_shows_the_time_before(sandbox: Sandbox, film: Path) -> None:
    data = film.read_bytes()
    token = flows.tiktok_token(sandbox)["access_token"]
    started = flows.tiktok_init(sandbox, token, len(data))
    flows.tiktok_put(sandbox, started["upload_url"], data, 0, len(data))
    sandbox.fault("tiktok", "status", "stale_status")

    seen = [flows.tiktok_status(sandbox, token, started["publish_id"])["status"] for _ in range(2)]

    assert seen == ["PROCESSING_UPLOAD", "PUBLISH_COMPLETE"]


def test_revoke_ends_the_accounts_grants_in_mid_transfer(sandbox: Sandbox) -> None:
    token = flows.tiktok_token(sandbox)["access_token"]
    total = 12_000_000
    body = flows.tiktok_init_body(total)
    body["source_info"] |= {"chunk_size": 5_242_880, "total_chunk_count": 2}
    started = flows.tiktok_direct(sandbox, token, body).json()
    sandbox.fault("tiktok", "chunk", "revoke")

    url = started["data"]["upload_url"]
    assert flows.tiktok_put(sandbox, url, bytes(5_242_880), 0, total).status_code == 206

    answer = flows.tiktok_creator_info(sandbox, token)
    assert answer.json()["error"]["code"] == "access_token_invalid"


def test_quota_is_refused_the_way_google_does(sandbox: Sandbox) -> None:
    token = flows.google_token(sandbox)["access_token"]
    sandbox.fault("google", "upload_start", "quota")

    answer = flows.youtube_start(sandbox, token, 1000)

    assert answer.status_code == 403
    assert answer.json()["error"]["errors"][0]["reason"] == "quotaExceeded"


def test_slow_answers_in_the_end(sandbox: Sandbox) -> None:
    call = _status_call(sandbox)
    sandbox.fault("tiktok", "status", "slow", delay_s=0.2)

    assert call().status_code == 200
    assert sandbox.control("GET", "calls?route=status")[-1]["fault"] == "slow"


def test_youtube_keeps_whole_grains_of_a_chunk_that_broke_off(sandbox: Sandbox) -> None:
    token = flows.google_token(sandbox)["access_token"]
    total = 1_000_000
    where = flows.youtube_start(sandbox, token, total).headers["location"]
    sandbox.fault("google", "upload_bytes", "reset_mid")

    with pytest.raises(httpx.TransportError):
        flows.youtube_put(sandbox, where, bytes(total), 0, total)

    probe = flows.youtube_put(sandbox, where, b"", 0, total)
    assert probe.status_code == 308
    assert probe.headers["range"] == "bytes=0-262143"


def test_youtube_takes_only_part_of_a_chunk(sandbox: Sandbox) -> None:
    token = flows.google_token(sandbox)["access_token"]
    total = 2_000_000
    where = flows.youtube_start(sandbox, token, total).headers["location"]
    sandbox.fault("google", "upload_bytes", "partial")

    answer = flows.youtube_put(sandbox, where, bytes(1_048_576), 0, total)

    assert (answer.status_code, answer.headers["range"]) == (308, "bytes=0-524287")


def test_facebook_reports_fewer_bytes_than_were_sent(sandbox: Sandbox, film: Path) -> None:
    data = film.read_bytes()
    page = flows.meta_pages(sandbox, flows.meta_user_token(sandbox))[0]
    token, edge = page["access_token"], f"/{page['id']}/video_reels"
    started = flows.graph(sandbox, "POST", edge, token, data={"upload_phase": "start"}).json()
    sandbox.fault("meta", "reel_bytes", "partial")

    answer = flows.rupload(sandbox, started["upload_url"], token, data)

    assert answer.json()["debug_info"]["type"] == "PartialRequestError"
    path, fields = f"/{started['video_id']}", {"fields": "status"}
    status = flows.graph(sandbox, "GET", path, token, params=fields).json()["status"]
    got = status["uploading_phase"]["bytes_transfered"]
    assert got == len(data) // 2
    rest = {"offset": str(got), "file_size": str(len(data))}
    again = flows.rupload(sandbox, started["upload_url"], token, data[got:], **rest)
    assert again.json() == {"success": True}


def test_an_expired_upload_address_is_told_apart_per_platform(sandbox: Sandbox) -> None:
    token = flows.google_token(sandbox)["access_token"]
    where = flows.youtube_start(sandbox, token, 1000).headers["location"]
    sandbox.fault("google", "upload_bytes", "expire")
    assert flows.youtube_put(sandbox, where, bytes(1000), 0, 1000).status_code == 404

    token = flows.tiktok_token(sandbox)["access_token"]
    url = flows.tiktok_init(sandbox, token, 1000)["upload_url"]
    sandbox.advance(3601)
    assert flows.tiktok_put(sandbox, url, bytes(1000), 0, 1000).status_code == 403
