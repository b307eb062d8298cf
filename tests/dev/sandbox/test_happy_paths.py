"""Each platform from consent to a public post, in plain HTTP."""

from pathlib import Path

import sandbox_flows as flows
from sandbox_flows import Sandbox


def test_a_video_goes_public_on_tiktok(sandbox: Sandbox, film: Path) -> None:
    data = film.read_bytes()
    token = flows.tiktok_token(sandbox)["access_token"]
    started = flows.tiktok_init(sandbox, token, len(data))

    stored = flows.tiktok_put(sandbox, started["upload_url"], data, 0, len(data))

    assert stored.status_code == 201
    status = flows.tiktok_status(sandbox, token, started["publish_id"])
    assert status["status"] == "PUBLISH_COMPLETE"
    [post_id] = status["publicaly_available_post_id"]
    [post] = sandbox.posts("tiktok")
    assert post["post_id"] == str(post_id)
    assert post["caption"] == "A ride #fun"
    assert post["media_bytes"] == len(data)
    assert "A ride #fun" in sandbox.http.get(post["url"]).text


def test_a_video_goes_public_on_youtube(sandbox: Sandbox, film: Path) -> None:
    data = film.read_bytes()
    token = flows.google_token(sandbox)["access_token"]

    video = flows.youtube_upload(sandbox, token, data)

    assert video["status"]["uploadStatus"] == "uploaded"
    [post] = sandbox.posts("youtube")
    assert post["post_id"] == video["id"]
    assert post["title"] == "A ride"
    assert sandbox.http.get(post["url"]).status_code == 200


def test_a_reel_goes_public_on_instagram(sandbox: Sandbox, film: Path) -> None:
    data = film.read_bytes()
    page = flows.meta_pages(sandbox, flows.meta_user_token(sandbox))[0]
    token, ig = page["access_token"], page["instagram_business_account"]["id"]
    form = {"media_type": "REELS", "upload_type": "resumable", "caption": "Up #hill"}
    container = flows.graph(sandbox, "POST", f"/{ig}/media", token, data=form).json()

    sent = flows.rupload(sandbox, container["uri"], token, data)

    assert sent.json()["success"] is True
    path = f"/{container['id']}"
    status = flows.graph(sandbox, "GET", path, token, params={"fields": "status_code,status"})
    assert status.json()["status_code"] == "FINISHED"
    form = {"creation_id": container["id"]}
    media = flows.graph(sandbox, "POST", f"/{ig}/media_publish", token, data=form).json()["id"]
    fields = {"fields": "id,permalink,media_type,media_product_type"}
    shown = flows.graph(sandbox, "GET", f"/{media}", token, params=fields).json()
    assert shown["media_product_type"] == "REELS"
    [post] = sandbox.posts("instagram")
    assert post["url"] == shown["permalink"]
    assert sandbox.http.get(shown["permalink"]).status_code == 200


def test_a_reel_goes_public_on_facebook(sandbox: Sandbox, film: Path) -> None:
    data = film.read_bytes()
    page = flows.meta_pages(sandbox, flows.meta_user_token(sandbox))[0]
    token, edge = page["access_token"], f"/{page['id']}/video_reels"
    form = {"upload_phase": "start"}
    started = flows.graph(sandbox, "POST", edge, token, data=form).json()

    assert flows.rupload(sandbox, started["upload_url"], token, data).json() == {"success": True}
    form = {
        "upload_phase": "finish",
        "video_id": started["video_id"],
        "video_state": "PUBLISHED",
        "description": "Down the hill",
    }
    assert flows.graph(sandbox, "POST", edge, token, data=form).json() == {"success": True}

    path = f"/{started['video_id']}"
    answer = flows.graph(sandbox, "GET", path, token, params={"fields": "status,permalink_url"})
    status = answer.json()["status"]
    assert status["publishing_phase"]["publish_status"] == "published"
    assert status["video_status"] == "ready"
    [post] = sandbox.posts("facebook")
    assert post["caption"] == "Down the hill"
    assert sandbox.http.get(answer.json()["permalink_url"]).status_code == 200
