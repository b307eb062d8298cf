"""What the user brings along: a line of text, and a logo."""

import re
from unicodedata import category

import cv2
import numpy as np

from uploadm8.core.hud.color import FloatImage
from uploadm8.core.hud.frame import Plane
from uploadm8.core.hud.plates import side_pad
from uploadm8.core.hud.scene import Scene
from uploadm8.core.hud.shapes import blurred
from uploadm8.core.hud.spec import WidgetEntry
from uploadm8.core.hud.text import Font, TextMask, text_mask, write
from uploadm8.core.hud.widget import Size, StaticWidget
from uploadm8.errors import FieldError, InvalidRequestError

_LEADING = 1.7  # from line to line, in cap heights
_EMOJI = re.compile("[\U0001f000-\U0001faff\ufe0f\u200d\u20e3]")
_LOGO_BOX = (280.0, 96.0)
_RIM, _SHADE = 12.0, 0.5  # design units around a logo for its shadow, and how dark that is
_MOST_PIXELS = 16_000_000


class FreeText(StaticWidget):
    """A line, or as many as it needs."""

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        lines, cap = _lines(scene, entry)
        top = (height - (len(lines) - 1) * cap * _LEADING - cap) / 2
        for i, line in enumerate(lines):
            at = (width / 2, top + i * cap * _LEADING + cap)
            write(self.base, line, at, scene.ink(scene.theme.text), "center")

    @classmethod
    def available(cls, scene: Scene, entry: WidgetEntry) -> bool:
        return bool(_words(scene, entry))

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        lines, cap = _lines(scene, entry)
        width = max(line.width for line in lines) + _margin(scene, entry)
        unit = scene.unit_for(entry)
        return Size(width, (len(lines) - 1) * cap * _LEADING + cap + 44 * unit)


class Logo(StaticWidget):
    """A picture with transparency, without a plate but with a soft shadow."""

    casts_shadow = False

    def __init__(self, scene: Scene, entry: WidgetEntry, width: int, height: int) -> None:
        super().__init__(scene, entry, width, height)
        rgb, alpha = _picture(scene)
        rim = 2 * _RIM * self.unit
        scale = min((width - rim) / rgb.shape[1], (height - rim) / rgb.shape[0])
        size = (max(1, int(rgb.shape[1] * scale)), max(1, int(rgb.shape[0] * scale)))
        x, y = (width - size[0]) // 2, (height - size[1]) // 2
        full = np.zeros((height, width, 3), np.float32)
        mask = np.zeros((height, width), np.uint8)
        full[y : y + size[1], x : x + size[0]] = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        mask[y : y + size[1], x : x + size[0]] = cv2.resize(
            alpha, size, interpolation=cv2.INTER_AREA
        )
        shade = blurred(mask, _RIM / 3 * self.unit)
        self.base.paint(shade, scene.ink("#000000"), strength=_SHADE)
        self.base.paint_rgb(mask, full, scene.coding)

    @classmethod
    def available(cls, scene: Scene, entry: WidgetEntry) -> bool:
        return scene.spec.logo is not None

    @classmethod
    def measure(cls, scene: Scene, entry: WidgetEntry) -> Size:
        rgb, _ = _picture(scene)
        most_w, most_h = (side * scene.unit_for(entry) for side in _LOGO_BOX)
        scale = min(most_w / rgb.shape[1], most_h / rgb.shape[0])
        rim = 2 * _RIM * scene.unit_for(entry)
        return Size(rgb.shape[1] * scale + rim, rgb.shape[0] * scale + rim)

    def plate(self) -> Plane | None:
        return None


def _margin(scene: Scene, entry: WidgetEntry) -> float:
    return 48 * scene.unit_for(entry) + 2 * side_pad(scene)


def _words(scene: Scene, entry: WidgetEntry) -> list[str]:
    """The text without emoji, which no font here has, and without what is not to be seen."""
    text = _EMOJI.sub("", entry.text or scene.spec.text or "")
    words = "".join(c for c in text if c.isspace() or category(c)[0] != "C").split()
    return [word for word in words if any(category(c)[0] != "M" for c in word)]


def _lines(scene: Scene, entry: WidgetEntry) -> tuple[list[TextMask], float]:
    """The text broken between words where it is too long for the area, and its cap height.

    A word that is too long on its own makes all of it smaller.
    """
    words = _words(scene, entry)
    cap = scene.sizes.value * scene.unit_for(entry)
    most = scene.area.w - _margin(scene, entry)
    font = scene.theme.value
    widest = max(text_mask(font, word, cap).width for word in words)
    cap *= min(1.0, most / widest)
    return [text_mask(font, line, cap) for line in broken(words, font, cap, most)], cap


def broken(words: list[str], font: Font, cap: float, most: float) -> list[str]:
    """As few lines as fit, about equally long: no last word stands alone below a full line."""
    widths = {word: text_mask(font, word, cap).width for word in words}
    space = text_mask(font, "n n", cap).width - text_mask(font, "nn", cap).width

    def fill(room: float) -> list[list[str]]:
        lines, used = [[words[0]]], widths[words[0]]
        for word in words[1:]:
            used += space + widths[word]
            if used <= room:
                lines[-1].append(word)
            else:
                lines.append([word])
                used = widths[word]
        return lines

    fewest, room = len(fill(most)), max(widths.values())
    while len(fill(room)) > fewest:
        room = min(room * 1.04, most)
    return [" ".join(line) for line in fill(room)]


def _picture(scene: Scene) -> tuple[FloatImage, Plane]:
    """RGB and alpha of the logo."""
    data = scene.spec.logo or b""
    # The size stands at bytes 16 to 23 of every PNG; a huge one is refused before it is unpacked.
    w, h = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    image = None
    if 0 < w * h <= _MOST_PIXELS:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if image is None:
        raise InvalidRequestError(
            "The logo cannot be read as a picture.",
            code="invalid_hud",
            action="Send a PNG of at most 2 MB and 16 megapixels.",
            fields=[FieldError("logo", "must be a readable PNG")],
        )
    if image.dtype == np.uint16:
        image = (image / 257).astype(np.uint8)
    if image.ndim == 2:
        image = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    alpha = image[..., 3] if image.shape[2] == 4 else np.full(image.shape[:2], 255, np.uint8)
    rgb = np.ascontiguousarray(image[..., 2::-1]).astype(np.float32)
    return rgb, np.ascontiguousarray(alpha, np.uint8)
