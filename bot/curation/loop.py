"""The loop: writes approved suggestions to the catalogue, builds the index, and tells the curators.

The state of each approval is in the store, so a bot that is killed at any moment continues when it starts again.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from bot.asking.answering import Answering
from bot.blocks.suggestion import MAX_PROPOSED_CHARS
from bot.curation.messages import building_message, rebuilt_message, stopped_message, stuck_message, written_message
from bot.curation.notice import Notice
from bot.curation.order import Edit, Order, Written
from bot.curation.process import command
from bot.curation.rebuild import Rebuilt, rebuild
from bot.errors import StoreError
from bot.running.logs import log_failure
from bot.settings import Settings
from bot.slack.outbox import Outbox, Place
from bot.slack.text import publishable, section_label
from bot.store import Change, ChangeState, Store, Suggestion
from index import SignpostError

logger = logging.getLogger("signpost.curation")

#: Seconds between looks into the store when `wake` is not called.
POLL_S = 15.0
WRITE_TIMEOUT_S = 300.0
TELL_TIMEOUT_S = 10.0
#: Seconds to tell in the messages that the bot was stopped in the middle of a build.
LAST_WORD_TIMEOUT_S = 1.0


class Curation:
    """Writes approved suggestions to the catalogue and has the index built; `follow` runs as long as the bot."""

    def __init__(self, settings: Settings, store: Store, answering: Answering, outbox: Outbox) -> None:
        self._settings = settings
        self._store = store
        self._answering = answering
        self._outbox = outbox
        self._approved = asyncio.Event()
        self._written = asyncio.Event()
        self._notices: dict[str, Notice] = {}
        #: Curators who asked for a build that has not begun.
        self._asked: list[str] = []
        self._building = False
        self._problem: tuple[str, ...] = ()
        #: Changes that this process builds the index for: those that it wrote, and those that were written before it began.
        self._mine: set[str] = set()
        self._started = False

    @property
    def problem(self) -> tuple[str, ...]:
        """Why the last build made no index, line by line; nothing where it made one, or none was asked for here."""
        return self._problem

    def wake(self) -> None:
        """Say that something was approved, or is to be tried again."""
        self._approved.set()

    def ask_for_build(self, user: str) -> bool:
        """Request a build for a curator; false when another build is running and this one comes after it."""
        self._asked.append(user)
        self._written.set()
        return not self._building

    async def correct(self, url: str, moved_to: str = "") -> Written:
        """Give a link its new address in the catalogue, or retire it without one, and have the index built.

        It is written as an approved suggestion is.
        """
        edit = Edit(change_id=secrets.token_hex(8), url=url, moved_to=moved_to, retired=not moved_to)
        earlier: Sequence[Change] = ()
        if self._settings.patches:
            earlier = await self._store.changes(ChangeState.PATCHED)
        written = await _run_writer(self._order(edit, tuple([await self._edit(one) for one in earlier])))
        if not written.problem and self._settings.checkout:
            self.ask_for_build("")
        return written

    def place_for(self, user: str) -> Place:
        """Return where a curator gets the message about a build."""
        channel = self._settings.curators_channel
        return Place(channel=channel or user, user=user)

    async def follow(self) -> None:
        """Write and build whenever there is something to do, until cancelled."""
        writing = self._repeat(self._approved, self._write_all) if self._settings.curates else _nothing()
        await asyncio.gather(writing, self._repeat(self._written, self._build_all))

    async def _repeat(self, woken: asyncio.Event, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            woken.clear()
            try:
                with contextlib.suppress(StoreError):  # the store reports its health itself
                    await work()
            except Exception:
                logger.exception("the curators' loop failed")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await woken.wait()

    # Approved, and on its way into the catalogue

    async def _write_all(self) -> None:
        for change in await self._store.changes(ChangeState.WAITING):
            await self._write(change)

    async def _write(self, change: Change) -> None:
        """Write one approved suggestion; the result is stored before it is told."""
        suggestion = change.suggestion
        earlier: Sequence[Change] = ()
        if self._settings.patches:
            earlier = await self._store.changes(ChangeState.PATCHED)
        edit = await self._edit(change)
        written = await _run_writer(self._order(edit, tuple([await self._edit(one) for one in earlier])))
        commits = bool(self._settings.checkout)
        done = ChangeState.WRITTEN if commits else ChangeState.PATCHED
        state = ChangeState.STUCK if written.problem else done
        detail = written.problem or written.where
        if not await self._moved(suggestion.suggestion_id, state, detail):
            return  # another process wrote it too, and sends the message
        if written.problem:
            logger.error("an approved suggestion cannot be written: %s", written.problem)
            if not await self._outbox.post(self._place(change), stuck_message(suggestion, written.problem)):
                # The curators could not be told. Waiting again, it is written and told at the next round.
                await self._store.move_change(suggestion.suggestion_id, state, ChangeState.WAITING)
            return
        logger.info("an approved suggestion is written", extra={"where": written.where})
        if commits:
            self._mine.add(suggestion.suggestion_id)
        await self._notice(change).show(written_message(written.where, written.warnings, builds=commits))
        if commits:
            self._written.set()
        else:
            self._notices.pop(suggestion.suggestion_id, None)

    async def _moved(self, suggestion_id: str, to: ChangeState, detail: str) -> bool:
        """Store the result of a write; a success counts also when another process has marked the change as stuck."""
        if await self._store.move_change(suggestion_id, ChangeState.WAITING, to, detail):
            return True
        written = to is not ChangeState.STUCK
        return written and await self._store.move_change(suggestion_id, ChangeState.STUCK, to, detail)

    async def _edit(self, change: Change) -> Edit:
        suggestion = change.suggestion
        asked, mending = suggestion.proposed_question, suggestion.mending
        missed = publishable(suggestion.question, MAX_PROPOSED_CHARS)
        return Edit(
            change_id=suggestion.suggestion_id,
            url=suggestion.url,
            title=suggestion.title,
            section=suggestion.section if mending else suggestion.section or await self._guessed(suggestion),
            description=suggestion.description,
            question=asked or missed,
            is_question=bool(asked),
            is_mending=mending is not None,
            questions=mending.questions if mending else (),
            retired=bool(mending and mending.retired),
            added=change.approved_at.date().isoformat(),
        )

    async def _guessed(self, suggestion: Suggestion) -> str:
        """Return a guessed section for a suggestion without one; empty when the index cannot be asked."""
        try:
            asks = self._answering.asks
            section = await self._answering.run(asks.guess_section, suggestion.title, suggestion.description)
        except (SignpostError, TimeoutError):
            return ""
        return section_label(section)

    def _order(self, edit: Edit, earlier: tuple[Edit, ...]) -> Order:
        settings = self._settings
        return Order(
            edit=edit,
            file=settings.catalogue_file,
            checkout=settings.checkout,
            author=settings.commit_author,
            push=settings.push,
            patches=settings.patches,
            earlier=earlier,
        )

    def _place(self, change: Change) -> Place:
        return Place(channel=change.channel or self._settings.curators_channel)

    def _notice(self, change: Change) -> Notice:
        """Return the notice about this change, in the thread of the curators' message."""
        place = replace(self._place(change), thread_ts=change.message_ts)
        return self._notices.setdefault(change.suggestion.suggestion_id, Notice(self._outbox, place))

    # Written, and on its way into the index

    async def _build_all(self) -> None:
        while True:
            changes = await self._store.changes(ChangeState.WRITTEN)
            if not self._started:
                self._mine.update(change.suggestion.suggestion_id for change in changes)
                self._started = True
            asked, self._asked = self._asked, []
            mine = [change for change in changes if change.suggestion.suggestion_id in self._mine]
            if not (mine or asked):
                return
            self._building = True
            try:
                await self._build(mine, asked)
            finally:
                self._building = False

    async def _build(self, changes: Sequence[Change], asked: Sequence[str]) -> None:
        notices = [(self._notice(change), f"Written: {change.detail}.") for change in changes]
        # Who asks on the curators' page sees there how it ended, and without Slack nowhere else.
        places = [place for user in dict.fromkeys(asked) if (place := self.place_for(user)).channel]
        notices += [(Notice(self._outbox, place), "") for place in places]
        built = await self._build_and_tell(notices)
        self._problem = built.problem
        logger.info("the index was built for curators", extra={"version": built.version, "fresh": built.fresh})
        for notice, headline in notices[len(changes) :]:
            await notice.show(rebuilt_message(headline, built))
        ended = ChangeState.STUCK if built.problem else ChangeState.LIVE
        detail = "\n".join(built.problem) or built.version
        for change in changes:
            moved = await self._store.move_change(
                change.suggestion.suggestion_id, ChangeState.WRITTEN, ended, f"{change.detail}\n{detail}"
            )
            self._mine.discard(change.suggestion.suggestion_id)
            # Also shown when another process was first, since our own message still says that a build is running.
            await self._notice(change).show(rebuilt_message(f"Written: {change.detail}.", built))
            self._notices.pop(change.suggestion.suggestion_id, None)
            if built.problem and moved:
                problem = "\n".join((f"It is written ({change.detail}), and the build failed:", *built.problem))
                await self._outbox.post(self._place(change), stuck_message(change.suggestion, problem))

    async def _build_and_tell(self, notices: Sequence[tuple[Notice, str]]) -> Rebuilt:
        """Build, and show the progress in the notices."""
        latest = (0, 0)
        ended = False
        moved = asyncio.Event()

        def progress(done: int, total: int) -> None:
            nonlocal latest
            latest = (done, total)
            moved.set()

        async def tell() -> None:
            while not ended:
                for notice, headline in notices:
                    await notice.show_in_passing(building_message(headline, *latest), among=len(notices))
                moved.clear()
                await moved.wait()

        telling = asyncio.create_task(tell())
        try:
            built = await rebuild(self._settings, progress)
        except asyncio.CancelledError:
            telling.cancel()
            await self._say_stopped(notices)
            raise
        ended = True
        moved.set()
        # Wait for a message that is being sent: if it were cancelled, nobody would know whether Slack has it.
        await asyncio.wait({telling}, timeout=TELL_TIMEOUT_S)
        telling.cancel()
        return built

    async def _say_stopped(self, notices: Sequence[tuple[Notice, str]]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORD_TIMEOUT_S):
                for notice, headline in notices:
                    await notice.show(stopped_message(headline))


async def _nothing() -> None:
    """Do nothing: without a checkout or a folder of patches, approvals are not written."""


async def _run_writer(order: Order) -> Written:
    """Write in a separate process; if it fails, the result has a `problem`."""
    try:
        async with asyncio.timeout(WRITE_TIMEOUT_S), command("-m", "bot.curation", spared=True) as process:
            output, complaint = await process.communicate(order.to_json().encode())
    except TimeoutError:
        return Written(problem=f"it took more than {WRITE_TIMEOUT_S:g} s; see what holds up git or the disk")
    except OSError as error:
        return Written(problem=f"the writer could not be started ({error.strerror or error})")
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return Written.of(output.decode())
    reference = log_failure(logger, f"the writer failed: {complaint.decode('utf-8', 'replace')[-2_000:]}")
    return Written(problem=f"the writer failed; reference {reference} in the bot's log")
