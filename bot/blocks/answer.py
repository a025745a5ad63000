"""An answer as a message: what was asked, the links with a button each, and the buttons under them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.blocks import parts
from bot.blocks.suggestion import MAX_PROPOSED_CHARS
from bot.slack.buttons import Asked, Feedback, Opened
from bot.slack.ids import Action
from bot.slack.message import MAX_MESSAGE_CHARS, MAX_SECTION_CHARS, Block, Message, section
from bot.slack.text import clamp, escape, escape_clamped, inert, mrkdwn_link, one_line, safe_url
from index import Answer, Hit

#: A button would add the URL twice more to the message. A longer URL gets no button; its title is still a link.
MAX_BUTTON_URL_CHARS = 1_000
MAX_ASKED_CHARS = 200
MAX_WHY_CHARS = 150
MAX_MARK_CHARS = 120
#: Most further addresses shown of one link, and most characters of the name of each.
MAX_FURTHER = 4
MAX_KIND_CHARS = 40
MAX_FURTHER_URL_CHARS = 300
#: A longer escaped address is left out of the text; the blocks still have it.
MAX_FALLBACK_URL_CHARS = 4_000
#: A section holds 3,000 characters; a link whose address leaves no room for its title there is shown in rich text.
_MAX_SECTION_URL_CHARS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the buttons under an answer need, and which of them there are."""

    asked: Asked
    """The question, which Show more and Share ask again."""
    catalogue: str = ""
    can_share: bool = False
    can_report: bool = False
    """Whether its readers may tell the curators what is wrong with a link."""
    on_message: bool = True
    """False for App Home, which has neither Show more nor Slack's feedback buttons, and its own place for question and age."""
    slack_feedback: bool = True
    shared_by: str = ""
    """The user who shared the answer; empty where nobody did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Room:
    """Most characters of each part of a link; smaller rooms are tried until the message fits."""

    title: int = 150
    publisher: int = 60
    section: int = 100
    description: int = 220
    why: int = MAX_WHY_CHARS
    question: int = 2_000
    """Of the question that the buttons carry."""
    open_buttons: bool = True


_ROOMS = (
    _Room(),
    _Room(description=140, why=80),
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
    if offer.on_message:
        blocks.append(_heading(answer, offer, room))
    if answer.corrected:
        blocks.append(parts.context(f"Searched for “{clamp(one_line(answer.asked), MAX_ASKED_CHARS)}”"))
    if answer.doubtful and not offer.shared_by:
        blocks.append(parts.context(answer.verdict.lead(len(shown))))
    for one in shown:
        blocks += _entry(one, offer, room)
    if row := _answer_row(answer, shown, offer, room):
        blocks.append(row)
    blocks.append(_feedback_row(offer, room))
    if offer.on_message:
        blocks.append(parts.context(footer(answer, offer.catalogue), block_id=parts.version_id(answer.version)))
    return Message(text=_fallback(answer, shown, offer, room), blocks=tuple(blocks))


def footer(answer: Answer, catalogue: str) -> str:
    """Return which catalogue answered, and how old it is."""
    named = f"{clamp(one_line(catalogue), 100)} · " if catalogue else ""
    return f"{named}updated {parts.age(answer.built_at)}"


def _heading(answer: Answer, offer: Offer, room: _Room) -> Block:
    """Return what was asked, and who shared the answer; for a doubtful answer with the word for it."""
    elements = []
    if offer.shared_by:
        near = ", which may be near" if answer.doubtful else ""
        elements += [parts.user(offer.shared_by), parts.run(f" shared these links{near}:\n")]
    asked = clamp(one_line(offer.asked.question), min(MAX_ASKED_CHARS, room.question))
    words = "Perhaps for: " if answer.doubtful else "Links for: "
    return parts.rich(*elements, parts.run(words), parts.run(asked, bold=True))


def _entry(one: _Shown, offer: Offer, room: _Room) -> list[Block]:
    """Return a link: its title and stars beside a button, what it is, and in small print where it comes from."""
    found = one.hit.link
    title = clamp(one_line(found.title) or one.url, room.title)
    stars = " " + "★" * min(found.stars, 3) if found.stars else ""
    if len(escape(one.url)) > _MAX_SECTION_URL_CHARS:
        return [parts.rich(parts.link(one.url, title, bold=True), *([parts.run(stars)] if stars else []))]
    lines = [f"*{mrkdwn_link(one.url, title, len(escape(one.url)) + 2 * room.title)}*{stars}"]
    if found.mark:
        lines.append(f"*{escape(inert(clamp(one_line(found.mark), MAX_MARK_CHARS)))}*")
    if room.description and (description := one_line(found.description)):
        lines.append(escape(inert(clamp(description, room.description))))
    if further := [mrkdwn_link(url, kind, len(escape(url)) + MAX_KIND_CHARS) for url, kind in _further(one.hit, room)]:
        lines.append(" · ".join(further))
    block = section(_fitting(lines))
    if room.open_buttons and len(one.url) <= MAX_BUTTON_URL_CHARS:
        block["accessory"] = _open(one, offer)
    return [block, *_small_print(one.hit, room)]


def _fitting(lines: Sequence[str]) -> str:
    """Return the first line and those that fit into a section with it; a line is never cut, as it may be a link."""
    text, *others = lines
    for line in others:
        if len(text) + len("\n") + len(line) <= MAX_SECTION_CHARS:
            text = f"{text}\n{line}"
    return text


def _open(one: _Shown, offer: Offer) -> dict[str, Any]:
    """Return the button that leads to the link: Slack reports its click, so clicks are counted without a redirect."""
    return parts.button(
        "Open",
        f"{Action.OPEN}:{one.number}",
        url=one.url,
        value=Opened(answer_id=offer.asked.answer_id, url=one.hit.link.url).pack(),
        label=f"Open {one.hit.link.title}",
    )


def _small_print(hit: Hit, room: _Room) -> list[Block]:
    """Return publisher and section, and the curator's question that was matched; matched words are no reason to tell."""
    found = hit.link
    origin = [
        clamp(text, limit)
        for text, limit in ((one_line(found.publisher), room.publisher), (one_line(found.section_path), room.section))
        if text and limit
    ]
    if room.why and (question := one_line(hit.why.question)):
        origin.append(f"answers “{clamp(question, room.why)}”")
    return [parts.context(" · ".join(origin))] if origin else []


def _further(hit: Hit, room: _Room) -> list[tuple[str, str]]:
    """Return the further addresses of a link that are shown, each with its name."""
    urls = [(one, safe_url(one.url)) for one in hit.link.further[:MAX_FURTHER] if room.description]
    return [
        (url, clamp(one_line(one.kind), MAX_KIND_CHARS) or url)
        for one, url in urls
        if url and len(escape(url)) <= MAX_FURTHER_URL_CHARS
    ]


def _answer_row(answer: Answer, shown: Sequence[_Shown], offer: Offer, room: _Room) -> Block | None:
    asked = replace(offer.asked, question=offer.asked.question[: room.question], shown=len(shown))
    elements = []
    if answer.more and answer.answered and offer.on_message:
        following = replace(asked, offset=asked.offset + len(shown))
        elements.append(parts.button("Show more", Action.MORE, value=following.pack()))
    if offer.can_share:
        elements.append(parts.button("Share in the channel", Action.SHARE, value=asked.pack()))
    if offer.can_report:
        elements.append(
            {
                "type": "external_select",
                "action_id": Action.REPORT,
                "placeholder": parts.plain_text("Something wrong with a link?", 150),
                "min_query_length": 0,
            }
        )
    return parts.actions(*elements, block_id=f"answer:{asked.answer_id}") if elements else None


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
    asked = escape_clamped(one_line(offer.asked.question), min(MAX_ASKED_CHARS, room.question))
    if offer.shared_by:
        near = ", which may be near," if answer.doubtful else ""
        sentence = f"<@{offer.shared_by}> shared {count}{near} for “{asked}”:"
    elif answer.doubtful:
        sentence = f"Perhaps for “{asked}”. {answer.verdict.lead(len(shown))}"
    else:
        sentence = f"{count} for “{asked}”:"
    if answer.corrected:
        sentence = f"Searched for “{escape_clamped(one_line(answer.asked), MAX_ASKED_CHARS)}”. {sentence}"
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
