"""Register, sign in, refresh, sign out, me."""

import asyncio
import base64

import pytest

from api_client import ORIGIN, PASSWORD, Api
from uploadm8.domain.accounts.tables import Session

pytestmark = pytest.mark.anyio


async def test_registering_signs_in_and_makes_a_workspace(api: Api) -> None:
    someone = await api.register(display_name="Ada")
    answer = await api.http.get("/api/auth/me", headers=someone.headers)
    assert answer.status_code == 200
    me = answer.json()
    assert me["user"]["email"] == someone.email
    assert me["workspace_role"] == "owner"
    assert [w["name"] for w in me["workspaces"]] == ["Ada"]


async def test_a_taken_address_is_refused_when_register_signs_in(api: Api) -> None:
    someone = await api.register()
    answer = await api.http.post(
        "/api/auth/register", json={"email": someone.email.upper(), "password": PASSWORD}
    )
    assert answer.status_code == 409
    assert answer.json()["code"] == "email_taken"


async def test_signing_in_with_the_right_password(api: Api) -> None:
    someone = await api.register()
    answer = await api.http.post(
        "/api/auth/login", json={"email": someone.email, "password": PASSWORD}
    )
    assert answer.status_code == 200
    assert answer.json()["token_type"] == "Bearer"


@pytest.mark.parametrize("known", [True, False])
async def test_wrong_password_and_unknown_address_get_one_answer(api: Api, known: bool) -> None:
    someone = await api.register()
    email = someone.email if known else "nobody@example.com"
    answer = await api.http.post(
        "/api/auth/login", json={"email": email, "password": "not the password"}
    )
    assert answer.status_code == 401
    assert answer.json()["code"] == "invalid_credentials"


async def test_a_refresh_rotates_and_the_new_token_works(api: Api) -> None:
    someone = await api.register()
    first = await api.http.post(
        "/api/auth/refresh", json={"refresh_token": someone.tokens["refresh_token"]}
    )
    assert first.status_code == 200
    second = await api.http.post(
        "/api/auth/refresh", json={"refresh_token": first.json()["refresh_token"]}
    )
    assert second.status_code == 200
    assert second.json()["refresh_token"] != first.json()["refresh_token"]


async def test_fifty_refreshes_at_once_have_one_successor(api: Api) -> None:
    someone = await api.register()
    body = {"refresh_token": someone.tokens["refresh_token"]}
    answers = await asyncio.gather(
        *(api.http.post("/api/auth/refresh", json=body) for _ in range(50))
    )
    assert {a.status_code for a in answers} == {200}
    assert len({a.json()["refresh_token"] for a in answers}) == 1


async def test_t3_a_replayed_grandparent_ends_the_whole_session(api: Api) -> None:
    someone = await api.register()
    tokens = [someone.tokens["refresh_token"]]
    for _ in range(2):
        answer = await api.http.post("/api/auth/refresh", json={"refresh_token": tokens[-1]})
        tokens.append(answer.json()["refresh_token"])
    replay = await api.http.post("/api/auth/refresh", json={"refresh_token": tokens[0]})
    assert (replay.status_code, replay.json()["code"]) == (401, "refresh_reused")
    live = await api.http.post("/api/auth/refresh", json={"refresh_token": tokens[-1]})
    assert live.status_code == 401
    assert (await api.http.get("/api/auth/me", headers=someone.headers)).status_code == 401


async def test_t3_the_parent_after_its_grace_ends_the_whole_session(api: Api) -> None:
    someone = await api.register()
    first = {"refresh_token": someone.tokens["refresh_token"]}
    second = (await api.http.post("/api/auth/refresh", json=first)).json()
    again = await api.http.post("/api/auth/refresh", json=first)
    assert again.json()["refresh_token"] == second["refresh_token"], "within the grace"
    await Session.raw("UPDATE sessions SET rotated_at = now() - interval '11 s'")
    late = await api.http.post("/api/auth/refresh", json=first)
    assert (late.status_code, late.json()["code"]) == (401, "refresh_reused")
    live = {"refresh_token": second["refresh_token"]}
    assert (await api.http.post("/api/auth/refresh", json=live)).status_code == 401


async def test_t3_a_tampered_refresh_token_is_refused(api: Api) -> None:
    token = (await api.register()).tokens["refresh_token"]
    raw = bytearray(base64.urlsafe_b64decode(token))
    for place in (0, 1, 17, 24, 25, len(raw) - 1):
        bad = bytearray(raw)
        bad[place] ^= 1
        body = {"refresh_token": base64.urlsafe_b64encode(bytes(bad)).decode()}
        answer = await api.http.post("/api/auth/refresh", json=body)
        assert (answer.status_code, answer.json()["code"]) == (401, "invalid_refresh_token")
    good = await api.http.post("/api/auth/refresh", json={"refresh_token": token})
    assert good.status_code == 200, "none of that ended the session"


async def test_signing_out_kills_the_access_token_at_once(api: Api) -> None:
    someone = await api.register()
    answer = await api.http.post(
        "/api/auth/logout", json={"refresh_token": someone.tokens["refresh_token"]}
    )
    assert answer.status_code == 204
    assert (await api.http.get("/api/auth/me", headers=someone.headers)).status_code == 401


async def test_signing_out_everywhere_ends_other_sessions(api: Api) -> None:
    someone = await api.register()
    other = await api.http.post(
        "/api/auth/login", json={"email": someone.email, "password": PASSWORD}
    )
    answer = await api.http.post("/api/auth/logout-all", headers=someone.headers)
    assert answer.status_code == 204
    headers = {"Authorization": f"Bearer {other.json()['access_token']}"}
    assert (await api.http.get("/api/auth/me", headers=headers)).status_code == 401


async def test_a_browser_gets_the_refresh_token_as_a_guarded_cookie(api: Api) -> None:
    email = "browser@example.com"
    answer = await api.http.post(
        "/api/auth/register", json={"email": email, "password": PASSWORD, "transport": "cookie"}
    )
    assert answer.json()["refresh_token"] is None
    cookie = answer.headers["set-cookie"].lower()
    for part in ("__host-um8_rt=", "httponly", "secure", "samesite=strict", "path=/"):
        assert part in cookie


async def test_t5_the_cookie_alone_refreshes_nothing(api: Api) -> None:
    answer = await api.http.post(
        "/api/auth/register",
        json={"email": "csrf@example.com", "password": PASSWORD, "transport": "cookie"},
    )
    cookie = answer.headers["set-cookie"].partition(";")[0]
    good = {"Cookie": cookie, "Origin": ORIGIN, "X-UM8-CSRF": "1"}
    for missing in ("Origin", "X-UM8-CSRF"):
        headers = {name: value for name, value in good.items() if name != missing}
        refused = await api.http.post("/api/auth/refresh", headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    foreign = await api.http.post(
        "/api/auth/refresh", headers={**good, "Origin": "https://evil.example"}
    )
    assert foreign.status_code == 403
    assert "access-control-allow-origin" not in foreign.headers
    assert (await api.http.post("/api/auth/refresh", headers=good)).status_code == 200
