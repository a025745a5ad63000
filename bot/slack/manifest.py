"""The app's manifest: what Slack must know of the bot, with the scopes and events of each way in, and no others.

The fields are those of https://docs.slack.dev/reference/app-manifest. `features.search` and the types of a search are not
in Slack's public schema yet; they follow Slack's sample (bolt-python-search-template).
"""

from dataclasses import dataclass
from typing import Any, Final

from bot.slack.ids import Callback
from bot.slack.receiver import EVENTS_PATH

MCP_PATH: Final = "/mcp"
#: Stands in the manifest until somebody names an address.
EXAMPLE: Final = "https://signpost.example.com"
#: Slack takes no more domains whose links an app may preview.
MOST_DOMAINS: Final = 5
#: A link as a Work Object: the general type, whose fields are all our own.
ENTITY_TYPE: Final = "slack#/entities/item"

Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class WayIn:
    """Something that people can do with the bot, and what it needs; without a scope it loses only what `without` says."""

    name: str
    scopes: tuple[tuple[str, str], ...] = ()
    """Each scope, with what people lose without it."""
    optional: bool = True
    """Whether an admin may leave the scopes out and keep the bot."""
    events: tuple[str, ...] = ()


_COMMAND = WayIn(
    name="commands and shortcuts",
    scopes=(("commands", "no command, no shortcuts"),),
    optional=False,
)
_MENTION = WayIn(
    name="mentions",
    scopes=(
        ("app_mentions:read", "no mentions"),
        ("chat:write", "only commands and shortcuts are answered"),
    ),
    optional=False,
    events=("app_mention",),
)
_DIRECT = WayIn(
    name="direct messages", scopes=(("im:history", "no direct messages"),), optional=False, events=("message.im",)
)
_THREADS = WayIn(
    name="threads",
    scopes=(
        ("channels:history", "a mention in a public channel is answered without its thread"),
        ("groups:history", "a mention in a private channel is answered without its thread"),
        ("mpim:history", "a mention in a group message is answered without its thread"),
    ),
)
_SHARED = WayIn(
    name="shared channels",
    scopes=(
        ("channels:read", "what is shown to a whole public channel has public links only"),
        ("groups:read", "what is shown to a whole private channel has public links only"),
        ("mpim:read", "what is shown to a whole group message has public links only"),
    ),
)
_PEOPLE = WayIn(
    name="colleagues of other workspaces",
    scopes=(("users:read", "colleagues of other workspaces get public links only, until they write"),),
)
_HOME = WayIn(name="Home", events=("app_home_opened",))
_REMOVED = WayIn(name="removal", events=("app_uninstalled", "tokens_revoked"))
_AGENT = WayIn(name="suggested questions", scopes=(("assistant:write", "no suggested questions in the Messages tab"),))
_EMOJI = WayIn(
    name="an emoji suggests a link",
    scopes=(("reactions:read", "an emoji suggests nothing"),),
    events=("reaction_added",),
)
_FOLLOW_UPS = WayIn(name="follow-ups without a mention", events=("message.channels", "message.groups", "message.mpim"))
_FUNCTIONS = WayIn(name="search and workflow steps", events=("function_executed",))
_DETAILS = WayIn(name="details of a link", events=("entity_details_requested",))
_PREVIEWS = WayIn(
    name="previews of links",
    scopes=(("links:read", "no previews of links"), ("links:write", "no previews of links")),
    events=("link_shared",),
)
_MCP = WayIn(name="Slackbot", scopes=(("mcp:connect", "Slackbot cannot ask"),))


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """What an app is to have."""

    address: str = ""
    """Where Slack reaches the bot, without a path; empty for Socket Mode."""
    command: str = "/links"
    search: bool = False
    """Slack's own search, with filters and the details of a result; Workflow Builder's steps come with it."""
    steps: bool = False
    """The steps for Workflow Builder."""
    emoji: bool = False
    """Whether an emoji on a message can suggest its link."""
    follow_ups: bool = False
    """Whether questions in threads are answered without a mention: Slack then sends every message of its channels."""
    domains: tuple[str, ...] = ()
    """Domains whose links in messages get a preview from the catalogue."""
    mcp: bool = False
    """Whether Slackbot may ask over MCP."""
    agent: bool = True
    """Whether the app is an agent of Slack's, with suggested questions; some plans and GovSlack know none."""

    @property
    def has_functions(self) -> bool:
        """Whether Slack calls functions of it."""
        return self.search or self.steps

    @property
    def has_details(self) -> bool:
        """Whether links are Work Objects."""
        return self.search or bool(self.domains)

    @property
    def ways_in(self) -> tuple[WayIn, ...]:
        """What people can do with it."""
        chosen = (
            (self.agent, _AGENT),
            (self.emoji, _EMOJI),
            (self.follow_ups, _FOLLOW_UPS),
            (self.has_functions, _FUNCTIONS),
            (self.has_details, _DETAILS),
            (bool(self.domains), _PREVIEWS),
            (self.mcp, _MCP),
        )
        always = (_COMMAND, _MENTION, _DIRECT, _THREADS, _SHARED, _PEOPLE, _HOME, _REMOVED)
        return (*always, *(way for wanted, way in chosen if wanted))

    def manifest(self) -> Manifest:
        """Return the manifest as Slack takes it, in YAML or JSON."""
        manifest: Manifest = {
            "_metadata": {"major_version": 1, "minor_version": 1},
            "display_information": _ABOUT,
            "features": self._features(),
            "oauth_config": {"scopes": self._scopes()},
            "settings": self._settings(),
        }
        if self.has_functions:
            manifest["functions"] = {
                **({Callback.SEARCH.value: _SEARCH, Callback.FILTERS.value: _FILTERS} if self.search else {}),
                Callback.FIND_LINKS.value: _FIND_LINKS,
                Callback.SUGGEST_LINK.value: _SUGGEST_LINK,
            }
        if self.mcp:
            url = f"{self.address or EXAMPLE}{MCP_PATH}"
            manifest["mcp_servers"] = {"signpost": {"url": url, "auth_type": "slack_identity_auth"}}
        return manifest

    def _features(self) -> dict[str, Any]:
        features: dict[str, Any] = {
            "bot_user": {"display_name": "signpost", "always_online": True},
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "slash_commands": [
                {
                    "command": self.command,
                    **self._request_url("url"),
                    "description": "Find links for a question",
                    "usage_hint": "how do I isolate namespaces?",
                    "should_escape": False,
                }
            ],
            "shortcuts": [
                _shortcut(Callback.FIND_LINKS, "Find links for this", "Shows you the best links for a message"),
                _shortcut(Callback.SUGGEST_LINK, "Suggest this link", "Suggests a message's link to the curators"),
            ],
        }
        if self.agent:
            features["agent_view"] = {"agent_description": "Finds the best links of your catalogue for a question."}
        if self.search:
            features["search"] = {
                "search_function_callback_id": Callback.SEARCH.value,
                "search_filters_function_callback_id": Callback.FILTERS.value,
                "slackbot_metadata": _FOR_SLACKBOT,
            }
        if self.has_details:
            features["rich_previews"] = {"is_active": True, "entity_types": [ENTITY_TYPE]}
        if self.domains:
            features["unfurl_domains"] = list(self.domains)
        return features

    def _scopes(self) -> dict[str, list[str]]:
        """Return the scopes; Slack wants the optional ones in both lists."""
        ways = self.ways_in
        return {
            "bot": sorted(scope for way in ways for scope, _ in way.scopes),
            "bot_optional": sorted(scope for way in ways if way.optional for scope, _ in way.scopes),
        }

    def _settings(self) -> dict[str, Any]:
        url = self._request_url("request_url")
        menus = self._request_url("message_menu_options_url")
        settings: dict[str, Any] = {
            "event_subscriptions": {**url, "bot_events": sorted(event for way in self.ways_in for event in way.events)},
            "interactivity": {"is_enabled": True, **url, **menus},
            "org_deploy_enabled": self.has_functions,
            "socket_mode_enabled": not self.address,
            "token_rotation_enabled": False,
        }
        if self.has_functions:
            settings |= {"hermes_app_type": "remote", "function_runtime": "remote"}
        return settings

    def _request_url(self, name: str) -> dict[str, str]:
        return {name: f"{self.address}{EVENTS_PATH}"} if self.address else {}


def _shortcut(callback: Callback, name: str, description: str) -> dict[str, str]:
    return {"name": name, "type": "message", "callback_id": callback.value, "description": description}


def _parameter(name: str, kind: str, title: str, description: str, *, required: bool = True) -> dict[str, Any]:
    return {
        name: {"name": name, "type": kind, "title": title, "description": description, "is_required": required},
    }


_ABOUT: Final = {
    "name": "Signpost",
    "description": "Answers a question with the best links of your catalogue",
    "long_description": (
        "Ask Signpost for links, with a command, by mentioning it in a channel or a thread, in a direct message, from a "
        "message's menu or in its Home tab. It answers with the best links of a catalogue that people curate, says why "
        "each was found, and says so when the catalogue has none. It never writes an answer of its own."
    ),
    "background_color": "#1f4e5f",
}
#: What Slack's own assistant reads to know when to ask this search; five examples at most.
_FOR_SLACKBOT: Final = {
    "description": (
        "Links that colleagues chose and keep, each with the questions that it answers: documentation, guides, how-tos, "
        "tools. Good for “where do I read how to …” and “which page explains …”. It finds links and writes no answers."
    ),
    "examples": [
        "Which guide explains network policies?",
        "Where is a good introduction to this tool?",
        "Find a how-to for rotating certificates",
        "What should I read first?",
        "Is there a list of recommended tools for this?",
    ],
    "example_query": "how do I isolate namespaces?",
}
_USER: Final = _parameter("user_context", "slack#/types/user_context", "User", "Who searches")
_SEARCH: Final = {
    "title": "Search the catalogue",
    "description": "Returns the links that answer a query",
    "input_parameters": {
        **_parameter("query", "string", "Query", "What somebody searches for"),
        **_parameter("filters", "object", "Filters", "What somebody narrowed the search to", required=False),
        **_USER,
    },
    "output_parameters": _parameter("search_results", "slack#/types/search_results", "Links", "The links, best first"),
}
_FILTERS: Final = {
    "title": "Filters of the catalogue",
    "description": "Returns what a search can be narrowed to: sections, tags and stars",
    "input_parameters": _USER,
    # Slack's page calls this output `filter`, its samples, which work, `filters`.
    "output_parameters": _parameter("filters", "slack#/types/search_filters", "Filters", "What there is to choose"),
}
_FIND_LINKS: Final = {
    "title": "Find links",
    "description": "Answers a question with the best links of the catalogue",
    "input_parameters": {
        **_parameter("question", "string", "Question", "What somebody wants to know"),
        **_parameter(
            "channel",
            "slack#/types/channel_id",
            "Channel",
            "Where the links will be posted: where other organisations read along, only public links are found",
            required=False,
        ),
    },
    "output_parameters": {
        **_parameter("text", "string", "Text", "The links as text, or that there are none"),
        **_parameter("rich_text", "slack#/types/rich_text", "Formatted text", "The same with titles as links"),
        **_parameter("found", "boolean", "Found", "Whether there are links"),
        **_parameter("first_address", "string", "First address", "Where the best link leads", required=False),
    },
}
_SUGGEST_LINK: Final = {
    "title": "Suggest a link",
    "description": "Suggests a link to the curators of the catalogue",
    "input_parameters": {
        **_parameter("address", "string", "Address", "The link's address, with https://"),
        **_parameter("title", "string", "Title", "What the link is called"),
        **_parameter("description", "string", "Description", "What it is good for", required=False),
        **_parameter("question", "string", "Question", "A question that it answers", required=False),
        **_parameter("user", "slack#/types/user_id", "Suggested by", "Who is told the decision", required=False),
    },
    "output_parameters": {
        **_parameter("suggested", "boolean", "Suggested", "Whether the curators got it"),
        **_parameter("text", "string", "Text", "What came of it, as a sentence"),
    },
}
