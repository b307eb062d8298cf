"""Which encoder is used, and what it is told."""

from pathlib import Path

import av
import pytest

from filmed import job, spec, watch
from media import Clip, make
from uploadm8.core.video import encoders
from uploadm8.core.video.encoders import Encoder, choose_encoder, settings_for, works
from uploadm8.core.video.render import render
from uploadm8.core.video.rendition import Quality
from uploadm8.core.video.resume import render_resumable

BUILT_IN = [encoder for encoder in Encoder if encoder.value in av.codecs_available]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("encoders") / "clip.mp4", Clip(frames=60))


@pytest.mark.parametrize("encoder", BUILT_IN)
def test_an_encoder_is_fed_what_it_takes(encoder: Encoder) -> None:
    taken = av.Codec(encoder.value, "w").video_formats or []
    chosen = settings_for(spec(), Quality.STANDARD, encoder, spec().max_fps, 10.0)
    assert chosen.pixel_format in {taken_format.name for taken_format in taken}


def test_libx264_knows_every_option_it_is_given() -> None:
    for quality in Quality:
        chosen = settings_for(spec(), quality, Encoder.X264, spec().max_fps, 10.0)
        context = av.CodecContext.create("libx264", "w")
        context.width, context.height, context.pix_fmt = 64, 64, chosen.pixel_format
        context.time_base = 1 / spec().max_fps
        context.options = chosen.options
        context.open()
        assert context.options == {}, "what is left was not understood"


def test_libx264_serves_where_no_hardware_works(clip: Path, tmp_path: Path) -> None:
    report = render(job(clip, tmp_path, spec(), hardware=True))
    wanted = choose_encoder(hardware=True).value
    assert {report.encoder, *(output.encoder for output in report.outputs)} == {wanted}


def test_a_hardware_encoder_that_gives_up_is_replaced(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if works(Encoder.NVENC):
        pytest.skip("it does not give up here")
    monkeypatch.setattr(encoders, "works", lambda encoder: encoder is Encoder.NVENC)
    one = job(clip, tmp_path, spec(), hardware=True)
    for report in (render(one), render_resumable(one, tmp_path / "s", seconds=1.0)):
        assert report.outputs[0].encoder == report.encoder == "libx264"
        assert watch(one.outputs[0].path).numbers == list(range(60))
    assert not list(tmp_path.rglob("*.part"))


def test_only_even_pictures_are_encoded_as_such() -> None:
    wide = spec()
    for steady in (True, False):
        settings = settings_for(
            wide, Quality.STANDARD, Encoder.X264, wide.max_fps, 10.0, steady=steady
        )
        assert ("x264-params" in settings.options) is steady
