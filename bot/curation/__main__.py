"""`python -m bot.curation`: reads one order from standard input and writes the result to standard output.

It is a separate process for two reasons: parsing a large catalogue must not delay answers, and a write that has begun
must finish when the bot is stopped.
"""

import re
import sys
from dataclasses import replace

from bot.curation.checkout import Checkout
from bot.curation.order import Order, Written
from bot.curation.patch import write_patch
from index import SignpostError

#: The user and password in the address of a remote.
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


def write(order: Order) -> Written:
    """Carry out an order. An error becomes the result's `problem`; credentials are removed from the result."""
    try:
        written = Checkout(order).write(order.edit) if order.checkout else write_patch(order)
    except SignpostError as error:
        return Written(problem=_CREDENTIALS.sub("", str(error)))
    return replace(written, where=_CREDENTIALS.sub("", written.where))


if __name__ == "__main__":
    sys.stdout.write(write(Order.of(sys.stdin.read())).to_json())
