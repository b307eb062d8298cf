"""The whole work of a render job, as a child process does it."""

import asyncio
import multiprocessing
from dataclasses import replace
from fractions import Fraction
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from filmed import spec, watch
from media import Clip, make
from samples import sample
from uploadm8.core.hud.spec import HudSpec
from uploadm8.core.video.job import Finished, Output, RenderReport
from uploadm8.core.video.production import ProductionTask, produce
from uploadm8.infra.jobs.child import run_in_child


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("production") / "clip.mp4", Clip(640, 360, frames=60))


def task(clip: Path, folder: Path, segments: Path | None = None) -> ProductionTask:
    return ProductionTask(
        source=clip,
        telemetry=sample("derived/drive_10hz.gpx"),
        offset_s=0.0,
        hud=HudSpec(),
        outputs=(Output(spec(640, 360, name="wide"), folder / "wide.mp4"),),
        segments=segments,
    )


def test_files_and_stills_are_made(clip: Path, tmp_path: Path) -> None:
    events: list[object] = []
    report = produce(task(clip, tmp_path), events.append)
    assert report.outputs[0].frames == 60
    assert report.hud_ms is not None
    assert (tmp_path / "wide.jpg").read_bytes()[:2] == b"\xff\xd8"
    assert isinstance(events[-1], Finished)


def test_with_segments_a_second_attempt_renders_nothing_again(clip: Path, tmp_path: Path) -> None:
    segments = tmp_path / "segments"
    first = produce(task(clip, tmp_path, segments), lambda event: None)
    again = produce(task(clip, tmp_path, segments), lambda event: None)
    assert (first.pictures, again.pictures) == (60, 0)
    assert again.outputs[0].frames == 60


def _child(pipe: Connection, work: ProductionTask) -> None:
    report = produce(work, lambda event: pipe.send(type(event).__name__))
    pipe.send(report)


def test_the_work_crosses_into_a_spawned_process_and_back(clip: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    near, far = context.Pipe()
    child = context.Process(target=_child, args=(far, task(clip, tmp_path)))
    child.start()
    messages = []
    while not isinstance(message := near.recv(), RenderReport):
        messages.append(message)
    child.join(60)
    assert child.exitcode == 0
    assert messages[0] == "Started"
    assert messages[-1] == "Finished"
    assert message.outputs[0].path == tmp_path / "wide.mp4"


def test_a_4k_hdr_source_is_rendered_within_the_memory_of_a_child(tmp_path: Path) -> None:
    made = Clip(
        3840,
        2160,
        frames=4,
        fps=Fraction(4),
        pixel_format="yuv420p10le",
        matrix=9,
        primaries=9,
        transfer=18,
        gop=4,
    )
    source = make(tmp_path / "in.mp4", made)
    work = replace(task(source, tmp_path), outputs=_both_shapes(tmp_path))
    report = asyncio.run(run_in_child(produce, work, scratch=tmp_path))
    for output in report.outputs:
        film = watch(output.path)
        assert film.tags == (1, 1, 1, 1)
        assert len(film.luma) == output.frames == 24  # each shown six times


def _both_shapes(folder: Path) -> tuple[Output, ...]:
    sizes = {"wide": (640, 360), "tall": (360, 640)}
    return tuple(
        Output(spec(*size, name=name), folder / f"{name}.mp4") for name, size in sizes.items()
    )
