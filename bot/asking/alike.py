"""Links that say much what a suggested one says: shown to whoever suggests it and to the curators, from wherever it comes."""

from typing import Final

from index import Asks, Neighbour

#: Links with at least this cosine are much alike. Measured on the shipped list with the shipped encoder: of 28 titles in
#: other words, all but one (0.57) had 0.74 or more with the right link. The highest of 5,000 titles of other fields was
#: 0.62, and of 2,000 on neighbouring subjects (storage, security and monitoring of clusters) 0.67.
MUCH_ALIKE: Final = 0.7


def much_alike(asks: Asks, url: str, title: str, description: str) -> tuple[Neighbour, ...]:
    """Return the links that have this address or are much alike."""
    found = asks.neighbours(url, title, description)
    return tuple(one for one in found if one.exact or one.similarity >= MUCH_ALIKE)
