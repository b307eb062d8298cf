"""Facebook Login and its tokens, one rule a test."""

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs

import pytest

import sandbox_flows as flows
from sandbox_flows import Sandbox
from sandbox_inbox import webhook_inbox


def _code(sandbox: Sandbox, **extra: str) -> str:
    return sandbox.consent(flows.meta_authorize_url(sandbox, **extra), "anna")["code"]


def _error(answer: Any) -> tuple[int, int | None]:
    error = answer.json()["error"]
    return error["code"], error.get("error_subcode")


def test_a_code_works_once_and_tells_reuse_apart(sandbox: Sandbox) -> None:
    code = _code(sandbox)
    assert flows.meta_exchange(sandbox, code).json()["token_type"] == "bearer"
    assert _error(flows.meta_exchange(sandbox, code)) == (100, 36009)


def test_an_expired_code_and_another_redirect_have_subcodes(sandbox: Sandbox) -> None:
    code = _code(sandbox)
    other = flows.meta_exchange(sandbox, code, redirect_uri=flows.CALLBACK + "?a=1")
    assert _error(other) == (100, 36008)
    sandbox.advance(601)
    assert _error(flows.meta_exchange(sandbox, code)) == (100, 36007)


def test_the_callback_ends_in_the_odd_fragment(sandbox: Sandbox) -> None:
    params = {"url": flows.meta_authorize_url(sandbox), "account": "anna"}
    where = sandbox.control("GET", "consent", params=params)["callback_url"]
    assert where.endswith("#_=_")


def test_a_denial_names_its_reason(sandbox: Sandbox) -> None:
    back = sandbox.consent(flows.meta_authorize_url(sandbox), "anna", deny="true")
    assert (back["error"], back["error_reason"]) == ("access_denied", "user_denied")


def test_declined_scopes_are_listed(sandbox: Sandbox) -> None:
    token = flows.meta_user_token(sandbox, scopes="pages_show_list")
    rows = flows.graph(sandbox, "GET", "/me/permissions", token).json()["data"]
    granted = {row["permission"] for row in rows if row["status"] == "granted"}
    assert granted == {"pages_show_list", "public_profile"}
    assert {"permission": "pages_manage_posts", "status": "declined"} in rows


def test_only_ticked_pages_are_listed(sandbox: Sandbox) -> None:
    token = flows.meta_user_token(sandbox, assets="104000000000002")
    [page] = flows.meta_pages(sandbox, token)
    assert page["name"] == "Track Days North"
    assert "instagram_business_account" not in page


def test_pages_come_in_pages(sandbox: Sandbox) -> None:
    token = flows.meta_user_token(sandbox)
    first = flows.graph(sandbox, "GET", "/me/accounts", token, params={"limit": "1"}).json()
    headers = {"authorization": f"Bearer {token}"}
    second = sandbox.http.get(first["paging"]["next"], headers=headers).json()
    assert [first["data"][0]["name"], second["data"][0]["name"]] == [
        "Alpine Roads",
        "Track Days North",
    ]
    assert "next" not in second["paging"]


def test_a_page_token_of_a_long_lived_user_token_never_expires(sandbox: Sandbox) -> None:
    user = flows.meta_user_token(sandbox)
    page = flows.meta_pages(sandbox, user)[0]["access_token"]
    app = f"{sandbox.env['META_APP_ID']}|{sandbox.env['META_APP_SECRET']}"

    def inspect(token: str) -> Any:
        params = {"input_token": token, "access_token": app}
        return flows.graph(sandbox, "GET", "/debug_token", params=params).json()["data"]

    assert (inspect(page)["type"], inspect(page)["expires_at"]) == ("PAGE", 0)
    assert inspect(user)["expires_at"] > 0
    sandbox.advance(61 * 86_400)
    assert inspect(user)["is_valid"] is False
    assert inspect(page)["is_valid"] is True
    expired = flows.graph(sandbox, "GET", "/me", user)
    assert _error(expired) == (190, 463)


def test_an_expired_token_cannot_be_lengthened(sandbox: Sandbox) -> None:
    short = flows.meta_exchange(sandbox, _code(sandbox)).json()["access_token"]
    sandbox.advance(5401)
    params = {
        "grant_type": "fb_exchange_token",
        "client_id": sandbox.env["META_APP_ID"],
        "client_secret": sandbox.env["META_APP_SECRET"],
        "fb_exchange_token": short,
    }
    answer = flows.graph(sandbox, "GET", "/oauth/access_token", params=params)
    assert _error(answer) == (190, 463)


@pytest.mark.parametrize(
    ("why", "subcode"),
    [("revoked", 458), ("checkpoint", 459), ("password", 460), ("role", 492)],
)
def test_a_dead_token_says_why(sandbox: Sandbox, why: str, subcode: int) -> None:
    token = flows.meta_user_token(sandbox)
    sandbox.control("POST", "revoke", json={"party": "meta", "account": "anna", "why": why})
    assert _error(flows.graph(sandbox, "GET", "/me", token)) == (190, subcode)


def test_revoking_permissions_ends_page_tokens_too(sandbox: Sandbox) -> None:
    user = flows.meta_user_token(sandbox)
    page = flows.meta_pages(sandbox, user)[0]["access_token"]
    answer = flows.graph(sandbox, "DELETE", "/me/permissions", user)
    assert answer.json() == {"success": True}
    assert _error(flows.graph(sandbox, "GET", "/me", page)) == (190, 458)


def test_one_permission_can_be_revoked(sandbox: Sandbox) -> None:
    user = flows.meta_user_token(sandbox)
    flows.graph(sandbox, "DELETE", "/me/permissions/pages_show_list", user)
    assert _error(flows.graph(sandbox, "GET", "/me/accounts", user)) == (200, None)


def test_the_proof_is_checked_and_can_be_required(sandbox: Sandbox) -> None:
    token = flows.meta_user_token(sandbox)
    secret = sandbox.env["META_APP_SECRET"].encode()
    proof = hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()

    def me(**params: str) -> Any:
        return flows.graph(sandbox, "GET", "/me", token, params=params)

    assert me().status_code == me(appsecret_proof=proof).status_code == 200
    assert _error(me(appsecret_proof="0" * 64)) == (100, None)
    sandbox.switch(meta_require_proof=True)
    assert _error(me()) == (100, None)


def test_an_unknown_version_is_a_path_component_and_an_expired_one_is_served(
    sandbox: Sandbox,
) -> None:
    token = flows.meta_user_token(sandbox)
    base, params = sandbox.env["META_GRAPH_BASE_URL"], {"access_token": token}
    assert sandbox.http.get(f"{base}/v18.0/me", params=params).status_code == 200
    assert sandbox.http.get(f"{base}/me", params=params).status_code == 200
    unknown = sandbox.http.get(f"{base}/v99.0/me", params=params)
    assert "Unknown path components" in unknown.json()["error"]["message"]


def test_an_unknown_field_is_refused(sandbox: Sandbox) -> None:
    token = flows.meta_user_token(sandbox)
    answer = flows.graph(sandbox, "GET", "/me", token, params={"fields": "id,shoe_size"})
    assert _error(answer) == (100, None)


@pytest.mark.parametrize(
    "extra",
    [
        {"client_id": "1"},
        {"scope": "pages_show_list,fly"},
        {"auth_type": "never"},
        {"redirect_uri": "ftp://example.com"},
        {"unknown": "1"},
    ],
)
def test_the_dialog_refuses_a_wrong_request(sandbox: Sandbox, extra: dict[str, str]) -> None:
    assert sandbox.http.get(flows.meta_authorize_url(sandbox, **extra)).status_code == 400


def test_the_deauthorize_callback_is_signed(sandbox: Sandbox) -> None:
    flows.meta_user_token(sandbox)
    with webhook_inbox() as inbox:
        sandbox.switch(meta_webhook_url=inbox.url)
        sandbox.control("POST", "revoke", json={"party": "meta", "account": "anna"})
        _, body = inbox.wait()
    signature, _, part = parse_qs(body.decode())["signed_request"][0].partition(".")
    secret = sandbox.env["META_APP_SECRET"].encode()
    expected = hmac.new(secret, part.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "==") == expected
    assert json.loads(base64.urlsafe_b64decode(part + "=="))["algorithm"] == "HMAC-SHA256"


def test_a_data_deletion_brings_back_the_apps_answer(sandbox: Sandbox) -> None:
    with webhook_inbox(answer={"url": "https://x", "confirmation_code": "c1"}) as inbox:
        sandbox.switch(meta_deletion_url=inbox.url)
        body = {"party": "meta", "account": "anna"}
        told = sandbox.control("POST", "delete-data", json=body)
        _, sent = inbox.wait()
    assert told == {"status": 200, "answer": {"url": "https://x", "confirmation_code": "c1"}}
    part = parse_qs(sent.decode())["signed_request"][0].partition(".")[2]
    assert json.loads(base64.urlsafe_b64decode(part + "=="))["user_id"] == "10220000000000001"
