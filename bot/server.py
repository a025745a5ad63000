"""The process: health and metrics over HTTP in every mode, Slack over HTTP or Socket Mode, and an orderly end."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import aiohttp
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from bot.app import Dispatch
from bot.asking.answering import Answering
from bot.asking.index_holder import IndexHolder, open_holder
from bot.curation.loop import Curation
from bot.curation.refresh import Refresh
from bot.curation.weekly import Weekly
from bot.errors import SettingsError, SlackBusyError, SlackSendError, SlackTokenError, SlackUnclearError, StoreError
from bot.running.connections import KEEP_ALIVE_S, QUEUE, Capacity, Door, connections_of, tell_loop_trouble
from bot.running.health import Health, Part
from bot.running.logs import READABLE, log_failure
from bot.running.metrics import CONTENT_TYPE, Metrics
from bot.running.once import Once
from bot.running.work import Work
from bot.services import Services
from bot.settings import Mode, Settings
from bot.slack.api import SlackApi, new_session
from bot.slack.channels import Restraint, Strangers
from bot.slack.outbox import Outbox
from bot.slack.payloads import Identity
from bot.slack.receiver import Gate
from bot.slack.socket_mode import SocketMode
from bot.store import Store
from bot.web.search_page import page_routes
from index import Asks

logger = logging.getLogger("signpost.server")

#: Seconds from SIGTERM until running work is cancelled.
DRAIN_S = 8.5
HTTP_DRAIN_S = 5
WATCH_S = 10.0
#: One in this many looks also checks a token that works.
TOKEN_LOOKS = 6
START_ATTEMPTS = 3


def create_services(
    settings: Settings,
    store: Store,
    served: Callable[[], Asks],
    *,
    identity: Identity,
    session: aiohttp.ClientSession,
    health: Health,
    metrics: Metrics,
) -> Services:
    """Put the bot's parts together; call it inside a running loop."""
    api = SlackApi(session, settings.api_url, settings.bot_token.get_secret_value(), health=health, metrics=metrics)
    answering = Answering(served, settings, store, health=health, metrics=metrics)
    outbox = Outbox(api, identity)
    return Services(
        settings=settings,
        identity=identity,
        answering=answering,
        store=store,
        once=Once(store, metrics),
        api=api,
        outbox=outbox,
        curation=Curation(settings, store, answering, outbox),
        weekly=Weekly(settings, store, answering, outbox),
        work=Work(metrics),
        restraint=Restraint(),
        strangers=Strangers(api, settings, identity),
        health=health,
        metrics=metrics,
    )


def create_asgi(settings: Settings, services: Services) -> ASGIApp:
    """Return the ASGI application for the mode in the settings."""
    routes = health_routes(services.health, services.metrics)
    if settings.mode is Mode.WEB:
        return Starlette(routes=[*routes, *page_routes(services.answering)])
    others = Starlette(routes=routes)
    if settings.mode is Mode.SOCKET:
        return others
    dispatch = Dispatch(services)
    return Gate(others, dispatch, settings.signing_secret.get_secret_value(), metrics=services.metrics)


def health_routes(health: Health, metrics: Metrics) -> list[BaseRoute]:
    """Return the routes for monitoring."""

    async def healthz(_: Request) -> Response:
        """Say that the process lives and its event loop runs."""
        return JSONResponse({"alive": True})

    async def readyz(_: Request) -> Response:
        """Say whether the bot can answer, and what is wrong if not."""
        return JSONResponse(health.report(), status_code=200 if health.ready else 503)

    async def metrics_text(_: Request) -> Response:
        return Response(metrics.render(), media_type=CONTENT_TYPE)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics_text)]


async def serve(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; SignpostError when it cannot start."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.set_exception_handler(tell_loop_trouble)
    metrics = Metrics()
    health = Health(metrics)
    capacity = Capacity.of_this_process()
    with _listen(settings.host, settings.port) as listening:
        async with contextlib.AsyncExitStack() as stack:
            starting = asyncio.create_task(_start(settings, stack, health, metrics))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if not starting.done():
                starting.cancel()
                await asyncio.wait({starting})
                return
            services, holder = starting.result()
            loops = [
                holder.follow(),
                Refresh(settings, health, metrics).follow(),
                _watch(services, check_token=settings.mode is not Mode.WEB),
            ]
            if settings.mode is not Mode.WEB:
                loops += [services.curation.follow(), services.weekly.follow()]
            async with _running(*loops):
                await _serve_until(stop, settings, services, listening, capacity)


async def _start(
    settings: Settings, stack: contextlib.AsyncExitStack, health: Health, metrics: Metrics
) -> tuple[Services, IndexHolder]:
    """Open everything; `stack` closes it.

    BundleMissingError in mode web without an index, unless this process builds it (SIGNPOST_REFRESH). In Slack the bot
    starts without one: people are told, and the index may come later.
    """
    session = await stack.enter_async_context(new_session())
    identity = await _introduce(settings, session, health, metrics)
    store = await Store.open(
        settings.store_url,
        hash_key=_hash_key(settings),
        store_questions=settings.store_questions,
        report=health.reporter(Part.STORE),
    )
    stack.push_async_callback(store.close)
    holder = open_holder(settings, health=health, metrics=metrics)
    await asyncio.to_thread(holder.reload)
    if settings.mode is Mode.WEB and not settings.refresh_s:
        holder.now()
    services = create_services(
        settings, store, holder.now, identity=identity, session=session, health=health, metrics=metrics
    )
    stack.callback(services.answering.close)
    return services, holder


def _http_server(settings: Settings, services: Services, capacity: Capacity) -> "_Server":
    door = Door(capacity.connections, services.metrics)
    services.metrics.connections.set_function(lambda: len(door.open))
    return _Server(
        uvicorn.Config(
            create_asgi(settings, services),
            # Named here, so that another installed parser is not used: h11 limits the size of a request's head.
            http=connections_of(door),
            backlog=capacity.at_once,
            ws="none",
            lifespan="off",
            proxy_headers=False,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=HTTP_DRAIN_S,
        )
    )


async def _serve_until(
    stop: asyncio.Event, settings: Settings, services: Services, listening: socket.socket, capacity: Capacity
) -> None:
    server = _http_server(settings, services, capacity)
    serving = asyncio.create_task(server.serve(sockets=[listening]), name="http")
    socket_mode = None
    if settings.mode is Mode.SOCKET:
        socket_mode = SocketMode(services.api, Dispatch(services), settings, work=services.work, health=services.health)
        socket_mode.start()
    host, port = listening.getsockname()[:2]
    told = {READABLE: _told(settings.mode, host, port)}
    logger.info("listening", extra={"host": host, "port": port, "mode": settings.mode.value, **told})
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({stopping, serving}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    logger.info("stopping: nothing new is taken, what runs is finished")
    deadline = asyncio.get_running_loop().time() + DRAIN_S
    services.health.ill(Part.SERVING, "stopping")
    if socket_mode is not None:
        await socket_mode.stop_taking()
    server.should_exit = True
    await asyncio.wait({serving}, timeout=DRAIN_S)
    unfinished = await services.work.drain(max(0.1, deadline - asyncio.get_running_loop().time()))
    if socket_mode is not None:
        await socket_mode.close()
    logger.info("stopped", extra={"unfinished": unfinished})


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


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers, which would end the process by the signal and not with exit code 0."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals to `serve`."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then raise the system's queue. asyncio's `backlog` sets both the queue and how many are accepted at once."""
        await super().startup(sockets)
        for listening in sockets or ():
            listening.listen(QUEUE)


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


@contextlib.asynccontextmanager
async def _running(*loops: Awaitable[None]) -> AsyncIterator[None]:
    """Run these loops during the block; one that ends with an exception is logged at once."""
    tasks = [asyncio.ensure_future(work) for work in loops]
    for task in tasks:
        task.add_done_callback(_tell_failure)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _tell_failure(task: asyncio.Future[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log_failure(logger, "something that should run all the time has ended", error)


async def _introduce(settings: Settings, session: aiohttp.ClientSession, health: Health, metrics: Metrics) -> Identity:
    """Ask Slack whose token it is; a SignpostError when the token is refused or Slack cannot be reached."""
    if settings.mode is Mode.WEB:
        return Identity(user_id="", bot_id="")
    api = SlackApi(session, settings.api_url, settings.bot_token.get_secret_value(), health=health, metrics=metrics)
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


def _hash_key(settings: Settings) -> bytes:
    """Return the key of question hashes; in mode web without a key, a random one for this process."""
    if settings.mode is Mode.WEB and not settings.store_hash_key.get_secret_value():
        return os.urandom(32)
    return settings.hash_key()


async def _watch(services: Services, *, check_token: bool) -> None:
    """Check the store and the token at intervals, so that health is right also when nobody asks anything."""
    look = 0
    while True:
        await asyncio.sleep(WATCH_S)
        look += 1
        with contextlib.suppress(StoreError):  # it reports its health itself
            await services.store.ping()
        if check_token and (look % TOKEN_LOOKS == 0 or not services.health.is_well(Part.TOKEN)):
            with contextlib.suppress(SlackSendError):  # a refused token is reported by the call itself
                await services.api.call("auth.test")
