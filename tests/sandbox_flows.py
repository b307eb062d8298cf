"""The platforms' protocols spoken with plain HTTP, step by step."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from uploadm8.dev.sandbox import sandbox_env

CALLBACK = "https://auth.example.com/oauth/callback"
TIKTOK_SCOPES = (
    "user.info.basic,user.info.profile,user.info.stats,video.list,video.upload,video.publish"
)
_YT = "https://www.googleapis.com/auth/"
GOOGLE_SCOPES = " ".join(
    _YT + name
    for name in ("youtube.upload", "youtube", "youtube.force-ssl", "yt-analytics.readonly")
)
META_SCOPES = (
    "pages_show_list,pages_read_engagement,pages_manage_posts,pages_manage_engagement,"
    "read_insights,instagram_basic,instagram_content_publish,instagram_manage_insights,"
    "instagram_manage_comments"
)

# A server may end a quiet connection at the moment that a test uses it again.
ONE_USE = httpx.Limits(max_keepalive_connections=0)


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox and a client for it."""

    base: str
    http: httpx.Client

    @property
    def env(self) -> dict[str, str]:
        return sandbox_env(self.base)

    def control(self, method: str, path: str, **kwargs: Any) -> Any:
        answer = self.http.request(method, f"{self.base}/_sandbox/{path}", **kwargs)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def switch(self, **settings: Any) -> None:
        self.control("PUT", "config", json=settings)

    def fault(self, party: str, route: str, fault: str, **options: Any) -> None:
        self.control(
            "POST", "faults", json={"party": party, "route": route, "fault": fault} | options
        )

    def advance(self, seconds: float) -> None:
        self.control("POST", "clock", json={"advance_s": seconds})

    def posts(self, platform: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", f"ledger?platform={platform}")["posts"]
        return found

    def consent(self, url: str, account: str, **decision: str) -> dict[str, str]:
        """The query of the callback that a decision on the consent page leads to."""
        params = {"url": url, "account": account} | decision
        where = self.control("GET", "consent", params=params)["callback_url"]
        return {name: values[0] for name, values in parse_qs(urlsplit(where).query).items()}


def tiktok_authorize_url(sandbox: Sandbox, **extra: str) -> str:
    query = {
        "client_key": sandbox.env["TIKTOK_CLIENT_KEY"],
        "response_type": "code",
        "scope": TIKTOK_SCOPES,
        "redirect_uri": CALLBACK,
        "state": "s1",
    } | extra
    return f"{sandbox.env['TIKTOK_WEB_BASE_URL']}/v2/auth/authorize/?{httpx.QueryParams(query)}"


def tiktok_exchange(sandbox: Sandbox, code: str, **extra: str) -> httpx.Response:
    form = {
        "client_key": sandbox.env["TIKTOK_CLIENT_KEY"],
        "client_secret": sandbox.env["TIKTOK_CLIENT_SECRET"],
        "grant_type": "authorization_code",
        "redirect_uri": CALLBACK,
        "code": code,
    } | extra
    return sandbox.http.post(f"{sandbox.env['TIKTOK_API_BASE_URL']}/v2/oauth/token/", data=form)


def tiktok_refresh(sandbox: Sandbox, token: str) -> httpx.Response:
    form = {
        "client_key": sandbox.env["TIKTOK_CLIENT_KEY"],
        "client_secret": sandbox.env["TIKTOK_CLIENT_SECRET"],
        "grant_type": "refresh_token",
        "refresh_token": token,
    }
    return sandbox.http.post(f"{sandbox.env['TIKTOK_API_BASE_URL']}/v2/oauth/token/", data=form)


def tiktok_token(sandbox: Sandbox, account: str = "apex", **decision: str) -> dict[str, Any]:
    back = sandbox.consent(tiktok_authorize_url(sandbox), account, **decision)
    answer = tiktok_exchange(sandbox, back["code"])
    tokens: dict[str, Any] = answer.json()
    return tokens


def tiktok_post(
    sandbox: Sandbox, token: str, path: str, body: dict[str, Any] | None = None, **headers: str
) -> httpx.Response:
    return sandbox.http.post(
        sandbox.env["TIKTOK_API_BASE_URL"] + path,
        json=body,
        headers={"authorization": f"Bearer {token}"} | headers,
    )


def tiktok_init_body(size: int, **info: Any) -> dict[str, Any]:
    return {
        "post_info": {"title": "A ride #fun", "privacy_level": "PUBLIC_TO_EVERYONE"} | info,
        "source_info": {
            "source": "FILE_UPLOAD",
            "video_size": size,
            "chunk_size": size,
            "total_chunk_count": 1,
        },
    }


def tiktok_creator_info(sandbox: Sandbox, token: str) -> httpx.Response:
    path, kind = "/v2/post/publish/creator_info/query/", "application/json; charset=UTF-8"
    return tiktok_post(sandbox, token, path, None, **{"content-type": kind})


def tiktok_direct(sandbox: Sandbox, token: str, body: dict[str, Any]) -> httpx.Response:
    """Start a direct post, with the query of creator_info that belongs before each."""
    tiktok_creator_info(sandbox, token)
    return tiktok_post(sandbox, token, "/v2/post/publish/video/init/", body)


def tiktok_init(sandbox: Sandbox, token: str, size: int, **info: Any) -> dict[str, Any]:
    answer = tiktok_direct(sandbox, token, tiktok_init_body(size, **info))
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def tiktok_put(
    sandbox: Sandbox, url: str, data: bytes, first: int, total: int, **headers: str
) -> httpx.Response:
    sent = {
        "content-type": "video/mp4",
        "content-range": f"bytes {first}-{first + len(data) - 1}/{total}",
    } | headers
    return sandbox.http.put(url, content=data, headers=sent)


def tiktok_status(sandbox: Sandbox, token: str, publish_id: str) -> dict[str, Any]:
    answer = tiktok_post(
        sandbox, token, "/v2/post/publish/status/fetch/", {"publish_id": publish_id}
    )
    data: dict[str, Any] = answer.json()["data"]
    return data


def google_authorize_url(sandbox: Sandbox, **extra: str) -> str:
    query = {
        "client_id": sandbox.env["GOOGLE_CLIENT_ID"],
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": GOOGLE_SCOPES,
        "state": "s1",
        "access_type": "offline",
        "prompt": "consent",
    } | extra
    return f"{sandbox.env['GOOGLE_ACCOUNTS_BASE_URL']}/o/oauth2/v2/auth?{httpx.QueryParams(query)}"


def google_exchange(sandbox: Sandbox, code: str, **extra: str) -> httpx.Response:
    form = {
        "client_id": sandbox.env["GOOGLE_CLIENT_ID"],
        "client_secret": sandbox.env["GOOGLE_CLIENT_SECRET"],
        "redirect_uri": CALLBACK,
        "grant_type": "authorization_code",
        "code": code,
    } | extra
    return sandbox.http.post(f"{sandbox.env['GOOGLE_OAUTH_BASE_URL']}/token", data=form)


def google_token(sandbox: Sandbox, account: str = "tour", **decision: str) -> dict[str, Any]:
    back = sandbox.consent(google_authorize_url(sandbox), account, **decision)
    tokens: dict[str, Any] = google_exchange(sandbox, back["code"]).json()
    return tokens


def youtube_start(
    sandbox: Sandbox, token: str, size: int, body: dict[str, Any] | None = None, **query: str
) -> httpx.Response:
    default = {
        "snippet": {"title": "A ride", "description": "Hills", "categoryId": "2"},
        "status": {"privacyStatus": "public", "selfDeclaredMadeForKids": False},
    }
    return sandbox.http.post(
        f"{sandbox.env['GOOGLE_API_BASE_URL']}/upload/youtube/v3/videos",
        params={"uploadType": "resumable", "part": "snippet,status"} | query,
        json=default if body is None else body,
        headers={
            "authorization": f"Bearer {token}",
            "x-upload-content-length": str(size),
            "x-upload-content-type": "video/mp4",
        },
    )


def youtube_put(
    sandbox: Sandbox, where: str, data: bytes, first: int, total: int
) -> httpx.Response:
    span = f"bytes {first}-{first + len(data) - 1}/{total}" if data else f"bytes */{total}"
    return sandbox.http.put(where, content=data, headers={"content-range": span})


def youtube_upload(sandbox: Sandbox, token: str, film: bytes) -> dict[str, Any]:
    where = youtube_start(sandbox, token, len(film)).headers["location"]
    answer = youtube_put(sandbox, where, film, 0, len(film))
    assert answer.status_code == 200, answer.text
    video: dict[str, Any] = answer.json()
    return video


def meta_authorize_url(sandbox: Sandbox, **extra: str) -> str:
    query = {
        "client_id": sandbox.env["META_APP_ID"],
        "redirect_uri": CALLBACK,
        "response_type": "code",
        "scope": META_SCOPES,
        "state": "s1",
    } | extra
    return f"{sandbox.env['META_WEB_BASE_URL']}/v26.0/dialog/oauth?{httpx.QueryParams(query)}"


def graph(
    sandbox: Sandbox, method: str, path: str, token: str | None = None, **kwargs: Any
) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    url = f"{sandbox.env['META_GRAPH_BASE_URL']}/v26.0{path}"
    return sandbox.http.request(method, url, headers=headers, **kwargs)


def meta_exchange(sandbox: Sandbox, code: str, **extra: str) -> httpx.Response:
    params = {
        "client_id": sandbox.env["META_APP_ID"],
        "client_secret": sandbox.env["META_APP_SECRET"],
        "redirect_uri": CALLBACK,
        "code": code,
    } | extra
    return graph(sandbox, "GET", "/oauth/access_token", params=params)


def meta_user_token(sandbox: Sandbox, account: str = "anna", **decision: str) -> str:
    back = sandbox.consent(meta_authorize_url(sandbox), account, **decision)
    short = meta_exchange(sandbox, back["code"]).json()["access_token"]
    params = {
        "grant_type": "fb_exchange_token",
        "client_id": sandbox.env["META_APP_ID"],
        "client_secret": sandbox.env["META_APP_SECRET"],
        "fb_exchange_token": short,
    }
    token: str = graph(sandbox, "GET", "/oauth/access_token", params=params).json()["access_token"]
    return token


def meta_pages(sandbox: Sandbox, token: str) -> list[dict[str, Any]]:
    fields = "id,name,access_token,tasks,instagram_business_account{id,username}"
    answer = graph(sandbox, "GET", "/me/accounts", token, params={"fields": fields})
    pages: list[dict[str, Any]] = answer.json()["data"]
    return pages


def rupload(sandbox: Sandbox, url: str, token: str, data: bytes, **headers: str) -> httpx.Response:
    sent = {
        "authorization": f"OAuth {token}",
        "offset": "0",
        "file_size": str(len(data)),
        "content-type": "application/octet-stream",
    } | headers
    return sandbox.http.post(url, content=data, headers=sent)
