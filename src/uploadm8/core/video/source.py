"""What a video file is, as the probe found it."""

from dataclasses import dataclass
from fractions import Fraction

from uploadm8.core.video.color import Color
from uploadm8.core.video.containers import CONTAINERS, Container
from uploadm8.core.video.splices import Splice


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """The audio stream that goes into renditions.

    Attributes:
        codec: FFmpeg's short name, such as ``aac``.
        profile: such as ``LC``; None when the codec has none.
        rate: samples per second.
        channels: 1 is mono, 2 is stereo.
        start_s: time of the first sample on the container's clock.
        number: its place among the audio streams of the file.
    """

    codec: str
    profile: str | None
    rate: int
    channels: int
    start_s: float
    number: int = 0


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """Facts about a source video; sizes in pixels, times in seconds on the container's clock.

    Attributes:
        container: one of `containers.CONTAINERS`, such as ``mov`` (also MP4).
        size_bytes: of the whole file.
        duration_s: of the video stream.
        start_s: when the first picture is shown; the common origin of picture and sound.
        frames: pictures in the file, exact when the container counts them, else an estimate.
        coded_width, coded_height: as stored, before rotation and pixel aspect.
        width, height: as a viewer sees it.
        rotation: degrees counter-clockwise that a player turns the picture: 0, 90, 180 or 270.
        fps: average rate.
        nominal_fps: the steady rate the pictures lie on when `variable` is False.
        variable: whether pictures come at uneven intervals (usual for phones).
        pixel_format: FFmpeg's name, such as ``yuv420p``.
        bit_depth: of one component.
        color: range, matrix, primaries and transfer, with the defaults filled in.
        interlaced: whether the first picture is stored as two fields.
        audio: the first audio stream that can be used, None when there is no sound.
        creation_time: UTC text of the container's header; often local time, seldom to be trusted.
        creation_date: the creation date with a zone that Apple devices write.
        location: whether the file tells where it was filmed.
        telemetry: handler names of streams that may hold telemetry, such as ``GoPro MET``.
        splices: where parts with clocks of their own were joined.
    """

    container: str
    size_bytes: int
    duration_s: float
    start_s: float
    frames: int
    codec: str
    coded_width: int
    coded_height: int
    width: int
    height: int
    rotation: int
    fps: Fraction
    nominal_fps: Fraction
    variable: bool
    pixel_format: str
    bit_depth: int
    color: Color
    interlaced: bool
    audio: AudioInfo | None
    creation_time: str | None
    creation_date: str | None
    location: bool
    telemetry: tuple[str, ...]
    splices: tuple[Splice, ...] = ()

    @property
    def kind(self) -> Container:
        """What its container can be believed about."""
        return CONTAINERS[self.container]

    @property
    def hdr(self) -> bool:
        """Whether the transfer is HLG or PQ, so that the picture must be tone-mapped."""
        return self.color.hdr

    @property
    def aspect(self) -> float:
        """Width over height, as seen."""
        return self.width / self.height
