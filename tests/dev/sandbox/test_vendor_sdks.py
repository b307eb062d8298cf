"""The vendors' own client libraries, unchanged, complete uploads against the sandbox."""

import contextlib
import json
from pathlib import Path
from typing import Any

import googleapiclient
import pytest
from facebook_business import FacebookSession
from facebook_business.adobjects.iguser import IGUser
from facebook_business.adobjects.page import Page
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaFileUpload

import sandbox_flows as flows
from sandbox_films import make_film
from sandbox_flows import Sandbox

_DISCOVERY = Path(googleapiclient.__file__).parent / "discovery_cache" / "documents"


def _youtube(sandbox: Sandbox, tokens: dict[str, Any]) -> Any:
    document = json.loads((_DISCOVERY / "youtube.v3.json").read_text())
    root = f"{sandbox.env['GOOGLE_API_BASE_URL']}/"
    document |= {"rootUrl": root, "baseUrl": root}
    credentials = Credentials(  # type: ignore[no-untyped-call]
        tokens["access_token"],
        refresh_token=tokens["refresh_token"],
        token_uri=f"{sandbox.env['GOOGLE_OAUTH_BASE_URL']}/token",
        client_id=sandbox.env["GOOGLE_CLIENT_ID"],
        client_secret=sandbox.env["GOOGLE_CLIENT_SECRET"],
    )
    return build_from_document(document, credentials=credentials)


def _insert(youtube: Any, film: Path) -> Any:
    media = MediaFileUpload(str(film), mimetype="video/mp4", chunksize=262_144, resumable=True)
    body = {
        "snippet": {"title": "Through the SDK", "description": "", "categoryId": "2"},
        "status": {"privacyStatus": "public", "selfDeclaredMadeForKids": False},
    }
    return youtube.videos().insert(part="snippet,status", body=body, media_body=media)


@pytest.fixture(scope="module")
def long_film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    film = make_film(tmp_path_factory.mktemp("film") / "long.mp4", seconds=3)
    with film.open("ab") as file:
        # Bytes after the last box: players skip them, and the upload needs several chunks.
        file.write(b"\0\0\0\x08free" + bytes(700_000))
    return film


def test_googles_library_uploads_in_resumable_chunks(sandbox: Sandbox, long_film: Path) -> None:
    youtube = _youtube(sandbox, flows.google_token(sandbox))
    request, answer = _insert(youtube, long_film), None

    while answer is None:
        _, answer = request.next_chunk()

    [post] = sandbox.posts("youtube")
    assert post["post_id"] == answer["id"]
    assert post["title"] == "Through the SDK"
    assert post["media_bytes"] == long_film.stat().st_size


def test_googles_library_survives_a_lost_answer_to_the_last_byte(
    sandbox: Sandbox, long_film: Path
) -> None:
    youtube = _youtube(sandbox, flows.google_token(sandbox))
    sandbox.fault("google", "upload_bytes", "accept_then_500", after=2, status=503)
    request, answer = _insert(youtube, long_film), None

    while answer is None:
        # After a failure, next_chunk() asks the session how far it is.
        with contextlib.suppress(HttpError):
            _, answer = request.next_chunk()

    assert [post["post_id"] for post in sandbox.posts("youtube")] == [answer["id"]]


def test_googles_library_refreshes_an_expired_token(sandbox: Sandbox) -> None:
    youtube = _youtube(sandbox, flows.google_token(sandbox))
    sandbox.advance(3600)

    listed = youtube.channels().list(part="snippet,status", mine=True).execute()

    assert listed["items"][0]["status"]["longUploadsStatus"] == "allowed"


def test_googles_library_reads_the_reason_of_a_refusal(sandbox: Sandbox, film: Path) -> None:
    youtube = _youtube(sandbox, flows.google_token(sandbox))
    sandbox.fault("google", "upload_start", "quota")

    with pytest.raises(HttpError) as caught:
        _insert(youtube, film).next_chunk()

    assert caught.value.error_details[0]["reason"] == "quotaExceeded"


def _meta(sandbox: Sandbox, token: str) -> FacebookAdsApi:
    session = FacebookSession(
        sandbox.env["META_APP_ID"], sandbox.env["META_APP_SECRET"], access_token=token
    )
    session.GRAPH = sandbox.env["META_GRAPH_BASE_URL"]
    return FacebookAdsApi(session)


def test_metas_sdk_uploads_a_page_video_in_chunks(sandbox: Sandbox, long_film: Path) -> None:
    sandbox.switch(facebook_chunk_bytes=300_000)
    page = flows.meta_pages(sandbox, flows.meta_user_token(sandbox))[0]
    api, path = _meta(sandbox, page["access_token"]), (page["id"], "videos")
    host = sandbox.env["META_GRAPH_VIDEO_BASE_URL"]
    size = {"upload_phase": "start", "file_size": long_film.stat().st_size}

    step = api.call("POST", path, params=size, url_override=host).json()
    session = {"upload_session_id": step["upload_session_id"]}
    data = long_film.read_bytes()
    while step["start_offset"] != step["end_offset"]:
        chunk = data[int(step["start_offset"]) : int(step["end_offset"])]
        params = session | {"upload_phase": "transfer", "start_offset": step["start_offset"]}
        files = {"video_file_chunk": ("film.mp4", chunk, "multipart/form-data")}
        step = api.call("POST", path, params=params, files=files, url_override=host).json()
    finish = session | {"upload_phase": "finish", "title": "Long", "description": "By chunks"}
    assert api.call("POST", path, params=finish, url_override=host).json() == {"success": True}

    [post] = sandbox.posts("facebook")
    assert (post["title"], post["media_bytes"]) == ("Long", len(data))


def test_metas_sdk_publishes_a_reel_of_a_hosted_file(sandbox: Sandbox, film: Path) -> None:
    source = _hosted(sandbox, film)
    page = flows.meta_pages(sandbox, flows.meta_user_token(sandbox))[0]
    api = _meta(sandbox, page["access_token"])
    reels = Page(page["id"], api=api)

    started = reels.create_video_reel(params={"upload_phase": "start"})
    headers = {"Authorization": f"OAuth {page['access_token']}", "file_url": source}
    assert api.call("POST", started["upload_url"], headers=headers).json() == {"success": True}
    finish = {
        "upload_phase": "finish",
        "video_id": started["video_id"],
        "video_state": "PUBLISHED",
        "description": "By the SDK",
    }
    reels.create_video_reel(params=finish)

    [post] = sandbox.posts("facebook")
    assert post["caption"] == "By the SDK"


def test_metas_sdk_publishes_an_instagram_reel(sandbox: Sandbox, film: Path) -> None:
    source = _hosted(sandbox, film)
    page = flows.meta_pages(sandbox, flows.meta_user_token(sandbox))[0]
    api = _meta(sandbox, page["access_token"])
    user = IGUser(page["instagram_business_account"]["id"], api=api)

    params = {"media_type": "REELS", "video_url": source, "caption": "Up", "share_to_feed": True}
    container = user.create_media(params=params)
    status: dict[str, Any] = {}
    while status.get("status_code") not in ("FINISHED", "ERROR"):
        status = api.call("GET", (container["id"],), params={"fields": "status_code"}).json()
    published = user.create_media_publish(params={"creation_id": container["id"]})

    assert [post["post_id"] for post in sandbox.posts("instagram")] == [published["id"]]


def test_metas_sdk_raises_its_own_error_for_a_refusal(sandbox: Sandbox) -> None:
    page = flows.meta_pages(sandbox, flows.meta_user_token(sandbox))[0]
    user = IGUser(
        page["instagram_business_account"]["id"], api=_meta(sandbox, page["access_token"])
    )

    with pytest.raises(FacebookRequestError) as caught:
        user.create_media(params={"media_type": "FILM", "video_url": "https://example.com/a.mp4"})

    assert (caught.value.api_error_code(), caught.value.api_error_subcode()) == (100, 2207023)


def _hosted(sandbox: Sandbox, film: Path) -> str:
    """Put a file at an address: the public video of a YouTube post will do."""
    flows.youtube_upload(sandbox, flows.google_token(sandbox)["access_token"], film.read_bytes())
    sha256 = sandbox.posts("youtube")[0]["media_sha256"]
    return f"{sandbox.base}/media/{sha256}"
