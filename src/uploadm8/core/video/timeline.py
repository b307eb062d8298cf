"""Where a render begins and ends on its source: one origin for picture and sound."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Self

from uploadm8.core.video.faults import fault
from uploadm8.core.video.job import Span
from uploadm8.core.video.rendition import RenditionSpec
from uploadm8.core.video.source import SourceInfo


@dataclass(frozen=True, slots=True)
class Timeline:
    """Times of a render.

    Attributes:
        origin: container time, in seconds, of the first rendered moment.
        start_s: the same, counted from the source's first picture.
        length: seconds that are rendered.
        step: seconds between two source pictures.
    """

    origin: Fraction
    start_s: float
    length: Fraction
    step: Fraction

    @classmethod
    def of(cls, source: SourceInfo, trim: tuple[float, float] | None) -> Self:
        """Of a whole source or a part of it; an even source is cut between two of its pictures."""
        step = 1 / source.nominal_fps
        whole = _on_grid(source.duration_s, source)
        first = Fraction(source.start_s).limit_denominator(1_000_000)
        if trim is None:
            return cls(first, 0.0, whole, step)
        start, end = _on_grid(max(0.0, trim[0]), source), min(_on_grid(trim[1], source), whole)
        if start >= end:
            raise fault("trim_outside", start=trim[0], end=trim[1])
        return cls(first + start, float(start), end - start, step)

    def end_for(self, spec: RenditionSpec) -> Fraction:
        """Seconds after which a rendition shows nothing more."""
        if spec.duration_cap_s is None:
            return self.length
        return min(self.length, Fraction(spec.duration_cap_s).limit_denominator(1000))

    @property
    def span(self) -> Span:
        """All of it."""
        return Span(Fraction(0), self.length)


def _on_grid(seconds: float, source: SourceInfo) -> Fraction:
    if source.variable:
        return Fraction(seconds).limit_denominator(1_000_000)
    return round(seconds * source.nominal_fps) / source.nominal_fps
