"""YouTube's contract, one rule a test."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import sandbox_flows as flows
from sandbox_flows import Sandbox

GRAIN = 262_144


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    value: str = flows.google_token(sandbox)["access_token"]
    return value


def _api(sandbox: Sandbox, method: str, path: str, token: str, **kwargs: Any) -> Any:
    headers = {"authorization": f"Bearer {token}"} | kwargs.pop("headers", {})
    url = sandbox.env["GOOGLE_API_BASE_URL"] + path
    return sandbox.http.request(method, url, headers=headers, **kwargs)


def _reason(answer: Any) -> str:
    reason: str = answer.json()["error"]["errors"][0]["reason"]
    return reason


WRONG_METADATA: list[tuple[str, dict[str, Any], str]] = [
    ("no title", {"snippet": {"description": "x"}}, "invalidVideoMetadata"),
    ("empty title", {"snippet": {"title": " "}}, "invalidTitle"),
    ("long title", {"snippet": {"title": "x" * 101}}, "invalidTitle"),
    ("angle bracket", {"snippet": {"title": "a < b"}}, "invalidTitle"),
    (
        "long description",
        {"snippet": {"title": "x", "description": "ü" * 2501}},
        "invalidDescription",
    ),
    ("many tags", {"snippet": {"title": "x", "tags": ["a b"] * 90}}, "invalidTags"),
    ("category", {"snippet": {"title": "x", "categoryId": "999"}}, "invalidCategoryId"),
    ("unknown field", {"snippet": {"title": "x", "hashtags": []}}, "badRequest"),
    ("unknown group", {"snippet": {"title": "x"}, "extra": {}}, "badRequest"),
    ("part", {"snippet": {"title": "x"}, "recordingDetails": {}}, "unexpectedPart"),
    (
        "privacy",
        {"snippet": {"title": "x"}, "status": {"privacyStatus": "friends"}},
        "invalidVideoMetadata",
    ),
    (
        "publishAt of a public video",
        {
            "snippet": {"title": "x"},
            "status": {"privacyStatus": "public", "publishAt": "2030-01-01T00:00:00Z"},
        },
        "invalidPublishAt",
    ),
    (
        "boolean as text",
        {"snippet": {"title": "x"}, "status": {"selfDeclaredMadeForKids": "false"}},
        "badRequest",
    ),
]


@pytest.mark.parametrize("wrong", WRONG_METADATA, ids=lambda wrong: wrong[0])
def test_wrong_metadata_is_refused_before_any_byte(
    sandbox: Sandbox, token: str, wrong: tuple[str, dict[str, Any], str]
) -> None:
    _, body, reason = wrong
    answer = flows.youtube_start(sandbox, token, 1000, body)
    assert (answer.status_code, _reason(answer)) == (400, reason)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ({"uploadType": "media"}, "wrongUrlForUpload"),
        ({"part": "snippet,status,everything"}, "unknownPart"),
        ({"part": ""}, "missingRequiredParameter"),
        ({"notify": "true"}, "unknownParameter"),
        ({"notifySubscribers": "maybe"}, "invalidParameter"),
    ],
)
def test_a_wrong_query_is_refused(
    sandbox: Sandbox, token: str, query: dict[str, str], reason: str
) -> None:
    assert _reason(flows.youtube_start(sandbox, token, 1000, None, **query)) == reason


def test_the_announced_length_and_type_are_required(sandbox: Sandbox, token: str) -> None:
    path = "/upload/youtube/v3/videos?uploadType=resumable&part=snippet"
    body = {"snippet": {"title": "x"}}
    bare = _api(sandbox, "POST", path, token, json=body)
    headers = {"x-upload-content-length": "10", "x-upload-content-type": "text/plain"}
    typed = _api(sandbox, "POST", path, token, json=body, headers=headers)
    assert (_reason(bare), _reason(typed)) == ("mediaBodyRequired", "badContent")


def test_an_upload_to_the_plain_address_is_told_so(sandbox: Sandbox, token: str) -> None:
    answer = _api(sandbox, "POST", "/youtube/v3/videos?part=snippet", token, json={})
    assert (answer.status_code, _reason(answer)) == (400, "wrongUrlForUpload")


def test_chunks_are_multiples_of_256_kib_and_resume_where_the_server_is(
    sandbox: Sandbox, token: str
) -> None:
    total = 700_000
    where = flows.youtube_start(sandbox, token, total).headers["location"]
    empty = flows.youtube_put(sandbox, where, b"", 0, total)
    assert (empty.status_code, "range" in empty.headers) == (308, False)
    assert flows.youtube_put(sandbox, where, bytes(1000), 0, total).status_code == 400

    first = flows.youtube_put(sandbox, where, bytes(GRAIN), 0, total)
    assert (first.status_code, first.headers["range"]) == (308, f"bytes=0-{GRAIN - 1}")
    gap = flows.youtube_put(sandbox, where, bytes(10_000), 690_000, total)
    assert (gap.status_code, gap.headers["range"]) == (308, f"bytes=0-{GRAIN - 1}")
    assert flows.youtube_put(sandbox, where, bytes(10), 0, total + 1).status_code == 400

    last = flows.youtube_put(sandbox, where, bytes(total - GRAIN), GRAIN, total)
    assert last.status_code == 200
    probe = flows.youtube_put(sandbox, where, b"", 0, total)
    assert probe.json()["id"] == last.json()["id"]
    assert len([p for p in sandbox.posts("youtube") if p["post_id"] == last.json()["id"]]) == 1


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [("youtube_wrong_offset", 416, 416), ("youtube_wrong_offset", 400, 400)],
)
def test_a_wrong_offset_answers_as_configured(
    sandbox: Sandbox, token: str, setting: str, value: object, expected: int
) -> None:
    sandbox.switch(**{setting: value})
    where = flows.youtube_start(sandbox, token, 700_000).headers["location"]
    answer = flows.youtube_put(sandbox, where, bytes(GRAIN), GRAIN, 700_000)
    assert answer.status_code == expected


def test_completion_spelling_and_status_can_be_switched(
    sandbox: Sandbox, token: str, film: Path
) -> None:
    sandbox.switch(youtube_range_prefix="", youtube_done_status=201)
    data = film.read_bytes() + bytes(GRAIN)
    where = flows.youtube_start(sandbox, token, len(data)).headers["location"]
    first = flows.youtube_put(sandbox, where, data[:GRAIN], 0, len(data))
    assert first.headers["range"] == f"0-{GRAIN - 1}"
    last = flows.youtube_put(sandbox, where, data[GRAIN:], GRAIN, len(data))
    assert last.status_code == 201


def test_a_session_ends(sandbox: Sandbox, token: str) -> None:
    where = flows.youtube_start(sandbox, token, 1000).headers["location"]
    sandbox.advance(7 * 86_400)
    assert flows.youtube_put(sandbox, where, b"", 0, 1000).status_code == 404


def test_a_dead_token_on_the_session_is_401_and_the_session_lives(
    sandbox: Sandbox, token: str
) -> None:
    where = flows.youtube_start(sandbox, token, 1000).headers["location"]
    sandbox.advance(3600)
    headers = {"authorization": f"Bearer {token}", "content-range": "bytes */1000"}
    dead = sandbox.http.put(where, content=b"", headers=headers)
    assert (dead.status_code, _reason(dead)) == (401, "authError")
    assert "invalid_token" in dead.headers["www-authenticate"]
    assert flows.youtube_put(sandbox, where, b"", 0, 1000).status_code == 308


def test_inserts_have_a_daily_quota_that_ends_at_midnight_pacific(
    sandbox: Sandbox, token: str
) -> None:
    sandbox.switch(youtube_inserts_per_day=1)
    assert flows.youtube_start(sandbox, token, 1000).status_code == 200
    refused = flows.youtube_start(sandbox, token, 1000)
    assert (refused.status_code, _reason(refused)) == (403, "quotaExceeded")
    sandbox.advance(86_400)
    fresh = flows.google_token(sandbox)["access_token"]
    assert flows.youtube_start(sandbox, fresh, 1000).status_code == 200


def test_a_channel_has_an_upload_limit_of_its_own(sandbox: Sandbox, token: str, film: Path) -> None:
    sandbox.switch(youtube_channel_uploads_per_day=1)
    flows.youtube_upload(sandbox, token, film.read_bytes())
    refused = flows.youtube_start(sandbox, token, 1000)
    assert (refused.status_code, _reason(refused)) == (400, "uploadLimitExceeded")


def test_an_account_without_a_channel_reads_nothing_and_cannot_write(sandbox: Sandbox) -> None:
    token = flows.google_token(sandbox, "viewer")["access_token"]
    listed = _api(sandbox, "GET", "/youtube/v3/channels?part=snippet&mine=true", token)
    assert (listed.status_code, listed.json().get("items")) == (200, None)
    refused = flows.youtube_start(sandbox, token, 1000)
    assert (refused.status_code, _reason(refused)) == (401, "youtubeSignupRequired")


def test_a_scheduled_video_goes_public_by_itself(sandbox: Sandbox, token: str, film: Path) -> None:
    now = sandbox.control("GET", "clock")["now"]
    at = datetime.fromtimestamp(now + 1800, UTC).isoformat()
    body = {
        "snippet": {"title": "Later", "categoryId": "2"},
        "status": {"privacyStatus": "private", "publishAt": at},
    }
    data = film.read_bytes()
    where = flows.youtube_start(sandbox, token, len(data), body).headers["location"]
    flows.youtube_put(sandbox, where, data, 0, len(data))
    assert sandbox.posts("youtube")[0]["visibility"] == "scheduled"

    sandbox.advance(1801)

    [post] = sandbox.posts("youtube")
    assert post["visibility"] == "public"
    assert post["published_at"] == pytest.approx(now + 1800, abs=1)


def test_a_file_that_is_no_video_fails_in_processing(sandbox: Sandbox, token: str) -> None:
    video = flows.youtube_upload(sandbox, token, bytes(5000))["id"]
    path = f"/youtube/v3/videos?part=status,processingDetails&id={video}"
    [item] = _api(sandbox, "GET", path, token).json()["items"]
    assert (item["status"]["uploadStatus"], item["status"]["failureReason"]) == (
        "failed",
        "invalidFile",
    )
    assert item["processingDetails"]["processingStatus"] == "failed"


def test_processing_is_for_the_owner_and_unknown_ids_are_left_out(
    sandbox: Sandbox, token: str, film: Path
) -> None:
    video = flows.youtube_upload(sandbox, token, film.read_bytes())["id"]
    other = flows.google_token(sandbox, "short")["access_token"]
    path = f"/youtube/v3/videos?part=processingDetails&id={video}"
    assert _reason(_api(sandbox, "GET", path, other)) == "forbidden"
    unknown = _api(sandbox, "GET", "/youtube/v3/videos?part=id&id=nope", token)
    assert unknown.json()["items"] == []
