"""What the bot asks the writer for, and what it is told: two values that travel as JSON between two processes."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self

from index import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One approved suggestion: a new link, or a question that a link of the catalogue answers."""

    change_id: str
    url: str
    title: str = ""
    section: str = ""
    """As the form's menu showed it."""
    description: str = ""
    question: str = ""
    """For a new link: what was asked in vain. Else: what the link at `url` answers."""
    is_question: bool = False
    added: str = ""
    """When it was approved, as 2024-05-31."""

    def link(self, section: tuple[str, ...]) -> Link:
        """Return the new link, in a section."""
        return Link(
            url=self.url,
            title=self.title,
            description=self.description,
            section=section,
            questions=(self.question,) if self.question else (),
            added=date.fromisoformat(self.added) if self.added else None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An edit and where it goes."""

    edit: Edit
    file: str
    checkout: str = ""
    author: str = ""
    push: str = ""
    """Remote and branch; empty: nothing is pushed."""
    patches: str = ""
    earlier: tuple[Edit, ...] = ()
    """Edits that have a patch file already; this one is made on top of those that were not applied yet."""

    def to_json(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Self:
        """Read it back."""
        fields: dict[str, Any] = json.loads(text)
        earlier = tuple(Edit(**edit) for edit in fields.pop("earlier"))
        return cls(edit=Edit(**fields.pop("edit")), earlier=earlier, **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How it ended."""

    where: str = ""
    """In words: `commit 1a2b3c4 on main`, or the patch file's path."""
    warnings: tuple[str, ...] = ()
    """What lint has to say of the new entry that does not forbid it."""
    problem: str = ""
    """Why it was not written, and what to do; then nothing was changed."""

    def to_json(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Self:
        """Read it back."""
        fields: dict[str, Any] = json.loads(text)
        return cls(**{**fields, "warnings": tuple(fields["warnings"])})
