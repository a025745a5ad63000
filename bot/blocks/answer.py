"""An answer as a message: the links, why each was found, and the buttons under them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.blocks import parts
from bot.slack.buttons import Asked, Feedback, Opened
from bot.slack.ids import Action
from bot.slack.message import MAX_MESSAGE_CHARS, Block, Message
from bot.slack.text import clamp, escape, escape_clamped, mrkdwn_link, one_line, safe_url
from index import Answer, Hit

#: A button would add the URL twice more to the message. A longer URL gets no button; its title is still a link.
MAX_BUTTON_URL_CHARS = 1_000
MAX_WHY_CHARS = 150
#: Characters of the question that Not helpful carries, for the forms that it offers.
MAX_PROPOSED_CHARS = 200
MAX_MARK_CHARS = 120
#: Most further addresses shown of one link, and most characters of the name of each.
MAX_FURTHER = 4
MAX_KIND_CHARS = 40
MAX_FURTHER_URL_CHARS = 300
#: A longer escaped address is left out of the text; the blocks still have it.
MAX_FALLBACK_URL_CHARS = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the buttons under an answer need, and which of them there are."""

    asked: Asked
    """The question, which Show more and Share ask again."""
    catalogue: str = ""
    can_share: bool = False
    on_message: bool = True
    """False for App Home, which has neither Show more nor Slack's feedback buttons."""
    slack_feedback: bool = True
    shared_by: str = ""
    """The user who shared the answer; empty where nobody did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """Most characters of each part of a link; smaller rooms are tried until the message fits."""

    title: int = 150
    publisher: int = 60
    section: int = 100
    description: int = 300
    why: int = MAX_WHY_CHARS
    question: int = 2_000
    """Of the question that the buttons carry."""
    open_buttons: bool = True


_ROOMS = (
    _Room(),
    _Room(description=160, why=80),
    _Room(description=80, why=0, section=60, publisher=40, question=800),
    _Room(title=100, description=0, why=0, section=40, publisher=30, question=400),
    _Room(title=60, description=0, why=0, section=0, publisher=0, question=200, open_buttons=False),
    _Room(title=60, description=0, why=0, section=0, publisher=0, question=30, open_buttons=False),
)


@dataclass(frozen=True, slots=True)
class _Shown:
    number: int
    hit: Hit
    url: str


def answer_message(answer: Answer, hits: Sequence[Hit], offer: Offer) -> Message:
    """Return the message for `hits`, within Slack's limits; links with an unsafe address are left out.

    When even short lines are too long, the last links are dropped.
    """
    followable = [(hit, url) for hit in hits if (url := safe_url(hit.link.url)) is not None]
    shown = [_Shown(place, hit, url) for place, (hit, url) in enumerate(followable, start=offer.asked.offset + 1)]
    for count in range(len(shown), 0, -1):
        for room in _ROOMS:
            message = _message(answer, shown[:count], offer, room)
            if message.size <= MAX_MESSAGE_CHARS:
                return message
    return Message(text="The links for this cannot be shown in Slack.")


def shown_urls(hits: Sequence[Hit]) -> tuple[str, ...]:
    """Return the catalogue's URLs of those hits that a message can show."""
    return tuple(hit.link.url for hit in hits if safe_url(hit.link.url) is not None)


def _message(answer: Answer, shown: Sequence[_Shown], offer: Offer, room: _Room) -> Message:
    blocks: list[Block] = []
    if offer.shared_by:
        shared = " shared these links, which may be near:" if answer.doubtful else " shared these links:"
        blocks.append(parts.rich(parts.user(offer.shared_by), parts.run(shared)))
    if answer.corrected:
        blocks.append(parts.context(f"Searched for “{clamp(one_line(answer.asked), 200)}”"))
    if answer.doubtful and not offer.shared_by:
        blocks.append(parts.rich(parts.run(answer.verdict.lead(len(shown)), bold=True)))
    blocks.append(
        {
            "type": "rich_text",
            "elements": [
                {"type": "rich_text_section", "elements": _entry(one, room, last=one is shown[-1])} for one in shown
            ],
        }
    )
    if room.open_buttons and (row := _open_row(shown, offer)):
        blocks.append(row)
    if row := _answer_row(answer, shown, offer, room):
        blocks.append(row)
    blocks.append(_feedback_row(offer, room))
    blocks.append(parts.context(footer(answer, offer.catalogue)))
    return Message(text=_fallback(answer, shown, offer, room), blocks=tuple(blocks))


def footer(answer: Answer, catalogue: str) -> str:
    """Return which catalogue answered, its version and its age."""
    named = f"{clamp(one_line(catalogue), 100)} · " if catalogue else ""
    return f"{named}version {parts.short_version(answer.version)} · built {parts.age(answer.built_at)}"


def _entry(one: _Shown, room: _Room, *, last: bool) -> list[dict[str, Any]]:
    """Return a link's lines: number, title and stars; where it comes from; what it is; why it was found."""
    found = one.hit.link
    title = clamp(one_line(found.title) or one.url, room.title)
    elements = [parts.run(f"{one.number}. "), parts.link(one.url, title, bold=True)]
    if found.stars:
        elements.append(parts.run(" " + "★" * min(found.stars, 3)))
    for text, style in _lines(one.hit, room):
        elements.append(parts.run("\n" + text, **style))
    for number, (url, kind) in enumerate(_further(one.hit, room)):
        elements += (parts.run(" · " if number else "\n"), parts.link(url, kind))
    if not last:
        elements.append(parts.run("\n"))
    return elements


def _further(hit: Hit, room: _Room) -> list[tuple[str, str]]:
    """Return the further addresses of a link that are shown, each with its name."""
    urls = [(one, safe_url(one.url)) for one in hit.link.further[:MAX_FURTHER] if room.description]
    return [
        (url, clamp(one_line(one.kind), MAX_KIND_CHARS) or url)
        for one, url in urls
        if url and len(escape(url)) <= MAX_FURTHER_URL_CHARS
    ]


def _lines(hit: Hit, room: _Room) -> list[tuple[str, dict[str, bool]]]:
    found = hit.link
    origin = " · ".join(
        clamp(text, limit)
        for text, limit in ((one_line(found.publisher), room.publisher), (one_line(found.section_path), room.section))
        if text and limit
    )
    lines: list[tuple[str, dict[str, bool]]] = []
    if origin:
        lines.append((origin, {}))
    if hit.link.mark:
        lines.append((clamp(one_line(hit.link.mark), MAX_MARK_CHARS), {"bold": True}))
    if room.description and (description := one_line(found.description)):
        lines.append((clamp(description, room.description), {}))
    if room.why:
        lines.append((clamp(one_line(str(hit.why)), room.why), {"italic": True}))
    return lines


def _open_row(shown: Sequence[_Shown], offer: Offer) -> Block | None:
    buttons = [
        parts.button(
            f"Open {one.number}",
            f"{Action.OPEN}:{one.number}",
            url=one.url,
            value=Opened(answer_id=offer.asked.answer_id, url=one.hit.link.url).pack(),
            label=f"Open {one.hit.link.title}",
        )
        for one in shown
        if len(one.url) <= MAX_BUTTON_URL_CHARS
    ]
    return parts.actions(*buttons, block_id=f"open:{offer.asked.answer_id}") if buttons else None


def _answer_row(answer: Answer, shown: Sequence[_Shown], offer: Offer, room: _Room) -> Block | None:
    asked = replace(offer.asked, question=offer.asked.question[: room.question], shown=len(shown))
    buttons = []
    if answer.more and answer.answered and offer.on_message:
        following = replace(asked, offset=asked.offset + len(shown))
        buttons.append(parts.button("Show more", Action.MORE, value=following.pack()))
    if offer.can_share:
        buttons.append(parts.button("Share in the channel", Action.SHARE, value=asked.pack()))
    return parts.actions(*buttons, block_id=f"answer:{asked.answer_id}") if buttons else None


def _feedback_row(offer: Offer, room: _Room) -> Block:
    answer_id = offer.asked.answer_id
    question = offer.asked.question[:MAX_PROPOSED_CHARS] if room.open_buttons else ""
    helpful = Feedback(answer_id=answer_id, helpful=True).pack()
    unhelpful = Feedback(answer_id=answer_id, helpful=False, question=question).pack()
    block_id = f"feedback:{answer_id}"
    if not (offer.slack_feedback and offer.on_message):
        return parts.actions(
            parts.button("Helpful", f"{Action.FEEDBACK}:y", value=helpful),
            parts.button("Not helpful", f"{Action.FEEDBACK}:n", value=unhelpful),
            block_id=block_id,
        )
    element = {
        "type": "feedback_buttons",
        "action_id": Action.FEEDBACK,
        "positive_button": {"text": parts.plain_text("Helpful", 75), "value": helpful},
        "negative_button": {"text": parts.plain_text("Not helpful", 75), "value": unhelpful},
    }
    return {"type": "context_actions", "block_id": block_id, "elements": [element]}


def _fallback(answer: Answer, shown: Sequence[_Shown], offer: Offer, room: _Room) -> str:
    """Return the answer as one sentence and a line for each link."""
    count = f"{len(shown)} {'link' if len(shown) == 1 else 'links'}"
    if offer.shared_by:
        sentence = f"<@{offer.shared_by}> shared {count}{', which may be near' if answer.doubtful else ''}:"
    else:
        sentence = answer.verdict.lead(len(shown)) if answer.doubtful else f"Here {_are(len(shown))} {count}:"
    if answer.corrected:
        sentence = f"Searched for “{escape_clamped(one_line(answer.asked), 200)}”. {sentence}"
    lines = [sentence]
    for one in shown:
        title = one_line(one.hit.link.title) or one.url
        publisher = clamp(one_line(one.hit.link.publisher), room.publisher) if room.publisher else ""
        target = escape(one.url)
        linked = mrkdwn_link(one.url, title, len(target) + room.title)
        line = f"{one.number}. {linked if len(target) <= MAX_FALLBACK_URL_CHARS else escape_clamped(title, room.title)}"
        line = f"{line} ({escape(publisher)})" if publisher else line
        further = [mrkdwn_link(url, kind, len(escape(url)) + MAX_KIND_CHARS) for url, kind in _further(one.hit, room)]
        lines.append(" · ".join((line, *further)))
    return "\n".join(lines)


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
