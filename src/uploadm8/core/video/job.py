"""RenderJob, its events and its report: plain values that cross a process boundary."""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from uploadm8.core.hud.spec import HudSpec
from uploadm8.core.telemetry.track import Track
from uploadm8.core.video.limits import DEFAULT_LIMITS, MediaLimits
from uploadm8.core.video.rendition import Quality, RenditionSpec
from uploadm8.core.video.source import SourceInfo


@dataclass(frozen=True, slots=True)
class Output:
    """A rendition and the file it goes to."""

    spec: RenditionSpec
    path: Path


@dataclass(frozen=True, slots=True)
class RenderJob:
    """All that a render depends on.

    Attributes:
        source: local file.
        outputs: one per distinct spec.
        track: telemetry; None for no HUD.
        hud: how the HUD looks; None for no HUD.
        offset_s: track time at the source's first picture, on the track's clock.
        trim: seconds (start, end) of the source, counted from its first picture; None is all.
        quality: encoder effort.
        hardware: use a hardware encoder when one works here.
        limits: what sources are accepted.
        known: what a probe of this very file said, to save another.
        cores: how many this render may keep busy; None is all that the process may use.
    """

    source: Path
    outputs: tuple[Output, ...]
    track: Track | None = None
    hud: HudSpec | None = None
    offset_s: float = 0.0
    trim: tuple[float, float] | None = None
    quality: Quality = Quality.STANDARD
    hardware: bool = False
    limits: MediaLimits = field(default=DEFAULT_LIMITS)
    known: SourceInfo | None = None
    cores: int | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Part of the rendered time, in seconds after its first picture."""

    start: Fraction
    end: Fraction

    @property
    def seconds(self) -> float:
        """How long it is."""
        return float(self.end - self.start)


@dataclass(frozen=True, slots=True)
class Started:
    """The source is open; this many source pictures will be read."""

    pictures: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a render is; `left_s` is an estimate from the speed so far."""

    pictures: int
    total: int
    fps: float
    left_s: float


@dataclass(frozen=True, slots=True)
class Finished:
    """An output file is whole and under its name."""

    output: Output
    frames: int


Event = Started | Progress | Finished
Emit = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class OutputReport:
    """What became of one output; `encoder` is the name of the one that made it."""

    name: str
    path: Path
    frames: int
    bytes: int
    seconds: float
    encoder: str


@dataclass(frozen=True, slots=True)
class RenderReport:
    """What a render did.

    Attributes:
        outputs: one per output of the job, in order.
        pictures: source pictures read.
        errors: packets that could not be decoded.
        wall_s: from call to return.
        first_frame_s: from call to the first frame given to an encoder.
        hud_ms: mean thread time of the HUD per drawn frame, in milliseconds; None without HUD.
        encoder: name of the encoder.
    """

    outputs: tuple[OutputReport, ...]
    pictures: int
    errors: int
    wall_s: float
    first_frame_s: float
    hud_ms: float | None
    encoder: str


def ignore(event: Event) -> None:
    """Do nothing with an event."""
