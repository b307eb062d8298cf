"""What is infinitely far away in the sample drive: sky, sun, clouds and mountains, all around."""

import cv2
import numpy as np
from numpy.typing import NDArray

from uploadm8.dev import sample_palette as palette

Image = NDArray[np.uint8]
FloatArray = NDArray[np.float64]

SUN_AZIMUTH = np.radians(258.0)
_SUN_HEIGHT = 0.12  # radians above the horizon
_COARSE = 8  # the sky is smooth: one value for this many pixels is enough


class Panorama:
    """A full turn of scenery; a view of it is a window that slides with heading and pitch.

    Args:
        width: of the view in pixels.
        height: of the view in pixels.
        focal: pixels per radian at the middle of the view.
        seed: shape of the mountains and clouds.
    """

    def __init__(self, width: int, height: int, focal: float, *, seed: int) -> None:
        self._turn = round(2 * np.pi * focal)
        self._width, self._height = width, height
        self._horizon = height  # rows of sky that are kept above the horizon
        rng = np.random.default_rng(seed)
        image = self._sky(focal)
        self._draw_clouds(image, focal, rng)
        self._draw_mountains(image, focal, rng)
        wrap = np.concatenate((image, image[:, :width]), axis=1)
        below = np.empty((height, wrap.shape[1], 3), np.uint8)
        below[:] = np.round(palette.mix(palette.GRASS[0], palette.HAZE, 0.72))
        self._image: Image = np.concatenate((wrap, below))

    def view(self, heading: float, horizon_row: int) -> Image:
        """The window at a heading (radians) whose horizon lies on `horizon_row`; not a copy."""
        centre = (heading / (2 * np.pi)) % 1.0 * self._turn
        left = round(centre - self._width / 2) % self._turn
        top = self._horizon - horizon_row
        return self._image[top : top + self._height, left : left + self._width]

    def _sky(self, focal: float) -> Image:
        """The gradient and the glow of the sun, made small and enlarged, and the sun itself."""
        small = np.ceil(self._horizon / _COARSE), np.ceil(self._turn / _COARSE)
        up = (self._horizon - (np.arange(small[0]) + 0.5) * _COARSE) / focal
        rows = np.clip(1 - up * focal / self._horizon, 0, 1) ** 0.8
        stops = np.array([at for at, _ in palette.SKY])
        colours = np.stack([colour for _, colour in palette.SKY])
        column = np.stack([np.interp(rows, stops, colours[:, i]) for i in range(3)], axis=1)
        azimuth = (np.arange(small[1]) + 0.5) * _COARSE / focal
        aside = (azimuth - SUN_AZIMUTH + np.pi) % (2 * np.pi) - np.pi
        apart = np.hypot(aside[None, :], 1.25 * (up[:, None] - _SUN_HEIGHT))
        glow = 0.75 * np.exp(-((apart / 0.16) ** 1.2)) + 0.35 * np.exp(-apart / 0.45)
        coarse = palette.mix(column[:, None, :], palette.GLOW, np.minimum(glow, 1)).astype(
            np.float32
        )
        image = np.empty((self._horizon, self._turn, 3), np.uint8)
        image[:] = np.rint(cv2.resize(coarse, (self._turn, self._horizon)))
        sun = round(SUN_AZIMUTH * focal), round(self._horizon - _SUN_HEIGHT * focal)
        cv2.circle(image, sun, round(0.043 * focal), palette.SUN.tolist(), -1, cv2.LINE_AA)
        return image

    def _draw_clouds(self, image: Image, focal: float, rng: np.random.Generator) -> None:
        for _ in range(26):
            x, up = rng.uniform(0, self._turn), rng.uniform(0.16, 0.38)
            length = rng.uniform(0.10, 0.26) * focal
            for tone, lower in ((palette.CLOUD_SHADE, 0.0), (palette.CLOUD, 0.007)):
                self._draw_cloud(image, x, self._horizon - (up + lower) * focal, length, tone)

    def _draw_cloud(
        self, image: Image, x: float, y: float, length: float, tone: FloatArray
    ) -> None:
        top, bottom = max(0, int(y - length)), min(len(image), int(y + length))
        left, right = max(0, int(x - length * 1.2)), min(self._turn, int(x + length * 1.2))
        part = image[top:bottom, left:right]
        shape = part.copy()
        for along, size in ((-0.55, 0.07), (-0.2, 0.12), (0.15, 0.10), (0.5, 0.06)):
            centre = (round(x + along * length - left), round(y - size * length / 2 - top))
            axes = (round(length * 0.42), round(length * size))
            cv2.ellipse(shape, centre, axes, 0, 0, 360, tone.tolist(), -1, cv2.LINE_AA)
        cv2.addWeighted(shape, 0.5, part, 0.5, 0, dst=part)

    def _draw_mountains(self, image: Image, focal: float, rng: np.random.Generator) -> None:
        azimuth = np.linspace(0, 2 * np.pi, self._turn)
        heights = ((0.165, 9, 0.55), (0.118, 13, 0.5), (0.072, 17, 0.45), (0.032, 31, 0.4))
        for (height, rough, fall), colour in zip(heights, palette.RIDGES, strict=True):
            ridge = _ridge(azimuth, rough, fall, rng) * height * focal
            toward_sun = np.exp(-((np.cos(azimuth - SUN_AZIMUTH) - 1) ** 2) / 0.02)
            self._fill_ridge(image, ridge, colour, toward_sun)
            if height > 0.16:
                self._cap_with_snow(image, ridge, height * focal, rng)

    def _fill_ridge(
        self, image: Image, ridge: FloatArray, colour: FloatArray, toward_sun: FloatArray
    ) -> None:
        rows = np.arange(self._horizon)[:, None]
        cover = np.clip(rows - (self._horizon - ridge[None, :]) + 0.5, 0, 1)
        low = np.clip(
            (rows - (self._horizon - 0.16 * self._horizon)) / (0.16 * self._horizon), 0, 1
        )
        haze = np.clip(0.55 * low + 0.28 * toward_sun[None, :], 0, 0.8)
        start = int(self._horizon - ridge.max()) - 1
        for i in range(3):
            plane = image[start:, :, i]
            tone = colour[i] + (palette.HAZE[i] - colour[i]) * haze[start:]
            plane[:] = np.round(plane + (tone - plane) * cover[start:])

    def _cap_with_snow(
        self, image: Image, ridge: FloatArray, tallest: float, rng: np.random.Generator
    ) -> None:
        line = 0.66 * tallest + 0.1 * tallest * _ridge(
            np.linspace(0, 2 * np.pi, self._turn), 140, 0.2, rng
        )
        start = int(self._horizon - ridge.max()) - 1
        rows = np.arange(start, self._horizon)[:, None]
        inside = np.clip(rows - (self._horizon - ridge[None, :]) + 0.5, 0, 1)
        above = np.clip((self._horizon - line[None, :]) - rows + 0.5, 0, 1)
        share = 0.75 * inside * above
        for i in range(3):
            plane = image[start:, :, i]
            plane[:] = np.round(plane + (palette.SNOW[i] - plane) * share)


def _ridge(azimuth: FloatArray, rough: int, fall: float, rng: np.random.Generator) -> FloatArray:
    """A closed skyline 0..1: triangle waves of whole turns, so that its ends meet."""
    total = np.zeros_like(azimuth)
    weight, scale = 1.0, 0.0
    for octave in range(5):
        turns = rough * 2**octave + int(rng.integers(0, 3))
        wave = np.abs(((azimuth / (2 * np.pi) * turns + rng.uniform()) % 1.0) * 2 - 1)
        swell = 0.6 + 0.4 * np.sin(azimuth * int(rng.integers(2, 7)) + rng.uniform(0, 6.28))
        total += weight * wave * swell
        scale += weight
        weight *= fall
    low, high = float(total.min()), float(total.max())
    return 0.25 + 0.75 * (total - low) / (high - low)
