"""The bot's own commands."""
