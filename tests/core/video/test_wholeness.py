"""Files whose end is missing, by the lengths that their outermost parts tell."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from media import Clip, make
from uploadm8.core.video.probe import probe
from uploadm8.core.video.wholeness import missing_bytes
from uploadm8.errors import MediaError

KINDS = {"matroska": ("matroska", "libx264", "aac"), "avi": ("avi", "mpeg4", "mp3")}


def filmed(folder: Path, kind: str) -> bytes:
    container, codec, sound = KINDS[kind]
    path = folder / f"whole.{kind}"
    make(path, Clip(frames=45, codec=codec, audio=sound, container=container))
    assert missing_bytes(path, kind) == 0
    return path.read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_that_ended_early_is_refused(tmp_path: Path, kind: str) -> None:
    data, path = filmed(tmp_path, kind), tmp_path / "cut"
    path.write_bytes(data[: len(data) * 6 // 10])
    assert missing_bytes(path, kind) == len(data) - path.stat().st_size
    with pytest.raises(MediaError) as caught:
        probe(path)
    assert caught.value.code == "media_truncated"


def test_a_live_recording_tells_no_end(tmp_path: Path) -> None:
    options = {"live": "1"}
    whole = make(tmp_path / "live.mkv", Clip(frames=45, container="matroska", options=options))
    path = tmp_path / "cut.mkv"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 9 // 10])
    assert missing_bytes(path, "matroska") == 0


def test_a_recording_in_fragments_that_was_copied_in_part_is_refused(tmp_path: Path) -> None:
    flags = {"movflags": "frag_keyframe+empty_moov"}
    whole = make(tmp_path / "whole.mp4", Clip(frames=60, noise=9, options=flags))
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 7 // 10])
    with pytest.raises(MediaError) as caught:
        probe(path)
    assert caught.value.code == "media_truncated"


@given(st.binary(max_size=200), st.sampled_from(["mov", "avi", "matroska", "mpegts"]))
@example(b"\0\0\0\1free" + b"\xff" * 8, "mov")  # a length beyond what can be sought
@example(b"\x1a\x45\xdf\xa3\x01\x7f" + b"\xff" * 6, "matroska")
def test_no_bytes_break_it(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, kind: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes"
    path.write_bytes(data)
    assert missing_bytes(path, kind) >= 0
