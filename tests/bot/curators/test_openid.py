"""Signing in as a curator with OpenID Connect: an ID token counts if the provider signed it, for us, now, for this sign-in."""

import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any
from unittest.mock import AsyncMock

import jwt
import pytest
import pytest_asyncio
from aiohttp.test_utils import unused_port
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from bot.curators import login, page
from bot.curators.login import OpenId
from tests.bot.curators.provider import RSA_KEYS, Provider, provider, public_pem, published
from tests.bot.curators.test_page import TOKEN, VERSIONS, browsing
from tests.bot.web.test_api import Client, serving

pytestmark = pytest.mark.asyncio(loop_scope="module")

EC_KEY = ec.generate_private_key(ec.SECP256R1())
SHORT_KEY = rsa.generate_private_key(public_exponent=65_537, key_size=1_024)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared() -> AsyncIterator[tuple[Provider, Client]]:
    """Serve a bot whose curators sign in at a provider, and the provider."""
    async with provider(unused_port()) as who:
        given = {"OIDC_ISSUER": who.issuer, "OIDC_CLIENT_ID": who.client_id, "OIDC_CLIENT_SECRET": who.client_secret}
        given |= {"WEB_URL": f"http://127.0.0.1:{(port := unused_port())}/", "CURATORS_TOKEN": TOKEN}
        async with serving(None, port, OIDC_CURATORS="ann@example.com,ann", CURATORS="U0SLACK", **given) as bot:
            yield who, bot


@pytest.fixture
def who(shared: tuple[Provider, Client], monkeypatch: pytest.MonkeyPatch) -> Provider:
    """Let the provider sign ann in, as it should."""
    monkeypatch.setattr(page, "versions", AsyncMock(return_value=VERSIONS))
    provider, _ = shared
    provider.claims, provider.sign, provider.keys = {"sub": "ann"}, provider.signed, [published(RSA_KEYS[0], "one")]
    return provider


@pytest.fixture
def bot(shared: tuple[Provider, Client]) -> Client:
    """Use the bot."""
    return shared[1]


async def test_a_curator_signs_in_at_a_provider(who: Provider, bot: Client) -> None:
    """By an address that the provider has verified, or by an id; the secret and the verifier prove who asks."""
    for claims in (
        {"sub": "1", "email": "Ann@example.com", "email_verified": True},
        {"sub": "U0SLACK", "https://slack.com/user_id": "U0SLACK"},
        {"sub": "ann", "aud": ["another", "signpost"], "azp": "signpost"},
    ):
        who.claims = claims
        async with browsing(bot, token="") as browser:
            assert 'href="/curators/sign-in"' in (await browser.get("/curators/login"))[1]
            assert "Suggestions that wait" in (await browser.get("/curators/sign-in"))[1]


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"sub": "1", "email": "bob@example.com", "email_verified": True}, "not among the curators"),
        ({"sub": "1", "email": "ann@example.com", "email_verified": False}, "not among the curators"),
        ({"sub": "1", "email": "ann@example.com"}, "not among the curators"),
        ({"sub": "ann", "aud": "another"}, "wrong in aud"),
        ({"sub": "ann", "aud": None}, "wrong in aud"),
        ({"sub": "ann", "aud": ["signpost", "another"]}, "wrong in azp"),
        ({"sub": "ann", "azp": "another"}, "wrong in azp"),
        ({"sub": "ann", "iss": "https://elsewhere.example"}, "wrong in iss"),
        ({"sub": "ann", "iss": None}, "wrong in iss"),
        ({"sub": "ann", "exp": 1_000}, "wrong in exp"),
        ({"sub": "ann", "exp": None}, "wrong in exp"),
        ({"sub": "ann", "iat": int(time.time()) + 3_600}, "wrong in iat"),
        ({"sub": "ann", "nonce": "of before"}, "wrong in nonce"),
        ({"sub": "ann", "nonce": None}, "wrong in nonce"),
        ({"sub": "ann", "nonce": "\u06ad"}, "wrong in nonce"),
        ({"sub": "ann", "x": json.loads("[" * 900 + "]" * 900), "aud": 1}, "wrong in aud"),
        ({"sub": None}, "wrong in sub"),
    ],
)
async def test_nobody_else_does(who: Provider, bot: Client, claims: dict[str, Any], told: str) -> None:
    """Whatever the provider says of them."""
    async with browsing(bot, token="") as browser:
        who.claims = claims
        status, text = await browser.get("/curators/sign-in")
        assert (status, told in text) == (403, True), text
        assert "For curators" in (await browser.get("/curators"))[1]


async def test_what_failed_is_told_where_it_was_tried(who: Provider, bot: Client) -> None:
    """Beside the provider's button or beside the token; where both are offered, the other one is not called wrong."""
    who.claims = {"sub": "bob"}
    async with browsing(bot, token="") as browser:
        text = (await browser.get("/curators/sign-in"))[1]
        before, _, after = text.partition('href="/curators/sign-in"')
        assert "You are not among the curators" in before
        assert "aria-invalid" not in after
        text = (await browser.send("/curators/login", token="wrong"))[1]
        before, _, after = text.partition('href="/curators/sign-in"')
        assert 'role="alert"' not in before
        assert "That is not the token." in after


@pytest.mark.parametrize("wrong", ["https://[x", "http://example.com", "", None])
async def test_a_provider_without_a_real_address_is_named(
    who: Provider, bot: Client, wrong: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, whatever it says of itself."""
    about = {"issuer": who.issuer, "authorization_endpoint": wrong, "token_endpoint": wrong}
    monkeypatch.setattr(OpenId, "_fetch", AsyncMock(return_value=about))
    monkeypatch.setattr(login, "_ABOUT_S", -1)
    async with browsing(bot, token="") as browser:
        status, text = await browser.get("/curators/sign-in")
    assert (status, "authorization_endpoint is no https address" in text) == (403, True)


async def test_a_sign_in_ends_in_the_browser_that_began_it(who: Provider, bot: Client) -> None:
    """Nobody is signed in by a link that somebody sends, nor twice by the same one."""
    async with browsing(bot, token="") as browser:
        assert "Suggestions that wait" in (await browser.get("/curators/sign-in"))[1]
        async with browsing(bot, token="") as other:
            status, text = await other.get(f"/curators/signed-in?{who.last_query}")
            assert (status, "not begun in this browser" in text) == (403, True)
        status, _ = await browser.get(f"/curators/signed-in?{who.last_query}")
        assert status == 403


def forged(head: dict[str, Any], signature: str = "") -> Callable[[dict[str, Any]], str]:
    """Return what makes tokens with any head and signature."""

    def sign(claims: dict[str, Any]) -> str:
        parts = (base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in (head, claims))
        return ".".join([*parts, signature])

    return sign


def by(key: Any, algorithm: str = "RS256", name: str | None = "one") -> Callable[[dict[str, Any]], str]:
    """Return what signs tokens with a key."""
    return lambda claims: jwt.encode(claims, key, algorithm, headers={"kid": name} if name else {})


def with_shared_secret(secret: bytes) -> Callable[[dict[str, Any]], str]:
    """Return what signs tokens with what anybody can know, as if it were a secret: the library itself would refuse."""
    head = {"alg": "HS256", "kid": "one"}

    def sign(claims: dict[str, Any]) -> str:
        unsigned = forged(head)(claims).removesuffix(".")
        made = jwt.get_algorithm_by_name("HS256").sign(unsigned.encode(), secret)
        return f"{unsigned}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"

    return sign


def meddled(claims: dict[str, Any]) -> str:
    """Sign for one person, and write another into it."""
    head, _, signature = by(RSA_KEYS[0])({**claims, "sub": "bob"}).split(".")
    return f"{head}.{forged({})(claims).split('.')[1]}.{signature}"


@pytest.mark.parametrize(
    ("sign", "told"),
    [
        (by(RSA_KEYS[1]), "wrong in its signature"),
        (by(RSA_KEYS[1], name="two"), "does not publish"),
        (meddled, "wrong in its signature"),
        (forged({"alg": "none"}), "signs with &#39;none&#39;"),
        (forged({"alg": "none", "kid": "one"}), "signs with &#39;none&#39;"),
        (forged({"alg": "RS256", "kid": "one"}), "wrong in its signature"),
        (with_shared_secret(public_pem(RSA_KEYS[0])), "signs with &#39;HS256&#39;"),
        (with_shared_secret(b"the-secret-of-the-client"), "signs with &#39;HS256&#39;"),
        (by(RSA_KEYS[0], "PS256"), "wrong in alg"),
        (by(EC_KEY, "ES256"), "wrong in alg"),
        (by(RSA_KEYS[0], name="<script>"), "does not publish"),
        (lambda _: "no.token", "has no ID token"),
        (lambda _: "", "has no ID token"),
    ],
)
async def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(
    who: Provider, bot: Client, sign: Callable[[dict[str, Any]], str], told: str
) -> None:
    """Neither unsigned, nor by another key, nor with the public key as a secret, nor by an algorithm of its own choice."""
    async with browsing(bot, token="") as browser:
        who.sign = sign
        status, text = await browser.get("/curators/sign-in")
        assert (status, told in text) == (403, True), text
        assert "For curators" in (await browser.get("/curators"))[1]


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits long")
async def test_keys_may_change_and_be_of_other_kinds(who: Provider, bot: Client) -> None:
    """A new key counts at once, one that is taken back no more; a key for encryption, and a short one, sign nothing."""
    second, elliptic = published(RSA_KEYS[1], "two"), published(EC_KEY, "three", "ES256")
    unnamed = {name: value for name, value in second.items() if name not in {"kid", "alg", "use"}}
    for keys, sign, told in (
        ([published(RSA_KEYS[0], "one")], by(RSA_KEYS[0]), "Suggestions that wait"),
        ([second], by(RSA_KEYS[1], name="two"), "Suggestions that wait"),
        ([second], by(RSA_KEYS[0]), "does not publish"),
        ([second, elliptic], by(EC_KEY, "ES256", "three"), "Suggestions that wait"),
        ([unnamed], by(RSA_KEYS[1], name=None), "Suggestions that wait"),
        ([unnamed, elliptic], by(RSA_KEYS[1], name=None), "does not publish"),
        ([{**second, "use": "enc"}], by(RSA_KEYS[1], name="two"), "does not publish"),
        ([published(SHORT_KEY, "one")], by(SHORT_KEY), "wrong in its key"),
        ([{"kty": "oct", "k": "c2VjcmV0", "kid": "one"}], by(RSA_KEYS[0]), "wrong in its"),
        ([None, "two", []], by(RSA_KEYS[1], name="two"), "does not publish"),
    ):
        who.keys, who.sign = keys, sign  # type: ignore[assignment]
        async with browsing(bot, token="") as browser:
            assert told in (await browser.get("/curators/sign-in"))[1], told
