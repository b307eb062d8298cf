"""A render in progress: the source is opened once, HUDs are built once, spans follow each other."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

from av.video.frame import VideoFrame

from uploadm8.core.video.compose import Composer, needed_scale
from uploadm8.core.video.encoders import Settings, choose_encoder, settings_for
from uploadm8.core.video.faults import fault
from uploadm8.core.video.job import Output, RenderJob, Span
from uploadm8.core.video.lane import TOGETHER, Lane, Note
from uploadm8.core.video.opening import opened, picture_stream, upright_aspect
from uploadm8.core.video.overlay import Overlay
from uploadm8.core.video.pacing import EARLY, pacing_for
from uploadm8.core.video.probe import probe_opened
from uploadm8.core.video.reader import Picture, Reader
from uploadm8.core.video.sound import Sound, open_sound
from uploadm8.core.video.soundpump import Listener, SoundPump
from uploadm8.core.video.threads import cores, decoder_threads, encoder_threads, settle, shares
from uploadm8.core.video.timeline import Timeline
from uploadm8.core.video.upright import Upright
from uploadm8.core.video.writer import UNDER_WAY

Watch = Callable[[int, Fraction], None]  # pictures so far, seconds of the last one


class Session:
    """Renders spans of a job; consecutive spans go on decoding without a seek.

    Attributes:
        source: what the probe found.
        timeline: origin and length of what is rendered.
        lanes: one per output, in the job's order.
        first_frame: monotonic time of the first frame given to an encoder.
    """

    def __init__(self, job: RenderJob) -> None:
        """Raises MediaError when the source cannot be used."""
        settle()  # before any of the threads below is started
        self.job = job
        self._stack = ExitStack()
        # Opening costs as much as a picture: the container of the probe later gives the sound.
        self._heard = self._stack.enter_context(opened(job.source, job.limits))
        self.source = job.known or probe_opened(job.source, self._heard, job.limits)
        self.timeline = Timeline.of(self.source, job.trim)
        self.encoder = choose_encoder(job.hardware)
        self.first_frame: float | None = None
        container = self._stack.enter_context(opened(job.source, job.limits))
        self._cores = job.cores or cores()
        pixels = self.source.coded_width * self.source.coded_height
        threads = decoder_threads(pixels, self._cores, encodes=True)
        stream = picture_stream(container, job.limits, threads=threads)
        self.reader = Reader(container, stream, self.source, self.timeline.origin)
        pixel_aspect = upright_aspect(stream, self.source)
        specs = [output.spec for output in job.outputs]
        self._upright = Upright(self.source, needed_scale(self.source, specs))
        self._base = Fraction(stream.time_base or Fraction(1, 1000))
        self.lanes = tuple(self._lane(output, pixel_aspect) for output in job.outputs)
        # A lane that draws on the picture itself must be the last to use it.
        self._order = sorted(self.lanes, key=lambda lane: lane.composer.identity)
        self._pictures: Iterator[Picture] | None = None
        self._current: Picture | None = None
        self._following: Picture | None = None
        self._position = Fraction(-1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def hud_ms(self) -> float | None:
        """Mean thread time of the HUD per drawn frame, in milliseconds."""
        overlays = [lane.overlay for lane in self.lanes if lane.overlay is not None]
        drawn = sum(overlay.drawn for overlay in overlays)
        return sum(overlay.seconds for overlay in overlays) / drawn * 1000 if drawn else None

    def run(
        self, span: Span, paths: Sequence[Path], watch: Watch, notes: Sequence[Note] | None = None
    ) -> int:
        """Render a span into one file per output; the number of pictures read is returned.

        With `notes` the files are segments: without sound, and with their note in their header.
        """
        timeline = self.timeline
        sound = None
        if notes is None:
            sound = open_sound(self._heard, self.source, timeline.origin, timeline.length)
        work = [
            (lane.spec.pixels, max(Fraction(0), min(span.end, lane.end) - span.start))
            for lane in self.lanes
        ]
        told: Sequence[Note | None] = [None] * len(work) if notes is None else notes
        for lane, path, share, note in zip(self.lanes, paths, shares(work), told, strict=True):
            lane.open(path, span, self._settings(lane, share), sound, note)
        try:
            read = self._show_all(span, sound, watch)
            for lane in self.lanes:
                lane.flush()
            self._check_complete(span, read)
            writers = [lane.writer for lane in self.lanes if lane.writer is not None]
            for writer in writers:
                writer.finish()
            for writer in writers:
                writer.close()
        except BaseException:
            for lane in self.lanes:
                if lane.writer is not None:
                    lane.writer.abandon()
            raise
        return read

    def _show_all(self, span: Span, sound: Sound | None, watch: Watch) -> int:
        ends: dict[Listener, Fraction] = {
            lane.writer: lane.end for lane in self.lanes if lane.writer is not None
        }
        pump = SoundPump(sound, ends)
        self._go_to(span.start)
        read = 0
        while self._current is not None:
            moment, picture = self._current
            following = self._following[0] if self._following else self._end_of(moment)
            if all(lane.done_before(moment) for lane in self.lanes):
                break
            if self._show(picture, moment, following):
                pump.until(moment)
            read += moment >= span.start
            if any(lane.runs_over(moment, following) for lane in self.lanes):
                break
            watch(read, moment)
            del picture  # else it would be kept until the next one is decoded
            self._advance()
        pump.rest()
        self._position = span.end
        return read

    def _show(self, picture: VideoFrame, moment: Fraction, following: Fraction) -> bool:
        wanted = [(lane, slots) for lane in self._order if (slots := lane.slots(moment, following))]
        if not wanted:
            return False
        upright = self._upright(picture)
        for lane, slots in wanted:
            lane.show(upright, moment, slots, last_use=lane is wanted[-1][0])
        if self.first_frame is None:
            self.first_frame = time.monotonic()
        return True

    def _end_of(self, last: Fraction) -> Fraction:
        """When a picture after the last one would come, at its latest: its slots are filled too."""
        return last + self.timeline.step * (1 + EARLY)

    def _go_to(self, start: Fraction) -> None:
        if self._pictures is not None and self._position == start:
            return
        self._pictures = self.reader.pictures(start)
        self._current = next(self._pictures, None)
        self._following = next(self._pictures, None)

    def _advance(self) -> None:
        self._current = self._following
        self._following = next(self._pictures, None) if self._pictures is not None else None

    def _check_complete(self, span: Span, read: int) -> None:
        end = min(span.end, max(lane.end for lane in self.lanes))
        seconds = max(Fraction(0), end - span.start)
        promised = int(seconds * self.source.fps * Fraction(self.job.limits.min_decoded)) - 1
        if read < promised:
            raise fault("media_damaged", what=f"only {read} of {promised} pictures can be decoded")

    def _lane(self, output: Output, pixel_aspect: Fraction) -> Lane:
        spec, job = output.spec, self.job
        end = self.timeline.end_for(spec)
        pacing = pacing_for(self.source, spec)
        overlay = None
        if spec.hud and job.hud is not None and job.track is not None:
            overlay = Overlay(
                job.hud,
                job.track,
                spec,
                self._upright.color,
                rate=pacing.rate,
                start_s=self.timeline.start_s + job.offset_s,
                length_s=float(end),
            )
        together = 1 if overlay is None else TOGETHER
        return Lane(
            spec=spec,
            pacing=pacing,
            composer=Composer(*self._upright.size, pixel_aspect, spec, frames=UNDER_WAY + together),
            together=together,
            overlay=overlay,
            color=self._upright.color,
            time_base=self._base,
            end=end,
            owns_pictures=not self._upright.passes,
        )

    def _settings(self, lane: Lane, share: Fraction) -> Settings:
        return settings_for(
            lane.spec,
            self.job.quality,
            self.encoder,
            lane.pacing.rate,
            float(lane.end),
            steady=not lane.pacing.keep,
            threads=encoder_threads(self._cores, share),
        )
