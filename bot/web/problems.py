"""Errors for programs, as problem details: RFC 9457, https://www.rfc-editor.org/rfc/rfc9457."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

MEDIA_TYPE = "application/problem+json"


class ProblemError(Exception):
    """A request ends with this status, and with words about what was wrong and what to do."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors
        """One for each wrong field: `pointer` into the body or `parameter` of the address, and `detail`."""
        self.headers = dict(headers or {})

    def content(self) -> dict[str, Any]:
        """Return the problem as plain data; its `type` is about:blank, so `title` is that of the status."""
        content: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
        }
        return {**content, "errors": [dict(error) for error in self.errors]} if self.errors else content

    def response(self, headers: Mapping[str, str] | None = None) -> JSONResponse:
        """Return it as a response."""
        return JSONResponse(
            self.content(),
            status_code=self.status,
            headers={**(headers or {}), **self.headers},
            media_type=MEDIA_TYPE,
        )
