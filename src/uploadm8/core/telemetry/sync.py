"""Line the clock of a log up with the clock of a video, and say how sure that is and why."""

from dataclasses import dataclass, replace

from uploadm8.core.telemetry.clock import VideoClock
from uploadm8.core.telemetry.picture_sync import Motion, PictureMatch, match_picture
from uploadm8.core.telemetry.sync_candidates import (
    LEAP_S,
    LEAP_SENTENCE,
    SyncCandidate,
    SyncMethod,
    clock_candidates,
)
from uploadm8.core.telemetry.track import Clock, Track

REVIEW_BELOW = 0.6
_PICTURE_FROM = 0.5  # a match as sure as this is taken
_LEAST_COVERED = 0.02  # of the clip by the log
_MOST_BY_CLOCK = {
    SyncMethod.GPS_TIME: 0.97,
    SyncMethod.CREATION_DATE: 0.92,
    SyncMethod.CREATION_TIME: 0.85,
}
_WINDOW_S = {
    SyncMethod.GPS_TIME: 5.0,
    SyncMethod.CREATION_DATE: 15.0,
    SyncMethod.CREATION_TIME: 60.0,  # cameras that never meet a network drift by a minute
}
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class SyncResult:
    """How a log lies on a video.

    Attributes:
        offset_s: seconds to add to the clock of the log; `Track.shifted` takes it.
        confidence: 0..1.
        method: what it rests on.
        reason: a sentence for the user.
        needs_review: whether the user should look before it is published.
        candidates: the likeliest alignments by the clocks alone, best first.
    """

    offset_s: float
    confidence: float
    method: SyncMethod
    reason: str
    needs_review: bool
    candidates: tuple[SyncCandidate, ...] = ()

    def apply(self, track: Track) -> Track:
        """The log on the clock of the video."""
        return replace(track.shifted(self.offset_s), clock=Clock.VIDEO)


def synchronise(
    track: Track,
    video: VideoClock,
    *,
    motion: Motion | None = None,
    manual_offset_s: float | None = None,
) -> SyncResult:
    """Find the offset between a log and a video.

    Args:
        track: the log, as `read_track` gives it.
        video: what the video knows of its time.
        motion: what its picture shows, for fine alignment.
        manual_offset_s: the user's word, which ends all doubt.
    """
    if manual_offset_s is not None:
        return _result(manual_offset_s, 1.0, SyncMethod.MANUAL, "You set the offset yourself.")
    if track.clock is Clock.VIDEO:
        why = "The telemetry comes out of the video itself."
        return _result(0.0, 0.99, SyncMethod.EMBEDDED, why)
    if track.clock is Clock.NONE or not len(track):
        why = "The log has no times, so nothing ties it to the video."
        return _result(0.0, 0.0, SyncMethod.START, why)
    candidates = _weighed(track, video)
    by_clock = candidates[0] if candidates else _by_start(track, video)
    match = _match(motion, track, candidates)
    if match is None:
        return _from_clock(by_clock, candidates)
    if match.confidence < _PICTURE_FROM:
        return _unconfirmed(by_clock, candidates, match)
    return _from_picture(match, candidates)


def _result(
    offset_s: float,
    confidence: float,
    method: SyncMethod,
    reason: str,
    *candidates: SyncCandidate,
) -> SyncResult:
    return SyncResult(
        offset_s=round(offset_s, 3),
        confidence=round(confidence, 3),
        method=method,
        reason=reason,
        needs_review=confidence < REVIEW_BELOW,
        candidates=candidates[:_SHOWN],
    )


def _weighed(track: Track, video: VideoClock) -> list[SyncCandidate]:
    """The candidates whose clip lies in the log, with their shares of the probability."""
    usual = clock_candidates(track, video)
    covered = [_covered(track, video, candidate.offset_s) for candidate in usual]
    weights = [
        candidate.confidence * share**2 for candidate, share in zip(usual, covered, strict=True)
    ]
    total = sum(w for w, share in zip(weights, covered, strict=True) if share > _LEAST_COVERED)
    weighed = [
        replace(candidate, confidence=_MOST_BY_CLOCK[candidate.method] * weight / total * share)
        for candidate, weight, share in zip(usual, weights, covered, strict=True)
        if share > _LEAST_COVERED
    ]
    return sorted(weighed, key=lambda candidate: -candidate.confidence)


def _covered(track: Track, video: VideoClock, offset_s: float) -> float:
    """Which part of the clip the log covers, 0..1."""
    first, last = float(track.t[0]) + offset_s, float(track.t[-1]) + offset_s
    if video.duration_s <= 0:
        return 1.0 if first <= 0 <= last else 0.0
    return max(0.0, min(last, video.duration_s) - max(first, 0.0)) / video.duration_s


def _by_start(track: Track, video: VideoClock) -> SyncCandidate:
    """Without any clock in common: both begin together, likelier if they are as long."""
    alike = abs(track.duration_s - video.duration_s) <= max(2.0, 0.02 * video.duration_s)
    why = "No clock ties the log to the video; both are taken to begin together."
    if track.start_utc is not None and video.creation_utc is not None:
        why = "By their clocks the log does not cover the video; both are taken to begin together."
    confidence = 0.4 if alike and video.duration_s else 0.1
    return SyncCandidate(-float(track.t[0]), confidence, SyncMethod.START, why)


def _match(
    motion: Motion | None, track: Track, candidates: list[SyncCandidate]
) -> PictureMatch | None:
    if motion is None:
        return None
    windows = None
    if candidates:
        windows = [
            (c.offset_s - _WINDOW_S[c.method], c.offset_s + _WINDOW_S[c.method]) for c in candidates
        ]
    return match_picture(motion, track, windows)


def _from_clock(by_clock: SyncCandidate, candidates: list[SyncCandidate]) -> SyncResult:
    return _result(
        by_clock.offset_s, by_clock.confidence, by_clock.method, by_clock.reason, *candidates
    )


def _unconfirmed(
    by_clock: SyncCandidate, candidates: list[SyncCandidate], match: PictureMatch
) -> SyncResult:
    """The picture says nothing: a clip that stands still, or one of another drive."""
    sure = by_clock.method in (SyncMethod.GPS_TIME, SyncMethod.CREATION_DATE)
    confidence = by_clock.confidence * (0.95 if sure else 0.55)
    why = f"{by_clock.reason} The motion in the picture does not confirm it"
    why += f" (best match {match.confidence:.0%} sure)."
    return _result(by_clock.offset_s, confidence, by_clock.method, why, *candidates)


def _from_picture(match: PictureMatch, candidates: list[SyncCandidate]) -> SyncResult:
    why = "The speed and the turns of the log fit the motion in the picture here and nowhere else"
    if candidates:
        near = min(candidates, key=lambda c: abs(c.offset_s - match.offset_s))
        apart = match.offset_s - near.offset_s
        why += f", {apart:+.2f} s from the clocks"
        if LEAP_SENTENCE in near.reason or abs(abs(apart) - LEAP_S) < 0.5:
            why += "; " + LEAP_SENTENCE.removesuffix(".")
    return _result(match.offset_s, match.confidence, SyncMethod.PICTURE, why + ".", *candidates)
