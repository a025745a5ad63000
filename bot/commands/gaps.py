"""`signpost gaps`: what people asked that the catalogue could not answer."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import click

from bot.environment import environment
from bot.settings import Settings
from bot.store import Gap, Store


@click.command("gaps")
@click.option("--days", type=click.IntRange(1, 3_650), default=30, show_default=True, help="How far to look back.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="How many to list.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def gaps_command(*, days: int, limit: int, as_json: bool) -> None:
    """List what people asked that the catalogue could not answer, or that did not help; most asked first.

    The text of a question is there only if STORE_QUESTIONS was on when it was asked.
    """
    settings = Settings.for_store(environment())
    for gap in asyncio.run(_gaps(settings, days, limit)):
        click.echo(json.dumps(_row(gap), ensure_ascii=False) if as_json else _line(gap))


async def _gaps(settings: Settings, days: int, limit: int) -> list[Gap]:
    store = await Store.open(settings.store_url, hash_key=settings.hash_key(), store_questions=settings.store_questions)
    try:
        return await store.gaps(datetime.now(UTC) - timedelta(days=days), limit)
    finally:
        await store.close()


def _row(gap: Gap) -> dict[str, object]:
    return {
        "hash": gap.hash,
        "question": gap.text,
        "count": gap.count,
        "last_confidence": round(gap.last_confidence, 4),
        "last_asked": gap.last_asked.isoformat(),
    }


def _line(gap: Gap) -> str:
    asked = gap.text or f"(text not kept) {gap.hash[:12]}"
    return f"{gap.count:>5}  {gap.last_asked:%Y-%m-%d}  {gap.last_confidence:.2f}  {asked}"
