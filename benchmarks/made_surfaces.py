"""The surfaces of the made-up street, BGR and alpha: asphalt, fronts of houses, leaves, cars, sky.

Colours are multiplied by alpha already, so that a picture is composed by one addition.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Texture = NDArray[np.uint8]
Colours = NDArray[np.float32]
Alpha = NDArray[np.uint8]

_DENSITY = 128  # pixels per metre of what lies nearest
_HALF_ROAD = 4.5
_BLUR_M = 0.03  # the way during an exposure: 5 m/s, 1/160 s


def ground(rng: np.random.Generator, half_width: float, length: float) -> Texture:
    """Road and pavements; rows run along the way, columns from left to right."""
    rows, columns = round(length * _DENSITY), round(2 * half_width * _DENSITY)
    x = np.linspace(-half_width, half_width, columns, dtype=np.float32)
    z = np.linspace(0, length, rows, dtype=np.float32)[:, None]
    paved = np.abs(x) > _HALF_ROAD
    grit = np.where(paved, 4, 8).astype(np.float32) * _white(rng, (rows, columns))
    tone = np.where(paved, 148, 92) + grit + 16 * _smooth(rng, (rows, columns), 60)
    joints = paved & ((z % 0.8 < 0.02) | (np.abs(x) % 0.8 < 0.02))
    line = (np.abs(x) < 0.08) & (z % 5 < 2.5)
    tone = np.where(joints, tone - 60, np.where(line, 205 + grit, tone))
    tone = np.where(np.abs(np.abs(x) - _HALF_ROAD) < 0.08, 190 + grit, tone)
    cracks = np.zeros((rows, columns), np.uint8)
    for _ in range(60):
        steps = rng.normal(0, 40, (12, 2)).cumsum(axis=0)
        points = steps + rng.uniform(0, 1, 2) * (columns, rows)
        cv2.polylines(cracks, [points.astype(np.int32)], False, 1, int(rng.integers(2, 5)))
    leaves = _smooth(rng, (rows, columns), 300) + 0.7 * _smooth(rng, (rows, columns), 2400)
    crowns = 3 * _smooth(rng, (rows, columns), 12) - 2
    shadow = 1 - 0.45 * np.clip(2 * (leaves + crowns), 0, 1)
    tone = np.where(cracks > 0, tone * 0.6, tone) * shadow
    return _joined(_driven(tone[..., None] * np.array([1.02, 1.0, 0.97], np.float32), 0))


def houses(rng: np.random.Generator, height: float, length: float) -> Texture:
    """A row of houses; rows run along the way, columns from the ground up."""
    rows, columns = round(height * _DENSITY * 0.75), round(length * _DENSITY * 0.75)
    metre = columns / length
    image = np.zeros((rows, columns, 3), np.float32)
    alpha = np.zeros((rows, columns), np.uint8)
    left = 0
    while left < columns:
        right = min(columns, left + round(rng.uniform(5, 10) * metre))
        roof = round(rng.uniform(0, 0.3) * rows)
        image[roof:, left:right] = rng.uniform(130, 225, 3) * 0.4 + 110
        alpha[roof:, left:right] = 255
        image[roof : roof + round(0.3 * metre), left:right] *= 0.45
        for top in np.arange(roof + 0.8 * metre, rows - 1.6 * metre, 2.6 * metre):
            for side in np.arange(left + 0.7 * metre, right - 1.3 * metre, 2.0 * metre):
                _window(image, rng, (int(side), int(top)), metre)
        left = right
    image += 2 * _white(rng, (rows, columns))[..., None]
    image += 9 * _smooth(rng, (rows, columns), 80)[..., None]
    return _lengthwise(_joined(image, alpha))


def hedge(rng: np.random.Generator, height: float, length: float) -> Texture:
    """Bushes in a row; rows run along the way, columns from the ground up."""
    rows, columns = round(height * _DENSITY * 0.75), round(length * _DENSITY * 0.75)
    image = _canvas(rows, columns)
    top = rows * (0.35 + 0.12 * _smooth(rng, (1, columns), 40)[0])
    at = np.stack([rng.uniform(0, columns, 60_000), rng.uniform(0, 1, 60_000)], axis=1)
    at[:, 1] = top[at[:, 0].astype(np.int32)] + at[:, 1] * rows
    shade = _shade(rng, (rows, columns), 60)
    _leaves(image, rng, at[np.argsort(-at[:, 1])], shade)
    return _lengthwise(image)


def tree(rng: np.random.Generator) -> Texture:
    """A tree, 5 m wide and 7 m high."""
    image = _canvas(1050, 750)
    bark = (48, 62, 78, 255)
    cv2.line(image, (375, 1050), (375, 600), bark, 34, cv2.LINE_AA)
    for _ in range(7):
        end = (int(rng.uniform(180, 570)), int(rng.uniform(150, 480)))
        cv2.line(image, (375, 640), end, bark, 14, cv2.LINE_AA)
    heart = rng.uniform((190, 160), (560, 520), (14, 2))
    at = heart[rng.integers(0, 14, 5200)] + rng.normal(0, 62, (5200, 2))
    _leaves(image, rng, at, _shade(rng, (1050, 750), 8))
    return image


def lamp(rng: np.random.Generator) -> Texture:
    """A lamp post with a sign, 1 m wide and 5 m high."""
    image = _canvas(1000, 200)
    post, white, ink = (70, 74, 76, 255), (235, 235, 235, 255), (20, 20, 20, 255)
    cv2.rectangle(image, (93, 20), (108, 1000), post, -1)
    cv2.rectangle(image, (40, 10), (160, 30), post, -1)
    cv2.circle(image, (100, 430), 90, _paint(rng), -1, cv2.LINE_AA)
    cv2.circle(image, (100, 430), 70, white, -1, cv2.LINE_AA)
    cv2.putText(image, "50", (46, 458), cv2.FONT_HERSHEY_DUPLEX, 2.6, ink, 8)
    return image


def car(rng: np.random.Generator, *, coming: bool) -> Texture:
    """A car, 1.9 m wide and 1.5 m high, from the front or from behind."""
    image, paint = _canvas(570, 720), _paint(rng)
    black, white = (25, 25, 25, 255), (235, 235, 235, 255)
    light = white if coming else (60, 60, 225, 255)
    hull = [(40, 250), (140, 230), (210, 40), (510, 40), (580, 230), (680, 250)]
    window = [(165, 230), (225, 60), (495, 60), (555, 230)]
    for left in (50, 560):
        cv2.rectangle(image, (left, 440), (left + 110, 565), black, -1)
    cv2.fillPoly(image, [np.array([*hull, (695, 480), (25, 480)])], paint, cv2.LINE_AA)
    cv2.fillPoly(image, [np.array(window)], (60, 52, 44, 255), cv2.LINE_AA)
    cv2.line(image, (260, 70), (200, 220), (190, 180, 170, 255), 12, cv2.LINE_AA)
    cv2.rectangle(image, (30, 440), (690, 470), black, -1)
    cv2.rectangle(image, (270, 380), (450, 430), white, -1)
    for left in (60, 550):
        cv2.rectangle(image, (left, 290), (left + 110, 340), light, -1)
    cv2.putText(image, "ZH 4711", (278, 420), cv2.FONT_HERSHEY_DUPLEX, 1.1, black, 3)
    return image


def sky(rng: np.random.Generator) -> Texture:
    """Blue, paler towards the horizon, with clouds."""
    waves = [_smooth(rng, (500, 1500), 8 * 2**n) / 1.7**n for n in range(6)]
    clouds = np.clip(0.3 + np.sum(waves, axis=0), 0, 1)
    depth = np.linspace(0, 1, 500, dtype=np.float32)[:, None, None]
    blue = np.array([215, 150, 95], np.float32) * (1 - depth) + 225 * depth
    return _joined(blue + (235 - blue) * clouds[..., None])


def hills(rng: np.random.Generator) -> Texture:
    """Wooded hills far away."""
    rows, columns = 240, 2400
    ridge = rows * (0.45 + 0.16 * _smooth(rng, (1, columns), 12) + 0.02 * _white(rng, (1, columns)))
    alpha = np.where(np.arange(rows)[:, None] > ridge, 255, 0).astype(np.uint8)
    tone = 112 + 14 * _white(rng, (rows, columns)) + 14 * _smooth(rng, (rows, columns), 150)
    return _joined(tone[..., None] * np.array([1.05, 1.0, 0.85], np.float32), alpha)


def _window(
    image: Colours, rng: np.random.Generator, corner: tuple[int, int], metre: float
) -> None:
    x, y, wide, high = *corner, int(metre), int(1.5 * metre)
    image[y - 6 : y + high + 6, x - 6 : x + wide + 6] = 225
    glass = np.linspace(rng.uniform(90, 190), 45, high, dtype=np.float32)[:, None, None]
    image[y : y + high, x : x + wide] = glass * np.array([1.15, 1.0, 0.85], np.float32)
    image[y : y + high, x + wide // 2 - 3 : x + wide // 2 + 3] = 225
    image[y + high + 6 : y + high + 14, x - 14 : x + wide + 14] *= 0.6


def _leaves(
    image: Texture,
    rng: np.random.Generator,
    at: NDArray[np.float64],
    shade: NDArray[np.float32],
) -> None:
    rows, columns = shade.shape
    tones = rng.uniform((25, 70, 55), (60, 140, 115), (len(at), 3))
    sizes, angles = rng.integers(3, 10, (len(at), 2)), rng.uniform(0, 180, len(at))
    for (x, y), tone, size, angle in zip(at.astype(int), tones, sizes, angles, strict=True):
        if 0 <= y < rows and 0 <= x < columns:
            axes = (int(size[0]) + 5, int(size[1]))
            colour = (*(tone * shade[y, x]).tolist(), 255)
            cv2.ellipse(image, (int(x), int(y)), axes, angle, 0, 360, colour, -1)


def _shade(rng: np.random.Generator, shape: tuple[int, int], cells: int) -> NDArray[np.float32]:
    return np.asarray(np.clip(0.85 + 0.3 * _smooth(rng, shape, cells), 0.4, 1.3), np.float32)


def _paint(rng: np.random.Generator) -> tuple[float, float, float, float]:
    blue, green, red = (rng.uniform(40, 190) + rng.uniform(-30, 30, 3)).tolist()
    return (blue, green, red, 255.0)


def _canvas(rows: int, columns: int) -> Texture:
    return np.zeros((rows, columns, 4), np.uint8)


def _white(rng: np.random.Generator, shape: tuple[int, int]) -> NDArray[np.float32]:
    return rng.standard_normal(shape, np.float32)


def _smooth(rng: np.random.Generator, shape: tuple[int, int], cells: int) -> NDArray[np.float32]:
    """Noise of about one unit, that many waves along the longer side."""
    longest = max(shape)
    small = _white(rng, (max(2, shape[0] * cells // longest), max(2, shape[1] * cells // longest)))
    if shape[0] == 1:
        small = np.repeat(small[:1], 2, axis=0)
    return cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC).astype(np.float32)


def _driven(image: NDArray[Any], axis: int) -> NDArray[Any]:
    """Blurred along the way, as an exposure does."""
    way = round(_BLUR_M * _DENSITY)
    return cv2.blur(image, (1, way) if axis == 0 else (way, 1))


def _lengthwise(image: Texture) -> Texture:
    return np.ascontiguousarray(_driven(image, 1)[::-1].swapaxes(0, 1))


def _joined(image: Colours, alpha: Alpha | None = None) -> Texture:
    if alpha is None:
        alpha = np.full(image.shape[:2], 255, np.uint8)
    colours = np.clip(image, 0, 255) * (alpha / np.float32(255))[..., None]
    return np.dstack([colours.astype(np.uint8), alpha])
