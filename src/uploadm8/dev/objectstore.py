"""The local S3 server: localbucket, made as strict as R2 where the product relies on it.

Added: SigV4 is checked (headers and presigned URLs, so a signed length or type binds), content
types are kept, If-Match on GET, ListParts, ListMultipartUploads, equal part sizes, If-Match and CORS as R2 has them.
"""

import hashlib
import hmac
import json
import os
import signal
import sys
import threading
import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from localbucket import (
    S3_NAMESPACE,
    UPLOAD_META,
    UPLOADS_DIR,
    S3Error,
    S3Handler,
    etag_matches,
    object_etag,
    sub_element,
)

_TYPES = ".content-types"
_SKEW = timedelta(minutes=15)
_AUTH_FIELDS = ("X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature")


def _denied(code: str, message: str) -> S3Error:
    return S3Error(HTTPStatus.FORBIDDEN, code, message)


class StrictHandler(S3Handler):  # type: ignore[misc]
    """localbucket's handler with signatures, types and R2's multipart rules."""

    access_key = os.environ.get("OBJECTSTORE_ACCESS_KEY", "")
    secret_key = os.environ.get("OBJECTSTORE_SECRET_KEY", "")

    def _dispatch(self, action):  # type: ignore[no-untyped-def]
        """Check the signature, then do what localbucket does."""
        try:
            self._check_signature()
        except S3Error as error:
            self._send_error(error)
            return
        super()._dispatch(action)

    def _check_signature(self) -> None:
        url = urlsplit(self.path)
        query = parse_qsl(url.query, keep_blank_values=True)
        asked = dict(query)
        if "X-Amz-Signature" in asked:
            credential, signed, signature = (asked.get(name, "") for name in _AUTH_FIELDS)
            stamp, payload = asked.get("X-Amz-Date", ""), "UNSIGNED-PAYLOAD"
            life = timedelta(seconds=int(asked.get("X-Amz-Expires", "0")))
            query = [(name, value) for name, value in query if name != "X-Amz-Signature"]
        else:
            fields = dict(
                part.strip().partition("=")[::2]
                for part in self.headers.get("Authorization", "").partition(" ")[2].split(",")
            )
            credential, signed, signature = (
                fields.get(name.removeprefix("X-Amz-"), "") for name in _AUTH_FIELDS
            )
            stamp, life = self.headers.get("x-amz-date", ""), _SKEW
            payload = self.headers.get("x-amz-content-sha256", "UNSIGNED-PAYLOAD")
        key_id, _, scope = credential.partition("/")
        if not signature or key_id != self.access_key:
            raise _denied("InvalidAccessKeyId", "The access key does not exist here.")
        try:
            age = datetime.now(UTC) - datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        except ValueError:
            raise _denied("AccessDenied", "The date is missing.") from None
        if not -_SKEW <= age <= life:
            raise _denied("AccessDenied", "Request has expired.")
        headers = "".join(
            f"{name}:{(self.headers.get(name) or '').strip()}\n" for name in signed.split(";")
        )
        canonical = "\n".join(
            [
                *(self.command, quote(unquote(url.path), safe="/~"), _canonical_query(query)),
                *(headers, signed, payload),
            ]
        )
        hashed = hashlib.sha256(canonical.encode()).hexdigest()
        told = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}"
        if not hmac.compare_digest(_sign(self.secret_key, scope, told), signature):
            raise _denied("SignatureDoesNotMatch", "The request signature does not match.")

    def _get_request(self, bucket: str, key: str) -> None:
        if key and "uploadId" in self.query:
            self._list_parts(bucket, key)
            return
        if not key and "uploads" in self.query:
            self._list_multipart_uploads(bucket)
            return
        wanted = self.headers.get("If-Match")
        if key and wanted:
            target = self._object_path(bucket, key)
            if target.is_file() and not etag_matches(wanted, object_etag(target)):
                raise self._precondition_failed_error()
        super()._get_request(bucket, key)

    def _list_multipart_uploads(self, bucket: str) -> None:
        root = ET.Element("ListMultipartUploadsResult", xmlns=S3_NAMESPACE)
        sub_element(root, "IsTruncated", "false")
        for meta in sorted((self.data_root / UPLOADS_DIR).glob(f"*/{UPLOAD_META}")):
            told = json.loads(meta.read_text())
            if told["bucket"] == bucket:
                begun = datetime.fromtimestamp(meta.stat().st_mtime, UTC)
                upload = ET.SubElement(root, "Upload")
                sub_element(upload, "Key", told["key"])
                sub_element(upload, "UploadId", meta.parent.name)
                sub_element(upload, "Initiated", f"{begun:%Y-%m-%dT%H:%M:%S.000Z}")
        self._send_xml(root)

    def _list_parts(self, bucket: str, key: str) -> None:
        root = ET.Element("ListPartsResult", xmlns=S3_NAMESPACE)
        sub_element(root, "IsTruncated", "false")
        for path in sorted(self._upload_dir(bucket, key).iterdir()):
            if path.name.isdigit():
                part = ET.SubElement(root, "Part")
                sub_element(part, "PartNumber", str(int(path.name)))
                sub_element(part, "ETag", f'"{object_etag(path)}"')
                sub_element(part, "Size", str(path.stat().st_size))
        self._send_xml(root)

    def _complete_multipart_upload(self, bucket: str, key: str, body: bytes) -> None:
        parts = sorted(p for p in self._upload_dir(bucket, key).iterdir() if p.name.isdigit())
        sizes = [part.stat().st_size for part in parts]
        if len(set(sizes[:-1])) > 1 or (len(sizes) > 1 and sizes[-1] > sizes[0]):
            raise S3Error(
                HTTPStatus.BAD_REQUEST,
                "InvalidPart",
                "All non-trailing parts must have the same length.",
            )
        super()._complete_multipart_upload(bucket, key, body)

    def _create_multipart_upload(self, bucket: str, key: str) -> None:
        self._remember_type(bucket, key)
        super()._create_multipart_upload(bucket, key)

    def _write_object(self, bucket: str, key: str, write) -> str:  # type: ignore[no-untyped-def]
        etag = str(super()._write_object(bucket, key, write))
        if "uploadId" not in self.query:
            self._remember_type(bucket, key)
        return etag

    def _type_file(self, bucket: str, key: str) -> Path:
        root: Path = self.data_root
        return root / _TYPES / hashlib.sha256(f"{bucket}/{key}".encode()).hexdigest()

    def _remember_type(self, bucket: str, key: str) -> None:
        file = self._type_file(bucket, key)
        file.parent.mkdir(exist_ok=True)
        file.write_text(self.headers.get("Content-Type") or "application/octet-stream")

    def _response_header_overrides(self) -> dict[str, str]:
        bucket, _, key = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        file = self._type_file(bucket, key)
        kept = {"Content-Type": file.read_text()} if file.exists() else {}
        return {**kept, **super()._response_header_overrides()}


def _canonical_query(query: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote(n, safe='~')}={quote(v, safe='~')}" for n, v in sorted(query))


def _sign(secret: str, scope: str, text: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    return key.hex()


def main() -> None:
    """Serve ``python -m uploadm8.dev.objectstore FOLDER PORT`` until SIGTERM."""
    StrictHandler.data_root = Path(sys.argv[1])
    ThreadingHTTPServer.request_queue_size = 128
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), StrictHandler)
    server.daemon_threads = True
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    server.serve_forever()


if __name__ == "__main__":
    main()
