"""The fields of each kind of Graph node; None marks a field that is absent."""

from datetime import UTC, datetime
from typing import Any

from uploadm8.dev.sandbox.kit.growth import Numbers
from uploadm8.dev.sandbox.kit.identity import FacebookPage, InstagramAccount, MetaUser
from uploadm8.dev.sandbox.kit.ledger import Post, Visibility, url_of
from uploadm8.dev.sandbox.meta.selection import Reference
from uploadm8.dev.sandbox.meta.tables import Container, FbVideo, IgContainer, IgMedia


def graph_time(seconds: float) -> str:
    """Unix seconds as Graph writes them."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def _picture(base: str, party: str, name: str) -> str:
    return f"{base}/avatars/{party}/{name}.svg"


def user_values(user: MetaUser, base: str) -> dict[str, Any]:
    """A Facebook user."""
    picture = {"data": {"url": _picture(base, "meta", user.name[:1]), "is_silhouette": False}}
    return {"id": user.id, "name": user.name, "email": user.email, "picture": picture}


def page_values(page: FacebookPage, linked: InstagramAccount | None, base: str) -> dict[str, Any]:
    """A Facebook page; the linked Instagram account is absent when there is none to see."""
    instagram = instagram_values(linked, 0, base) if linked else None
    return {
        "id": page.id,
        "name": page.name,
        "username": page.username,
        "category": "Brand",
        "category_list": [{"id": "1602", "name": "Brand"}],
        "tasks": list(page.tasks),
        "access_token": None,
        "link": f"{base}/posts?account={page.id}",
        "picture": {"data": {"url": _picture(base, "meta", page.username[:1])}},
        "followers_count": page.followers,
        "fan_count": page.followers,
        "instagram_business_account": Reference(instagram) if instagram else None,
    }


def instagram_values(account: InstagramAccount, media_count: int, base: str) -> dict[str, Any]:
    """An Instagram professional account."""
    return {
        "id": account.id,
        "username": account.username,
        "name": account.name,
        "profile_picture_url": _picture(base, "instagram", account.username[:1]),
        "followers_count": account.followers,
        "follows_count": 180,
        "media_count": media_count,
        "biography": "",
        "website": None,
    }


def container_values(container: IgContainer, status: Container) -> dict[str, Any]:
    """An Instagram container."""
    return {
        "id": container.id,
        "status_code": status.value,
        "status": container.status_text,
        "copyright_check_status": {"status": "completed", "matches_found": False},
    }


def media_values(media: IgMedia, post: Post, counts: Numbers, base: str) -> dict[str, Any]:
    """A published reel."""
    return {
        "id": media.id,
        "shortcode": media.shortcode,
        "permalink": url_of(post, base),
        "media_type": "VIDEO",
        "media_product_type": "REELS",
        "media_url": f"{base}/media/{post.sha256}",
        "thumbnail_url": _picture(base, "instagram", "reel"),
        "timestamp": graph_time(media.created_at),
        "caption": post.caption or None,
        "username": post.account_name.lstrip("@"),
        "like_count": counts.likes,
        "comments_count": counts.comments,
        "shares_count": counts.shares,
        "saved_count": counts.saves,
        "reposts_count": 0,
        "total_views_count": counts.views,
        "is_shared_to_feed": post.options.get("share_to_feed", "true") == "true",
    }


def video_values(
    video: FbVideo, status: dict[str, Any], counts: Numbers | None, length_s: float, base: str
) -> dict[str, Any]:
    """A Facebook video; counters are absent until it is a post."""
    kind = "reel" if video.reel else "watch"
    likes = {"data": [], "summary": {"total_count": counts.likes}} if counts else None
    comments = {"data": [], "summary": {"total_count": counts.comments}} if counts else None
    return {
        "id": video.id,
        "status": status,
        "title": video.title or None,
        "description": video.description or None,
        "length": length_s,
        "created_time": graph_time(video.created_at),
        "published": video.publish_status == "published",
        "permalink_url": f"{base}/meta-web/{kind}/{video.id}",
        "post_id": video.post_id if counts else None,
        "views": counts.views if counts else None,
        "likes": likes,
        "comments": comments,
    }


def post_values(post_id: str, post: Post, counts: Numbers, base: str) -> dict[str, Any]:
    """A page post; `shares` is absent while there are none."""
    return {
        "id": post_id,
        "message": post.caption or None,
        "created_time": graph_time(post.created_at),
        "permalink_url": url_of(post, base),
        "is_published": post.visibility is Visibility.PUBLIC,
        "shares": {"count": counts.shares} if counts.shares else None,
        "reactions": {"data": [], "summary": {"total_count": counts.likes}},
        "comments": {"data": [], "summary": {"total_count": counts.comments}},
    }
