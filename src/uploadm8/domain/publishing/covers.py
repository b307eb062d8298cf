"""The chosen moment of a video as the cover of its posts, in each platform's way."""

from msgspec.structs import replace

from uploadm8.domain.platforms.clients.options import (
    FacebookOptions,
    InstagramOptions,
    Options,
    TikTokOptions,
    YouTubeOptions,
)

_LAST_MS = 100  # before the end: a cover at the very end would lie after the last picture


def with_cover(
    options: Options, at_s: float | None, duration_s: float | None, *, chosen: bool
) -> Options:
    """The options with the upload's thumbnail as cover, where they name none themselves.

    A chosen moment is used everywhere. One that was only picked by us is used where it is a mere
    timestamp; a picture is uploaded (which YouTube allows to verified channels only) when wanted.
    """
    if at_s is None:
        return options
    last = (duration_s or at_s) * 1000 - _LAST_MS
    at_ms = max(0, round(min(at_s * 1000, last)))
    match options:
        case TikTokOptions(cover_at_ms=None):
            return replace(options, cover_at_ms=at_ms)
        case InstagramOptions(cover=None, cover_at_ms=None):
            if chosen:
                return replace(options, cover="still")
            return replace(options, cover_at_ms=at_ms)
        case YouTubeOptions(thumbnail=None) | FacebookOptions(thumbnail=None) if chosen:
            return replace(options, thumbnail="still")
        case _:
            return options
