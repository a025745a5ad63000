"""Who is a curator: whoever has the token, or signs in with OpenID Connect under a name that the settings have.

OpenID Connect Core 1.0, https://openid.net/specs/openid-connect-core-1_0.html, with PKCE (RFC 7636); the keys of ID tokens
from where Discovery 1.0 says that they are.
"""

import base64
import hashlib
import hmac
import os
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx2
from starlette.requests import Request
from starlette.responses import Response

from bot.errors import LoginError
from bot.settings import LOOPBACK, Settings
from bot.slack.payloads import Identity
from bot.slack.untrusted import dict_of, list_of, text_of

COOKIE: Final = "signpost_curator"
PATH: Final = "/curators"
#: Seconds that a curator stays signed in, and that a sign-in may take.
STAY_S: Final = 8 * 3_600
SIGN_IN_S: Final = 600
_TIMEOUT_S: Final = 10.0
_PENDING: Final = 1_000
#: Seconds for which is believed what a provider says of itself.
_ABOUT_S: Final = 3_600
_PLACES: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_SLACK_USER: Final = "https://slack.com/user_id"
_SLACK_TEAM: Final = "https://slack.com/team_id"


class Sessions:
    """Cookies that this process has given; logging out ends one of them, a restart all."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._key = os.urandom(32)
        self._clock = clock
        #: Those that were logged out, with when they would have ended.
        self._ended: dict[str, int] = {}
        #: What the last press of each did, until it is shown.
        self._said: dict[str, str] = {}

    def leave(self, request: Request, said: str) -> None:
        """Keep what a press did for the next page that its browser opens."""
        self._said[_name(request)] = said

    def left(self, request: Request) -> str:
        """Return what the last press of a browser did; once."""
        return self._said.pop(_name(request), "")

    def let_in(self, response: Response, *, is_https: bool) -> None:
        """Sign a browser in."""
        name = f"{int(self._clock() + STAY_S)}-{secrets.token_hex(8)}"
        value = f"{name}.{self._proof(name)}"
        response.set_cookie(COOKIE, value, max_age=STAY_S, path=PATH, httponly=True, samesite="lax", secure=is_https)

    def has(self, request: Request) -> bool:
        """Return whether a request comes from a browser that is signed in."""
        name, _, proof = request.cookies.get(COOKIE, "").partition(".")
        until = name.partition("-")[0]
        if not (until.isascii() and until.isdigit() and len(until) < len("10000000000000")):
            return False
        same = hmac.compare_digest(proof.encode("utf-8", "replace"), self._proof(name).encode())
        return same and int(until) > self._clock() and name not in self._ended

    def let_out(self, request: Request, response: Response) -> None:
        """Log a browser out that is signed in; its cookie opens nothing any more, whoever may have a copy."""
        now = self._clock()
        self._ended = {name: until for name, until in self._ended.items() if until > now}
        name = _name(request)
        self._said.pop(name, None)
        self._ended[name] = int(name.partition("-")[0])
        response.delete_cookie(COOKIE, path=PATH)

    def _proof(self, name: str) -> str:
        return hmac.new(self._key, name.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _name(request: Request) -> str:
    """Return the name of a session that is known to be one of ours."""
    return request.cookies.get(COOKIE, "").partition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pending:
    """A sign-in that has begun."""

    nonce: str
    verifier: str
    redirect: str
    began: float


class OpenId:
    """Signs curators in at an OpenID provider, such as Slack."""

    def __init__(self, settings: Settings, identity: Identity, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._identity = identity
        self._clock = clock
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self._about: dict[str, Any] = {}
        self._about_at = 0.0

    async def begin(self, redirect: str) -> tuple[str, str]:
        """Return the address to send a browser to, and the state that it brings back; LoginError without a provider."""
        about = await self._provider()
        state, verifier, nonce = (secrets.token_urlsafe(32) for _ in range(3))
        self._pending[state] = _Pending(nonce=nonce, verifier=verifier, redirect=redirect, began=self._clock())
        while len(self._pending) > _PENDING:
            self._pending.popitem(last=False)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        query = urlencode(
            {
                "response_type": "code",
                "scope": "openid profile email",
                "client_id": self._settings.oidc_client_id,
                "redirect_uri": redirect,
                "state": state,
                "nonce": nonce,
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )
        return f"{about['authorization_endpoint']}?{query}", state

    async def finish(self, state: str, code: str) -> None:
        """Return if the sign-in is a curator's; LoginError otherwise."""
        pending = self._pending.pop(state, None)
        if pending is None or self._clock() - pending.began > SIGN_IN_S:
            raise LoginError("this sign-in is not known here, or took too long; begin again")
        about = await self._provider()
        answer = await self._fetch(
            "POST",
            about["token_endpoint"],
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": pending.redirect,
                "code_verifier": pending.verifier,
                "client_id": self._settings.oidc_client_id,
                "client_secret": self._settings.oidc_client_secret.get_secret_value(),
            },
        )
        self._let_in(await self._claims(text_of(answer.get("id_token")), about, pending.nonce))

    async def _claims(self, token: str, about: Mapping[str, Any], nonce: str) -> dict[str, Any]:
        """Return what an ID token says, if the provider has signed it."""
        from bot.curators.id_token import checked  # noqa: PLC0415 - its cryptography takes a while, and few need it

        # Asked for each time, which is not often: a key that the provider takes back counts no more, and a new one does.
        keys = list_of((await self._fetch("GET", about["jwks_uri"])).get("keys"))
        issuer, client_id = text_of(about["issuer"]), self._settings.oidc_client_id
        return checked(token, keys, issuer=issuer, client_id=client_id, nonce=nonce)

    def _let_in(self, claims: Mapping[str, Any]) -> None:
        """Return if somebody is a curator; LoginError otherwise."""
        settings = self._settings
        team = text_of(claims.get(_SLACK_TEAM))
        if team and self._identity.team_id and team != self._identity.team_id:
            raise LoginError("you are not of this workspace")
        names = {text_of(claims.get("sub")), text_of(claims.get(_SLACK_USER))}
        if claims.get("email_verified") is True:
            names.add(text_of(claims.get("email")).lower())
        if not names & {*settings.curators, *settings.oidc_curators}:
            raise LoginError("you are not among the curators; CURATORS and OIDC_CURATORS name them")

    async def _provider(self) -> dict[str, Any]:
        """Return what the provider says of itself, as it said within the last hour."""
        if not self._about or self._clock() - self._about_at > _ABOUT_S:
            found = await self._fetch(
                "GET", f"{self._settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration"
            )
            for name in _PLACES:
                if not _may_be_asked(text_of(found.get(name))):
                    raise LoginError(f"the provider's {name} is no https address")
            if text_of(found.get("issuer")).rstrip("/") != self._settings.oidc_issuer.rstrip("/"):
                raise LoginError("the provider calls itself otherwise than OIDC_ISSUER does")
            self._about, self._about_at = found, self._clock()
        return self._about

    async def _fetch(self, method: str, url: str, **named: Any) -> dict[str, Any]:
        try:
            async with httpx2.AsyncClient(timeout=_TIMEOUT_S, follow_redirects=False) as client:
                response = await client.request(method, url, **named)
                content = dict_of(response.json())
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, RecursionError) as error:
            raise LoginError(f"the provider cannot be asked ({type(error).__name__})") from error
        if response.status_code != httpx2.codes.OK:
            raise LoginError(f"the provider refused with {response.status_code}")
        return content


def _may_be_asked(url: str) -> bool:
    """Return whether an address is https, or of this machine as in a test."""
    try:
        parts = urlsplit(url)
    except ValueError:  # such as https://[x
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
