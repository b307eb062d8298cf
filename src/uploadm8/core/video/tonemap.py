"""HDR and wide gamut to SDR: our own curve, baked into a colour cube that FFmpeg applies fast.

swscale alone clips HLG at 75 % signal (every bright sky turns flat) and takes 0.6 s of CPU for a
1080p picture; the cube takes a small part of that and rolls highlights off.
"""

import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np
from av.filter import Graph
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from uploadm8.core.video.color import Color, Matrix, Range, Transfer

Rgb = NDArray[np.float64]

_POINTS = 33  # per axis of the cube; with tetrahedral interpolation the steps are invisible
_WHITE_NITS = 203.0  # diffuse white of HDR programmes (ITU-R BT.2408)
_PEAK_NITS = 1000.0  # nominal peak of HLG, and of what phones write as PQ
_KNEE = 0.6  # of SDR white: below it light is kept as it is
_GAMMA = 2.4  # of an SDR display (BT.1886)
_LUMA_2020 = np.array([0.2627, 0.6780, 0.0593])
_LUMA_709 = np.array([0.2126, 0.7152, 0.0722])
_2020_TO_709 = np.array(  # ITU-R BT.2087
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]]
)


def hlg_to_nits(signal: Rgb) -> Rgb:
    """Display light of HLG signals, shape (..., 3), on a 1000 nit display (BT.2100)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    luma = np.maximum(scene @ _LUMA_2020, 1e-9)[..., None]
    return np.asarray(_PEAK_NITS * luma**0.2 * scene)


def pq_to_nits(signal: Rgb) -> Rgb:
    """Display light of PQ signals (SMPTE ST 2084), shape (..., 3)."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    root = signal ** (1 / m2)
    return np.asarray(10_000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1))


def roll_off(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """Light relative to diffuse white, to 0..1: straight up to the knee, then bending to 1.

    The bend is a hyperbola that leaves the knee with slope 1 and meets 1 at the peak.
    """
    top = _PEAK_NITS / _WHITE_NITS
    span, room = top - _KNEE, 1 - _KNEE
    over = np.clip(light - _KNEE, 0, span)
    bent = over / (1 + over * (1 / room - 1 / span))
    return np.where(light <= _KNEE, light, _KNEE + bent)


def sdr_signal(signal: Rgb, transfer: int) -> Rgb:
    """SDR BT.709 signals of BT.2020 signals, shape (..., 3), all 0..1."""
    if transfer == Transfer.HLG:
        light = hlg_to_nits(signal) / _WHITE_NITS
    elif transfer == Transfer.PQ:
        light = pq_to_nits(signal) / _WHITE_NITS
    else:
        light = signal**_GAMMA
    if transfer in (Transfer.HLG, Transfer.PQ):
        # The largest component decides, so that bright colours keep their hue.
        most = np.maximum(light.max(axis=-1, keepdims=True), 1e-9)
        light = light * (roll_off(most) / most)
    return np.asarray(np.clip(_into_gamut(light @ _2020_TO_709.T), 0, 1) ** (1 / _GAMMA))


def _into_gamut(light: Rgb) -> Rgb:
    """Colours outside BT.709 are moved towards grey of their own luminance, just far enough."""
    grey = np.clip(light @ _LUMA_709, 0, 1)[..., None]
    low = light.min(axis=-1, keepdims=True)
    high = light.max(axis=-1, keepdims=True)
    keep_low = np.where(low < 0, grey / np.maximum(grey - low, 1e-9), 1.0)
    keep_high = np.where(high > 1, (1 - grey) / np.maximum(high - grey, 1e-9), 1.0)
    return np.asarray(grey + (light - grey) * np.minimum(keep_low, keep_high))


def cube_text(transfer: int) -> str:
    """The conversion as a .cube file."""
    steps = np.linspace(0, 1, _POINTS)
    blue, green, red = np.meshgrid(steps, steps, steps, indexing="ij")
    table = sdr_signal(np.stack([red, green, blue], axis=-1), transfer).reshape(-1, 3)
    rows = "\n".join(f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in table)
    return f"LUT_3D_SIZE {_POINTS}\n{rows}\n"


class ToneMapper:
    """Turns HDR or wide-gamut pictures into 8-bit BT.709 ones, scaled to a size on the way."""

    def __init__(
        self, picture: tuple[int, int], size: tuple[int, int], pixel_format: str, color: Color
    ) -> None:
        """`picture` is the size of what comes in, `size` of what comes out."""
        self._graph = Graph()
        source = self._graph.add_buffer(
            width=picture[0],
            height=picture[1],
            format=VideoFormat(pixel_format),
            time_base=Fraction(1, 90_000),
        )
        with tempfile.TemporaryDirectory(prefix="cube-") as folder:
            cube = Path(folder) / "sdr.cube"
            cube.write_text(cube_text(color.transfer), encoding="ascii")
            nodes = [self._graph.add(*step) for step in _steps(size, color, cube)]
            self._graph.link_nodes(source, *nodes).configure()

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """The SDR picture of a frame."""
        self._graph.vpush(frame)
        return self._graph.vpull()


def _steps(size: tuple[int, int], color: Color, cube: Path) -> tuple[tuple[str, str], ...]:
    levels = "tv" if color.range == Range.LIMITED else "pc"
    matrix = "bt2020" if color.matrix in (Matrix.BT2020, 10) else "bt709"
    scale = f"w={size[0]}:h={size[1]}:flags=bicubic:in_color_matrix={matrix}:in_range={levels}"
    return (
        # Transfer and primaries are played down, else swscale would convert them too, and badly.
        ("setparams", f"range={levels}:color_primaries=bt709:color_trc=bt709:colorspace=bt709"),
        ("scale", f"{scale}:out_range=pc"),
        ("format", "pix_fmts=gbrp10le"),
        ("lut3d", f"file={cube}:interp=tetrahedral"),
        ("scale", "flags=bicubic:out_color_matrix=bt709:out_range=tv"),
        ("format", "pix_fmts=yuv420p"),
        ("buffersink", ""),
    )
