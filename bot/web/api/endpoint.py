"""From a request to an operation and back: the key, its limit, other origins, what has not changed, and every error."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from bot.running.edge import API_PATH
from bot.running.logs import log_failure
from bot.settings import McpClient, Settings
from bot.web.api.operations import OPERATIONS, Desk, Operation
from bot.web.api.values import wrong
from bot.web.body import body_of
from bot.web.keys import PAGE, Keys, Limiter, Visitor
from bot.web.problems import ProblemError

logger = logging.getLogger("signpost.api")

BASE: Final = API_PATH
#: Where assistants get their tools.
MCP_PATH: Final = "/mcp"
#: Seconds that a browser may remember which requests another origin may send.
_PREFLIGHT_S: Final = 600
_EXPOSED: Final = "ETag, RateLimit, RateLimit-Policy, Retry-After"
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_ANY_ORIGIN: Final = "*"
_BY_PATH: Final = {
    path: {operation.method: operation for operation in OPERATIONS if operation.path == path}
    for path in dict.fromkeys(operation.path for operation in OPERATIONS)
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may use the API: holders of keys, and perhaps anybody."""

    keys: Keys
    anybody: Visitor | None
    """What somebody without a key may do; None: nothing."""
    origins: frozenset[str] = frozenset()
    """Origins whose pages may use the API in a browser, or `*` for all."""
    answers_by: str = ""
    """The settings by which answers differ, as a part of their tag."""
    limiter: Limiter = field(default_factory=Limiter)

    def visitor(self, headers: Mapping[str, str]) -> Visitor:
        """Return who sends a request; ProblemError without a right to."""
        given = headers.get("authorization", "")
        if not given:
            if self.anybody is None:
                raise _unauthorised("A key is needed, as `Authorization: Bearer KEY`.")
            return self.anybody
        scheme, _, key = given.partition(" ")
        found = self.keys.holder(key.strip()) if scheme.lower() == "bearer" else None
        if found is None:
            raise _unauthorised("This key is not known here.")
        return found

    def count(self, visitor: Visitor) -> dict[str, str]:
        """Count a request of a key, and return headers that say what is left; ProblemError when there were too many."""
        if not visitor.per_minute:
            return {}
        allowance = self.limiter.take(visitor.name, visitor.per_minute)
        told = {
            "RateLimit-Policy": f'"minute";q={visitor.per_minute};w=60',
            "RateLimit": f'"minute";r={allowance.left};t={allowance.wait_s}',
        }
        if allowance.allowed:
            return told
        detail = f"More than {visitor.per_minute} requests a minute; try again in {allowance.wait_s} s."
        raise ProblemError(HTTPStatus.TOO_MANY_REQUESTS, detail, headers={**told, "Retry-After": str(allowance.wait_s)})

    def counts(self, scope: Scope) -> bool:
        """Return whether a request is held to the limit of its key: below the API and `/mcp`, with a key of the file."""
        path = scope.get("path", "")
        if not (path == MCP_PATH or path.startswith(f"{BASE}/")):
            return False
        try:
            visitor = self.visitor(Headers(scope=scope))
        except ProblemError:
            return False
        return visitor is not self.anybody and visitor.name != PAGE

    def lets(self, origin: str) -> bool:
        """Return whether pages of this origin may use the API in a browser."""
        return origin in self.origins or _ANY_ORIGIN in self.origins


class Api:
    """The ASGI application below `/api/v1`."""

    def __init__(self, desk: Desk, access: Access) -> None:
        self._desk = desk
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever is wrong with it becomes a problem."""
        request = Request(scope, receive)
        headers = MutableHeaders(_HEADERS)
        headers.update(self._shared_with(request))
        try:
            response = await self._answer(request, headers)
        except ProblemError as problem:
            response = problem.response(headers)
        except TimeoutError:
            response = ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "It took too long.").response(headers)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001 - a program gets a problem, and the log the trace
            reference = log_failure(logger, "a request to the API failed", error)
            detail = f"Something went wrong; its reference in the log is {reference}."
            response = ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, detail).response(headers)
        await response(scope, receive, send)

    async def _answer(self, request: Request, headers: MutableHeaders) -> Response:
        path = str(request.scope["path"]).removeprefix(BASE)
        methods = _BY_PATH.get(path)
        if methods is None:
            raise ProblemError(
                HTTPStatus.NOT_FOUND, f"There is nothing at this address; {BASE}/openapi.json has them all."
            )
        if request.method == "OPTIONS":
            return self._preflight(methods, headers)
        operation = methods.get("GET" if request.method == "HEAD" else request.method)
        if operation is None:
            allow = {"Allow": ", ".join(_allowed(methods))}
            raise ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.method[:20]} is not for here.", headers=allow)
        visitor = self._access.visitor(request.headers)
        headers.update(self._access.count(visitor))
        if operation.scope not in visitor.scopes:
            raise ProblemError(HTTPStatus.FORBIDDEN, f"This needs the scope {operation.scope}.")
        return await self._run(operation, visitor, request, headers)

    async def _run(self, operation: Operation, visitor: Visitor, request: Request, headers: MutableHeaders) -> Response:
        given = await _given(operation, request)
        tag = self._tag(visitor) if operation.method == "GET" else ""
        has_it = bool(tag) and _has(request.headers, tag)
        content = {} if has_it else await operation.does(self._desk, visitor, given)
        if tag:  # an error has none: whoever keeps it would be told later that it has not changed
            headers["ETag"], headers["Cache-Control"] = tag, "private, no-cache"
            headers.add_vary_header("Authorization")
        if has_it:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
        if operation.gives is None:
            return Response(status_code=operation.status, headers=headers)
        return JSONResponse(content, status_code=operation.status, headers=headers)

    def _tag(self, visitor: Visitor) -> str:
        """Return what stays the same as long as every answer does: catalogue, settings, who may see what, this program."""
        seen = "public" if visitor.public_only else "all"
        return f'W/"{self._desk.asks.info.version}-{seen}-{self._access.answers_by}-{program_version()}"'

    def _shared_with(self, request: Request) -> dict[str, str]:
        """Return the headers by which a browser lets a page of another origin read the response."""
        origin = request.headers.get("origin", "")
        vary = {"Vary": "Origin"} if self._access.origins else {}
        if not origin or not self._access.lets(origin):
            return vary
        return {**vary, "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": _EXPOSED}

    def _preflight(self, methods: Mapping[str, Operation], headers: MutableHeaders) -> Response:
        """Answer a browser's question whether a page of another origin may send a request."""
        headers["Allow"] = ", ".join(_allowed(methods))
        if "Access-Control-Allow-Origin" in headers:
            headers["Access-Control-Allow-Methods"] = ", ".join(methods)
            headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-None-Match"
            headers["Access-Control-Max-Age"] = str(_PREFLIGHT_S)
        return Response(status_code=HTTPStatus.NO_CONTENT, headers=headers)


def signed_by_slack(settings: Settings, scope: Scope) -> bool:
    """Return whether a request to `/mcp` will be held to Slack's signature; all of Slack's come from few addresses."""
    return (
        McpClient.SLACK in settings.mcp
        and scope.get("path") == MCP_PATH
        and any(name == b"x-slack-signature" for name, _ in scope["headers"])
    )


@cache
def program_version() -> str:
    """Return the version of Signpost; 0 for a checkout that is not installed."""
    try:
        return version("signpost-bot")
    except PackageNotFoundError:
        return "0"


def _allowed(methods: Mapping[str, Any]) -> list[str]:
    return [*(["GET", "HEAD"] if "GET" in methods else []), *(["POST"] if "POST" in methods else []), "OPTIONS"]


def _has(headers: Headers, tag: str) -> bool:
    """Return whether the sender has what a tag names; tags are compared weakly, as RFC 9110 wants it for this header."""
    given = [one.strip().removeprefix("W/") for one in headers.get("if-none-match", "").split(",")]
    return "*" in given or tag.removeprefix("W/") in given


def _unauthorised(detail: str) -> ProblemError:
    return ProblemError(HTTPStatus.UNAUTHORIZED, detail, headers={"WWW-Authenticate": 'Bearer realm="signpost"'})


async def _given(operation: Operation, request: Request) -> BaseModel:
    """Return what a request holds, checked; ProblemError names each wrong field."""
    if operation.method == "GET":
        names = [name for name, _ in request.query_params.multi_items()]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise _wrong_fields([{"parameter": twice[:60], "detail": "is given twice"}])
        try:
            return operation.takes.model_validate(dict(request.query_params))
        except ValidationError as error:
            raise _invalid(error, "parameter") from error
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise ProblemError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "The body must be application/json.")
    raw = await body_of(request)
    try:
        return operation.takes.model_validate_json(raw, strict=True)
    except ValidationError as error:
        raise _invalid(error, "pointer") from error


def _invalid(error: ValidationError, where: str) -> ProblemError:
    details = error.errors(include_url=False)
    if details[0]["type"] == "json_invalid":
        return ProblemError(HTTPStatus.BAD_REQUEST, "The body is not JSON.")
    return _wrong_fields([_wrong(one, where) for one in details])


def _wrong_fields(errors: list[dict[str, str]]) -> ProblemError:
    count = "1 field is" if len(errors) == 1 else f"{len(errors)} fields are"
    return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, f"{count} missing or wrong.", errors=errors)


def _wrong(details: Any, where: str) -> dict[str, str]:
    """Return where one of pydantic's errors is, and what is wrong there."""
    parts = [str(part) for part in details["loc"]]
    # A pointer to the whole of a body is empty: `/` would be a field without a name.
    place = "".join(f"/{part}" for part in parts)[:200] if where == "pointer" else "/".join(parts)[:60]
    return {where: place, "detail": wrong(details)}
