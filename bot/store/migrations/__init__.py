"""Alembic's environment and the numbered migrations, which `bot.store.migrate` runs."""
