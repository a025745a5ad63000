"""What buttons and forms carry, and a click brings back: written and read here alone.

Messages outlive the bot that posted them, so that a value is read as every version before wrote it.
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
    """A question, and what was shown for it: of Show more, of Share, of the ways to tell of a better link, of forms."""

    question: str = ""
    answer_id: str = ""
    offset: int = 0
    """How many links were shown before."""
    shown: int = 0
    public_only: bool = False
    """Whether only public links were looked at, and must be when more are asked for."""

    def pack(self, limit: int = MAX_VALUE_CHARS) -> str:
        """Return it as text of at most `limit` characters, for which the question is shortened.

        Angle brackets are written as JSON escapes: nothing in a value can be taken for a mention or a link.
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
    """Whether an answer helped; where it did not, what had been asked."""

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
    """A link of an answer."""

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
    """Questions that are not to be listed any more."""

    hashes: tuple[str, ...]

    def pack(self) -> str:
        """Return it as a button's value."""
        return " ".join(self.hashes)

    @classmethod
    def of(cls, value: str) -> Self:
        """Read it back."""
        return cls(hashes=tuple(value.split()))
