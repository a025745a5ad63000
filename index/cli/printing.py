"""Prints what others wrote, so that none of it is an order to the terminal."""

import re
from typing import Any, Final, TextIO

import click

#: Control characters but tab and line feed: they clear the screen, name the window, write the clipboard. And those that
#: change the reading direction, so that an address would look like another.
_ORDERS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def tell(text: str, *, file: TextIO | None = None, err: bool = False, nl: bool = True, **style: Any) -> None:
    """Print a text with words of a catalogue, as `click.secho` does, without what a terminal would obey."""
    click.secho(_ORDERS.sub("", text), file=file, err=err, nl=nl, **style)
