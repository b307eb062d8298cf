"""Where a video was filmed: told in a rendition only when wanted, never from inside a zone."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from samples import sample
from uploadm8.core.telemetry.mp4.metadata import Place
from uploadm8.core.telemetry.mp4.movie import read_movie
from uploadm8.core.telemetry.preview import summary
from uploadm8.core.telemetry.reader import read_track
from uploadm8.core.telemetry.track import Track
from uploadm8.core.telemetry.zones import Zone, hide_zones
from uploadm8.core.video.job import Output
from uploadm8.core.video.location import filmed_at, write_place
from uploadm8.core.video.production import ProductionTask, produce
from uploadm8.core.video.rendition import RenditionSpec

_PHONE = "phone/android_xyz.mp4"
_GOPRO = "gpmf/max-heromode.mp4"
_HERE = Place(-33.8568, 151.2153, None)


def _film(path: Path) -> Path:
    with av.open(str(path), "w", format="mp4", options={"movflags": "faststart"}) as file:
        stream = file.add_stream("libx264", rate=Fraction(10))
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        for number in range(20):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number * 9, np.uint8))
            frame.pts = number
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return path


def _pictures(path: Path) -> list[bytes]:
    with av.open(str(path)) as file:
        return [frame.to_ndarray().tobytes() for frame in file.decode(video=0)]


def _made(name: str, folder: Path, *zones: Zone, location: bool) -> Path:
    path = folder / "out.mp4"
    spec = RenditionSpec("test", 160, 90, max_bitrate=400_000, duration_cap_s=0.5)
    produce(
        ProductionTask(
            source=sample(name),
            telemetry=None,
            offset_s=0.0,
            hud=None,
            outputs=(Output(spec, path),),
            zones=zones,
            location=location,
        ),
        lambda _: None,
    )
    return path


def _told(path: Path) -> str | None:
    with av.open(str(path)) as file:
        return file.metadata.get("location")


def test_a_place_is_added_and_every_picture_stays_where_it_was(tmp_path: Path) -> None:
    path = _film(tmp_path / "film.mp4")
    before = _pictures(path)
    write_place(path, _HERE)
    assert _told(path) == "-33.8568+151.2153/"
    assert _pictures(path) == before
    movie = read_movie(path)
    assert movie is not None
    assert {b"\xa9xyz", b"loci"} <= movie.user_data.keys()


def test_a_file_whose_index_comes_last_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "late.mp4"
    path.write_bytes(b"\0\0\0\x10mdat12345678" + b"\0\0\0\x08moov")
    with pytest.raises(ValueError, match="does not come first"):
        write_place(path, _HERE)


@pytest.mark.parametrize("name", [_PHONE, _GOPRO])
def test_without_the_wish_a_rendition_carries_no_place(name: str, tmp_path: Path) -> None:
    path = _made(name, tmp_path, location=False)
    data = path.read_bytes()
    marks = (
        b"\xa9xyz",
        b"loci",
        b"gpmd",
        b"GPMF",
        b"DEVC",
        b"GPS5",
        b"ISO6709",
        b"freeGPS",
        b"camm",
    )
    assert [mark for mark in marks if mark in data] == []
    movie = read_movie(path)
    assert movie is not None
    assert {track.handler for track in movie.tracks} <= {"vide", "soun"}


def test_with_the_wish_a_rendition_tells_the_place_of_the_phone(tmp_path: Path) -> None:
    noted = filmed_at(sample(_PHONE), None, (), 0.0)
    assert noted is not None
    told = _told(_made(_PHONE, tmp_path, location=True))
    assert told == f"{noted.latitude:+08.4f}{noted.longitude:+09.4f}/"


def test_with_the_wish_a_rendition_tells_where_its_drive_began(tmp_path: Path) -> None:
    assert _told(_made(_GOPRO, tmp_path, location=True)) == "+33.1268-117.3273/"


@pytest.mark.parametrize("name", [_PHONE, _GOPRO])
def test_a_place_inside_a_zone_is_not_told_even_with_the_wish(name: str, tmp_path: Path) -> None:
    everywhere = Zone(33.1267, -117.3273, 20_000.0)
    place = filmed_at(sample(name), None, (), 0.0) if name == _PHONE else None
    zone = everywhere if place is None else Zone(place.latitude, place.longitude, 20_000.0)
    assert _told(_made(name, tmp_path, zone, location=True)) is None


def test_the_place_of_a_drive_out_of_a_zone_lies_outside_it() -> None:
    track = read_track(sample("derived/drive_10hz.gpx"))
    home = Zone(*_first(track), 300.0)
    hidden = hide_zones(track, [home])
    place = filmed_at(sample(_PHONE), hidden, [home], 0.0)
    assert place is not None
    metres = np.hypot(
        (place.latitude - home.lat) * 111_195,
        (place.longitude - home.lon) * 111_195 * np.cos(np.radians(home.lat)),
    )
    assert 299.0 < metres < 400.0


def _first(track: Track) -> tuple[float, float]:
    first = summary(track)["first"]
    return first["lat"], first["lon"]
