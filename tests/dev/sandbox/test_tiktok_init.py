"""What TikTok accepts as a post, one rule a test."""

from typing import Any

import pytest

import sandbox_flows as flows
from sandbox_flows import Sandbox

INIT = "/v2/post/publish/video/init/"


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    value: str = flows.tiktok_token(sandbox)["access_token"]
    return value


def test_creator_info_tells_what_a_private_account_may_do(sandbox: Sandbox) -> None:
    token = flows.tiktok_token(sandbox, "quiet")["access_token"]
    info = flows.tiktok_creator_info(sandbox, token).json()["data"]
    assert info["privacy_level_options"][0] == "FOLLOWER_OF_CREATOR"
    assert info["duet_disabled"] is info["stitch_disabled"] is True


WRONG_INITS: list[tuple[str, Any, int, str]] = [
    ("post_info.privacy_level", "EVERYONE", 400, "invalid_params"),
    ("post_info.privacy_level", "FOLLOWER_OF_CREATOR", 403, "privacy_level_option_mismatch"),
    ("post_info.privacy_level", None, 400, "invalid_params"),
    ("post_info.title", "😀" * 1101, 400, "invalid_params"),
    ("post_info.disable_duet", "false", 400, "invalid_params"),
    ("post_info.video_cover_timestamp_ms", True, 400, "invalid_params"),
    ("post_info.hashtags", ["a"], 400, "invalid_params"),
    ("source_info.video_cover_timestamp_ms", 5, 400, "invalid_params"),
    ("source_info.source", "UPLOAD", 400, "invalid_params"),
    ("source_info.total_chunk_count", 2, 400, "invalid_params"),
    ("extra", {}, 400, "invalid_params"),
]


@pytest.mark.parametrize("wrong", WRONG_INITS, ids=lambda wrong: wrong[0])
def test_a_wrong_init_is_refused(
    sandbox: Sandbox, token: str, wrong: tuple[str, Any, int, str]
) -> None:
    path, value, status, code = wrong
    body = flows.tiktok_init_body(1_000_000)
    place: dict[str, Any] = body
    *parents, name = path.split(".")
    for parent in parents:
        place = place[parent]
    if value is None:
        del place[name]
    else:
        place[name] = value

    answer = flows.tiktok_post(sandbox, token, INIT, body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


def test_the_content_type_must_be_json_in_utf8(sandbox: Sandbox, token: str) -> None:
    body = flows.tiktok_init_body(1_000_000)
    for kind in ("text/plain", "application/json; charset=latin-1"):
        answer = flows.tiktok_post(sandbox, token, INIT, body, **{"content-type": kind})
        assert answer.status_code == 400


def test_branded_content_cannot_be_private(sandbox: Sandbox, token: str) -> None:
    info = {"brand_content_toggle": True, "privacy_level": "SELF_ONLY"}
    body = flows.tiktok_init_body(1_000_000, **info)
    assert flows.tiktok_post(sandbox, token, INIT, body).status_code == 400


def test_an_unaudited_client_posts_privately_to_private_accounts_only(sandbox: Sandbox) -> None:
    sandbox.switch(tiktok_audited=False)
    apex = flows.tiktok_token(sandbox)["access_token"]
    quiet = flows.tiktok_token(sandbox, "quiet")["access_token"]
    body = flows.tiktok_init_body(1000, privacy_level="SELF_ONLY")
    refused = flows.tiktok_post(sandbox, apex, INIT, body)
    assert refused.json()["error"]["code"] == "unaudited_client_can_only_post_to_private_accounts"
    assert flows.tiktok_direct(sandbox, quiet, body).status_code == 200


def test_the_seventh_init_of_a_minute_is_429(sandbox: Sandbox, token: str) -> None:
    body = flows.tiktok_init_body(1000)
    codes = [flows.tiktok_direct(sandbox, token, body).status_code for _ in range(7)]
    assert codes == [200] * 6 + [429]
    sandbox.advance(61)
    assert flows.tiktok_direct(sandbox, token, body).status_code == 200


def test_each_direct_post_follows_a_query_of_creator_info(sandbox: Sandbox, token: str) -> None:
    body = flows.tiktok_init_body(1000)
    unasked = flows.tiktok_post(sandbox, token, INIT, body)
    assert (unasked.status_code, unasked.json()["error"]["code"]) == (400, "invalid_params")
    assert flows.tiktok_direct(sandbox, token, body).status_code == 200
    assert flows.tiktok_post(sandbox, token, INIT, body).status_code == 400
    sandbox.switch(tiktok_creator_info_first=False)
    assert flows.tiktok_post(sandbox, token, INIT, body).status_code == 200


def test_creator_info_wants_the_content_type_too(sandbox: Sandbox, token: str) -> None:
    path = "/v2/post/publish/creator_info/query/"
    assert flows.tiktok_post(sandbox, token, path).status_code == 400


def test_the_sixteenth_post_of_a_day_is_refused_and_creator_info_says_so_with_200(
    sandbox: Sandbox, token: str
) -> None:
    sandbox.switch(tiktok_daily_posts=2)
    for _ in range(2):
        flows.tiktok_init(sandbox, token, 1000)
    refused = flows.tiktok_post(sandbox, token, INIT, flows.tiktok_init_body(1000))
    info = flows.tiktok_creator_info(sandbox, token)
    assert refused.status_code == 403
    assert info.status_code == 200
    assert info.json()["error"]["code"] == refused.json()["error"]["code"]
    assert info.json()["error"]["code"] == "spam_risk_too_many_posts"
