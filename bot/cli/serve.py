"""`signpost serve`: run the bot."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import click

from bot.running.logs import configure_logs
from bot.settings import SETTINGS, Settings, environment

_EPILOG = (
    "Settings come from the environment, from .env and from signpost.toml: "
    + ", ".join(setting.name for setting in SETTINGS)
    + "."
)


@click.command("serve", epilog=_EPILOG)
@click.option("--mode", type=click.Choice(["http", "socket", "web"]), help="How Slack reaches the bot; web: no Slack.")
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=int, help="The port to listen on.")
@click.option("--index", type=click.Path(path_type=Path), help="The folder that `signpost build` writes to.")
@click.option("--check", is_flag=True, help="Say what is missing, and do not start.")
def serve_command(
    mode: str | None, host: str | None, port: int | None, index: Path | None, *, check: bool
) -> int | None:
    """Run the bot until SIGTERM or Ctrl-C; its log is lines for people on a terminal, and JSON elsewhere.

    Options win over the environment, the environment over .env, and .env over signpost.toml. With --check nothing is started:
    the exit code is 0 where nothing is missing, 1 where something is, and 2 where that cannot be found out.
    """
    chosen = {"SIGNPOST_MODE": mode, "HOST": host, "PORT": port, "SIGNPOST_INDEX": index}

    def given() -> dict[str, str]:
        return environment() | {name: str(value) for name, value in chosen.items() if value is not None}

    def read() -> Settings:
        return Settings.from_environment(given())

    if check:
        from bot.cli.checking import print_check  # noqa: PLC0415 - it loads the bot, which other commands do not need

        return print_check(given())
    readable = sys.stdout.isatty()
    # A terminal that is closed sends the same signal as `systemctl reload`; the bot then ends with it.
    run_until_stopped(read(), readable=readable, read_again=None if readable else read)
    return None


def run_until_stopped(settings: Settings, *, readable: bool, read_again: Callable[[], Settings] | None = None) -> None:
    """Serve, with a log for people or as JSON; `serve` says until when, and when the settings are read again."""
    if sys.stderr.isatty():
        click.echo("starting …", err=True)
    from bot.server import serve  # noqa: PLC0415 - takes a second, in which somebody waits for the line above

    configure_logs(settings.log_level, readable=readable)

    async def served() -> None:
        await serve(settings, read_again)
        _leave()

    asyncio.run(served())


def _leave() -> None:
    """End the process at once: everything is closed.

    Python would wait for every thread, be it a search or a disk that never answers. It also gives its memory back piece by
    piece, for half a second of processor time, which is seconds on a busy machine.
    """
    logging.shutdown()
    with contextlib.suppress(OSError):  # whoever read it has gone
        sys.stdout.flush()
    os._exit(0)
