"""What the database says was published, held against the platforms' public posts."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import asyncpg

OVER = {"published", "failed", "canceled", "unknown", "held", "needs_reconnect"}
Rows = Sequence[dict[str, Any]]

_ROWS = (
    "SELECT p.id, p.platform, p.state, p.platform_post_id AS post_id, a.external_id AS account,"
    " r.object_key, p.publish_at, EXTRACT(epoch FROM p.first_commit_at - p.publish_at)::float8"
    " AS late_s FROM publications p JOIN connected_accounts a ON a.id = p.account"
    " LEFT JOIN renditions r ON r.id = p.rendition"
)


def rows_of(database_url: str) -> list[dict[str, Any]]:
    """Every publication as the database has it, with seconds late where it had a time."""

    async def read() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(database_url)
        try:
            return [dict(row) for row in await connection.fetch(_ROWS)]
        finally:
            await connection.close()

    return asyncio.run(read())


def unfinished(rows: Rows) -> list[dict[str, Any]]:
    """The publications that have not come to any end."""
    return [row for row in rows if row["state"] not in OVER]


def sha256_of(blocks: Iterable[bytes]) -> str:
    """The hash by which the sandbox's ledger knows a video."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def read_ledger(told: Any) -> list[dict[str, Any]]:
    """Public posts as an emulator tells them: a list, or an object with `posts` or `items`.

    Each has `platform` and `post_id` (or `id`); `account` and `media_sha256` are compared where told.

    Raises:
        ValueError: it is something else.
    """
    posts = told.get("posts", told.get("items")) if isinstance(told, dict) else told
    if not isinstance(posts, list) or not all(isinstance(post, dict) for post in posts):
        raise ValueError("The ledger is neither a list of posts nor an object with posts.")
    return [{**post, "post_id": str(post.get("post_id", post.get("id")))} for post in posts]


def judge(
    rows: Rows, posts: Rows, media: Mapping[str, str], counted: Collection[str]
) -> dict[str, Any]:
    """Count doubles, losses and posts that went wrong (invariants I1 to I4).

    Args:
        rows: as rows_of gives them.
        posts: the platforms' posts, as a ledger gives them.
        media: SHA-256 of each rendition, by its key in storage.
        counted: the platforms that have a ledger; of the others only our own records are known.
    """
    made, states = (
        Counter(post["platform"] for post in posts),
        Counter(row["state"] for row in rows),
    )
    doubles = unposted = 0
    for platform in {row["platform"] for row in rows} & set(counted):
        mine = Counter(row["state"] for row in rows if row["platform"] == platform)
        doubles += max(0, made[platform] - mine["published"] - mine["unknown"])
        unposted += max(0, mine["published"] - made[platform])
    late = sorted(row["late_s"] for row in rows if row["late_s"] is not None)
    known = [row for row in rows if row["platform"] in counted]
    return {
        "publications": len(rows),
        "doubles": doubles if counted else None,
        "lost": unposted + len(unfinished(rows)),
        "unknown": states["unknown"],
        "late_p50_s": _rank(late, 0.50),
        "late_p99_s": _rank(late, 0.99),
        "wrong": _wrong(known, posts, media) if counted else None,
        "failed": states["failed"],
        "timed": len(late),
        "not_counted": sorted({row["platform"] for row in rows} - set(counted)),
    }


def _wrong(rows: Rows, posts: Rows, media: Mapping[str, str]) -> int:
    """How many rows name a post that is not there, on another account, or of another video (I2)."""
    ledger = {(post["platform"], post["post_id"]): post for post in posts}
    owner: dict[str, str] = {}
    wrong = 0
    for row in rows:
        if row["state"] != "published" or not row["post_id"]:
            continue
        post = ledger.get((row["platform"], row["post_id"]))
        if post is None:
            wrong += 1
            continue
        account, digest = post.get("account"), post.get("media_sha256")
        elsewhere = account and owner.setdefault(row["account"], account) != account
        wrong += bool(elsewhere or (digest and media.get(row["object_key"]) != digest))
    return wrong


def _rank(ordered: Sequence[float], share: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 2) if ordered else None
