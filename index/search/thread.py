"""Finds what is asked when the question is the last message of a thread.

The message that mentions the bot often has no topic of its own ("any links on this?") or refers to earlier messages ("and
with Cilium?"). The topic is then collected from the last message backwards until there are enough telling words. Small talk
is skipped, and so is what came before somebody said thanks, once there are enough words without it.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from index.search.lexical import LexicalIndex
from index.search.words import tokens
from index.types import Turn

_CODE_BLOCK: Final = re.compile(r"```.*?(?:```|$)", re.DOTALL)
#: An address ends at white space or at a character that can be around it but never in it.
_ADDRESS: Final = re.compile(r"https?://[^\s<>|]+")
_AFTER_URL: Final = ".,;:!?)'\"”’]"
_MENTION: Final = re.compile(r"(?<!\S)@[\w.-]+:?")
_SPEAKER: Final = re.compile(r"^\w{0,20}bot:\s*", re.IGNORECASE)
_EMOJI: Final = re.compile(r":[a-z0-9_+'-]+:")
#: A message like these ends a topic: what came before is settled, what follows is new.
_SETTLED: Final = re.compile(
    r"\b(?:thanks?|thx|ty|cheers|cool|nice|great|perfect|awesome|got it|fixed|solved|makes sense)\b", re.IGNORECASE
)
#: Words that ask for something but do not say what about.
_REQUEST: Final = frozenset(
    tokens(
        "article articles blog blogs doc docs documentation example examples explain explanation guide guides help idea ideas "
        "intro link links list material materials option options page pointer pointers post posts read reading reads "
        "recommend recommendation recommendations reference references resource resources sources start suggestion "
        "suggestions tip tips tool tools tutorial tutorials url urls video videos watch write-up writeup howto known "
        "alternative alternatives comparison benchmark benchmarks numbers best practice practices fix bot linkbot"
    )
)
#: Words that refer to earlier messages.
_POINTING: Final = re.compile(
    r"\b(?:it|its|this|that|these|those|them|they|there|same|such|one|ones|else|instead|above|either|both|also|too)\b"
    r"|^\s*(?:and|or|but|with|for|what about|how about)\b",
    re.IGNORECASE,
)

#: A message with this many telling words needs no earlier ones, unless it refers to them.
STANDS_ALONE: Final = 3
#: With this many telling words, messages before a settled topic's end are left out.
ENOUGH: Final = 4
#: With this many telling words, no more messages are collected.
PLENTY: Final = 14
MESSAGES: Final = 6
LONGEST_MESSAGE: Final = 300


def topic(text: str, thread: Sequence[str], lexical: LexicalIndex) -> str:
    """Return `text`, with what it needs from the earlier messages of `thread` (oldest first) in front."""
    mention = plain(text)
    if not thread:
        return mention
    own = telling(mention, lexical)
    if len(own) >= STANDS_ALONE and not _POINTING.search(mention):
        return mention
    return " ".join([*reversed(list(_gather(thread, own, lexical))), mention]).strip()


def _gather(thread: Sequence[str], own: set[str], lexical: LexicalIndex) -> Iterator[str]:
    """Yield the messages that the topic is taken from, newest first."""
    known = set(own)
    for message in reversed(thread[-MESSAGES:]):
        said = plain(message)
        found = telling(said, lexical)
        if found - known:
            yield said
            known |= found
        if len(known) >= PLENTY or (_SETTLED.search(said) and len(known) >= ENOUGH):
            return


def telling(text: str, lexical: LexicalIndex) -> set[str]:
    """Return the stems of a text's telling words: those in the catalogue that say what the text is about."""
    return {token for token in tokens(text) if token in lexical.ids and token not in _REQUEST}


def posted(thread: Sequence[Turn]) -> frozenset[str]:
    """Return the addresses that messages show."""
    written = frozenset(url.rstrip(_AFTER_URL) for turn in thread for url in _ADDRESS.findall(turn.text))
    return written.union(*(turn.links for turn in thread))


def plain(text: str) -> str:
    """Return a message without mentions, URLs, code blocks and emoji codes."""
    for noise in (_CODE_BLOCK, _ADDRESS, _MENTION, _EMOJI):
        text = noise.sub(" ", text)
    return " ".join(_SPEAKER.sub("", text.strip()).split())[:LONGEST_MESSAGE]
