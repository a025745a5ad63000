"""`signpost serve`: run the bot."""

import asyncio
import logging
import os
import sys
import threading
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
def serve_command(mode: str | None, host: str | None, port: int | None, index: Path | None) -> None:
    """Run the bot until SIGTERM or Ctrl-C; its log is lines for people on a terminal, and JSON elsewhere.

    Options win over the environment, the environment over .env, and .env over signpost.toml.
    """
    chosen = {"SIGNPOST_MODE": mode, "HOST": host, "PORT": port, "SIGNPOST_INDEX": index}
    settings = Settings.from_environment(
        environment() | {name: str(value) for name, value in chosen.items() if value is not None}
    )
    run_until_stopped(settings, readable=sys.stdout.isatty())


def run_until_stopped(settings: Settings, *, readable: bool) -> None:
    """Serve, with a log for people or as JSON; `serve` says until when."""
    if sys.stderr.isatty():
        click.echo("starting …", err=True)
    from bot.server import serve  # noqa: PLC0415 - takes a second, in which somebody waits for the line above

    configure_logs(settings.log_level, readable=readable)
    asyncio.run(serve(settings))
    _leave()


def _leave() -> None:
    """End the process now. A search that never returns would keep the interpreter from ending."""
    if any(thread.name.startswith("search") and thread.is_alive() for thread in threading.enumerate()):
        logging.shutdown()
        sys.stdout.flush()
        os._exit(0)
