"""What is being asked, when the question stands at the end of a thread.

The mention that calls the bot is often bare ("any links on this?"), or leans on what was said ("and with Cilium?"). The topic
is then gathered backwards from the last message, as far as it takes to know what is meant: chatter is passed over, and what
was settled before somebody said thanks is left behind.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from index.search.lexical import LexicalIndex
from index.search.words import tokens

_CODE_BLOCK: Final = re.compile(r"```.*?(?:```|$)", re.DOTALL)
#: An address ends at a space, and at what may stand around it and never in it.
_ADDRESS: Final = re.compile(r"https?://[^\s<>|]+")
_AFTER_URL: Final = ".,;:!?)'\"”’]"
_MENTION: Final = re.compile(r"(?<!\S)@[\w.-]+:?")
_SPEAKER: Final = re.compile(r"^\w{0,20}bot:\s*", re.IGNORECASE)
_EMOJI: Final = re.compile(r":[a-z0-9_+'-]+:")
#: The talk before one of these is settled, and what follows is new.
_SETTLED: Final = re.compile(
    r"\b(?:thanks?|thx|ty|cheers|cool|nice|great|perfect|awesome|got it|fixed|solved|makes sense)\b", re.IGNORECASE
)
#: Words that ask for something without saying what.
_REQUEST: Final = frozenset(
    tokens(
        "article articles blog blogs doc docs documentation example examples explain explanation guide guides help idea ideas "
        "intro link links list material materials option options page pointer pointers post posts read reading reads "
        "recommend recommendation recommendations reference references resource resources sources start suggestion "
        "suggestions tip tips tool tools tutorial tutorials url urls video videos watch write-up writeup howto known "
        "alternative alternatives comparison benchmark benchmarks numbers best practice practices fix bot linkbot"
    )
)
#: Words that point back at what was said.
_POINTING: Final = re.compile(
    r"\b(?:it|its|this|that|these|those|them|they|there|same|such|one|ones|else|instead|above|either|both|also|too)\b"
    r"|^\s*(?:and|or|but|with|for|what about|how about)\b",
    re.IGNORECASE,
)

#: A mention with so many telling words stands alone, unless it points back.
STANDS_ALONE: Final = 3
#: Telling words after which the topic is known well enough to leave settled talk behind.
ENOUGH: Final = 4
#: Telling words after which no more is gathered.
PLENTY: Final = 14
MESSAGES: Final = 6
LONGEST_MESSAGE: Final = 300


def topic(text: str, thread: Sequence[str], lexical: LexicalIndex) -> str:
    """Return the question that `text` asks, with what it needs from the earlier messages of `thread`, oldest first."""
    mention = plain(text)
    if not thread:
        return mention
    own = telling(mention, lexical)
    if len(own) >= STANDS_ALONE and not _POINTING.search(mention):
        return mention
    return " ".join([*reversed(list(_gather(thread, own, lexical))), mention]).strip()


def _gather(thread: Sequence[str], own: set[str], lexical: LexicalIndex) -> Iterator[str]:
    """Yield the messages that say what is meant, newest first."""
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
    """Return the stems in a text that the catalogue knows and that say what it is about."""
    return {token for token in tokens(text) if token in lexical.ids and token not in _REQUEST}


def posted(thread: Sequence[str]) -> frozenset[str]:
    """Return the addresses that messages contain."""
    return frozenset(url.rstrip(_AFTER_URL) for message in thread for url in _ADDRESS.findall(message))


def plain(text: str) -> str:
    """Return a message without mentions, URLs, code blocks and emoji codes."""
    for noise in (_CODE_BLOCK, _ADDRESS, _MENTION, _EMOJI):
        text = noise.sub(" ", text)
    return " ".join(_SPEAKER.sub("", text.strip()).split())[:LONGEST_MESSAGE]
