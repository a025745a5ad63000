"""What a page says of itself is understood, and an article about the same is left alone."""

import time

import pytest

from index.catalogue.checks.pages import ShownPage, asks_to_sign_in

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
    ],
)  # fmt: skip
def test_titles_of_missing_pages(title: str) -> None:
    """Also beside the site's name."""
    assert page(title, PROSE).says_missing()


@pytest.mark.parametrize(
    "title",
    [
        "How to fix 404 Not Found in nginx", "Debugging a 404", "ImagePullBackOff: image not found in registry", "Found",
        "Why the page is not found when DNS is slow", "Kubernetes Services", "Room 404 and other stories", "",
    ],
)  # fmt: skip
def test_titles_of_articles_about_them(title: str) -> None:
    """They are there."""
    assert not page(title, PROSE).says_missing()


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Sorry, the page you are looking for could not be found.", True),
        ("We can’t find that page.", True),
        ("The article you requested does not exist.", True),
        ("This page no longer exists.", True),
        ("A pod that could not be found by its name was the cause.", False),
        (f"{PROSE} The page you are looking for could not be found. {PROSE}", False),
    ],
)
def test_sentences_count_on_short_pages_alone(text: str, missing: bool) -> None:  # noqa: FBT001
    """A long page may quote them."""
    assert page("Example", text).says_missing() is missing


@pytest.mark.parametrize(
    ("text", "parked"),
    [
        ("This domain is for sale! Buy this domain", True),
        ("site.test is parked free, courtesy of GoDaddy.com", True),
        ("The domain name site.test may be for sale", True),
        ("This domain has expired. Is it yours? Renew it now.", True),
        ("<script src='https://www.parkingcrew.net/x.js'></script>", True),
        ("A DNS domain of the cluster is cluster.local", False),
        (f"{PROSE} They said: buy this domain. {PROSE}", False),
    ],
)
def test_parked_domains(text: str, parked: bool) -> None:  # noqa: FBT001
    """By what they say, and by who fills them."""
    assert page("Welcome", text).is_parked() is parked


def test_a_marketplace_is_known_by_its_name() -> None:
    """Whatever it shows."""
    assert page("x", PROSE, url="https://www.hugedomains.com/x").is_parked()


@pytest.mark.parametrize(
    ("title", "text", "spam"),
    [
        ("Slot gacor hari ini", "Situs judi online", True),
        ("Weave Works", "Online casino with free spins, no deposit bonus", True),
        ("Weave Works", f"{PROSE} Our sportsbook has a jackpot. {PROSE}", False),
        ("Jackpot: how we hit the node limit", PROSE, False),
        ("Poker planning with pods", "One jackpot", False),
    ],
)
def test_spam_of_domains_that_were_taken_over(title: str, text: str, spam: bool) -> None:  # noqa: FBT001
    """Two words of it in a title or on a short page, more in a long one."""
    assert page(title, text).is_spam("GitOps with Flux") is spam


def test_a_list_about_gambling_is_no_spam() -> None:
    """Where the link's own title is about that, so may its page be."""
    assert not page("Slot gacor", "togel").is_spam("How slot gacor sites work")


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
    assert page(title, text).wants_a_person() is wants


def test_copies_of_a_page_have_one_fingerprint() -> None:
    """Times, counters and keys differ; hidden code does not count; few words are no evidence."""
    first = page("Example", f"{PROSE} request 8f3a at 12:00<script>a()</script>")
    second = page("Example", f"{PROSE} request 9c1b at 12:01<script>b()</script>")
    assert first.fingerprint == second.fingerprint != ()
    assert page("Example", PROSE + "more").fingerprint != first.fingerprint
    assert page("ok", "ok").fingerprint == ()


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


@pytest.mark.parametrize(
    "piece", ["<", "<script", "<title", "<h1>", "not found ", "the ", "domain ", "page ", "&#", "404 ", "'", "judi "]
)
def test_no_page_takes_long(piece: str) -> None:
    """The cost grows with the page: a megabyte-sized backtracking trap would take minutes."""
    hostile = ShownPage("https://site.test/", (piece * 262_144)[:262_144])
    started = time.process_time()
    assert not hostile.is_parked()
    assert not hostile.is_spam("")
    assert not hostile.wants_a_person()
    hostile.says_missing()
    assert len(hostile.fingerprint) >= 0
    assert time.process_time() - started < 5
