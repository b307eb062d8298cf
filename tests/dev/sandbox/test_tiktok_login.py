"""TikTok's login, one rule a test."""

import hashlib
from typing import Any

import pytest

import sandbox_flows as flows
from sandbox_flows import Sandbox

INIT = "/v2/post/publish/video/init/"


@pytest.fixture
def token(sandbox: Sandbox) -> str:
    value: str = flows.tiktok_token(sandbox)["access_token"]
    return value


def _code(sandbox: Sandbox, **extra: str) -> str:
    return sandbox.consent(flows.tiktok_authorize_url(sandbox, **extra), "apex")["code"]


def test_the_code_needs_one_decoding_and_works_once(sandbox: Sandbox) -> None:
    code = _code(sandbox)
    assert "%" in code
    assert flows.tiktok_exchange(sandbox, code).json()["token_type"] == "Bearer"

    again = flows.tiktok_exchange(sandbox, code)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_oauth_errors_can_come_with_status_200(sandbox: Sandbox) -> None:
    sandbox.switch(tiktok_oauth_error_status=200)

    answer = flows.tiktok_exchange(sandbox, "never issued")

    assert (answer.status_code, answer.json()["error"]) == (200, "invalid_grant")


def test_an_expired_code_is_refused(sandbox: Sandbox) -> None:
    code = _code(sandbox)
    sandbox.advance(601)
    assert flows.tiktok_exchange(sandbox, code).json()["error"] == "invalid_grant"


def test_the_redirect_address_must_be_repeated_exactly(sandbox: Sandbox) -> None:
    answer = flows.tiktok_exchange(sandbox, _code(sandbox), redirect_uri=flows.CALLBACK + "/")
    assert answer.json()["error"] == "invalid_request"


@pytest.mark.parametrize(
    ("field", "value", "error"),
    [
        ("client_secret", "wrong", "invalid_client"),
        ("client_key", "wrong", "invalid_client"),
        ("grant_type", "password", "unsupported_grant_type"),
        ("client_id", "extra", "invalid_request"),
    ],
)
def test_a_wrong_token_request_is_refused(
    sandbox: Sandbox, field: str, value: str, error: str
) -> None:
    answer = flows.tiktok_exchange(sandbox, _code(sandbox), **{field: value})
    assert answer.json()["error"] == error


def test_refresh_tokens_rotate_and_the_old_one_dies(sandbox: Sandbox) -> None:
    first = flows.tiktok_token(sandbox)
    second = flows.tiktok_refresh(sandbox, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]

    reused = flows.tiktok_refresh(sandbox, first["refresh_token"])

    assert reused.json()["error"] == "invalid_grant"
    assert flows.tiktok_refresh(sandbox, second["refresh_token"]).status_code == 200


def test_a_grace_period_for_rotated_tokens_can_be_switched_on(sandbox: Sandbox) -> None:
    sandbox.switch(tiktok_refresh_grace_s=30)
    refresh = flows.tiktok_token(sandbox)["refresh_token"]
    flows.tiktok_refresh(sandbox, refresh)
    assert flows.tiktok_refresh(sandbox, refresh).status_code == 200
    sandbox.advance(31)
    assert flows.tiktok_refresh(sandbox, refresh).json()["error"] == "invalid_grant"


def test_desktop_pkce_is_hexadecimal(sandbox: Sandbox) -> None:
    sandbox.switch(tiktok_client_type="desktop")
    verifier = "a" * 43
    challenge = hashlib.sha256(verifier.encode()).hexdigest()
    extra = {"code_challenge": challenge, "code_challenge_method": "S256"}

    wrong = flows.tiktok_exchange(sandbox, _code(sandbox, **extra), code_verifier="b" * 43)
    right = flows.tiktok_exchange(sandbox, _code(sandbox, **extra), code_verifier=verifier)

    assert wrong.json()["error"] == "invalid_grant"
    assert right.json()["access_token"].startswith("act.")


def test_scopes_can_be_declined(sandbox: Sandbox) -> None:
    tokens = flows.tiktok_token(sandbox, scopes="user.info.basic")
    assert tokens["scope"] == "user.info.basic"

    answer = flows.tiktok_post(sandbox, tokens["access_token"], INIT, flows.tiktok_init_body(1000))

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "scope_not_authorized"


def test_a_denial_comes_back_with_the_state(sandbox: Sandbox) -> None:
    back = sandbox.consent(flows.tiktok_authorize_url(sandbox), "apex", deny="true")
    assert (back["error"], back["state"]) == ("access_denied", "s1")


@pytest.mark.parametrize(
    "extra",
    [
        {"client_key": "unknown"},
        {"scope": "user.info.basic video.publish"},
        {"scope": "video.delete"},
        {"redirect_uri": "http://example.com/cb"},
        {"redirect_uri": "https://example.com/cb?x=1"},
        {"client_id": "not a parameter"},
        {"response_type": "token"},
    ],
)
def test_the_consent_page_refuses_a_wrong_request_without_redirecting(
    sandbox: Sandbox, extra: dict[str, str]
) -> None:
    answer = sandbox.http.get(flows.tiktok_authorize_url(sandbox, **extra))
    assert answer.status_code == 400
    assert "cannot continue" in answer.text


def test_a_person_can_use_the_consent_page(sandbox: Sandbox) -> None:
    url = flows.tiktok_authorize_url(sandbox)
    page = sandbox.http.get(url).text
    assert "@quiet.lane (private)" in page

    form = {"account": "quiet", "scope": ["video.publish"], "decision": "allow"}
    answer = sandbox.http.post(url, data=form)

    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{flows.CALLBACK}?code=")
    assert "scopes=video.publish&state=s1" in answer.headers["location"]


def test_the_trailing_slash_matters(sandbox: Sandbox, token: str) -> None:
    answer = flows.tiktok_post(sandbox, token, INIT.rstrip("/"), flows.tiktok_init_body(1000))
    assert answer.status_code == 404


def test_a_dead_token_is_401(sandbox: Sandbox, token: str) -> None:
    sandbox.advance(86_401)
    answer = flows.tiktok_post(sandbox, token, INIT, flows.tiktok_init_body(1000))
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "access_token_invalid")


def test_revoking_the_token_ends_it(sandbox: Sandbox, token: str) -> None:
    form = {
        "client_key": sandbox.env["TIKTOK_CLIENT_KEY"],
        "client_secret": sandbox.env["TIKTOK_CLIENT_SECRET"],
        "token": token,
    }
    url = f"{sandbox.env['TIKTOK_API_BASE_URL']}/v2/oauth/revoke/"
    refresh = flows.tiktok_token(sandbox)["refresh_token"]
    assert sandbox.http.post(url, data=form | {"token": refresh}).status_code == 400
    assert (sandbox.http.post(url, data=form).status_code, len(form)) == (200, 3)
    answer = flows.tiktok_creator_info(sandbox, token)
    assert answer.status_code == 401


def _user_info(sandbox: Sandbox, token: str, fields: str) -> Any:
    return sandbox.http.get(
        f"{sandbox.env['TIKTOK_API_BASE_URL']}/v2/user/info/",
        params={"fields": fields},
        headers={"authorization": f"Bearer {token}"},
    )


def test_user_info_gives_the_fields_of_granted_scopes_only(sandbox: Sandbox) -> None:
    token = flows.tiktok_token(sandbox, scopes="user.info.basic")["access_token"]
    assert _user_info(sandbox, token, "open_id,display_name").json()["data"]["user"] == {
        "open_id": "open-apex",
        "display_name": "Apex Rides",
    }
    refused = _user_info(sandbox, token, "open_id,username")
    assert refused.json()["error"]["code"] == "scope_not_authorized"
    sandbox.switch(tiktok_missing_field_scope="omit")
    assert "username" not in _user_info(sandbox, token, "open_id,username").json()["data"]["user"]
    assert _user_info(sandbox, token, "shoe_size").status_code == 400
