"""Tables of the words that mark a missing, a parked or a hijacked page. Data only; `pages` reads it.

Patterns ignore case. A space in a pattern matches any white space.
"""

import re
from typing import Final


def _any(*patterns: str) -> re.Pattern[str]:
    joined = "|".join(patterns).replace(" ", r"\s").replace("'", "['’]")
    return re.compile(f"(?:{joined})", re.IGNORECASE)


_PAGE: Final = "(?:the |this |that |your |requested |web)*(?:page|file|content|article|post|site|url|document|resource)"
_NOT: Final = "(?:not|n't)"

#: A title or heading, or a part of it between dashes, that is only such a sentence.
MISSING_TITLE: Final = _any(
    r"(?:http |error |status |code )*404(?: error| page)?\W*",
    rf"(?:http |error |status )*404\W*(?:error\W*)?(?:{_PAGE} )?(?:is |was )?not found\W*",
    rf"(?:oops|sorry|error|whoops|uh oh)\W*(?:{_PAGE} )?(?:is |was |could |can )?not (?:be )?found\W*",
    rf"(?:{_PAGE} )?(?:is |was |could |can )?not (?:be )?found\W*(?:\(?404\)?\W*)?",
    rf"{_PAGE} ca{_NOT} be found\W*",
    rf"{_PAGE} (?:does ?{_NOT} exist|no longer exists|is gone|has been removed|has been deleted)\W*",
    rf"{_PAGE} (?:is )?(?:not |un)available\W*",
    r"(?:oops\W*)?nothing (?:was )?found(?: here)?\W*",
    r"page introuvable\W*",
    r"seite (?:wurde )?nicht gefunden\W*",
    r"p[áa]gina no encontrada\W*",
    r"p[áa]gina n[ãa]o encontrada\W*",
    r"pagina non trovata\W*",
    r"pagina niet gevonden\W*",
    r"页面不存在\W*",
    r"ページが見つかりません\W*",
)
#: Sentences that count only on a page with few words.
MISSING_TEXT: Final = _any(
    rf"\b(?:page|article|post|document|file|url|link|content) .{{0,60}}?(?:could|can) ?{_NOT} be found",
    r"\b(?:page|article|post|document|file|url|content) (?:\w+ ){0,5}(?:was not found|cannot be found)",
    rf"\b(?:page|article|post|document|file|url|content) (?:\w+ ){{0,8}}(?:does|did|do) ?{_NOT} exist",
    r"\b(?:page|article|post|document|file|url|content) (?:\w+ ){0,8}(?:no longer (?:exists?|available)|has been removed)",
    rf"\bcould ?{_NOT} find (?:the|that|this|your) (?:page|article|content)",
    rf"\bca{_NOT} find (?:the|that|this|your) (?:page|article|content)",
)

#: Titles of captchas and other tests for people that come before the page.
CHALLENGE_TITLE: Final = _any(
    r"just a moment\W*",
    r"attention required!?.*",
    r"checking your browser.*",
    r"access denied\W*",
    r"(?:please )?verify(?:ing)? (?:that )?you are (?:a )?human.*",
    r"security (?:check|verification)\W*",
    r"are you (?:a )?(?:human|robot)\W*",
    r"robot (?:check|or human)\W*",
    r"captcha.*",
    r"ddos-guard",
    r"human verification",
    r"vercel security checkpoint",
    r"client challenge",
    r"before you continue.*",
)
CHALLENGE_TEXT: Final = (
    "verify you are human", "verify that you are human", "not a robot", "enable javascript and cookies to continue",
    "checking your browser", "unusual traffic from your", "complete the captcha", "solve the captcha",
    "enter the characters you see", "please enable js and disable any ad blocker", "solve this captcha",
)  # fmt: skip
CHALLENGE_CODE: Final = (
    "/cdn-cgi/challenge-platform", "cf-chl-", "cf_chl_", "g-recaptcha", "h-captcha", "hcaptcha.com/1/api.js",
    "captcha-delivery.com", "px-captcha", "awswafcaptcha", "awswafintegration", "_incapsula_resource",
    "geo.captcha", "cf-turnstile",
)  # fmt: skip

#: Paths of login pages.
LOGIN_PATH: Final = _any(
    r"/(?:users?/)?(?:log[-_]?in|sign[-_]?in|sign[-_]?up|sso|auth|authorize|authenticate|oauth2?|saml2?|authwall)(?:[/.?;]|$)",
    r"/(?:accounts?/login|session/new)(?:[/.?;]|$)",
)
LOGIN_HOSTS: Final = ("accounts.google.", "login.", "signin.", "sso.", "auth.", "id.atlassian.", "idp.")

#: Scripts and pictures of companies that park domains.
PARKING_CODE: Final = (
    "sedoparking.com", "parkingcrew.net", "bodis.com", "parklogic.com", "above.com/marketplace", "cashparking",
    "domainparking", "parking-lander", "dan.com/buy-domain", "afternic.com/forsale", "skenzo.com",
    "hugedomains.com/domain_profile", "uniregistry.com/buy", "domainmarket.com/buynow",
)  # fmt: skip
PARKING_TEXT: Final = _any(
    r"\b(?:this|the) (?:web ?)?(?:domain|site|website)(?: name)? (?:\S+ )?(?:is|may be|might be|could be) (?:for|on) sale",
    r"\b(?:buy|purchase|get|own|inquire about|make an offer (?:on|for)) this domain",
    r"\bdomain(?: name)? (?:is )?for sale",
    r"\bthis domain(?: name)? (?:is|has been|was) (?:\w+ )?(?:parked|registered (?:at|with|by|via)|expired|suspended)",
    r"\b(?:domain|page|site) (?:is )?parked (?:free|by|at|courtesy)",
    r"\bparked (?:domain|free)",
    r"\b(?:domain(?: name)?|domain registration) (?:has )?expired",
    r"\binterested in this domain",
    r"\best[ae] domin?io est[áa] [eà]n? venta",
    r"\bdiese domain (?:steht|ist) zum? (?:verkauf|verkaufen)",
    r"\bce (?:nom de )?domaine est (?:à vendre|en vente)",
)
MARKETPLACES: Final = frozenset(
    {
        "afternic.com", "bodis.com", "brandbucket.com", "buydomains.com", "dan.com", "domainmarket.com",
        "efty.com", "hugedomains.com", "parkingcrew.net", "perfectdomain.com", "sav.com", "sedo.com",
        "sedoparking.com", "squadhelp.com", "undeveloped.com", "uniregistry.com",
    }
)  # fmt: skip

_SPAM: Final = (
    "agen judi", "agen slot", "baccarat", "bandar bola", "bandar judi", "bandar slot", "bandar togel", "betting bonus",
    "betting odds", "betting site", "betting sites", "bitcoin casino", "blackjack", "bookmaker", "bookmakers",
    "cá cược", "casino bonus", "casino en ligne", "casino game", "casino games", "casino online", "cialis",
    "crypto casino", "escort girls", "escort service", "essay writing service", "free spins", "gacor", "idn poker",
    "idnpoker", "jackpot", "jackpots", "joker123", "judi bola", "judi online", "judi slot", "levitra", "live casino",
    "maxwin", "nhà cái", "no deposit bonus", "online casino", "online casinos", "online slot", "online slots",
    "payday loans", "poker online", "porno", "pragmatic play", "roulette", "rtp live", "rtp slot", "sbobet",
    "scatter hitam", "situs slot", "slot gacor", "slot machine", "slot machines", "slot online", "slot88",
    "sports betting", "sportsbook", "togel", "viagra", "xxx videos",
)  # fmt: skip
#: The first words of these phrases: a page without any of them needs no search.
SPAM_STARTS: Final = frozenset(phrase.partition(" ")[0] for phrase in _SPAM)
#: Phrases of hijacked domains; an article on another subject hardly ever has two of them.
SPAM: Final = _any(rf"\b(?:{'|'.join(_SPAM)})\b")
