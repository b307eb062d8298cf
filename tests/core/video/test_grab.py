"""Single pictures: the right one at any time, and a long group of pictures decoded but once."""

from pathlib import Path

import pytest

from media import Clip, make, number_of
from uploadm8.core.video.grab import Grabber, grabbing
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


def test_rising_times_decode_a_group_once(tmp_path: Path) -> None:
    source = make(tmp_path / "clip.mp4", LONG_GROUP)
    with grabbing(source) as grabber:
        for number in range(12):
            grabber.at(number / 6)
        assert grabber._reader.decoded <= 60
