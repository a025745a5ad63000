"""A Slack of our own on 127.0.0.1: Web API, response URLs and Socket Mode, over real sockets.

It runs in a thread of its own. Tests put people, channels and threads into it, tell it how to misbehave, and look at
what it recorded. A payload that breaks Slack's limits is answered as Slack would (`invalid_blocks`) and kept in
`violations`.
"""

import asyncio
import itertools
import json
import math
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl

from aiohttp import WSMsgType, web

from tests.scenarios.support.entities import violations_of_entity, violations_of_outputs
from tests.scenarios.support.limits import violations_of_message, violations_of_search, violations_of_view
from tests.scenarios.support.workspace import (
    APP_ID,
    BOT_ID,
    BOT_USER,
    CALLS_A_MINUTE,
    CHANNEL,
    ENTERPRISE,
    OTHER_TEAM,
    SISTER_TEAM,
    TEAM,
    TRIGGER_LIFE_S,
    Json,
    Workspace,
    new_trigger,
    new_ts,
    no,
)

__all__ = [
    "APP_ID",
    "APP_TOKEN",
    "BOT_ID",
    "BOT_TOKEN",
    "BOT_USER",
    "CHANNEL",
    "ENTERPRISE",
    "OTHER_TEAM",
    "SISTER_TEAM",
    "TEAM",
    "Call",
    "FakeSlack",
    "Fault",
    "Json",
    "Socket",
    "new_trigger",
    "new_ts",
]

BOT_TOKEN = "xoxb-fake-token-for-tests"
APP_TOKEN = "xapp-fake-token-for-tests"
CLIENT_ID, CLIENT_SECRET = "123.456", "fake-client-secret-for-tests"

#: Methods that take no JSON: "This method does not currently accept application/json", say their pages, such as
#: https://docs.slack.dev/reference/methods/users.info. Slack answers as if no argument had come.
FORM_ONLY = ("auth.teams.list", "conversations.info", "conversations.replies", "oauth.v2.access", "users.info")
#: Methods that show a message to somebody.
POSTS = ("chat.postMessage", "chat.postEphemeral", "chat.update", "response_url")
_DEFAULT_DEADLINE_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request of the bot, as it was answered."""

    method: str
    payload: Json
    at: float
    """`time.monotonic()` of its arrival."""
    status: int
    error: str
    """Slack's error code; empty when the call was done."""
    token: str = ""
    shown: bool = True
    """Whether anybody sees what was sent."""

    @property
    def done(self) -> bool:
        """Whether Slack did what was asked."""
        return not self.error


@dataclass(slots=True, kw_only=True)
class Fault:
    """How the next calls that match are answered instead."""

    method: str
    channel: str | None = None
    times: int | None = 1
    """How often; None: until it is removed."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: str | None = None
    error: str = ""
    """Slack's code, answered with `ok: false`."""
    reset: bool = False
    """Cut the connection instead of answering."""
    delay_s: float = 0.0
    held: bool = False
    """Nothing is answered as long as the fault is there."""
    late_s: float = 0.0
    """The call is carried out so long after it came, whatever becomes of its connection."""
    done: bool = False
    """Whether the call is carried out all the same, so that only its answer is lost."""

    def matches(self, method: str, payload: Json) -> bool:
        """Whether this call is to go wrong."""
        return (
            self.times != 0
            and self.method in {method, "*"}
            and (self.channel is None or payload.get("channel") == self.channel)
        )

    @property
    def code(self) -> str:
        """What `Call.error` says of it; empty for one that is late only."""
        if self.error:
            return self.error
        if self.reset:
            return "reset"
        if self.status != 200 or self.body is not None:
            return f"http_{self.status}"
        return ""


@dataclass(slots=True, kw_only=True)
class _ResponseUrl:
    uses_left: int
    expires_at: float
    channel: str
    message_ts: str
    """The message that was clicked; empty where only one person sees it."""


class Socket:
    """One Socket Mode connection, from Slack's side; used from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, websocket: web.WebSocketResponse, workspace: Workspace) -> None:
        self._workspace = workspace
        self._loop = loop
        self._websocket = websocket
        self.acks: dict[str, Json] = {}
        """Each acknowledged envelope's id, with its payload."""
        self.ack_counts: dict[str, int] = {}
        self.pings = 0
        """Pings that arrived."""
        self.silent = False
        """A half-open connection: nothing is answered any more, and nothing is closed."""
        self.opened_at = time.monotonic()
        self.closed = False

    def send(self, frame: Json) -> None:
        """Send a frame; Slack knows what it delivers."""
        self._workspace.observe(frame.get("payload"))
        _wait(asyncio.run_coroutine_threadsafe(self._websocket.send_str(json.dumps(frame)), self._loop))

    def send_text(self, text: str) -> None:
        """Send any text, JSON or not."""
        _wait(asyncio.run_coroutine_threadsafe(self._websocket.send_str(text), self._loop))

    def disconnect(self, reason: str) -> None:
        """Send the frame that tells the app to go elsewhere."""
        self.send({"type": "disconnect", "reason": reason, "debug_info": {"host": "applink-1"}})

    def close(self, code: int = 1000) -> None:
        """Close the connection from Slack's side."""
        _wait(asyncio.run_coroutine_threadsafe(self._websocket.close(code=code), self._loop))

    def abort(self) -> None:
        """Cut the connection without a word."""

        def cut() -> None:
            transport = self._websocket._req.transport if self._websocket._req is not None else None
            if transport is not None:
                transport.abort()

        self._loop.call_soon_threadsafe(cut)


class FakeSlack:
    """The server; `with FakeSlack() as slack:` starts and stops it."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.faults: list[Fault] = []
        self.sockets: list[Socket] = []
        self.workspace = Workspace()
        self.scopes = ""
        """Those of the bot's token, by commas, as each answer names them; empty: none does."""
        self.rotating: dict[str, float] = {}
        """Tokens of an app with token rotation, and when each ends."""
        self.refresh_token = ""
        """The only one that is good; empty without token rotation."""
        self.refused_refreshes = 0
        self.token_lives_s = 43_200
        self.token_outlives_s = 0
        """Seconds that a token is good for beyond what is said of it."""
        self.functions: dict[str, str] = {}
        """The callback id of each function execution."""
        self.details: dict[str, tuple[str, float]] = {}
        """Trigger ids for a link's details that were not used yet: the link's reference, and until when."""
        self.executions: dict[str, str] = {}
        """The functions that wait to be ended, each with the token that is good for that."""
        self.token = BOT_TOKEN
        self.replies_at_most = 999
        """What `conversations.replies` gives at once whatever is asked for."""
        self.pace_s = 0.0
        """Seconds between two messages that each channel takes; 0: as fast as they come.

        https://docs.slack.dev/apis/web-api/rate-limits: one a second and channel, and more for a moment.
        """
        self._free_at: dict[str, float] = {}
        self._called_at: dict[str, deque[float]] = defaultdict(deque)
        """When each method was called within the last minute."""
        self.socket_ping_s = 1.0
        self.refuse_sockets = False
        self._urls: dict[str, _ResponseUrl] = {}
        self._changed = threading.Condition()
        self._numbers = itertools.count(1)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="fake-slack", daemon=True)
        self._stop: asyncio.Event | None = None
        self._started = threading.Event()
        self.port = 0

    # What tests say

    def __enter__(self) -> Self:
        """Start serving."""
        self._thread.start()
        if not self._started.wait(60):
            raise RuntimeError("the fake Slack did not start")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop serving."""
        stop = self._stop
        if stop is not None:
            self._loop.call_soon_threadsafe(stop.set)
        self._thread.join(60)

    @property
    def api_url(self) -> str:
        """What `SLACK_API_URL` is set to."""
        return f"http://127.0.0.1:{self.port}/api/"

    def fail(self, method: str, **how: Any) -> Fault:
        """Make the next call of `method` (`*` for any, `response_url` for those) go wrong; see `Fault`."""
        fault = Fault(method=method, **how)
        with self._changed:
            self.faults.append(fault)
        return fault

    def forget(self) -> None:
        """Start the next test: no faults, no calls, the usual people and channels."""
        with self._changed:
            self.faults.clear()
            self.calls.clear()
            self.violations.clear()
            self.workspace.forget()
            self.executions.clear()
            self.pace_s = 0.0
            self._free_at.clear()
            self._called_at.clear()
            self.token = BOT_TOKEN
            self.replies_at_most = 999
            self.refuse_sockets = False
            self.scopes = ""

    def response_url(
        self, *, channel: str = CHANNEL, message_ts: str = "", uses: int = 5, lives_s: float = 1_800.0
    ) -> str:
        """Return a new response URL with Slack's rules: for one channel, so many uses, so long."""
        name = f"{next(self._numbers):06d}"
        self._urls[name] = _ResponseUrl(
            uses_left=uses, expires_at=time.monotonic() + lives_s, channel=channel, message_ts=message_ts
        )
        return f"http://127.0.0.1:{self.port}/response/{TEAM}/{name}/secretpart{name}"

    def execution(self, callback_id: str = "search") -> tuple[str, str]:
        """Return the id of a new execution of a function, and the token that comes with it."""
        number = next(self._numbers)
        execution_id, token = f"Fx{number:08d}", f"xwfp-fake-token-for-tests-{number}"
        self.executions[execution_id] = token
        self.functions[execution_id] = callback_id
        return execution_id, token

    def details_trigger(self, reference: str) -> str:
        """Return a new trigger id to show a link's details with; it is used once, within 3 seconds with Slack."""
        trigger_id = f"13345224609.738474920.{next(self._numbers):08d}"
        self.details[trigger_id] = (reference, time.monotonic() + TRIGGER_LIFE_S)
        return trigger_id

    @property
    def channels(self) -> dict[str, Json]:
        """The channels that Slack knows, with what `conversations.info` says of each."""
        return self.workspace.channels

    @property
    def users(self) -> dict[str, Json]:
        """The people whom Slack knows."""
        return self.workspace.users

    def add_message(self, channel: str, ts: str, text: str, *, thread_ts: str | None = None, **rest: Any) -> Json:
        """Put a message into a channel, as `conversations.replies` shows it."""
        return self.workspace.add_message(channel, ts, text, thread_ts=thread_ts, **rest)

    def calls_of(self, *methods: str, channel: str | None = None) -> list[Call]:
        """Return the recorded calls of these methods (all of them when none is named)."""
        with self._changed:
            return [
                call
                for call in self.calls
                if (not methods or call.method in methods)
                and (channel is None or call.payload.get("channel") == channel)
            ]

    def posts(self, channel: str | None = None, method: str | None = None) -> list[Json]:
        """Return the messages that Slack took and shows, oldest first."""
        methods = POSTS if method is None else (method,)
        return [call.payload for call in self.calls_of(*methods, channel=channel) if call.done and call.shown]

    def wait_for(self, condition: Callable[[], Any], *, within_s: float = _DEFAULT_DEADLINE_S, what: str = "") -> Any:
        """Wait until `condition()` is true and return it; looked at after every call and every 20 ms."""
        deadline = time.monotonic() + within_s
        with self._changed:
            while not (result := condition()):
                if time.monotonic() >= deadline:
                    heard = [(call.method, call.error or "done") for call in self.calls]
                    raise AssertionError(f"not within {within_s:g} s: {what or condition}; calls: {heard}")
                self._changed.wait(0.02)
        return result

    def wait_for_posts(
        self, count: int = 1, *, channel: str | None = None, within_s: float = _DEFAULT_DEADLINE_S
    ) -> list[Json]:
        """Wait until `count` messages were taken, and return them all."""
        self.wait_for(
            lambda: len(self.posts(channel)) >= count,
            within_s=within_s,
            what=f"{count} messages in {channel or 'Slack'}",
        )
        return self.posts(channel)

    def wait_for_call(self, method: str, count: int = 1, *, within_s: float = _DEFAULT_DEADLINE_S) -> list[Call]:
        """Wait until `method` was called `count` times, and return the calls."""
        self.wait_for(lambda: len(self.calls_of(method)) >= count, within_s=within_s, what=f"{count} calls of {method}")
        return self.calls_of(method)

    def stays_quiet(self, *, for_s: float = 0.5, count: int = 0, channel: str | None = None) -> None:
        """Check that no more than `count` messages come within some time."""
        deadline = time.monotonic() + for_s
        while time.monotonic() < deadline:
            posts = self.posts(channel)
            if len(posts) > count:
                raise AssertionError(f"{len(posts)} messages instead of {count}: {[p.get('text') for p in posts]}")
            time.sleep(0.02)

    def wait_for_socket(self, count: int = 1, *, within_s: float = _DEFAULT_DEADLINE_S) -> Socket:
        """Wait until the bot has opened its `count`-th connection, and return it."""
        self.wait_for(lambda: len(self.sockets) >= count, within_s=within_s, what=f"socket number {count}")
        return self.sockets[count - 1]

    @contextmanager
    def collecting_violations(self) -> Iterator[list[str]]:
        """Expect violations: they are handed to the test instead of failing it."""
        yield self.violations
        self.violations.clear()

    # The server

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        app = web.Application(client_max_size=32 * 1024 * 1024)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_post("/response/{team}/{name}/{secret}", self._response)
        app.router.add_get("/link", self._link)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.port = runner.addresses[0][1]
        self._stop = asyncio.Event()
        self._started.set()
        await self._stop.wait()
        for socket in self.sockets:
            await socket._websocket.close()
        await runner.cleanup()

    def _record(self, call: Call) -> None:
        with self._changed:
            self.calls.append(call)
            self._changed.notify_all()

    def _fault(self, method: str, payload: Json) -> Fault | None:
        with self._changed:
            for fault in self.faults:
                if fault.matches(method, payload):
                    if fault.times is not None:
                        fault.times -= 1
                    return fault
        return None

    async def _api(self, request: web.Request) -> web.StreamResponse:
        at = time.monotonic()
        method = request.match_info["method"]
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        payload, problem = await _read(request, takes_json=method not in FORM_ONLY)
        token = token or str(payload.pop("token", ""))
        if problem:
            self.violations.append(f"{method}: {problem}")
        fault = self._fault(method, payload)
        if fault is not None and not fault.done and fault.code:
            return await self._misbehave(request, fault, method, payload, at, token)
        if (wait_s := self._too_soon(method, payload, at)) > 0:
            busy = Fault(method=method, status=429, headers={"Retry-After": str(math.ceil(wait_s))})
            return await self._misbehave(request, busy, method, payload, at, token)
        if fault is not None:
            await asyncio.sleep(fault.late_s)
        answer = self._answer(method, payload, token)
        error = "" if answer.get("ok") else str(answer.get("error"))
        shown = method != "chat.postEphemeral" or self.workspace.is_seen(payload)
        self._record(Call(method=method, payload=payload, at=at, status=200, error=error, token=token, shown=shown))
        if fault is not None:
            if fault.code:
                return await self._misbehave(request, fault, method, payload, at, token, record=False)
            await self._pause(fault)
        # https://docs.slack.dev/authentication/installing-with-oauth: an answer says which scopes the token has.
        return web.json_response(answer, headers={"x-oauth-scopes": self.scopes} if self.scopes else {})

    async def _misbehave(  # noqa: PLR0917 - what a call is made of
        self,
        request: web.Request,
        fault: Fault,
        method: str,
        payload: Json,
        at: float,
        token: str,
        *,
        record: bool = True,
    ) -> web.StreamResponse:
        if record:
            self._record(
                Call(method=method, payload=payload, at=at, status=fault.status, error=fault.code, token=token)
            )
        await self._pause(fault)
        if fault.reset:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        if fault.error:
            return web.json_response({"ok": False, "error": fault.error}, status=fault.status, headers=fault.headers)
        if fault.body is not None:
            return web.Response(status=fault.status, text=fault.body, content_type="text/html", headers=fault.headers)
        return web.json_response({"ok": False, "error": "ratelimited"}, status=fault.status, headers=fault.headers)

    async def _pause(self, fault: Fault) -> None:
        while fault.held and any(one is fault for one in self.faults):  # noqa: ASYNC110 - removed by another thread
            await asyncio.sleep(0.02)
        await asyncio.sleep(fault.delay_s)

    def _too_soon(self, method: str, payload: Json, at: float) -> float:
        """Return how long Slack takes no such call yet, or no message in that channel, and count this one otherwise."""
        recent = self._called_at[method]
        while recent and recent[0] <= at - 60.0:
            recent.popleft()
        if len(recent) >= CALLS_A_MINUTE.get(method, math.inf):
            return recent[0] + 60.0 - at
        recent.append(at)
        if not self.pace_s or method not in {"chat.postMessage", "chat.postEphemeral"}:
            return 0.0
        channel = str(payload.get("channel"))
        if (wait_s := self._free_at.get(channel, 0.0) - at) <= 0:
            self._free_at[channel] = at + self.pace_s
        return wait_s

    def _answer(self, method: str, payload: Json, token: str) -> Json:
        if method == "oauth.v2.access":
            return self._rotate(payload)
        if self.rotating and token in self.rotating:
            # https://docs.slack.dev/authentication/using-token-rotation: each is good until its own end.
            if time.monotonic() >= self.rotating[token]:
                return no("token_expired")
        elif token != self._wanted_token(method, payload):
            return no("invalid_auth" if self.token else "token_revoked")
        handler = _METHODS.get(method)
        if handler is None:
            self.violations.append(f"{method}: unknown method")
            return no("unknown_method")
        return self.workspace.refusal(method, payload) or handler(self, payload)

    def _rotate(self, payload: Json) -> Json:
        # https://docs.slack.dev/authentication/using-token-rotation: the app's credentials and a refresh token, which is
        # revoked when it was used; the answer has a new pair, and the seconds that the access token lives.
        if (payload.get("client_id"), payload.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return no("bad_client_secret")
        with self._changed:
            if payload.get("grant_type") != "refresh_token" or payload.get("refresh_token") != self.refresh_token:
                self.refused_refreshes += 1
                return no("invalid_refresh_token")
            number = next(self._numbers)
            self.refresh_token = f"xoxe-1-fake-refresh-for-tests-{number}"
            access = f"xoxe.xoxb-1-fake-token-for-tests-{number}"
            self.rotating[access] = time.monotonic() + self.token_lives_s + self.token_outlives_s
        return {
            "ok": True,
            "access_token": access,
            "refresh_token": self.refresh_token,
            "expires_in": self.token_lives_s,
            "token_type": "bot",
            "bot_user_id": BOT_USER,
            "team": {"id": TEAM},
        }

    def _wanted_token(self, method: str, payload: Json) -> str | None:
        if method == "apps.connections.open":
            return APP_TOKEN
        # https://docs.slack.dev/reference/events/function_executed: the event's `bot_access_token` ends its execution.
        # https://docs.slack.dev/enterprise-search/developing-apps-with-search-features: ending it makes the token void.
        if method in {"functions.completeSuccess", "functions.completeError"}:
            return self.executions.get(str(payload.get("function_execution_id")))
        return self.token

    def _broken(self, found: list[str], code: str) -> Json | None:
        if not found:
            return None
        self.violations.extend(found)
        return {**no(code), "response_metadata": {"messages": found[:10]}}

    def _post(self, payload: Json, method: str) -> Json:
        broken = self._broken(violations_of_message(payload, method=method), "invalid_blocks")
        if broken is not None:
            return broken
        if not payload.get("channel"):
            self.violations.append(f"{method}: no channel")
            return no("channel_not_found")
        channel = self.workspace.conversation_of(payload["channel"])
        message = self.workspace.posted(channel, payload)
        return {"ok": True, "channel": channel, "ts": message["ts"], "message": message}

    def _ephemeral(self, payload: Json) -> Json:
        broken = self._broken(violations_of_message(payload, method="chat.postEphemeral"), "invalid_blocks")
        if broken is not None:
            return broken
        if not payload.get("user") or not payload.get("channel"):
            self.violations.append("chat.postEphemeral: no channel or no user")
            return no("user_not_in_channel")
        return self.workspace.ephemeral(payload)

    def _update(self, payload: Json) -> Json:
        broken = self._broken(violations_of_message(payload, method="chat.update"), "invalid_blocks")
        if broken is not None:
            return broken
        return self.workspace.update(payload)

    def _replies(self, payload: Json) -> Json:
        limit = int(payload.get("limit") or 999)
        if not 1 <= limit < 1_000:
            return self._broken([f"conversations.replies: a limit of {limit}"], "invalid_arguments") or {}
        return self.workspace.replies(payload, at_most=self.replies_at_most)

    def _history(self, payload: Json) -> Json:
        limit = int(payload.get("limit") or 100)
        if not 1 <= limit < 1_000:
            return self._broken([f"conversations.history: a limit of {limit}"], "invalid_arguments") or {}
        return self.workspace.history(payload)

    def _show_view(self, payload: Json) -> Json:
        broken = self._broken(violations_of_view(payload.get("view")), "invalid_arguments")
        if broken is not None:
            return broken
        return {"ok": True, "view": {**payload["view"], "id": f"V{next(self._numbers):08d}", "hash": "1.a"}}

    def _open_view(self, payload: Json) -> Json:
        """Open a form for a trigger; a form that Slack refuses uses none up."""
        broken = self._broken(violations_of_view(payload.get("view")), "invalid_arguments")
        problem = "" if broken else self.workspace.exchange(payload.get("trigger_id"))
        return broken or (no(problem) if problem else self._show_view(payload))

    def _publish_view(self, payload: Json) -> Json:
        return self._show_view(payload) if payload.get("user_id") else no("invalid_arguments")

    def _prompts(self, payload: Json) -> Json:
        prompts = payload.get("prompts")
        found = []
        if isinstance(prompts, str):
            prompts = json.loads(prompts)
        if not isinstance(prompts, list) or not 1 <= len(prompts) <= 4:
            found.append("assistant.threads.setSuggestedPrompts: not 1 to 4 prompts")
        elif any(set(prompt) != {"title", "message"} or not all(prompt.values()) for prompt in prompts):
            found.append("assistant.threads.setSuggestedPrompts: a prompt without title or message")
        if not payload.get("channel_id"):
            found.append("assistant.threads.setSuggestedPrompts: no channel_id")
        return self._broken(found, "invalid_arguments") or {"ok": True}

    def _complete(self, payload: Json) -> Json:
        callback_id = self.functions[payload["function_execution_id"]]
        found = violations_of_outputs(callback_id, payload.get("outputs"))
        if callback_id == "search":
            found = violations_of_search(payload.get("outputs")) or found
        broken = self._broken(found, "parameter_validation_failed")
        if broken is None:
            del self.executions[payload["function_execution_id"]]
        return broken or {"ok": True}

    def _complete_error(self, payload: Json) -> Json:
        if not isinstance(payload.get("error"), str) or not payload["error"]:
            return self._broken(["functions.completeError: no error"], "invalid_arguments") or {}
        del self.executions[payload["function_execution_id"]]
        return {"ok": True}

    def _present_details(self, payload: Json) -> Json:
        # https://docs.slack.dev/reference/methods/entity.presentDetails: metadata or an error, the reference that the
        # event had, and a trigger that is good once and for as long as others.
        reference, until = self.details.pop(str(payload.get("trigger_id")), ("", 0.0))
        if time.monotonic() > until:
            return no("invalid_trigger_id")
        error, metadata = payload.get("error"), payload.get("metadata")
        if error is not None:
            known = {"restricted", "internal_error", "not_found", "custom", "custom_partial_view", "timeout"}
            wrong = not isinstance(error, dict) or error.get("status") not in known or metadata is not None
            return self._broken(["entity.presentDetails: an unknown error"] * wrong, "invalid_arguments") or {
                "ok": True
            }
        broken = self._broken(violations_of_entity(metadata, posted=False), "invalid_metadata")
        if broken is None and reference not in {"", dict(metadata or {})["external_ref"]["id"]}:
            return no("entity_metadata_does_not_match_trigger")
        return broken or {"ok": True}

    def _unfurl(self, payload: Json) -> Json:
        entities = (payload.get("metadata") or {}).get("entities") or [None]
        found = [one for entity in entities for one in violations_of_entity(entity, posted=True)]
        broken = self._broken(found, "invalid_metadata")
        return broken or self.workspace.preview(payload, [entity["app_unfurl_url"] for entity in entities])

    def _who(self, _payload: Json) -> Json:
        return {
            "ok": True,
            "url": "https://example.slack.com/",
            "team": "Example",
            "team_id": TEAM,
            "user": "signpost",
            "user_id": BOT_USER,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
            **self.workspace.installation,
        }

    def _teams(self, payload: Json) -> Json:
        if not self.workspace.installation.get("is_enterprise_install"):
            self.violations.append("auth.teams.list: the app is not installed for an organisation")
        return self.workspace.teams(payload)

    def _open_connection(self, _payload: Json) -> Json:
        return {"ok": True, "url": f"ws://127.0.0.1:{self.port}/link?ticket={next(self._numbers)}"}

    async def _response(self, request: web.Request) -> web.StreamResponse:
        at = time.monotonic()
        payload, problem = await _read(request)
        if problem:
            self.violations.append(f"response_url: {problem}")
        fault = self._fault("response_url", payload)
        if fault is not None and not fault.done and fault.code:
            return await self._misbehave(request, fault, "response_url", payload, at, "")
        if fault is not None and not fault.code:
            await self._pause(fault)
        url = self._urls.get(request.match_info["name"])
        status, error, shown = 200, "", True
        if url is None or url.expires_at <= at:
            status, error = 404, "expired_url"
        elif url.uses_left <= 0:
            status, error = 404, "used_url"
        else:
            found = violations_of_message(payload, method="response_url")
            if found:
                self.violations.extend(found)
                status, error = 400, "invalid_blocks"
            else:
                url.uses_left -= 1
                shown = self.workspace.responded(url.channel, url.message_ts, payload)
        self._record(Call(method="response_url", payload=payload, at=at, status=status, error=error, shown=shown))
        if fault is not None and fault.code:
            return await self._misbehave(request, fault, "response_url", payload, at, "", record=False)
        return web.json_response({"ok": False, "error": error}, status=status) if error else web.Response(text="ok")

    async def _link(self, request: web.Request) -> web.StreamResponse:
        if self.refuse_sockets:
            return web.Response(status=503)
        websocket = web.WebSocketResponse(autoping=False, autoclose=True, heartbeat=None)
        await websocket.prepare(request)
        socket = Socket(asyncio.get_running_loop(), websocket, self.workspace)
        await websocket.send_json(
            {
                "type": "hello",
                "num_connections": 1,
                "debug_info": {"host": "applink-1", "build_number": 1, "approximate_connection_time": 18_060},
                "connection_info": {"app_id": APP_ID},
            }
        )
        with self._changed:
            self.sockets.append(socket)
            self._changed.notify_all()
        pinging = asyncio.create_task(self._ping(socket, websocket))
        try:
            async for message in websocket:
                await self._frame(socket, websocket, message)
        finally:
            pinging.cancel()
            socket.closed = True
            with self._changed:
                self._changed.notify_all()
        return websocket

    async def _ping(self, socket: Socket, websocket: web.WebSocketResponse) -> None:
        number = 0
        while not websocket.closed:
            await asyncio.sleep(self.socket_ping_s)
            number += 1
            if not socket.silent:
                try:
                    await websocket.ping(f"Ping from applink-1 {number}".encode())
                except ConnectionError:
                    return

    async def _frame(self, socket: Socket, websocket: web.WebSocketResponse, message: Any) -> None:
        if message.type is WSMsgType.PING:
            socket.pings += 1
            if not socket.silent:
                await websocket.pong(message.data)
        elif message.type is WSMsgType.TEXT and not socket.silent:
            frame = json.loads(message.data)
            envelope = str(frame.get("envelope_id"))
            payload = frame.get("payload")
            if isinstance(payload, dict) and ("blocks" in payload or "text" in payload):
                self.violations.extend(violations_of_message(payload, method="ack"))
            with self._changed:
                socket.acks[envelope] = payload or {}
                socket.ack_counts[envelope] = socket.ack_counts.get(envelope, 0) + 1
                self._changed.notify_all()


async def _read(request: web.Request, *, takes_json: bool = True) -> tuple[Json, str]:
    """Read arguments from the query, a form or JSON; values of forms that are JSON are decoded."""
    payload: Json = dict(request.query)
    raw = await request.read()
    kind = request.content_type
    if kind == "application/json":
        if not takes_json:
            return payload, "no JSON is taken here, so that the arguments are lost"
        try:
            given = json.loads(raw.decode("utf-8"))
        except ValueError as error:
            return payload, f"body is not JSON in UTF-8: {error}"
        if not isinstance(given, dict):
            return payload, "body is not an object"
        payload.update(given)
    elif raw:
        payload.update(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
        for name in ("blocks", "view", "metadata", "prompts", "outputs"):
            if isinstance(payload.get(name), str):
                payload[name] = json.loads(payload[name])
    return payload, ""


def _wait(future: Future[Any]) -> None:
    future.result(30)


_METHODS: dict[str, Callable[[FakeSlack, Json], Json]] = {
    "auth.test": FakeSlack._who,
    "auth.teams.list": FakeSlack._teams,
    "chat.postMessage": lambda slack, payload: slack._post(payload, "chat.postMessage"),
    "chat.postEphemeral": FakeSlack._ephemeral,
    "chat.update": FakeSlack._update,
    "conversations.replies": FakeSlack._replies,
    "conversations.history": FakeSlack._history,
    "conversations.info": lambda slack, payload: slack.workspace.channel_info(payload),
    "users.info": lambda slack, payload: slack.workspace.user_info(payload),
    "conversations.open": lambda slack, payload: {
        "ok": True,
        "channel": {"id": slack.workspace.conversation_of(str(payload.get("users")))},
    },
    "views.open": FakeSlack._open_view,
    "views.publish": FakeSlack._publish_view,
    "views.update": FakeSlack._show_view,
    "views.push": FakeSlack._open_view,
    "assistant.threads.setSuggestedPrompts": FakeSlack._prompts,
    "assistant.threads.setStatus": lambda _slack, _payload: {"ok": True},
    "entity.presentDetails": FakeSlack._present_details,
    "chat.unfurl": FakeSlack._unfurl,
    "functions.completeSuccess": FakeSlack._complete,
    "functions.completeError": FakeSlack._complete_error,
    "apps.connections.open": FakeSlack._open_connection,
}
