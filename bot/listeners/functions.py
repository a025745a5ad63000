"""What Slack calls the bot for: its own search, and the steps that people put into their workflows.

Slack wants a search completed first and its event acknowledged then, both within 10 seconds. So nothing runs in the
background there, and the time limits below, with the limit of the claim, add up to less. The event of a workflow's step is
acknowledged at once: such a workflow waits, and waits for ever for a step that is neither completed nor failed. So the event
is kept until the step has ended, and another process carries it out when this one dies.
https://docs.slack.dev/enterprise-search/developing-apps-with-search-features
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

from bot.errors import SlackBusyError, SlackOfflineError, SlackSendError, SlackUnclearError
from bot.listeners import slack_search, workflow_steps
from bot.running.logs import log_failure
from bot.services import Services
from bot.slack.ids import Callback
from bot.slack.payloads import FunctionCall

logger = logging.getLogger("signpost.function")

TIMEOUT_S: Final = 4.0
TELL_TIMEOUT_S: Final = 1.5
#: From a call's start on: no attempt to tell Slack begins later than `TELL_TIMEOUT_S` before this.
TELL_WITHIN_S: Final = 8.0
FIRST_PAUSE_S: Final = 0.2
_SUCCESS: Final = "functions.completeSuccess"
_FAILURE: Final = "functions.completeError"

Outputs = dict[str, Any]
#: Each function returns its outputs; every exception is told to Slack as a failure.
_SEARCHES: Final[dict[str, Callable[[Services, FunctionCall], Awaitable[Outputs]]]] = {
    Callback.SEARCH: slack_search.search,
    Callback.FILTERS: slack_search.filters,
}
_STEPS: Final[dict[str, Callable[[Services, FunctionCall], Awaitable[Outputs]]]] = {
    Callback.FIND_LINKS: workflow_steps.find_links,
    Callback.SUGGEST_LINK: workflow_steps.suggest_link,
}


FUNCTIONS: Final = _SEARCHES | _STEPS


async def called(services: Services, body: dict[str, Any]) -> None:
    """Carry out a call of a function, once."""
    call = FunctionCall.of(body)
    if not call.execution_id:
        return
    if call.callback_id not in _STEPS:
        if await services.once.claim(_key(call)):
            await _carry_out(services, call)
    elif await services.once.claim(_key(call), payload=json.dumps(body), user=call.text("user")):
        services.work.start(carry_out_step(services, call), "a step of a workflow")


def step_of(body: dict[str, Any]) -> FunctionCall | None:
    """Return the step of a workflow that an event calls for; None for any other event."""
    call = FunctionCall.of(body)
    return call if call.callback_id in _STEPS else None


async def carry_out_step(services: Services, call: FunctionCall) -> None:
    """Carry out a step that was claimed, and then forget it. One that Slack was not told of is taken up again."""
    if await _carry_out(services, call):
        await services.once.settle(_key(call))
    else:
        services.once.let_go(_key(call))


async def give_up_step(services: Services, call: FunctionCall) -> None:
    """Fail a step that several processes died with, so that its workflow ends."""
    until = asyncio.get_running_loop().time() + TELL_WITHIN_S
    failure = {"error": "The catalogue could not be searched or changed."}
    await _tell(services, call, _FAILURE, failure, until)
    await services.once.settle(_key(call))


def _key(call: FunctionCall) -> str:
    return f"function:{call.execution_id}"


async def _carry_out(services: Services, call: FunctionCall) -> bool:
    """Carry out a call, and return whether it has ended for Slack."""
    until = asyncio.get_running_loop().time() + TELL_WITHIN_S
    function = FUNCTIONS.get(call.callback_id)
    if function is None:
        logger.warning("Slack calls a function that is not here", extra={"function": call.callback_id})
        failure = {"error": "This version of the app does not have that step. Replace the app's manifest."}
        return await _tell(services, call, _FAILURE, failure, until)
    try:
        async with asyncio.timeout(TIMEOUT_S):
            outputs = await function(services, call)
    except Exception as error:  # noqa: BLE001 - a call that is neither completed nor failed hangs
        reference = log_failure(logger, "a function failed", error, function=call.callback_id)
        failure = {"error": f"The catalogue could not be searched or changed. Reference: {reference}."}
        return await _tell(services, call, _FAILURE, failure, until)
    return await _tell(services, call, _SUCCESS, {"outputs": outputs}, until)


async def _tell(services: Services, call: FunctionCall, method: str, outcome: dict[str, Any], until: float) -> bool:
    """Complete the call with the token that came with it; Slack refuses the bot's own token for that.

    Slack is told again while there is time for it, `until` a time of the loop's clock. Return false when it could not be told,
    and may be later.
    """
    if not call.token:
        logger.error("a call of a function came without its token and cannot be ended")
        return True
    pause_s = FIRST_PAUSE_S
    while True:
        try:
            await services.api.call(
                method,
                {"function_execution_id": call.execution_id, **outcome},
                token=call.token,
                timeout_s=TELL_TIMEOUT_S,
            )
        except SlackSendError as error:
            logger.warning("a function could not be completed: %s", error, extra={"code": error.code})
            if not isinstance(error, SlackBusyError | SlackUnclearError | SlackOfflineError):
                if method == _SUCCESS:  # such as outputs that the app's manifest does not have
                    failure = {"error": f"Slack did not take the result: {error.code}. Replace the app's manifest."}
                    return await _tell(services, call, _FAILURE, failure, until)
                return True
            wait_s = max(pause_s, error.retry_after_s) if isinstance(error, SlackBusyError) else pause_s
        else:
            return True
        if asyncio.get_running_loop().time() + wait_s + TELL_TIMEOUT_S > until:
            return False
        await asyncio.sleep(wait_s)
        pause_s *= 2
