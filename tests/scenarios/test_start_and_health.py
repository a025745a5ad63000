"""Starting, being watched and ending: cases 34, 35 and 40, settings, health, metrics, logs, SIGTERM."""

import contextlib
import json
import re
import resource
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from bot.store.hashing import claim_hash
from tests.scenarios.conftest import MakeBot, check_log
from tests.scenarios.support.bot_process import SIGNPOST, BotProcess, free_port
from tests.scenarios.support.fake_slack import FakeSlack
from tests.scenarios.support.requests import SIGNING_SECRET, Caller, direct_message, function_executed, mention

POLICY = "network policy"
BOT_LINE = re.compile(r"^signpost: .+$")
pytestmark = pytest.mark.slow

LOCKER = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("begin immediate")
print("locked", flush=True)
sys.stdin.readline()
database.execute("rollback")
"""


def refuse(make_bot: MakeBot, **settings: str) -> str:
    """Start a bot that must not start, and return the one line that it says."""
    bot = make_bot(start=False, **settings)
    before = len(bot.log_text())
    code = bot.launch().wait_for_exit()
    said = bot.log_text()[before:]
    assert code > 0, "ended by a signal" if code < 0 else said
    assert "Traceback" not in said
    (line,) = [line for line in said.splitlines() if not line.startswith("{")]
    assert BOT_LINE.match(line)
    return line


# Case 35


def test_case_35_every_missing_or_bad_setting_is_in_one_line(make_bot: MakeBot) -> None:
    """Case 35: all of them at once, by the names of their variables, and no secret's value."""
    line = refuse(
        make_bot,
        SLACK_BOT_TOKEN="",
        SLACK_SIGNING_SECRET="",
        SLACK_API_URL="ftp://nowhere",
        PORT="99999",
        ANSWER_LINKS="many",
        CURATORS="bob",
        SLACK_CHANNELS="{not json",
    )
    for name in ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_API_URL", "PORT", "ANSWER_LINKS", "CURATORS"):
        assert name in line
    assert "SLACK_CHANNELS" in line


def test_case_35_an_empty_signing_secret_stops_the_start(make_bot: MakeBot) -> None:
    """Case 35: it would make every signature easy to forge."""
    assert "SLACK_SIGNING_SECRET" in refuse(make_bot, SLACK_SIGNING_SECRET="   ")


def test_case_35_a_token_of_the_wrong_kind_is_not_repeated(make_bot: MakeBot) -> None:
    """Case 35: the line says which setting, never its value."""
    line = refuse(make_bot, SLACK_BOT_TOKEN="xapp-1-swapped-with-the-other")
    assert "SLACK_BOT_TOKEN" in line
    assert "swapped" not in line


def test_case_35_a_token_that_slack_refuses_stops_the_start(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Case 35: the reason is Slack's word."""
    slack.token = "xoxb-another"
    line = refuse(make_bot)
    assert "SLACK_BOT_TOKEN" in line
    assert "invalid_auth" in line


def test_case_35_no_network_stops_the_start(make_bot: MakeBot) -> None:
    """Case 35: one line that names the host, not a trace of the client library."""
    line = refuse(make_bot, SLACK_API_URL=f"http://127.0.0.1:{free_port()}/api/")
    assert "127.0.0.1" in line
    assert "Slack" in line
    nowhere = refuse(make_bot, SLACK_API_URL="http://slack.invalid/api/")
    assert "slack.invalid" in nowhere


def test_case_35_a_store_that_cannot_be_opened_is_told_and_stops_no_answer(make_bot: MakeBot, tmp_path: Path) -> None:
    """Case 35: the store's own reason in the health report; the file of whoever named it stays as it is."""
    broken = tmp_path / "broken.sqlite3"
    broken.write_bytes(b"this is no database " * 500)
    bot = make_bot(start=False, STORE_URL=f"sqlite:///{broken}").start(path="/healthz")
    assert "not a database" in bot.wait_ready(ready=False)["parts"]["store"]["detail"]
    assert broken.read_bytes() == b"this is no database " * 500
    bot.stop()


def test_case_35_a_port_in_use_stops_the_start(make_bot: MakeBot) -> None:
    """Case 35: the address is named."""
    first = make_bot()
    port = first.environment["PORT"]
    line = refuse(make_bot, PORT=port)
    assert port in line
    first.stop()


def test_settings_come_from_a_dotenv_file_and_the_environment_wins(
    make_bot: MakeBot, slack: FakeSlack, tmp_path: Path
) -> None:
    """`.env` in the working folder fills what the environment does not say."""
    (tmp_path / ".env").write_text(
        f"SLACK_SIGNING_SECRET={SIGNING_SECRET}\nSLACK_COMMAND=/find\nSLACK_BOT_TOKEN=xoxb-no\n"
    )
    bot = make_bot(SLACK_SIGNING_SECRET="")
    reply = bot.caller().command("help", command="/find")
    assert reply.status == 200
    assert "/find" in reply.text
    bot.stop()


def test_help_names_every_setting() -> None:
    """`signpost serve --help` is where people look first."""
    done = subprocess.run([SIGNPOST, "serve", "--help"], capture_output=True, text=True, timeout=120, check=True)
    for name in (
        "SLACK_BOT_TOKEN",
        "SLACK_SIGNING_SECRET",
        "SLACK_APP_TOKEN",
        "SLACK_API_URL",
        "STORE_QUESTIONS",
        "PORT",
    ):
        assert name in done.stdout


# Health, metrics, logs


def test_health_is_green_and_says_what_it_looked_at(bot: BotProcess) -> None:
    """`/readyz` names the parts."""
    assert bot.get("/healthz").status == 200
    report = bot.get("/readyz")
    assert report.status == 200
    for part in ("index", "token"):
        assert part in report.text


def test_metrics_are_what_prometheus_reads(bot: BotProcess, caller: Caller) -> None:
    """Questions, answered share, latency, Slack errors, index version; nothing of what was asked."""
    caller.command("network policy zanzibarquux")
    caller.command("zzz qqqq")
    reply = bot.get("/metrics")
    assert reply.status == 200
    assert reply.headers.get("content-type", "").startswith("text/plain")
    for name in (
        'signpost_questions_total{outcome="answered",surface="command"}',
        'signpost_questions_total{outcome="nothing",surface="command"}',
        "signpost_answered_share",
        "signpost_answer_seconds_bucket",
        "# TYPE signpost_slack_errors_total counter",
        'signpost_index{version="test-1"} 1.0',
    ):
        assert name in reply.text
    assert "zanzibarquux" not in reply.text


def test_logs_hold_no_question_no_token_and_no_response_url(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Whatever goes well or wrong."""
    word = "zanzibarquux"
    bot.script({"contains": "raise", "raises": "RuntimeError"})
    slack.fail("chat.postMessage", error="not_in_channel", times=3)
    for text in (word, f"raise {word}", f"{POLICY} {word}"):
        caller.command(text)
        caller.mention(text)
        caller.event(direct_message(text))
    bot.wait_idle()
    assert word not in bot.log_text()
    check_log(bot)


def test_no_slack_page_without_web_mode(caller: Caller) -> None:
    """The page of mode web is not served beside Slack."""
    assert caller.get("/").status == 404


def test_mode_web_needs_no_slack(make_bot: MakeBot, slack: FakeSlack) -> None:
    """The page and its endpoint answer from the same index, and no call goes to Slack."""
    tokens = {"SLACK_BOT_TOKEN": "", "SLACK_SIGNING_SECRET": "", "SLACK_APP_TOKEN": ""}
    bot = make_bot(arguments=("--mode", "web"), **tokens)
    page = bot.get("/?q=network+policy+%3Cscript%3Ealert(1)%3C/script%3E")
    assert page.status == 200
    assert "https://example.org/" in page.text
    assert "<script>alert" not in page.text
    row = bot.get("/api/ask?q=network+policy").json
    assert row["answered"]
    assert row["results"][0]["url"].startswith("https://example.org/")
    assert bot.get("/api/ask").status == 400
    hostile = bot.get("/?q=hostile")
    assert "javascript:" not in hostile.text
    assert bot.caller().command("network policy").status in {404, 405}
    bot.script({"contains": "", "raises": "RuntimeError"})
    failed = bot.get("/api/ask?q=network+policy")
    assert failed.status == 503
    assert re.search(r"\b[0-9a-f]{8}\b", failed.text)
    assert slack.calls_of() == []
    bot.stop()


# Case 34


def test_case_34_a_token_revoked_live_turns_health_red_and_the_process_stays(
    bot: BotProcess, caller: Caller, slack: FakeSlack
) -> None:
    """Case 34: commands are answered all the same; a new token's first success turns it green again."""
    slack.token = ""
    caller.mention(POLICY)
    bot.wait_ready(ready=False)
    assert "token" in bot.get("/readyz").text
    assert bot.get("/healthz").status == 200
    assert b"example.org" in caller.command(POLICY).body
    slack.forget()
    caller.mention(POLICY)
    slack.wait_for_posts()
    bot.wait_ready()


def test_case_34_slack_tells_that_the_app_was_removed(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 34: red at once, before any call has failed; green when a call succeeds after all."""
    events: tuple[dict[str, Any], ...] = (
        {"type": "tokens_revoked", "tokens": {"oauth": ["U0X"], "bot": ["U0SIGNPOST"]}},
        {"type": "app_uninstalled"},
    )
    for number, event in enumerate(events, start=1):
        assert caller.event(event).status == 200
        bot.wait_ready(ready=False)
        caller.mention(POLICY)
        slack.wait_for_posts(number)
        bot.wait_ready()


def test_case_34_a_revoked_token_is_not_tried_in_a_loop(bot: BotProcess, caller: Caller, slack: FakeSlack) -> None:
    """Case 34: one attempt for a message, no retries."""
    slack.fail("chat.postMessage", error="token_revoked", times=None)
    slack.fail("chat.postEphemeral", error="token_revoked", times=None)
    caller.mention(POLICY)
    slack.wait_for_call("chat.postMessage")
    time.sleep(1.0)
    assert len(slack.calls_of("chat.postMessage", "chat.postEphemeral")) <= 2
    slack.forget()
    caller.mention(POLICY)
    slack.wait_for_posts()
    bot.wait_ready()


# Case 40: the end


def test_case_40_sigterm_drains_what_runs(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Case 40: slow searches and a slow Slack are waited for, new requests are not taken, exit 0 in 10 s."""
    bot = make_bot()
    caller = bot.caller()
    bot.script({"contains": "slowly", "delay_s": 1.0})
    slack.fail("chat.postMessage", delay_s=1.0, times=None)
    for number in range(4):
        assert caller.mention(f"slowly {POLICY}", channel=f"C0END{number}").status == 200
    bot.stop()
    assert len(slack.posts()) == 4
    assert "unfinished" not in json.dumps([line for line in bot.log_lines() if line.get("unfinished")])


@pytest.mark.alone
def test_sigterm_when_nothing_ends_is_in_time(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Whoever runs it ends it after ten seconds: a search hangs, a message waits, and the limits are those that ship."""
    bot = make_bot(
        limits={"DRAIN_WITHIN_S": 8.5, "DRAIN_TIMEOUT_S": 5.0, "LEAVE_TIMEOUT_S": 2.0, "CLOSE_WITHIN_S": 3.0}
    )
    slack.fail("chat.postMessage", status=429, headers={"Retry-After": "250"}, times=None)
    bot.script({"contains": "slowly", "held": True})
    for text in (POLICY, f"slowly {POLICY}"):
        assert bot.caller().mention(text).status == 200
    slack.wait_for_call("chat.postMessage")
    assert bot.stop() < 10.0


@pytest.mark.alone
def test_sigterm_when_idle_is_quick(make_bot: MakeBot) -> None:
    """Nothing to wait for, also with an open keep-alive connection."""
    bot = make_bot()
    assert bot.stop() < 4.0


def test_sigint_ends_like_sigterm(make_bot: MakeBot) -> None:
    """Ctrl-C in a terminal."""
    bot = make_bot()
    assert bot.process is not None
    bot.process.send_signal(signal.SIGINT)
    assert bot.wait_for_exit() == 0


def test_sighup_reads_the_settings_again(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Without a gap for those who ask meanwhile, and what runs is finished; wrong settings change nothing."""
    bot = make_bot()
    caller = bot.caller()
    assert bot.process is not None

    def reload(settings: str, told: str) -> None:
        (bot.folder / ".env").write_text(settings)
        bot.process.send_signal(signal.SIGHUP)  # type: ignore[union-attr]

        def asked_meanwhile() -> bool:
            assert b"example.org" in caller.command(POLICY).body
            assert bot.get("/healthz").status == 200
            return told in bot.log_text()

        bot.wait_until(asked_meanwhile, what=told)

    def links() -> int:
        return caller.command(POLICY).text.count("open_link")

    bot.script({"contains": "slowly", "delay_s": 1.0})
    assert caller.mention(f"slowly {POLICY}").status == 200
    assert links() > 1
    reload("ANSWER_LINKS=1", "the settings were read again")
    assert links() == 1
    slack.wait_for_posts()
    reload("ANSWER_LINKS=many", "the bot goes on with the settings of before")
    assert "ANSWER_LINKS" in bot.log_text()
    assert links() == 1
    bot.wait_ready()
    bot.stop()


def test_sigterm_during_the_start(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Slack is slow to say who the token is: the bot leaves all the same."""
    slack.fail("auth.test", held=True)
    bot = make_bot(start=False).launch()
    slack.wait_for(lambda: not slack.faults or slack.faults[0].times == 0, what="auth.test is asked")
    bot.stop()


# Case 40: the store


def store_file(bot: BotProcess) -> Path:
    """Return the file of a bot's store."""
    return bot.folder / "store.sqlite3"


def answers_without_its_store(bot: BotProcess, slack: FakeSlack) -> None:
    """Check that a command and a mention get their links, one that comes again does not, and that the health is red."""
    caller, posts = bot.caller(), len(slack.posts())
    reply = caller.command(POLICY)
    assert b"example.org" in reply.body
    event = mention(POLICY)
    for _ in range(2):
        assert caller.event(event).status == 200
    assert "example.org" in str(slack.wait_for_posts(posts + 1)[-1]["blocks"])
    bot.wait_ready(ready=False)
    assert bot.get("/healthz").status == 200
    assert caller.event(event).status == 200
    slack.stays_quiet(count=posts + 1)


def rows(bot: BotProcess, table: str) -> int:
    """Return how many rows a table has."""
    with contextlib.closing(sqlite3.connect(store_file(bot))) as database:
        (count,) = database.execute(f"select count(*) from {table}").fetchone()
    return int(count)


def test_case_40_no_trouble_of_the_store_stops_an_answer(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Case 40: locked, full, removed. What came meanwhile is not kept, and it heals by itself."""
    bot = make_bot(limits={"BUSY_TIMEOUT_S": 0.4})
    caller = bot.caller()
    caller.mention(POLICY)
    slack.wait_for_posts()
    bot.wait_until(lambda: rows(bot, "answers") == 1, what="its answer in the store")
    bot.wait_idle()
    locker = subprocess.Popen(
        [Path(SIGNPOST).parent / "python", "-c", LOCKER, store_file(bot)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert locker.stdout is not None
    assert locker.stdout.readline() == "locked\n"
    answers_without_its_store(bot, slack)
    locker.communicate("go\n", timeout=60)
    bot.wait_ready()

    soft, hard = resource.prlimit(bot.pid, resource.RLIMIT_FSIZE)
    log_size = bot.log_path.stat().st_size
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (log_size + 8_000, hard))
    answers_without_its_store(bot, slack)
    resource.prlimit(bot.pid, resource.RLIMIT_FSIZE, (soft, hard))
    bot.wait_ready()
    kept = rows(bot, "answers")

    store_file(bot).unlink()
    bot.wait_until(lambda: "has gone" in bot.log_text(), what="the loss of the store in the log")
    bot.wait_ready()
    assert b"example.org" in caller.command(POLICY).body
    assert kept == 1
    bot.wait_until(lambda: rows(bot, "answers") == 1, what="the command's answer in the store")
    assert store_file(bot).stat().st_mode & 0o777 == 0o600
    errors = {line["message"].partition(" ")[0] for line in bot.log_lines() if line["level"] == "error"}
    assert errors == {"store"}  # and no answer has failed
    check_log(bot)
    bot.stop()


def test_a_store_that_is_away_at_the_start_stops_no_answer(make_bot: MakeBot, slack: FakeSlack) -> None:
    """The bot starts red, answers, and takes the store up when it is there."""
    bot = make_bot(start=False)
    bot.folder.mkdir(exist_ok=True)
    store_file(bot).mkdir()
    bot.start(path="/healthz")
    answers_without_its_store(bot, slack)
    store_file(bot).rmdir()
    bot.wait_ready()
    assert bot.caller().command(POLICY).status == 200
    bot.wait_until(lambda: rows(bot, "answers") == 1, what="the command's answer in the store")
    bot.stop()


def test_case_40_a_mention_that_was_acknowledged_survives_sigkill(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Case 40: the next process answers it once; one whose answer is in the thread, or comes again, is not answered twice.

    Of those that are kept one was answered already, and one is what three processes have died with: it waits.
    """
    first = make_bot()
    first.script({"contains": "slowly", "held": True})
    slowly, quick = (mention(f"{word} {POLICY}") for word in ("slowly", "quick"))
    ids = {"slowly": "Ev0KILL1", "quick": "Ev0KILL2"}
    for event, name in ((slowly, "slowly"), (quick, "quick")):
        slack.add_message(event["channel"], event["ts"], event["text"])
        assert first.caller().event(event, event_id=ids[name]).status == 200
    slack.wait_for_posts()
    first.wait_until(lambda: rows(first, "unanswered") == 1, what="one mention without an answer")
    first.kill()
    first.script()
    with contextlib.closing(sqlite3.connect(store_file(first))) as database:
        (payload,) = database.execute("select payload from unanswered").fetchone()
        for event, tries in ((quick, 0), (mention(POLICY), 3)):
            row = json.dumps({**json.loads(payload), "event": event})
            key = claim_hash(f"message:{event['channel']}:{event['ts']}")
            database.execute("insert into unanswered values (?, ?, '', ?, 0, 0)", (key, row, tries))
        database.commit()
    second = make_bot()
    assert slack.wait_for_posts(2)[-1]["thread_ts"] == slowly["ts"]
    for event, name in ((slowly, "slowly"), (quick, "quick")):
        assert second.caller().event(event, event_id=ids[name]).status == 200
    slack.stays_quiet(count=2)
    second.wait_until(lambda: rows(second, "unanswered") == 1, what="nothing without an answer but what is suspected")
    assert "perhaps for the second time" not in second.log_text()
    second.stop()


def test_case_40_an_answer_that_is_on_its_way_at_sigkill_is_not_given_twice(
    make_bot: MakeBot, slack: FakeSlack
) -> None:
    """Case 40: Slack shows it only after the next process has looked for it."""
    first = make_bot()
    fault = slack.fail("chat.postMessage", late_s=1e9)
    event = mention(POLICY)
    slack.add_message(event["channel"], event["ts"], event["text"])
    assert first.caller().event(event, event_id="Ev0LATE").status == 200
    first.wait_until(lambda: fault.times == 0, what="the answer on its way")
    first.kill()
    second = make_bot()
    slack.wait_for_call("conversations.replies")
    slack.stays_quiet(count=0)
    assert rows(second, "unanswered") == 1
    second.kill()


def test_a_step_of_a_workflow_survives_sigkill(make_bot: MakeBot, slack: FakeSlack) -> None:
    """The event was acknowledged, so Slack sends it never again; the next process completes it, once."""
    first = make_bot()
    slack.fail("functions.completeSuccess", status=503, times=None)
    event = function_executed(slack, "find_links", {"question": POLICY})
    assert first.caller().event(event, event_id="Ev0STEP").status == 200
    slack.wait_for_call("functions.completeSuccess", 2)
    first.kill()
    assert rows(first, "unanswered") == 1
    slack.faults.clear()
    second = make_bot()
    slack.wait_for(lambda: not slack.executions, what="the end of the step")
    assert second.caller().event(event, event_id="Ev0STEP").status == 200
    second.wait_until(lambda: rows(second, "unanswered") == 0, what="nothing without an end")
    assert [call.done for call in slack.calls_of("functions.completeSuccess")].count(True) == 1
    assert "xwfp" not in second.log_text()
    second.stop()


def test_case_40_a_clock_jump_answers_nothing_twice(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Case 40: the machine's clock jumps a day, both ways, between a mention and its retry; new ones are answered.

    Before the retry that comes after the jump ahead, the bot is also started anew.
    """
    bot = make_bot()
    events = [(mention(POLICY), "Ev0JUMP0")]
    bot.caller().event(events[0][0], event_id="Ev0JUMP0")
    slack.wait_for_posts()
    for jump_s in (25 * 3600, -25 * 3600):
        bot.script({"clock_s": jump_s})
        if jump_s > 0:
            bot.stop()
            bot = make_bot()
        how = {"timestamp": str(int(time.time()) + jump_s)}
        for event, event_id in events:
            assert bot.caller().event(event, event_id=event_id, how=how).status == 200
        slack.stays_quiet(count=len(events))
        events.append((mention(POLICY), f"Ev0JUMP{jump_s}"))
        assert bot.caller().event(events[-1][0], event_id=events[-1][1], how=how).status == 200
        slack.wait_for_posts(len(events))
    bot.stop()


def test_a_restart_answers_nothing_twice(make_bot: MakeBot, slack: FakeSlack) -> None:
    """Keys outlive the process: after an orderly end, and after SIGKILL."""
    first = make_bot()
    events = [(mention(POLICY), f"Ev0RESTART{number}") for number in range(2)]
    first.caller().event(events[0][0], event_id=events[0][1])
    slack.wait_for_posts()
    first.stop()
    second = make_bot()
    second.caller().event(events[1][0], event_id=events[1][1])
    slack.wait_for_posts(2)
    second.kill()
    third = make_bot()
    for event, event_id in events:
        assert third.caller().event(event, event_id=event_id).status == 200
    slack.stays_quiet(count=2)
    third.stop()


def test_question_text_is_kept_only_when_it_is_wanted(make_bot: MakeBot) -> None:
    """`STORE_QUESTIONS` is off by default: then no file of the store holds what was asked, nor does `signpost gaps`."""
    for wanted, asked in (("", 3), ("true", 6)):
        bot = make_bot(STORE_QUESTIONS=wanted)
        for _ in range(3):
            bot.caller().command("zanzibarquux manual")
        bot.caller().command(POLICY)
        bot.stop()
        held = b"".join(path.read_bytes() for path in bot.folder.glob("store.sqlite3*"))
        assert (b"zanzibarquux" in held) is bool(wanted)
        gaps = subprocess.run(
            [SIGNPOST, "gaps", "--json"],
            env=bot.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=bot.folder,
        )
        assert gaps.returncode in {0, 1}, gaps.stderr
        assert f'"count": {asked}' in gaps.stdout
        assert ("zanzibarquux manual" in gaps.stdout) is bool(wanted)
        assert POLICY not in gaps.stdout
