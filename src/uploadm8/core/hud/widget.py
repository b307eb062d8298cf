"""Widget: the contract between what is drawn and where."""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from typing import ClassVar, Generic, NamedTuple, TypeVar

from uploadm8.core.hud.box import Box
from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.layer import Layer
from uploadm8.core.hud.plates import draw_plate, shadow_depth
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.telemetry.track import BoolArray, Channel


class Size(NamedTuple):
    """Width and height in pixels.

    Attributes:
        least_w: the width it can do with, between others; None = only its full width.
    """

    w: float
    h: float
    least_w: float | None = None


StateT = TypeVar("StateT", bound=Hashable)


class Widget(ABC, Generic[StateT]):
    """One thing on the screen.

    A widget's pixels are a function of `state(index)`, and the state is a function of the index:
    frames can be drawn in any order and by several workers, with the same result.

    Attributes:
        unit: pixels per design unit, with the entry's scale.
        base: what never changes, drawn once.
        shape: the panel's coverage where it has glass, else None.
        shadow: how dark the shadow of its ink is, from 0, on a panel that is see-through.
        plate_luma: luma of the panel alone.
    """

    channels: ClassVar[tuple[Channel, ...]] = ()
    casts_shadow: ClassVar[bool] = True

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        """Draw everything that does not change; width and height are even."""
        self.scene = scene
        self.entry = entry
        self.unit = scene.unit_for(entry)
        self.base = Layer(width, height)
        self.shape = self.plate()
        self.shadow = shadow_depth(scene) if self.casts_shadow else 0.0
        self.plate_luma = self.base.y.copy() if self.shadow else self.base.y

    @classmethod
    def available(cls, scene: Scene, entry: WidgetEntry) -> bool:
        """Whether there is anything to show in this clip."""
        return scene.has(*cls.channels)

    @classmethod
    @abstractmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        """The size it wants."""

    @abstractmethod
    def state(self, index: int) -> StateT:
        """Everything its pixels depend on at that frame, rounded to what can be seen."""

    def still(self, state: StateT) -> Hashable:
        """The part of the state that `paint_still` draws: what changes some times a second."""
        return None

    def paint_still(self, layer: Layer, state: StateT) -> None:
        """Draw numbers and the like on a copy of `base`; kept until `still` changes."""

    @abstractmethod
    def paint(self, layer: Layer, state: StateT) -> None:
        """Draw what moves with every frame over that."""

    def changed(self, before: StateT, now: StateT) -> Box | None:
        """The even box outside which two states with equal `still` look alike; None: anywhere."""
        return None

    def plate(self) -> Plane | None:
        """Draw what stands behind it on the base; the shape to frost."""
        return draw_plate(self.scene, self.base)

    def shown(self) -> BoolArray:
        """Per frame, whether it is on the screen."""
        return self.scene.shown(self.channels)


class StaticWidget(Widget[int]):
    """A widget that never changes: its base is all there is."""

    def state(self, index: int) -> int:
        return 0

    def paint(self, layer: Layer, state: int) -> None:
        """Nothing moves."""


class DigitsWidget(Widget[StateT]):
    """A widget of numbers alone: it changes with the digit slots, so it is read once for each."""

    _read: tuple[int, StateT] | None = None

    @abstractmethod
    def read(self, slot: int) -> StateT:
        """The state of all frames that show the digits of the frame `slot`."""

    def state(self, index: int) -> StateT:
        slot = int(self.scene.slots[index])
        if self._read is None or self._read[0] != slot:
            self._read = slot, self.read(slot)
        return self._read[1]
