"""One rendition on its way: picks pictures by time, composes, draws, encodes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from av.video.frame import VideoFrame

from uploadm8.core.video.color import Color
from uploadm8.core.video.compose import Composer
from uploadm8.core.video.encoders import Settings
from uploadm8.core.video.job import Span
from uploadm8.core.video.overlay import Overlay
from uploadm8.core.video.pacing import Pacing
from uploadm8.core.video.rendition import RenditionSpec
from uploadm8.core.video.sound import Sound
from uploadm8.core.video.writer import Writer

Note = Callable[[Fraction], str]  # from the first picture's time to a segment's note
TOGETHER = 3  # frames that a HUD is drawn on in one go: less CPU each, for more memory
_Shown = tuple[VideoFrame, int, int]  # a frame, its slot, and its time in units of `base`


@dataclass(slots=True)
class Lane:
    """What one rendition needs for every picture.

    Attributes:
        end: seconds after which nothing is shown, from the spec's duration cap.
        time_base: of pictures that keep their own times.
        owns_pictures: whether pictures may be drawn on; the decoder refers to its own later.
        together: frames that the HUD is drawn on in one go; as many may wait, but for the last.
    """

    spec: RenditionSpec
    pacing: Pacing
    composer: Composer
    overlay: Overlay | None
    color: Color
    time_base: Fraction
    end: Fraction
    owns_pictures: bool
    together: int = 1
    writer: Writer | None = None
    _first: int = 0
    _stop: int = 0
    _span_stop: int = 0
    _shown: Fraction | None = None
    _zero: int | None = None
    _note: Note | None = None
    _waiting: list[_Shown] = field(default_factory=list)

    def open(
        self,
        path: Path,
        span: Span,
        settings: Settings,
        sound: Sound | None,
        note: Note | None,
    ) -> None:
        """Begin a file that holds the frames of a span; segments get a note and start at 0."""
        self._note = note
        self._first = self.pacing.slot_at(span.start)
        self._stop = self.pacing.slot_at(min(span.end, self.end))
        self._span_stop = self.pacing.slot_at(span.end)
        self._zero = None
        self._shown = None
        self._waiting.clear()
        self.writer = None
        if self._first >= self._stop:  # the duration cap ends before the span begins
            return
        base = self.base
        nominal = self.spec.max_fps if self.pacing.keep else self.pacing.rate
        self.writer = Writer(
            path,
            self.spec,
            settings,
            rate=nominal,
            time_base=base,
            color=self.color,
            sound=sound,
            is_segment=note is not None,
        )

    @property
    def base(self) -> Fraction:
        """Unit of the file's times, in seconds."""
        return self.time_base if self.pacing.keep else 1 / self.pacing.rate

    def done_before(self, time: Fraction) -> bool:
        """Whether a picture of this time and all after it lie behind the span."""
        return self.pacing.first_slot(time) >= self._stop

    def runs_over(self, time: Fraction, following: Fraction) -> bool:
        """Whether the picture is also shown after the span."""
        return self.pacing.slots(time, following).stop > self._span_stop

    def slots(self, time: Fraction, following: Fraction) -> range:
        """Slots of the span that the picture fills."""
        slots = self.pacing.slots(time, following)
        before, step = self._shown, self.pacing.min_step_s
        if self.pacing.keep and before is not None and time - before < step:
            return range(0)
        return range(max(slots.start, self._first), min(slots.stop, self._stop))

    def show(self, picture: VideoFrame, time: Fraction, slots: range, *, last_use: bool) -> None:
        """Encode the picture once per slot; at the latest when the lane is flushed."""
        untouched = self.overlay is None or self.owns_pictures
        in_place = untouched and self.composer.identity and last_use and len(slots) == 1
        for slot in slots:
            frame = picture if in_place else self.composer.compose(picture)
            pts = round(time / self.time_base) if self.pacing.keep else slot
            self._waiting.append((frame, slot, pts))
            if self._is_first or len(self._waiting) == self.together:
                self.flush()
        self._shown = time

    def flush(self) -> None:
        """Draw on the frames that are waiting to be drawn on together, and encode them."""
        if not self._waiting:
            return
        if self.writer is None:
            raise RuntimeError("the lane has no file")
        if self.overlay is not None:
            self.overlay.draw(*((frame, slot) for frame, slot, _ in self._waiting))
        for frame, _, pts in self._waiting:
            self.writer.picture(frame, pts - self._start(self.writer, pts))
        self._waiting.clear()

    @property
    def _is_first(self) -> bool:
        """Whether nothing was encoded yet: the encoder should not wait longer than it must."""
        return self._zero is None

    def _start(self, writer: Writer, pts: int) -> int:
        """The time of the file's first picture, noted in segments so that they can be joined."""
        if self._zero is None:
            self._zero = pts if self._note is not None else 0
            if self._note is not None:
                writer.note(self._note(pts * self.base))
        return self._zero
