"""Hud: a spec, the data and a frame format, ready to draw on frames in any order."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from uploadm8.core.hud.frame import FrameFormat, Planes, Rect, SafeArea, default_safe_area
from uploadm8.core.hud.layout import Request, arrange, whole_cells
from uploadm8.core.hud.motion import presence
from uploadm8.core.hud.panel import Panel
from uploadm8.core.hud.placement import anchors, place_order
from uploadm8.core.hud.presets import entries
from uploadm8.core.hud.registry import widget_class
from uploadm8.core.hud.scene import DESIGN_SIDE, Scene
from uploadm8.core.hud.sheet import sheets
from uploadm8.core.hud.spec import Anchor, HudSpec, WidgetEntry, WidgetKind
from uploadm8.core.hud.widget import Widget
from uploadm8.core.hud.widgets.summary import Summary
from uploadm8.core.telemetry.resample import Samples
from uploadm8.core.telemetry.track import BoolArray
from uploadm8.errors import InvalidRequestError

_SMALLEST = 0.62  # of the designed size; below that the least important widget is left out
_CARD = WidgetEntry(kind=WidgetKind.TEXT)  # the summary is no widget of a layout


class Hud:
    """Draws the HUD on 4:2:0 frames, in place.

    The pixels of a frame depend on its index alone: several workers may each draw a part of a
    clip, and frames may be drawn again or out of order. Not for use by two threads at once.

    Args:
        spec: what the user wants.
        samples: the data at the time of every frame.
        frame: the format of the frames.
        safe_area: the margins to keep free; those fitting the frame's shape when None.
    """

    def __init__(
        self,
        spec: HudSpec,
        samples: Samples,
        frame: FrameFormat,
        safe_area: SafeArea | None = None,
    ) -> None:
        area = whole_cells((safe_area or default_safe_area(frame)).rect(frame))
        unit = frame.short_side / DESIGN_SIDE * spec.scale
        self.frame = frame
        self._length = len(samples.times)
        scene = Scene(spec, samples, frame, area, unit)
        self._panels = _build(scene)
        self._sheets = sheets(self._panels, scene.theme.tone, scene.coding, spec.opacity)

    @property
    def panels(self) -> tuple[Rect, ...]:
        """The rectangles that may be drawn in; nothing outside them is ever touched."""
        return tuple(panel.rect for panel in self._panels)

    @property
    def widgets(self) -> tuple[WidgetEntry, ...]:
        """What is shown, in the order of `panels`; the summary card is not among them."""
        each = (panel.widget.entry for panel in self._panels)
        return tuple(entry for entry in each if entry is not _CARD)

    def draw(self, planes: Planes, index: int) -> None:
        """Draw the HUD of the frame at `index` of the samples' times.

        Raises:
            InvalidRequestError: the planes or the index do not belong to this HUD.
        """
        self.draw_all([(planes, index)])

    def draw_all(self, frames: Sequence[tuple[Planes, int]]) -> None:
        """`draw` on each of these frames, which is cheaper for several that follow each other.

        One sheet is drawn on all of them before the next, so that its pixels and its code are in
        the processor's caches for all frames but the first.

        Raises:
            InvalidRequestError: as `draw`; then nothing is drawn.
        """
        for planes, index in frames:
            self._check(planes, index)
        for sheet in self._sheets:
            for planes, index in frames:
                sheet.draw(planes, index)

    def _check(self, planes: Planes, index: int) -> None:
        if not planes.matches(self.frame) or not 0 <= index < self._length:
            raise InvalidRequestError(
                f"Frame {index} of {self._length}, luma {planes.y.shape}, does not fit this HUD.",
                code="hud_frame_mismatch",
                action="Draw 4:2:0 frames of the format and at the times the HUD was made for.",
            )


def _build(scene: Scene) -> list[Panel]:
    if not len(scene.samples.times):
        return []
    wanted = [e for e in entries(scene.spec) if _available(scene, e)]
    while True:
        fitted, places = _fit(scene, wanted)
        if None not in places:
            break
        lost = max(i for i, place in enumerate(places) if place is None)
        wanted = wanted[:lost] + wanted[lost + 1 :]
    card = _card(scene) if scene.spec.summary_card else None
    rest = np.ones(len(scene.samples.times), np.bool_)
    if card is not None:
        rest = ~card.widget.shown()
    panels = []
    for entry, rect in zip(wanted, places, strict=True):
        if rect is not None:
            widget = widget_class(scene.theme, entry)(fitted, entry, rect.w, rect.h)
            panels.append(_panel(widget, rect, widget.shown() & rest))
    return panels if card is None else [*panels, card]


def _available(scene: Scene, entry: WidgetEntry) -> bool:
    if entry.kind is WidgetKind.SPEED and scene.spec.safe_driving.mode == "hide":
        return False
    return widget_class(scene.theme, entry).available(scene, entry)


def _fit(scene: Scene, wanted: Sequence[WidgetEntry]) -> tuple[Scene, list[Rect | None]]:
    """Places at the largest size, from the designed one down, at which all fit."""
    shrink, places, tried = 1.0, list[Rect | None](), scene
    while shrink >= _SMALLEST:
        tried = replace(scene, unit=scene.unit * shrink)
        requests = [
            _request(tried, entry, again=any(e.kind is entry.kind for e in wanted[:i]))
            for i, entry in enumerate(wanted)
        ]
        places = arrange(requests, tried.area, tried.px(tried.sizes.gap))
        if None not in places:
            return tried, places
        shrink *= 0.95
    return tried, places


def _request(scene: Scene, entry: WidgetEntry, *, again: bool) -> Request:
    size = widget_class(scene.theme, entry).measure(scene, entry)
    where = anchors(scene.spec.theme, entry, compact=scene.compact, again=again)
    order = place_order(entry, compact=scene.compact)
    return Request(size.w, size.h, where, order, size.least_w)


def _panel(widget: Widget[Any], rect: Rect, shown: BoolArray) -> Panel:
    scene = widget.scene
    amount = presence(shown, scene.samples.times, animate=scene.spec.animate)
    strength = np.rint(amount * 255).astype(np.uint8)
    return Panel(widget, rect, strength)


def _card(scene: Scene) -> Panel | None:
    """The summary, in the middle; it is on alone, so it may cover the other widgets' places."""
    if not Summary.available(scene, _CARD):
        return None
    size = Summary.measure(scene, _CARD)
    shrink = min(1.0, scene.area.w / size.w, scene.area.h / size.h)
    scene = replace(scene, unit=scene.unit * shrink)
    size = Summary.measure(scene, _CARD)
    rect = arrange([Request(size.w, size.h, (Anchor.CENTER,))], scene.area, 0.0)[0]
    if rect is None:
        return None
    widget = Summary(scene, _CARD, rect.w, rect.h)
    return _panel(widget, rect, widget.shown())
