"""What a platform gets, what is changed for it, and what it refuses."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from media import Clip, make
from uploadm8.core.video.encoders import Encoder, choose_encoder, max_bitrate, works
from uploadm8.core.video.platforms import PLATFORMS
from uploadm8.core.video.preflight import preflight
from uploadm8.core.video.probe import probe
from uploadm8.core.video.rendition import Fit, RenditionSpec
from uploadm8.core.video.source import SourceInfo
from uploadm8.core.video.space import bytes_needed, check_space
from uploadm8.core.video.specs import (
    Aspect,
    RenditionOptions,
    assign_specs,
    native_spec,
    rendition_spec,
)
from uploadm8.errors import InvalidRequestError, NotFoundError, UnavailableError
from uploadm8.findings import Severity, blocks

FOUR = ("tiktok", "youtube", "instagram", "facebook")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> SourceInfo:
    info = probe(make(tmp_path_factory.mktemp("preflight") / "clip.mp4", Clip()))
    return replace(
        info, width=1920, height=1080, coded_width=1920, coded_height=1080, duration_s=60.0
    )


def spec_for(platform: str, options: RenditionOptions | None = None) -> RenditionSpec:
    return assign_specs({platform: options or RenditionOptions()})[platform]


def codes(source: SourceInfo, platform: str, spec: RenditionSpec | None) -> dict[str, Severity]:
    return {f.code: f.severity for f in preflight(source, platform, spec)}


def specs_for(platforms: Sequence[str]) -> set[RenditionSpec]:
    return set(assign_specs(dict.fromkeys(platforms, RenditionOptions())).values())


def test_two_renditions_serve_all_four_platforms() -> None:
    specs = specs_for(FOUR)
    assert {(s.width, s.height) for s in specs} == {(1080, 1920), (1920, 1080)}
    assigned = assign_specs({name: RenditionOptions() for name in FOUR})
    assert assigned["tiktok"] is assigned["instagram"] is assigned["facebook"]
    assert assigned["youtube"].safe_area == "title"
    assert assigned["tiktok"].safe_area == "vertical"


def test_a_shared_rendition_obeys_the_tightest_limit() -> None:
    assert assign_specs({"tiktok": RenditionOptions()})["tiktok"].max_bytes == 4 * 1024**3
    assert assign_specs(dict.fromkeys(FOUR, RenditionOptions()))["tiktok"].max_bytes == 300_000_000


def test_another_wish_is_another_rendition() -> None:
    wishes = {
        "tiktok": RenditionOptions(),
        "instagram": RenditionOptions(aspect=Aspect.PORTRAIT),
        "facebook": RenditionOptions(fit=Fit.CROP),
        "youtube": RenditionOptions(aspect=Aspect.SQUARE),
    }
    specs = assign_specs(wishes)
    assert len(set(specs.values())) == len({spec.name for spec in specs.values()}) == 4


def test_a_cut_that_cuts_nothing_keeps_no_rendition_apart() -> None:
    wishes = dict.fromkeys(FOUR, RenditionOptions(cut=True))
    assert len(set(assign_specs(wishes, duration_s=60).values())) == 2
    assert len(set(assign_specs(wishes, duration_s=120).values())) == 3
    assert assign_specs(wishes, duration_s=120)["facebook"].duration_cap_s == 90


def test_no_platform_refuses_what_is_rendered_for_it(source: SourceInfo) -> None:
    for name in PLATFORMS:
        assert not blocks(preflight(source, name, spec_for(name)))


def test_a_long_video_is_refused_unless_cutting_was_chosen(source: SourceInfo) -> None:
    long = replace(source, duration_s=120.0)
    assert codes(long, "facebook", spec_for("facebook"))["too_long"] is Severity.BLOCK
    cut = codes(long, "facebook", spec_for("facebook", RenditionOptions(cut=True)))
    assert "too_long" not in cut
    assert cut["cut"] is Severity.CHANGE


def test_a_short_video_is_refused_where_it_is_too_short(source: SourceInfo) -> None:
    short = replace(source, duration_s=2.0)
    assert codes(short, "instagram", spec_for("instagram"))["too_short"] is Severity.BLOCK
    assert "too_short" not in codes(short, "youtube", spec_for("youtube"))


def test_the_source_itself_is_refused_with_reasons(source: SourceInfo) -> None:
    odd = replace(source, container="matroska", codec="vp9", variable=True, fps=Fraction(120))
    found = codes(odd, "instagram", None)
    assert {"container", "video_codec", "frame_rate"} <= set(found)
    assert set(found.values()) == {Severity.BLOCK}
    assert "uneven_rate" in codes(odd, "tiktok", None)
    assert codes(source, "facebook", None) == {"landscape": Severity.BLOCK}
    assert codes(source, "youtube", None) == {}


def test_changes_are_told(source: SourceInfo) -> None:
    phone = replace(
        source,
        color=replace(source.color, transfer=18),
        variable=True,
        location=True,
        interlaced=True,
        codec="hevc",
    )
    found = codes(phone, "tiktok", spec_for("tiktok"))
    assert found == {
        "shape": Severity.CHANGE,
        "hdr_to_sdr": Severity.CHANGE,
        "rate_steadied": Severity.FIX,
        "location_removed": Severity.FIX,
        "converted": Severity.FIX,
        "deinterlaced": Severity.FIX,
    }


def test_every_finding_says_what_and_what_next(source: SourceInfo) -> None:
    odd = replace(source, container="matroska", duration_s=5000.0, width=100, height=9000)
    for platform in PLATFORMS:
        for finding in preflight(odd, platform, None):
            assert finding.sentence.endswith(".")
            assert finding.what_we_do.endswith(".")
            assert "{" not in finding.sentence


def test_a_long_reel_gets_a_lower_bit_rate(source: SourceInfo) -> None:
    long = replace(source, duration_s=880.0)
    spec = spec_for("instagram")
    assert max_bitrate(spec, 880) * 880 / 8 < 300_000_000
    found = codes(long, "instagram", spec)
    assert found["bit_rate_lowered"] is Severity.CHANGE
    assert "file_size" not in found


def test_unknown_platforms_and_resolutions_are_named() -> None:
    with pytest.raises(NotFoundError, match="myspace"):
        spec_for("myspace")
    with pytest.raises(InvalidRequestError, match="480"):
        rendition_spec(Aspect.WIDE, short_side=480)


def test_the_native_rendition_keeps_the_shape_and_stays_even(source: SourceInfo) -> None:
    odd = replace(source, width=853, height=479)
    assert (native_spec(odd).width, native_spec(odd).height) == (852, 478)
    large = replace(source, width=2160, height=3840)
    spec = native_spec(large)
    assert (spec.width, spec.height, spec.safe_area) == (1080, 1920, "vertical")


def test_a_full_disk_is_noticed_before_the_work(tmp_path: Path) -> None:
    specs = tuple(specs_for(FOUR))
    check_space(tmp_path, specs, 1.0)
    assert bytes_needed(specs, 600) > bytes_needed(specs, 60)
    with pytest.raises(UnavailableError) as caught:
        check_space(tmp_path, specs, 1e9)
    assert caught.value.code == "disk_full"


def test_a_hardware_encoder_is_used_only_where_it_works() -> None:
    assert choose_encoder(hardware=False) is Encoder.X264
    chosen = choose_encoder(hardware=True)
    assert works(chosen)
    assert works(Encoder.X264)
