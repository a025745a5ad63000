"""A message of the bot, in a form for each of Slack's ways to send it."""

import json
from dataclasses import dataclass, field
from typing import Any

from bot.slack.text import ELLIPSIS

#: Slack refuses messages above an undocumented total of about 11,000 characters.
MAX_MESSAGE_CHARS = 8_000
MAX_SECTION_CHARS = 3_000

Block = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Blocks, and `text` with the same content, which notifications and screen readers use instead.

    `text` is mrkdwn, in which text of people and catalogues is already escaped.
    """

    text: str
    blocks: tuple[Block, ...] = field(default=())

    @property
    def size(self) -> int:
        """The length as JSON. Slack counts fewer characters, so a message below the limit here is below Slack's."""
        return len(self.text) + (len(json.dumps(self.blocks, ensure_ascii=False)) if self.blocks else 0)

    def payload(self) -> dict[str, Any]:
        """Return the arguments for the methods that post; links get no preview, and names become no mentions."""
        payload: dict[str, Any] = {"text": self.text, "unfurl_links": False, "unfurl_media": False}
        if self.blocks:
            payload["blocks"] = list(self.blocks)
        return payload

    def response(self, *, public: bool = False, replace: bool = False) -> dict[str, Any]:
        """Return the form for an acknowledgement or a response URL."""
        return {
            **self.payload(),
            "response_type": "in_channel" if public else "ephemeral",
            "replace_original": replace,
        }

    def plain(self) -> "Message":
        """Return the message with `text` in plain sections, for when Slack refuses the blocks."""
        sections = [section(part) for part in split_mrkdwn(self.text)]
        if self.blocks and "block_id" in self.blocks[0]:
            sections[0]["block_id"] = self.blocks[0]["block_id"]
        return Message(text=self.text, blocks=tuple(sections))

    def short(self) -> "Message":
        """Return the message without blocks, cut between lines, for when Slack finds it too long."""
        return Message(text=split_mrkdwn(self.text)[0])

    def elsewhere(self, reason: str) -> "Message":
        """Return the message for the person's direct messages, with the reason why the channel did not get it."""
        # Such as `restricted_action_read_only_channel` and `restricted_action_thread_locked`.
        reason = "restricted_action" if reason.startswith("restricted_action") else reason
        why = {
            "is_archived": "That channel is archived",
            "restricted_action": "I may not write there",
            "not_in_channel": "I am not in that channel",
            "ratelimited": "Slack takes no more messages of mine in that channel for now",
        }.get(reason, "I could not write there")
        sentence = f"{why}, so here is my answer."
        return Message(text=f"{sentence}\n{self.text}", blocks=(section(sentence), *self.blocks))


def section(mrkdwn: str) -> Block:
    """Return a section of mrkdwn in which Slack does not turn bare addresses and names into links."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": mrkdwn, "verbatim": True}}


def split_mrkdwn(text: str, limit: int = MAX_SECTION_CHARS) -> list[str]:
    """Split between lines into parts of at most `limit` characters; an ellipsis replaces a line that is longer.

    A line is never cut, because the cut could be inside a link or an entity.
    """
    parts: list[str] = []
    current = ""
    for line in text.split("\n"):
        fitting = line if len(line) <= limit else ELLIPSIS
        joined = f"{current}\n{fitting}" if current else fitting
        if len(joined) > limit:
            parts.append(current)
            joined = fitting
        current = joined
    if current or not parts:
        parts.append(current or ELLIPSIS)
    return parts
