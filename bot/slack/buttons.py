"""The values of buttons and forms, which a click sends back. Only this module writes and reads them.

Old messages keep their buttons, so the values of every earlier version must still be readable.
"""

import json
from dataclasses import dataclass
from typing import Self

from bot.settings import MAX_LINKS
from bot.slack.text import clean
from bot.slack.untrusted import int_of, json_of, text_of

MAX_VALUE_CHARS = 2_000
MAX_METADATA_CHARS = 3_000
_MAX_OFFSET = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question and which links were shown: the value of Show more, Share, the buttons for a better link, and forms."""

    question: str = ""
    answer_id: str = ""
    offset: int = 0
    """How many links were shown before."""
    shown: int = 0
    public_only: bool = False
    """Whether only public links were searched; Show more then searches only these too."""

    def pack(self, limit: int = MAX_VALUE_CHARS) -> str:
        """Return the value as text of at most `limit` characters; the question is cut if necessary.

        Angle brackets become JSON escapes, so that Slack finds no mention or link in a value.
        """
        fields = {
            "a": self.answer_id,
            "o": self.offset,
            "n": self.shown,
            "p": int(self.public_only),
            "q": self.question,
        }
        kept = {name: value for name, value in fields.items() if value}
        while len(value := _json(kept)) > limit and (question := str(kept.get("q", ""))):
            kept["q"] = question[: len(question) - max(1, (len(value) - limit) // 6)]
        return value

    @classmethod
    def of(cls, value: str) -> Self:
        """Read it back."""
        fields = json_of(value)
        return cls(
            question=text_of(fields.get("q")),
            answer_id=text_of(fields.get("a")),
            offset=int_of(fields.get("o"), at_most=_MAX_OFFSET),
            shown=int_of(fields.get("n"), at_most=MAX_LINKS),
            public_only=bool(fields.get("p")),
        )


def _json(fields: dict[str, object]) -> str:
    text = clean(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """Whether an answer helped, and the question if it did not."""

    answer_id: str
    helpful: bool
    question: str = ""

    def pack(self) -> str:
        """Return it as a button's value."""
        asked = f" {Asked(question=self.question).pack()}" if self.question else ""
        return f"{'y' if self.helpful else 'n'} {self.answer_id}{asked}"

    @classmethod
    def of(cls, value: str) -> Self | None:
        """Read it back; None for anything else."""
        verdict, _, rest = value.partition(" ")
        answer_id, _, asked = rest.partition(" ")
        if verdict not in {"y", "n"} or not answer_id:
            return None
        return cls(answer_id=answer_id, helpful=verdict == "y", question=Asked.of(asked).question)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The link of an Open button."""

    answer_id: str
    url: str

    def pack(self) -> str:
        """Return it as a button's value."""
        return f"{self.answer_id} {self.url}"

    @classmethod
    def of(cls, value: str) -> Self | None:
        """Read it back; None for anything else."""
        answer_id, _, url = value.partition(" ")
        return cls(answer_id=answer_id, url=url) if answer_id and url else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dismissed:
    """The questions that a Dismiss button removes from later lists."""

    hashes: tuple[str, ...]

    def pack(self) -> str:
        """Return it as a button's value."""
        return " ".join(self.hashes)

    @classmethod
    def of(cls, value: str) -> Self:
        """Read it back."""
        return cls(hashes=tuple(value.split()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A link that was found in a message; the button suggests it."""

    url: str
    title: str = ""

    def pack(self) -> str:
        """Return it as a button's value; a title that leaves no room for the address is left out."""
        value = _json({"u": self.url, "t": self.title})
        return value if len(value) <= MAX_VALUE_CHARS else _json({"u": self.url})[:MAX_VALUE_CHARS]

    @classmethod
    def of(cls, value: str) -> Self:
        """Read it back; a value that was cut is empty."""
        fields = json_of(value)
        return cls(url=text_of(fields.get("u")), title=text_of(fields.get("t")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A link of an answer by its place, and what is wrong with it: the value of an option, which has no room for an address."""

    answer_id: str
    place: int
    problem: str

    def pack(self) -> str:
        """Return it as an option's value."""
        return f"{self.place} {self.problem} {self.answer_id}"

    @classmethod
    def of(cls, value: str) -> Self | None:
        """Read it back; None for anything else."""
        place, _, rest = value.partition(" ")
        problem, _, answer_id = rest.partition(" ")
        if not (place.isascii() and place.isdigit() and len(place) < len("1000") and answer_id):
            return None
        return cls(answer_id=answer_id, place=int(place), problem=problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """Which report a form is about, and where its message is."""

    report_id: str
    channel: str = ""
    message_ts: str = ""
    response_url: str = ""

    def pack(self) -> str:
        """Return it as a form's metadata."""
        return _json({"i": self.report_id, "c": self.channel, "t": self.message_ts, "u": self.response_url})

    @classmethod
    def of(cls, value: str) -> Self:
        """Read it back."""
        fields = json_of(value)
        names = {"report_id": "i", "channel": "c", "message_ts": "t", "response_url": "u"}
        return cls(**{name: text_of(fields.get(key)) for name, key in names.items()})
