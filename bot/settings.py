"""Every setting of `signpost serve`, read once at the start from a mapping of environment variables.

The fields below are the only table of settings; tests hold `.env.example`, docs/settings.md and `--help` to it.
"""

import hashlib
import hmac
import ipaddress
import json
import os
import re
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import SettingsError
from bot.project import ENV_FILE, kept, read_env_file
from index import DeadLinks

MAX_LINKS = 10
MAX_PROMPTS = 4
#: Names of this machine that no other reaches.
LOOPBACK = ("127.0.0.1", "localhost", "::1")
SHORTEST_KEY = 8
#: Variables that are not passed to commands that the bot starts, since these need neither Slack nor the store.
_WITHHELD = ("CURATORS_TOKEN", "OIDC_", "SLACK_", "STORE_", "WEB_")

_USER_ID = re.compile(r"[UW][A-Z0-9]{2,}")
_CHANNEL_ID = re.compile(r"[CGD][A-Z0-9]{2,}")
_EMOJI_NAME = re.compile(r"[\w+'-]{1,100}")
_AUTHOR = re.compile(r"[^<>\n]*[^<>\s][^<>\n]*<[^<>\s@]+@[^<>\s@]+>")
_DURATION = re.compile(r"(\d{1,6})\s?([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_ORIGIN = re.compile(r"https?://[^\s/?#@,]+")
_PUSH = re.compile(r"[^\s-]\S* [^\s-]\S*")


def environment(file: Path = Path(ENV_FILE)) -> dict[str, str]:
    """Return the environment's variables, completed from .env and then from the project's settings.

    A variable without a value counts as not set. SettingsError when the project's settings are wrong.
    """
    found = {name: value if isinstance(value, str) else os.pathsep.join(value) for name, value in kept(file).items()}
    return found | {name: value for name, value in os.environ.items() if value or name not in found}


def without_secrets() -> dict[str, str]:
    """Return the environment for commands that the bot starts; they find the project's settings by themselves."""
    variables = {**read_env_file(), **os.environ}
    return {name: value for name, value in variables.items() if not name.startswith(_WITHHELD)}


class Mode(StrEnum):
    """How Slack or people reach the bot."""

    HTTP = "http"
    SOCKET = "socket"
    WEB = "web"


class McpClient(StrEnum):
    """Who may use the tools over HTTP."""

    KEY = "key"
    SLACK = "slack"
    OPEN = "open"


class ChannelSettings(BaseModel):
    """The settings of a single channel; every field may be left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    answers: Literal["private", "public"] | None = None
    """Who sees an answer. None: for a command only the asker, for a mention the whole channel."""
    links: Annotated[int, Field(ge=1, le=MAX_LINKS)] | None = None
    sections: tuple[str, ...] = ()
    """Only links of these sections."""
    follow_ups: bool = False
    """Whether questions in a thread are answered without a mention."""
    external: bool = False
    """Treat as shared with other organisations, whatever Slack says."""


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _from_json(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"is not JSON ({error})") from error


def _duration(value: object) -> object:
    """Read 90s, 15m, 6h or 1d as seconds."""
    if not isinstance(value, str):
        return value
    found = _DURATION.fullmatch(value.strip().lower())
    if found is None or not int(found[1]):
        raise ValueError("must be a number with s, m, h or d behind it, such as 15m")
    return float(found[1]) * _SECONDS[found[2]]


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http or https URL")
    return value.rstrip("/") + "/"


def _url_or_none(value: str) -> str:
    return _url(value) if value else value


def _long_enough(value: SecretStr) -> SecretStr:
    if 0 < len(value.get_secret_value()) < SHORTEST_KEY:
        raise ValueError(f"must have {SHORTEST_KEY} characters or more")
    return value


def _command(value: str) -> str:
    if not re.fullmatch(r"/[a-z0-9_-]{1,31}", value):
        raise ValueError("must be a slash and up to 31 lower-case letters, digits, dashes or underscores")
    return value


def _emoji(value: str) -> str:
    """Check an emoji's name, which may be written between colons."""
    name = value.strip(":")
    if name and not _EMOJI_NAME.fullmatch(name):
        raise ValueError("must be the name of an emoji, such as bookmark")
    return name


def _each(pattern: re.Pattern[str], what: str) -> AfterValidator:
    def check(values: Any) -> Any:
        wrong = [value for value in values if not pattern.fullmatch(value)]
        if wrong:
            raise ValueError(f"{wrong[0]!r} is not {what}")
        return values

    return AfterValidator(check)


def _channel_or_none(value: str) -> str:
    if value and not _CHANNEL_ID.fullmatch(value):
        raise ValueError(f"{value!r} is not a channel's id, such as C0123456789")
    return value


def _networks(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            ipaddress.ip_network(value, strict=False)
        except ValueError:
            raise ValueError(f"{value!r} is no address or network, such as 10.0.0.0/8") from None
    return values


def _author(value: str) -> str:
    if not _AUTHOR.fullmatch(value):
        raise ValueError("must be a name and an address, such as Signpost <signpost@example.com>")
    return value


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value != "*" and not _ORIGIN.fullmatch(value):
            raise ValueError(f"{value[:60]!r} is no origin, such as https://wiki.example.com, without a path")
    return values


def _push(value: str) -> str:
    if value and not _PUSH.fullmatch(value):
        raise ValueError("must be a remote and a branch, such as origin main")
    return value


class Settings(BaseSettings):
    """The settings; each field's alias is its environment variable."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    mode: Mode = Field(
        Mode.HTTP,
        alias="SIGNPOST_MODE",
        description="How Slack reaches the bot: `http`, `socket`, or `web` for no Slack.",
    )
    bot_token: SecretStr = Field(
        SecretStr(""),
        alias="SLACK_BOT_TOKEN",
        description="The bot's token, `xoxb-…`. Needed in modes http and socket.",
    )
    signing_secret: SecretStr = Field(
        SecretStr(""),
        alias="SLACK_SIGNING_SECRET",
        description="Proves that a request comes from Slack. Needed in mode http.",
    )
    app_token: SecretStr = Field(
        SecretStr(""),
        alias="SLACK_APP_TOKEN",
        description="The app-level token, `xapp-…`, with `connections:write`. Needed in mode socket.",
    )
    refresh_token: SecretStr = Field(
        SecretStr(""),
        alias="SLACK_REFRESH_TOKEN",
        description="Renews a bot's token that rotates, `xoxe-…`. Needed with a token `xoxe.xoxb-…`.",
    )
    client_id: str = Field(
        "", alias="SLACK_CLIENT_ID", description="The app's client id. Needed with a token that rotates."
    )
    client_secret: SecretStr = Field(
        SecretStr(""),
        alias="SLACK_CLIENT_SECRET",
        description="The app's client secret. Needed with a token that rotates.",
    )
    api_url: Annotated[str, AfterValidator(_url)] = Field(
        "https://slack.com/api/",
        alias="SLACK_API_URL",
        description="Where Slack's Web API is; GovSlack has `https://slack-gov.com/api/`.",
    )
    host: str = Field(
        "127.0.0.1", alias="HOST", description="The address to listen on; `0.0.0.0` for every one, as in a container."
    )
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        3000, alias="PORT", description="The port to listen on; 0 takes any free one and logs which."
    )
    trusted_proxies: Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_networks)] = Field(
        ("127.0.0.1", "::1"),
        alias="TRUSTED_PROXIES",
        description="Addresses or networks, by commas, of proxies whose `X-Forwarded-For` says who asks.",
    )
    rate_limit: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        600,
        alias="RATE_LIMIT",
        description="Requests to the page and the API that one client may make in a minute; 0 for any number.",
    )
    metrics_token: SecretStr = Field(
        SecretStr(""),
        alias="METRICS_TOKEN",
        description="The bearer token for `/metrics` and the details of `/readyz`; empty: only this machine sees them.",
    )
    index: str = Field(
        ".signpost/index", alias="SIGNPOST_INDEX", description="The folder that `signpost build` writes the index to."
    )
    command: Annotated[str, AfterValidator(_command)] = Field(
        "/links", alias="SLACK_COMMAND", description="The slash command's name, as the app's manifest has it."
    )
    answer_links: Annotated[int, Field(ge=1, le=MAX_LINKS)] = Field(
        5, alias="ANSWER_LINKS", description=f"Links in an answer that one person sees, 1 to {MAX_LINKS}."
    )
    channel_links: Annotated[int, Field(ge=1, le=MAX_LINKS)] = Field(
        3, alias="CHANNEL_LINKS", description=f"Links in an answer that a whole channel sees, 1 to {MAX_LINKS}."
    )
    dead_links: DeadLinks = Field(
        DeadLinks.LAST,
        alias="DEAD_LINKS",
        description="Links that lead nowhere any more: `last`, after all others; or `hide`.",
    )
    channels: Annotated[
        dict[str, ChannelSettings],
        BeforeValidator(_from_json),
        _each(_CHANNEL_ID, "a channel's id, such as C0123456789"),
    ] = Field(
        default_factory=dict,
        alias="SLACK_CHANNELS",
        description="What is different in single channels: JSON by channel id, see below.",
    )
    slack_connect: Literal["public", "refuse"] = Field(
        "public",
        alias="SLACK_CONNECT",
        description="What people of other organisations get: `public`, links with the tag `public`; or `refuse`.",
    )
    curators: Annotated[
        tuple[str, ...], BeforeValidator(_split), _each(_USER_ID, "a user's id, such as U0123456789")
    ] = Field(
        (), alias="CURATORS", description="User ids, by commas, of those who may approve or decline a suggested link."
    )
    curators_channel: Annotated[str, AfterValidator(_channel_or_none)] = Field(
        "",
        alias="CURATORS_CHANNEL",
        description="The channel's id that suggested links are sent to; invite the bot there.",
    )
    suggest_emoji: Annotated[str, AfterValidator(_emoji)] = Field(
        "",
        alias="SUGGEST_EMOJI",
        description="The emoji that suggests a message's link when somebody sets it, such as `bookmark`; empty: none does.",
    )
    catalogue: str = Field(
        "",
        alias="SIGNPOST_CATALOGUE",
        description="What a rebuild from Slack or by SIGNPOST_REFRESH builds, as for `signpost build`; empty: "
        "CATALOGUE_CHECKOUT's file, or the index's own catalogue.",
    )
    checkout: str = Field(
        "",
        alias="CATALOGUE_CHECKOUT",
        description="The top folder of a git checkout that approved suggestions are committed to.",
    )
    catalogue_file: str = Field(
        "",
        alias="CATALOGUE_FILE",
        description="The native YAML file that they go into: its path inside the checkout, or for PATCHES_DIR any path.",
    )
    patches: str = Field(
        "",
        alias="PATCHES_DIR",
        description="Where there is no checkout: the folder that a patch file is put into for each.",
    )
    commit_author: Annotated[str, AfterValidator(_author)] = Field(
        "Signpost <signpost@localhost>",
        alias="CATALOGUE_AUTHOR",
        description="Author and committer of those commits.",
    )
    push: Annotated[str, AfterValidator(_push)] = Field(
        "",
        alias="CATALOGUE_PUSH",
        description="Remote and branch to push each commit to, such as `origin main`; empty: nothing is pushed.",
    )
    refresh_s: Annotated[float | None, BeforeValidator(_duration)] = Field(
        None,
        alias="SIGNPOST_REFRESH",
        description="How often the bot builds its catalogue anew, first at its start: such as `15m`; empty: never.",
    )
    rebuild_timeout_s: Annotated[float, Field(gt=0, le=86_400)] = Field(
        1_800.0, alias="REBUILD_TIMEOUT_S", description="Seconds that a rebuild may take."
    )
    gaps_day: Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "off"] = Field(
        "monday",
        alias="GAPS_DAY",
        description="On which day the curators' channel gets what could not be answered; `off` for never.",
    )
    gaps_hour: Annotated[int, Field(ge=0, le=23)] = Field(
        9, alias="GAPS_HOUR", description="From which hour of that day on, in UTC."
    )
    suggested_prompts: Annotated[tuple[str, ...], BeforeValidator(_from_json), Field(max_length=MAX_PROMPTS)] = Field(
        (),
        alias="SUGGESTED_PROMPTS",
        description=f"JSON list of at most {MAX_PROMPTS} questions to offer; empty: taken from the catalogue.",
    )
    feedback_buttons: Literal["slack", "plain"] = Field(
        "slack",
        alias="FEEDBACK_BUTTONS",
        description="`slack` for Slack's own feedback buttons, `plain` where a workspace does not have them yet.",
    )
    follow_up_confidence: Annotated[float, Field(ge=0, le=1)] = Field(
        0.8,
        alias="FOLLOW_UP_CONFIDENCE",
        description="How sure an answer without a mention must be, 0 to 1.",
    )
    store_url: str = Field(
        "sqlite:///.signpost/store.sqlite3",
        alias="STORE_URL",
        description="The database of feedback and dedupe keys: a file of SQLite, or postgresql://USER:PASSWORD@HOST/DATABASE.",
    )
    store_questions: bool = Field(
        False,  # noqa: FBT003 - a default
        alias="STORE_QUESTIONS",
        description="Whether the text of questions is kept; if not, a keyed hash of it.",
    )
    store_hash_key: SecretStr = Field(
        SecretStr(""),
        alias="STORE_HASH_KEY",
        description="The key of those hashes; empty: derived from the signing secret or the app-level token.",
    )
    answers_days: Annotated[int, Field(ge=0, le=36_500)] = Field(
        365, alias="STORE_ANSWERS_DAYS", description="Days that answers are kept; 0 for ever."
    )
    clicks_days: Annotated[int, Field(ge=0, le=36_500)] = Field(
        365, alias="STORE_CLICKS_DAYS", description="Days that clicks are kept; 0 for ever."
    )
    feedback_days: Annotated[int, Field(ge=0, le=36_500)] = Field(
        365, alias="STORE_FEEDBACK_DAYS", description="Days that verdicts on answers are kept; 0 for ever."
    )
    refusals_days: Annotated[int, Field(ge=0, le=36_500)] = Field(
        90,
        alias="STORE_REFUSALS_DAYS",
        description="Days that refused attempts at what only curators may do are kept; 0 for ever.",
    )
    search_threads: Annotated[int, Field(ge=1, le=64)] = Field(
        8, alias="SEARCH_THREADS", description="Searches that may run at the same time."
    )
    search_deadline_s: Annotated[float, Field(gt=0, le=2.5)] = Field(
        2.0,
        alias="SEARCH_DEADLINE_S",
        description="Seconds until a command is acknowledged without its answer, which then follows.",
    )
    socket_ping_s: Annotated[float, Field(gt=0, le=60)] = Field(
        10.0,
        alias="SOCKET_PING_S",
        description="Seconds between pings in mode socket; three without an answer: a new connection.",
    )
    api: bool = Field(
        False,  # noqa: FBT003 - a default
        alias="SIGNPOST_API",
        description="Whether the JSON API is served in Slack's modes too; in mode web it always is.",
    )
    api_keys: str = Field(
        "", alias="API_KEYS_FILE", description="The file of the API's keys, as `signpost api-key` writes it."
    )
    api_origins: Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_origins)] = Field(
        (),
        alias="API_ORIGINS",
        description="Origins, by commas, whose pages may use the API in a browser, such as `https://wiki.example.com`; "
        "`*` for all.",
    )
    mcp: Annotated[frozenset[McpClient], BeforeValidator(_split)] = Field(
        frozenset(),
        alias="SIGNPOST_MCP",
        description="Who may use `/mcp`, by commas: `key` for holders of a key, `slack` for Slackbot, `open` for anybody on "
        "this machine; empty: nobody.",
    )
    curators_token: Annotated[SecretStr, AfterValidator(_long_enough)] = Field(
        SecretStr(""),
        alias="CURATORS_TOKEN",
        description="What opens the curators' page, 8 characters or more, for use on one's own machine; empty: it does not.",
    )
    oidc_issuer: Annotated[str, AfterValidator(_url_or_none)] = Field(
        "",
        alias="OIDC_ISSUER",
        description="The OpenID provider that curators sign in at, such as `https://slack.com`; empty: none.",
    )
    oidc_client_id: str = Field("", alias="OIDC_CLIENT_ID", description="What the provider calls Signpost.")
    oidc_client_secret: SecretStr = Field(
        SecretStr(""), alias="OIDC_CLIENT_SECRET", description="What proves that to the provider."
    )
    oidc_curators: Annotated[tuple[str, ...], BeforeValidator(_split)] = Field(
        (),
        alias="OIDC_CURATORS",
        description="Curators besides CURATORS, by commas: addresses in small letters that the provider has verified, or ids.",
    )
    web_page: bool | None = Field(
        None,
        alias="WEB_PAGE",
        description="Whether the page is served: `true` or `false`; empty: only in mode web.",
    )
    web_key: Annotated[SecretStr, AfterValidator(_long_enough)] = Field(
        SecretStr(""),
        alias="WEB_KEY",
        description="What people type to see the page, 8 characters or more; empty: anybody sees it, beside Slack only links "
        "with the tag `public`.",
    )
    web_url: Annotated[str, AfterValidator(_url_or_none)] = Field(
        "",
        alias="WEB_URL",
        description="The page's address as people have it, for its feeds and for sign-ins with OIDC_ISSUER, which need it; "
        "empty: the one that a request names.",
    )
    web_robots: bool = Field(
        False,  # noqa: FBT003 - a default
        alias="WEB_ROBOTS",
        description="Whether search engines may list the page.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", alias="LOG_LEVEL", description="From which level on the bot's own log lines are written."
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the base's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read no other source than the mapping that `from_environment` gets."""
        return (init_settings,)

    @classmethod
    def for_store(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings for a command that needs the store but not Slack."""
        return cls.from_environment({**environment, "SIGNPOST_MODE": Mode.WEB.value})

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings; SettingsError with every problem at once. An empty variable counts as not set."""
        given = {
            setting.name: environment[setting.name].strip()
            for setting in SETTINGS
            if environment.get(setting.name, "").strip()
        }
        problems: list[str] = []
        settings = None
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            problems = [_problem(details) for details in error.errors(include_url=False)]
        problems += [*_missing(given), *_catalogue_problems(given), *_mcp_problems(given), *_oidc_problems(given)]
        if problems or settings is None:
            raise SettingsError(tuple(problems))
        return settings

    @property
    def serves_curators(self) -> bool:
        """Whether the curators' page is served."""
        return bool(self.curators_token.get_secret_value() or self.oidc_issuer)

    @property
    def catalogue_files(self) -> tuple[Path, ...]:
        """The files of the catalogue that are on this disk; none where it is known only as the index has it."""
        written = Path(self.checkout) / self.catalogue_file if self.catalogue_file else None
        places = [written] if written is not None else [Path(self.catalogue)] if self.catalogue else []
        return tuple(place for place in places if place.is_file())

    @property
    def serves_api(self) -> bool:
        """Whether the API is served."""
        return self.mode is Mode.WEB or self.api

    @property
    def serves_page(self) -> bool:
        """Whether the page is served."""
        return self.mode is Mode.WEB if self.web_page is None else self.web_page

    def for_channel(self, channel: str) -> ChannelSettings:
        """Return the settings of this channel; the defaults when it has none."""
        return self.channels.get(channel, _ORDINARY)

    def links_in(self, channel: str, *, public: bool = False) -> int:
        """Return how many links an answer in this channel has; a `public` one is seen by everybody there."""
        return self.for_channel(channel).links or (self.channel_links if public else self.answer_links)

    @property
    def has_curators(self) -> bool:
        """Whether anybody gets what people report."""
        return bool(self.curators_channel or self.curators)

    @property
    def curates(self) -> bool:
        """Whether approved suggestions are written to a catalogue."""
        return bool(self.checkout or self.patches)

    def hash_key(self) -> bytes:
        """Return the key that question hashes are made with."""
        chosen = self.store_hash_key.get_secret_value()
        if chosen:
            return chosen.encode()
        secret = self.signing_secret.get_secret_value() or self.app_token.get_secret_value()
        return hmac.new(secret.encode(), b"signpost: question hashes", hashlib.sha256).digest()


_ORDINARY = ChannelSettings()


class Setting(NamedTuple):
    """One row of the table of settings."""

    name: str
    default: str
    help: str
    secret: bool


def _row(field: FieldInfo) -> Setting:
    default = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, SecretStr) or default in ((), {}, frozenset(), None):
        shown = ""
    elif isinstance(default, bool):
        shown = str(default).lower()
    elif isinstance(default, tuple):
        shown = ",".join(default)
    else:
        shown = str(default)
    return Setting(str(field.alias), shown, str(field.description), field.annotation is SecretStr)


#: Every setting in the order of the documentation.
SETTINGS = tuple(_row(field) for field in Settings.model_fields.values())


def _problem(details: Any) -> str:
    """Put one of pydantic's errors in plain words; a secret's value is never repeated."""
    name, *inner = details["loc"]
    where = "".join(f", {part}" for part in inner if isinstance(part, str))
    message = str(details["msg"]).removeprefix("Value error, ")
    secret = next((setting.secret for setting in SETTINGS if setting.name == name), False)
    shown = details.get("input")
    value = "" if secret or not isinstance(shown, str | int | float) else f" (it is {str(shown)[:60]!r})"
    return f"{name}{where}: {message[:1].lower()}{message[1:]}{value}"


def _catalogue_problems(given: Mapping[str, str]) -> list[str]:
    """Return which of the settings for approved suggestions contradict each other."""
    checkout, patches, file = (given.get(name, "") for name in ("CATALOGUE_CHECKOUT", "PATCHES_DIR", "CATALOGUE_FILE"))
    problems = []
    if checkout and patches:
        problems.append("CATALOGUE_CHECKOUT and PATCHES_DIR are both set; keep one")
    if (checkout or patches) and not file:
        problems.append("CATALOGUE_FILE is missing; it names the file that approved suggestions go into")
    if checkout and file and (file.startswith("/") or ".." in file.split("/")):
        problems.append(f"CATALOGUE_FILE must be a path inside the checkout (it is {file[:60]!r})")
    if given.get("CATALOGUE_PUSH") and not checkout:
        problems.append("CATALOGUE_PUSH needs CATALOGUE_CHECKOUT")
    return problems


def _oidc_problems(given: Mapping[str, str]) -> list[str]:
    """Return which settings a sign-in needs and does not have."""
    if not given.get("OIDC_ISSUER"):
        return []
    needed = ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "WEB_URL")
    problems = [f"{name} is missing and OIDC_ISSUER needs it" for name in needed if not given.get(name)]
    if not (given.get("CURATORS") or given.get("OIDC_CURATORS")):
        problems.append("OIDC_CURATORS is missing; without it and CURATORS nobody could sign in")
    return problems


def _mcp_problems(given: Mapping[str, str]) -> list[str]:
    """Return which settings `/mcp` needs and does not have."""
    clients = set(map(str.strip, given.get("SIGNPOST_MCP", "").split(",")))
    problems = []
    if McpClient.OPEN in clients and given.get("HOST", LOOPBACK[0]) not in LOOPBACK:
        problems.append("SIGNPOST_MCP: open is for a HOST that only this machine reaches; take key instead")
    if McpClient.KEY in clients and not given.get("API_KEYS_FILE"):
        problems.append("API_KEYS_FILE is missing and SIGNPOST_MCP has key; `signpost api-key` makes it")
    if McpClient.SLACK in clients and not given.get("SLACK_SIGNING_SECRET"):
        problems.append("SLACK_SIGNING_SECRET is missing and SIGNPOST_MCP has slack")
    return problems


def _missing(given: Mapping[str, str]) -> list[str]:
    """Return which settings the mode needs and does not have, or which have another token's value."""
    mode = given.get("SIGNPOST_MODE", Mode.HTTP)
    if mode not in set(Mode) or mode == Mode.WEB:
        return []
    needed = {"SLACK_BOT_TOKEN": "xoxb-"}
    needed |= {"SLACK_SIGNING_SECRET": ""} if mode == Mode.HTTP else {"SLACK_APP_TOKEN": "xapp-"}
    rotation = {"SLACK_REFRESH_TOKEN": "xoxe-", "SLACK_CLIENT_ID": "", "SLACK_CLIENT_SECRET": ""}
    if given.get("SLACK_BOT_TOKEN", "").startswith("xoxe."):
        needed |= rotation
    problems = []
    for name, prefix in needed.items():
        value = given.get(name, "")
        if not value and name in rotation:
            problems.append(f"{name} is missing, and SLACK_BOT_TOKEN dies after 12 hours without it, since it rotates")
        elif not value:
            problems.append(f"{name} is missing and mode {mode} needs it")
        elif not value.isascii() or any(character.isspace() for character in value):
            problems.append(f"{name} holds blanks or characters that no such value has")
        elif prefix and not value.startswith((prefix, f"xoxe.{prefix}")):
            problems.append(f"{name} must start with {prefix}")
    return problems
