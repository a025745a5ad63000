"""What a page says of itself is understood, and an article about the same is left alone."""

import time

import pytest

from index.catalogue.checks.pages import ShownPage, asks_to_sign_in
from index.catalogue.checks.records import Sign
from index.catalogue.checks.shown import (
    asks_first,
    banner,
    gate,
    headed_missing,
    is_offer,
    parked,
    says_missing,
    sells,
    spam,
    speaks_of_itself,
    trades,
)

PROSE = "Pods keep their names while traffic is spread over them by a service of the cluster, " * 30


def page(title: str, text: str = "", url: str = "https://site.test/a") -> ShownPage:
    """Return a page with a title and a paragraph."""
    return ShownPage(url, f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>{text}</p></body></html>")


@pytest.mark.parametrize(
    "title",
    [
        "404", "404 Not Found", "Error 404", "404 - Page not found", "Page Not Found | GitLab", "Oops! Page not found",
        "Page not found · GitHub Pages", "Not Found", "Seite nicht gefunden", "This page doesn't exist", "Nothing found",
        "The requested page could not be found", "Página no encontrada - Blog", "404: This page could not be found",
        "Error: page not found", "Oops! 404: Not Found", "This course is no longer available", "This community has been banned",
        "site.test: page not found", "Docs | Error! Not found",
    ],
)  # fmt: skip
def test_titles_of_missing_pages(title: str) -> None:
    """Also beside the site's name."""
    assert headed_missing(page(title, PROSE))


@pytest.mark.parametrize(
    "title",
    [
        "How to fix 404 Not Found in nginx", "Debugging a 404", "ImagePullBackOff: image not found in registry", "Found",
        "Why the page is not found when DNS is slow", "Kubernetes Services", "Room 404 and other stories", "",
        "Not Found: a novel", "Error 404: a band and its songs", "It works! On my machine",
        "Account suspended: what hosts mean by it", "404. Or so they said", "Under construction: the signs of the nineties",
    ],
)  # fmt: skip
def test_titles_of_articles_about_them(title: str) -> None:
    """They are there."""
    assert not headed_missing(page(title, PROSE))


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Sorry, the page you are looking for could not be found.", True),
        ("We can’t find that page.", True),
        ("The article you requested does not exist.", True),
        ("This page no longer exists.", True),
        ("A pod that could not be found by its name was the cause.", False),
        ("All systems operational. 404 errors on the docs were resolved.", False),
        ("2.1: 404 page translated", False),
        (f"{PROSE} The page you are looking for could not be found. {PROSE}", False),
    ],
)
def test_sentences_count_on_short_pages_alone(text: str, missing: bool) -> None:  # noqa: FBT001
    """A long page may quote them."""
    assert says_missing(page("Example", text), ()) is missing


@pytest.mark.parametrize(
    ("text", "is_parked"),
    [
        ("This domain is for sale! Buy this domain", True),
        ("site.test is parked free, courtesy of GoDaddy.com", True),
        ("The domain name site.test may be for sale", True),
        ("www.site.test is for sale", True),
        ("notwww.site.test is for sale", False),
        ("This domain has expired. Is it yours? Renew it now.", True),
        ("<script src='https://www.parkingcrew.net/x.js'></script>", True),
        ("A DNS domain of the cluster is cluster.local", False),
        ("Domena site.test jest na sprzedaż. Zapytaj o cenę.", True),
        ("Doména site.test je na prodej", True),
        (f"{PROSE} They said: buy this domain. {PROSE}", False),
    ],
)
def test_parked_domains(text: str, is_parked: bool) -> None:  # noqa: FBT001
    """By what they say, and by who fills them."""
    assert bool(parked(page("Welcome", text), ())) is is_parked


def test_a_marketplace_is_known_by_its_name() -> None:
    """Whatever it shows."""
    assert parked(page("x", PROSE, url="https://www.hugedomains.com/x"), ()) == (Sign.STRUCTURE,)


@pytest.mark.parametrize(
    ("title", "text", "is_spam"),
    [
        ("Slot gacor hari ini", "Situs judi online", True),
        ("Weave Works", "Online casino with free spins, no deposit bonus", True),
        ("Weave Works", f"{PROSE} Our sportsbook has a jackpot. {PROSE}", False),
        ("Jackpot: how we hit the node limit", PROSE, False),
        ("Poker planning with pods", "One jackpot", False),
    ],
)
def test_spam_of_domains_that_were_taken_over(title: str, text: str, is_spam: bool) -> None:  # noqa: FBT001
    """Two words of it in a title or on a short page, more in a long one."""
    assert bool(spam(page(title, text), (), "GitOps with Flux")) is is_spam


def test_a_list_about_gambling_is_no_spam() -> None:
    """Where the link's own title is about that, so may its page be."""
    assert not spam(page("Slot gacor", "togel"), (), "How slot gacor sites work")


@pytest.mark.parametrize(
    ("title", "text", "wants"),
    [
        ("Just a moment...", "", True),
        ("Attention Required! | Cloudflare", "", True),
        ("Shop", "Please verify you are human to go on", True),
        ("Shop", "<div class='g-recaptcha'></div>", True),
        ("Just a moment in the life of a pod", PROSE, False),
        ("Comments", f"{PROSE}<div class='g-recaptcha'></div>", False),
    ],
)
def test_pages_that_want_a_person(title: str, text: str, wants: bool) -> None:  # noqa: FBT001
    """A form below an article is none of them."""
    shown = page(title, text)
    assert bool(gate(shown) or banner(shown)) is wants


def test_copies_of_a_page_are_alike() -> None:
    """Times, counters and keys differ; hidden code does not count; few words are no evidence."""
    first = page("Example", f"{PROSE} request 8f3a at 12:00<script>a()</script>")
    second = page("Example", f"{PROSE} request 9c1b at 12:01<script>b()</script>")
    assert first.is_like(second)
    assert not first.is_like(page("Example", PROSE + "more"))
    assert not page("ok", "ok").is_like(page("ok", "ok"))


def test_the_words_of_either_address_are_not_compared() -> None:
    """A menu names the page that was asked for, and the address that cannot exist has words of its own in it."""
    menu = (
        "Post, sign, guide and more posts of the house that sells many fine tables of oak and other wood to everybody"
    )
    here, nowhere = (
        page("Oak", menu, "https://site.test/docs/guide"),
        page("Oak", menu, "https://site.test/docs/signpost-abc"),
    )
    assert here.is_like(nowhere)
    assert nowhere.is_like(here)


def test_a_page_may_be_one_piece_of_code() -> None:
    """As the notice of a server without a page of its own is."""
    assert says_missing(ShownPage("https://site.test/a", "<title>Error</title><body><pre>Cannot GET /a</pre>"), ())


def test_what_looks_like_a_tag_in_a_script_is_none() -> None:
    """The text behind a script that writes another one is read."""
    script = "<script>document.write('<script src=x><' + '/script>'); if (a<b) c('<nav>')</script>"
    shown = ShownPage(
        "https://site.test/a", f"<!doctype html><title>T</title>{script}<p>Pods have names</p><!-- a remark -->"
    )
    assert (shown.text, shown.said, shown.is_little) == ("Pods have names", "Pods have names", True)


@pytest.mark.parametrize(
    ("markup", "to"),
    [
        ('<meta http-equiv="refresh" content="0;url=http://ww1.site.test/?a=1&amp;b=2">', "http://ww1.site.test/?a=1&b=2"),
        ("<META CONTENT='1; URL=/lander' HTTP-EQUIV=Refresh>", "https://site.test/lander"),
        ("<script>location.replace('https://other.test/')</script>", "https://other.test/"),
        ("<script>window.location.href = '/lander'</script>", "https://site.test/lander"),
        ("<frameset rows='100%'><frame src='http://ww1.site.test/?d=x'></frameset>", "http://ww1.site.test/?d=x"),
        ("<frameset><frame src='/menu.html'><noframes>Read the docs</noframes></frameset>", ""),
        ('<meta http-equiv="refresh" content="300">Read me', ""),
        ("<meta http-equiv=refresh content='0;url=javascript:x()'>", ""),
        ("<meta http-equiv=refresh content='0;url=http://[x'>", ""),
        (f"<meta http-equiv=refresh content='0;url=/x'><p>{PROSE}</p>", ""),
        ("<script>if (0) location.href='/x'</script><p>Some words</p>", ""),
    ],
)  # fmt: skip
def test_where_a_page_leads_by_itself(markup: str, to: str) -> None:
    """Only a page with nothing else to show."""
    assert ShownPage("https://site.test/a", markup).leads_to == to


@pytest.mark.parametrize(
    ("listed", "links", "missing"),
    [("/a", 3, False), ("/a/", 3, False), ("/", 3, True), ("/a", 0, True), ("/other", 3, True)],
)
def test_the_listing_of_the_folder_that_was_linked_is_there(listed: str, links: int, *, missing: bool) -> None:
    """That of another folder, or an empty one, is not what was meant."""
    rows = "<a href=x>paper</a> " * links
    assert headed_missing(page(f"Index of {listed}", rows)) is missing


@pytest.mark.parametrize(
    ("script", "missing"),
    [
        ('{"props":{},"page":"/_error","query":{}}', True),
        ('window.__NUXT__.error={statusCode:404,message:"x"}', True),
        ('{"playabilityStatus":{"status":"ERROR","reason":"Video unavailable"}}', True),
        ('{"playabilityStatus":{"status":"OK"},"texts":{"gone":"Video unavailable"}}', False),
        ('{"page":"/learn/[slug]","texts":{"404":"This page could not be found"}}', False),
    ],
)
def test_what_a_framework_says_to_its_script(script: str, *, missing: bool) -> None:
    """On a page that a script draws, that it has nothing to draw."""
    assert headed_missing(ShownPage("https://site.test/a", f"<title>Site</title><script>{script}</script>")) is missing


@pytest.mark.parametrize(
    ("url", "asks"),
    [
        ("https://site.test/users/sign_in?next=a", True),
        ("https://accounts.google.com/v3/identifier", True),
        ("https://www.linkedin.com/authwall", True),
        ("https://site.test/oauth2/authorize", True),
        ("https://site.test/blog/login-with-oidc", False),
        ("https://site.test/docs/authentication", False),
    ],
)
def test_addresses_where_people_sign_in(url: str, asks: bool) -> None:  # noqa: FBT001
    """Not those of articles about it."""
    assert asks_to_sign_in(url) is asks


@pytest.mark.alone
@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<script",
        "<title",
        "<h1>",
        "not found ",
        "the ",
        "domain ",
        "page ",
        "&#",
        "404 ",
        "'",
        "judi ",
        "<q>",
        "<div class=comment>",
        "<a href=x>",
        "“",
        "<div>",
        "<h2>",
        "this domain ",
        '"',
        "<input ",
        "togel slot gacor ",
        "<script>",
        "1,000",
        "<input class=x",
        "<form role=search>",
        "<frame src=",
    ],
)
def test_no_page_takes_long(piece: str) -> None:
    """The cost grows with the page: a megabyte-sized backtracking trap would take minutes."""
    hostile = ShownPage("https://site.test/", (piece * 262_144)[:262_144])
    started = time.process_time()
    assert not parked(hostile, ("A title",))
    assert not spam(hostile, (), "")
    assert not trades(hostile, (), "")
    assert not gate(hostile)
    for look in (asks_first, is_offer, sells, speaks_of_itself):
        look(hostile)
    headed_missing(hostile)
    says_missing(hostile, ())
    assert len(hostile.said) >= 0
    assert hostile.is_like(hostile) in {True, False}
    _ = (hostile.is_little, hostile.leads_to, hostile.links, hostile.is_headed, hostile.scripts)
    assert time.process_time() - started < 5


@pytest.mark.alone
@pytest.mark.parametrize(
    "label", ["punycode", "idna", "unicode_escape", "uu", "rot13", "utf-7", "raw_unicode_escape", "mbcs"]
)
def test_a_page_is_decoded_by_the_encodings_of_the_web_alone(label: str) -> None:
    """Python's other codecs are no encodings of pages, and one takes minutes for a long page."""
    body = b"<title>Caf\xc3\xa9 \\u0041 +AGE-</title>" + b"a-" * 100_000
    started = time.process_time()
    assert ShownPage.of("https://site.test/", f"text/html; charset={label}", body).title == "Café \\u0041 +AGE-"
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("latin1", "cp1252"),
        ("x-sjis", "cp932"),
        ("gb2312", "gbk"),
        ("windows-1251", "cp1251"),
        ("ks_c_5601-1987", "cp949"),
    ],
)
def test_encodings_have_the_names_that_pages_use(label: str, codec: str) -> None:
    """Latin 1 is Windows' on the web, and so on."""
    text = {"cp1252": "“é”", "cp932": "ページ", "gbk": "页面不存在", "cp1251": "Страница", "cp949": "페이지"}[codec]
    body = f"<title>{text}</title>".encode(codec)
    assert ShownPage.of("https://site.test/", f"text/html; charset={label}", body).title == text
