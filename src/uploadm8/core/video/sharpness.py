"""How sharp a picture is, to tell which one makes a thumbnail."""

import cv2
import numpy as np
from av.video.frame import VideoFrame

from uploadm8.core.video.planes import planes_of

_WIDTH = 480  # pixels at which sharpness is judged, so that grain does not count as detail
_DARK, _BRIGHT = 32.0, 224.0  # mean luma outside of this is no picture to show


def sharpness(picture: VideoFrame) -> float:
    """Variance of the luma's Laplacian at a fixed width; all dark or bright pictures get 0."""
    luma = planes_of(picture).y
    height = max(2, round(luma.shape[0] * _WIDTH / luma.shape[1]))
    small = cv2.resize(luma, (_WIDTH, height), interpolation=cv2.INTER_AREA)
    if not _DARK <= float(small.mean()) <= _BRIGHT:
        return 0.0
    return float(np.var(cv2.Laplacian(small, cv2.CV_32F)))
