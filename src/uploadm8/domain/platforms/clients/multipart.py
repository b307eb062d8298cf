"""multipart/form-data with one file, written so that the file's bytes can be streamed."""

import secrets
from collections.abc import Mapping


def one_file(
    fields: Mapping[str, str], *, name: str, filename: str, kind: str
) -> tuple[str, bytes, bytes]:
    """Write everything but the file.

    Returns:
        The Content-Type, what goes before the file's bytes, and what goes after.
    """
    boundary = secrets.token_hex(16)
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    ]
    file = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        f"Content-Type: {kind}\r\n\r\n"
    )
    head = "".join([*parts, file]).encode()
    return f"multipart/form-data; boundary={boundary}", head, f"\r\n--{boundary}--\r\n".encode()
