"""Reads values that others sent. A value that is missing or has a wrong type becomes an empty one."""

import json
from typing import Any


def text_of(value: Any) -> str:
    """Return a string as it is, and "" for anything else."""
    return value if isinstance(value, str) else ""


def dict_of(value: Any) -> dict[str, Any]:
    """Return a dict as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """Return a list as it is, and an empty one for anything else."""
    return value if isinstance(value, list) else []


def json_of(value: str) -> dict[str, Any]:
    """Read a JSON object; anything else is empty."""
    try:
        return dict_of(json.loads(value))
    except (ValueError, RecursionError):
        return {}


def int_of(value: Any, *, at_most: int) -> int:
    """Return a count between 0 and `at_most`, 0 for anything else."""
    return min(max(value, 0), at_most) if isinstance(value, int) and not isinstance(value, bool) else 0
