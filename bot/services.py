"""Everything that a listener may use, put together once at the start."""

from dataclasses import dataclass

from bot.answering import Answering
from bot.curation.loop import Curation
from bot.curation.weekly import Weekly
from bot.health import Health
from bot.identity import Identity
from bot.metrics import Metrics
from bot.once import Once
from bot.outbox import Outbox
from bot.restraint import Restraint
from bot.settings import Settings
from bot.slack_api import SlackApi
from bot.store import Store
from bot.strangers import Strangers
from bot.work import Work


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
