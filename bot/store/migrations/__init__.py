"""Alembic's environment and the numbered steps; run by `bot.store.migrate`."""
