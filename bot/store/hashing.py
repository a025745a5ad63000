"""Keyed hashes that stand for people and questions, so that neither can be read back without the key."""

import hashlib
import hmac
import unicodedata


def normalised(question: str) -> str:
    """One form for the same words: Unicode NFKC, case folded, blanks joined, no punctuation at the end."""
    return " ".join(unicodedata.normalize("NFKC", question).casefold().split()).rstrip(" ?!.…")


def storable(text: str) -> str:
    """Replace what databases refuse: NUL, and surrogates without their other half."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\N{REPLACEMENT CHARACTER}")


def claim_hash(key: str) -> bytes:
    """16 bytes that stand for a dedupe key; not keyed, since processes that share a store must agree."""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Hasher:
    """Hashes with one secret key; people and questions never share a hash."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        if not key:
            raise ValueError("the hash key of the store is empty")
        self._key = key

    def question(self, text: str) -> str:
        """HMAC-SHA256 of the normalised question, as 64 hexadecimal digits."""
        return self._hash(b"question", normalised(text))

    def user(self, user: str) -> str:
        """HMAC-SHA256 of a user id, as 64 hexadecimal digits; empty for no user."""
        return self._hash(b"user", user) if user else ""

    def _hash(self, kind: bytes, text: str) -> str:
        return hmac.digest(self._key, kind + b"\x00" + text.encode("utf-8", "surrogatepass"), "sha256").hex()

    def __repr__(self) -> str:
        return "<Hasher>"
