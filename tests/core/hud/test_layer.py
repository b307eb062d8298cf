"""Painting and blending against the same sums done in floating point."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hud_data import blank, car_ride
from uploadm8.core.hud.box import Box
from uploadm8.core.hud.color import ColorCoding, Ink, mix_hex, relative_luminance
from uploadm8.core.hud.frame import FrameFormat
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.layer import Layer, Piece, put_plane
from uploadm8.core.hud.shapes import bar, disc, polygon
from uploadm8.core.hud.spec import HudSpec, ThemeName

WIDE = FrameFormat(960, 540, 30.0)
INK = Ink(210.0, 90.0, 170.0)


def test_blending_is_within_one_of_the_float_result() -> None:
    hud = Hud(HudSpec(theme=ThemeName.SPORT, animate=False), car_ride(), WIDE)
    planes = blank(WIDE, seed=3)
    truth = {name: getattr(planes, name).astype(np.float64) for name in ("y", "u", "v")}
    hud.draw(planes, 700)
    for panel in hud._panels:
        x, y, w, h = panel.rect
        layer = panel._layer
        for name, k, inverse in (
            ("y", 1, layer.inv_y),
            ("u", 2, layer.inv_c),
            ("v", 2, layer.inv_c),
        ):
            area = np.s_[y // k : (y + h) // k, x // k : (x + w) // k]
            over = getattr(layer, name).astype(np.float64)
            truth[name][area] = truth[name][area] * (inverse / 255) + over
    for name, expected in truth.items():
        assert np.abs(getattr(planes, name) - expected).max() <= 1


@settings(max_examples=60, deadline=None)
@given(
    st.integers(-9, 40),
    st.integers(-9, 30),
    st.integers(1, 21),
    st.integers(1, 21),
    st.integers(1, 255),
)
def test_painting_at_any_place_equals_the_float_result(
    x: int, y: int, w: int, h: int, alpha: int
) -> None:
    layer = Layer(48, 36)
    layer.paint(np.full((48, 36), 40, np.uint8).T.copy(), Ink(60.0, 128.0, 128.0))
    before_inv, before_y = layer.inv_y.astype(float), layer.y.astype(float)
    layer.paint(np.full((h, w), alpha, np.uint8), INK, x, y)
    cover = np.zeros((36, 48))
    cover[max(y, 0) : max(y + h, 0), max(x, 0) : max(x + w, 0)] = alpha / 255
    assert np.abs(layer.inv_y - before_inv * (1 - cover)).max() <= 1
    assert np.abs(layer.y - (before_y * (1 - cover) + INK.y * cover)).max() <= 1.01


def test_an_opaque_layer_replaces_what_is_below() -> None:
    layer = Layer(16, 16)
    layer.paint(np.full((16, 16), 255, np.uint8), INK)
    below = np.arange(256, dtype=np.uint8).reshape(16, 16)
    put_plane(below, layer.inv_y, layer.y)
    assert (below == 210).all()


@pytest.mark.parametrize("opacity", [0.0, 0.37, 1.0])
def test_a_faded_layer_shows_as_much_more_of_what_is_below(opacity: float) -> None:
    whole, faded = Layer(16, 16), Layer(16, 16)
    for layer in (whole, faded):
        layer.paint(np.full((16, 16), 180, np.uint8), INK)
    faded.fade(opacity)
    below, bare = (np.arange(256, dtype=np.uint8).reshape(16, 16) for _ in range(2))
    put_plane(below, whole.inv_y, whole.y)
    expected = bare + (below.astype(float) - bare) * opacity
    put_plane(bare, faded.inv_y, faded.y)
    assert np.abs(bare - expected).max() <= 1.5


def test_shapes_cover_their_true_area() -> None:
    assert abs(disc(64, 64, (32.3, 31.8), 20).sum() / 255 - np.pi * 400) < 2
    assert abs(bar(20, 10, (2.25, 3.5, 10.5, 4.0)).sum() / 255 - 42) < 0.1
    # Within a fifth of a pixel along the outline.
    assert abs(polygon(40, 40, [(5, 5), (35, 5), (5, 35)]).sum() / 255 - 450) < 0.2 * 103


def test_colours_are_coded_as_the_standards_say() -> None:
    limited = ColorCoding(FrameFormat(64, 64, 30, "bt709"))
    assert limited.ink("#ffffff").y == 235
    assert np.allclose(limited.ink("#ff0000"), (62.6, 102.3, 240.0), atol=0.1)
    assert np.allclose(
        ColorCoding(FrameFormat(64, 64, 30, "bt601")).ink("#ff0000"), (81.5, 90.2, 240.0), atol=0.1
    )
    full = ColorCoding(FrameFormat(64, 64, 30, "bt709", full_range=True))
    assert np.allclose(full.ink("#ffffff"), (255, 128, 128))


def test_colour_arithmetic() -> None:
    assert mix_hex("#000000", "#ffffff", 0.5) == "#808080"
    assert relative_luminance("#ffffff") == 1.0


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 12), st.integers(0, 10), st.integers(1, 30), st.integers(1, 20))
def test_a_stamped_piece_is_its_paint_and_keeps_to_the_box_that_is_drawn_again(
    column: int, row: int, w: int, h: int
) -> None:
    """Corners are even; a piece may lie across the box's edge or beside it."""
    mask = np.arange(h * w, dtype=np.uint8).reshape(h, w)
    picture = Layer(w + 1 & ~1, h + 1 & ~1)
    picture.paint(mask, INK)
    painted, stamped, clipped = (Layer(64, 48) for _ in range(3))
    for layer in (painted, stamped, clipped):
        layer.paint(np.full((48, 64), 90, np.uint8), Ink(60.0, 100.0, 140.0))
    before = clipped.copy()
    painted.paint(mask, INK, 2 * column, 2 * row)
    stamped.stamp(Piece(picture), 2 * column, 2 * row)
    clipped.box = Box(10, 8, 30, 20)
    clipped.stamp(Piece(picture), 2 * column, 2 * row)
    before.load(stamped, clipped.box)
    for name in ("luma", "chroma"):
        assert np.array_equal(getattr(stamped, name), getattr(painted, name))
        assert np.array_equal(getattr(clipped, name), getattr(before, name))
