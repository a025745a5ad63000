"""A small OpenID provider: signs everybody in who comes, with keys of its own, and is strict about how a program asks."""

import base64
import hashlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.bot.serving import served

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
RSA_KEYS = [rsa.generate_private_key(public_exponent=65_537, key_size=2_048) for _ in range(2)]


def published(key: PrivateKey, name: str, algorithm: str = "RS256") -> dict[str, Any]:
    """Return the public half of a key, as a provider publishes it."""
    public = key.public_key()
    kind: Any = (
        jwt.algorithms.ECAlgorithm if isinstance(public, ec.EllipticCurvePublicKey) else jwt.algorithms.RSAAlgorithm
    )
    return {**kind.to_jwk(public, as_dict=True), "use": "sig", "kid": name, "alg": algorithm}


def public_pem(key: PrivateKey) -> bytes:
    """Return the public half of a key as PEM has it."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return key.public_key().public_bytes(serialization.Encoding.PEM, form)


class Provider:
    """What it knows."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self.client_id = "signpost"
        self.client_secret = "the-secret-of-the-client"
        self.claims: dict[str, Any] = {}
        self.last_query = ""
        self.keys: list[dict[str, Any]] = [published(RSA_KEYS[0], "one")]
        self.sign: Callable[[dict[str, Any]], str] = self.signed
        """Makes the ID token; a test may put another in its place."""
        self._begun: dict[str, dict[str, str]] = {}

    def signed(
        self, claims: dict[str, Any], key: Any = RSA_KEYS[0], name: str | None = "one", algorithm: str = "RS256"
    ) -> str:
        """Return an ID token."""
        return jwt.encode(claims, key, algorithm, headers={"kid": name} if name else {})

    async def about(self, _: Request) -> Response:
        """Say where everything is."""
        places = {"authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token"}
        return JSONResponse({"issuer": self.issuer, **places, "jwks_uri": f"{self.issuer}/keys"})

    async def publish(self, _: Request) -> Response:
        """Give the keys."""
        return JSONResponse({"keys": self.keys})

    async def authorize(self, request: Request) -> Response:
        """Sign somebody in, and send them back."""
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert "openid" in asked["scope"].split()
        assert asked["client_id"] == self.client_id
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self._begun)}"
        self._begun[code] = asked
        self.last_query = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{asked['redirect_uri']}?{self.last_query}", status_code=302)

    async def token(self, request: Request) -> Response:
        """Tell who signed in, once, to the program that asked for it."""
        given = {name: value for name, (value,) in parse_qs((await request.body()).decode()).items()}
        asked = self._begun.pop(given.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or given.get("grant_type") != "authorization_code"
            or given.get("client_secret") != self.client_secret
            or given.get("redirect_uri") != asked["redirect_uri"]
            or challenge.rstrip(b"=").decode() != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        now = int(time.time())
        usual = {"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 60, "nonce": asked["nonce"]}
        claims = {name: value for name, value in {**usual, **self.claims}.items() if value is not None}
        return JSONResponse({"id_token": self.sign(claims), "token_type": "Bearer"})


@asynccontextmanager
async def provider(port: int) -> AsyncIterator[Provider]:
    """Run one."""
    who = Provider(f"http://127.0.0.1:{port}")
    routes = [
        Route("/.well-known/openid-configuration", who.about),
        Route("/keys", who.publish),
        Route("/authorize", who.authorize),
        Route("/token", who.token, methods=["POST"]),
    ]
    async with served(Starlette(routes=routes), port=port):
        yield who
