"""`signpost gaps`: what people asked that the catalogue could not answer."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from bot.asking.index_holder import open_searcher
from bot.settings import Settings, environment
from bot.store import Gap, Store
from bot.store.engine import require_store
from bot.store.gaps import GapGroup, grouped, single
from index import BundleError


@click.command("gaps")
@click.option("--days", type=click.IntRange(1, 3_650), default=30, show_default=True, help="How far to look back.")
@click.option(
    "--limit", type=click.IntRange(1, 1_000), default=50, show_default=True, help="How many questions to read."
)
@click.option("--doubtful", is_flag=True, help="List those that got a perhaps instead, and no verdict from anybody.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a group, one a line.")
def gaps_command(*, days: int, limit: int, doubtful: bool, as_json: bool) -> None:
    """List what people asked that the catalogue could not answer, or that did not help; most asked first.

    Questions that mean much the same are one group, with the nearest section. The text of a question was kept only if
    STORE_QUESTIONS was on when it was asked. Otherwise only a hash was kept, and the question is a group of its own.
    A question that got links which may not answer it ("Not sure, but …") is no gap; `--doubtful` lists those.
    """
    settings = Settings.for_store(environment())
    gaps = asyncio.run(_gaps(settings, days, limit, doubtful=doubtful))
    if not gaps:
        none = "none in doubt: no answer was a perhaps" if doubtful else "no gaps: no question lacked a good answer"
        click.echo(f"{none} in the last {'day' if days == 1 else f'{days} days'}", err=True)
    for group in _groups(settings, gaps):
        if as_json:
            click.echo(json.dumps(_row(group), ensure_ascii=False))
        else:
            for line in _lines(group):
                click.echo(line)


async def _gaps(settings: Settings, days: int, limit: int, *, doubtful: bool) -> list[Gap]:
    require_store(settings.store_url)
    store = await Store.open(settings.store_url, hash_key=settings.hash_key(), store_questions=settings.store_questions)
    try:
        return await store.gaps(datetime.now(UTC) - timedelta(days=days), limit, doubtful=doubtful)
    finally:
        await store.close()


def _groups(settings: Settings, gaps: Sequence[Gap]) -> list[GapGroup]:
    if not any(gap.text for gap in gaps):
        if gaps:
            click.echo(
                "the text of these questions was not kept (STORE_QUESTIONS), so there is a line a hash", err=True
            )
        return single(gaps)
    try:
        return grouped(gaps, open_searcher(Path(settings.index), None))
    except BundleError as error:
        click.echo(f"not grouped, for that needs an index: {error}", err=True)
        return single(gaps)


def _row(group: GapGroup) -> dict[str, object]:
    return {
        "question": group.text,
        "count": group.count,
        "section": group.section,
        "last_asked": group.last_asked.isoformat(),
        "questions": [
            {
                "hash": gap.hash,
                "question": gap.text,
                "count": gap.count,
                "last_confidence": round(gap.last_confidence, 4),
                "last_asked": gap.last_asked.isoformat(),
            }
            for gap in group.gaps
        ],
    }


def _lines(group: GapGroup) -> list[str]:
    section = f"  [{group.section}]" if group.section else ""
    lines = [f"{group.count:>5}  {group.last_asked:%Y-%m-%d}  {_named(group.gaps[0])}{section}"]
    return lines + [f"{'':>5}  {gap.last_asked:%Y-%m-%d}    also: {_named(gap)}" for gap in group.gaps[1:]]


def _named(gap: Gap) -> str:
    return f"{gap.last_confidence:.2f}  {gap.text or f'(text not kept) {gap.hash[:12]}'}"
