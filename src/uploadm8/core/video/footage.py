"""What is known of a video at some moment: little when it is announced, all once it was inspected."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

from uploadm8.core.video.containers import MEDIA_TYPES
from uploadm8.core.video.source import AudioInfo, SourceInfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """Facts as in `SourceInfo`; None is what is not known yet, and `audio` None also no sound."""

    container: str | None = None
    codec: str | None = None
    width: int | None = None
    height: int | None = None
    fps: Fraction | None = None
    nominal_fps: Fraction | None = None
    variable: bool = False
    duration_s: float | None = None
    size_bytes: int | None = None
    audio: AudioInfo | None = None
    hdr: bool = False
    interlaced: bool = False
    location: bool = False

    @classmethod
    def of(cls, source: SourceInfo) -> Self:
        """Of a video that was probed."""
        return cls(
            container=source.container,
            codec=source.codec,
            width=source.width,
            height=source.height,
            fps=source.fps,
            nominal_fps=source.nominal_fps,
            variable=source.variable,
            duration_s=source.duration_s,
            size_bytes=source.size_bytes,
            audio=source.audio,
            hdr=source.hdr,
            interlaced=source.interlaced,
            location=source.location,
        )

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self:
        """From the JSON that `source_facts` made."""
        audio = facts.get("audio")
        fps = Fraction(facts["fps"]).limit_denominator(1001)
        return cls(
            container=facts["container"],
            codec=facts["codec"],
            width=facts["width"],
            height=facts["height"],
            fps=fps,
            nominal_fps=Fraction(facts.get("nominal_fps", fps)),
            variable=facts["variable_frame_rate"],
            duration_s=facts["duration_s"],
            size_bytes=facts["size_bytes"],
            audio=None
            if audio is None
            else AudioInfo(audio["codec"], None, audio["rate"], audio["channels"], 0.0),
            hdr=facts["hdr"],
            interlaced=facts.get("interlaced", False),
            location=facts.get("location", False),
        )

    @classmethod
    def announced(cls, content_type: str, size_bytes: int) -> Self:
        """Of a video of which not a byte has been seen."""
        media_type = content_type.partition(";")[0].strip().lower()
        return cls(container=MEDIA_TYPES.get(media_type), size_bytes=size_bytes)
