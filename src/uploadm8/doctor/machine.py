"""This machine: encoders that really encode, room on the disk."""

import asyncio

from uploadm8.config import Config
from uploadm8.core.video.encoders import Encoder, choose_encoder, works
from uploadm8.doctor.findings import Finding, ok, red, warn
from uploadm8.infra.processes import free_bytes

_GIB = 1 << 30
_LEAST_BYTES = 2 * _GIB  # what a worker keeps free beside any video


async def check_encoders(config: Config) -> list[Finding]:
    """libx264 must work, and a hardware encoder where one is wanted."""
    good = await asyncio.to_thread(works, Encoder.X264)
    best = await asyncio.to_thread(choose_encoder, hardware=True)
    return [judge_encoders(best, good=good, wanted=config.render_hardware)]


def judge_encoders(best: Encoder, *, good: bool, wanted: bool = False) -> Finding:
    """What it means that libx264 works here or not, and that this one is the fastest."""
    if not good:
        return red("encoders", "libx264 does not encode here.", "Reinstall the package `av`.")
    if wanted and best is Encoder.X264:
        return warn(
            "encoders",
            "RENDER_HARDWARE is set and no hardware encoder works here; libx264 is used.",
            "Give workers the device and its driver, or unset RENDER_HARDWARE.",
        )
    return ok("encoders", f"libx264 encodes; the fastest here is {best.value}.")


async def check_disk(config: Config) -> list[Finding]:
    """Room where videos are rendered."""
    return [judge_disk(free_bytes(config.scratch_dir), config.alert_disk_free_mib << 20)]


def judge_disk(free: int, wanted: int) -> Finding:
    """What so many free bytes mean."""
    says = f"{free / _GIB:.1f} GiB are free where videos are rendered."
    if free < _LEAST_BYTES:
        return red("disk", says, "Free some, or point SCRATCH_DIR at a larger disk.")
    return (
        warn("disk", says, "A worker needs thrice the largest source.")
        if free < wanted
        else ok("disk", says)
    )
