"""Answers what a process acknowledged and then died with, mentions and steps of workflows: once, by who takes it over.

Where Slack lets the bot read the conversation, an answer that was posted before the process died is found there. Where it
does not, the mention is answered again, because a second answer is better than none.

A mention may be what processes die of. One that several have died with waits until a process has lived for a while, and is
then answered alone: at worst the bot ends twice a minute, and answers everybody else in between.
"""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Coroutine
from typing import Any, Final

from bot.errors import StoreError
from bot.listeners.functions import carry_out_step, give_up_step, step_of
from bot.listeners.mentions import answer_again, spoken_of
from bot.running.logs import log_failure
from bot.services import Services
from bot.slack.api import POST_TIMEOUT_S
from bot.slack.untrusted import dict_of
from bot.store import HOLD_MS, Unanswered

logger = logging.getLogger("signpost.unanswered")

#: Between two looks; a fraction of the time that the store holds a mention for the process that answers it.
LOOK_S: Final = 5.0
#: So many processes may die with a mention before it is suspected, and so many before it is given up.
SUSPECTED: Final = 3
GIVEN_UP: Final = 12
#: How long a process has lived when it tries what is suspected.
LIVED_S: Final = 30.0


async def take_over(services: Services) -> None:
    """Hold on to what this process answers, and take over what others left, until cancelled."""
    await asyncio.gather(_take_over_many(services), _take_over_suspected(services))


async def _take_over_many(services: Services) -> None:
    """Answer all at once; when no other process uses the store, nobody can be answering what it has at the start."""
    held_too = await asyncio.to_thread(services.store.only_user)
    while True:
        with contextlib.suppress(StoreError):  # the store reports its health itself
            await services.store.hold()
            for kept in await services.store.take_over(held_too=held_too, tries=range(SUSPECTED)):
                if (answering := await _answering(services, kept)) is not None:
                    services.work.start(answering, "a message of before")
            held_too = False
        await asyncio.sleep(LOOK_S)


async def _take_over_suspected(services: Services) -> None:
    await asyncio.sleep(LIVED_S)
    while True:
        taken: list[Unanswered] = []
        with contextlib.suppress(StoreError):
            taken = await services.store.take_over(at_most=1, tries=range(SUSPECTED, GIVEN_UP + 1))
            for kept in taken:
                if (answering := await _answering(services, kept)) is not None:
                    await answering
        if not taken:
            await asyncio.sleep(LOOK_S)


async def _answering(services: Services, kept: Unanswered) -> Coroutine[Any, Any, None] | None:
    """Return what answers a message or ends a step; None when it is given up, or is neither."""
    given_up = kept.tries >= GIVEN_UP
    if given_up:
        logger.error("a message was given up: %d processes ended while they answered it", kept.tries)
    try:
        body = dict_of(json.loads(kept.payload))
        if (step := step_of(body)) is not None:
            return give_up_step(services, step) if given_up else carry_out_step(services, step)
        spoken = spoken_of(body)
    except Exception as error:  # noqa: BLE001 - an earlier version kept it; the others that wait are answered
        log_failure(logger, "a message that was kept cannot be read", error)
    else:
        if not given_up:
            logger.info("a message is answered that another process had acknowledged", extra={"tries": kept.tries})
            return answer_again(services, spoken, appears_in_s=_appears_in_s(kept))
    await services.store.drop(kept)
    return None


def _appears_in_s(kept: Unanswered) -> float:
    """Return how long what the process before sent last may still take to appear.

    It held the message from less than `LOOK_S` before it died, and did so for `HOLD_MS`; or it ended in order just now.
    """
    if not kept.held_until_ms:
        return POST_TIMEOUT_S
    died_ms = kept.held_until_ms - HOLD_MS + LOOK_S * 1_000
    return min(POST_TIMEOUT_S, max(0.0, died_ms / 1_000 + POST_TIMEOUT_S - time.time()))
