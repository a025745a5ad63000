"""Detects what a page says about itself: not found, domain for sale, captcha or login.

Only text that people would read is searched, in time proportional to the length of the page.
"""

import html
import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

from index.catalogue.checks import signs
from index.catalogue.decoding import detected
from index.catalogue.publishers import registrable

#: Pages with more words have a real subject, even if they contain telltale words.
_SHORT_WORDS: Final = 220
#: Two equal pages with fewer words than this prove nothing.
_LEAST_WORDS: Final = 12
#: A page that a script draws has at most about this many words.
_SHELL_WORDS: Final = 40
_HIDDEN: Final = ("script", "style", "noscript", "template", "svg")
_TAG: Final = re.compile(r"<[^<>]*>")
_CHARSET: Final = re.compile(rb"""charset=["']?([A-Za-z0-9_.:-]{1,40})""")
_PARTS: Final = re.compile(r"\s[-–—|·:•»]+\s|[|·•»]|:\s")
#: A word of letters, with the punctuation that may surround it.
_PLAIN: Final = re.compile(r"[\W_]*[^\W\d_]+(?:['’-][^\W\d_]+)*[\W_]*")
_LIKENESS_WORDS: Final = 30

_LEAST_SPAM: Final = 2
#: The encoding of a page with more wrong characters than this is detected, by this much of the page.
_FEW_WRONG: Final = 1
_DETECTED: Final = 20_000


@dataclass(frozen=True)
class ShownPage:
    """An HTML page, or its first part, as far as it was read."""

    url: str
    markup: str

    @classmethod
    def of(cls, url: str, content_type: str, body: bytes) -> "ShownPage":
        """Decode a page in the encoding that its header or the page names, else as UTF-8; wrong bytes are replaced.

        A page that is not in the encoding that it names, or names none, is decoded in the most probable one.
        """
        found = _CHARSET.search(content_type.encode("ascii", "ignore")) or _CHARSET.search(body[:2_048])
        try:
            text = body.decode(found[1].decode() if found else "utf-8", "replace")
        except (LookupError, ValueError):
            text = body.decode("utf-8", "replace")
        if text.count("\ufffd", 0, _DETECTED) > _FEW_WRONG:
            text = detected(body[:_DETECTED]) or text
        return cls(url, text)

    @cached_property
    def _lower(self) -> str:
        lower = self.markup.lower()
        return lower if len(lower) == len(self.markup) else self.markup

    def _between(self, tag: str) -> list[str]:
        """Return the text of the first few elements with a tag."""
        found: list[str] = []
        at = 0
        while len(found) < 3 and (start := self._lower.find(f"<{tag}", at)) != -1:  # noqa: PLR2004
            opened = self._lower.find(">", start) + 1
            at = self._lower.find(f"</{tag}", opened)
            if not opened or at == -1:
                break
            found.append(_plain(self.markup[opened:at]))
        return found

    @cached_property
    def title(self) -> str:
        """The title, without markup; empty without one."""
        return next(iter(self._between("title")), "")[:500]

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The words that a person would read, without the title."""
        markup, lower = self.markup, self._lower
        for tag in (*_HIDDEN, "title"):
            markup = _without(markup, lower, tag)
            lower = markup.lower() if len(markup.lower()) == len(markup) else markup
        return tuple(_plain(markup).split())

    @cached_property
    def text(self) -> str:
        """The words in one line."""
        return " ".join(self.words)

    @property
    def is_short(self) -> bool:
        """Whether it has so few words that telltale words mean something."""
        return len(self.words) <= _SHORT_WORDS

    @property
    def is_shell(self) -> bool:
        """Whether a script draws what people see: the page cannot be judged without running it."""
        return len(self.words) <= _SHELL_WORDS and "<script" in self._lower

    @cached_property
    def fingerprint(self) -> tuple[str, ...]:
        """The part that two copies of one page share: the words without digits, so no times, counters or keys."""
        words = [*self.title.split(), *self.words]
        kept = tuple(word for word in words if not any(map(str.isdigit, word)))
        return kept if len(kept) >= _LEAST_WORDS else ()

    @property
    def likeness(self) -> str:
        """The plain words of its title, else its first ones: equal when one page answers for many sites.

        Addresses, times and numbers, which such a page often repeats, are left out.
        """
        for words in (self.title.split(), self.words):
            if kept := [word for word in words if _PLAIN.fullmatch(word)]:
                return " ".join(kept[:_LIKENESS_WORDS]).lower()
        return ""

    def says_missing(self) -> bool:
        """Whether it says that the page does not exist; an article about missing pages does not count."""
        headings = [self.title, *(self._between("h1") if self.is_short else ())]
        if any(signs.MISSING_TITLE.fullmatch(part.strip()) for heading in headings for part in _PARTS.split(heading)):
            return True
        return self.is_short and signs.MISSING_TEXT.search(self.text) is not None

    def wants_a_person(self) -> bool:
        """Whether it is a captcha or another test for people."""
        if signs.CHALLENGE_TITLE.fullmatch(self.title.strip()):
            return True
        if not self.is_short:
            return False
        text = self.text.lower()
        return any(sign in text for sign in signs.CHALLENGE_TEXT) or (
            len(self.words) <= _SHELL_WORDS * 2 and any(sign in self._lower for sign in signs.CHALLENGE_CODE)
        )

    def is_parked(self) -> bool:
        """Whether its domain is for sale or parked."""
        if registrable(urlsplit(self.url).hostname or "") in signs.MARKETPLACES:
            return True
        if not self.is_short:
            return False
        return any(sign in self._lower for sign in signs.PARKING_CODE) or (
            signs.PARKING_TEXT.search(f"{self.title}. {self.text}") is not None
        )

    def is_spam(self, expected: str) -> bool:
        """Whether it advertises what hijacked domains usually do, unless the link itself (`expected`) is about that."""
        if signs.SPAM_STARTS.isdisjoint(f"{self.title} {self.text}".lower().split()):
            return False
        in_title = {found.lower() for found in signs.SPAM.findall(self.title)}
        everywhere = in_title | {found.lower() for found in signs.SPAM.findall(self.text)}
        enough = len(everywhere) >= (_LEAST_SPAM if in_title or self.is_short else 2 * _LEAST_SPAM)
        return enough and signs.SPAM.search(expected) is None

    def mentions(self, names: frozenset[str]) -> bool:
        """Whether it contains any of these names, compared by letters and digits only."""
        squashed = re.sub(r"[^a-z0-9]+", "", f"{self.title} {self.text}".lower())
        return any(name in squashed for name in names)


def asks_to_sign_in(url: str) -> bool:
    """Whether an address is that of a login page."""
    parts = urlsplit(url)
    return signs.LOGIN_PATH.search(parts.path) is not None or (parts.hostname or "").startswith(signs.LOGIN_HOSTS)


def _plain(markup: str) -> str:
    return " ".join(html.unescape(_TAG.sub(" ", markup)).split())


def _without(markup: str, lower: str, tag: str) -> str:
    """Return the markup without the elements with a tag; after one that is never closed, nothing is left."""
    kept, at = [], 0
    while (start := lower.find(f"<{tag}", at)) != -1:
        kept.append(markup[at:start])
        end = lower.find(f"</{tag}", start)
        if end == -1:
            return "".join(kept)
        at = end
    kept.append(markup[at:])
    return " ".join(kept)
