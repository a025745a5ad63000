"""What a handler is to Bolt."""

from collections.abc import Awaitable, Callable
from typing import Any

#: Bolt passes arguments by name: `ack`, `body`.
Handler = Callable[..., Awaitable[Any]]
