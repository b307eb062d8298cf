"""How it looks: golden frames per theme and shape, opacity, and text that never meets text."""

import os
from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from hud_data import blank, full_ride, same
from uploadm8.core.hud.color import on_dark, relative_luminance
from uploadm8.core.hud.frame import FrameFormat, Planes
from uploadm8.core.hud.hud import Hud
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.panel import Panel
from uploadm8.core.hud.spec import (
    Anchor,
    HudSpec,
    Preset,
    StatField,
    ThemeName,
    WidgetEntry,
    WidgetKind,
)

GOLDEN = Path(__file__).parent / "golden"
WIDE = FrameFormat(960, 540, 30.0)
TALL = FrameFormat(540, 960, 30.0)
SHAPES = {
    "wide": WIDE,
    "tall": TALL,
    "square": FrameFormat(540, 540, 30.0),
    "feed": FrameFormat(540, 676, 30.0),
}
INDEX = 700


def scenery(frame: FrameFormat) -> Planes:
    """Sky, hills and a road: smooth, with edges behind the panels."""
    planes = blank(frame)
    h, w = frame.height, frame.width
    y, x = np.mgrid[0:h, 0:w].astype(np.float64)
    hill = h * (0.45 + 0.08 * np.sin(x / w * 9) + 0.03 * np.sin(x / w * 31))
    luma = np.where(y < hill, 215 - 60 * y / h, 70 + 50 * np.sin(x / 23) * np.sin(y / 17))
    road = np.abs(x - w / 2) < (y - hill) * 0.5
    planes.y[:] = np.clip(np.where(road, 120, luma), 16, 235).astype(np.uint8)
    sky = y[::2, ::2] < hill[::2, ::2]
    planes.u[:] = np.where(sky, 142, 112)
    planes.v[:] = np.where(sky, 112, 124)
    return planes


def as_rgb(planes: Planes) -> NDArray[np.uint8]:
    """BGR of limited-range BT.709, good enough to look at and to compare."""
    y = (planes.y.astype(np.float64) - 16) / 219
    h, w = planes.y.shape
    u, v = (
        cv2.resize(p.copy(), (w, h), interpolation=cv2.INTER_LINEAR).astype(np.float64) / 224
        - 128 / 224
        for p in (planes.u, planes.v)
    )
    rgb = np.stack([y + 1.8556 * u, y - 0.1873 * u - 0.4681 * v, y + 1.5748 * v], axis=-1)
    return np.asarray(np.clip(np.rint(rgb * 255), 0, 255), np.uint8)


@pytest.mark.parametrize("theme", ThemeName)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_theme_looks_as_it_did(theme: ThemeName, shape: str) -> None:
    frame = SHAPES[shape]
    hud = Hud(HudSpec(theme=theme, preset=Preset.MOTORCYCLE), full_ride(), frame)
    planes = scenery(frame)
    hud.draw(planes, INDEX)
    now = as_rgb(planes)
    path = GOLDEN / f"{theme}-{shape}.png"
    if os.environ.get("UPLOADM8_NEW_GOLDEN"):
        cv2.imwrite(str(path), now, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    before = cv2.imread(str(path))
    assert before is not None, f"{path.name} is missing; draw it with UPLOADM8_NEW_GOLDEN=1"
    error = float(np.mean((now.astype(np.float64) - before) ** 2))
    psnr = 10 * np.log10(255**2 / max(error, 1e-9))
    assert psnr >= 45


def still_text(panel: Panel, index: int = INDEX) -> tuple[NDArray[np.bool_], Layer]:
    """Where a widget's changing text lies, and the layer with it."""
    widget = panel.widget
    layer = widget.base.copy()
    state = widget.state(index)
    if widget.still(state) is None:
        widget.paint(layer, state)
    else:
        widget.paint_still(layer, state)
    return np.asarray(layer.y.astype(int) != widget.base.y, np.bool_), layer


@pytest.mark.parametrize("theme", ThemeName)
def test_opacity_is_that_of_the_panels_and_not_of_what_is_on_them(theme: ThemeName) -> None:
    plates = []
    for opacity in (1.0, 0.5, 0.0):
        widgets = (WidgetEntry(kind=WidgetKind.MAP),)
        spec = HudSpec(theme=theme, widgets=widgets, animate=False, opacity=opacity)
        hud = Hud(spec, full_ride(), WIDE)
        planes = blank(WIDE, luma=235)
        hud.draw(planes, INDEX)
        (panel,) = hud._panels
        x, y, w, h = panel.rect
        shown = planes.y[y : y + h, x : x + w]
        plates.append(int(np.median(shown)))
        moved, layer = still_text(panel)
        opaque = moved & (layer.inv_y == 0)
        assert (shown[opaque] == layer.y[opaque]).all()
    assert plates[0] < plates[1] - 40 < plates[2] - 80
    assert plates[2] == 235


@pytest.mark.parametrize("accent", ["#000000", "#0a1a5c", "#7a0000"])
def test_an_accent_too_dark_for_a_panel_is_lightened(accent: str) -> None:
    assert relative_luminance(on_dark(accent)) >= 0.2
    assert on_dark("#ff0000") == "#ff0000"


@pytest.mark.parametrize("theme", ThemeName)
@pytest.mark.parametrize("style", ["arc", "digital", "bar"])
@pytest.mark.parametrize("scale", [0.6, 1.0])
@pytest.mark.parametrize("frame", [FrameFormat(1920, 1080, 30.0), FrameFormat(1080, 1920, 30.0)])
def test_three_digits_meet_no_mark_and_no_label(
    theme: ThemeName, style: str, scale: float, frame: FrameFormat
) -> None:
    entry = WidgetEntry(kind=WidgetKind.SPEED, style=style, scale=scale)  # type: ignore[arg-type]
    hud = Hud(HudSpec(theme=theme, widgets=(entry,)), full_ride(), frame)
    (panel,) = hud._panels
    fastest = int(np.argmax(full_ride().values["speed"]))  # type: ignore[index]
    text, _ = still_text(panel, fastest)
    plate = Layer(panel.rect.w, panel.rect.h)
    widget = panel.widget
    drawn, widget.base = widget.base, plate
    widget.plate()
    marks = drawn.y.astype(int) != plate.y
    assert text.any()
    assert not (text & marks).any()


def test_nothing_of_a_panel_is_cut_off_at_its_edge() -> None:
    hud = Hud(HudSpec(theme=ThemeName.MINIMAL, preset=Preset.MOTORCYCLE), full_ride(), WIDE)
    for panel in hud._panels:
        _, layer = still_text(panel)
        drawn = np.abs(layer.y.astype(int) - panel.widget.base.y)
        drawn[1:-1, 1:-1] = 0
        assert drawn.max() < 12, panel.widget.entry.kind


SCALABLE = [
    *(
        WidgetEntry(kind=kind, fields=(StatField.SPEED,) if kind is WidgetKind.STATS else ())
        for kind in WidgetKind
        if kind is not WidgetKind.LOGO
    ),
    *(WidgetEntry(kind=WidgetKind.SPEED, style=style) for style in ("arc", "digital", "bar")),
    WidgetEntry(kind=WidgetKind.MAP, style="follow"),
]


@pytest.mark.parametrize("entry", SCALABLE, ids=lambda e: f"{e.kind}-{e.style}")
def test_a_larger_widget_is_the_widget_of_a_larger_hud(entry: WidgetEntry) -> None:
    """All of it, lines and letters as well; dashcam's plate alone has nothing of its own size."""
    drawn = []
    for whole, own in ((1.5, 1.0), (1.0, 1.5)):
        widget = msgspec.structs.replace(entry, anchor=Anchor.CENTER, scale=own)
        spec = HudSpec(theme=ThemeName.DASHCAM, scale=whole, widgets=(widget,), text="Furka")
        hud = Hud(spec, full_ride(), WIDE)
        (panel,) = hud._panels
        drawn.append(blank(WIDE))
        hud.draw(drawn[-1], int(np.flatnonzero(panel.strength == 255)[-1]))
    assert same(*drawn)
    assert not same(drawn[0], blank(WIDE))
