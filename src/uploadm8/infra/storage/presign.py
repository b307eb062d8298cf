"""Presigned URLs (AWS Signature Version 4, in the query) without botocore's four milliseconds each."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import SplitResult, quote, urlsplit

from uploadm8.infra.clock import now

_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, slots=True)
class Presigner:
    """Signs requests to one bucket, addressed by path.

    Attributes:
        endpoint: base URL of the store, without the bucket.
    """

    endpoint: str
    bucket: str
    access_key: str
    secret_key: str
    region: str = "auto"

    def url(
        self,
        method: str,
        key: str,
        expires_s: int,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        at: datetime | None = None,
    ) -> str:
        """The URL for one request.

        Args:
            method: which method the URL is good for.
            key: the object.
            expires_s: how long it is good, at most a week.
            query: further parameters, such as the part's number.
            headers: headers that the request must carry exactly so.
            at: the time of signing; default now.
        """
        base = urlsplit(self.endpoint)
        stamp = f"{at or now():%Y%m%dT%H%M%SZ}"
        scope = f"{stamp[:8]}/{self.region}/s3/aws4_request"
        host = _host(base)
        signed = {"host": host} | {n.lower(): v for n, v in (headers or {}).items()}
        names = ";".join(sorted(signed))
        parameters = {
            **(query or {}),
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{self.access_key}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(expires_s),
            "X-Amz-SignedHeaders": names,
        }
        text = "&".join(f"{_escaped(n)}={_escaped(parameters[n])}" for n in sorted(parameters))
        path = quote(f"{base.path.rstrip('/')}/{self.bucket}/{key}", safe="/~")
        lines = (f"{name}:{' '.join(signed[name].split())}" for name in sorted(signed))
        asked = "\n".join([method, path, text, *lines, "", names, "UNSIGNED-PAYLOAD"])
        digest = hashlib.sha256(asked.encode()).hexdigest()
        to_sign = f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}"
        signing_key = _signing_key(self.secret_key, stamp[:8], self.region)
        signature = hmac.new(signing_key, to_sign.encode(), hashlib.sha256).hexdigest()
        return f"{base.scheme}://{host}{path}?{text}&X-Amz-Signature={signature}"


def _host(base: SplitResult) -> str:
    """The Host header that clients send: in lower case, and without a port that goes without saying."""
    usual = {"https": ":443", "http": ":80"}.get(base.scheme, ":")
    return base.netloc.rpartition("@")[2].lower().removesuffix(usual)


def _escaped(text: str) -> str:
    return quote(text, safe="-_.~")


@lru_cache(maxsize=8)
def _signing_key(secret: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for word in (day, region, "s3", "aws4_request"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    return key
