"""Nonsense is refused in the party's own way: never a crash of the sandbox."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import sandbox_flows as flows
from sandbox_flows import Sandbox

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)
LENIENT = settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SHAPES: dict[str, dict[str, Any]] = {
    "google-api/youtube/v3/playlistItems?part=snippet": {
        "snippet": {"playlistId": "PL", "position": 0, "resourceId": {"kind": "youtube#video"}}
    },
    "google-api/youtube/v3/playlists?part=snippet": {"snippet": {"title": "x"}},
    "google-api/youtube/v3/commentThreads?part=snippet": {
        "snippet": {"videoId": "x", "topLevelComment": {"snippet": {"textOriginal": "x"}}}
    },
    "google-api/upload/youtube/v3/videos?part=snippet,status&uploadType=resumable": {
        "snippet": {"title": "x", "tags": ["a"]},
        "status": {"publishAt": "2030-01-01T00:00:00Z", "privacyStatus": "private"},
    },
    "tiktok-api/v2/post/publish/video/init/": flows.tiktok_init_body(1000),
    "tiktok-api/v2/post/publish/status/fetch/": {"publish_id": "x"},
    "tiktok-api/v2/video/query/?fields=id": {"filters": {"video_ids": ["1"]}},
    "tiktok-api/v2/video/list/?fields=id": {"cursor": 1, "max_count": 3},
    "discord/api/webhooks/1/t": {
        "content": "x",
        "embeds": [
            {"title": "x", "fields": [{"name": "a", "value": "b"}], "footer": {"text": "x"}}
        ],
    },
}


def _places(shape: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path]
    items = shape.items() if isinstance(shape, dict) else enumerate(shape)
    for key, value in items:
        if isinstance(value, dict | list):
            found += _places(value, (*path, key))
        else:
            found.append((*path, key))
    return found


def _replaced(shape: Any, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    copy = dict(shape) if isinstance(shape, dict) else list(shape)
    copy[path[0]] = _replaced(shape[path[0]], path[1:], value)
    return copy


@pytest.mark.parametrize("url", SHAPES)
@LENIENT
@given(data=st.data())
def test_any_json_in_any_place_is_answered(sandbox: Sandbox, url: str, data: st.DataObject) -> None:
    body = _replaced(SHAPES[url], data.draw(st.sampled_from(_places(SHAPES[url]))), data.draw(JSON))
    google = url.startswith("google")
    tokens = flows.google_token(sandbox) if google else flows.tiktok_token(sandbox)
    headers = {
        "authorization": f"Bearer {tokens['access_token']}",
        "x-upload-content-length": "1000",
        "x-upload-content-type": "video/mp4",
    }
    answer = sandbox.http.post(f"{sandbox.base}/{url}", json=body, headers=headers)
    assert answer.status_code < 500


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "99999999999999999999", "٣", "\x00"])
@pytest.mark.parametrize(
    "path",
    [
        "/me/accounts?limit=",
        "/me/accounts?after=",
        "/17841400000000001/media?limit=",
        "/17841400000000001/content_publishing_limit?since=",
        "/me?fields=",
    ],
)
def test_any_text_for_a_number_is_answered(sandbox: Sandbox, path: str, value: str) -> None:
    token = flows.meta_user_token(sandbox)
    route, _, name = path.rstrip("=").partition("?")
    answer = flows.graph(sandbox, "GET", route, token, params={name: value})
    assert answer.status_code < 500


@pytest.mark.parametrize("value", ["", "x", "-1", "1.5", "99999999999999999999", "٣"])
def test_any_number_in_a_form_is_answered(sandbox: Sandbox, value: str) -> None:
    page = flows.meta_pages(sandbox, flows.meta_user_token(sandbox))[0]
    token = page["access_token"]
    forms = [
        ("videos", {"upload_phase": "start", "file_size": value}),
        ("videos", {"file_url": "https://x", "published": "0", "scheduled_publish_time": value}),
        ("video_reels", {"upload_phase": value}),
        ("uploads", {"file_length": value, "file_type": "video/mp4"}),
    ]
    for edge, form in forms:
        answer = flows.graph(sandbox, "POST", f"/{page['id']}/{edge}", token, data=form)
        assert answer.status_code < 500
    ig = page["instagram_business_account"]["id"]
    form = {"media_type": "REELS", "upload_type": "resumable", "thumb_offset": value}
    assert flows.graph(sandbox, "POST", f"/{ig}/media", token, data=form).status_code < 500
    google = flows.google_token(sandbox)["access_token"]
    for path in (
        f"playlistItems?part=id&playlistId=PLsandboxtour0000000000&maxResults={value}",
        f"commentThreads?part=id&videoId=x&maxResults={value}",
    ):
        url = f"{sandbox.env['GOOGLE_API_BASE_URL']}/youtube/v3/{path}"
        headers = {"authorization": f"Bearer {google}"}
        assert sandbox.http.get(url, headers=headers).status_code < 500


@pytest.mark.parametrize(
    "headers",
    [
        {"content-range": "bytes 5-2/10"},
        {"content-range": "bytes */x"},
        {"content-range": "x"},
        {"authorization": "Bearer"},
        {"authorization": "Basic \xff"},
        {"content-type": "multipart/form-data"},
    ],
)
def test_any_header_is_answered(sandbox: Sandbox, headers: dict[str, str]) -> None:
    raw = {name.encode(): value.encode("latin-1") for name, value in headers.items()}
    token = flows.google_token(sandbox)["access_token"]
    where = flows.youtube_start(sandbox, token, 10).headers["location"]
    url = flows.tiktok_init(sandbox, flows.tiktok_token(sandbox)["access_token"], 10)["upload_url"]
    mail = f"{sandbox.env['MAILGUN_API_BASE_URL']}/v3/{sandbox.env['MAILGUN_DOMAIN']}/messages"
    page = f"{sandbox.env['META_GRAPH_BASE_URL']}/v26.0/104000000000001/videos"
    for method, target in (("PUT", where), ("PUT", url), ("POST", mail), ("POST", page)):
        answer = sandbox.http.request(method, target, content=b"0123456789", headers=raw)
        assert answer.status_code < 500
