"""Slack's search: what is chosen there reaches the index, whatever it is."""

from pathlib import Path
from typing import Any

from bot.listeners.slack_search import filters_of, search
from bot.slack.payloads import FunctionCall
from index.search.searcher import Searcher
from index.types import Question
from tests.bot.tiny import IDENTITY, TinyAsks, services_of


def call(query: str, filters: dict[str, Any]) -> FunctionCall:
    """Return a search."""
    event = {"function": {"callback_id": "search"}, "inputs": {"query": query, "filters": filters}}
    return FunctionCall.of({"event": event, "team_id": IDENTITY.team_id})


async def asked(query: str, **filters: Any) -> str:
    """Return what the index is asked."""
    asks = TinyAsks()
    async with services_of(asks) as services:
        await search(services, call(query, filters))
    return asks.asked[-1].text


async def test_what_is_chosen_becomes_filters() -> None:
    """Several sections and tags, the least of several stars; a quotation mark ends no value."""
    text = await asked("rotate", section=["CNI > Cilium", 'the "best"'], tag="video", stars=["3", "1"])
    assert text == 'stars:1 tag:"video" section:"CNI > Cilium" section:"the  best " rotate'


async def test_many_filters_leave_room_for_the_question() -> None:
    """A question is cut behind a length, and all of it stands behind the filters."""
    text = await asked("how do I rotate certificates?", section=[f"{'x' * 60}{number}" for number in range(99)])
    assert text.endswith(" how do I rotate certificates?")
    assert text.count("section:") > 10


def test_every_option_that_is_offered_finds_something(small_index: Path) -> None:
    """By the index's own rules for filters."""
    searcher = Searcher.open(small_index)
    filters = filters_of(searcher.overview())
    assert {one["name"] for one in filters} >= {"section", "stars"}
    for one in filters:
        for option in one["options"]:
            if one["name"] != "stars":
                assert searcher.ask(Question(text=f'{one["name"]}:"{option["value"]}"')).hits, option
