"""Telemetry inside MP4 and QuickTime videos: GoPro, dash cams, CAMM, drones, phones."""

from pathlib import Path

from uploadm8.core.telemetry.formats import Format
from uploadm8.core.telemetry.gpmf.track import gpmf_track
from uploadm8.core.telemetry.mp4 import camm
from uploadm8.core.telemetry.mp4.boxes import is_mp4
from uploadm8.core.telemetry.mp4.freegps import freegps_track
from uploadm8.core.telemetry.mp4.metadata import read_place
from uploadm8.core.telemetry.mp4.movie import Movie, MovieTrack, read_movie
from uploadm8.core.telemetry.problems import Problem, telemetry_error
from uploadm8.core.telemetry.raw import RawTrack
from uploadm8.core.telemetry.readers import dji_srt
from uploadm8.errors import TelemetryError

MAX_BYTES = 64 * 2**30  # videos are walked, never read whole
_SUBTITLES = ("tx3g", "text")
_CUES_TO_JUDGE = 100
_MAX_ZONE_S = 14 * 3600
_MAX_ZONE_ERROR_S = 120.0


def read(path: Path) -> RawTrack:
    """Read the richest telemetry the video carries, on the video's own clock.

    Raises:
        TelemetryError: telemetry_single_position, with the position in `extra`, for a phone that
            noted only where it was; telemetry_no_points when there is nothing at all;
            telemetry_damaged, telemetry_no_position, telemetry_too_large.
    """
    movie = read_movie(path)
    if movie is not None:
        for track in movie.tracks:
            if track.codec == camm.CODEC:
                return camm.camm_track(movie, track)
            found = None
            if track.codec == "gpmd" or "GoPro MET" in track.name:
                found = _gopro(movie, track)
            elif track.codec in _SUBTITLES:
                found = _drone(movie, track)
            if found is not None:
                return found
    found = freegps_track(path, movie)
    if found is not None:
        return found
    raise _nothing(movie)


def _gopro(movie: Movie, track: MovieTrack) -> RawTrack | None:
    """GoPro's telemetry; None for a track that only borrows its name, as some dash cams do."""
    samples = track.samples()
    payloads = movie.read(samples)
    filled = [payload for payload in payloads if payload]
    if filled and not any(payload.startswith(b"DEVC") for payload in filled):
        return None
    found = gpmf_track(payloads, samples.times, samples.times + samples.durations)
    if movie.creation_utc is not None and found.start_utc is not None:
        # GoPros write their local time into a field that is meant to be UTC.
        ahead = movie.creation_utc - found.start_utc
        zone = round(ahead / 900) * 900.0
        if abs(zone) <= _MAX_ZONE_S and abs(ahead - zone) <= _MAX_ZONE_ERROR_S:
            found.local_offset_s = zone
    return found


def _drone(movie: Movie, track: MovieTrack) -> RawTrack | None:
    """The subtitles that DJI drones put into the video: length, then the text of an .SRT cue."""
    samples = track.samples()
    texts = [
        block[2 : 2 + int.from_bytes(block[:2], "big")].decode("utf-8", "replace")
        for block in movie.read(samples)
    ]
    if not any(dji_srt.is_dji(text) for text in texts[:_CUES_TO_JUDGE]):
        return None
    cues = (dji_srt.Cue(t, text) for t, text in zip(samples.times.tolist(), texts, strict=True))
    return dji_srt.parse_cues(cues, name="dji-subtitles")


def _nothing(movie: Movie | None) -> TelemetryError:
    if movie is None:
        return telemetry_error(
            Problem.DAMAGED, "The video has no index: it was cut off while being recorded or sent."
        )
    place = read_place(movie.user_data, movie.keys)
    if place is None:
        return telemetry_error(Problem.NO_POINTS, "The video carries no telemetry.")
    error = telemetry_error(Problem.SINGLE_POSITION)
    error.extra = {
        "lat": place.latitude,
        "lon": place.longitude,
        "altitude_m": place.altitude,
    }
    return error


def sniff(head: bytes) -> bool:
    """An ISO base media file, or an old QuickTime file."""
    return is_mp4(head)


FORMAT = Format("mp4", sniff, read, max_bytes=MAX_BYTES)
