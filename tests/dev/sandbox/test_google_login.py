"""Google's OAuth, one rule a test."""

import base64
import hashlib
from typing import Any

import pytest

import sandbox_flows as flows
from sandbox_flows import Sandbox


def _code(sandbox: Sandbox, **extra: str) -> str:
    return sandbox.consent(flows.google_authorize_url(sandbox, **extra), "tour")["code"]


def _refresh(sandbox: Sandbox, token: str) -> Any:
    form = {
        "client_id": sandbox.env["GOOGLE_CLIENT_ID"],
        "client_secret": sandbox.env["GOOGLE_CLIENT_SECRET"],
        "refresh_token": token,
        "grant_type": "refresh_token",
    }
    return sandbox.http.post(f"{sandbox.env['GOOGLE_OAUTH_BASE_URL']}/token", data=form)


def test_a_code_works_once(sandbox: Sandbox) -> None:
    code = _code(sandbox)
    assert flows.google_exchange(sandbox, code).status_code == 200
    assert flows.google_exchange(sandbox, code).json()["error"] == "invalid_grant"


def test_a_refresh_keeps_the_refresh_token(sandbox: Sandbox) -> None:
    tokens = flows.google_token(sandbox)
    for _ in range(2):
        answer = _refresh(sandbox, tokens["refresh_token"]).json()
        assert answer["access_token"].startswith("ya29.")
        assert "refresh_token" not in answer


def test_a_refresh_token_comes_with_consent_or_the_first_time(sandbox: Sandbox) -> None:
    silent = {"prompt": "select_account"}
    first = flows.google_exchange(sandbox, _code(sandbox, **silent)).json()
    second = flows.google_exchange(sandbox, _code(sandbox, **silent)).json()
    online = flows.google_exchange(sandbox, _code(sandbox, access_type="online")).json()
    assert "refresh_token" in first
    assert "refresh_token" not in second
    assert "refresh_token" not in online


def test_a_consent_screen_in_testing_ends_after_seven_days(sandbox: Sandbox) -> None:
    sandbox.switch(google_refresh_life_s=604_800)
    tokens = flows.google_token(sandbox)
    assert tokens["refresh_token_expires_in"] == 604_800
    sandbox.advance(604_801)
    refused = _refresh(sandbox, tokens["refresh_token"])
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")


def test_the_oldest_refresh_token_beyond_the_limit_dies(sandbox: Sandbox) -> None:
    sandbox.switch(google_refresh_tokens_per_account=2)
    tokens = [flows.google_token(sandbox)["refresh_token"] for _ in range(3)]
    assert [_refresh(sandbox, token).status_code for token in tokens] == [400, 200, 200]


def test_pkce_is_base64url(sandbox: Sandbox) -> None:
    verifier = "v" * 50
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    extra = {"code_challenge": challenge, "code_challenge_method": "S256"}
    missing = flows.google_exchange(sandbox, _code(sandbox, **extra))
    wrong = flows.google_exchange(sandbox, _code(sandbox, **extra), code_verifier="w" * 50)
    right = flows.google_exchange(sandbox, _code(sandbox, **extra), code_verifier=verifier)
    assert missing.json()["error"] == wrong.json()["error"] == "invalid_grant"
    assert right.status_code == 200


@pytest.mark.parametrize(
    ("field", "value", "status", "error"),
    [
        ("client_secret", "wrong", 401, "invalid_client"),
        ("client_id", "wrong", 401, "invalid_client"),
        ("redirect_uri", "https://auth.example.com/other", 400, "redirect_uri_mismatch"),
        ("grant_type", "implicit", 400, "unsupported_grant_type"),
        ("state", "extra", 400, "invalid_request"),
    ],
)
def test_a_wrong_exchange_is_refused(
    sandbox: Sandbox, field: str, value: str, status: int, error: str
) -> None:
    answer = flows.google_exchange(sandbox, _code(sandbox), **{field: value})
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_the_returned_scope_tells_what_was_ticked(sandbox: Sandbox) -> None:
    upload = "https://www.googleapis.com/auth/youtube.upload"
    tokens = flows.google_token(sandbox, scopes=upload)
    assert tokens["scope"] == upload
    answer = sandbox.http.get(
        f"{sandbox.env['GOOGLE_API_BASE_URL']}/youtube/v3/channels?part=id&mine=true",
        headers={"authorization": f"Bearer {tokens['access_token']}"},
    )
    assert answer.json()["error"]["errors"][0]["reason"] == "insufficientPermissions"


def test_incremental_consent_adds_what_was_granted_before(sandbox: Sandbox) -> None:
    root = "https://www.googleapis.com/auth/"
    flows.google_token(sandbox, scopes=f"{root}youtube.upload")
    extra = {"scope": f"{root}youtube.readonly", "include_granted_scopes": "true"}
    tokens = flows.google_exchange(sandbox, _code(sandbox, **extra)).json()
    assert tokens["scope"] == f"{root}youtube.readonly {root}youtube.upload"


def test_revoking_either_token_kills_both(sandbox: Sandbox) -> None:
    tokens = flows.google_token(sandbox)
    url = f"{sandbox.env['GOOGLE_OAUTH_BASE_URL']}/revoke"
    assert sandbox.http.post(url, data={"token": tokens["access_token"]}).json() == {}
    assert _refresh(sandbox, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    again = sandbox.http.post(url, data={"token": tokens["access_token"]})
    assert (again.status_code, again.json()["error"]) == (400, "invalid_token")


def test_a_registered_redirect_address_is_matched_exactly(sandbox: Sandbox) -> None:
    sandbox.switch(redirect_uris=[flows.CALLBACK])
    assert sandbox.http.get(flows.google_authorize_url(sandbox)).status_code == 200
    other = flows.google_authorize_url(sandbox, redirect_uri=flows.CALLBACK + "/")
    answer = sandbox.http.get(other)
    assert answer.status_code == 400
    assert "redirect_uri_mismatch" in answer.text


def test_userinfo_and_tokeninfo_describe_the_token(sandbox: Sandbox) -> None:
    code = _code(sandbox, scope="openid email")
    tokens = flows.google_exchange(sandbox, code).json()
    assert tokens["id_token"].count(".") == 2
    base, token = sandbox.env["GOOGLE_OAUTH_BASE_URL"], tokens["access_token"]
    info = sandbox.http.get(f"{base}/tokeninfo", params={"access_token": token}).json()
    assert info["scope"] == "email openid"
    headers = {"authorization": f"Bearer {token}"}
    assert sandbox.http.get(f"{base}/v1/userinfo", headers=headers).json()["email_verified"]
