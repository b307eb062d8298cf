"""`uploadm8 render` and `uploadm8 preview`, run as a user runs them."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from filmed import watch
from media import Clip, make
from samples import sample
from uploadm8.cli import main


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("cli") / "clip.mp4", Clip(frames=60))


def call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_a_video_and_a_gpx_become_a_video(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    result = call("render", clip, sample("derived/drive_10hz.gpx"), out, "--quick")
    assert result.exit_code == 0, result.output
    assert "60 frames" in result.output
    assert watch(out).luma[0].shape == (180, 320)


def test_a_gopro_video_needs_no_second_file(tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    video = sample("gpmf/max-heromode.mp4")
    result = call("render", video, out, "--quick", "--quiet", "--trim", 0, 1)
    assert result.exit_code == 0, result.output
    assert len(watch(out).times) == 30


def test_a_shape_can_be_chosen(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mp4"
    result = call("render", clip, out, "--no-hud", "--aspect", "9:16", "--quick", "--trim", 0, 0.2)
    assert result.exit_code == 0, result.output
    assert watch(out).luma[0].shape == (1920, 1080)


def test_a_preview_is_one_picture(clip: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.png"
    track = sample("derived/drive.gpx")
    result = call("preview", clip, track, out, "--at", 1, "--theme", "sport", "--units", "imperial")
    assert result.exit_code == 0, result.output
    assert out.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("render", "{none}", "{out}"), "There is no file"),
        (("render", "{text}", "{out}"), "not a video file"),
        (("render", "{clip}", "{out}"), "telemetry"),
        (("render", "{clip}", "{clip}", "--no-hud"), "overwrite"),
        (("render", "{clip}", "{folder}/none/out.mp4", "--no-hud"), "no folder"),
        (("preview", "{clip}", "{clip}", "{out}", "--accent", "blue"), "colour"),
        (("render", "{clip}", "{out}", "--no-hud", "--trim", 7, 9), "holds no picture"),
    ],
)
def test_mistakes_are_explained_without_a_traceback(
    clip: Path, tmp_path: Path, words: tuple[object, ...], said: str
) -> None:
    text = tmp_path / "text.mp4"
    text.write_text("no video\n" * 20)
    places = {
        "clip": clip,
        "text": text,
        "none": tmp_path / "none.mp4",
        "out": tmp_path / "out.mp4",
        "folder": tmp_path,
    }
    result = call(*(str(word).format(**places) for word in words))
    assert result.exit_code == 1
    assert said in result.output
    assert "Traceback" not in result.output
    assert not places["out"].exists()


def test_too_few_files_show_the_usage(clip: Path) -> None:
    result = call("render", clip)
    assert result.exit_code == 2
    assert "Two or three files" in result.output
