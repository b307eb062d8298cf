"""Instagram's contract, one rule a test."""

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


def _ig(page: dict[str, Any]) -> str:
    return str(page["instagram_business_account"]["id"])


def _create(sandbox: Sandbox, page: dict[str, Any], **params: str) -> httpx.Response:
    form = {"media_type": "REELS", "upload_type": "resumable"} | params
    return flows.graph(sandbox, "POST", f"/{_ig(page)}/media", page["access_token"], data=form)


def _publish(sandbox: Sandbox, page: dict[str, Any], container: str) -> httpx.Response:
    form, edge = {"creation_id": container}, f"/{_ig(page)}/media_publish"
    return flows.graph(sandbox, "POST", edge, page["access_token"], data=form)


def _status(sandbox: Sandbox, page: dict[str, Any], container: str) -> Any:
    fields = {"fields": "status_code,status"}
    return flows.graph(sandbox, "GET", f"/{container}", page["access_token"], params=fields).json()


def _ready(sandbox: Sandbox, page: dict[str, Any], data: bytes, **params: str) -> str:
    made = _create(sandbox, page, **params).json()
    flows.rupload(sandbox, made["uri"], page["access_token"], data)
    return str(made["id"])


def _error(answer: Any) -> tuple[int, int | None]:
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


WRONG: list[tuple[dict[str, str], tuple[int, int | None]]] = [
    ({"media_type": "FILM"}, (100, 2207023)),
    ({"media_type": "VIDEO"}, (100, 2207067)),
    ({"caption": "x" * 2201}, (36004, 2207010)),
    ({"caption": "#a " * 31}, (36004, 2207010)),
    ({"caption": "@a " * 21}, (36004, 2207010)),
    ({"thumb_offset": "-5"}, (1, 2207057)),
    ({"share_to_feed": "yes"}, (100, None)),
    ({"collaborators": '["a","b","c","d"]'}, (100, None)),
    ({"collaborators": "a,b"}, (100, None)),
    ({"hashtags": "a"}, (100, None)),
    ({"location_id": "Rome"}, (100, None)),
    ({"video_url": "https://example.com/a.mp4"}, (100, None)),
    ({"upload_type": "direct"}, (100, None)),
]


@pytest.mark.parametrize(("params", "expected"), WRONG)
def test_a_wrong_container_is_refused(
    sandbox: Sandbox,
    page: dict[str, Any],
    params: dict[str, str],
    expected: tuple[int, int | None],
) -> None:
    assert _error(_create(sandbox, page, **params)) == expected


def test_an_address_that_cannot_be_fetched_fails_at_once_or_later(
    sandbox: Sandbox, page: dict[str, Any]
) -> None:
    edge, token = f"/{_ig(page)}/media", page["access_token"]
    form = {"media_type": "REELS", "video_url": f"{sandbox.base}/media/none"}
    assert _error(flows.graph(sandbox, "POST", edge, token, data=form)) == (9004, 2207052)

    sandbox.switch(instagram_bad_url="later")
    made = flows.graph(sandbox, "POST", edge, token, data=form).json()["id"]
    status = {"status_code": "IN_PROGRESS"}
    while status["status_code"] == "IN_PROGRESS":
        status = _status(sandbox, page, made)
    assert status["status_code"] == "ERROR"
    assert "2207052" in status["status"]


def test_bytes_need_the_scheme_oauth_and_the_right_offset(
    sandbox: Sandbox, page: dict[str, Any], film: Path
) -> None:
    data, token = film.read_bytes(), page["access_token"]
    uri = _create(sandbox, page).json()["uri"]
    bearer = flows.rupload(sandbox, uri, token, data, authorization=f"Bearer {token}")
    offset = flows.rupload(sandbox, uri, token, data, offset="100")
    longer = flows.rupload(sandbox, uri, token, data, file_size=str(len(data) + 1))
    typed = flows.rupload(sandbox, uri, token, data, **{"content-type": "video/mp4"})
    kinds = [a.json()["debug_info"]["type"] for a in (bearer, offset, longer, typed)]
    assert kinds == [
        "NotAuthorizedError",
        "OffsetInvalidError",
        "PartialRequestError",
        "ProcessingFailedError",
    ]


def test_a_container_is_published_when_ready_and_once(
    sandbox: Sandbox, page: dict[str, Any], film: Path
) -> None:
    made = _create(sandbox, page).json()
    assert _error(_publish(sandbox, page, made["id"])) == (9007, 2207027)
    flows.rupload(sandbox, made["uri"], page["access_token"], film.read_bytes())
    assert _publish(sandbox, page, made["id"]).status_code == 200
    assert _status(sandbox, page, made["id"])["status_code"] == "PUBLISHED"
    assert _error(_publish(sandbox, page, made["id"])) == (24, 2207008)
    assert len(sandbox.posts("instagram")) == 1


def test_a_container_expires_after_a_day(
    sandbox: Sandbox, page: dict[str, Any], film: Path
) -> None:
    container = _ready(sandbox, page, film.read_bytes())
    sandbox.advance(86_400)
    assert _status(sandbox, page, container)["status_code"] == "EXPIRED"
    assert _error(_publish(sandbox, page, container)) == (24, 2207008)


def test_a_bad_video_ends_in_an_error_with_a_subcode(
    sandbox: Sandbox, page: dict[str, Any], tmp_path: Path
) -> None:
    short = make_film(tmp_path / "short.mp4", seconds=1).read_bytes()
    container = _ready(sandbox, page, short)
    status = _status(sandbox, page, container)
    assert status["status_code"] == "ERROR"
    assert "2207026" in status["status"]
    assert _publish(sandbox, page, container).status_code == 400


def test_a_thumbnail_behind_the_end_is_an_error(
    sandbox: Sandbox, page: dict[str, Any], film: Path
) -> None:
    container = _ready(sandbox, page, film.read_bytes(), thumb_offset="9000")
    assert "2207057" in _status(sandbox, page, container)["status"]


def test_the_limit_is_read_and_enforced(sandbox: Sandbox, page: dict[str, Any], film: Path) -> None:
    sandbox.switch(instagram_quota_total=1)
    data = film.read_bytes()
    edge, token = f"/{_ig(page)}/content_publishing_limit", page["access_token"]
    params = {"fields": "quota_usage,config"}
    _publish(sandbox, page, _ready(sandbox, page, data))
    row = flows.graph(sandbox, "GET", edge, token, params=params).json()["data"][0]
    assert row == {"quota_usage": 1, "config": {"quota_total": 1, "quota_duration": 86_400}}
    assert _error(_publish(sandbox, page, _ready(sandbox, page, data))) == (9, 2207042)


def test_publishing_needs_its_permission(sandbox: Sandbox) -> None:
    token = flows.meta_user_token(sandbox, scopes="pages_show_list,instagram_basic")
    page = flows.meta_pages(sandbox, token)[0]
    assert _error(_create(sandbox, page)) == (200, None)


def test_another_accounts_instagram_does_not_exist(sandbox: Sandbox, page: dict[str, Any]) -> None:
    bert = flows.meta_pages(sandbox, flows.meta_user_token(sandbox, "bert"))[0]
    stranger = {**bert, "instagram_business_account": page["instagram_business_account"]}
    assert _error(_create(sandbox, stranger)) == (100, 33)


def test_insights_take_known_metrics_and_one_bad_one_fails_all(
    sandbox: Sandbox, page: dict[str, Any], film: Path
) -> None:
    container = _ready(sandbox, page, film.read_bytes())
    media, token = _publish(sandbox, page, container).json()["id"], page["access_token"]

    def insights(metric: str) -> Any:
        params = {"metric": metric}
        return flows.graph(sandbox, "GET", f"/{media}/insights", token, params=params)

    assert insights("views,reach").json()["data"] == []
    sandbox.advance(7200)
    rows = {
        row["name"]: row["values"][0]["value"] for row in insights("views,reach").json()["data"]
    }
    assert rows["views"] >= rows["reach"] > 0
    assert _error(insights("views,plays")) == (100, None)
    assert _error(flows.graph(sandbox, "GET", f"/{media}/insights", token)) == (3001, 1504028)


def test_the_first_comment_lands_on_the_post(
    sandbox: Sandbox, page: dict[str, Any], film: Path
) -> None:
    media = _publish(sandbox, page, _ready(sandbox, page, film.read_bytes())).json()["id"]
    form = {"message": "Where is it?"}
    flows.graph(sandbox, "POST", f"/{media}/comments", page["access_token"], data=form)
    assert sandbox.posts("instagram")[0]["comments"] == ["Where is it?"]
    path, fields = f"/{media}/comments", {"fields": "text"}
    listed = flows.graph(sandbox, "GET", path, page["access_token"], params=fields).json()["data"]
    assert [row["text"] for row in listed] == ["Where is it?"]
