"""Lean angle, on the theme's own face."""

from typing import NamedTuple

import numpy as np

from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.plates import side_pad
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.theme import LeanFace
from uploadm8.core.hud.units import ABSENT
from uploadm8.core.hud.widget import Size, Widget
from uploadm8.core.hud.widgets.lean_face import SCALE_DEG, Face
from uploadm8.core.hud.widgets.lean_fans import BlocksFace, LineFace, NeedleFace, RiderFace
from uploadm8.core.hud.widgets.lean_levels import HorizonFace, LevelFace
from uploadm8.core.telemetry.track import Channel

_STEP_DEG = 0.5
_FACES: dict[LeanFace, type[Face]] = {
    LeanFace.RIDER: RiderFace,
    LeanFace.LINE: LineFace,
    LeanFace.BLOCKS: BlocksFace,
    LeanFace.NEEDLE: NeedleFace,
    LeanFace.LEVEL: LevelFace,
    LeanFace.HORIZON: HorizonFace,
}


class LeanState(NamedTuple):
    """Half degrees to the right: now, and the farthest to each side so far; and the number."""

    tilt: int
    least: int
    most: int
    digits: str


class LeanAngle(Widget[LeanState]):
    """To the right is positive, as the track has it."""

    channels = (Channel.LEAN,)

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        self._lean = scene.held(Channel.LEAN)
        self._known = scene.valid(Channel.LEAN)
        limited = np.clip(self._lean, -SCALE_DEG, SCALE_DEG)
        self._tilt = np.rint(limited / _STEP_DEG).astype(np.int64)
        seen = np.where(self._known, self._tilt, 0)
        self._least, self._most = np.minimum.accumulate(seen), np.maximum.accumulate(seen)
        self._face = _FACES[scene.theme.lean](scene, self.base, self.unit)

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        side = scene.sizes.ball * scene.unit_for(entry)
        tall = _FACES[scene.theme.lean].tall
        return Size(side * 1.15 + 2 * side_pad(scene), side * tall)

    def state(self, index: int) -> LeanState:
        slot = int(self.scene.slots[index])
        digits = f"{abs(self._lean[slot]):.0f}" if self._known[slot] else ABSENT
        least, most = int(self._least[index]), int(self._most[index])
        return LeanState(int(self._tilt[index]), least, most, digits)

    def paint(self, layer: Layer, state: LeanState) -> None:
        ends = state.least * _STEP_DEG, state.most * _STEP_DEG
        self._face.paint(layer, state.tilt * _STEP_DEG, ends)

    def still(self, state: LeanState) -> str:
        return state.digits

    def paint_still(self, layer: Layer, state: LeanState) -> None:
        self._face.write(layer, state.digits)
