"""Which finished file of an upload a post takes."""

from collections.abc import Mapping, Sequence
from typing import Any

from uploadm8.domain.platforms.clients.base import Platform
from uploadm8.domain.platforms.clients.findings import Proposal
from uploadm8.domain.platforms.clients.options import read_options
from uploadm8.domain.platforms.clients.preflight import preflight
from uploadm8.domain.publishing.drafts import facts_of
from uploadm8.findings import blocks
from uploadm8.infra.db.json_columns import json_of

TALL = frozenset({Platform.TIKTOK, Platform.INSTAGRAM, Platform.FACEBOOK})
"""Where people hold the phone upright."""

Row = Mapping[str, Any]


def made_for(platform: str, renditions: Sequence[Row]) -> Row | None:
    """The rendition that was made for a platform."""
    return next(
        (one for one in renditions if platform in json_of(one["spec"]).get("platforms", [])), None
    )


def fitting(
    publication: Row, title: str | None, renditions: Sequence[Row], *, same_shape: bool
) -> Row | None:
    """A rendition made for other platforms that this post's platform takes too.

    Args:
        publication: the row of the post.
        title: of its upload.
        renditions: finished ones.
        same_shape: only one that stands upright where the platform wants that.
    """
    platform = Platform(publication["platform"])

    def upright(one: Row) -> bool:
        return platform not in TALL or bool(one["height"] >= one["width"])

    suited = [one for one in renditions if _takes(publication, title, one)]
    shaped = [one for one in suited if upright(one)]
    return next(iter(shaped if same_shape else shaped + suited), None)


def _takes(publication: Row, title: str | None, rendition: Row) -> bool:
    platform = Platform(publication["platform"])
    proposal = Proposal(
        facts_of(rendition),
        publication["caption"],
        read_options(platform, json_of(publication["options"])),
        title=title,
        can_transcode=False,
    )
    return not blocks(preflight(platform, proposal))
