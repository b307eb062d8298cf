"""Pictures made upright, progressive and SDR."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import Clip, make
from uploadm8.core.video.color import Color, Transfer
from uploadm8.core.video.planes import new_frame, planes_of
from uploadm8.core.video.probe import probe
from uploadm8.core.video.source import SourceInfo
from uploadm8.core.video.tonemap import cube_text, roll_off, sdr_signal
from uploadm8.core.video.upright import Upright


@pytest.fixture(scope="module")
def info(tmp_path_factory: pytest.TempPathFactory) -> SourceInfo:
    path: Path = tmp_path_factory.mktemp("upright") / "clip.mp4"
    return probe(make(path, Clip(audio=None)))


@pytest.mark.parametrize("height", [180, 90, 64])
def test_an_interlaced_picture_does_not_comb(info: SourceInfo, height: int) -> None:
    frame = new_frame(320, height)
    for plane in (planes_of(frame).y, planes_of(frame).u, planes_of(frame).v):
        plane[0::2], plane[1::2] = 60, 200  # two fields of two moments
    interlaced = replace(info, interlaced=True, coded_height=height)
    whole = planes_of(Upright(interlaced)(frame))
    for plane in (whole.y, whole.u, whole.v):
        assert set(np.unique(plane)) == {60}


def test_a_plain_picture_passes_untouched(info: SourceInfo) -> None:
    frame, upright = new_frame(320, 180), Upright(info)
    assert upright.passes
    assert upright(frame) is frame


def test_a_picture_that_must_be_converted_may_shrink_first(info: SourceInfo) -> None:
    full = replace(info, color=replace(info.color, range=2))
    upright = Upright(full, 0.5)
    assert upright.size == (160, 90)
    out = upright(new_frame(320, 180))
    assert (out.width, out.height) == (160, 90)


def test_diffuse_white_stays_bright_and_highlights_keep_their_steps() -> None:
    signals = np.repeat(np.array([0.0, 0.38, 0.5, 0.75, 0.85, 0.95, 1.0])[:, None], 3, axis=1)
    for transfer in (Transfer.HLG, Transfer.PQ):
        out = sdr_signal(signals, transfer)[:, 0]
        assert out[0] == pytest.approx(0, abs=0.01)
        assert out[1] == pytest.approx(0.425, abs=0.01)  # 26 nits of 203 on a gamma 2.4 display
        assert (np.diff(out) >= 0).all()
    hlg = sdr_signal(signals, Transfer.HLG)[:, 0]
    assert 0.88 < hlg[3] < 0.95
    assert (np.diff(hlg[3:]) > 0.004).all()


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.sampled_from([16, 18, 1]))
def test_no_colour_leaves_the_gamut(rgb: list[float], transfer: int) -> None:
    out = sdr_signal(np.array([rgb]), transfer)
    assert np.isfinite(out).all()
    assert out.min() >= 0
    assert out.max() <= 1


@given(st.floats(0, 20), st.floats(0, 20))
def test_more_light_is_never_shown_darker(one: float, other: float) -> None:
    low, high = roll_off(np.array(sorted((one, other))))
    assert low <= high <= 1.0 + 1e-9


def test_the_cube_runs_red_first() -> None:
    lines = cube_text(Transfer.BT709).splitlines()
    assert lines[0] == "LUT_3D_SIZE 33"
    assert len(lines) == 33**3 + 1
    first, second = (np.array(line.split(), float) for line in lines[1:3])
    assert second[0] > first[0]


def test_unspecified_colours_follow_the_number_of_lines() -> None:
    def of(lines: int) -> Color:
        return Color.resolve(color_range=0, matrix=2, primaries=2, transfer=2, lines=lines)

    assert (of(1080).matrix, of(480).matrix) == (1, 6)
    assert of(1080).range == 1
