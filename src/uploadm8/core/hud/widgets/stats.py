"""Numbers side by side, each under its caption."""

from typing import NamedTuple

import numpy as np

from uploadm8.core.hud.fields import FIELDS, field_available
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.plates import hairline, side_pad
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.spec import StatField, WidgetEntry, WidgetKind
from uploadm8.core.hud.text import number_mask, number_width, text_mask, write
from uploadm8.core.hud.units import ABSENT
from uploadm8.core.hud.widget import DigitsWidget, Size
from uploadm8.core.telemetry.track import BoolArray

_PAD, _GAP, _CAP, _SMALL, _HEIGHT = 24.0, 26.0, 22.0, 12.5, 92.0
_ALONE = {
    WidgetKind.HEART_RATE: StatField.HEART_RATE,
    WidgetKind.POWER: StatField.POWER,
    WidgetKind.CADENCE: StatField.CADENCE,
    WidgetKind.GRADE: StatField.GRADE,
    WidgetKind.DISTANCE: StatField.DISTANCE,
    WidgetKind.COORDINATES: StatField.COORDINATES,
}


class StatState(NamedTuple):
    """The numbers and units, as text."""

    numbers: tuple[tuple[str, str], ...]


def wanted_fields(entry: WidgetEntry) -> tuple[StatField, ...]:
    """The fields an entry asks for."""
    if entry.kind is WidgetKind.CLOCK:
        return (StatField.CLOCK, StatField.DATE)
    alone = _ALONE.get(entry.kind)
    return (alone,) if alone else entry.fields


class Stats(DigitsWidget[StatState]):
    """A row of fields; those without data are left out."""

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        self._unit = scene.px(1) * entry.scale
        fields = _available(scene, entry)
        self._readers = [FIELDS[field].reader(scene) for field in fields]
        self._valid = [
            np.logical_and.reduce([scene.valid(c) for c in FIELDS[f].channels])
            if FIELDS[f].channels
            else np.ones(len(scene.samples.times), np.bool_)
            for f in fields
        ]
        widths = _cell_widths(scene, entry)
        spare = (width - 2 * side_pad(scene) - _total(widths, self._unit)) / len(widths)
        self._starts: list[float] = []
        x = _PAD * self._unit + side_pad(scene) + spare / 2
        for i, (field, cell) in enumerate(zip(fields, widths, strict=True)):
            self._starts.append(x)
            label = text_mask(
                scene.theme.label, FIELDS[field].label, _SMALL * self._unit, scene.theme.tracking
            )
            write(self.base, label, (x, self._label_line), scene.ink(scene.theme.dim))
            if i:
                line = x - (_GAP * self._unit + spare) / 2
                tall = height * 0.5
                thick = max(1.0, 1.5 * self._unit)
                hairline(self.base, scene, (line, (height - tall) / 2, thick, tall))
            x += cell + _GAP * self._unit + spare

    @classmethod
    def available(cls, scene: Scene, entry: WidgetEntry) -> bool:
        return bool(_available(scene, entry))

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        unit = scene.px(1) * entry.scale
        width = _total(_cell_widths(scene, entry), unit) + 2 * side_pad(scene)
        wide = len(_available(scene, entry)) > 2
        if wide and (scene.theme.strip or scene.portrait):
            width = max(width, scene.area.w)
        return Size(width, _HEIGHT * unit)

    def read(self, slot: int) -> StatState:
        return StatState(
            tuple(
                read(slot) if valid[slot] else (ABSENT, "")
                for read, valid in zip(self._readers, self._valid, strict=True)
            )
        )

    def paint(self, layer: Layer, state: StatState) -> None:
        theme, unit = self.scene.theme, self._unit
        ink, dim = self.scene.ink(theme.text), self.scene.ink(theme.dim)
        for x, (digits, symbol) in zip(self._starts, state.numbers, strict=True):
            drawn = number_mask(theme.value, digits, _CAP * unit)
            end = write(layer, drawn, (x, self._value_line), ink)
            if symbol:
                mark = text_mask(theme.label, symbol, _SMALL * 1.12 * unit)
                write(layer, mark, (end + 6 * unit, self._value_line), dim)

    def shown(self) -> BoolArray:
        """While any of its numbers is there."""
        fields = _available(self.scene, self.entry)
        each = [self.scene.shown(FIELDS[field].channels) for field in fields]
        return np.asarray(np.logical_or.reduce(each), np.bool_)

    @property
    def _label_line(self) -> float:
        middle = self.base.height / 2
        return middle - (_CAP + 14 - _SMALL) / 2 * self._unit

    @property
    def _value_line(self) -> float:
        return self._label_line + (_CAP + 15) * self._unit


def _available(scene: Scene, entry: WidgetEntry) -> list[StatField]:
    return [field for field in wanted_fields(entry) if field_available(scene, field)]


def _total(widths: list[float], unit: float) -> float:
    return sum(widths) + (2 * _PAD + (len(widths) - 1) * _GAP) * unit


def _cell_widths(scene: Scene, entry: WidgetEntry) -> list[float]:
    """What each field needs at its widest, so that nothing moves or overlaps while it runs."""
    unit, theme = scene.px(1) * entry.scale, scene.theme
    looks = np.unique(np.linspace(0, len(scene.samples.times) - 1, 240).astype(int))
    widths = []
    for name in _available(scene, entry):
        field = FIELDS[name]
        label = text_mask(theme.label, field.label, _SMALL * unit, theme.tracking).width
        read = field.reader(scene)
        widest = 0.0
        for digits, symbol in {read(int(i)) for i in looks}:
            width = float(number_width(theme.value, digits, _CAP * unit))
            if symbol:
                width += 6 * unit + text_mask(theme.label, symbol, _SMALL * 1.12 * unit).width
            widest = max(widest, width)
        widths.append(max(label, widest))
    return widths
