"""Kills the bot under load and looks for mentions that were acknowledged and are lost, or are answered twice.

    python -m tests.bench.bench_lost [--kills N] [--seed N]

Mentions come over HTTP from several senders, which deliver again what was not acknowledged, as Slack does: three times, but
after fractions of a second in place of minutes. Each process is killed by SIGKILL at a random moment, also while it starts.
The last one is left alone; then each mention that was acknowledged must have one answer in its thread. Searches are scripted
and take some milliseconds, everything else is the real bot, its store a file. The exit code is 1 when a mention is lost or
answered twice.
"""

import argparse
import contextlib
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.scenarios.support.bot_process import BotProcess, environment
from tests.scenarios.support.fake_slack import FakeSlack
from tests.scenarios.support.requests import mention, unique

KILLS: Final = 200
SENDERS: Final = 6
#: Seconds until Slack delivers again; it takes 0, 60 and 300.
RETRIES_S: Final = (0.0, 0.5, 2.0)
PAUSE_S: Final = 0.05
#: A process is killed up to so many seconds after it was ready; one in so many while it starts.
LONGEST_S: Final = 0.8
WHILE_STARTING: Final = 8
SEARCH_S: Final = 0.05
AT_THE_END_S: Final = 240.0


@dataclass(slots=True)
class Sent:
    """What the senders know."""

    acknowledged: set[str] = field(default_factory=set)
    refused: int = 0
    again: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def deliver(bot: BotProcess, event: dict[str, Any], sent: Sent) -> None:
    """Deliver a mention until it is acknowledged, at most four times."""
    event_id, caller = unique("Ev0"), bot.caller(timeout_s=3.0)
    for number, pause_s in enumerate((None, *RETRIES_S)):
        extra = {}
        if pause_s is not None:
            time.sleep(pause_s)
            sent.again += 1
            extra = {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": "http_error"}
        with contextlib.suppress(OSError):
            if caller.event(event, event_id=event_id, how={"extra": extra}).status == 200:
                with sent.lock:
                    sent.acknowledged.add(event["ts"])
                return
    sent.refused += 1


def send(bot: BotProcess, slack: FakeSlack, sent: Sent, stop: threading.Event, channel: str) -> None:
    """Send mentions until told to stop, in a channel whose history can be read."""
    while not stop.is_set():
        event = mention("network policy", channel=channel)
        slack.add_message(channel, event["ts"], event["text"])
        deliver(bot, event, sent)
        time.sleep(PAUSE_S)


def main() -> int:
    """Kill so many processes; return 1 where a mention suffered."""
    parser = argparse.ArgumentParser(description="Kill the bot under load.")
    parser.add_argument("--kills", type=int, default=KILLS)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance, sent, stop = random.Random(arguments.seed), Sent(), threading.Event()
    with tempfile.TemporaryDirectory(prefix="signpost-lost-") as name, FakeSlack() as slack:
        folder = Path(name)
        bot = BotProcess(slack=slack, folder=folder, environment=environment(slack, folder))
        bot.script({"contains": "", "delay_s": SEARCH_S})
        bot.start()
        senders = [
            threading.Thread(target=send, args=(bot, slack, sent, stop, f"C0LOST{number}")) for number in range(SENDERS)
        ]
        for sender in senders:
            sender.start()
        killed = killed_starting = 0
        while killed < arguments.kills:
            time.sleep(chance.uniform(0, LONGEST_S))
            bot.kill()
            killed += 1
            bot.launch()
            if killed % WHILE_STARTING == WHILE_STARTING - 1:
                killed, killed_starting = killed + 1, killed_starting + 1
                time.sleep(chance.uniform(0, LONGEST_S))
                bot.kill()
                bot.launch()
            bot.wait_until(lambda: bot.get("/readyz").status == 200, within_s=90, what="ready again")
            sys.stderr.write(f"\r{killed} killed, {len(sent.acknowledged)} acknowledged ")
        stop.set()
        for sender in senders:
            sender.join()
        with contextlib.suppress(AssertionError):
            slack.wait_for(
                lambda: {post.get("thread_ts") for post in slack.posts()} >= sent.acknowledged, within_s=AT_THE_END_S
            )
        time.sleep(2.0)
        answers = Counter(post.get("thread_ts") for post in slack.posts())
        recovered = bot.log_text().count("another process had acknowledged")
        unsure = bot.log_text().count("perhaps for the second time")
        bot.kill()
    lost = sum(not answers[ts] for ts in sent.acknowledged)
    twice = sum(count > 1 for count in answers.values())
    sys.stdout.write(
        f"{killed} SIGKILLs, {killed_starting} of them while starting: {len(sent.acknowledged)} mentions acknowledged, "
        f"{sent.again} deliveries repeated, {sent.refused} mentions given up by Slack; {recovered} taken over by a later "
        f"process, {unsure} of them without a history to look into; {lost} lost, {twice} answered twice\n"
    )
    return 0 if not lost and not twice else 1


if __name__ == "__main__":
    sys.exit(main())
