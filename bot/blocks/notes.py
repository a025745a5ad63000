"""The short messages: nothing found, help, an apology, a refusal, thanks."""

from collections.abc import Sequence

from bot.blocks import parts
from bot.running.logs import Reference
from bot.slack.ids import MISSES
from bot.slack.message import MAX_MESSAGE_CHARS, Block, Message, section
from bot.slack.text import clamp, escape, escape_clamped, inert, mrkdwn_link, one_line, safe_url
from index import Answer, Link, Verdict

#: Most examples in the help and in Home, and most sections under "nothing here".
MAX_EXAMPLES = 3
MAX_SECTIONS_NEAR = 3


def nothing_message(answer: Answer, *, question: str, catalogue: str, can_suggest: bool) -> Message:
    """Return the short message for a question that the catalogue cannot answer, with as many near misses as fit.

    Whoever `can_suggest` is also offered the nearest sections, and two ways to tell the curators.
    """
    sentence = nothing_sentence(answer, catalogue)
    links = [hit.link for hit in answer.misses if safe_url(hit.link.url) is not None]
    sections = tuple(dict.fromkeys(hit.link.section for hit in answer.hits if hit.link.section))[:MAX_SECTIONS_NEAR]
    for count in range(len(links), -1, -1):
        message = _nothing(question, sentence, links[:count], sections, can_suggest=can_suggest)
        if message.size <= MAX_MESSAGE_CHARS:
            break
    return message


def posted_message(question: str, *, can_suggest: bool) -> Message:
    """Return the message for a question whose links stand in its thread already, and how to get them once more."""
    sentence = "What I have for that is in this thread already. Ask me to “post it again”, and I do."
    blocks = [_asked(question), section(sentence)]
    if can_suggest:
        blocks.append(parts.context("Do you know another link for it? The curators decide."))
        blocks.append(parts.actions(*parts.better_buttons(question)))
    return Message(text=sentence, blocks=tuple(blocks))


def nothing_sentence(answer: Answer, catalogue: str) -> str:
    """Return that there is no good link, and what to do, as mrkdwn."""
    searched = f" I searched for “{escape_clamped(one_line(answer.asked), 200)}”." if answer.corrected else ""
    return (
        f"I have no good link for that in {escape(clamp(one_line(catalogue), 100)) or 'the catalogue'}.{searched} "
        "Try other words, or say more of what it is about."
    )


def _nothing(
    question: str, sentence: str, misses: Sequence[Link], sections: Sequence[tuple[str, ...]], *, can_suggest: bool
) -> Message:
    lines, blocks = [sentence], [_asked(question), section(sentence)]
    if misses:
        lead = Verdict.NOTHING.lead(len(misses))
        blocks.append(parts.link_list(misses, lead=lead, block_id=MISSES))
        lines += [lead, *(f"• {_linked(link)}" for link in misses)]
    if can_suggest:
        if nearest := parts.section_buttons((path, 0) for path in sections):
            blocks += [parts.context("The nearest sections:"), parts.actions(*nearest)]
        blocks.append(parts.context("Do you know a link for it? The curators decide."))
        blocks.append(parts.actions(*parts.better_buttons(question)))
    return Message(text="\n".join(lines), blocks=tuple(blocks))


def _asked(question: str) -> Block:
    """Return what was asked, as it stands above every answer."""
    return parts.rich(parts.run("You asked: "), parts.run(clamp(one_line(question), 200), bold=True))


def _linked(link: Link) -> str:
    url = safe_url(link.url) or ""
    return mrkdwn_link(url, one_line(link.title) or url, len(escape(url)) + parts.MAX_TITLE_CHARS)


def help_message(
    *, command: str, catalogue: str, examples: Sequence[str], mention: str, section_name: str = ""
) -> Message:
    """Return how to ask, on one screen, with buttons for questions that this catalogue answers.

    `section_name` is a section of the catalogue, as a filter takes it.
    """
    name = escape(inert(clamp(one_line(catalogue), 100))) or "the catalogue"
    first = f"Ask me for links, and I answer with the best ones of *{name}*, chosen by people."
    ways = [
        f"*Anywhere, for you alone:* `{command} your question`",
        f"*In a thread:* <@{mention}> and a question, or “any links?” about what was said there"
        if mention
        else "*In a thread:* mention me.",
        "*On any message:* ⋮ More actions › Find links for this, or Suggest this link",
        f"*Narrower:* `section:{section_name or 'NAME'}` `stars:2` `host:github.com` `tag:video`, anywhere in the question",
    ]
    shown = [one_line(example) for example in examples[:MAX_EXAMPLES] if one_line(example)]
    blocks = [section(first)]
    if shown:
        blocks += [parts.context("Try one of these:"), parts.examples(shown)]
    asked = [f"• {command} {escape_clamped(example, 150)}" for example in shown]
    text = "\n".join([first, *(["Try one of these:", *asked] if asked else []), *ways])
    return Message(text=text, blocks=(*blocks, section("\n".join(ways))))


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


def thanks_message() -> Message:
    """Return the answer to thanks."""
    return note("You are welcome! Ask me again whenever you need links.")


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


def verdict_message(question: str, *, helpful: bool, can_suggest: bool) -> Message:
    """Return what a person sees after a verdict; after Not helpful with buttons to propose a better link for `question`."""
    if helpful or not can_suggest:
        return note("Thank you, that helps.")
    text = "Thank you; the curators see what did not help. If you know a better link, tell them."
    return Message(text=text, blocks=(section(text), parts.actions(*parts.better_buttons(question))))
