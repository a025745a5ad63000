"""What Signpost is measured against: slack-bolt's AsyncApp on Starlette and uvicorn, that acknowledges and does no more.

python -m tests.bench.bare_bolt PORT SLACK_API_URL
"""

import sys
from typing import Any

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.scenarios.support.fake_slack import BOT_TOKEN
from tests.scenarios.support.requests import SIGNING_SECRET


def application(api_url: str) -> Starlette:
    """Return the app, put together as Bolt's documentation does."""
    app = AsyncApp(client=AsyncWebClient(token=BOT_TOKEN, base_url=api_url), signing_secret=SIGNING_SECRET)

    @app.command("/links")
    async def acknowledge(ack: AsyncAck) -> None:
        await ack()

    handler: Any = AsyncSlackRequestHandler(app)

    async def endpoint(request: Request) -> Response:
        response: Response = await handler.handle(request)
        return response

    return Starlette(routes=[Route("/slack/events", endpoint, methods=["POST"])])


if __name__ == "__main__":
    uvicorn.run(application(sys.argv[2]), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
