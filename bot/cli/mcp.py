"""`signpost mcp`: the tools for an assistant that starts this command itself."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from bot.asking.answering import Answering
from bot.asking.index_holder import open_holder
from bot.running.health import Health
from bot.running.metrics import Metrics
from bot.settings import Settings, environment
from bot.store import Store, Suggestion
from bot.web.api.operations import Desk
from bot.web.keys import Scope, Visitor
from index import Neighbour, UsageError

_HERE = Visitor(name="stdio", scopes=frozenset(Scope))


@click.command("mcp")
@click.option("--index", type=click.Path(path_type=Path), help="The folder that `signpost build` writes to.")
def mcp_command(index: Path | None) -> None:
    """Serve the tools of the catalogue to an assistant, over standard input and output.

    An assistant starts this command itself; docs/mcp.md says how each of them is told to. Settings are those of
    `signpost serve`.
    """
    chosen = {"SIGNPOST_INDEX": str(index)} if index is not None else {}
    asyncio.run(_serve(Settings.for_store({**environment(), **chosen})))


async def _serve(settings: Settings) -> None:
    try:
        from bot.mcp.server import serve_stdio  # noqa: PLC0415 - an extra, and half a second
    except ImportError as error:
        raise UsageError("this needs the package mcp; install it with: pip install 'signpost-bot[mcp]'") from error
    metrics = Metrics()
    health = Health(metrics)
    holder = open_holder(settings, health=health, metrics=metrics)
    holder.reload(strict=True)
    store = await Store.open(settings.store_url, hash_key=settings.hash_key(), store_questions=settings.store_questions)
    answering = Answering(holder.now, settings, store, health=health, metrics=metrics)
    following = asyncio.create_task(holder.follow())
    try:
        await serve_stdio(Desk(answering=answering, store=store, tell=_tell_nobody), _HERE)
    finally:
        following.cancel()
        answering.close()
        await store.close()


async def _tell_nobody(_: Suggestion, __: Sequence[Neighbour]) -> None:
    """Leave a suggestion in the store, where curators find it."""
