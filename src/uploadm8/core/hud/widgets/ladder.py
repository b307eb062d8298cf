"""A vertical tape with the current value in a box, as pilots read speed and height."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import cv2
import numpy as np

from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer, times, times_plane
from uploadm8.core.hud.lettering import caption
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import grid, lines, polygon
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.text import number_mask, write
from uploadm8.core.hud.units import ABSENT, Quantity, number
from uploadm8.core.hud.widget import Size, Widget
from uploadm8.core.telemetry.track import Channel

_VISIBLE_STEPS = 7  # labelled and unlabelled marks on the tape
_ROUND = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0)


class LadderState(NamedTuple):
    """Half pixels of tape, and the number."""

    tape: int
    digits: str


class Ladder(Widget[LadderState]):
    """Marks run past a fixed box."""

    label: ClassVar[str]
    right_side: ClassVar[bool]

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        channel = self.channels[0]
        self._values = scene.held(channel) * self.quantity(scene).factor
        self._known = scene.valid(channel)
        known = self._values[self._known]
        swing = float(known.max() - known.min()) if len(known) else 1.0
        self._step = next((s for s in _ROUND if s * 6 >= swing * 0.5), _ROUND[-1])
        head = (scene.sizes.label + 31) * self.unit
        self._top, self._tall = head, height - head - 14 * self.unit
        self._px = self._tall / _VISIBLE_STEPS / self._step
        self._tape = np.rint(self._values * self._px * 2).astype(np.int64)
        self._box_cap = 25 * self.unit
        y = grid(width, height)[1]
        inside = np.minimum(y - self._top, self._top + self._tall - y)
        fade = np.clip(inside / (36 * self.unit), 0, 1)
        self._middle = round(self._top + self._tall / 2)
        away = (np.abs(y - self._middle) - 27 * self.unit) / (9 * self.unit)
        self._fade: Plane = np.rint(fade * np.clip(away, 0, 1) * 255).astype(np.uint8)
        self._draw(width, height)

    @classmethod
    def quantity(cls, scene: Scene) -> Quantity:
        """The unit of the tape."""
        raise NotImplementedError

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        unit, (width, height) = scene.unit_for(entry), scene.sizes.ladder
        return Size(width * unit, height * unit)

    def state(self, index: int) -> LadderState:
        slot = int(self.scene.slots[index])
        digits = number(float(self._values[slot])) if self._known[slot] else ABSENT
        return LadderState(int(self._tape[index]), digits)

    def paint(self, layer: Layer, state: LadderState) -> None:
        scene = self.scene
        marks = self._marks(layer.width, layer.height, state.tape)
        layer.paint(marks, scene.ink(scene.theme.text), strength=0.85)

    def still(self, state: LadderState) -> str:
        return state.digits

    def paint_still(self, layer: Layer, state: LadderState) -> None:
        scene = self.scene
        text = number_mask(scene.theme.digits, state.digits, self._box_cap)
        x = layer.width / 2 + (-6 if self.right_side else 6) * -self.unit
        at = (x, self._middle + self._box_cap / 2)
        write(layer, text, at, scene.ink(scene.theme.text), "center")

    def _marks(self, width: int, height: int, tape: int) -> Plane:
        """Ticks every step and numbers every second one, near the middle of the tape."""
        rows, half = divmod(tape, 2)
        first = int(tape / 2 / self._px // self._step) - _VISIBLE_STEPS // 2 - 2
        places = [
            (i, self._middle + rows - round(i * self._step * self._px))
            for i in range(first, first + 2 * (_VISIBLE_STEPS // 2 + 2) + 1)
        ]
        canvas = times_plane(self._ticks(width, height, places), self._fade)
        for i, y in places:
            if i % 2 == 0 and (i >= 0 or self.channels[0] is not Channel.SPEED):
                self._number(canvas, number(i * self._step), y)
        if half:
            # Half a row lower: the mean of the tape and the tape one row lower.
            lower = np.zeros_like(canvas)
            lower[1:] = canvas[:-1]
            canvas = np.asarray(cv2.addWeighted(canvas, 0.5, lower, 0.5, 0), np.uint8)
        return canvas

    def _ticks(self, width: int, height: int, places: Sequence[tuple[int, int]]) -> Plane:
        canvas, unit = np.zeros((height, width), np.uint8), self.unit
        bold = max(2, round(2.4 * unit))
        for i, y in places:
            long = round((22 if i % 2 == 0 else 13) * unit)
            x = round(6 * unit) if self.right_side else width - long - round(6 * unit)
            if bold < y < height - bold:
                canvas[y - bold // 2 : y - bold // 2 + bold, x : x + long] = 255
        return canvas

    def _number(self, canvas: Plane, digits: str, y: int) -> None:
        """A number in its row; it comes and goes as a whole, as half of one is another number."""
        scene, unit = self.scene, self.unit
        half = scene.sizes.label / 2 * unit
        inside = min(y - self._top, self._top + self._tall - y) - half
        away = abs(y - self._middle) - 24 * unit - half
        share = float(np.clip(min(inside / (24 * unit), away / (12 * unit)), 0, 1))
        if not share:
            return
        text = number_mask(scene.theme.label, digits, scene.sizes.label * unit)
        h, w = text.mask.shape
        end = canvas.shape[1] - 34 * unit - text.width
        left = round(34 * unit if self.right_side else end) - text.left
        top = y - text.rise + round(half)
        if 0 <= top < canvas.shape[0] - h and 0 <= left < canvas.shape[1] - w:
            target = canvas[top : top + h, left : left + w]
            np.maximum(target, times(text.mask, share), out=target)

    def _draw(self, width: int, height: int) -> None:
        scene, unit, theme = self.scene, self.unit, self.scene.theme
        sign = self.quantity(scene).symbol
        text = caption(scene, f"{self.label} {sign}" if scene.sizes.captions else sign, unit)
        write(
            self.base,
            text,
            (width / 2, (scene.sizes.label + 15) * unit),
            scene.text_ink(theme.dim),
            "center",
        )
        x, tall, notch = 4 * unit, 24 * unit, 12 * unit
        y = float(self._middle)
        box = [(x + notch, y - tall), (width - x, y - tall), (width - x, y + tall)]
        box += [(x + notch, y + tall), (x, y)]
        if not self.right_side:
            box = [(width - px, py) for px, py in box]
        self.base.paint(polygon(width, height, box), scene.ink("#000000"), strength=0.55)
        edges = [(*a, *b) for a, b in zip(box, [*box[1:], box[0]], strict=True)]
        outline = lines(width, height, edges, max(1.5, 2.4 * unit))
        self.base.paint(outline, scene.ink(scene.accent))


class SpeedLadder(Ladder):
    """Speed, at the left side."""

    channels = (Channel.SPEED,)
    label = "SPD"
    right_side = False

    @classmethod
    def quantity(cls, scene: Scene) -> Quantity:
        return scene.units.speed


class AltitudeLadder(Ladder):
    """Height, at the right side."""

    channels = (Channel.ALTITUDE,)
    label = "ALT"
    right_side = True

    @classmethod
    def quantity(cls, scene: Scene) -> Quantity:
        return scene.units.height
