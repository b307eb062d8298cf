"""Which renditions an upload gets: none for a platform that would refuse it."""

from dataclasses import replace
from fractions import Fraction

from uploadm8.core.video.footage import Footage
from uploadm8.domain.renditions.wanted import wanted_renditions
from uploadm8.domain.uploads.choices import PlatformChoice, RenditionChoice

FOUR = ("tiktok", "youtube", "instagram", "facebook")
SHORT = Footage(
    container="mov",
    codec="h264",
    width=1920,
    height=1080,
    fps=Fraction(30),
    nominal_fps=Fraction(30),
    duration_s=60.0,
    size_bytes=50_000_000,
)
LONG = replace(SHORT, duration_s=1200.0)  # over TikTok's 10 and Instagram's 15 minutes


def served(footage: Footage, choice: RenditionChoice | None = None) -> dict[str, tuple[str, ...]]:
    found = wanted_renditions(FOUR, choice or RenditionChoice(), hud=True, footage=footage)
    return {one.spec.name: one.platforms for one in found}


def test_a_short_video_gets_one_rendition_for_each_shape() -> None:
    assert served(SHORT) == {"9x16": ("facebook", "instagram", "tiktok"), "16x9": ("youtube",)}


def test_no_rendition_is_made_that_only_refusing_platforms_would_get() -> None:
    assert set(served(LONG)) == {"16x9"}


def test_a_rendition_is_made_as_long_as_one_of_its_platforms_takes_it() -> None:
    cut = RenditionChoice(platforms={"tiktok": PlatformChoice(cut=True)})
    assert served(LONG, cut)["9x16"] == ("tiktok",)
