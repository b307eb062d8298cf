"""Believable numbers: a post gains views fast, then slowly, the same way each time it is asked."""

import hashlib
import math
from dataclasses import dataclass

from uploadm8.dev.sandbox.kit.ledger import Post, Visibility

_HALF_LIFE_S = 18 * 3600


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a platform counts about one post, growing with its age."""

    views: int
    likes: int
    comments: int
    shares: int
    saves: int
    average_watch_s: float


def numbers(post: Post, now: float) -> Numbers:
    """The counts at `now`; they never fall, and a post nobody can see has none."""
    if post.visibility is not Visibility.PUBLIC or post.published_at is None:
        return Numbers(0, 0, 0, 0, 0, 0.0)
    digest = hashlib.sha256(post.key.encode()).digest()
    unit = [byte / 255 for byte in digest[:6]]
    age = max(0.0, now - post.published_at)
    # Saturating growth with a long tail: most views come on the first days, some for ever.
    reach = 400 + 9000 * unit[0] ** 2
    views = int(reach * (1 - math.exp(-age * math.log(2) / _HALF_LIFE_S)) + age / 7200)
    return Numbers(
        views=views,
        likes=int(views * (0.03 + 0.07 * unit[1])),
        comments=len(post.comments) + int(views * (0.002 + 0.008 * unit[2])),
        shares=int(views * (0.002 + 0.01 * unit[3])),
        saves=int(views * (0.004 + 0.01 * unit[4])),
        average_watch_s=4.0 + 11.0 * unit[5],
    )
