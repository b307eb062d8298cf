"""What object storage may refuse, and botocore's errors as ours."""

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from uploadm8.errors import ConflictError, PreconditionFailedError, UnavailableError


class ObjectMissingError(ConflictError):
    """The object has not been uploaded."""

    code = "object_missing"


class StorageError(UnavailableError):
    """Object storage did not answer as it should."""

    code = "storage_unavailable"


class SourceChangedError(PreconditionFailedError):
    """The object was replaced after it had been accepted."""

    code = "source_changed"


@contextmanager
def mapped() -> Iterator[None]:
    """Turn botocore's errors into ours."""
    try:
        yield
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        name = error.response.get("Error", {}).get("Code", "")
        if status == 404 or name in ("NoSuchKey", "NoSuchUpload"):
            raise ObjectMissingError from error
        if status == 412 or name == "PreconditionFailed":
            raise SourceChangedError from error
        raise StorageError(f"Object storage answered {name or status}.") from error
    except (BotoCoreError, OSError, TimeoutError) as error:
        raise StorageError from error
