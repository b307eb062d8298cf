"""The kinds of file that are accepted, and how far each can be believed about its own times."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Container:
    """One kind of file.

    Attributes:
        demuxer: FFmpeg's name for what reads it; also the name of the kind.
        formats: names that FFmpeg's whitelist must have for it, and no others: demuxers may open
            what a file holds by another demuxer, and playlists name files of this machine.
        title: what people call it.
        media_types: under which it is announced.
        tells_times: whether it tells when pictures are shown. AVI tells when they are decoded.
        tells_keys: whether seeking ends at a key picture. A transport stream has no index.
        one_clock: whether its times come from one clock. Transport streams are joined end to end.
    """

    demuxer: str
    formats: str
    title: str
    media_types: tuple[str, ...]
    tells_times: bool = True
    tells_keys: bool = True
    one_clock: bool = True


CONTAINERS: Final[Mapping[str, Container]] = MappingProxyType(
    {
        kind.demuxer: kind
        for kind in (
            Container(
                "mov",
                "mov,mp4,m4a,3gp,3g2,mj2",
                "MP4 or MOV",
                ("video/mp4", "video/quicktime", "video/x-m4v"),
            ),
            Container(
                "matroska",
                "matroska,webm",
                "WebM or Matroska",
                ("video/webm", "video/x-matroska"),
            ),
            Container(
                "mpegts",
                "mpegts",
                "MPEG transport stream (TS, MTS, M2TS)",
                ("video/mp2t", "video/vnd.dlna.mpeg-tts"),
                tells_keys=False,
                one_clock=False,
            ),
            Container(
                "avi",
                "avi",
                "AVI",
                ("video/x-msvideo", "video/avi", "video/msvideo", "video/vnd.avi"),
                tells_times=False,
            ),
        )
    }
)

EVERYWHERE: Final = frozenset({"mov", "matroska"})
"""The kinds that every installation accepts; the others are its operator's choice."""

MEDIA_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {name: kind.demuxer for kind in CONTAINERS.values() for name in kind.media_types}
)


def kind_of(format_name: str) -> Container:
    """The kind of file that FFmpeg calls by a list of names, such as ``matroska,webm``."""
    names = format_name.split(",")
    return next(kind for name, kind in CONTAINERS.items() if name in names)
