"""A pattern that reads XML points which all look alike, thousands at a time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from uploadm8.core.telemetry.decimals import read_decimals
from uploadm8.core.telemetry.track import Channel, FloatArray
from uploadm8.core.telemetry.xml_stream import local_name

_POINT = re.compile(r"<(?P<tag>(?:\w+:)?trkpt)\s[^<>]*?(?<!/)>.*?</(?P=tag)>", re.DOTALL)
_TOKEN = re.compile(r"<[^<>]*>|[^<>]+")
_ATTRIBUTES = re.compile(
    r"""<(\S+)\s+(lat|lon)=(["'])[^"'<>]*\3\s+(lat|lon)=(["'])[^"'<>]*\5\s*>"""
)
# Loose on purpose: one repeat is the fastest thing to match, and the conversion is strict.
_NUMBER = "([-+.0-9]{1,24})"
_TIME = "([-0-9T:.]{19,26})Z"
_MAX_TOKENS = 120
_LOOK_BACK = 20_000  # characters to find a whole point in


@dataclass(frozen=True, slots=True)
class PointPattern:
    """How the points of a file look.

    Attributes:
        pattern: matches one point and the white space behind it.
        groups: what each group of the pattern is; None is the time.
    """

    pattern: re.Pattern[str]
    groups: tuple[Channel | None, ...]

    def read(self, text: str) -> tuple[FloatArray, dict[Channel, FloatArray]] | None:
        """Times and columns of all points in a text; None unless every one of them fits."""
        found = self.pattern.findall(text)
        points = len(found)
        # Each point names itself twice, so any other number means one that did not fit.
        if not points or text.count("trkpt") != 2 * points:
            return None
        t = np.full(points, np.nan)
        columns: dict[Channel, FloatArray] = {}
        try:
            for channel, cells in zip(self.groups, zip(*found, strict=True), strict=True):
                if channel is None:
                    t = np.array(cells, dtype="datetime64[us]").astype(np.int64) / 1e6
                else:
                    columns[channel] = read_decimals(cells)
        except ValueError:
            return None
        lat, lon = columns[Channel.LAT], columns[Channel.LON]
        if np.abs(lat).max() > 90.0 or np.abs(lon).max() > 180.0:
            return None
        return t, columns


def learn(text: str, fields: Mapping[str, Channel]) -> PointPattern | None:
    """The pattern of the last whole point in the text; None if it is no plain one.

    Args:
        text: XML without comments, CDATA and entities.
        fields: channel by local name in lower case, of the elements that hold a number.
    """
    points = list(_POINT.finditer(text[-_LOOK_BACK:]))
    if not points:
        return None
    tokens = _TOKEN.findall(points[-1][0])
    opening = _ATTRIBUTES.fullmatch(tokens[0])
    if opening is None or len(tokens) > _MAX_TOKENS or {opening[2], opening[4]} != {"lat", "lon"}:
        return None
    places = {"lat": Channel.LAT, "lon": Channel.LON}
    groups: list[Channel | None] = [places[opening[2]], places[opening[4]]]
    first, second = (rf"{name}=[\"']{_NUMBER}[\"']" for name in (opening[2], opening[4]))
    parts = [rf"<{re.escape(opening[1])}\s+{first}\s+{second}\s*>"]
    name = ""
    for token in tokens[1:]:
        if token.startswith("<"):
            name = "" if token[1] == "/" else local_name(token[1:-1].split()[0]).lower()
            parts.append(re.escape(token))
        elif not token.strip():
            parts.append(re.escape(token))
        elif name == "time":
            parts.append(_TIME)
            groups.append(None)
        elif name in fields:
            parts.append(_NUMBER)
            groups.append(fields[name])
        else:
            parts.append("[^<>]*+")
    return PointPattern(re.compile("".join(parts) + r"\s*+"), tuple(groups))
