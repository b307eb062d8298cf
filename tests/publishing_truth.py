"""The rows held against the ledger of public posts: the invariants of publishing."""

import asyncio
import hashlib
from typing import Any

from publishing_desk import Desk
from uploadm8.domain.platforms.tables import ConnectedAccount
from uploadm8.domain.publishing.tables import Publication, PublicationState

S = PublicationState
ENDS = {S.PUBLISHED, S.FAILED, S.CANCELED}


async def require_truth(desk: Desk, *, unfinished: bool = False) -> None:
    """Check I1 to I4 for everything that is there.

    I1: as many posts as published publications. I2: each has its own post, with this video, on
    this account. I3: nothing that failed or was canceled has one. I4: all came to an end.
    """
    rows = await Publication.select()
    ledger = (await asyncio.to_thread(desk.sandbox.control, "GET", "ledger"))["posts"]
    published = [row for row in rows if row["state"] == S.PUBLISHED]
    said = sorted(row["platform"] for row in published)
    assert sorted(post["platform"] for post in ledger) == said, "I1, I3: posts as published"
    for row in published:
        post = _post_of(row, ledger)
        assert post["media_sha256"] == hashlib.sha256(desk.film.read_bytes()).hexdigest(), "I2"
        account = await ConnectedAccount.select().where(ConnectedAccount.id == row["account"])
        names = {
            str(account[0][key]).lstrip("@") for key in ("username", "display_name", "external_id")
        }
        assert {post["account_name"].lstrip("@"), post["account"]} & names, "I2: right account"
    ids = [row["platform_post_id"] for row in published if row["platform_post_id"]]
    assert len(ids) == len(set(ids)), "I2: no two rows name one post"
    assert unfinished or {row["state"] for row in rows} <= ENDS, "I4: an end for everything"


def _post_of(row: dict[str, Any], ledger: list[dict[str, Any]]) -> dict[str, Any]:
    """The post that a row names; of a row that knows no id yet, the only one it can be."""
    posts = [post for post in ledger if post["platform"] == row["platform"]]
    named = [post for post in posts if post["post_id"] == row["platform_post_id"]]
    assert named or row["platform_post_id"] is None, "I2: the post that is named exists"
    return (named or posts)[0]


async def faults_played(desk: Desk, fault: str) -> int:
    """How often the sandbox really played a fault."""
    calls = await asyncio.to_thread(desk.sandbox.control, "GET", "calls")
    return sum(call["fault"] == fault for call in calls)
