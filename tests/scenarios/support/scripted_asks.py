"""An index in memory for the scenarios: few links, plain words, and orders to be slow, to raise or to be missing.

The orders are rules in a JSON file that is read at each question: `{"contains": "slow", "delay_s": 3}`,
`{"contains": "slow", "held": true}`, which lasts as long as the rule is there, `{"contains": "", "raises": "RuntimeError"}`,
`{"contains": "", "raises": "BundleMissingError"}`. The first rule whose `contains` is in the question counts; an empty one is
in all. A question with the word `maybe` has a doubtful answer, one with `hardly` has none, but near misses.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from index.catalogue.link import Link
from index.catalogue.urls import host, normalise
from index.errors import BundleDamagedError, BundleMissingError, FilterError, UsageError
from index.search.filters import section_names, split_filters
from index.search.thread import MESSAGES
from index.types import Answer, Atlas, CatalogueInfo, Hit, Neighbour, News, NewsKind, Overview, Question, Verdict, Why

VERSION = "test-1"
BUILT_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
ERRORS: dict[str, type[Exception]] = {
    "RuntimeError": RuntimeError,
    "BundleMissingError": BundleMissingError,
    "BundleDamagedError": BundleDamagedError,
}


#: Few links have a date, as in the shipped catalogue, where it is one of 148.
DATED = 6


def _link(number: int, title: str, section: tuple[str, ...], description: str, **rest: object) -> Link:
    base = {"url": f"https://example.org/{number}", "title": title, "section": section, "description": description}
    return Link(**{**base, **rest})  # type: ignore[arg-type]


LINKS: tuple[Link, ...] = (
    *(
        _link(
            number,
            f"Network policy recipe {number}",
            ("Network", "Policy"),
            f"How to isolate namespaces, part {number}",
            publisher="example.org",
            stars=number % 4,
            added=date(2026, 1, number) if number <= DATED else None,
            tags=("public",) if number == 3 else (),
        )
        for number in range(1, 13)
    ),
    _link(
        20,
        "Ingress certificates explained",
        ("Ingress",),
        "Rotate certificates",
        stars=3,
        publisher="Blog",
        questions=("how are certificates rotated?",),
    ),
    _link(
        21,
        "Query & fragments",
        ("Ingress",),
        "verbatim address",
        url="https://Example.org:443/a%20b/?x=1&y=<z>|%7C&utm_source=q#Frag",
    ),
    _link(30, "Hostile " + "long title " * 300, ("Hostile",), "<!channel> <@U0VICTIM> *bold* " + "d" * 5_000),
    _link(31, "Hostile script", ("Hostile",), "javascript address", url="javascript:alert(1)"),
    _link(32, "Hostile pipe", ("Hostile",), "odd address", url="https://example.org/a|b>c d"),
    _link(33, "Hostile <https://evil.example|https://good.example>", ("Hostile",), "spoofed title & entity"),
    _link(34, "Hostile address of great length", ("Hostile",), "too long", url="https://example.org/" + "x" * 3_500),
    _link(35, "Hostile \u202egnp.exe \ud83e", ("Hostile",), "right to left and half a surrogate"),
    *(
        _link(
            100 + number,
            f"Huge {number} " + "t" * 2_000,
            ("Huge",),
            "h" * 3_000,
            url=f"https://example.org/huge/{number}?" + "q" * 700,
        )
        for number in range(10)
    ),
)  # fmt: skip


def _words(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[a-z]{3,}", text.casefold())}


_COMMON = _words("any links link how what where who when does with for the and are you about there please find help")


#: The lowest confidences of the verdicts sure and perhaps that an index of these links has, built with the encoder that ships.
SURE, PERHAPS = 0.37, 0.22


def _confidence(text: str, best: float) -> float:
    """Return a confidence as the index would: low for what shares no word with any link, or asks for a lower verdict."""
    if not best or "hardly" in text:
        return PERHAPS / 2
    return (SURE + PERHAPS) / 2 if "maybe" in text else min(0.99, 0.5 + best / 8)


def _verdict(confidence: float) -> Verdict:
    return Verdict.SURE if confidence >= SURE else Verdict.PERHAPS if confidence >= PERHAPS else Verdict.NOTHING


def _is_in(link: Link, name: str, places: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether a link is in a section, by one of its headings or by the name that finds that section alone."""
    place = places.get(name.casefold(), ())
    return name.casefold() in {heading.casefold() for heading in link.section} or (
        bool(place) and link.section[: len(place)] == place
    )


class ScriptedAsks:
    """Answers by shared words; `Asks` is what it stands in for."""

    def __init__(self, script: Path, links: Sequence[Link] = LINKS) -> None:
        self._script = script
        self._links = tuple(links)

    @property
    def info(self) -> CatalogueInfo:
        """The catalogue; a rule with `info` makes it fail, where no search is under way."""
        if any(rule.get("info") for rule in self._rules()):
            raise RuntimeError("scripted: nothing is known of the catalogue")
        sections: dict[tuple[str, ...], int] = {}
        for link in self._links:
            sections[link.section] = sections.get(link.section, 0) + 1
        return CatalogueInfo(
            name="Test catalogue",
            version=VERSION,
            built_at=BUILT_AT,
            link_count=len(self._links),
            sections=tuple(sections.items()),
        )

    def ask(self, question: Question) -> Answer:
        """Answer by shared words, after obeying the script."""
        self._obey(question.text)
        text, filters = split_filters(question.text.strip())
        places = {name.casefold(): place for place, name in section_names(link.section for link in self._links).items()}
        headings = {heading.casefold() for link in self._links for heading in link.section} | set(places)
        if unknown := [name for name in filters.wanted.sections if name.casefold() not in headings]:
            raise FilterError(f"there is no section {unknown[0]}; see the sections with /links help")
        if not text and not filters:
            raise UsageError("the question is empty")
        asked = text
        if not (_words(text) - _COMMON) and question.thread:
            asked = " ".join([turn.text for turn in question.thread if not turn.ours][-MESSAGES:])
        mended = re.sub(r"\bingres\b", "ingress", asked)
        corrected, asked = mended != asked, mended
        words = _words(asked) - _COMMON
        hits = []
        for link in self._links:
            if question.public_only and not link.is_public:
                continue
            if link.url in question.exclude_urls.union(*(turn.links for turn in question.thread)):
                continue
            named = [names for names in (question.sections, filters.wanted.sections) if names]
            if any(not any(_is_in(link, name, places) for name in names) for names in named):
                continue
            if link.stars < (filters.stars or 0) or (filters.wanted.tags and not {*filters.wanted.tags} & {*link.tags}):
                continue
            shared = words & _words(f"{link.title} {' '.join(link.section)} {link.description[:200]}")
            score = len(shared) + link.stars / 10 if shared or not text else 0.0
            hits.append(Hit(link=link, score=score, why=Why(words=tuple(sorted(shared)))))
        # Some links are always nearest, as in the index; behind good ones they are left out here, so that tests can count.
        hits.sort(key=lambda hit: -hit.score)
        hits = [hit for hit in hits if hit.score] or hits
        confidence = (_confidence(text, hits[0].score) if text else 1.0) if hits else 0.0
        return Answer(
            asked=asked,
            corrected=corrected,
            verdict=_verdict(confidence),
            confidence=confidence,
            hits=tuple(hits[: question.top_k]),
            version=VERSION,
            built_at=BUILT_AT,
            more=len(hits) > question.top_k,
        )

    def browse(self, section: str, *, limit: int = 10) -> tuple[Link, ...]:
        """Links of a section."""
        return tuple(link for link in self._links if section.casefold() in {h.casefold() for h in link.section})[:limit]

    def newest(self, *, limit: int = 10, public_only: bool = False) -> tuple[Link, ...]:
        """Links by date."""
        shown = [link for link in self._links if link.is_public or not public_only]
        dated = [(link.added, link) for link in shown if link.added is not None]
        return tuple(link for _, link in sorted(dated, key=lambda pair: pair[0], reverse=True))[:limit]

    def news(self, *, since: datetime | None = None, limit: int = 50, public_only: bool = False) -> tuple[News, ...]:
        """Return links with a date as new."""
        found = (
            News(kind=NewsKind.NEW, link=link, at=datetime(*link.added.timetuple()[:3], tzinfo=UTC))
            for link in self.newest(limit=limit, public_only=public_only)
            if link.added
        )
        return tuple(one for one in found if since is None or one.at >= since)

    def overview(self, *, public_only: bool = False) -> Overview:
        """Count sections, tags and hosts."""
        links = [link for link in self._links if link.is_public or not public_only]
        return Overview(
            link_count=len(links),
            sections=tuple(Counter(link.section for link in links).items()),
            tags=tuple(Counter(tag for link in links for tag in link.tags).most_common()),
            hosts=tuple(Counter(name for link in links if (name := host(link.url))).most_common()),
            starred=tuple(sum(link.stars >= number for link in links) for number in (1, 2, 3)),
        )

    def samples(self, *, count: int = 3, public_only: bool = False) -> tuple[str, ...]:
        """Return curators' questions."""
        shown = (link for link in self._links if link.is_public or not public_only)
        return tuple(link.questions[0] for link in shown if link.questions)[:count]

    def find(self, url: str) -> Link | None:
        """Return the link with the same address."""
        return next((link for link in self._links if normalise(link.url) == normalise(url)), None)

    def neighbours(self, url: str, title: str, description: str = "", *, limit: int = 3) -> tuple[Neighbour, ...]:
        """Links with the same address, then all others, those that share words before: something is always nearest."""
        exact = [Neighbour(link=link, similarity=1.0, exact=True) for link in self._links if link.url == url]
        words = _words(f"{title} {description}")
        near = [
            Neighbour(link=link, similarity=0.8 if len(words & _words(link.title)) >= 2 else 0.3, exact=False)
            for link in self._links
            if link.url != url
        ]
        near.sort(key=lambda neighbour: -neighbour.similarity)
        return tuple([*exact, *near][:limit])

    def guess_section(self, title: str, description: str = "") -> tuple[str, ...]:
        """Return the section of the link that shares most words."""
        words = _words(f"{title} {description}")
        best = max(self._links, key=lambda link: len(words & _words(f"{link.title} {link.description[:200]}")))
        return best.section

    def atlas(self, questions: Sequence[str], *, most: int = 2_000) -> Atlas:
        """Put the links beside one another, and questions below."""
        links = tuple((link, float(place), 0.0) for place, link in enumerate(self._links[:most]))
        return Atlas(links=links, questions=tuple((float(place), 1.0) for place in range(len(questions))))

    def alike(self, questions: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        """Put questions together that share a word."""
        groups: list[tuple[set[str], list[int]]] = []
        for place, question in enumerate(questions):
            words = _words(question) - _COMMON
            known = next((group for group in groups if group[0] & words), None)
            if known is None:
                groups.append((words, [place]))
            else:
                known[0].update(words)
                known[1].append(place)
        return tuple(tuple(places) for _, places in groups)

    def _rules(self) -> list[dict[str, Any]]:
        try:
            rules: list[dict[str, Any]] = json.loads(self._script.read_text())
        except FileNotFoundError:
            return []
        return rules

    def _obey(self, text: str) -> None:
        for rule in self._rules():
            if "contains" in rule and rule["contains"] in text:
                while rule.get("held") and rule in self._rules():
                    time.sleep(0.02)
                time.sleep(rule.get("delay_s", 0))
                if "raises" in rule:
                    raise ERRORS[rule["raises"]](f"scripted {rule['raises']}: {text[:40]}")
                return
