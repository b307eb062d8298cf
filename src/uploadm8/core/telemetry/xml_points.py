"""What GPX and TCX share: points with named fields, found by local name in an XML stream."""

from collections.abc import Callable, Iterable, Mapping

from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.rows import Rows
from uploadm8.core.telemetry.track import Channel, Clock
from uploadm8.core.telemetry.values import NAN, IsoTime
from uploadm8.core.telemetry.xml_stream import MAX_TEXT, local_name, parse_xml

Fields = Mapping[str, tuple[Channel, Callable[[str], float]]]

_MAX_NAMES = 4_096  # distinct element names remembered; a real file has some dozens


class XmlPoints:
    """Expat callbacks that collect points; called millions of times, hence the flat shape.

    A subclass names the element of a point and its fields, and may act on other elements.
    Names are compared in lower case: writers of extensions do not agree on it.
    """

    POINT: str
    FIELDS: Fields

    def __init__(self) -> None:
        self.rows = Rows()
        self.segment_starts: list[int] = []
        self.bad_positions = 0
        self._bad_times = 0
        self._iso = IsoTime()
        self._names: dict[str, str] = {}
        self._in_point = False
        self._wanted = ""
        self._text = ""
        self._time = ""

    def outer(self, local: str) -> None:
        """An element outside points begins."""

    def begin(self, attributes: Mapping[str, str]) -> None:
        """A point begins."""

    def keep(self) -> bool:
        """A point ends; whether its row is kept."""
        return True

    def parse(self, chunks: Iterable[bytes]) -> str | None:
        """Read a document; returns a sentence about damage."""
        return parse_xml(chunks, self._start, self._end, self._characters)

    def raw(self, name: str, damage: str | None) -> RawTrack:
        """The rows collected."""
        warnings = [damage] if damage else []
        if self._bad_times:
            warnings.append(f"{self._bad_times} points have a time that is no date.")
        if self._iso.naive:
            warnings.append("Times carry no zone; they are taken as UTC.")
        columns = self.rows.columns()
        fix = columns.get(Channel.FIX)
        return RawTrack(
            format=name,
            t=self.rows.times(),
            columns=columns,
            clock=Clock.UTC,
            segment_starts=self.segment_starts,
            dropped={"bad_position": self.bad_positions},
            warnings=warnings,
            no_fix=None if fix is None else fix == 0.0,
        )

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = self._names.get(name) or self._remember(name)
        if self._in_point:
            self._wanted = local if local == "time" or local in self.FIELDS else ""
            self._text = ""
        elif local == self.POINT:
            self._in_point = True
            self._time = ""
            self.begin(attributes)
        else:
            self.outer(local)

    def _characters(self, data: str) -> None:
        if self._wanted and len(self._text) < MAX_TEXT:
            self._text += data

    def _end(self, name: str) -> None:
        if not self._in_point:
            return
        wanted = self._wanted
        if wanted:
            self._wanted = ""
            if wanted == "time":
                self._time = self._text.strip()
            else:
                channel, parse = self.FIELDS[wanted]
                self.rows.put(channel, parse(self._text))
        elif (self._names.get(name) or self._remember(name)) == self.POINT:
            self._in_point = False
            self._end_point()

    def _end_point(self) -> None:
        if not self.keep():
            self.rows.drop_row()
            return
        t = NAN
        if self._time:
            t = self._iso.read(self._time)
            self._bad_times += t != t  # noqa: PLR0124 - the quick test for NaN
        self.rows.end_row(t)

    def _remember(self, name: str) -> str:
        local = local_name(name).lower()
        if len(self._names) < _MAX_NAMES:
            self._names[name] = local
        return local
