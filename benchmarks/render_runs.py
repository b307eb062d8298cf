"""The single runs that benchmarks/render.py compares; each is a whole process of its own."""

import argparse
import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame

from footage import drive
from uploadm8.core.hud.spec import HudSpec, Preset, StatField, ThemeName, WidgetEntry, WidgetKind
from uploadm8.core.video.encoders import Encoder, settings_for
from uploadm8.core.video.job import Output, RenderJob
from uploadm8.core.video.probe import probe
from uploadm8.core.video.render import render
from uploadm8.core.video.rendition import Quality, RenditionSpec
from uploadm8.core.video.segments import plan_segments, render_segment
from uploadm8.core.video.specs import Aspect, rendition_spec
from uploadm8.core.video.threads import settle
from uploadm8.core.video.writer import MP4_OPTIONS

WIDE = rendition_spec(Aspect.WIDE)
TALL = rendition_spec(Aspect.TALL)
_SIX = (
    WidgetKind.SPEED,
    WidgetKind.MAP,
    WidgetKind.G_FORCE,
    WidgetKind.ALTITUDE,
    WidgetKind.COMPASS,
    WidgetKind.STATS,
)
_RIDE_S = 600.0
_FIELDS = (StatField.CLOCK, StatField.DISTANCE, StatField.ELAPSED)
_ZONE = "Europe/Zurich"  # a render job gets the zone from the inspection of the upload
_ALL = tuple(kind for kind in WidgetKind if kind not in (WidgetKind.LOGO, WidgetKind.TEXT))
HUDS = {
    "none": None,
    "six": HudSpec(
        widgets=tuple(
            WidgetEntry(kind=kind, fields=_FIELDS if kind is WidgetKind.STATS else ())
            for kind in _SIX
        ),
        animate=False,
        time_zone=_ZONE,
    ),
    "all": HudSpec(
        widgets=tuple(WidgetEntry(kind=kind) for kind in _ALL[:16]),
        animate=False,
        scale=0.6,
        time_zone=_ZONE,
    ),
    **{
        theme.value: HudSpec(theme=theme, preset=Preset.CAR, time_zone=_ZONE) for theme in ThemeName
    },
}


def plain(source: Path, out: Path) -> dict[str, object]:
    """The bare PyAV transcode: decode, encode with our settings, copy the sound."""
    rate = Fraction(30)
    settings = settings_for(WIDE, Quality.STANDARD, Encoder.X264, rate, 60.0)
    frames = 0
    with (
        av.open(str(source)) as read,
        av.open(str(out), "w", format="mp4", options=dict(MP4_OPTIONS)) as write,
    ):
        video, sound = read.streams.video[0], read.streams.audio[0]
        video.thread_type = "AUTO"
        made = write.add_stream("libx264", rate=rate, options=settings.options)
        made.width, made.height, made.pix_fmt = video.width, video.height, "yuv420p"
        context = made.codec_context
        context.time_base, context.gop_size = Fraction(1, 30), settings.gop
        context.color_range = context.colorspace = 1
        context.color_primaries = context.color_trc = 1
        copied = write.add_stream_from_template(sound)
        for packet in read.demux(video, sound):
            if packet.stream is sound:
                if packet.dts is not None:
                    packet.stream = copied
                    write.mux(packet)
                continue
            for frame in packet.decode():
                if isinstance(frame, VideoFrame):
                    frame.pict_type = 0
                    write.mux(made.encode(frame))
                    frames += 1
        write.mux(made.encode(None))
    return {"frames": frames}


def decoded(source: Path) -> dict[str, object]:
    """What two renditions from one decode can save: decoding, and nothing else."""
    with av.open(str(source)) as read:
        read.streams.video[0].thread_type = "AUTO"
        return {"frames": sum(1 for _ in read.decode(video=0))}


def ours(
    source: Path, folder: Path, specs: list[RenditionSpec], hud: str, quality: Quality
) -> dict[str, object]:
    """Our renderer."""
    report = render(_job(source, folder, specs, hud, quality))
    return {
        "frames": report.outputs[0].frames,
        "hud_ms": report.hud_ms,
        "first_frame_s": report.first_frame_s,
        "encodes": len(report.outputs),
        "mb": report.outputs[0].bytes / 1e6,
    }


def segment(source: Path, folder: Path, hud: str, number: int, count: int) -> dict[str, object]:
    """One segment of a rendition, as one of several workers renders it."""
    job = _job(source, folder, [WIDE], hud, Quality.STANDARD)
    seconds = probe(source).duration_s / count
    spans = plan_segments(job, seconds)
    (path,) = render_segment(job, spans, number, folder)
    return {"path": str(path)}


def _job(
    source: Path, folder: Path, specs: list[RenditionSpec], hud: str, quality: Quality
) -> RenderJob:
    track = None if HUDS[hud] is None else drive(_RIDE_S)
    outputs = tuple(Output(spec, folder / f"{spec.name}.mp4") for spec in specs)
    return RenderJob(source, outputs, track=track, hud=HUDS[hud], quality=quality)


def main() -> None:
    settle()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("mode", choices=["plain", "decode", "wide", "tall", "both", "segment"])
    parser.add_argument("source", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--hud", choices=HUDS, default="none")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--number", type=int, default=0)
    parser.add_argument("--count", type=int, default=2)
    args = parser.parse_args()
    shapes = {"wide": [WIDE], "tall": [TALL], "both": [TALL, WIDE]}
    if args.mode == "plain":
        result = plain(args.source, args.folder / "plain.mp4")
    elif args.mode == "decode":
        result = decoded(args.source)
    elif args.mode == "segment":
        result = segment(args.source, args.folder, args.hud, args.number, args.count)
    else:
        specs = [replace(spec, hud=args.hud != "none") for spec in shapes[args.mode]]
        quality = Quality.QUICK if args.quick else Quality.STANDARD
        result = ours(args.source, args.folder, specs, args.hud, quality)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
