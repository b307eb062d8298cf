"""One rendition on its way: picks pictures by time, composes, draws, encodes."""

from dataclasses import dataclass
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


@dataclass(slots=True)
class Lane:
    """What one rendition needs for every picture.

    Attributes:
        end: seconds after which nothing is shown, from the spec's duration cap.
        time_base: of pictures that keep their own times.
        owns_pictures: whether pictures may be drawn on without asking the decoder.
    """

    spec: RenditionSpec
    pacing: Pacing
    composer: Composer
    overlay: Overlay | None
    settings: Settings
    color: Color
    time_base: Fraction
    end: Fraction
    owns_pictures: bool
    writer: Writer | None = None
    _first: int = 0
    _stop: int = 0
    _shown: Fraction | None = None
    _zero: int = 0

    def open(self, path: Path, span: Span, sound: Sound | None) -> None:
        """Begin a file that holds the frames of a span."""
        self._first = self.pacing.slot_at(span.start)
        self._stop = self.pacing.slot_at(min(span.end, self.end))
        self._zero = 0 if self.pacing.keep else self._first
        self._shown = None
        base = self.time_base if self.pacing.keep else 1 / self.pacing.rate
        nominal = self.spec.max_fps if self.pacing.keep else self.pacing.rate
        self.writer = Writer(
            path,
            self.spec,
            self.settings,
            rate=nominal,
            time_base=base,
            color=self.color,
            sound=sound,
        )

    def done_before(self, time: Fraction) -> bool:
        """Whether a picture of this time and all after it lie behind the span."""
        return self.pacing.first_slot(time) >= self._stop

    def runs_over(self, time: Fraction, following: Fraction) -> bool:
        """Whether the picture is also shown after the span."""
        return self.pacing.slots(time, following).stop > self._stop

    def slots(self, time: Fraction, following: Fraction) -> range:
        """Slots of the span that the picture fills."""
        slots = self.pacing.slots(time, following)
        before, step = self._shown, self.pacing.min_step_s
        if self.pacing.keep and before is not None and time - before < step:
            return range(0)
        return range(max(slots.start, self._first), min(slots.stop, self._stop))

    def show(self, picture: VideoFrame, time: Fraction, slots: range, *, last_use: bool) -> None:
        """Encode the picture once per slot."""
        if self.writer is None:
            raise RuntimeError("the lane has no file")
        in_place = self.composer.identity and last_use and len(slots) == 1
        for slot in slots:
            frame = picture if in_place else self.composer.compose(picture)
            if self.overlay is not None:
                if in_place and not self.owns_pictures:
                    frame.make_writable()  # else later pictures refer to the drawn HUD
                self.overlay.draw(frame, slot)
            pts = round(time / self.time_base) if self.pacing.keep else slot - self._zero
            self.writer.picture(frame, pts)
        self._shown = time
