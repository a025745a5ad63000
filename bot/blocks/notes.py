"""The short messages: nothing found, help, an apology, a refusal, thanks."""

from collections.abc import Sequence

from bot.blocks import parts
from bot.running.logs import Reference
from bot.slack.buttons import Asked
from bot.slack.ids import MISSES, Action
from bot.slack.message import MAX_MESSAGE_CHARS, Block, Message, section
from bot.slack.text import clamp, escape, escape_clamped, mrkdwn_link, one_line, safe_url
from index import Answer, Link, Verdict


def nothing_message(answer: Answer, *, question: str, catalogue: str, can_suggest: bool) -> Message:
    """Return the short message for a question that the catalogue cannot answer, with as many near misses as fit."""
    sentence = nothing_sentence(answer, catalogue)
    links = [hit.link for hit in answer.misses if safe_url(hit.link.url) is not None]
    for count in range(len(links), -1, -1):
        message = _nothing(sentence, links[:count], question if can_suggest else None)
        if message.size <= MAX_MESSAGE_CHARS:
            break
    return message


def nothing_sentence(answer: Answer, catalogue: str) -> str:
    """Return that there is no good link, and what to do, as mrkdwn."""
    searched = f" I searched for “{escape_clamped(one_line(answer.asked), 200)}”." if answer.corrected else ""
    return (
        f"I have no good link for that in {escape(clamp(one_line(catalogue), 100)) or 'the catalogue'}.{searched} "
        "Try other words, or name the product or protocol."
    )


def _nothing(sentence: str, misses: Sequence[Link], question: str | None) -> Message:
    lines, blocks = [sentence], [section(sentence)]
    if misses:
        lead = Verdict.NOTHING.lead(len(misses))
        blocks.append(parts.link_list(misses, lead=lead, block_id=MISSES))
        lines += [lead, *(f"• {_linked(link)}" for link in misses)]
    if question is not None:
        blocks.append(_better(question))
    return Message(text="\n".join(lines), blocks=tuple(blocks))


def _linked(link: Link) -> str:
    url = safe_url(link.url) or ""
    return mrkdwn_link(url, one_line(link.title) or url, len(escape(url)) + parts.MAX_TITLE_CHARS)


def help_message(*, command: str, catalogue: str, examples: Sequence[str], mention: str) -> Message:
    """Return how to ask, with examples that this catalogue can answer."""
    name = escape(clamp(one_line(catalogue), 100)) or "the catalogue"
    shown = [f"`{command} {escape_clamped(one_line(example).replace('`', ''), 150)}`" for example in examples]
    lines = [
        f"Ask me for links, and I answer with the best ones of {name}, chosen by people.",
        *([f"*In any channel, for you alone:* {' or '.join(shown[:2])}"] if shown else []),
        f"*In a thread:* `{command}` does not work there, so mention me: <@{mention}> any links?"
        if mention
        else "*In a thread:* mention me.",
        f"*Narrow it down:* `{command} section:NAME …`; also `stars:2`, `host:github.com`, `tag:video`.",
        "*On any message:* More actions › Find links for this, or Suggest this link.",
    ]
    return Message(text="\n".join(lines), blocks=tuple(section(line) for line in lines))


def usage_message(problem: str, *, command: str) -> Message:
    """Return what was wrong with a question, and how to get help."""
    text = f"{escape_clamped(one_line(problem).rstrip('.'), 600)}. Type `{command} help` for examples."
    return Message(text=text, blocks=(section(text),))


def apology_message(reference: Reference) -> Message:
    """Return an apology with the reference that is in the logs."""
    text = (
        "Sorry, that did not work. Please try again in a moment; if it stays so, tell your admin this reference: "
        f"`{reference}`."
    )
    return Message(text=text, blocks=(section(text),))


def searching_message() -> Message:
    """Return the message that is shown while a search takes long."""
    return Message(text="Still searching; the links follow here in a moment.")


def refusal_message() -> Message:
    """Return the message for people of other organisations where they get no links at all."""
    text = "Sorry, I only answer people of the organisation that I was set up by."
    return Message(text=text, blocks=(section(text),))


def note(text: str) -> Message:
    """Return a message of one sentence, which is mrkdwn: the caller escapes all text of others in it."""
    return Message(text=text, blocks=(section(text),))


def better_link_message(question: str) -> Message:
    """Return the message after Not helpful, with buttons to propose a better link for `question`."""
    text = "Thank you; the curators see what did not help. If you know a better link, tell them."
    return Message(text=text, blocks=(section(text), _better(question)))


def _better(question: str) -> Block:
    """Return two buttons: suggest a new link, or name a link of the catalogue that answers the question."""
    value = Asked(question=question).pack()
    return parts.actions(
        parts.button("Suggest a link", Action.SUGGEST, value=value),
        parts.button("A link here answers it", Action.ANSWERS, value=value),
    )
