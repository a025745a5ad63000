"""The Slack app: Bolt, with our own client, authorisation and error handling."""

import logging
from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.context.async_context import AsyncBoltContext
from slack_bolt.response import BoltResponse

from bot.asking.inquiry import Surface
from bot.blocks.notes import apology_message
from bot.identity import Identity
from bot.listeners import register_listeners
from bot.running.logs import log_failure
from bot.services import Services

logger = logging.getLogger("signpost.app")


class _Installed(AsyncAuthorize):
    """The one installation, known since the start: no `auth.test` for a request."""

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

    Bolt verifies nothing itself: the gate has, and over Socket Mode there is nothing to verify. It runs a listener to
    its end before it answers, so that no exception can lose an acknowledgement and nothing polls for one; whatever
    takes long is started as work of its own by the listener.
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
            return BoltResponse(status=200, body=apology_message(reference).response())
        return BoltResponse(status=200, body="")

    return on_error
