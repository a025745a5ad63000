"""The Slack app: Bolt with our own client, authorisation and error handling, and the checks before Bolt."""

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.asking.inquiry import Surface
from bot.blocks.notes import apology_message, note
from bot.blocks.suggestion import apology_view
from bot.listeners import register_listeners
from bot.running.logs import Reference, log_failure
from bot.services import Services
from bot.slack.payloads import Identity
from bot.slack.receiver import Returned
from bot.slack.untrusted import dict_of, list_of, text_of

logger = logging.getLogger("signpost.app")

_JSON = "application/json; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"


class _Installed(AsyncAuthorize):
    """The one installation. It is known from the start, so no request needs an `auth.test`."""

    def __init__(self, identity: Identity, token: str) -> None:
        self._result = AuthorizeResult(
            enterprise_id=identity.enterprise_id or None,
            team_id=identity.team_id or None,
            bot_token=token,
            bot_id=identity.bot_id,
            bot_user_id=identity.user_id,
        )

    async def __call__(self, **_: Any) -> AuthorizeResult:
        return self._result


def create_app(services: Services) -> AsyncApp:
    """Return the app with every listener.

    Bolt does not check signatures: the gate did that before, and Socket Mode has none. Bolt answers Slack only after the
    listener has ended, so that an exception cannot lose an acknowledgement. A listener therefore starts long work in the
    background.
    """
    app = AsyncApp(
        # Bolt sets up the logger of this name, which must not be one of ours.
        name="bolt-app",
        logger=logging.getLogger("signpost.bolt"),
        authorize=_Installed(services.identity, services.settings.bot_token.get_secret_value()),
        signing_secret=services.settings.signing_secret.get_secret_value(),
        process_before_response=True,
        request_verification_enabled=False,
        ssl_check_enabled=False,
        url_verification_enabled=False,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
    )
    app.error(_on_error(services))
    register_listeners(app, services)
    return app


def _on_error(services: Services) -> Any:
    async def on_error(error: Exception, body: dict[str, Any], context: AsyncBoltContext) -> BoltResponse:
        reference = log_failure(logger, "a listener failed", error)
        acknowledged = context.ack.response
        if acknowledged is not None:
            return acknowledged
        if "command" in body:
            services.metrics.count_question(Surface.COMMAND, "failed", 0.0)
        return BoltResponse(status=200, body=_apology(body, reference) or "")

    return on_error


class Dispatch:
    """Turns a parsed payload into the answer for Slack, in the same way over HTTP and over Socket Mode.

    Bolt picks the listener. Bolt would answer with an error when no listener takes an event, when a payload lacks a
    required part, or when an exception is raised; this class answers so that Slack does not count a failed delivery.
    """

    def __init__(self, services: Services) -> None:
        self._app = create_app(services)
        self._services = services

    async def __call__(self, body: dict[str, Any], headers: Mapping[str, str]) -> Returned:
        """Return status, content type and content for a payload."""
        kind = text_of(body.get("type"))
        if kind == "url_verification":
            return HTTPStatus.OK, _TEXT, text_of(body.get("challenge")).encode(errors="replace")
        if retry := headers.get("x-slack-retry-num"):
            reason = headers.get("x-slack-retry-reason", "")
            logger.info("Slack delivers again", extra={"retry": retry, "retry_reason": reason})
        if not kind and "ssl_check" in body:
            return HTTPStatus.OK, _TEXT, b""
        if kind == "app_rate_limited":
            logger.warning("Slack holds events back: the app gets too many")
            return HTTPStatus.OK, _TEXT, b""
        if problem := _malformed(kind, body):
            logger.warning("a payload was ignored: %s", problem, extra={"type": kind[:60]})
            return HTTPStatus.OK, _TEXT, b""
        if kind == "event_callback" and self._services.work.full:
            # Nothing was done: Slack will retry and bring the event back later.
            return HTTPStatus.SERVICE_UNAVAILABLE, _TEXT, b"busy"
        return await self._through_bolt(kind, body)

    async def _through_bolt(self, kind: str, body: dict[str, Any]) -> Returned:
        try:
            # The body is parsed and verified already. Bolt calls that socket mode, also when it came over HTTP.
            request = AsyncBoltRequest(mode="socket_mode", body=body)
        except (AttributeError, LookupError, TypeError) as error:
            # It looks for people, workspaces and channels in the body, and takes each for a text or an object.
            logger.warning(
                "a payload was ignored: a part of it is of a kind that Slack does not send",
                extra={"type": kind[:60], "error": type(error).__name__},
            )
            return HTTPStatus.OK, _TEXT, b""
        try:
            response = await self._app.async_dispatch(request)
        except Exception as error:  # noqa: BLE001 - Slack gets an answer, and the log the trace
            reference = log_failure(logger, "a payload could not be handled", error, type=kind[:60])
            return _encode(_apology(body, reference))
        if response.status == HTTPStatus.NOT_FOUND:
            return self._unknown(kind, body)
        content = response.body
        if not content:
            return response.status, _TEXT, b""
        content_type = (response.headers.get("content-type") or [_TEXT])[0]
        return (
            response.status,
            content_type,
            content.encode() if isinstance(content, str) else json.dumps(content).encode(),
        )

    def _unknown(self, kind: str, body: dict[str, Any]) -> Returned:
        """Answer a payload that no listener takes."""
        logger.info("nobody takes this", extra={"type": _describe(kind, body)})
        if "command" in body:
            command = self._services.settings.command
            return _encode(note(f"I only know `{command}`; the setting SLACK_COMMAND names it.").response())
        return HTTPStatus.OK, _TEXT, b""


def _apology(body: dict[str, Any], reference: Reference) -> dict[str, Any] | None:
    """Return what whoever waits for an answer sees instead of one; None where nobody does.

    Without an answer Slack would close a form, as if it had been taken.
    """
    if "command" in body:
        return apology_message(reference).response()
    if body.get("type") == "view_submission":
        return {"response_action": "update", "view": apology_view(reference)}
    return None


def _encode(content: dict[str, Any] | None) -> Returned:
    return (HTTPStatus.OK, _JSON, json.dumps(content).encode()) if content else (HTTPStatus.OK, _TEXT, b"")


def _malformed(kind: str, body: dict[str, Any]) -> str:
    """Return what Bolt needs and the payload does not have; empty when it is complete."""
    if kind == "event_callback":
        return "" if text_of(dict_of(body.get("event")).get("type")) else "an event without a type"
    if kind in {"block_actions", "interactive_message"}:
        actions = list_of(body.get("actions"))
        return "" if actions and all(_is_action(action) for action in actions) else "a click without an action"
    if kind in {"view_submission", "view_closed"}:
        view = dict_of(body.get("view"))
        return "" if text_of(view.get("type")) and text_of(view.get("callback_id")) else "a form without its view"
    if not kind and "command" not in body:
        return "neither a type nor a command"
    return ""


def _is_action(action: Any) -> bool:
    return isinstance(action, dict) and bool(text_of(action.get("action_id")))


def _describe(kind: str, body: dict[str, Any]) -> str:
    inner = text_of(dict_of(body.get("event")).get("type")) or text_of(body.get("callback_id"))
    return f"{kind or 'command'} {inner}".strip()[:120]
