"""Who may see what of the page: everything, the links that are marked public, or nothing until a key is given."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from bot.settings import Mode, Settings
from bot.web.keys import Keys, Scope

COOKIE: Final = "signpost_page"
#: Seconds that a browser stays logged in.
STAY_S: Final = 30 * 86_400


class Access(StrEnum):
    """What a visitor may see."""

    ALL = "all"
    PUBLIC = "public"
    """Only links with the tag `public`, and no names of sections that have none."""
    NONE = "none"
    """Nothing without the key."""


class Doorkeeper:
    """Knows who has shown a key."""

    def __init__(self, settings: Settings, keys: Keys) -> None:
        self._keys = keys
        self._without = Access.ALL if settings.mode is Mode.WEB else Access.PUBLIC

    @property
    def has_key(self) -> bool:
        """Whether visitors must show a key."""
        return bool(self._keys.page_key)

    def access(self, request: Request) -> Access:
        """Return what the sender of a request may see.

        The key comes in the cookie of a login, as a bearer token, or as the password that readers of feeds send.
        """
        given = _given(request.headers)
        holder = self._keys.holder(given) if given else None
        if holder is not None and Scope.READ in holder.scopes:
            return Access.PUBLIC if holder.public_only else Access.ALL
        if not self.has_key:
            return self._without
        return Access.ALL if self._signed_in(request.cookies.get(COOKIE, "")) else Access.NONE

    def knows(self, key: str) -> bool:
        """Whether this is the page's key."""
        return self._keys.opens_page(key)

    def let_in(self, request: Request, response: Response) -> None:
        """Give a browser what it shows from now on: until when, and the proof that we said so."""
        until = str(int(time.time() + STAY_S))
        value = f"{until}.{self._proof(until)}"
        response.set_cookie(COOKIE, value, max_age=STAY_S, httponly=True, samesite="lax", secure=is_https(request))

    def _signed_in(self, cookie: str) -> bool:
        until, _, proof = cookie.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < len("10000000000000")):
            return False
        return hmac.compare_digest(proof.encode("utf-8", "replace"), self._proof(until).encode()) and (
            int(until) > time.time()
        )

    def _proof(self, until: str) -> str:
        return hmac.new(self._keys.page_key, f"signpost: page until {until}".encode(), hashlib.sha256).hexdigest()


def _given(headers: Mapping[str, str]) -> str:
    """Return the key that a request names itself."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def is_https(request: Request) -> bool:
    """Whether a browser came by https, be it only as far as a proxy; its cookies then come by nothing else."""
    return request.scope["scheme"] == "https" or request.headers.get("x-forwarded-proto", "") == "https"


def is_ours(request: Request) -> bool:
    """Whether a form was sent by a page of this site, or by a program.

    A page of another site could send one as well, with the cookies of whoever looks at it.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    return origin is None or origin.partition("://")[2] == request.headers.get("host", "")
