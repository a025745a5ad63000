"""Bodies of requests, read no further than they may be long."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request

from bot.web.problems import ProblemError

MAX_BODY_BYTES: Final = 256 * 1024
MAX_FORM_BYTES: Final = 64 * 1024
_MOST_FIELDS: Final = 20


async def body_of(request: Request, most: int = MAX_BODY_BYTES) -> bytes:
    """Return the body of a request; ProblemError when it is too large."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise ProblemError(413, f"The body is larger than {most // 1024} KiB.")
        chunks.append(chunk)
    return b"".join(chunks)


async def form_of(request: Request) -> dict[str, str] | None:
    """Return the fields of a form; None when it cannot be read."""
    try:
        text = (await body_of(request, MAX_FORM_BYTES)).decode()
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except (ClientDisconnect, ProblemError, ValueError):
        return None
