"""Finds what is asked when the question is the last message of a thread.

The message that mentions the bot often has no topic of its own ("any links on this?") or refers to earlier messages ("and
with Cilium?"). So two texts are searched for: the message, and the message with the earlier ones in front that say most.
Small talk is left out, and so is what came before somebody said thanks, once there are enough words without it. Where we
have answered the thread, or somebody gave thanks for an answer, it asked something else: what fits it better than the
message then falls behind.
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from index.search.lexical import LexicalIndex
from index.search.words import tidy, tokens
from index.types import MAX_QUESTION_CHARS, Turn

_CODE_BLOCK: Final = re.compile(r"```.*?(?:```|$)", re.DOTALL)
_CODE_WORD: Final = re.compile(r"[A-Za-z]{3,}")
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
#: Of these, what says so of the question itself.
_THANKS: Final = re.compile(r"\b(?:thanks?|thank you|thx|cheers|got it|fixed|solved|that worked)\b", re.IGNORECASE)
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

#: Somebody wants to see once more what was posted.
_AGAIN: Final = re.compile(
    r"\b(?:re-?post|re-?send|re-?share)\b"
    r"|\b(?:post|send|share|show|give|paste|link|links|repeat|have)\b[^.?!]{0,40}\b(?:again|once more)\b"
    r"|\bwhat (?:was|were) (?:that|those|the)\b[^.?!]{0,20}\b(?:links?|articles?|pages?|urls?)\b"
    r"|\b(?:links?|articles?|pages?|urls?|ones?) (?:that )?you (?:just |already )?(?:sent|posted|gave|showed|shared)\b",
    re.IGNORECASE,
)

#: With this many telling words, messages before a settled topic's end are left out.
ENOUGH: Final = 4
#: With this many telling words, no more messages are taken, nor more of them than …
PLENTY: Final = 14
MESSAGES: Final = 6
#: … out of this many.
WINDOW: Final = 12
#: A message weighs this much of the next one.
FADING: Final = 0.85
LONGEST_MESSAGE: Final = 300
OF_CODE: Final = 5

#: What the last message weighs by itself, beside the message with its thread in front.
OWN: Final = 0.2
#: The same for a message that could be asked alone: it refers to nothing, and has this many telling words.
OWN_OF_WHOLE: Final = 0.5
WHOLE: Final = 3
#: Taken from a link's score for each point by which it fits a settled thread better than the last message.
SETTLED: Final = 0.7
#: The vector of a text is nearly a mean of its parts': without this much of the last message's, the whole's is the thread's.
REST: Final = 0.9


@dataclass(frozen=True, slots=True)
class Topic:
    """What the last message of a thread asks."""

    last: str
    """The message by itself."""
    earlier: str = ""
    """What it may need from earlier messages."""
    own: float = 0.0
    """What `last` weighs by itself, beside `whole`; 0 to 1."""
    is_new: bool = False
    """Whether `earlier` asked something else, which an answer of ours has settled."""

    @property
    def whole(self) -> str:
        """The message with the earlier ones in front."""
        return f"{self.earlier} {self.last}".strip()


def topic(text: str, thread: Sequence[Turn], lexical: LexicalIndex) -> Topic:
    """Return what `text` asks after the earlier messages of `thread` (oldest first)."""
    last = plain(text)
    said = [tidy(turn.text[:MAX_QUESTION_CHARS]) for turn in thread if not turn.ours]
    own = telling(last, lexical)
    earlier = " ".join(_gather(said, own, lexical))
    if asks_again(last) or not _says_anything(last):
        return Topic(last, earlier)
    is_whole = len(own) >= WHOLE and not _POINTING.search(last)
    is_settled = any(_THANKS.search(message) for message in said[-2:])
    if is_whole and is_settled:
        return Topic(last)
    is_new = is_settled or any(turn.ours for turn in thread)
    return Topic(last, earlier, own=OWN_OF_WHOLE if is_whole else OWN, is_new=is_new)


def _says_anything(text: str) -> bool:
    """Return whether a message has any word of its own, also one that the catalogue lacks."""
    return any(token not in _REQUEST for token in tokens(text))


def asks_again(text: str) -> bool:
    """Return whether a message asks for what was posted before."""
    return bool(_AGAIN.search(text))


def _gather(thread: Sequence[str], own: AbstractSet[str], lexical: LexicalIndex) -> list[str]:
    """Return in order the messages that the topic is taken from: those with the most weight of telling words.

    Recent ones weigh more, and so do those that share a word with the last message, which `own` holds the words of.
    """
    recent: list[tuple[float, str, set[str]]] = []
    known = set(own)
    for age, message in enumerate(reversed(thread[-WINDOW:])):
        said = " ".join(filter(None, (plain(message), _in_code(message, lexical))))
        found = telling(said, lexical)
        weight = sum(lexical.weight(token) for token in sorted(found)) * FADING**age * (1 + bool(found & own))
        recent.append((weight, said, found))
        known |= found
        if _SETTLED.search(said) and len(known) >= ENOUGH:
            break
    known, chosen = set(own), []
    for place in sorted(range(len(recent)), key=lambda place: -recent[place][0]):
        found = recent[place][2]
        if found - known:
            chosen.append(place)
            known |= found
        if len(known) >= PLENTY or len(chosen) == MESSAGES:
            break
    return [recent[place][1] for place in sorted(chosen, reverse=True)]


def _in_code(message: str, lexical: LexicalIndex) -> str:
    """Return the first words of code blocks that the catalogue has, such as `parquet`; the rest of code says little."""
    found = dict.fromkeys(
        word.lower()
        for block in _CODE_BLOCK.findall(message)
        for word in _CODE_WORD.findall(block)
        if telling(word, lexical)
    )
    return " ".join(list(found)[:OF_CODE])


def telling(text: str, lexical: LexicalIndex) -> set[str]:
    """Return the stems of a text's telling words: those in the catalogue that say what the text is about."""
    return {token for token in lexical.language.tokens(text) if token in lexical.ids and token not in _REQUEST}


def posted(thread: Sequence[Turn]) -> frozenset[str]:
    """Return the addresses that messages show."""
    written = frozenset(url.rstrip(_AFTER_URL) for turn in thread for url in _ADDRESS.findall(turn.text))
    return written.union(*(turn.links for turn in thread))


def plain(text: str) -> str:
    """Return a message without mentions, URLs, code blocks and emoji codes."""
    for noise in (_CODE_BLOCK, _ADDRESS, _MENTION, _EMOJI):
        text = noise.sub(" ", text)
    return " ".join(_SPEAKER.sub("", text.strip()).split())[:LONGEST_MESSAGE]
