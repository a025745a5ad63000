"""ID tokens of OpenID providers: signed by a key that the provider publishes, for us, now, and for the sign-in at hand.

OpenID Connect Core 1.0, section 3.1.3.7: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation.
"""

import hmac
from collections.abc import Mapping, Sequence
from typing import Any, Final

import jwt

from bot.errors import LoginError
from bot.slack.untrusted import dict_of, list_of, text_of

#: Signatures that nobody can make who has only what the provider publishes: never `none`, and none with a shared secret.
ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
#: Seconds by which the provider's clock may differ from ours.
SKEW_S: Final = 60
#: What the library lets through for values of other kinds than those that it expects.
_NONSENSE: Final = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_WRONG: Final = (
    (jwt.ExpiredSignatureError, "exp"),
    (jwt.ImmatureSignatureError, "iat or nbf"),
    (jwt.InvalidIssuedAtError, "iat"),
    (jwt.InvalidAudienceError, "aud"),
    (jwt.InvalidIssuerError, "iss"),
    (jwt.InvalidSignatureError, "its signature"),
    (jwt.InvalidKeyError, "its key"),
)


def checked(
    token: str, keys: Sequence[Mapping[str, Any]], *, issuer: str, client_id: str, nonce: str
) -> dict[str, Any]:
    """Return what an ID token says; LoginError names what is wrong with it."""
    try:
        head = jwt.get_unverified_header(token)
    except (jwt.InvalidTokenError, *_NONSENSE) as error:
        raise LoginError("the provider's answer has no ID token") from error
    algorithm = text_of(head.get("alg"))
    if algorithm not in ALGORITHMS:
        raise LoginError(f"the provider signs with {algorithm[:20]!r}, which proves nothing here")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(keys, text_of(head.get("kid")), algorithm),
            algorithms=[algorithm],
            audience=client_id,
            issuer=issuer,
            leeway=SKEW_S,
            options={"require": ["iss", "sub", "aud", "exp", "iat"], "enforce_minimum_key_length": True},
        )
    except jwt.MissingRequiredClaimError as error:
        raise _wrong_in(error.claim) from error
    except (jwt.PyJWTError, *_NONSENSE) as error:
        raise _wrong_in(next((name for kind, name in _WRONG if isinstance(error, kind)), "its form")) from error
    # Several audiences, or another party that was meant by it: then it must say that the token was issued to us.
    party = claims.get("azp")
    if party != client_id and (party is not None or len(list_of(claims["aud"])) > 1):
        raise _wrong_in("azp")
    if not hmac.compare_digest(text_of(claims.get("nonce")).encode("utf-8", "replace"), nonce.encode()):
        raise _wrong_in("nonce")
    return claims


def _key(keys: Sequence[Mapping[str, Any]], name: str, algorithm: str) -> jwt.PyJWK:
    """Return the key that a token names; without a name the only one that there is."""
    signing = [key for key in map(dict_of, keys) if key.get("use", "sig") == "sig"]
    found = [key for key in signing if key.get("kid") == name] if name else signing
    if len(found) != 1:
        raise LoginError("the provider's answer is signed with a key that the provider does not publish")
    # A key is for one kind of signature; a token may not choose another.
    if found[0].get("alg", algorithm) != algorithm:
        raise _wrong_in("alg")
    return jwt.PyJWK(found[0], algorithm)


def _wrong_in(name: str) -> LoginError:
    return LoginError(f"the provider's answer is wrong in {name}")
