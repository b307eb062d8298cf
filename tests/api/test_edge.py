"""What every answer has, whatever it is an answer to."""

from typing import Literal

import msgspec
import pytest

from api_client import PASSWORD, Api
from uploadm8.api.choices import choices_at
from uploadm8.api.problems import from_msgspec
from uploadm8.domain.admin.act_schemas import RoleRequest
from uploadm8.domain.billing.plans import Tier
from uploadm8.domain.uploads.schemas import NewUpload

pytestmark = pytest.mark.anyio

_JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/api/auth/login", 405)]
)
async def test_404_and_405_are_problems_with_a_request_id(
    api: Api, method: str, path: str, status: int
) -> None:
    answer = await api.http.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    told = answer.json()
    assert told["request_id"] == answer.headers["x-request-id"]
    assert set(told) >= {"type", "title", "status", "detail", "code"}
    if status == 405:
        assert "POST" in answer.headers["allow"]


async def test_security_headers_are_on_everything(api: Api) -> None:
    for path in ("/healthz", "/nowhere"):
        headers = (await api.http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["strict-transport-security"].startswith("max-age=63072000")


async def test_a_given_request_id_is_kept_and_a_strange_one_is_not(api: Api) -> None:
    kept = await api.http.get("/healthz", headers={"X-Request-Id": "abc-12345"})
    assert kept.headers["x-request-id"] == "abc-12345"
    strange = await api.http.get("/healthz", headers={"X-Request-Id": "a b\tc"})
    assert strange.headers["x-request-id"] != "a b\tc"


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 5000,
        b'{"email":' * 1500,
        b'{"email": "a\\u0000b@example.com", "password": "xxxxxxxxxxxx"}',
        b'{"email": "\\ud800@example.com", "password": "xxxxxxxxxxxx"}',
        b'{"email": "\xff@example.com", "password": "xxxxxxxxxxxx"}',
        b'{"email": NaN}',
        b'{"email": 9223372036854775808}',
        b'{"email": "a@example.com", "password": "xxxxxxxxxxxx", "role": "admin"}',
        b"",
        b"null",
    ],
)
async def test_t23_t24_bad_bodies_are_400(api: Api, body: bytes) -> None:
    answer = await api.http.post("/api/auth/register", content=body, headers=_JSON)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"email": "a@example.com"}, {"field": "password", "message": "is required"}),
        (
            {"email": "a@example.com", "password": "xxxxxxxxxxxx", "role": "admin"},
            {"field": "role", "message": "is not known here"},
        ),
    ],
)
async def test_a_field_that_is_missing_or_unknown_is_named(
    api: Api, body: dict[str, str], said: dict[str, str]
) -> None:
    answer = await api.http.post("/api/auth/register", json=body)
    assert answer.json()["errors"] == [said]


async def test_a_parameter_is_named_as_the_caller_knows_it(api: Api) -> None:
    someone = await api.register()
    answer = await api.http.get("/api/uploads", params={"state": "lost"}, headers=someone.headers)
    (error,) = answer.json()["errors"]
    assert error["field"] == "state"
    assert error["message"].startswith("is one of ")
    assert "ready" in error["message"]


def test_a_word_that_is_not_taken_is_answered_with_those_that_are() -> None:
    asked = {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 9}
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(asked | {"schedule": {"mode": "soon"}}, NewUpload)
    (field,) = from_msgspec(refused.value, NewUpload).fields
    assert (field.field, field.message) == ("schedule.mode", "is one of now, queue, at, smart")


def test_the_words_taken_at_a_place_are_found_through_lists_and_unions() -> None:
    assert choices_at(RoleRequest, "role") == ("user", "admin")
    assert choices_at(list[Literal["a", 1]], "[3]") == ("1", "a")
    assert choices_at(dict[str, Tier], "[...]") == tuple(Tier)
    assert choices_at(NewUpload, "filename") == choices_at(NewUpload, "nowhere[0].x") == ()
    assert choices_at(None, "") == choices_at(object(), "a") == ()


async def test_t23_a_large_body_is_413(api: Api) -> None:
    answer = await api.http.post(
        "/api/auth/login", content=b'{"email":"' + b"a" * 300_000 + b'"}', headers=_JSON
    )
    assert answer.status_code == 413


async def test_a_body_that_is_not_json_is_415(api: Api) -> None:
    answer = await api.http.post(
        "/api/auth/login", content=b"email=a", headers={"Content-Type": "text/plain"}
    )
    assert answer.status_code == 415


@pytest.mark.parametrize("path", ["/api/auth/me?x=%00", "/api/%00", "/healthz?a=%ff"])
async def test_t24_nul_and_broken_text_in_the_address_are_400(api: Api, path: str) -> None:
    assert (await api.http.get(path)).status_code == 400


async def test_a_wrong_field_is_named(api: Api) -> None:
    answer = await api.http.post(
        "/api/auth/register", json={"email": "a@example.com", "password": "short"}
    )
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "password"


async def test_a_number_in_quotes_is_not_a_number(api: Api) -> None:
    answer = await api.http.post("/api/auth/login", json={"email": 5, "password": PASSWORD})
    assert answer.status_code == 400


async def test_cors_answers_only_the_front_end(api: Api) -> None:
    preflight = {"Access-Control-Request-Method": "POST"}
    good = await api.http.options(
        "/api/auth/login", headers={**preflight, "Origin": "https://app.example.com"}
    )
    assert good.headers["access-control-allow-origin"] == "https://app.example.com"
    bad = await api.http.options(
        "/api/auth/login", headers={**preflight, "Origin": "https://evil.example"}
    )
    assert "access-control-allow-origin" not in bad.headers


async def test_ready_and_alive(api: Api) -> None:
    assert (await api.http.get("/healthz")).json() == {"status": "ok"}
    assert (await api.http.get("/readyz")).json() == {
        "status": "ok",
        "database": "ok",
        "redis": "ok",
        "storage": "ok",
    }
