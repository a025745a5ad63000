"""What strangers' bytes reach, each as a function that must end within its time and raise nothing but what it documents."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
from starlette.types import Message, Receive, Scope, Send

from bot.running.metrics import Metrics
from bot.slack import buttons, link_events, payloads
from bot.slack.receiver import EVENTS_PATH, Gate
from bot.slack.text import (
    clean,
    decode,
    escape_clamped,
    inert,
    links_in,
    mrkdwn_link,
    publishable,
    safe_url,
    split_quotes,
)
from index.builder.arrays import assemble, build_lexical, save_links
from index.bundle import opening
from index.catalogue.checks.pages import ShownPage
from index.catalogue.checks.shown import (
    asks_first,
    banner,
    gate,
    has_prose,
    headed_missing,
    is_offer,
    parked,
    says_missing,
    sells,
    spam,
    speaks_of_itself,
    still_fits,
    trades,
)
from index.catalogue.formats.native import read_native, write_native
from index.catalogue.pages.page_text import NoPageTextError, page_text
from index.catalogue.read import examine
from index.catalogue.sources.sources import parse_source, read_source_list
from index.errors import BundleDamagedError, CatalogueError, UsageError
from index.search.dense import DenseIndex, quantise
from index.search.filters import Facets, split_filters
from index.search.glossary import Glossary
from index.search.lexical import LexicalIndex
from index.search.links import LinkFile, open_facets
from index.search.score import ScoreModel
from index.search.small_talk import SmallTalk
from index.search.thread import topic
from index.search.vocabulary import Vocabulary
from index.search.words import tidy
from index.types import Turn
from tests.bot.slack.test_receiver import NOW, SECRET, signed
from tests.bot.tiny import IDENTITY
from tests.fuzz.making import any_text, body, json_object, some_bytes, text
from tests.fuzz.ours import OURS
from tests.fuzz.shared import finished
from tests.fuzz.shared import folder as _folder
from tests.fuzz.web import WEB
from tests.support import LINKS


@dataclass(frozen=True, slots=True)
class Target:
    """One thing that is given any input."""

    make: Callable[[Random], Any]
    """Makes an input."""
    run: Callable[[Any], None]


def _headers(chance: Random) -> list[tuple[bytes, bytes]]:
    names = (b"content-length", b"content-type", b"x-slack-signature", b"x-slack-request-timestamp")
    values = (b"v0=" + b"0" * 64, str(NOW).encode(), b"-1", b"9" * 30, some_bytes(chance, 9))
    return [(chance.choice(names), chance.choice(values)) for _ in range(chance.randrange(6))]


def _edits(chance: Random) -> tuple[str, list[tuple[int, bytes, int]]]:
    """Return a file of a bundle, and what to put where, in place of how many bytes."""
    edits = [
        (chance.randrange(20_000), some_bytes(chance, 7), chance.choice((0, 1, chance.randrange(40), 100_000)))
        for _ in range(chance.randrange(1, 4))
    ]
    return chance.choice(_NAMES), edits


# Readers


def _list(suffix: str, content: str) -> None:
    path = _folder() / f"list{suffix}"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    try:
        found = examine([path], tolerant=True).reading
    except CatalogueError as error:
        if error.__cause__ is not None:  # an error that the reader did not mean
            raise error.__cause__ from error
        return
    assert read_native(write_native(found), "x.yaml", name="x").reading.links == found.links


def _sources(content: str) -> None:
    with suppress(CatalogueError):
        read_source_list(content, Path("x.yaml"))
    with suppress(CatalogueError):
        parse_source(content)


def _encoded(data: bytes) -> None:
    path = _folder() / "list.md"
    path.write_bytes(data)
    try:
        examine([path])
    except CatalogueError as error:
        if error.__cause__ is not None:
            raise error.__cause__ from error


# Pages


def _page(given: tuple[str, bytes]) -> None:
    header, body = given
    page = ShownPage.of("https://a.example/", f"text/html; charset={header}", body)
    _ = (page.title, page.words, page.is_like(page), page.is_little, page.leads_to, page.likeness)
    for look in (still_fits, parked, headed_missing, says_missing):
        look(page, ["Ant, the builder"])
    for weigh in (spam, trades):
        weigh(page, ["Ant, the builder"], "Ant, the builder")
    for read in (gate, banner, has_prose, asks_first, is_offer, sells, speaks_of_itself):
        read(page)
    with suppress(NoPageTextError):
        page_text("https://a.example/", page.markup)


# Slack


async def _pass_on(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError("another path")


async def _take(body: dict[str, Any], _headers: Mapping[str, str]) -> tuple[int, str, bytes]:
    assert isinstance(body, dict)
    return 200, "text/plain", b""


@cache
def _gate() -> Gate:
    return Gate(_pass_on, _take, SECRET, metrics=Metrics(), clock=lambda: NOW)


def _knock(headers: list[tuple[bytes, bytes]], body: bytes) -> int:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(dict(message))

    finished(_gate()({"type": "http", "method": "POST", "path": EVENTS_PATH, "headers": headers}, receive, send))
    return int(sent[0]["status"])


def _unsigned(given: tuple[list[tuple[bytes, bytes]], bytes]) -> None:
    assert _knock(*given) in {200, 400, 401, 413}


def _signed(given: tuple[bytes, bytes]) -> None:
    kind, content = given
    headers = [(name.encode(), value.encode()) for name, value in signed(content).items()]
    assert _knock([*headers, (b"content-type", kind)], content) in {200, 400}


def _payload(content: dict[str, Any]) -> None:
    for value in (
        payloads.Command, payloads.FunctionCall, payloads.HomeOpened, payloads.Interaction, payloads.Selected,
        payloads.Spoken, payloads.Draft, payloads.Proposal, payloads.Said, payloads.Identity, payloads.Profile,
        link_events.DetailsRequested, link_events.LinksShared, link_events.Reacted,
    ):  # fmt: skip
        value.of(content)
    payloads.Selected.of(content).text(IDENTITY)
    payloads.external_of(content)


def _button(value: str) -> None:
    for kind in (buttons.Asked, buttons.Feedback, buttons.Opened, buttons.Dismissed, buttons.Found):
        read = kind.of(value)
        if read is not None:
            again = kind.of(read.pack())
            assert again is not None
            assert kind.of(again.pack()) == again


def _said(said: str) -> None:
    for read in (clean, decode, inert, safe_url, split_quotes, links_in):
        read(said)
    assert len(escape_clamped(said, 50)) <= 50
    publishable(said, 50)
    mrkdwn_link(said, said, 150)


# Questions


@cache
def _files() -> dict[str, bytes]:
    """Return the files of a small bundle, but for its encoder."""
    folder = _folder() / "bundle"
    folder.mkdir()
    save_links(LINKS, [(3, 4)], folder)
    build_lexical(LINKS).save(folder)
    vectors = np.eye(12, 8, dtype=np.float32)
    assemble(quantise(vectors[: len(LINKS)]), quantise(vectors[len(LINKS) :]), [1, 1, 1, 1, 0, 0, 0, 0]).save(folder)
    SmallTalk.of(*quantise(vectors[:6])).save(folder)
    Glossary.of(*quantise(vectors[:3]), [[0], [1, 3], [0, 2]]).save(folder)
    (folder / "vocabulary.json").write_text(json.dumps([{"forms": ["netpol"], "means": ["network policy"]}]))
    (folder / "score.json").write_text(ScoreModel.read().as_json())
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@cache
def _lexical() -> LexicalIndex:
    _files()
    return LexicalIndex.open(_folder() / "bundle")


@cache
def _facets() -> Facets:
    _files()
    folder = _folder() / "bundle"
    return open_facets(folder, LinkFile(folder))[0]


def _filters(question: str) -> None:
    with suppress(UsageError):
        _, filters = split_filters(tidy(question))
        _facets().mask(filters)


def _thread(texts: list[str]) -> None:
    *before, last = texts
    topic(tidy(last), tuple(Turn(one, ours=at % 3 == 1) for at, one in enumerate(before)), _lexical())


# Bundles


def _damaged(given: tuple[str, list[tuple[int, bytes, int]]]) -> None:
    """Put other bytes at some places of one file, or cut it, and use what opens."""
    name, edits = given
    content = bytearray(_files()[name])
    for at, new, gone in edits:
        place = at % (len(content) + 1)
        content[place : place + gone] = new
    folder = _folder() / "damaged"
    if not folder.exists():
        folder.mkdir()
        for other, whole in _files().items():
            (folder / other).write_bytes(whole)
    (folder / name).write_bytes(content)
    try:
        with suppress(BundleDamagedError), opening(folder):
            _use(folder)
    finally:
        (folder / name).write_bytes(_files()[name])


def _use(folder: Path) -> None:
    links, lexical, dense = LinkFile(folder), LexicalIndex.open(folder), DenseIndex.open(folder)
    facets, _ = open_facets(folder, links)
    Vocabulary.from_rows(json.loads((folder / "vocabulary.json").read_text(encoding="utf-8")))
    ScoreModel.read(folder / "score.json")
    small_talk = SmallTalk.open(folder, dense.vectors.shape[1])
    glossary = Glossary.open(folder, dense.vectors.shape[1], len(links))
    if not len(links) == len(facets.stars) == dense.links == lexical.links or dense.vectors.shape[1] != 8:
        return
    with _as_served():
        for token in list(lexical.ids)[:20]:
            rows, scores = lexical.postings(token) or (np.zeros(0, np.int32), np.zeros(0, np.float32))
            np.zeros(len(links))[rows] += scores.sum(axis=-1)
        _, by_question = dense.similarities(np.eye(1, 8, dtype=np.float32)[0])
        dense.best_question(by_question)
        small_talk.nearness(np.eye(1, 8, dtype=np.float32)[0])
        glossary.nearest(np.eye(1, 8, dtype=np.float32)[0], len(links))
        facets.section_counts()
        facets.is_public()
        for row in range(len(links)):
            with suppress(BundleDamagedError):
                links.url(row)
                links[row]


@contextmanager
def _as_served() -> Iterator[None]:
    """Let no error of a question pass for one of opening: what opens must answer."""
    try:
        yield
    except Exception as error:
        raise SystemError(f"opened, and failed on a question: {error!r}") from error


#: The files of a bundle that the target reads.
_NAMES: Final = (
    "links.jsonl", "links.npy", "facets.json", "columns.npy", "vectors.npy", "scales.npy", "question_rows.npy",
    "question_numbers.npy", "tokens.json", "starts.npy", "rows.npy", "scores.npy", "idf.npy", "vocabulary.json", "score.json",
    "small_talk.npy", "small_talk_scales.npy",
    "glossary.npy", "glossary_scales.npy", "glossary_starts.npy", "glossary_rows.npy",
)  # fmt: skip

_CHARSETS: Final = ("utf-8", "punycode", "shift_jis", "utf-16", "iso-2022-jp", "gb18030", "rot13", "")

TARGETS: Final[dict[str, Target]] = {
    **{
        f"reader-{name}": Target(partial(text, name), partial(_list, suffix))
        for name, suffix in {
            "markdown": ".md", "html": ".html", "bookmarks": ".htm", "csv": ".csv", "json": ".json", "opml": ".opml",
            "rst": ".rst", "asciidoc": ".adoc", "org": ".org", "text": ".txt", "yaml": ".yaml",
        }.items()
    },
    "reader-bytes": Target(lambda chance: some_bytes(chance, 200), _encoded),
    "sources": Target(partial(text, "sources"), _sources),
    "page": Target(lambda chance: (chance.choice((*_CHARSETS, any_text(chance))), body("html", chance)), _page),
    "gate-unsigned": Target(lambda chance: (_headers(chance), body("form", chance)), _unsigned),
    "gate-signed": Target(lambda chance: (chance.choice((b"", b"application/json", b"x")), body("form", chance)), _signed),
    "payload": Target(json_object, _payload),
    "button": Target(partial(text, "button"), _button),
    "text": Target(partial(text, "said"), _said),
    "filters": Target(partial(text, "filters"), _filters),
    "thread": Target(lambda chance: [text("said", chance) for _ in range(chance.randrange(1, 5))], _thread),
    "bundle": Target(_edits, _damaged),
    **{name: Target(*parts) for name, parts in {**OURS, **WEB}.items()},
}  # fmt: skip
