"""`signpost forget` and `signpost backup`: what the store has of a person, and a copy of all that it has."""

import asyncio
import json
import re
import sqlite3
from pathlib import Path

import click

from bot.errors import StoreError
from bot.settings import Settings, environment
from bot.store import Store
from bot.store.copying import copy_sqlite
from bot.store.engine import read_url, require_store, sqlite_file

#: An id as Slack shows it, in a mention, or at the end of a profile's address. An id has a digit, a name in capitals has none.
_USER = re.compile(r"\s*(?:<?@|https?://\S+/)?(?P<id>(?=[A-Z]*[0-9])[UW][A-Z0-9]{5,})(?:\|[^>]*)?>?\s*")
#: What the rows of a table are, for people.
_ROWS = {
    "answers": "questions asked",
    "clicks": "links opened",
    "feedback": "verdicts on answers",
    "refusals": "refused attempts",
    "unanswered": "questions under way",
    "suggestions": "suggestions, which stay without the name",
    "mentions": "texts of others, which stay without the id",
}


@click.command("forget")
@click.argument("user")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: rows by table.")
def forget_command(user: str, *, as_json: bool) -> None:
    """Erase USER, a Slack user's id such as U0123456789, from every table of the store, and say what was erased.

    People are kept as hashes, so the key must be that of the bot: the same STORE_HASH_KEY, or without one the same signing
    secret or app-level token. What was kept under an earlier key cannot be found. The bot may run meanwhile.
    """
    if not (found := _USER.fullmatch(user)):
        raise click.UsageError(
            f"{user[:60]!r} is no user's id, such as U0123456789; Slack shows it in the person's profile"
        )
    user = found["id"]
    settings = Settings.for_store(environment())
    secrets = (settings.store_hash_key, settings.signing_secret, settings.app_token)
    if not any(secret.get_secret_value() for secret in secrets):
        raise click.UsageError(
            "set STORE_HASH_KEY, SLACK_SIGNING_SECRET or SLACK_APP_TOKEN as the bot has it: people are hashes"
        )
    gone = asyncio.run(_forget(settings, user))
    if as_json:
        click.echo(json.dumps(gone))
        return
    for table, count in gone.items():
        if count:
            click.echo(f"{count:>6}  {_ROWS[table]}")
    click.echo("erased" if any(gone.values()) else f"nothing is kept of {user} under this key")


async def _forget(settings: Settings, user: str) -> dict[str, int]:
    require_store(settings.store_url)
    store = await Store.open(settings.store_url, hash_key=settings.hash_key(), store_questions=False)
    try:
        return await store.forget(user)
    finally:
        await store.close()


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup_command(file: Path) -> None:
    """Copy the store to FILE while the bot runs, check the copy, and let nobody else read it.

    A copy of the store's file alone lacks what is in its log, or is damaged. For PostgreSQL use pg_dump.
    """
    settings = Settings.for_store(environment())
    url = read_url(settings.store_url)
    backend = url.get_backend_name()
    if backend != "sqlite":
        tool = "`pg_dump --format=custom --file FILE`" if backend == "postgresql" else "its own tools"
        raise click.UsageError(f"the store is in {backend}, which is copied with {tool}, not with `signpost backup`")
    source = sqlite_file(url)
    if source is None:
        raise StoreError("the store is in memory, and no file; STORE_URL names it")
    require_store(settings.store_url)
    try:
        copy_sqlite(source, file)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"the store cannot be copied to {file}: {error}") from error
    click.echo(f"copied {source} to {file}, {file.stat().st_size / 1e6:.1f} MB")
