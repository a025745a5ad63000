"""The API does what its OpenAPI document says, for requests that fit it and for such that do not; schemathesis makes both."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from bot.running.connections import HEAD_BYTES
from bot.web.api.openapi import document
from tests.bot.web.test_api import serving

CONFIG = schemathesis.Config.from_dict(
    {
        # A question may be words that no index can look for, which only the search finds out.
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "304", "409", "422"]}},
    }
)
SCHEMA = schemathesis.openapi.from_dict(document(needs_key=False), config=CONFIG)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Serve a bot without Slack in a thread of its own."""
    started, stop = threading.Event(), asyncio.Event()
    place: list[str] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with serving() as client:
            place.append(client.url)
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    assert started.wait(60)
    yield f"{place[0]}/api/v1"
    loop.call_soon_threadsafe(stop.set)
    thread.join(30)
    loop.close()


@SCHEMA.parametrize()
@settings(max_examples=10, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_it_does_what_its_document_says(case: schemathesis.Case[Any], url: str) -> None:
    """Status, type and content of each response are among those of the document; what does not fit is refused."""
    try:
        case.call_and_validate(base_url=url, timeout=120)
    except OSError:
        # What was sent and is not read resets the connection, at times before the refusal has been read.
        assert len(urlencode(case.as_transport_kwargs(base_url=url).get("params", {}), doseq=True)) > HEAD_BYTES
