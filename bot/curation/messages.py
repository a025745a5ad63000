"""Messages to curators about an approved suggestion and about builds: written, stuck, building, built."""

from collections.abc import Iterable, Sequence

from bot.blocks import parts
from bot.curation.rebuild import Rebuilt
from bot.slack.ids import Action
from bot.slack.message import Block, Message
from bot.slack.text import ELLIPSIS, clamp, escape_clamped, one_line
from bot.store import Suggestion
from index import amount

_LISTED = 10
_LINE_CHARS = 600
_MESSAGE_CHARS = 2_500


def written_message(where: str, warnings: Sequence[str], *, builds: bool) -> Message:
    """Return the message that an approved suggestion was written, and what comes next."""
    first = f"Written: {where}."
    rest = "The index is rebuilt next." if builds else "Apply it to the catalogue; the next build then has it."
    lines = [f"{first} {rest}", *(f"signpost check says: {warning}" for warning in warnings)]
    return _told(lines)


def stuck_message(suggestion: Suggestion, problem: str) -> Message:
    """Return the message why an approved suggestion is not in the catalogue, with the button to try again."""
    name = clamp(one_line(suggestion.title) or suggestion.url, 150)
    lines = [
        f"Approved, but not in the catalogue yet: {name}",
        *problem.splitlines(),
        "The approval is kept. Solve the problem, then try again.",
    ]
    button = parts.button("Try again", Action.RETRY, value=suggestion.suggestion_id, style="primary")
    told = _told(lines)
    return Message(text=told.text, blocks=(*told.blocks, parts.actions(button)))


def building_message(headline: str, done: int = 0, total: int = 0) -> Message:
    """Return the message that the index is being built, with the progress."""
    share = f" {done:,} of {amount(total, 'text is', 'texts are')} encoded." if total else ""
    return _told([*_lines(headline), f"The index is being rebuilt …{share}"])


def stopped_message(headline: str) -> Message:
    """Return the message that the bot was stopped in the middle of a build."""
    rest = "It is built when the bot starts again." if headline else "Ask for it again."
    return _told([*_lines(headline), f"The bot was stopped before the index was built. {rest}"])


def rebuilt_message(headline: str, built: Rebuilt) -> Message:
    """Return the message how a build ended: what changed, or why nothing did."""
    if built.problem:
        return _told([*_lines(headline), "The index was not rebuilt; the one before keeps answering.", *built.problem])
    if not built.fresh:
        return _told(
            [*_lines(headline), f"The index is up to date: version {_version(built)}, {amount(built.links, 'link')}."]
        )
    lines = [*_lines(headline), f"The index is rebuilt: version {_version(built)}, {amount(built.links, 'link')}."]
    if not built.first:
        lines.append(f"{len(built.added)} added, {len(built.removed)} removed, {len(built.changed)} changed.")
    for sign, urls in (("+", built.added), ("−", built.removed), ("~", built.changed)):
        lines += _listed(sign, urls)
    lines += [f"{'!' if one.lost else '?'} {one.told}" for one in built.moved[:_LISTED]]
    if len(built.moved) > _LISTED:
        lines.append(f"… {amount(len(built.moved) - _LISTED, 'answer')} more")
    return _told(lines)


def _lines(headline: str) -> list[str]:
    return [headline] if headline else []


def _version(built: Rebuilt) -> str:
    return parts.short_version(built.version)


def _listed(sign: str, urls: Sequence[str]) -> list[str]:
    more = [f"{sign} … {len(urls) - _LISTED} more"] if len(urls) > _LISTED else []
    return [f"{sign} {url}" for url in urls[:_LISTED]] + more


def _told(lines: Iterable[str]) -> Message:
    """Return lines as escaped text, so that no link title or address becomes a link or a mention."""
    shown: list[str] = []
    for line in lines:
        if sum(map(len, shown)) > _MESSAGE_CHARS:
            shown.append(ELLIPSIS)
            break
        shown.append(clamp(one_line(line), _LINE_CHARS))
    runs = [parts.run(line + ("" if place == len(shown) else "\n")) for place, line in enumerate(shown, start=1)]
    blocks: tuple[Block, ...] = (parts.rich(*runs),)
    return Message(text="\n".join(escape_clamped(line, _LINE_CHARS) for line in shown), blocks=blocks)
