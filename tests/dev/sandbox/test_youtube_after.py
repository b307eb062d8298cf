"""What can be done to a YouTube video, one rule a test."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import sandbox_flows as flows
from sandbox_films import make_picture
from sandbox_flows import Sandbox


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


def test_thumbnails_are_checked(sandbox: Sandbox, token: str, film: Path, tmp_path: Path) -> None:
    video = flows.youtube_upload(sandbox, token, film.read_bytes())["id"]
    path = f"/upload/youtube/v3/thumbnails/set?videoId={video}"
    picture = make_picture(tmp_path / "cover.png").read_bytes()

    def put(data: bytes, kind: str, who: str = token) -> Any:
        return _api(sandbox, "POST", path, who, content=data, headers={"content-type": kind})

    assert put(picture, "image/png").json()["items"][0]["maxres"]["width"] == 1280
    assert _reason(put(b"no picture", "image/png")) == "invalidImage"
    assert _reason(put(picture, "image/gif")) == "badContent"
    assert _reason(put(b"", "image/png")) == "mediaBodyRequired"
    short = flows.google_token(sandbox, "short")["access_token"]
    assert _reason(put(picture, "image/png", short)) == "forbidden"


def test_a_playlist_takes_a_video_once(sandbox: Sandbox, token: str, film: Path) -> None:
    video = flows.youtube_upload(sandbox, token, film.read_bytes())["id"]
    path = "/youtube/v3/playlists?part=snippet&mine=true"
    playlist = _api(sandbox, "GET", path, token).json()["items"][0]["id"]
    resource = {"kind": "youtube#video", "videoId": video}
    body = {"snippet": {"playlistId": playlist, "resourceId": resource}}
    items = "/youtube/v3/playlistItems?part=snippet"
    assert _api(sandbox, "POST", items, token, json=body).status_code == 200
    again = _api(sandbox, "POST", items, token, json=body)
    assert (again.status_code, _reason(again)) == (409, "videoAlreadyInPlaylist")
    body["snippet"]["playlistId"] = "PLnope"
    assert _reason(_api(sandbox, "POST", items, token, json=body)) == "playlistNotFound"


def test_numbers_are_strings_and_analytics_adds_shares(
    sandbox: Sandbox, token: str, film: Path
) -> None:
    video = flows.youtube_upload(sandbox, token, film.read_bytes())["id"]
    sandbox.advance(3500)
    path = f"/youtube/v3/videos?part=statistics&id={video}"
    [item] = _api(sandbox, "GET", path, token).json()["items"]
    assert int(item["statistics"]["viewCount"]) > 0
    day = datetime.fromtimestamp(sandbox.control("GET", "clock")["now"], UTC).date().isoformat()
    params = {
        "ids": "channel==MINE",
        "startDate": "2020-01-01",
        "endDate": day,
        "metrics": "views,shares",
        "filters": f"video=={video}",
    }
    url = f"{sandbox.env['YOUTUBE_ANALYTICS_BASE_URL']}/v2/reports"
    headers = {"authorization": f"Bearer {token}"}
    table = sandbox.http.get(url, params=params, headers=headers).json()
    assert table["rows"][0][0] == int(item["statistics"]["viewCount"])


def test_a_short_takes_its_thumbnail_after_processing(
    sandbox: Sandbox, token: str, film: Path, tmp_path: Path
) -> None:
    sandbox.switch(youtube_processing_s=30)
    video = flows.youtube_upload(sandbox, token, film.read_bytes())["id"]
    path = f"/upload/youtube/v3/thumbnails/set?videoId={video}"
    picture = make_picture(tmp_path / "cover.png").read_bytes()
    headers = {"content-type": "image/png"}
    early = _api(sandbox, "POST", path, token, content=picture, headers=headers)
    assert (early.status_code, _reason(early)) == (403, "forbidden")
    sandbox.advance(31)
    late = _api(sandbox, "POST", path, token, content=picture, headers=headers)
    assert late.status_code == 200


def test_a_comment_is_made_and_listed(sandbox: Sandbox, token: str, film: Path) -> None:
    video = flows.youtube_upload(sandbox, token, film.read_bytes())["id"]
    comment = {"snippet": {"textOriginal": "First"}}
    body = {"snippet": {"videoId": video, "topLevelComment": comment}}
    path = "/youtube/v3/commentThreads?part=snippet"
    assert _api(sandbox, "POST", path, token, json=body).status_code == 200
    [thread] = _api(sandbox, "GET", f"{path}&videoId={video}", token).json()["items"]
    assert thread["snippet"]["topLevelComment"]["snippet"]["textOriginal"] == "First"
    body["snippet"]["videoId"] = "nope"
    assert _reason(_api(sandbox, "POST", path, token, json=body)) == "videoNotFound"


def test_a_video_is_changed_and_deleted_by_its_owner(
    sandbox: Sandbox, token: str, film: Path
) -> None:
    video = flows.youtube_upload(sandbox, token, film.read_bytes())["id"]
    body = {"id": video, "status": {"privacyStatus": "unlisted"}}
    changed = _api(sandbox, "PUT", "/youtube/v3/videos?part=status", token, json=body)
    assert changed.json()["status"]["privacyStatus"] == "unlisted"
    assert sandbox.posts("youtube")[0]["visibility"] == "restricted"
    other = flows.google_token(sandbox, "short")["access_token"]
    path = f"/youtube/v3/videos?id={video}"
    assert _reason(_api(sandbox, "DELETE", path, other)) == "forbidden"
    assert _api(sandbox, "DELETE", path, token).status_code == 204
    assert sandbox.posts("youtube")[0]["visibility"] == "deleted"
