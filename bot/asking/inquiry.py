"""A question as the bot received it, with everything that decides how it is answered."""

from dataclasses import dataclass
from enum import StrEnum

from bot.slack.text import clean
from index import MAX_QUESTION_CHARS, Turn


class Surface(StrEnum):
    """Where a question can be asked."""

    COMMAND = "command"
    MENTION = "mention"
    THREAD = "thread"
    FOLLOW_UP = "follow_up"
    DIRECT = "direct"
    SHORTCUT = "shortcut"
    HOME = "home"
    SEARCH = "search"
    WORKFLOW = "workflow"
    MORE = "more"
    SHARE = "share"
    EXAMPLE = "example"
    WEB = "web"
    API = "api"
    MCP = "mcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """One question from one person in one place."""

    surface: Surface
    text: str
    """Cut and cleaned here; later steps take it as it is."""
    team: str = ""
    channel: str = ""
    user: str = ""
    thread: tuple[Turn, ...] = ()
    exclude_urls: frozenset[str] = frozenset()
    strangers: bool = False
    """Whether people of other organisations ask, or can read the answer."""
    public: bool = False
    """Whether everybody in the channel sees the answer."""
    can_share: bool = False
    top_k: int | None = None
    """How many links; None: as many as the settings say for the channel."""
    offset: int = 0
    """How many of the links were shown before."""
    shared_by: str = ""
    answer_id: str = ""
    """The id of the answer that is shown again; empty for a new one."""

    def __post_init__(self) -> None:
        """Cut the text, which bounds the cost of every later step."""
        object.__setattr__(self, "text", clean(self.text[:MAX_QUESTION_CHARS]))
