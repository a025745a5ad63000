"""The bot's order to the writer, and the writer's result: two values that go as JSON between two processes."""

import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Self

from index import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What curators approved: a new link, a question for a link of the catalogue, or a link's new address."""

    change_id: str
    url: str
    title: str = ""
    section: str = ""
    """The section as the form's menu shows it."""
    description: str = ""
    question: str = ""
    """For a new link: the question that had no answer. Else: the question that the link at `url` answers."""
    is_question: bool = False
    moved_to: str = ""
    """The new address of the link at `url`, which changes in nothing else."""
    is_mending: bool = False
    """Whether the link of the catalogue at `url` gets this title, section and `questions`."""
    questions: tuple[str, ...] = ()
    retired: bool = False
    """Whether the link of the catalogue at `url` is shown no more; without `is_mending` nothing else of it changes."""
    added: str = ""
    """When it was approved, as 2024-05-31."""

    @property
    def is_retiring(self) -> bool:
        """Whether the link is retired, and changes in nothing else."""
        return self.retired and not self.is_mending

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
    """An edit, and where to write it."""

    edit: Edit
    file: str
    checkout: str = ""
    author: str = ""
    push: str = ""
    """Remote and branch; empty: nothing is pushed."""
    patches: str = ""
    earlier: tuple[Edit, ...] = ()
    """Edits that have a patch file already; the new patch comes after those that were not applied yet."""

    def to_json(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Self:
        """Read it back."""
        fields: dict[str, Any] = json.loads(text)
        earlier = tuple(map(_edit, fields.pop("earlier")))
        return cls(edit=_edit(fields.pop("edit")), earlier=earlier, **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """How an order ended."""

    where: str = ""
    """In words: `commit 1a2b3c4 on main`, or the patch file's path."""
    warnings: tuple[str, ...] = ()
    """Lint's warnings about the new entry."""
    problem: str = ""
    """Why the edit was not written, and what to do; empty when it was."""

    def to_json(self) -> str:
        """Return it as text."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> Self:
        """Read it back."""
        fields: dict[str, Any] = json.loads(text)
        return cls(**{**fields, "warnings": tuple(fields["warnings"])})


def _edit(fields: dict[str, Any]) -> Edit:
    return Edit(**{**fields, "questions": tuple(fields["questions"])})
