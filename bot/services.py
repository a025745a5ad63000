"""Everything that a listener may use, created once at the start."""

from dataclasses import dataclass

from bot.asking.answering import Answering
from bot.curation.loop import Curation
from bot.curation.weekly import Weekly
from bot.running.health import Health
from bot.running.metrics import Metrics
from bot.running.once import Once
from bot.running.work import Work
from bot.settings import Settings
from bot.slack.api import SlackApi
from bot.slack.channels import Restraint, Strangers
from bot.slack.outbox import Outbox
from bot.slack.payloads import Identity
from bot.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The bot's parts."""

    settings: Settings
    identity: Identity
    answering: Answering
    store: Store
    once: Once
    api: SlackApi
    outbox: Outbox
    curation: Curation
    weekly: Weekly
    work: Work
    restraint: Restraint
    strangers: Strangers
    health: Health
    metrics: Metrics
