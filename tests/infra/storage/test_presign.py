"""Our presigned URLs, against those of botocore."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st

from uploadm8.infra.storage.presign import Presigner

OURS = Presigner("https://account.r2.example.com", "media", "AKID", "sEcReT/key+1")


@pytest.fixture(scope="module")
def reference() -> Any:
    session = botocore.session.get_session()
    config = Config(
        signature_version="s3v4",
        request_checksum_calculation="when_required",
        s3={"addressing_style": "path"},
    )
    return session.create_client(
        "s3",
        endpoint_url=OURS.endpoint,
        region_name=OURS.region,
        aws_access_key_id=OURS.access_key,
        aws_secret_access_key=OURS.secret_key,
        config=config,
    )


def parts(url: str) -> tuple[str, str, str, dict[str, list[str]]]:
    split = urlsplit(url)
    return split.scheme, split.netloc, split.path, parse_qs(split.query, strict_parsing=True)


def signed_at(url: str) -> datetime:
    stamp = parts(url)[3]["X-Amz-Date"][0]
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


KEYS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40).map(
    lambda text: f"w/{text}"
)


@settings(max_examples=40, deadline=None)
@given(key=KEYS, size=st.integers(1, 2**40), expires=st.integers(1, 604_800))
def test_a_put_is_signed_as_botocore_signs_it(
    reference: Any, key: str, size: int, expires: int
) -> None:
    theirs = reference.generate_presigned_url(
        "put_object",
        Params={"Bucket": "media", "Key": key, "ContentType": "video/mp4", "ContentLength": size},
        ExpiresIn=expires,
    )
    headers = {"Content-Type": "video/mp4", "Content-Length": str(size)}
    ours = OURS.url("PUT", key, expires, headers=headers, at=signed_at(theirs))
    assert parts(ours) == parts(theirs)


@settings(max_examples=40, deadline=None)
@given(key=KEYS, name=st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF), max_size=30))
def test_a_download_under_a_name_is_signed_as_botocore_signs_it(
    reference: Any, key: str, name: str
) -> None:
    disposition = f'attachment; filename="{name}"'
    theirs = reference.generate_presigned_url(
        "get_object",
        Params={"Bucket": "media", "Key": key, "ResponseContentDisposition": disposition},
        ExpiresIn=900,
    )
    query = {"response-content-disposition": disposition}
    ours = OURS.url("GET", key, 900, query=query, at=signed_at(theirs))
    assert parts(ours) == parts(theirs)


def test_a_part_is_signed_as_botocore_signs_it(reference: Any) -> None:
    theirs = reference.generate_presigned_url(
        "upload_part",
        Params={"Bucket": "media", "Key": "w/a", "UploadId": "up/load+id=", "PartNumber": 7},
        ExpiresIn=3600,
    )
    query = {"uploadId": "up/load+id=", "partNumber": "7"}
    ours = OURS.url("PUT", "w/a", 3600, query=query, at=signed_at(theirs))
    assert parts(ours) == parts(theirs)


@pytest.mark.parametrize(
    ("endpoint", "start"),
    [
        ("https://Account.R2.example.com", "https://account.r2.example.com/media/"),
        ("https://r2.example.com:443", "https://r2.example.com/media/"),
        ("http://127.0.0.1:80", "http://127.0.0.1/media/"),
        ("http://127.0.0.1:443", "http://127.0.0.1:443/media/"),
    ],
)
def test_the_signed_host_is_the_one_that_clients_send(endpoint: str, start: str) -> None:
    def signed(base: str) -> str:
        moment = datetime(2026, 11, 23, tzinfo=UTC)
        return Presigner(base, "media", "AKID", "key").url("GET", "k", 60, at=moment)

    assert signed(endpoint).startswith(start)
    assert signed(endpoint) == signed(start.removesuffix("/media/"))
