"""`python -m bot.curation`: one order on standard input, how it ended on standard output.

A process of its own, so that parsing a large catalogue holds up no answer, and so that what was begun is finished when
the bot is stopped meanwhile.
"""

import re
import sys
from dataclasses import replace

from bot.curation.checkout import Checkout
from bot.curation.order import Order, Written
from bot.curation.patch import write_patch
from index import SignpostError

#: A name and a password in an address, as a remote's may have them.
_CREDENTIALS = re.compile(r"(?<=://)[^/\s@]+@")


def write(order: Order) -> Written:
    """Carry out an order; whatever stands in its way is the result's `problem`. No credentials are in the result."""
    try:
        written = Checkout(order).write(order.edit) if order.checkout else write_patch(order)
    except SignpostError as error:
        return Written(problem=_CREDENTIALS.sub("", str(error)))
    return replace(written, where=_CREDENTIALS.sub("", written.where))


if __name__ == "__main__":
    sys.stdout.write(write(Order.of(sys.stdin.read())).to_json())
