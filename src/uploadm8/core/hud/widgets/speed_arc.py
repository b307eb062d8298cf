"""Speed as an arc that lights up, with the number in its middle."""

from typing import NamedTuple

import numpy as np

from uploadm8.core.hud.box import Box
from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.marker import STEPS
from uploadm8.core.hud.plates import draw_plate
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.text import number_mask, number_width, text_mask, write
from uploadm8.core.hud.units import ABSENT, number
from uploadm8.core.hud.widget import Size, Widget
from uploadm8.core.hud.widgets.dial import scale_end
from uploadm8.core.hud.widgets.dial_faces import FACES
from uploadm8.core.telemetry.track import Channel


class ArcState(NamedTuple):
    """Half pixels of lit arc, and the number; -1 and a dash in a gap."""

    lit: int
    digits: str


class SpeedArc(Widget[ArcState]):
    """An arc gauge; what it looks like is the theme's dial."""

    channels = (Channel.SPEED,)

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        speeds = scene.units.speed.of(1.0) * scene.held(Channel.SPEED)
        known = scene.valid(Channel.SPEED)
        self._end = scale_end(float(speeds[known].max()) if known.any() else 1.0)
        self._face = FACES[scene.theme.dial](scene, self.base, width, self._end)
        share = np.clip(speeds / self._end, 0, 1)
        self._lit = np.where(known, np.rint(share * self._face.arc.length * STEPS), -1).astype(
            np.int64
        )
        self._speeds = speeds
        self._cap = self._digit_cap(width)
        self._draw_unit(width)

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        side = scene.sizes.dial * scene.unit_for(entry)
        return Size(side, side)

    def plate(self) -> Plane | None:
        return draw_plate(self.scene, self.base, round_plate=True)

    def state(self, index: int) -> ArcState:
        slot = self.scene.slots[index]
        lit = int(self._lit[index])
        digits = number(float(self._speeds[slot])) if self._lit[slot] >= 0 else ABSENT
        return ArcState(lit, digits)

    def paint(self, layer: Layer, state: ArcState) -> None:
        self._face.paint(layer, max(state.lit, 0))

    def changed(self, before: ArcState, now: ArcState) -> Box | None:
        return self._face.changed(self.base, max(before.lit, 0), max(now.lit, 0))

    def still(self, state: ArcState) -> str:
        return state.digits

    def paint_still(self, layer: Layer, state: ArcState) -> None:
        text = number_mask(self.scene.theme.digits, state.digits, self._cap)
        middle = self.base.width / 2
        write(layer, text, (middle, middle + self._cap * 0.42), self._text_ink, "center")

    def _digit_cap(self, width: int) -> float:
        """The cap height at which the end of the scale fits between the face's inner marks."""
        font = self.scene.theme.digits
        self._text_ink = self.scene.ink(self.scene.theme.text)
        cap = width * 0.205
        widest = max(number_width(font, text, cap) for text in (str(self._end), "00"))
        return min(cap, cap * self._face.inner_width / widest)

    def _draw_unit(self, width: int) -> None:
        theme = self.scene.theme
        cap = width * self.scene.sizes.dial_unit
        text = text_mask(theme.label, self.scene.units.speed.symbol, cap, 0.03)
        baseline = width / 2 + self._cap * 0.42 + width * 0.073 + cap
        write(self.base, text, (width / 2, baseline), self.scene.text_ink(theme.dim), "center")
