"""Keyed hashes of people and questions. Without the key nobody can find out which person or question it was."""

import hashlib
import hmac
import unicodedata


def normalised(question: str) -> str:
    """Return the same text for the same words: Unicode NFKC, case folded, blanks joined, no punctuation at the end."""
    return " ".join(unicodedata.normalize("NFKC", question).casefold().split()).rstrip(" ?!.…")


def storable(text: str) -> str:
    """Replace characters that databases refuse: NUL, and single surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "\N{REPLACEMENT CHARACTER}")


def claim_hash(key: str) -> bytes:
    """Return a 16-byte hash of a dedupe key. It has no secret, so that all processes of a store get the same hash."""
    return hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Hasher:
    """Hashes with a secret key; a person and a question with the same text have different hashes."""

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
