"""What every handler of a click, a shortcut or a form needs."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bot.blocks.notes import apology_message, note
from bot.blocks.suggestion import View
from bot.errors import SlackSendError, SlackUnclearError, StoreError
from bot.running.logs import log_failure
from bot.services import Services
from bot.slack.channels import ASK_AGAIN_S
from bot.slack.message import Message
from bot.slack.outbox import Place, Posted
from bot.slack.payloads import Interaction

logger = logging.getLogger("signpost.interactions")

#: A form must be open 3 seconds after its click; after that its trigger id has expired.
_OPEN_TIMEOUT_S = 3.0
#: What Slack says of a trigger id that has opened a form: https://docs.slack.dev/reference/methods/views.open
_OPENED_BEFORE = "exchanged_trigger_id"
_NOT_OPENED = "Sorry, Slack did not open the form in time. Please try once more."
_PERHAPS_OPENED = "Slack was slow to open the form. If you do not see it, please try once more."

#: What somebody is told whom the bot takes for a stranger since Slack did not answer; it is not asked again sooner.
UNHEARD = f"Slack did not say in time who you are. Please try again in {ASK_AGAIN_S:.0f} seconds."


def place_of(interaction: Interaction) -> Place:
    """Return the conversation in which the person clicked, or used a shortcut; for a click in Home the one with the bot."""
    return Place(
        channel=interaction.channel or interaction.user, thread_ts=interaction.thread_ts, user=interaction.user
    )


def message_of(interaction: Interaction) -> Posted:
    """Return the message with the button that was pressed."""
    return Posted(channel=interaction.channel, ts=interaction.message_ts)


async def is_stranger(services: Services, interaction: Interaction) -> bool:
    """Return whether the person is of another organisation; true also when the organisation is not known."""
    return not await services.strangers.is_ours(interaction.user_team, interaction.enterprise, interaction.user)


def turned_away(services: Services, user: str, words: str) -> Message:
    """Return what a stranger is told: these words, or that Slack did not say whether the person is one."""
    return note(UNHEARD if services.strangers.is_unheard(user) else words)


def whisper(services: Services, interaction: Interaction, message: Message) -> None:
    """Send a message to the person who clicked, in the background; only that person sees it."""

    async def send() -> None:
        await services.outbox.respond(interaction.response_url, message, place_of(interaction))

    services.work.start(send(), "a message to the person who clicked")


@contextmanager
def apologising(services: Services, interaction: Interaction) -> Iterator[None]:
    """Catch a StoreError of the block, and apologise to the person who clicked."""
    try:
        yield
    except StoreError as error:
        whisper(services, interaction, apology_message(log_failure(logger, "an interaction failed", error)))


async def first_time(services: Services, interaction: Interaction, *more_keys: str) -> bool:
    """Return whether this interaction is new."""
    return await services.once.claim(*interaction.keys, *more_keys)


async def open_view(services: Services, click: Interaction, view: View) -> None:
    """Open a form; when Slack refuses, tell the person who clicked.

    When Slack's answer is lost, the form may be open: the second attempt finds out, since a click opens only one. So a
    click that is delivered twice is quiet too.
    """
    unclear = False
    for _ in range(2):
        try:
            await services.api.call(
                "views.open", {"trigger_id": click.trigger_id, "view": view}, timeout_s=_OPEN_TIMEOUT_S
            )
        except SlackUnclearError as error:
            unclear = True
            logger.warning("whether a form is open is not known: %s", error, extra={"code": error.code})
        except SlackSendError as error:
            if error.code == _OPENED_BEFORE:
                return
            logger.warning("a form could not be opened: %s", error, extra={"code": error.code})
            break
        else:
            return
    whisper(services, click, note(_PERHAPS_OPENED if unclear else _NOT_OPENED))
