"""A tiny index and a store in memory, for tests of the bot alone."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time
from typing import Any

from bot.errors import SlackSendError
from bot.running.health import Health, Part
from bot.running.metrics import Metrics
from bot.server import create_services
from bot.services import Services
from bot.settings import Settings
from bot.slack.api import new_session
from bot.slack.payloads import Identity
from bot.store import Store
from index.catalogue.link import Link
from index.catalogue.urls import host
from index.types import (
    Answer,
    Asks,
    Atlas,
    CatalogueInfo,
    Hit,
    Neighbour,
    News,
    NewsKind,
    Overview,
    Question,
    Verdict,
    Why,
)

BUILT_AT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
IDENTITY = Identity(user_id="UBOT", bot_id="BBOT", team_id="TOURS")
ENVIRONMENT = {
    "SLACK_BOT_TOKEN": "xoxb-1-test",
    "SLACK_SIGNING_SECRET": "signing-secret",
    "SLACK_API_URL": "http://127.0.0.1:9/api/",
}

CILIUM = Link(
    url="https://docs.cilium.io/?a=1&b=2",
    title="Cilium documentation",
    publisher="cilium.io",
    description="How Cilium works.",
    section=("CNI", "Cilium"),
    stars=2,
    questions=("How does Cilium work?",),
    added=date(2026, 1, 2),
)
CALICO = Link(url="https://docs.tigera.io/calico", title="Calico", section=("CNI",), tags=("public",))
LINKS = (CILIUM, CALICO)
_VERDICTS = {"maybe": Verdict.PERHAPS, "hardly": Verdict.NOTHING}
_CONFIDENCES = {Verdict.SURE: 0.9, Verdict.PERHAPS: 0.4, Verdict.NOTHING: 0.1}


def answer_of(
    links: Sequence[Link],
    *,
    asked: str = "cilium",
    corrected: bool = False,
    more: bool = False,
    verdict: Verdict = Verdict.SURE,
) -> Answer:
    """Return an answer with these links."""
    return Answer(
        asked=asked,
        corrected=corrected,
        verdict=verdict if links else Verdict.NOTHING,
        confidence=_CONFIDENCES[verdict] if links else 0.1,
        hits=tuple(Hit(link=link, score=1.0, why=Why(words=("cilium",))) for link in links),
        version="0123456789abcdef",
        built_at=BUILT_AT,
        more=more,
    )


class TinyAsks:
    """Answers with every link, unless the question says `nothing`; `asked` keeps the questions.

    It is not sure where the question says `maybe`, and has only near misses where it says `hardly`.
    """

    def __init__(self, links: Sequence[Link] = LINKS, error: Exception | None = None) -> None:
        self.links = tuple(links)
        self.error = error
        self.asked: list[Question] = []

    @property
    def info(self) -> CatalogueInfo:
        """The catalogue."""
        return CatalogueInfo(
            name="Tiny",
            version="0123456789abcdef",
            built_at=BUILT_AT,
            link_count=len(self.links),
            sections=((("CNI",), 1), (("CNI", "Cilium"), 1)),
        )

    def ask(self, question: Question) -> Answer:
        """Answer."""
        self.asked.append(question)
        if self.error is not None:
            raise self.error
        links = [
            link
            for link in self.links
            if link.url not in question.exclude_urls and (link.is_public or not question.public_only)
        ]
        verdict = next((kind for word, kind in _VERDICTS.items() if word in question.text), Verdict.SURE)
        return answer_of([] if "nothing" in question.text else links, asked=question.text, verdict=verdict)

    def browse(self, section: str, *, limit: int = 10) -> tuple[Link, ...]:
        """Links of a section."""
        return tuple(link for link in self.links if section in link.section)[:limit]

    def newest(self, *, limit: int = 10, public_only: bool = False) -> tuple[Link, ...]:
        """Links with a date."""
        return tuple(link for link in self.links if link.added and (link.is_public or not public_only))[:limit]

    def news(self, *, since: datetime | None = None, limit: int = 50, public_only: bool = False) -> tuple[News, ...]:
        """Return links with a date as new."""
        found = (
            News(kind=NewsKind.NEW, link=link, at=datetime.combine(link.added, time(), UTC))
            for link in self.newest(limit=limit, public_only=public_only)
            if link.added
        )
        return tuple(one for one in found if since is None or one.at >= since)

    def overview(self, *, public_only: bool = False) -> Overview:
        """Count sections, tags and hosts."""
        links = [link for link in self.links if link.is_public or not public_only]
        return Overview(
            link_count=len(links),
            sections=tuple(Counter(link.section for link in links).items()),
            tags=tuple(Counter(tag for link in links for tag in link.tags).most_common()),
            hosts=tuple(Counter(name for link in links if (name := host(link.url))).most_common()),
            starred=tuple(sum(link.stars >= number for link in links) for number in (1, 2, 3)),
        )

    def samples(self, *, count: int = 3, public_only: bool = False) -> tuple[str, ...]:
        """Return curators' questions."""
        shown = (link for link in self.links if link.is_public or not public_only)
        return tuple(link.questions[0] for link in shown if link.questions)[:count]

    def find(self, url: str) -> Link | None:
        """Return the link of the same address."""
        return next((link for link in self.links if link.url == url), None)

    def neighbours(self, url: str, title: str, description: str = "", *, limit: int = 3) -> tuple[Neighbour, ...]:
        """Links of the same address."""
        return tuple(Neighbour(link=link, similarity=1.0, exact=True) for link in self.links if link.url == url)[:limit]

    def guess_section(self, title: str, description: str = "") -> tuple[str, ...]:
        """Guess the same each time."""
        return ("CNI", "Cilium")

    def atlas(self, questions: Sequence[str], *, most: int = 2_000) -> Atlas:
        """Put the links beside one another, and questions below."""
        links = tuple((link, float(place), 0.0) for place, link in enumerate(self.links[:most]))
        return Atlas(links=links, questions=tuple((float(place), 1.0) for place in range(len(questions))))

    def alike(self, questions: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        """Put questions together that share their first word."""
        return by_first_word(questions)


def by_first_word(questions: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Return the places of questions with the same first word."""
    groups: dict[str, list[int]] = {}
    for place, question in enumerate(questions):
        groups.setdefault(question.split()[0].casefold(), []).append(place)
    return tuple(tuple(places) for places in groups.values())


class RecordingApi:
    """Stands in for Slack: keeps each call, and fails as it is told to."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.timeouts: list[float | None] = []
        """How long each call may take, where it says so."""
        self.failures: dict[str, list[SlackSendError]] = {}
        self.answers: dict[str, dict[str, Any]] = {}

    def fail(self, method: str, *errors: SlackSendError) -> None:
        """Fail the next calls of a method."""
        self.failures.setdefault(method, []).extend(errors)

    async def call(
        self, method: str, arguments: dict[str, Any] | None = None, *, timeout_s: float | None = None, **_: Any
    ) -> dict[str, Any]:
        """Take a call."""
        self.calls.append((method, arguments or {}))
        if timeout_s is not None:
            self.timeouts.append(timeout_s)
        if self.failures.get(method):
            raise self.failures[method].pop(0)
        return {"ok": True, **self.answers.get(method, {})}

    async def respond(self, response_url: str, message: dict[str, Any]) -> None:
        """Take a response."""
        await self.call("response_url", {"response_url": response_url, **message})

    def of(self, method: str) -> list[dict[str, Any]]:
        """Return the arguments of each call of a method."""
        return [arguments for name, arguments in self.calls if name == method]


@asynccontextmanager
async def services_of(asks: Asks | None = None, **environment: str) -> AsyncIterator[Services]:
    """Yield a bot's parts that reach nobody."""
    settings = Settings.from_environment({**ENVIRONMENT, **environment})
    served, metrics = asks or TinyAsks(), Metrics()
    health = Health(metrics)
    store = await Store.open("sqlite://", hash_key=b"k" * 32, store_questions=False, report=health.reporter(Part.STORE))
    async with new_session() as session:
        services = create_services(
            settings, store, lambda: served, identity=IDENTITY, session=session, health=health, metrics=metrics
        )
        yield services
        await services.work.drain(1.0)
        services.answering.close()
    await store.close()
