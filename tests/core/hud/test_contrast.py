"""Every letter and digit of every theme, on white and on black footage, has a contrast of 4.5 : 1.

Which pixels are text is found by drawing the same HUD with a font that leaves nothing behind.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import cv2
import numpy as np
import pytest
from msgspec import structs
from numpy.typing import NDArray

from hud_data import blank, full_ride
from uploadm8.core.hud import text
from uploadm8.core.hud.frame import FrameFormat, Plane, Planes, Rect
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.spec import Anchor, HudSpec, StatField, ThemeName, WidgetEntry, WidgetKind

BLACK, WHITE = 16, 235
_NEAR = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
ROOMY = FrameFormat(4800, 1080, 30.0)  # room for all widgets at full size
PLAIN = FrameFormat(1440, 1080, 30.0)
AHEAD, BEHIND = 1380, 1680  # frames of the ride with a gap to the best lap
Pixels = tuple[NDArray[np.intp], ...]
Least = dict[tuple[int, str], float]
FIELDS = (StatField.PACE, StatField.SATELLITES)
PLACES = {
    WidgetKind.G_FORCE: Anchor.CENTER,
    WidgetKind.LEAN: Anchor.LEFT,
    WidgetKind.LAP: Anchor.RIGHT,
}
EVERY = (
    *(
        WidgetEntry(
            kind=kind,
            anchor=PLACES.get(kind),
            fields=FIELDS if kind is WidgetKind.STATS else (),
        )
        for kind in WidgetKind
        if kind is not WidgetKind.LOGO
    ),
    *(WidgetEntry(kind=WidgetKind.SPEED, style=style) for style in ("arc", "digital", "bar")),
    WidgetEntry(kind=WidgetKind.MAP, style="follow"),
)
ACCENTS = ("#ffff00", "#0000ff", "#404040", "#ff0000", "#7a00ff")
FADING = {WidgetKind.COMPASS, WidgetKind.SPEED, WidgetKind.ALTITUDE}  # tapes, towards their ends


class Glyph(NamedTuple):
    """Where one piece of ink is, and what is next to it."""

    kind: str
    ink: Pixels
    beside: Pixels


@contextmanager
def invisible_text() -> Iterator[None]:
    """Fonts take their room, and draw next to nothing."""
    put = text._Face.put

    def faint(face: text._Face, canvas: Plane, words: str, x: int, y: int, size: int) -> int:
        end = put(face, canvas, words, x, y, size)
        np.minimum(canvas, 3, out=canvas)
        return end

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text._Face, "put", faint)
        _forget()
        yield
    _forget()


def _forget() -> None:
    for kept in (text.text_mask, text._drawn, text.number_mask, text._placed, text._bearing):
        kept.cache_clear()


def drawn(hud: Hud, luma: int, index: int) -> Planes:
    planes = blank(hud.frame, luma=luma)
    hud.draw(planes, index)
    return planes


def glyphs(spec: HudSpec, frame: FrameFormat, index: int) -> list[Glyph]:
    """What is text in a HUD; ink is where it is solid."""
    hud = Hud(spec, full_ride(), frame)
    with_text = drawn(hud, BLACK, index).y.copy()
    with invisible_text():
        bare = drawn(Hud(spec, full_ride(), frame), BLACK, index).y.copy()
    kinds = [str(entry.kind) for entry in hud.widgets] or ["summary"]
    found = []
    for rect, kind in zip(hud.panels, kinds, strict=True):
        found += _of_panel(rect, kind, np.asarray(cv2.subtract(with_text, bare), np.uint8), bare)
    return found


def _of_panel(rect: Rect, kind: str, ink: Plane, bare: Plane) -> list[Glyph]:
    x, y, w, h = rect
    own, drawing = (np.ascontiguousarray(p[y : y + h, x : x + w]) for p in (ink, bare))
    any_ink = ((own > 8) | (drawing > 90)).astype(np.uint8)  # lines that pass are no footage
    near_ink = cv2.dilate(any_ink, np.ones((3, 3), np.uint8))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats((own > 40).astype(np.uint8))
    found, strongest = [], own.max()
    for label in range(1, count):
        x0, y0, bw, bh, size = boxes[label]
        peak = own[labels == label].max()
        if size < 16 or (kind in FADING and _fades(kind, x0 + bw / 2, w, peak, strongest)):
            continue
        top, left = max(y0 - 6, 0), max(x0 - 6, 0)
        part = np.s_[top : y0 + bh + 6, left : x0 + bw + 6]
        mine = labels[part] == label
        around = cv2.dilate(mine.astype(np.uint8), _NEAR) > 0
        solid = np.nonzero(mine & (own[part] >= 0.93 * peak))
        beside = np.nonzero(around & (near_ink[part] == 0))
        if len(beside[0]) < 4:
            continue
        offset = (y + top, x + left)
        found.append(
            Glyph(
                kind,
                tuple(a + o for a, o in zip(solid, offset, strict=True)),
                tuple(a + o for a, o in zip(beside, offset, strict=True)),
            )
        )
    return found


def _fades(kind: str, x: float, width: int, peak: int, strongest: int) -> bool:
    if kind is WidgetKind.COMPASS:
        return abs(x - width / 2) > 0.3 * width
    return peak < 0.8 * strongest


def luminance(planes: Planes, at: Pixels) -> NDArray[np.float64]:
    """WCAG 2 relative luminance of limited-range BT.709."""
    half = at[0] // 2, at[1] // 2
    y = (planes.y[at].astype(np.float64) - 16) / 219
    u, v = ((plane[half].astype(np.float64) - 128) / 224 for plane in (planes.u, planes.v))
    rgb = np.stack([y + 1.5748 * v, y - 0.1873 * u - 0.4681 * v, y + 1.8556 * u])
    rgb = np.clip(rgb, 0, 1)
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.asarray(np.array([0.2126, 0.7152, 0.0722]) @ linear)


def weakest(spec: HudSpec, frame: FrameFormat, index: int, found: list[Glyph]) -> Least:
    """The least contrast of a glyph, per footage and kind of widget."""
    hud, least = Hud(spec, full_ride(), frame), Least()
    for footage in (BLACK, WHITE):
        planes = drawn(hud, footage, index)
        for glyph in found:
            lit = float(np.median(luminance(planes, glyph.ink)))
            back = float(np.percentile(luminance(planes, glyph.beside), 90))
            key = footage, glyph.kind
            least[key] = min(least.get(key, 99.0), (lit + 0.05) / (back + 0.05))
    return least


def flash() -> int:
    """A frame with the flash of a new highest speed."""
    hud = Hud(HudSpec(widgets=(WidgetEntry(kind=WidgetKind.MAX_SPEED),)), full_ride(), PLAIN)
    return int(np.flatnonzero(hud._panels[0].strength == 255)[-1])


@pytest.mark.parametrize("theme", ThemeName)
def test_every_text_of_every_widget_can_be_read_on_any_footage(theme: ThemeName) -> None:
    spec = HudSpec(theme=theme, widgets=EVERY, animate=False, text="Furka")
    index = flash()
    found = glyphs(spec, ROOMY, index)
    assert {glyph.kind for glyph in found} >= set(WidgetKind) - {WidgetKind.LOGO}
    for opacity in (1.0, 0.5, 0.0):
        least = weakest(structs.replace(spec, opacity=opacity), ROOMY, index, found)
        assert not {key: ratio for key, ratio in least.items() if ratio < 4.5}, opacity


@pytest.mark.parametrize("theme", ThemeName)
def test_text_can_be_read_with_any_accent_and_any_gap(theme: ThemeName) -> None:
    """Of the two widgets that write in other colours than a theme's text."""
    entries = (WidgetEntry(kind=WidgetKind.COMPASS), WidgetEntry(kind=WidgetKind.LAP))
    spec = HudSpec(theme=theme, widgets=entries, animate=False, accent="#ffffff")
    for index in (AHEAD, BEHIND):
        found = glyphs(spec, PLAIN, index)
        assert {glyph.kind for glyph in found} == {WidgetKind.COMPASS, WidgetKind.LAP}
        for accent in ACCENTS:
            least = weakest(structs.replace(spec, accent=accent), PLAIN, index, found)
            assert not {key: ratio for key, ratio in least.items() if ratio < 4.5}, accent


@pytest.mark.parametrize("theme", ThemeName)
def test_the_summary_can_be_read_on_any_footage(theme: ThemeName) -> None:
    spec = HudSpec(theme=theme, widgets=(), summary_card=True, animate=False)
    last = len(full_ride().times) - 1
    found = glyphs(spec, PLAIN, last)
    assert len(found) > 40
    assert min(weakest(spec, PLAIN, last, found).values()) >= 4.5
