"""`python -m bot.curation.writer`: one order on standard input, how it ended on standard output.

A process of its own, so that parsing a large catalogue holds up no answer, and so that what was begun is finished when
the bot is stopped meanwhile.
"""

import sys

from bot.curation.git import Checkout
from bot.curation.order import Order, Written
from bot.curation.patch import write_patch
from index.errors import SignpostError


def write(order: Order) -> Written:
    """Carry out an order; whatever stands in its way is the result's `problem`."""
    try:
        return Checkout(order).write(order.edit) if order.checkout else write_patch(order)
    except SignpostError as error:
        return Written(problem=str(error))


if __name__ == "__main__":
    sys.stdout.write(write(Order.of(sys.stdin.read())).to_json())
