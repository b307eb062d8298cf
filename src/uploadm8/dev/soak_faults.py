"""What goes wrong in a soak: faults of the platforms, deaths of the worker."""

import random
from collections.abc import Iterator
from typing import Any

OPTIONS: dict[str, dict[str, Any]] = {
    "tiktok": {"privacy": "PUBLIC_TO_EVERYONE"},
    "youtube": {"privacy": "public", "made_for_kids": False},
    "instagram": {},
    "facebook": {},
}
COMMITS = {
    "tiktok": ("tiktok", "chunk"),
    "youtube": ("google", "upload_bytes"),
    "instagram": ("meta", "ig_publish"),
    "facebook": ("meta", "reel_finish"),
}
STARTS = (
    ("tiktok", "video_init"),
    ("google", "upload_start"),
    ("meta", "ig_create"),
    ("meta", "ig_bytes"),
    ("meta", "reel_start"),
    ("meta", "reel_bytes"),
)
STATUSES = (("tiktok", "status"), ("meta", "container_status"), ("meta", "video_status"))
PLATFORM_OF = {
    **{route: platform for platform, (_, route) in COMMITS.items()},
    "video_init": "tiktok",
    "status": "tiktok",
    "upload_start": "youtube",
    **dict.fromkeys(("ig_create", "ig_bytes", "container_status"), "instagram"),
    **dict.fromkeys(("reel_start", "reel_bytes", "video_status"), "facebook"),
}
"""Whose call a route is."""
AT_COMMIT = ("accept_then_reset", "accept_then_500", "reset_before", "5xx", "429", "slow")
BEFORE = ("accept_then_reset", "reset_before", "5xx", "429", "slow")
ASKING = ("stale_status", "5xx", "reset_before", "429")
STEPS = (
    "before_prepare",
    "after_prepare",
    "after_handle",
    "in_transfer",
    "after_transfer",
    "after_intent",
    "after_commit",
    "before_check",
    "before_published",
)
UNLIMITED = {
    "youtube_inserts_per_day": 10**6,
    "youtube_units_per_day": 10**9,
    "youtube_channel_uploads_per_day": 10**6,
    "instagram_quota_total": 10**6,
    "instagram_containers_per_day": 10**6,
    "facebook_reels_per_day": 10**6,
    "tiktok_daily_posts": 10**6,
    "tiktok_init_per_minute": 10**6,
    "tiktok_status_per_minute": 10**6,
    "tiktok_creator_info_per_minute": 10**6,
    "tiktok_processing_s": 0.2,
    "tiktok_moderation_s": 0,
    "youtube_processing_s": 0,
    "instagram_processing_s": 0.2,
    "facebook_processing_s": 0.2,
}
ENV = {
    "JOB_LEASE_SECONDS": "8",
    "ACCOUNT_SPACING_SECONDS": "0",
    "ACCOUNT_DAILY_CAPS": "",
    "RATE_LIMIT_MAX": "1000000",
    "ACCESS_TOKEN_MINUTES": "1440",
}


def faults_of_a_round(rng: random.Random, each: int) -> Iterator[dict[str, Any]]:
    """The faults to arm, spread over the calls that `each` posts per platform make."""
    for party, route in COMMITS.values():
        for _ in range(rng.randint(1, 1 + each // 4)):
            yield _fault(party, route, rng.choice(AT_COMMIT), rng.randint(0, 3 * each))
    for party, route in rng.sample(STARTS, 3):
        yield _fault(party, route, rng.choice(BEFORE), rng.randint(0, each))
    for party, route in rng.sample(STATUSES, 2):
        fault = _fault(party, route, rng.choice(ASKING), rng.randint(0, 2 * each))
        yield fault | {"times": rng.randint(1, 4)}
    if rng.random() < 0.3:
        route = rng.choice(("ig_publish", "reel_finish"))
        yield _fault("meta", route, "accept_then_hang", rng.randint(0, each))


def kill_points(rng: random.Random) -> str:
    """Where the worker that starts a round dies."""
    steps = rng.sample(STEPS, 2)
    return ",".join(f"{step}@{rng.choice(list(COMMITS))}:kill" for step in steps)


def _fault(party: str, route: str, fault: str, after: int) -> dict[str, Any]:
    return {"party": party, "route": route, "fault": fault, "after": after, "retry_after": 1}
