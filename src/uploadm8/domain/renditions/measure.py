"""How fast renders are, and where their time goes."""

from uploadm8.core.video.job import RenderReport
from uploadm8.infra.metrics.catalog import RENDER_FPS, RENDER_PICTURES, RENDER_SECONDS


def measure(report: RenderReport, seconds: float) -> None:
    """Count a render that took so many seconds from download to stills."""
    measure_speed(report.pictures, report.wall_s)
    RENDER_SECONDS.labels("overhead").inc(max(0.0, seconds - report.wall_s))
    if report.hud_ms is not None:
        drawn = sum(output.frames for output in report.outputs)
        RENDER_SECONDS.labels("hud").inc(report.hud_ms / 1000 * drawn)


def measure_speed(pictures: float, seconds: float) -> None:
    """Count so many source pictures, rendered in so many seconds."""
    if pictures > 0 and seconds > 0:
        RENDER_PICTURES.inc(pictures)
        RENDER_SECONDS.labels("render").inc(seconds)
        RENDER_FPS.observe(pictures / seconds)
