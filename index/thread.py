"""What is being asked, when the question stands at the end of a thread."""

from collections.abc import Sequence

from index.lexical import LexicalIndex


def topic(text: str, thread: Sequence[str], lexical: LexicalIndex) -> str:
    """Return the question that `text` asks, with what it needs from earlier messages."""
    return " ".join([*thread, text]) if thread else text
