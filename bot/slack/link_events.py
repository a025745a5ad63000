"""Events about links and messages that nobody addressed to the bot: a link's details, a shared link, an emoji."""

from dataclasses import dataclass, replace
from typing import Any, Self

from bot.slack.payloads import enterprise_of, external_of
from bot.slack.text import unescape_slack
from bot.slack.untrusted import dict_of, list_of, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Who did something and where, as far as it says who can see what the bot does about it."""

    user: str
    team: str
    enterprise: str
    channel: str
    external: bool | None
    """Whether strangers can read along: True also where nobody knows yet; None where the event does not say it."""

    @classmethod
    def of(cls, body: dict[str, Any], channel: str) -> Self:
        """Read it from an event callback; without a channel, one person alone sees what the bot does."""
        return cls(
            user=text_of(dict_of(body.get("event")).get("user")),
            team=text_of(body.get("team_id")),
            enterprise=enterprise_of(body) if channel else text_of(body.get("enterprise_id")),
            channel=channel,
            external=external_of(body),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsRequested:
    """Somebody opens the details of a link: a search result, or a link in a message."""

    scene: Scene
    trigger_id: str
    urls: tuple[str, ...]
    """Addresses by which the link may be known, surest first."""
    reference: dict[str, str]
    """What the bot called the link before, which its answer must repeat; empty where Slack does not say it."""

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """Read an event callback of type `entity_details_requested`."""
        event = dict_of(body.get("event"))
        reference = dict_of(event.get("external_ref"))
        link = text_of(dict_of(event.get("link")).get("url"))
        named = (text_of(reference.get("id")), text_of(event.get("entity_url")), link)
        # A link in a message comes as it is written there, with entities.
        known = (*named, *map(unescape_slack, named))
        return cls(
            scene=Scene.of(body, text_of(event.get("channel"))),
            trigger_id=text_of(event.get("trigger_id")),
            urls=tuple(dict.fromkeys(filter(None, known))),
            reference={name: text for name in ("id", "type") if (text := text_of(reference.get(name)))},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LinksShared:
    """A message, or one that is being written, holds links of the app's domains."""

    scene: Scene
    where: dict[str, str]
    """The arguments that tell Slack which message it is."""
    urls: tuple[str, ...]
    """The links as Slack has them, with entities; by these it knows them in an answer."""

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """Read an event callback of type `link_shared`."""
        event = dict_of(body.get("event"))
        scene = Scene.of(body, text_of(event.get("channel")))
        if event.get("source") == "composer":
            # While a message is being written, nobody knows who will read it.
            scene = replace(scene, external=True)
        ids = ("unfurl_id", "source") if event.get("unfurl_id") else ("channel", "message_ts")
        return cls(
            scene=scene,
            where={name.removeprefix("message_"): text_of(event.get(name)) for name in ids},
            urls=tuple(filter(None, (text_of(dict_of(link).get("url")) for link in list_of(event.get("links"))))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reacted:
    """Somebody set an emoji on a message."""

    scene: Scene
    emoji: str
    """Its name without a skin tone."""
    ts: str

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """Read an event callback of type `reaction_added`."""
        event = dict_of(body.get("event"))
        item = dict_of(event.get("item"))
        return cls(
            scene=Scene.of(body, text_of(item.get("channel"))),
            emoji=text_of(event.get("reaction")).partition("::")[0],
            ts=text_of(item.get("ts")) if item.get("type") == "message" else "",
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """The dedupe key: a person is asked once about a message."""
        return (f"reaction:{self.scene.channel}:{self.ts}:{self.scene.user}",)
