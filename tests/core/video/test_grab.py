"""Single pictures: the right one at any time, and a long group of pictures decoded but once."""

import math
from pathlib import Path

import pytest

from filmed import cadence_of
from media import Clip, make, number_of
from uploadm8.core.video.grab import Grabber, grabbing, grabbing_pieces
from uploadm8.core.video.pieces import PiecedFile
from uploadm8.core.video.planes import planes_of

LONG_GROUP = Clip(frames=60, gop=60, audio=None)
SHORT_GROUPS = Clip(frames=60, gop=12, audio=None)
TIMES = [0.1, 0.2, 0.21, 0.215, 0.9, 1.3, 0.4, 0.45, 1.95]


def shown(grabber: Grabber, seconds: float) -> int:
    return number_of(planes_of(grabber.at(seconds)).y)


@pytest.mark.parametrize("clip", [LONG_GROUP, SHORT_GROUPS], ids=["long", "short"])
def test_the_picture_does_not_depend_on_those_before(tmp_path: Path, clip: Clip) -> None:
    source = make(tmp_path / "clip.mp4", clip)
    with grabbing(source) as grabber:
        together = [shown(grabber, seconds) for seconds in TIMES]
    alone = []
    for seconds in TIMES:
        with grabbing(source) as grabber:
            alone.append(shown(grabber, seconds))
    assert together == alone == [int(seconds * 30 + 1e-6) for seconds in TIMES]


@pytest.mark.parametrize("container", ["mov", "matroska"])
def test_a_file_elsewhere_gives_the_same_pictures_for_few_of_its_bytes(
    tmp_path: Path, container: str
) -> None:
    clip = Clip(640, 360, frames=150, gop=15, noise=12, audio=None, container=container)
    source = make(tmp_path / "clip", clip)
    data, asked = source.read_bytes(), []

    def ask(start: int, end: int) -> bytes:
        asked.append(end - start)
        return data[start:end]

    for seconds in (0.0, 0.1, 1.97, 3.45, 4.99):
        asked.clear()
        with grabbing_pieces(PiecedFile(ask, len(data)), container, cadence_of(source)) as grabber:
            assert shown(grabber, seconds) == int(seconds * 30 + 1e-6)
        assert sum(asked) < len(data) / 2


def test_uneven_pictures_of_a_file_elsewhere_are_found(tmp_path: Path) -> None:
    times = [number / 30 + (0.4 if number > 20 else 0) for number in range(45)]
    source = make(tmp_path / "clip.mp4", Clip(frames=45, times=times, gop=45, audio=None))
    data = source.read_bytes()
    file = PiecedFile(lambda start, end: data[start:end], len(data))
    with grabbing_pieces(file, "mov", cadence_of(source)) as grabber:
        assert [shown(grabber, seconds) for seconds in (0.9, 1.0, 1.11, 0.3)] == [20, 20, 21, 9]


def test_when_time_is_up_a_picture_on_the_way_is_given_with_its_time(tmp_path: Path) -> None:
    with grabbing(make(tmp_path / "clip.mp4", LONG_GROUP)) as grabber:
        for until, expected in ((0.0, 0), (math.inf, 45)):
            time, picture = grabber.shown(1.5, until)
            assert time * 30 == expected
            assert number_of(planes_of(picture).y) == expected


def test_rising_times_decode_a_group_once(tmp_path: Path) -> None:
    source = make(tmp_path / "clip.mp4", LONG_GROUP)
    with grabbing(source) as grabber:
        for number in range(12):
            grabber.at(number / 6)
        assert grabber._reader.decoded <= 60
