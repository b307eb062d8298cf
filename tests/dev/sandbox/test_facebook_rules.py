"""The contract of Facebook pages, one rule a test."""

from pathlib import Path
from typing import Any

import httpx
import pytest

import sandbox_flows as flows
from sandbox_films import make_film
from sandbox_flows import Sandbox


@pytest.fixture
def page(sandbox: Sandbox) -> dict[str, Any]:
    return flows.meta_pages(sandbox, flows.meta_user_token(sandbox))[0]


def _post(sandbox: Sandbox, page: dict[str, Any], edge: str, **kwargs: Any) -> Any:
    path = f"/{page['id']}/{edge}"
    return flows.graph(sandbox, "POST", path, page["access_token"], **kwargs)


def _error(answer: Any) -> tuple[int, int | None]:
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


def _uploaded(sandbox: Sandbox, page: dict[str, Any], data: bytes) -> str:
    started = _post(sandbox, page, "video_reels", data={"upload_phase": "start"}).json()
    flows.rupload(sandbox, started["upload_url"], page["access_token"], data)
    return str(started["video_id"])


def _finish(sandbox: Sandbox, page: dict[str, Any], video: str, **extra: str) -> Any:
    form = {"upload_phase": "finish", "video_id": video, "video_state": "PUBLISHED"} | extra
    return _post(sandbox, page, "video_reels", data=form)


def _status(sandbox: Sandbox, page: dict[str, Any], video: str) -> Any:
    params = {"fields": "status"}
    token = page["access_token"]
    return flows.graph(sandbox, "GET", f"/{video}", token, params=params).json()["status"]


def test_a_user_token_cannot_post_to_a_page(sandbox: Sandbox) -> None:
    token = flows.meta_user_token(sandbox)
    page = flows.meta_pages(sandbox, token)[0] | {"access_token": token}
    answer = _post(sandbox, page, "video_reels", data={"upload_phase": "start"})
    assert _error(answer) == (210, None)


def test_the_task_create_content_is_needed(sandbox: Sandbox) -> None:
    read_only = flows.meta_pages(sandbox, flows.meta_user_token(sandbox, "bert"))[1]
    answer = _post(sandbox, read_only, "video_reels", data={"upload_phase": "start"})
    assert _error(answer) == (200, None)


def test_parameters_may_come_as_json_or_query(sandbox: Sandbox, page: dict[str, Any]) -> None:
    for kwargs in ({"json": {"upload_phase": "start"}}, {"params": {"upload_phase": "start"}}):
        assert "upload_url" in _post(sandbox, page, "video_reels", **kwargs).json()


def test_bytes_resume_where_the_server_is(
    sandbox: Sandbox, page: dict[str, Any], film: Path
) -> None:
    data, token = film.read_bytes(), page["access_token"]
    started = _post(sandbox, page, "video_reels", data={"upload_phase": "start"}).json()
    url, half = started["upload_url"], len(data) // 2
    headers = {"offset": str(half), "file_size": str(len(data))}
    wrong = flows.rupload(sandbox, url, token, data[half:], **headers)
    assert wrong.json()["debug_info"]["type"] == "OffsetInvalidError"
    sandbox.fault("meta", "reel_bytes", "reset_mid")
    with pytest.raises(httpx.TransportError):
        flows.rupload(sandbox, url, token, data)
    got = _status(sandbox, page, started["video_id"])["uploading_phase"]["bytes_transfered"]
    assert 0 < got < len(data)
    headers["offset"] = str(got)
    assert flows.rupload(sandbox, url, token, data[got:], **headers).status_code == 200
    assert _finish(sandbox, page, started["video_id"]).json() == {"success": True}
    assert sandbox.posts("facebook")[0]["media_bytes"] == len(data)


def test_finish_comes_after_the_bytes_and_once(
    sandbox: Sandbox, page: dict[str, Any], film: Path
) -> None:
    started = _post(sandbox, page, "video_reels", data={"upload_phase": "start"}).json()
    assert _error(_finish(sandbox, page, started["video_id"])) == (6000, None)
    flows.rupload(sandbox, started["upload_url"], page["access_token"], film.read_bytes())
    assert _finish(sandbox, page, started["video_id"]).status_code == 200
    assert _error(_finish(sandbox, page, started["video_id"])) == (100, 1363041)
    assert len(sandbox.posts("facebook")) == 1


@pytest.mark.parametrize(
    ("extra", "code"),
    [
        ({"video_state": "LIVE"}, 100),
        ({"video_state": "SCHEDULED"}, 100),
        ({"scheduled_publish_time": "99"}, 100),
        ({"caption": "not a parameter"}, 100),
        ({"video_id": "1"}, 100),
    ],
)
def test_a_wrong_finish_is_refused(
    sandbox: Sandbox, page: dict[str, Any], film: Path, extra: dict[str, str], code: int
) -> None:
    video = _uploaded(sandbox, page, film.read_bytes())
    assert _error(_finish(sandbox, page, video, **extra))[0] == code


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        ({"width": 1024, "height": 400}, 1363040),
        ({"width": 360, "height": 640}, 1363127),
        ({"seconds": 1}, 1363128),
        ({"fps": 12}, 1363129),
    ],
)
def test_a_video_that_is_no_reel_is_refused(
    sandbox: Sandbox, page: dict[str, Any], tmp_path: Path, shape: dict[str, int], code: int
) -> None:
    data = make_film(tmp_path / "odd.mp4", **shape).read_bytes()
    video = _uploaded(sandbox, page, data)
    assert _error(_finish(sandbox, page, video))[0] == code


def test_a_schedule_lies_between_ten_minutes_and_29_days(
    sandbox: Sandbox, page: dict[str, Any], film: Path
) -> None:
    now = sandbox.control("GET", "clock")["now"]
    data = film.read_bytes()
    for ahead in (60, 30 * 86_400):
        at = {"video_state": "SCHEDULED", "scheduled_publish_time": str(int(now + ahead))}
        assert _error(_finish(sandbox, page, _uploaded(sandbox, page, data), **at)) == (100, None)
    at = {"video_state": "SCHEDULED", "scheduled_publish_time": str(int(now + 700))}
    video = _uploaded(sandbox, page, data)
    assert _finish(sandbox, page, video, **at).status_code == 200
    assert sandbox.posts("facebook")[0]["visibility"] == "scheduled"
    sandbox.advance(701)
    assert sandbox.posts("facebook")[0]["visibility"] == "public"
    assert _status(sandbox, page, video)["publishing_phase"]["publish_status"] == "published"


def test_a_page_takes_only_so_many_reels_a_day(
    sandbox: Sandbox, page: dict[str, Any], film: Path
) -> None:
    sandbox.switch(facebook_reels_per_day=1)
    data = film.read_bytes()
    _finish(sandbox, page, _uploaded(sandbox, page, data))
    assert _error(_finish(sandbox, page, _uploaded(sandbox, page, data))) == (613, None)


def test_a_page_video_by_chunks_corrects_a_wrong_offset(
    sandbox: Sandbox, page: dict[str, Any], film: Path
) -> None:
    data = film.read_bytes()
    size = {"upload_phase": "start", "file_size": str(len(data))}
    step = _post(sandbox, page, "videos", data=size).json()
    form = {
        "upload_phase": "transfer",
        "upload_session_id": step["upload_session_id"],
        "start_offset": "77",
    }
    wrong = _post(sandbox, page, "videos", data=form, files={"video_file_chunk": data})
    assert _error(wrong) == (6001, 1363037)
    window = wrong.json()["error"]["error_data"]
    assert window == {"start_offset": "0", "end_offset": str(len(data))}
    form["start_offset"] = window["start_offset"]
    done = _post(sandbox, page, "videos", data=form, files={"video_file_chunk": data}).json()
    assert done["start_offset"] == done["end_offset"] == str(len(data))
    finish = {"upload_phase": "finish", "upload_session_id": step["upload_session_id"]}
    assert _post(sandbox, page, "videos", data=finish).json() == {"success": True}
    assert _error(_post(sandbox, page, "videos", data=finish)) == (100, 1363041)
    assert len(sandbox.posts("facebook")) == 1


def test_a_page_video_by_handle(sandbox: Sandbox, page: dict[str, Any], film: Path) -> None:
    data, token = film.read_bytes(), page["access_token"]
    params = {"file_name": "f.mp4", "file_length": str(len(data)), "file_type": "video/mp4"}
    app = sandbox.env["META_APP_ID"]
    upload = flows.graph(sandbox, "POST", f"/{app}/uploads", token, params=params).json()["id"]
    url = f"{sandbox.env['META_GRAPH_BASE_URL']}/v26.0/{upload}"
    headers = {"authorization": f"OAuth {token}", "file_offset": "0"}
    sandbox.fault("meta", "upload_bytes", "partial")
    assert sandbox.http.post(url, content=data, headers=headers).status_code == 500
    got = sandbox.http.get(url, headers={"authorization": f"OAuth {token}"}).json()["file_offset"]
    headers["file_offset"] = str(got)
    handle = sandbox.http.post(url, content=data[got:], headers=headers).json()["h"]
    form = {"fbuploader_video_file_chunk": handle, "description": "By handle"}
    assert "id" in _post(sandbox, page, "videos", data=form).json()
    assert _error(_post(sandbox, page, "videos", data=form)) == (100, None)
    assert sandbox.posts("facebook")[0]["media_bytes"] == len(data)


def test_a_page_video_by_address(sandbox: Sandbox, page: dict[str, Any]) -> None:
    form = {"file_url": f"{sandbox.base}/media/none"}
    assert _error(_post(sandbox, page, "videos", data=form)) == (389, None)


def test_a_scheduled_page_video_is_unpublished(
    sandbox: Sandbox, page: dict[str, Any], film: Path
) -> None:
    at = str(int(sandbox.control("GET", "clock")["now"] + 60 * 86_400))
    files = {"source": film.read_bytes()}
    form = {"published": "true", "scheduled_publish_time": at}
    assert _error(_post(sandbox, page, "videos", data=form, files=files)) == (100, None)
    form["published"] = "false"
    assert "id" in _post(sandbox, page, "videos", data=form, files=files).json()
    assert sandbox.posts("facebook")[0]["visibility"] == "scheduled"


def test_a_file_that_is_no_video_ends_in_an_error(sandbox: Sandbox, page: dict[str, Any]) -> None:
    video = _uploaded(sandbox, page, bytes(3000))
    assert _finish(sandbox, page, video).status_code == 200
    status = _status(sandbox, page, video)
    assert (status["video_status"], status["publishing_phase"]["publish_status"]) == (
        "error",
        "error",
    )
    assert sandbox.posts("facebook")[0]["visibility"] == "deleted"


def test_reel_insights_answer_an_unknown_total_with_nothing(
    sandbox: Sandbox, page: dict[str, Any], film: Path
) -> None:
    video = _uploaded(sandbox, page, film.read_bytes())
    _finish(sandbox, page, video)
    sandbox.advance(7200)
    path, token = f"/{video}/video_insights", page["access_token"]

    def insights(metric: str) -> Any:
        return flows.graph(sandbox, "GET", path, token, params={"metric": metric})

    assert insights("total_video_views").json() == {"data": []}
    assert insights("blue_reels_play_count").json()["data"][0]["values"][0]["value"] > 0
    assert _error(insights("post_impressions")) == (100, None)
    fields = {"fields": "views,likes.summary(true).limit(0),permalink_url,post_id"}
    node = flows.graph(sandbox, "GET", f"/{video}", token, params=fields).json()
    post = flows.graph(
        sandbox, "GET", f"/{node['post_id']}", token, params={"fields": "shares,message"}
    ).json()
    assert node["likes"]["summary"]["total_count"] <= node["views"]
    assert post["id"] == node["post_id"]
