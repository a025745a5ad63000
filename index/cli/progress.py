"""Shows the progress of a command."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import click

#: At most one line of progress in this time.
LINE_EVERY_S: Final = 0.5


@contextmanager
def progress_bar(label: str, *, lines: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Yield a function `progress(done, total)` that draws a bar on stderr, if that is a terminal.

    Otherwise it prints nothing, or with `lines` now and then a line of JSON, for the program that runs the command.
    """
    bar, drawn = None, 0
    last_line = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal bar, drawn, last_line
        if not sys.stderr.isatty():
            if lines and time.monotonic() - last_line >= LINE_EVERY_S:
                last_line = time.monotonic()
                click.echo(json.dumps({"done": done, "total": total}), err=True)
            return
        if bar is None:
            bar = click.progressbar(length=total, label=label, file=sys.stderr, update_min_steps=max(total // 200, 1))
            bar.render_progress()
        bar.update(done - drawn)
        drawn = done
        if done >= total:  # the next message must begin on a new line
            bar.render_finish()
            bar, drawn = None, 0

    try:
        yield progress
    finally:
        if bar is not None:
            bar.render_finish()


def tell_step(text: str) -> None:
    """Print the current step on stderr, only if that is a terminal."""
    if sys.stderr.isatty():
        click.echo(f"{text} …", err=True)


@contextmanager
def interruptible(state: Callable[[], str]) -> Iterator[None]:
    """When Ctrl-C interrupts the block, raise KeyboardInterrupt with `state()`: what was done and what was not."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt(state()) from None
