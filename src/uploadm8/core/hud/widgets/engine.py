"""The engine: shift lights, revolutions, gear, throttle and brake; what is absent is left out."""

from typing import NamedTuple

import numpy as np

from uploadm8.core.hud.box import Box, around
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.lettering import caption, symbol
from uploadm8.core.hud.plates import side_pad
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import grid, rounded_rect
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.sweep import Sweep
from uploadm8.core.hud.text import number_mask, number_width, write
from uploadm8.core.hud.units import ABSENT, gear_text
from uploadm8.core.hud.widget import Size, Widget
from uploadm8.core.telemetry.track import BoolArray, Channel

_LIGHTS = 15
_GREEN, _AMBER, _RED = "#35e06b", "#ffc933", "#ff3b30"
_PARTS = (Channel.RPM, Channel.GEAR, Channel.THROTTLE, Channel.BRAKE)


class EngineState(NamedTuple):
    """Lit lights, the two numbers, and percents of the pedals."""

    lights: int
    rpm: str
    gear: str
    pedals: tuple[int, ...]


class Engine(Widget[EngineState]):
    """Gear left, lights and revolutions in the middle, pedals right."""

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        unit = self.unit
        self._pad = 24 * unit + side_pad(scene)
        self._rpm = scene.held(Channel.RPM)
        known = scene.valid(Channel.RPM)
        highest = float(self._rpm[known].max()) if known.any() else 0.0
        self._red = max(np.ceil(highest / 500) * 500, 1000.0)
        share = np.clip((self._rpm / self._red - 0.35) / 0.63, 0, 1)
        self._lights = np.rint(share * _LIGHTS).astype(np.int64)
        self._gear = scene.held(Channel.GEAR)
        self._pedals = [
            (channel, color)
            for channel, color in ((Channel.THROTTLE, _GREEN), (Channel.BRAKE, _RED))
            if scene.has(channel)
        ]
        self._draw(width, height)

    @classmethod
    def available(cls, scene: Scene, entry: WidgetEntry) -> bool:
        return any(scene.has(channel) for channel in _PARTS)

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        unit = scene.unit_for(entry)
        width = 48.0 * unit + 2 * side_pad(scene)
        width += 72 * unit if scene.has(Channel.GEAR) else 0
        width += 300 * unit if scene.has(Channel.RPM) else 0
        width += sum(40 * unit for c in (Channel.THROTTLE, Channel.BRAKE) if scene.has(c))
        return Size(width, 112 * unit)

    def shown(self) -> BoolArray:
        each = [self.scene.shown([c]) for c in _PARTS if self.scene.has(c)]
        return np.asarray(np.logical_or.reduce(each), np.bool_)

    def state(self, index: int) -> EngineState:
        scene, slot = self.scene, int(self.scene.slots[index])
        rpm = (
            f"{round(float(self._rpm[slot]), -1):.0f}" if scene.valid(Channel.RPM)[slot] else ABSENT
        )
        known = scene.valid(Channel.GEAR)[slot]
        digit = gear_text(float(self._gear[slot])) if known else ABSENT
        pedals = tuple(
            round(min(max(float(scene.held(c)[index]), 0.0), 100.0)) for c, _ in self._pedals
        )
        return EngineState(int(self._lights[index]), rpm, digit, pedals)

    def paint(self, layer: Layer, state: EngineState) -> None:
        if state.lights:
            self._sweep.uncover(layer, self._lights_until(state))
        for bar, percent in zip(self._bars, state.pedals, strict=True):
            rows = round((bar.y1 - bar.y0) * percent / 100)
            if not rows:
                continue
            pressed = bar._replace(y0=bar.y1 - rows).even()
            pressed = pressed if layer.box is None else pressed.common(layer.box)
            if not pressed.empty:
                layer.load(self._pressed, pressed)
                layer.touch(pressed)

    def changed(self, before: EngineState, now: EngineState) -> Box:
        pedals = zip(self._bars, before.pedals, now.pedals, strict=True)
        moved = [bar for bar, was, is_now in pedals if was != is_now]
        if before.lights != now.lights:
            ends = self._lights_until(before), self._lights_until(now)
            moved.append(self._sweep.changed(*ends))
        return around(*moved)

    def _lights_until(self, state: EngineState) -> float:
        return state.lights / _LIGHTS * self._lights_w

    def still(self, state: EngineState) -> tuple[str, str]:
        return state.gear, state.rpm

    def paint_still(self, layer: Layer, state: EngineState) -> None:
        scene, unit, theme = self.scene, self.unit, self.scene.theme
        ink = scene.ink(theme.text)
        if scene.has(Channel.GEAR):
            digit = number_mask(theme.digits, state.gear, 50 * unit)
            at = (self._pad + 26 * unit, layer.height / 2 + 25 * unit)
            write(layer, digit, at, ink, "center")
        if scene.has(Channel.RPM):
            number = number_mask(theme.value, state.rpm, 26 * unit)
            write(layer, number, (self._rpm_end, self._rpm_line), ink, "right")

    def _draw(self, width: int, height: int) -> None:
        scene, unit, theme = self.scene, self.unit, self.scene.theme
        dim = scene.text_ink(theme.dim)
        x = self._pad
        if scene.has(Channel.GEAR):
            x += 72 * unit
        self._bars: list[Box] = []
        if scene.has(Channel.RPM):
            self._draw_lights(x, width, height)
            x += 300 * unit
        for channel, _ in self._pedals:
            label = symbol(scene, "T" if channel is Channel.THROTTLE else "B", unit)
            w, top = round(16 * unit), round(22 * unit)
            tall = height - top - round((scene.sizes.label + 29) * unit)
            left, bar = round(x + 12 * unit), np.full((tall, w), 255, np.uint8)
            self.base.paint(bar, scene.ink(theme.text), left, top, 0.2)
            write(self.base, label, (left + w / 2, height - 20 * unit), dim, "center")
            self._bars.append(Box(left, top, left + w, top + tall))
            x += 40 * unit
        self._pressed = self.base.copy()
        for (_, color), (left, top, right, bottom) in zip(self._pedals, self._bars, strict=True):
            whole = np.full((bottom - top, right - left), 255, np.uint8)
            self._pressed.paint(whole, scene.ink(color), left, top)

    def _draw_lights(self, x: float, width: int, height: int) -> None:
        scene, unit, theme = self.scene, self.unit, self.scene.theme
        self._lights_w = 284 * unit
        step = self._lights_w / _LIGHTS
        size = int(step * 0.76) & ~1
        light = rounded_rect(size, size, size / 2)
        top = round(24 * unit)
        for i in range(_LIGHTS):
            self.base.paint(light, scene.ink(theme.text), round(x + i * step), top, 0.22)
        widest = f"{self._red:.0f}"
        self._rpm_end = x + number_width(theme.value, widest, 26 * unit)
        self._rpm_line = height - 22 * unit
        at = (self._rpm_end + 10 * unit, self._rpm_line)
        write(self.base, caption(scene, "RPM", unit), at, scene.text_ink(theme.dim))
        self._lit = self.base.copy()
        for i in range(_LIGHTS):
            color = _GREEN if i < 6 else _AMBER if i < 11 else _RED
            self._lit.paint(light, scene.ink(color), round(x + i * step), top)
        columns, rows = grid(width, height)
        inside = (rows >= top) & (rows <= top + size)
        inside &= (columns >= x) & (columns <= x + self._lights_w)
        self._sweep = Sweep(self._lit, np.where(inside, columns - x + 0.01, np.nan), self._lights_w)
