"""The weekly message to the curators: questions without a good answer, each with buttons to answer it."""

from collections.abc import Sequence

from bot.blocks import parts
from bot.slack.buttons import Dismissed
from bot.slack.ids import Action
from bot.slack.message import MAX_MESSAGE_CHARS, Block, Message
from bot.slack.text import clamp, escape, one_line
from bot.store.gaps import GapGroup

#: Most groups in one message; of the rest it says how many there are.
MAX_GROUPS = 8
_QUESTION_CHARS = 200
_ALSO = 2
#: Most hashes that fit into the value of a Dismiss button.
MAX_DISMISSED = 28


def gaps_message(groups: Sequence[GapGroup], *, command: str, doubtful: int = 0) -> Message:
    """Return the message, with as many groups as fit; `doubtful` is how many questions got only a perhaps."""
    for count in range(min(len(groups), MAX_GROUPS), 0, -1):
        message = _message(groups[:count], len(groups) - count, command, doubtful)
        if message.size <= MAX_MESSAGE_CHARS:
            return message
    return _message((), len(groups), command, doubtful)


def _message(groups: Sequence[GapGroup], left: int, command: str, doubtful: int) -> Message:
    title = "Questions without a good answer in the last seven days"
    lines, blocks = [f"{title}:"], [parts.header(title)]
    for place, group in enumerate(groups):
        shown = _shown(group)
        lines.append("• " + escape(shown))
        first, *rest = shown.split("\n")
        more = [parts.run("\n" + "\n".join(rest))] if rest else []
        blocks += [parts.rich(parts.run(first, bold=True), *more), _buttons(group, place)]
    notes = [f"{left} more: signpost gaps lists all."] if left else []
    if doubtful:
        counted = "1 question got only a perhaps" if doubtful == 1 else f"{doubtful} questions got only a perhaps"
        notes.append(f"{counted}; signpost gaps --doubtful lists what was asked.")
    if any(group.text is None for group in groups):
        notes.append(
            "The text of questions is not kept (STORE_QUESTIONS is off), so a question is known by its hash alone and "
            "none can be compared with another."
        )
    notes.append(f"Once a link or a question is approved, {command} finds it.")
    blocks += [parts.context(note) for note in notes]
    return Message(text="\n".join([*lines, *map(escape, notes)]), blocks=tuple(blocks))


def _shown(group: GapGroup) -> str:
    times = "once" if group.count == 1 else f"{group.count} times"
    if group.text is None:
        return f"{times.capitalize()}: a question with the hash {group.gaps[0].hash[:12]}"
    parts_ = [f"{times.capitalize()}: “{_clamped(group.text)}”"]
    also = [f"“{_clamped(gap.text)}”" for gap in group.gaps[1 : 1 + _ALSO] if gap.text]
    if also:
        more = len(group.gaps) - 1 - len(also)
        parts_.append("Also " + ", ".join(also) + (f" and {more} more" if more else ""))
    if group.section:
        parts_.append(f"Nearest section: {clamp(one_line(group.section), 100)}")
    return "\n".join(parts_)


def _clamped(text: str) -> str:
    return clamp(one_line(text), _QUESTION_CHARS)


def _buttons(group: GapGroup, place: int) -> Block:
    hashes = Dismissed(hashes=tuple(gap.hash for gap in group.gaps[:MAX_DISMISSED])).pack()
    buttons = parts.better_buttons(_clamped(group.text)) if group.text is not None else []
    buttons.append(parts.button("Dismiss", Action.DISMISS, value=hashes, label="Do not list this question again"))
    return parts.actions(*buttons, block_id=f"gap:{place}")
