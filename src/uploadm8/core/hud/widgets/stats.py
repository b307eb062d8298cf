"""Numbers side by side, each with its caption: what a panel of `fields` shows."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from uploadm8.core.hud.fields import FIELDS, field_available
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.lettering import caption, symbol
from uploadm8.core.hud.plates import hairline, side_pad
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.spec import StatField, WidgetEntry, WidgetKind
from uploadm8.core.hud.text import TextMask, number_mask, number_width, write
from uploadm8.core.hud.units import ABSENT
from uploadm8.core.hud.widget import DigitsWidget, Size
from uploadm8.core.telemetry.track import BoolArray

_SPACE = 26.0  # between two numbers
_LEADING = 14.0  # between a caption and the number below it
_BEFORE = 10.0  # between a caption and the number in its line
_LOOKS = 240  # moments of a clip at which the width of its numbers is looked at
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


@dataclass(frozen=True, slots=True)
class _Cell:
    """One field.

    Attributes:
        field: which.
        caption: above its number, or before it where there is one line; None = none.
        width: what it needs at its widest, so that nothing moves or overlaps while it runs, px.
    """

    field: StatField
    caption: TextMask | None
    width: float


class Stats(DigitsWidget[StatState]):
    """Fields in a row, or in as many as they need; those without data are left out."""

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        cells = _cells(scene, entry)
        self._readers = [FIELDS[cell.field].reader(scene) for cell in cells]
        self._valid = [_valid(scene, cell.field) for cell in cells]
        self._starts: list[tuple[float, float]] = []
        lines = _lines(scene, entry, cells)
        for i, line in enumerate(lines):
            self._draw_line(line, height * i / len(lines), height / len(lines))

    @classmethod
    def available(cls, scene: Scene, entry: WidgetEntry) -> bool:
        return bool(_available(scene, entry))

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        cells = _cells(scene, entry)
        lines = _lines(scene, entry, cells)
        width = max(_width(scene, entry, line) for line in lines)
        if scene.theme.strip and len(cells) > 2:
            width = max(width, scene.area.w)
        unit, sizes = scene.unit_for(entry), scene.sizes
        if sizes.captions:
            return Size(width, (sizes.row + 12) * len(lines) * unit)
        return Size(width, (sizes.row + (len(lines) - 1) * sizes.value * 2) * unit)

    def read(self, slot: int) -> StatState:
        return StatState(
            tuple(
                read(slot) if valid[slot] else (ABSENT, "")
                for read, valid in zip(self._readers, self._valid, strict=True)
            )
        )

    def paint(self, layer: Layer, state: StatState) -> None:
        theme, unit, sizes = self.scene.theme, self.unit, self.scene.sizes
        ink, dim = self.scene.ink(theme.text), self.scene.text_ink(theme.dim)
        for at, (digits, sign) in zip(self._starts, state.numbers, strict=True):
            end = write(layer, number_mask(theme.value, digits, sizes.value * unit), at, ink)
            if sign:
                x = end + _symbol_space(self.scene, unit)
                write(layer, symbol(self.scene, sign, unit), (x, at[1]), dim)

    def shown(self) -> BoolArray:
        """While any of its numbers is there."""
        fields = _available(self.scene, self.entry)
        each = [self.scene.shown(FIELDS[field].channels) for field in fields]
        return np.asarray(np.logical_or.reduce(each), np.bool_)

    def _draw_line(self, line: list[_Cell], top: float, tall: float) -> None:
        """Captions and separators, from edge to edge; where the numbers start."""
        scene, unit, sizes = self.scene, self.unit, self.scene.sizes
        spare = (self.base.width - _width(scene, self.entry, line)) / max(1, len(line) - 1)
        x = sizes.pad * unit + side_pad(scene) + (spare / 2 if len(line) == 1 else 0)
        value, middle, dim = sizes.value * unit, top + tall / 2, scene.text_ink(scene.theme.dim)
        for i, cell in enumerate(line):
            if i:
                edge = x - (_SPACE * unit + spare) / 2
                rule = tall * 0.5 if sizes.captions else value
                box = (edge, middle - rule / 2, max(1.0, 1.5 * unit), rule)
                hairline(self.base, scene, box)
            start, base = x, middle + value / 2
            if sizes.captions and cell.caption is not None:
                base = middle + (value + _LEADING * unit + sizes.label * unit) / 2
                write(self.base, cell.caption, (x, base - value - _LEADING * unit), dim)
            elif cell.caption is not None:
                start = write(self.base, cell.caption, (x, base), dim) + _BEFORE * unit
            self._starts.append((start, base))
            x += cell.width + _SPACE * unit + spare


def _available(scene: Scene, entry: WidgetEntry) -> list[StatField]:
    return [field for field in wanted_fields(entry) if field_available(scene, field)]


def _valid(scene: Scene, field: StatField) -> BoolArray:
    valid = np.ones(len(scene.samples.times), np.bool_)
    for channel in FIELDS[field].channels:
        valid &= scene.valid(channel)
    return valid


def _symbol_space(scene: Scene, unit: float) -> float:
    return scene.sizes.label * 0.46 * unit


def _cells(scene: Scene, entry: WidgetEntry) -> list[_Cell]:
    unit, theme, sizes = scene.unit_for(entry), scene.theme, scene.sizes
    looks = np.unique(np.linspace(0, len(scene.samples.times) - 1, _LOOKS).astype(int))
    cells = []
    for name in _available(scene, entry):
        field = FIELDS[name]
        read, widest = field.reader(scene), 0.0
        for digits, sign in {read(int(i)) for i in looks}:
            width = float(number_width(theme.value, digits, sizes.value * unit))
            if sign:
                width += _symbol_space(scene, unit) + symbol(scene, sign, unit).width
            widest = max(widest, width)
        words = field.label if sizes.captions else field.short
        told = caption(scene, words, unit) if words else None
        if told is not None:
            before = 0.0 if sizes.captions else told.width + _BEFORE * unit
            widest = max(told.width, before + widest)
        cells.append(_Cell(name, told, widest))
    return cells


def _width(scene: Scene, entry: WidgetEntry, line: list[_Cell]) -> float:
    unit = scene.unit_for(entry)
    space = 2 * scene.sizes.pad + (len(line) - 1) * _SPACE
    return sum(cell.width for cell in line) + space * unit + 2 * side_pad(scene)


def _lines(scene: Scene, entry: WidgetEntry, cells: list[_Cell]) -> list[list[_Cell]]:
    """The cells in as few lines as have room for them, about equally many in each."""
    lines = [cells]
    for count in range(1, len(cells) + 1):
        parts = np.array_split(np.arange(len(cells)), count)
        lines = [[cells[i] for i in part] for part in parts]
        if all(_width(scene, entry, line) <= scene.area.w for line in lines):
            break
    return lines
