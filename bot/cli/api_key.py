"""`signpost api-key`: makes a key for the API and for assistants."""

from pathlib import Path

import click

from bot.settings import environment
from bot.web.keys import MOST_PER_MINUTE, NAME, PER_MINUTE, Scope, new_key, read_keys
from index import FileLock, UsageError, write_atomically

DEFAULT_FILE = "api-keys.toml"


@click.command("api-key")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([str(scope) for scope in Scope]),
    default=(str(Scope.READ),),
    show_default=True,
    help="What it may be used for; several times for several.",
)
@click.option("--public", is_flag=True, help="Give it only links with the tag public.")
@click.option(
    "--per-minute",
    type=click.IntRange(0, MOST_PER_MINUTE),
    default=PER_MINUTE,
    show_default=True,
    help="Requests a minute; 0 for any number.",
)
@click.option(
    "--file",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"The file of keys.  [default: API_KEYS_FILE, or {DEFAULT_FILE}]",
)
def api_key_command(name: str, scopes: tuple[str, ...], per_minute: int, file: Path | None, *, public: bool) -> None:
    """Make a key called NAME, add its hash to the file of keys, and print the key.

    The key is shown once: the file has only its hash. A running bot takes the file up by itself. To withdraw a key, take its
    lines out of the file.
    """
    if not NAME.fullmatch(name):
        raise click.UsageError("a key's name has up to 60 small letters, digits, - and _, such as intranet")
    place = file or Path(environment().get("API_KEYS_FILE") or DEFAULT_FILE)
    try:
        with FileLock(place.parent, wait_s=5.0):
            key = _added(place, name, scopes, per_minute, public=public)
    except OSError as error:
        raise UsageError(f"{place}: cannot be written ({error.strerror or error})") from error
    click.echo(key)
    click.echo(
        f"The key of {name}, shown only now; {place} has its hash. Set API_KEYS_FILE={place} for the bot.", err=True
    )


def _added(place: Path, name: str, scopes: tuple[str, ...], per_minute: int, *, public: bool) -> str:
    """Add a key to the file, which keeps its other lines byte for byte, and return the key."""
    before = place.read_text(encoding="utf-8") if place.exists() else ""
    if before and name in {visitor.name for visitor in read_keys(place).values()}:
        raise UsageError(f"{place}: there is a key called {name}; take its lines out first, or take another name")
    key, hashed = new_key()
    shown = ", ".join(f'"{scope}"' for scope in dict.fromkeys(scopes))
    lines = [f"[{name}]", f'sha256 = "{hashed}"', f"scopes = [{shown}]"]
    lines += ['links = "public"'] if public else []
    lines += [f"per_minute = {per_minute}"]
    gap = "\n" if before.endswith("\n") else "\n\n" if before else ""
    write_atomically(place, (before + gap + "\n".join(lines) + "\n").encode("utf-8"))
    return key
