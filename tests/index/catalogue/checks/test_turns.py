"""Who is next when more hosts wait than may be asked."""

import asyncio

from index.catalogue.checks.run import Turns


async def test_who_takes_longest_is_next() -> None:
    """Of those that wait; a turn given back goes to one of them, and there are never more than the number."""
    turns, order = Turns(1), []

    async def take(name: str, first: float) -> None:
        async with turns.taken(first=first):
            order.append(name)
            await asyncio.sleep(0)

    await asyncio.gather(take("began", 0), take("short", 1), take("long", 9), take("also short", 1))
    assert order == ["began", "long", "short", "also short"]


async def test_one_that_no_longer_waits_costs_no_turn() -> None:
    """Cancelled while waiting, or just when its turn came: the others go on."""
    turns = Turns(1)

    async def hold(until: asyncio.Event) -> None:
        async with turns.taken(first=0):
            await until.wait()

    over = asyncio.Event()
    holder = asyncio.create_task(hold(over))
    await asyncio.sleep(0)
    gone = asyncio.create_task(hold(over))
    also_gone = asyncio.create_task(hold(over))
    await asyncio.sleep(0)
    gone.cancel()
    over.set()
    await holder
    also_gone.cancel()
    await asyncio.wait({gone, also_gone})
    async with asyncio.timeout(60), turns.taken(first=0):
        pass
