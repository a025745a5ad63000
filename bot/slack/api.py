"""Calls to Slack's Web API and to response URLs; each kind of failure has an error of its own.

This client replaces the SDK's: it never logs a body, never sleeps, and says whether a failed call may have been carried
out, which a retry must know.
"""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.errors import SlackBusyError, SlackOfflineError, SlackSendError, SlackTokenError, SlackUnclearError
from bot.running.health import Health, Part
from bot.running.metrics import Metrics
from bot.slack.token import Token

logger = logging.getLogger("signpost.slack")

CALL_TIMEOUT_S = 10.0
#: A message that Slack is slow to take may still appear as long after it was sent. Until then nobody knows that it has not.
POST_TIMEOUT_S = 30.0
#: Used when Slack does not say how long to wait.
DEFAULT_RETRY_AFTER_S = 30.0
#: Longest answer that is read; a page of a long thread is far shorter.
MAX_ANSWER_BYTES = 8 * 1024 * 1024
CONNECTIONS = 256
#: How often a call is repeated with a newer token: with the store's, which may be dead as well, and with one renewed for it.
_RENEWALS = 2

TOKEN_CODES = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_authed",
        "not_allowed_token_type",
        "token_expired",
        "token_revoked",
        "org_login_required",
    }
)
#: Error codes for a fault inside Slack; the call may or may not have been carried out.
_UNCLEAR_CODES = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
#: Methods that write take JSON, in which blocks need no encoding of their own. Every method takes a form, and those that read
#: take nothing else: of JSON they see no argument. https://docs.slack.dev/apis/web-api
_JSON_METHODS = ("assistant.", "chat.", "entity.", "functions.", "views.")


def new_session() -> aiohttp.ClientSession:
    """Return a session that keeps connections open; made and closed inside a running loop."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS),
        timeout=aiohttp.ClientTimeout(total=CALL_TIMEOUT_S),
        trust_env=True,
    )


class SlackApi:
    """Slack's Web API with the bot's token."""

    def __init__(
        self, session: aiohttp.ClientSession, base_url: str, token: Token, *, health: Health, metrics: Metrics
    ) -> None:
        #: Open until the bot ends; the socket uses it too.
        self.session = session
        self._base_url = base_url.rstrip("/") + "/"
        self._token = token
        self._health = health
        self._metrics = metrics
        #: The scopes of the bot's token, as Slack's last answer named them; None where none did.
        self.granted: frozenset[str] | None = None

    async def call(
        self,
        method: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        token: str | None = None,
        timeout_s: float = CALL_TIMEOUT_S,
    ) -> dict[str, Any]:
        """Call a method once and return its answer; raise the kind of SlackSendError that says what went wrong.

        It is called again where Slack refuses the bot's token and there is a newer one. An empty `token` sends none.
        """
        try:
            if token is None:
                answer = await self._with_own_token(method, arguments or {}, timeout_s)
            else:
                answer = await self._call(method, arguments or {}, token, timeout_s)
        except SlackSendError as error:
            self._metrics.slack_errors.labels(method, error.code).inc()
            if isinstance(error, SlackTokenError) and token is None:
                self._health.ill(Part.TOKEN, f"Slack refuses the token: {error.code}")
            raise
        if token is None:
            self._health.well(Part.TOKEN)
        return answer

    async def _with_own_token(self, method: str, arguments: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        for _ in range(_RENEWALS):
            used = self._token.value
            try:
                return await self._call(method, arguments, used, timeout_s)
            except SlackTokenError:
                if not await self._token.renew(used):
                    raise
        return await self._call(method, arguments, self._token.value, timeout_s)

    async def _call(self, method: str, arguments: Mapping[str, Any], token: str, timeout_s: float) -> dict[str, Any]:
        body: dict[str, Any]
        if method.startswith(_JSON_METHODS):
            body = {"json": arguments}
        else:
            body = {"data": {name: _form_value(value) for name, value in arguments.items()}}
        status, headers, raw = await self._post(
            f"{self._base_url}{method}",
            method,
            timeout_s,
            headers={"Authorization": f"Bearer {token}"} if token else {},
            **body,
        )
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise SlackBusyError(
                f"Slack wants fewer calls of {method}", method=method, retry_after_s=_retry_after_s(headers)
            )
        answer = _parse(raw)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer is None:
            raise SlackUnclearError(
                f"Slack answered {method} with {status} and no result", code=f"http_{status}", method=method
            )
        if answer.get("ok") is True:
            if (scopes := headers.get("x-oauth-scopes")) and token == self._token.value:
                self.granted = frozenset(scope.strip() for scope in scopes.split(","))
            return answer
        raise _refusal(method, str(answer.get("error", "unknown_error")), headers)

    async def respond(self, response_url: str, message: Mapping[str, Any]) -> None:
        """Send a message to a response URL; SlackSendError with code `used_url` or `expired_url` when it is used up."""
        status, headers, raw = await self._post(response_url, "response_url", POST_TIMEOUT_S, json=message)
        try:
            self._check_response(status, headers, raw)
        except SlackSendError as error:
            self._metrics.slack_errors.labels("response_url", error.code).inc()
            raise

    @staticmethod
    def _check_response(status: int, headers: Mapping[str, str], raw: bytes) -> None:
        method = "response_url"
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            raise SlackBusyError("Slack wants fewer responses", method=method, retry_after_s=_retry_after_s(headers))
        answer = _parse(raw)
        code = str(answer.get("error", "")) if answer is not None and answer.get("ok") is False else ""
        if status == HTTPStatus.OK and not code:
            return
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not code:
            raise SlackUnclearError(f"the response URL answered {status}", code=f"http_{status}", method=method)
        word = code or raw[:60].decode("ascii", "replace").strip()
        code = word if word.isidentifier() else f"http_{status}"
        raise SlackSendError(f"the response URL answered {status}: {code}", code=code, method=method)

    async def _post(
        self, url: str, method: str, timeout_s: float, **request: Any
    ) -> tuple[int, Mapping[str, str], bytes]:
        try:
            limits = aiohttp.ClientTimeout(total=timeout_s, sock_connect=min(timeout_s, CALL_TIMEOUT_S))
            async with self.session.post(url, timeout=limits, allow_redirects=False, **request) as response:
                raw = b""
                while len(raw) < MAX_ANSWER_BYTES and (
                    chunk := await response.content.read(MAX_ANSWER_BYTES - len(raw))
                ):
                    raw += chunk
                return response.status, response.headers, raw
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            os_error = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
            raise SlackOfflineError(
                f"cannot reach Slack at {urlsplit(url).hostname}: {os_error.strerror or 'no connection'}",
                code="offline",
                method=method,
            ) from error
        except TimeoutError as error:
            raise SlackUnclearError(
                f"Slack gave no answer to {method} within {timeout_s:g} s", code="timeout", method=method
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise SlackUnclearError(
                f"the connection broke during {method} ({type(error).__name__})", code="connection", method=method
            ) from error


def _refusal(method: str, code: str, headers: Mapping[str, str]) -> SlackSendError:
    message = f"Slack refuses {method}: {code}"
    if code in TOKEN_CODES:
        return SlackTokenError(message, code=code, method=method)
    if code in {"ratelimited", "rate_limited"}:
        return SlackBusyError(message, method=method, retry_after_s=_retry_after_s(headers))
    if code in _UNCLEAR_CODES:
        return SlackUnclearError(message, code=code, method=method)
    return SlackSendError(message, code=code, method=method)


def _parse(raw: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _retry_after_s(headers: Mapping[str, str]) -> float:
    try:
        return min(max(float(headers.get("Retry-After", DEFAULT_RETRY_AFTER_S)), 0.0), 3_600.0)
    except ValueError:
        return DEFAULT_RETRY_AFTER_S


def _form_value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
