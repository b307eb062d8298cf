"""Route x caller: every route of the router, against everyone who must not get through."""

from uuid import UUID, uuid4

import pytest
from litestar.routes import HTTPRoute

from api_client import Api, Someone
from routes import ROWS, Owner
from uploadm8.app import ROUTES
from uploadm8.domain.workspaces.tables import Membership
from uploadm8.infra.ids import new_id

pytestmark = pytest.mark.anyio

_GUARDED = [name for name, row in ROWS.items() if row.door in ("member", "session")]
_ABOVE_VIEWER = [name for name in _GUARDED if ROWS[name].role != "viewer"]
_OWNED = [name for name in _GUARDED if ROWS[name].theirs]


async def call(
    api: Api, name: str, headers: dict[str, str], thing: object = None
) -> tuple[int, str]:
    method, _, path = name.partition(" ")
    row = ROWS[name]
    for parameter in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
        path = path.replace(f"{{{parameter}}}", row.path.get(parameter, str(thing or uuid4())))
    json = None if row.body is None else dict(row.body)
    answer = await api.http.request(method, path, headers=headers, json=json)
    problem = answer.headers["content-type"].startswith("application/problem+json")
    return answer.status_code, answer.json()["code"] if problem else ""


async def me(api: Api, someone: Someone) -> Owner:
    told = (await api.http.get("/api/auth/me", headers=someone.headers)).json()
    return Owner(UUID(told["user"]["id"]), UUID(told["workspace_id"]))


async def join(member: Owner, host: Owner, role: str) -> None:
    await Membership.raw(
        'INSERT INTO memberships (id, workspace, "user", role) VALUES ({}, {}, {}, {})',
        new_id(),
        host.workspace_id,
        member.user_id,
        role,
    )


async def api_key(api: Api, someone: Someone, *scopes: str) -> dict[str, str]:
    answer = await api.http.post(
        "/api/api-keys", headers=someone.headers, json={"name": "k", "scopes": list(scopes)}
    )
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['token']}"}


async def test_every_route_has_a_row_and_every_row_a_route(api: Api) -> None:
    routes = {
        f"{method} {route.path_format}"
        for route in api.app.litestar.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    }
    assert ROUTES
    assert routes == set(ROWS)


async def test_what_says_public_is_public_and_nothing_else_is(api: Api) -> None:
    public = {
        f"{method} {route.path_format}"
        for route in api.app.litestar.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS" and "public" in handler.opt and "admin" not in handler.opt
    }
    assert public == {name for name, row in ROWS.items() if row.door == "public"}


@pytest.mark.parametrize("name", [n for n, row in ROWS.items() if row.door != "public"])
async def test_t8_a_stranger_gets_401(api: Api, name: str) -> None:
    assert (await call(api, name, {}))[0] == 401


@pytest.mark.parametrize("name", _OWNED)
async def test_t8_another_tenants_thing_is_not_there(api: Api, name: str) -> None:
    ours, theirs = await api.register(), await api.register()
    make = ROWS[name].theirs
    assert make is not None
    thing = await make(await me(api, theirs))
    status, _ = await call(api, name, ours.headers, thing)
    assert status == 404


@pytest.mark.parametrize("name", _ABOVE_VIEWER)
async def test_t8_a_viewer_may_not_change_things(api: Api, name: str) -> None:
    viewer, host = await api.register(), await api.register()
    theirs = await me(api, host)
    await join(await me(api, viewer), theirs, "viewer")
    headers = {**viewer.headers, "X-Workspace-Id": str(theirs.workspace_id)}
    assert await call(api, name, headers) == (403, "role_required")


@pytest.mark.parametrize("name", _GUARDED)
async def test_t8_a_former_member_is_outside_at_once(api: Api, name: str) -> None:
    member, host = await api.register(), await api.register()
    theirs, user = await me(api, host), await me(api, member)
    await join(user, theirs, "admin")
    headers = {**member.headers, "X-Workspace-Id": str(theirs.workspace_id)}
    assert (await api.http.get("/api/settings", headers=headers)).status_code == 200
    await Membership.raw(
        'DELETE FROM memberships WHERE workspace={} AND "user"={}',
        theirs.workspace_id,
        user.user_id,
    )
    assert await call(api, name, headers) == (404, "workspace_not_found")


@pytest.mark.parametrize("name", [n for n in _GUARDED if n != "GET /api/auth/me"])
async def test_t8_an_api_key_without_the_scope_is_refused(api: Api, name: str) -> None:
    headers = await api_key(api, await api.register(), "nothing:read")
    status, code = await call(api, name, headers)
    assert (status, code) in {(403, "scope_required"), (403, "session_required")}


async def test_an_api_key_with_the_scope_gets_in_wherever_a_session_does(api: Api) -> None:
    headers = await api_key(api, await api.register(), "settings:read")
    assert (await api.http.get("/api/settings", headers=headers)).status_code == 200
    assert (await call(api, "PATCH /api/settings", headers))[0] == 403
    assert (await api.http.get("/api/uploads", headers=headers)).status_code == 403


async def test_an_api_key_cannot_make_api_keys(api: Api) -> None:
    headers = await api_key(api, await api.register(), "*:write")
    assert await call(api, "POST /api/api-keys", headers) == (403, "session_required")


@pytest.mark.parametrize("name", [n for n, row in ROWS.items() if row.door == "admin"])
async def test_a_user_is_no_administrator(api: Api, name: str) -> None:
    someone = await api.register()
    assert (await call(api, name, someone.headers))[0] == 403


async def test_a_revoked_or_expired_key_is_refused(api: Api) -> None:
    someone = await api.register()
    headers = await api_key(api, someone, "*:read")
    (key,) = (await api.http.get("/api/api-keys", headers=someone.headers)).json()["items"]
    assert key["last_used_at"] is None
    assert (await api.http.get("/api/settings", headers=headers)).status_code == 200
    await api.http.delete(f"/api/api-keys/{key['id']}", headers=someone.headers)
    assert (await api.http.get("/api/settings", headers=headers)).status_code == 401
