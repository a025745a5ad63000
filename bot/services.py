"""Everything that a listener may use, created once at the start."""

from dataclasses import dataclass, field

from bot.asking.answering import Answering
from bot.curation.loop import Curation
from bot.curation.weekly import Weekly
from bot.running.health import Health
from bot.running.metrics import Metrics
from bot.running.once import Once
from bot.running.work import Work
from bot.settings import Settings
from bot.slack.api import SlackApi
from bot.slack.channels import Strangers
from bot.slack.outbox import Outbox
from bot.slack.payloads import Identity
from bot.slack.token import Token
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
    token: Token
    outbox: Outbox
    curation: Curation
    weekly: Weekly
    work: Work
    strangers: Strangers
    health: Health
    metrics: Metrics
    homes: dict[str, object] = field(default_factory=dict)
    """What is to be shown in each Home next, by user."""
