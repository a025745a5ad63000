"""Brings the tables of a database up to this version."""

from importlib import import_module
from pathlib import Path
from typing import Final

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, inspect, select

from bot.errors import StoreError
from bot.store.engine import unhurried

MIGRATIONS = Path(__file__).parent / "migrations"
#: The newest migration; a test compares it with the files in `migrations/`.
HEAD: Final = "0006"

_VERSION = Table("alembic_version", MetaData(), Column("version_num", String(32)))


def load(engine: Engine) -> None:
    """Import what a migration takes if one is missing; it takes seconds where much runs, and nobody shall wait with a lock."""
    with engine.connect() as connection:
        if _version(connection) != HEAD:
            import_module("alembic.command")


def upgrade(connection: Connection) -> None:
    """Run the missing migrations in the transaction of `connection`; StoreError for a database of a later version."""
    if _version(connection) != HEAD:
        _migrate(connection)


def _version(connection: Connection) -> str | None:
    """Return the last migration that ran, or None."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    version: str | None = connection.scalar(select(_VERSION.c.version_num))
    return version


def _migrate(connection: Connection) -> None:
    # Imported only when a migration must run: the import takes longer than opening a store.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        with unhurried(connection):
            command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(f"the store cannot be brought to version {HEAD} of its tables: {error}") from error
