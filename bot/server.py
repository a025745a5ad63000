"""The process: health and metrics over HTTP in every mode, Slack over HTTP or Socket Mode, and an orderly end."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from typing import Any, TypeVar

import aiohttp
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Scope

from bot.app import Dispatch
from bot.asking.answering import Answering
from bot.asking.index_holder import IndexHolder, open_holder
from bot.blocks.report import answered_message
from bot.blocks.suggestion import curators_message, outcome_message
from bot.curation.loop import Curation
from bot.curation.refresh import Refresh
from bot.curation.weekly import Weekly
from bot.curators.login import PATH as CURATORS_PATH
from bot.curators.login import OpenId, Sessions
from bot.curators.page import Curators, curators_routes
from bot.errors import SettingsError, SlackBusyError, SlackSendError, SlackTokenError, SlackUnclearError, StoreError
from bot.listeners.unanswered import take_over
from bot.running.connections import Capacity, Door
from bot.running.edge import API_PATH, Clients, Guarded, RateLimit
from bot.running.health import Health, Part
from bot.running.listening import QUEUE, HttpServer
from bot.running.logs import READABLE, log_failure
from bot.running.metrics import CONTENT_TYPE, Metrics
from bot.running.once import Once
from bot.running.retention import Retention
from bot.running.work import Work
from bot.services import Services
from bot.settings import Mode, Settings
from bot.slack.api import SlackApi, new_session
from bot.slack.channels import Strangers
from bot.slack.message import Message
from bot.slack.outbox import Outbox, Place, Silent
from bot.slack.payloads import Identity
from bot.slack.receiver import Gate
from bot.slack.socket_mode import SocketMode
from bot.slack.token import METHOD as ROTATION_METHOD
from bot.slack.token import FixedToken, RotatingToken, Token, rotates
from bot.store import Store, Suggestion
from bot.web.access import Doorkeeper
from bot.web.api.endpoint import MCP_PATH, Access, signed_by_slack
from bot.web.api.operations import Desk
from bot.web.api.routes import access_of, api_routes
from bot.web.ask import ask_routes
from bot.web.discovery import discovery_routes
from bot.web.page import Page, page_routes
from bot.web.site import Site
from index import Asks, Neighbour, SignpostError

logger = logging.getLogger("signpost.server")

#: Seconds from SIGTERM until running work is cancelled.
DRAIN_WITHIN_S = 8.5
LEAVE_TIMEOUT_S = 2.0
WATCH_S = 10.0
#: Between two looks at the store, when it is well and when it is down.
STORE_WATCH_S, STORE_DOWN_S = 5.0, 1.0
#: One in this many looks also checks a token that works.
TOKEN_LOOKS = 6
START_ATTEMPTS = 3
_T = TypeVar("_T")
_BEARER = {"WWW-Authenticate": "Bearer"}


def create_services(
    settings: Settings,
    store: Store,
    served: Callable[[], Asks],
    *,
    identity: Identity,
    session: aiohttp.ClientSession,
    health: Health,
    metrics: Metrics,
    token: Token | None = None,
) -> Services:
    """Put the bot's parts together; call it inside a running loop. Without a `token`, the settings' one stays."""
    token = token or FixedToken(settings.bot_token.get_secret_value())
    api = SlackApi(session, settings.api_url, token, health=health, metrics=metrics)
    answering = Answering(served, settings, store, health=health, metrics=metrics)
    outbox = Silent(api, identity) if settings.mode is Mode.WEB else Outbox(api, identity)
    return Services(
        settings=settings,
        identity=identity,
        answering=answering,
        store=store,
        once=Once(store, metrics),
        api=api,
        token=token,
        outbox=outbox,
        curation=Curation(settings, store, answering, outbox),
        weekly=Weekly(settings, store, answering, outbox),
        work=Work(metrics),
        strangers=Strangers(api, settings, identity),
        health=health,
        metrics=metrics,
    )


def create_asgi(settings: Settings, services: Services) -> ASGIApp:
    """Return the ASGI application for the mode in the settings."""
    clients = clients_of(settings)
    routes = health_routes(services.health, services.metrics, clients)
    access = access_of(settings)
    desk = _desk(services)
    site = _site(settings)
    if site is not None:
        routes += site.routes
    if site is not None and settings.serves_api:
        routes += api_routes(desk, access, site, web_url=settings.web_url)
    if settings.mcp:
        routes += _mcp_routes(desk, services, access, clients)
    if site is not None and settings.serves_page:
        routes += _page_routes(settings, desk, access, site)
    if site is not None and settings.serves_curators:
        routes += _curators_routes(settings, services, site)
    starlette = Starlette(routes=routes, exception_handlers={404: _nowhere(site), 405: _nowhere(site)})
    # A redirect for a slash too many would go to whichever host the request names.
    starlette.router.redirect_slashes = False

    def as_page(scope: Scope, status: int, text: str) -> tuple[bytes, Sequence[tuple[bytes, bytes]]] | None:
        shown = None if site is None else site.refusal(scope, status, text)
        return None if shown is None else (bytes(shown.body), shown.raw_headers)

    app: ASGIApp = RateLimit(
        starlette,
        clients,
        settings.rate_limit,
        counted_elsewhere=lambda scope: access.counts(scope) or signed_by_slack(settings, scope),
        as_page=as_page,
        metrics=services.metrics,
    )
    if settings.mode is Mode.HTTP:
        secret = settings.signing_secret.get_secret_value()
        app = Gate(app, Dispatch(services), secret, metrics=services.metrics)
    return Guarded(app, as_page)


def _site(settings: Settings) -> Site | None:
    """Return what pages are made with; None where there are none."""
    if not (settings.serves_page or settings.serves_curators or settings.serves_api):
        return None
    places = ((settings.serves_page, "/"), (settings.serves_curators, CURATORS_PATH), (True, f"{API_PATH}/docs"))
    return Site(robots=settings.web_robots, home=next(place for serves, place in places if serves))


def _nowhere(site: Site | None) -> Callable[[Request, Exception], Response]:
    """Return what answers requests for what is not there."""

    def answer(request: Request, error: Exception) -> Response:
        status, text = (error.status_code, error.detail) if isinstance(error, HTTPException) else (404, "Not Found")
        shown = None if site is None else site.refusal(request.scope, status, text)
        allowed = dict(getattr(error, "headers", None) or {})
        if shown is None:
            return PlainTextResponse(text, status_code=status, headers=allowed)
        shown.headers.update(allowed)
        return shown

    return answer


def clients_of(settings: Settings) -> Clients:
    """Return who is who among those that ask over HTTP."""
    return Clients(settings.trusted_proxies, settings.metrics_token.get_secret_value())


def _desk(services: Services) -> Desk:
    """Return what is behind the API; what is suggested there goes to the curators' channel, if there is one."""
    channel = services.settings.curators_channel

    async def tell(suggestion: Suggestion, neighbours: Sequence[Neighbour]) -> None:
        if channel and services.settings.mode is not Mode.WEB:
            services.work.start(send(suggestion, neighbours), "a suggestion")

    async def send(suggestion: Suggestion, neighbours: Sequence[Neighbour]) -> None:
        await services.outbox.post(Place(channel=channel), curators_message(suggestion, neighbours))

    return Desk(answering=services.answering, store=services.store, tell=tell)


def _mcp_routes(desk: Desk, services: Services, access: Access, clients: Clients) -> list[BaseRoute]:
    """Return the route of the tools for assistants; SettingsError where their package is not installed."""
    try:
        from bot.mcp.door import McpDoor  # noqa: PLC0415 - an extra, and half a second
    except ImportError as error:
        problem = "SIGNPOST_MCP needs the package mcp; install it with: pip install 'signpost-bot[mcp]'"
        raise SettingsError((problem,)) from error
    door = McpDoor(desk, services.settings, access=access, clients=clients, strangers=services.strangers)
    return [Route(MCP_PATH, door)]


def _page_routes(settings: Settings, desk: Desk, access: Access, site: Site) -> list[BaseRoute]:
    """Return the page, and what programs find beside it."""
    page = Page(desk=desk, site=site, doorkeeper=Doorkeeper(settings, access.keys))
    return [
        *page_routes(page),
        *discovery_routes(page, web_url=settings.web_url, robots=settings.web_robots, serves_api=settings.serves_api),
        *ask_routes(desk.answering, page.doorkeeper),
    ]


def _curators_routes(settings: Settings, services: Services, site: Site) -> list[BaseRoute]:
    """Return the curators' page."""

    def tell(suggestion: Suggestion, approved: bool) -> None:  # noqa: FBT001 - a verdict is one
        if suggestion.user and settings.mode is not Mode.WEB:
            person = Place(channel=suggestion.user, user=suggestion.user)
            told = (
                outcome_message(suggestion, approved=approved)
                if suggestion.problem is None
                else answered_message(suggestion, mended=approved)
            )
            services.work.start(send(person, told), "a decision")

    async def send(person: Place, message: Message) -> None:
        await services.outbox.post(person, message)

    house = Curators(
        settings=settings,
        answering=services.answering,
        store=services.store,
        curation=services.curation,
        site=site,
        sessions=Sessions(),
        open_id=OpenId(settings, services.identity),
        tell=tell,
    )
    return curators_routes(house)


def health_routes(health: Health, metrics: Metrics, clients: Clients) -> list[BaseRoute]:
    """Return the routes for monitoring; strangers learn whether the bot can answer, and nothing else."""

    async def healthz(_: Request) -> Response:
        """Say that the process lives and its event loop runs."""
        return JSONResponse({"alive": True})

    async def readyz(request: Request) -> Response:
        """Say whether the bot can answer, and to its operators what is wrong if not."""
        report = health.report() if clients.is_operator(request.scope) else {"ready": health.ready}
        return JSONResponse(report, status_code=200 if health.ready else 503)

    async def metrics_text(request: Request) -> Response:
        if not clients.is_operator(request.scope):
            return PlainTextResponse("from this machine, or with METRICS_TOKEN as a bearer token\n", 401, _BEARER)
        return Response(metrics.render(), media_type=CONTENT_TYPE)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics_text)]


async def serve(settings: Settings, read_again: Callable[[], Settings] | None = None) -> None:
    """Run until SIGTERM or SIGINT; SignpostError when it cannot start.

    SIGHUP starts the bot anew with what `read_again` returns, on the same socket; without it, SIGHUP ends the bot too.
    """
    stop, again = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, stop.set if read_again is None else again.set)
    with _listen(settings.host, settings.port) as listening:
        bot = await _or_stopped(Bot.begin(settings, listening), stop)
        if bot is None:
            return
        bot.take_over()
        while not stop.is_set():
            await _first_of(stop.wait(), again.wait(), bot.ended())
            if not again.is_set() or stop.is_set() or read_again is None:
                break
            again.clear()
            bot = await _begun_anew(bot, read_again, stop)
        await bot.end()


async def _begun_anew(bot: "Bot", read_again: Callable[[], Settings], stop: asyncio.Event) -> "Bot":
    """Return the bot with the settings as they are now; the same one, going on, when it cannot start with them."""
    try:
        settings = read_again()
        place = (settings.host, settings.port)
        if place != (bot.settings.host, bot.settings.port):
            logger.warning("HOST and PORT are those of before; a restart changes them")
        successor = await _or_stopped(Bot.begin(settings, bot.listening), stop)
    except SignpostError as error:
        logger.error("the bot goes on with the settings of before: %s", error)  # noqa: TRY400 - no fault of the program
        return bot
    except Exception as error:  # noqa: BLE001 - what runs goes on, whatever is wrong with its successor
        log_failure(logger, "the bot goes on with the settings of before", error)
        return bot
    if successor is None:
        return bot
    logging.getLogger("signpost").setLevel(settings.log_level.upper())
    await bot.end(successor=successor)
    logger.info("the settings were read again")
    return successor


async def _or_stopped(starting: Coroutine[Any, Any, _T], stop: asyncio.Event) -> _T | None:
    """Return what is started; None when the process is told to stop before that."""
    task = asyncio.create_task(starting)
    await _first_of(stop.wait(), asyncio.shield(task))
    if task.done():
        return task.result()
    task.cancel()
    await asyncio.wait({task})
    return None


async def _first_of(*waiting: Awaitable[object]) -> None:
    """Wait for one of these, and for none of the others."""
    tasks = [asyncio.ensure_future(one) for one in waiting]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()


class Bot:
    """Everything that runs with one set of settings. A later one may take over its socket, while this one finishes."""

    def __init__(
        self,
        settings: Settings,
        services: Services,
        holder: IndexHolder,
        listening: socket.socket,
        opened: contextlib.AsyncExitStack,
    ) -> None:
        self.settings = settings
        self.listening = listening
        self._services = services
        self._holder = holder
        self._opened = opened
        self._loops = contextlib.AsyncExitStack()
        self._server = _http_server(settings, services, listening)
        self._serving: asyncio.Task[None] | None = None
        self._socket_mode: SocketMode | None = None

    @classmethod
    async def begin(cls, settings: Settings, listening: socket.socket) -> "Bot":
        """Open everything, and take nothing yet.

        BundleMissingError in mode web without an index, unless this process builds it (SIGNPOST_REFRESH). In Slack the bot
        starts without one: people are told, and the index may come later.
        """
        metrics = Metrics()
        health = Health(metrics)
        async with contextlib.AsyncExitStack() as stack:
            session = await stack.enter_async_context(new_session())
            store = await Store.open(
                settings.store_url,
                hash_key=hash_key_of(settings),
                store_questions=settings.store_questions,
                report=health.reporter(Part.STORE),
                patient=True,
            )
            stack.push_async_callback(store.close)
            token = await open_token(settings, store, session, health, metrics)
            identity = await _introduce(
                settings, SlackApi(session, settings.api_url, token, health=health, metrics=metrics)
            )
            holder = open_holder(settings, health=health, metrics=metrics)
            await asyncio.to_thread(holder.reload)
            if settings.mode is Mode.WEB and not settings.refresh_s:
                holder.now()
            services = create_services(
                settings,
                store,
                holder.now,
                identity=identity,
                session=session,
                health=health,
                metrics=metrics,
                token=token,
            )
            stack.callback(services.answering.close)
            return cls(settings, services, holder, listening, stack.pop_all())

    def take_over(self) -> None:
        """Take requests and envelopes from now on, and run what runs all the time."""
        services, mode = self._services, self.settings.mode
        self._serving = asyncio.create_task(self._server.serve(), name="http")
        if mode is Mode.SOCKET:
            self._socket_mode = SocketMode(
                services.api, Dispatch(services), self.settings, work=services.work, health=services.health
            )
            self._socket_mode.start()
        loops = [
            self._holder.follow(),
            Refresh(self.settings, services.health, services.metrics).follow(),
            _watch_store(services.store),
            Retention(self.settings, services.store).follow(),
        ]
        if mode is Mode.WEB and self.settings.serves_curators:
            loops.append(services.curation.follow())
        if mode is not Mode.WEB:
            loops += [services.curation.follow(), services.weekly.follow(), services.token.follow()]
            loops += [_watch_token(services), take_over(services)]
        self._loops.push_async_callback(_stop, [_started(one) for one in loops])
        host, port = self.listening.getsockname()[:2]
        told = {READABLE: _told(mode, host, port)}
        logger.info("listening", extra={"host": host, "port": port, "mode": mode.value, **told})

    async def ended(self) -> None:
        """Wait for the server, which ends only by `end` or by a fault."""
        if self._serving is not None:
            await asyncio.wait({self._serving})

    async def end(self, *, successor: "Bot | None" = None) -> None:
        """Take nothing new, finish what runs, and close everything; `successor` takes over before that."""
        logger.info("stopping: nothing new is taken, what runs is finished")
        deadline = asyncio.get_running_loop().time() + DRAIN_WITHIN_S
        self._services.health.ill(Part.SERVING, "stopping")
        await self._loops.aclose()
        if successor is not None:
            successor.take_over()
        if self._socket_mode is not None:
            await self._socket_mode.stop_taking()
        self._server.should_exit = True
        if self._serving is not None:
            await asyncio.wait({self._serving}, timeout=DRAIN_WITHIN_S)
        unfinished = await self._services.work.drain(max(0.1, deadline - asyncio.get_running_loop().time()))
        with contextlib.suppress(
            StoreError, TimeoutError
        ):  # what is left waits for the end of this process's hold then
            async with asyncio.timeout(LEAVE_TIMEOUT_S):
                await self._services.store.leave()
        if self._socket_mode is not None:
            await self._socket_mode.close()
        await self._opened.aclose()
        logger.info("stopped", extra={"unfinished": unfinished})


def _http_server(settings: Settings, services: Services, listening: socket.socket) -> HttpServer:
    capacity = Capacity.of_this_process()
    door = Door(capacity.connections, services.metrics, trusts=clients_of(settings).trusts)
    services.metrics.connections.set_function(lambda: len(door.all.open))
    return HttpServer(create_asgi(settings, services), listening, door, at_once=capacity.at_once)


def _told(mode: Mode, host: str, port: int) -> str:
    """Return what a person who has started it does next."""
    name = "localhost" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104 - compared
    address = f"http://{name}:{port}"
    match mode:
        case Mode.WEB:
            return f"open {address}/ in a browser; Ctrl-C ends"
        case Mode.HTTP:
            return f"listening for Slack on {address}/slack/events; health is at {address}/readyz; Ctrl-C ends"
        case Mode.SOCKET:
            return f"connecting to Slack; health is at {address}/readyz; Ctrl-C ends"


@contextlib.contextmanager
def _listen(host: str, port: int) -> Iterator[socket.socket]:
    """Open the socket before everything else, so that an address in use gives one line and nothing was started.

    The protocol is given because asyncio turns Nagle's algorithm off only then; with it an answer takes 40 ms longer.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    except OSError as error:
        raise _cannot_listen(host, port, error) from error
    with listening:
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(QUEUE)
        except OSError as error:
            raise _cannot_listen(host, port, error) from error
        yield listening


def _cannot_listen(host: str, port: int, error: OSError) -> SettingsError:
    return SettingsError((f"HOST and PORT: cannot listen on {host}:{port} ({error.strerror or error})",))


def _started(work: Awaitable[None]) -> asyncio.Future[None]:
    """Run a loop; when it ends with an exception, that is logged at once."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(_tell_failure)
    return task


async def _stop(loops: Sequence[asyncio.Future[None]]) -> None:
    for task in loops:
        task.cancel()
    await asyncio.gather(*loops, return_exceptions=True)


def _tell_failure(task: asyncio.Future[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log_failure(logger, "something that should run all the time has ended", error)


async def open_token(
    settings: Settings, store: Store, session: aiohttp.ClientSession, health: Health, metrics: Metrics
) -> Token:
    """Return the bot's token, renewed where it rotates; a SignpostError when Slack does not do that."""
    if settings.mode is Mode.WEB or not rotates(settings):
        return FixedToken(settings.bot_token.get_secret_value())
    without = SlackApi(session, settings.api_url, FixedToken(""), health=health, metrics=metrics)

    async def exchange(arguments: dict[str, Any]) -> dict[str, Any]:
        return await without.call(ROTATION_METHOD, arguments, token="")

    token = RotatingToken(settings, store, exchange, health)
    await token.begin()
    return token


async def _introduce(settings: Settings, api: SlackApi) -> Identity:
    """Ask Slack whose token it is; a SignpostError when the token is refused or Slack cannot be reached."""
    if settings.mode is Mode.WEB:
        return Identity(user_id="", bot_id="")
    for attempt in range(1, START_ATTEMPTS + 1):
        try:
            return Identity.of(await api.call("auth.test"))
        except SlackTokenError as error:
            raise SettingsError((f"SLACK_BOT_TOKEN is refused by Slack: {error.code}",)) from error
        except (SlackBusyError, SlackUnclearError) as error:
            if attempt == START_ATTEMPTS:
                raise
            await asyncio.sleep(min(error.retry_after_s, 5.0) if isinstance(error, SlackBusyError) else attempt)
    raise AssertionError("unreachable")


def hash_key_of(settings: Settings) -> bytes:
    """Return the key of question hashes; in mode web without a key, a random one for this process."""
    if settings.mode is Mode.WEB and not settings.store_hash_key.get_secret_value():
        return os.urandom(32)
    return settings.hash_key()


async def _watch_token(services: Services) -> None:
    """Check the token at intervals, more often when it is refused, so that health is right also when nobody asks anything."""
    look = 0
    while True:
        await asyncio.sleep(WATCH_S)
        look += 1
        if look % TOKEN_LOOKS == 0 or not services.health.is_well(Part.TOKEN):
            with contextlib.suppress(SlackSendError):  # a refused token is reported by the call itself
                await services.api.call("auth.test")


async def _watch_store(store: Store) -> None:
    """Check the store at intervals; one that is down is tried again until it works."""
    while True:
        await asyncio.sleep(STORE_DOWN_S if store.is_down else STORE_WATCH_S)
        with contextlib.suppress(StoreError):  # it reports its health itself
            await store.ping()
