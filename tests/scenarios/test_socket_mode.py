"""Socket Mode: case 39, and the ways in over a WebSocket."""

import contextlib
import time
from typing import Any

import pytest

from tests.scenarios.conftest import MakeBot
from tests.scenarios.support.bot_process import BotProcess
from tests.scenarios.support.fake_slack import FakeSlack, Socket
from tests.scenarios.support.limits import violations_of_message
from tests.scenarios.support.requests import (
    CHANNEL,
    button,
    click,
    command_fields,
    event_envelope,
    function_executed,
    mention,
    unique,
    urls_shown,
)

pytestmark = pytest.mark.slow

POLICY = "network policy"
ARGUMENTS = ("--mode", "socket")
SETTINGS = {"SLACK_SIGNING_SECRET": ""}


def envelope(kind: str, payload: Any, **fields: Any) -> dict[str, Any]:
    """Return a Socket Mode envelope."""
    accepts = kind in {"slash_commands", "interactive"}
    return {
        "envelope_id": unique("env-"),
        "type": kind,
        "payload": payload,
        "accepts_response_payload": accepts,
        **({"retry_attempt": 0, "retry_reason": ""} if kind == "events_api" else {}),
        **fields,
    }


def deliver(slack: FakeSlack, socket: Socket, frame: dict[str, Any]) -> dict[str, Any]:
    """Send an envelope, and return the payload of its acknowledgement."""
    socket.send(frame)
    identity = frame["envelope_id"]
    slack.wait_for(lambda: identity in socket.acks, what=f"the acknowledgement of {identity}")
    return socket.acks[identity]


@pytest.fixture
def socket(bot: BotProcess, slack: FakeSlack) -> Socket:
    """Return the bot's newest open connection, once it is ready."""
    bot.wait_ready()
    slack.wait_for(lambda: [s for s in slack.sockets if not s.closed and not s.silent], what="a connection")
    return [one for one in slack.sockets if not one.closed and not one.silent][-1]


def check_works(bot: BotProcess, slack: FakeSlack, socket: Socket) -> None:
    """Check that a command over this connection is answered."""
    answer = deliver(slack, socket, envelope("slash_commands", command_fields(slack, POLICY)))
    assert "example.org" in answer["text"]


def test_a_command_is_answered_in_the_acknowledgement(bot: BotProcess, slack: FakeSlack, socket: Socket) -> None:
    """The same answer as over HTTP."""
    answer = deliver(slack, socket, envelope("slash_commands", command_fields(slack, POLICY)))
    assert violations_of_message(answer, method="ack") == []
    assert [url for url in urls_shown(answer["blocks"]) if "example.org" in url]
    assert answer.get("response_type", "ephemeral") == "ephemeral"


def test_a_mention_is_answered_in_its_thread(slack: FakeSlack, socket: Socket) -> None:
    """Acknowledged without a payload."""
    event = mention(POLICY)
    deliver(slack, socket, envelope("events_api", event_envelope(event)))
    (post,) = slack.wait_for_posts()
    assert (post["channel"], post["thread_ts"]) == (CHANNEL, event["ts"])


def test_a_click_is_acknowledged_and_acted_on(slack: FakeSlack, socket: Socket) -> None:
    """Share, from the answer of a command."""
    answer = deliver(slack, socket, envelope("slash_commands", command_fields(slack, POLICY)))
    deliver(slack, socket, envelope("interactive", click(slack, button(answer, "share"), shown=answer)))
    slack.wait_for_posts()


def test_a_search_is_completed_before_it_is_acknowledged_and_a_step_after(slack: FakeSlack, socket: Socket) -> None:
    """Slack shows results that it has by then; a workflow waits by itself."""
    held = slack.fail("functions.completeSuccess", held=True)
    user = {"id": "U0ASKER", "secret": "s"}
    search = envelope(
        "events_api", event_envelope(function_executed(slack, "search", {"query": POLICY, "user_context": user}))
    )
    socket.send(search)
    slack.wait_for_call("functions.completeSuccess")
    assert search["envelope_id"] not in socket.acks
    slack.faults.remove(held)
    slack.wait_for(lambda: search["envelope_id"] in socket.acks)
    slack.fail("functions.completeSuccess", held=True)
    deliver(
        slack,
        socket,
        envelope("events_api", event_envelope(function_executed(slack, "find_links", {"question": POLICY}))),
    )
    slack.faults.clear()
    slack.wait_for_call("functions.completeSuccess", 2)
    assert not slack.executions


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "event_callback", "event": {"type": "nobody"}},
        {"type": "event_callback", "event": None},
        {"type": "x"},
        None,
        [],
    ],
    ids=str,
)
def test_what_nobody_takes_is_acknowledged(slack: FakeSlack, socket: Socket, payload: Any) -> None:
    """Otherwise Slack would deliver it again and again."""
    deliver(slack, socket, envelope("events_api", payload))


def test_odd_frames_change_nothing(bot: BotProcess, slack: FakeSlack, socket: Socket) -> None:
    """No JSON, no object, no type, no id, types of tomorrow."""
    for text in ("", "{", "null", "[]", "3", "{}", '{"type": "tomorrow"}', '{"type": "events_api"}', "[" * 10_000):
        socket.send_text(text)
    socket.send(envelope("tomorrow", {"x": 1}))
    check_works(bot, slack, socket)


def test_case_39_a_duplicate_envelope_is_handled_once(slack: FakeSlack, socket: Socket) -> None:
    """Case 39: acknowledged twice, answered once; also when Slack marks it as a retry with another envelope id."""
    frame = envelope("events_api", event_envelope(mention(POLICY)))
    deliver(slack, socket, frame)
    slack.wait_for_posts()
    socket.send(frame)
    deliver(slack, socket, {**frame, "envelope_id": unique("env-"), "retry_attempt": 1, "retry_reason": "timeout"})
    slack.wait_for(lambda: socket.ack_counts[frame["envelope_id"]] == 2, what="the second acknowledgement")
    slack.stays_quiet(count=1)


@pytest.mark.parametrize("reason", ["warning", "refresh_requested"])
def test_case_39_a_connection_that_will_go_is_replaced_before_it_goes(
    bot: BotProcess, slack: FakeSlack, socket: Socket, reason: str
) -> None:
    """Case 39: the new one is up while the old one still delivers: no loss, no double, health green all the time."""
    count = len(slack.sockets)
    socket.disconnect(reason)
    fresh = slack.wait_for_socket(count + 1)
    frame = envelope("events_api", event_envelope(mention(POLICY)))
    deliver(slack, socket, frame)
    deliver(slack, fresh, {**frame, "envelope_id": unique("env-")})
    slack.wait_for_posts()
    slack.stays_quiet(count=1)
    assert bot.get("/readyz").status == 200
    socket.close()
    check_works(bot, slack, fresh)
    time.sleep(0.3)
    assert len(slack.sockets) == count + 1


def test_case_39_a_closed_connection_is_opened_again(bot: BotProcess, slack: FakeSlack, socket: Socket) -> None:
    """Case 39: closed by Slack without a word before, or cut."""
    for end in (Socket.close, Socket.abort):
        count = len(slack.sockets)
        end(socket)
        fresh = slack.wait_for_socket(count + 1)
        bot.wait_ready()
        check_works(bot, slack, fresh)
        socket = fresh


def test_case_39_no_network_means_backoff_and_red_health(bot: BotProcess, slack: FakeSlack, socket: Socket) -> None:
    """Case 39: `apps.connections.open` cannot be reached, then Slack is back."""
    slack.fail("apps.connections.open", reset=True, times=None)
    slack.calls.clear()
    count = len(slack.sockets)
    socket.abort()
    bot.wait_ready(ready=False)
    slack.wait_for_call("apps.connections.open", 4)
    times = [call.at for call in slack.calls_of("apps.connections.open")]
    assert times[1] - times[0] > 0.2, "no pause between attempts"
    # Half a second, one, two, each a quarter more or less.
    assert times[3] - times[2] > 1.2, "pauses do not grow"
    slack.faults.clear()
    fresh = slack.wait_for_socket(count + 1)
    bot.wait_ready()
    check_works(bot, slack, fresh)


def test_case_39_a_refused_websocket_is_tried_again(bot: BotProcess, slack: FakeSlack, socket: Socket) -> None:
    """Case 39: the URL is given, the connection is not."""
    count = len(slack.sockets)
    slack.refuse_sockets = True
    slack.calls.clear()
    socket.close()
    slack.wait_for_call("apps.connections.open", 2)
    slack.refuse_sockets = False
    check_works(bot, slack, slack.wait_for_socket(count + 1))


def test_case_39_a_half_open_connection_is_noticed(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Case 39: nothing comes and nothing is closed: pings without an answer lead to a new connection."""
    count = len(slack.sockets)
    bot = make_bot(arguments=ARGUMENTS, SOCKET_PING_S="0.5")
    slack.wait_for_socket(count + 1).silent = True
    slack.wait_for(lambda: len(slack.sockets) > count + 1 and not slack.sockets[-1].silent, what="a new connection")

    def answered() -> bool:
        # Where the machine is busy, one that works may be taken for half open, too; then there is another one.
        newest = slack.sockets[-1]
        frame = envelope("slash_commands", command_fields(slack, POLICY))
        with contextlib.suppress(ConnectionError):
            newest.send(frame)
        slack.wait_for(lambda: newest.closed or newest is not slack.sockets[-1] or frame["envelope_id"] in newest.acks)
        return frame["envelope_id"] in newest.acks

    bot.wait_until(answered, what="a command over the new connection")
    bot.wait_ready()


def test_case_39_a_slow_search_over_the_socket_is_acknowledged_in_time(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Six slow ones do not hold up the seventh, are acknowledged while they last, and the slow answers follow."""
    seen = len(slack.sockets)
    bot = make_bot(arguments=ARGUMENTS, SEARCH_DEADLINE_S="0.5")
    socket = slack.wait_for_socket(seen + 1)
    bot.script({"contains": "slowly", "held": True})
    slow = [envelope("slash_commands", command_fields(slack, f"slowly {POLICY}")) for _ in range(6)]
    for frame in slow:
        socket.send(frame)
    answer = deliver(slack, socket, envelope("slash_commands", command_fields(slack, POLICY)))
    late = 0 if "example.org" in answer["text"] else len(slack.wait_for_call("response_url"))
    slack.wait_for(lambda: all(frame["envelope_id"] in socket.acks for frame in slow))
    bot.script()
    slack.wait_for_call("response_url", late + 6)


def test_case_39_an_answer_whose_connection_has_gone_is_sent_otherwise(
    bot: BotProcess, slack: FakeSlack, socket: Socket
) -> None:
    """Case 39: the connection is cut while the search runs: the answer comes through the response URL, once.

    The search ends before its deadline: what is answered after that comes through the response URL in any case.
    """
    bot.script({"contains": "slowly", "held": True})
    socket.send(envelope("slash_commands", command_fields(slack, f"slowly {POLICY}")))
    bot.wait_until(lambda: "signpost_work 0.0" not in bot.get("/metrics").text, what="the search")
    socket.abort()
    slack.wait_for(lambda: socket.closed, what="the end of the connection")
    bot.script()
    (post,) = slack.wait_for_posts()
    assert "example.org" in post["text"]
    slack.stays_quiet(count=1)


@pytest.mark.parametrize("reason", ["link_disabled", "too_many_websockets"])
def test_case_39_what_only_a_person_can_mend_is_an_alert_and_no_loop(
    make_bot: MakeBot, slack: FakeSlack, reason: str
) -> None:
    """Case 39: an error in the log, health red with the reason, no storm of connections, the process up."""
    seen = len(slack.sockets)
    bot = make_bot(arguments=ARGUMENTS)
    own = slack.wait_for_socket(seen + 1)
    slack.calls.clear()
    own.disconnect(reason)
    own.close()
    bot.wait_ready(ready=False)
    assert reason in bot.get("/readyz").text
    time.sleep(1.2)
    assert not slack.calls_of("apps.connections.open"), "connected again without a person's help"
    assert any(line["level"] in {"error", "critical"} and reason in str(line) for line in bot.log_lines())
    assert bot.get("/healthz").status == 200
    bot.stop()


def test_a_refused_app_token_is_told_by_health(make_bot: MakeBot, slack: FakeSlack) -> None:
    """The bot is up and red."""
    slack.fail("apps.connections.open", error="invalid_auth", times=None)
    bot = make_bot(start=False, arguments=ARGUMENTS).launch()
    slack.wait_for_call("apps.connections.open")
    bot.wait_ready(ready=False)
    assert "SLACK_APP_TOKEN" in bot.get("/readyz").text
    bot.stop()


def test_http_takes_no_events_in_socket_mode(bot: BotProcess, socket: Socket) -> None:
    """Health and metrics are there, the events' path is not."""
    assert bot.get("/metrics").status == 200
    assert bot.caller().command(POLICY).status in {404, 405}


def test_sigterm_in_socket_mode_drains(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Case 40 over the socket: a running command is acknowledged and answered before the end."""
    seen = len(slack.sockets)
    bot = make_bot(arguments=ARGUMENTS)
    own = slack.wait_for_socket(seen + 1)
    bot.script({"contains": "slowly", "delay_s": 1.5})
    event = envelope("events_api", event_envelope(mention(f"slowly {POLICY}")))
    deliver(slack, own, event)
    bot.stop()
    assert len(slack.posts()) == 1
