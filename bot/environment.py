"""The environment that commands read: the process's variables, and those of a file .env where it has none."""

import os
from collections.abc import Mapping
from pathlib import Path

from dotenv import dotenv_values

ENV_FILE = ".env"
#: What a command that the bot starts is not given: it needs neither Slack nor the store.
_WITHHELD = ("SLACK_", "STORE_")


def environment(file: Path = Path(ENV_FILE)) -> dict[str, str]:
    """Return the environment's variables, with those of .env where the environment has none."""
    from_file: Mapping[str, str | None] = dotenv_values(file) if file.is_file() else {}
    return {name: value for name, value in from_file.items() if value is not None} | dict(os.environ)


def without_secrets() -> dict[str, str]:
    """Return the environment for commands that the bot starts itself."""
    return {name: value for name, value in environment().items() if not name.startswith(_WITHHELD)}
