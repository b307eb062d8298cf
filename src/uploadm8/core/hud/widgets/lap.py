"""Lap number and time, the last and the best one, and the gap to the best."""

from typing import NamedTuple

import numpy as np

from uploadm8.core.hud.laps import load_laps
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.lettering import caption
from uploadm8.core.hud.plates import side_pad
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.text import number_mask, number_width, write
from uploadm8.core.hud.units import ABSENT, MINUS, duration_text
from uploadm8.core.hud.widget import DigitsWidget, Size
from uploadm8.core.telemetry.track import Channel

_AHEAD, _BEHIND = "#35e08c", "#ff5a4f"
_WIDEST = "00:00.0"  # of a lap, in a recording of less than an hour
_PAST_LAPS = ("LAST", "BEST")
_TIME = 30.0
_PAST = 1.15  # of the times of past laps, in cap heights of captions
_BEFORE = 0.7  # between their captions and them, the same
_BETWEEN = 24.0  # design units, at least, between what stands side by side


class LapState(NamedTuple):
    """The texts; a dash or nothing where there is nothing to say yet."""

    lap: str
    running: str
    last: str
    best: str
    delta: str


class LapTimer(DigitsWidget[LapState]):
    """A large running time over last and best."""

    channels = (Channel.LAP,)

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        self._pad = 24 * self.unit + side_pad(scene)
        self._laps = load_laps(scene)

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        unit, sizes, theme = scene.unit_for(entry), scene.sizes, scene.theme
        hours = duration_text(scene.samples.track.duration_s, 1)
        widest = max(hours, _WIDEST, key=len)
        time = number_width(theme.value, widest, _TIME * unit)
        delta = number_width(theme.value, "+00.00", sizes.value * unit)
        small = sizes.label * unit
        past = number_width(theme.value, widest, small * _PAST) + small * _BEFORE
        past += max(caption(scene, name, unit).width for name in _PAST_LAPS)
        pairs = time + delta, 2 * past if sizes.captions else past
        width = max(*(pair + _BETWEEN * unit for pair in pairs), 300 * unit)
        return Size(width + 48 * unit + 2 * side_pad(scene), (110 + 2 * sizes.label) * unit)

    def read(self, slot: int) -> LapState:
        laps = self._laps
        return LapState(
            f"LAP {laps.number[slot]:.0f}",
            duration_text(float(laps.running[slot]), 1),
            _time(float(laps.last[slot])),
            _time(float(laps.best[slot])),
            gap_text(float(laps.delta[slot])),
        )

    def paint(self, layer: Layer, state: LapState) -> None:
        scene, unit, theme = self.scene, self.unit, self.scene.theme
        ink, dim = scene.ink(theme.text), scene.text_ink(theme.dim)
        small, left, right = scene.sizes.label * unit, self._pad, layer.width - self._pad
        top = (scene.sizes.label + 22) * unit
        write(layer, caption(scene, state.lap, unit), (left, top), dim)
        line = top + (_TIME + 14) * unit
        write(layer, number_mask(theme.value, state.running, _TIME * unit), (left, line), ink)
        if state.delta:
            color = _AHEAD if state.delta.startswith(MINUS) else _BEHIND
            delta = number_mask(theme.value, state.delta, scene.sizes.value * unit)
            write(layer, delta, (right, line), scene.text_ink(color), "right")
        past = list(zip(_PAST_LAPS, (state.last, state.best), strict=True))
        half = (right - left + _BETWEEN * unit) / 2
        for i, (name, value) in enumerate(past if scene.sizes.captions else past[1:]):
            at = (left + i * half, layer.height - 22 * unit)
            end = write(layer, caption(scene, name, unit), at, dim)
            drawn = number_mask(theme.value, value, small * _PAST)
            write(layer, drawn, (end + small * _BEFORE, at[1]), dim if value == ABSENT else ink)


def _time(seconds: float) -> str:
    return ABSENT if np.isnan(seconds) else duration_text(seconds, 1)


def gap_text(seconds: float) -> str:
    """As exact as five digits allow; nothing where there is none."""
    if np.isnan(seconds):
        return ""
    size = abs(seconds)
    decimals = 2 if size < 99.995 else 1 if size < 999.95 else 0
    return f"{MINUS if seconds < 0 else '+'}{size:.{decimals}f}"
