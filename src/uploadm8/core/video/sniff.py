"""Tell a container by its first bytes, so that nothing but the right demuxer ever sees the file."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from uploadm8.core.telemetry.mp4.boxes import Box, boxes_between
from uploadm8.core.video.faults import fault

HEAD = 4096
_MOST_BOXES = 4096
_MOST_TRACKS = 64
_TO_DESCRIPTIONS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
_VERSION_AND_COUNT = 8  # bytes before the first sample description
_ENCRYPTED = frozenset({b"encv", b"enca", b"drmi", b"drms"})  # ISO/IEC 23001-7 and FairPlay

_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_AVI = (b"AVI ", b"AVI\x19")  # the second is written by some cameras
_SYNC, _PACKET_BYTES, _SURE_PACKETS = 0x47, (188, 192, 204), 5
_EBML = b"\x1a\x45\xdf\xa3"
_KNOWN = (
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"ID3", "an MP3 file"),
    (b"OggS", "an Ogg file"),
    (b"fLaC", "a FLAC file"),
    (b"RIFF", "a RIFF file without video, such as WAV"),
    (b"FLV", "a Flash video"),
    (b"\x30\x26\xb2\x75", "a Windows Media file"),
    (b"\x00\x00\x01\xba", "an MPEG program stream"),
)
_PLAYLISTS = (b"#EXTM3U", b"ffconcat", b"<MPD", b"v=0")
_PICTURE_BRANDS = (b"heic", b"heix", b"mif1", b"avif", b"msf1")


def sniff(path: Path) -> str:
    """The demuxer for a file, one of `containers.CONTAINERS`.

    Raises:
        MediaError: media_missing, media_empty or media_not_video.
    """
    if not path.is_file():
        raise fault("media_missing", path=path.name)
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise fault("media_empty")
    if head[4:8] in _BOXES:
        if head[4:8] == b"ftyp" and head[8:12] in _PICTURE_BRANDS:
            raise fault("media_not_video", what="a still picture")
        return "mov"
    if head.startswith(_EBML):
        return "matroska"
    if head.startswith(b"RIFF") and head[8:12] in _AVI:
        return "avi"
    if is_transport_stream(head):
        return "mpegts"
    raise fault("media_not_video", what=_describe(head))


def is_transport_stream(head: bytes) -> bool:
    """Whether the sync byte of MPEG transport packets comes again and again, up to the end.

    Packets have 188 bytes; 192 with the arrival times that M2TS puts before them, 204 with the
    parity of broadcasts (ISO/IEC 13818-1, 2.4.3.2). A recording may begin within one.
    """
    return any(
        len(marks := head[start::length]) >= _SURE_PACKETS and marks.count(_SYNC) == len(marks)
        for length in _PACKET_BYTES
        for start in range(length)
    )


def ends_early(path: Path) -> bool:
    """Whether an MP4 or MOV lacks the end of a top-level box, or its index (``moov``)."""
    size, place, seen = path.stat().st_size, 0, set[bytes]()
    with path.open("rb") as file:
        while place + 8 <= size and len(seen) < _MOST_BOXES:
            file.seek(place)
            head = file.read(16)
            length = int.from_bytes(head[:4], "big")
            if length == 1:  # the length is 64 bits wide
                length = int.from_bytes(head[8:16], "big")
            elif length == 0:  # up to the end of the file
                length = size - place
            seen.add(head[4:8])
            place += max(8, length)
    return place > size or b"moov" not in seen


def is_encrypted(path: Path) -> bool:
    """Whether the index of an MP4 or MOV names encrypted pictures or sound.

    Its tables, which may be large, are stepped over.
    """
    with path.open("rb") as file:
        places = [Box(b"", 0, path.stat().st_size)]
        for kind in _TO_DESCRIPTIONS:
            places = list(islice(_all_of(kind, file, places), _MOST_TRACKS))
        return any(
            entry.kind in _ENCRYPTED
            for place in places
            for entry in boxes_between(file, place.start + _VERSION_AND_COUNT, place.end)
        )


def _all_of(kind: bytes, file: BinaryIO, places: Sequence[Box]) -> Iterator[Box]:
    for place in places:
        yield from (b for b in boxes_between(file, place.start, place.end) if b.kind == kind)


def _describe(head: bytes) -> str:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for magic, name in _KNOWN:
        if head.startswith(magic):
            return name
    if any(text.startswith(mark) for mark in _PLAYLISTS) or b"<MPD" in head:
        return "a playlist, which names other files"
    printable = sum(byte in b"\t\r\n" or 32 <= byte < 127 for byte in head)
    return "a text file" if printable / len(head) > 0.95 else "a file of unknown kind"
