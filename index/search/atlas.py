"""A map of a catalogue by meaning: each link and each question as a point, near to what means much the same.

The two axes are the first two principal components of the links' vectors (Pearson 1901,
https://doi.org/10.1080/14786440109462720): they keep as much of the distances as two axes can.
"""

from typing import Final

import numpy as np

from index.numeric import Float32, Vectors

#: Links whose vectors make the axes; of more, evenly spread ones.
_FITTED: Final = 5_000


def axes(vectors: Vectors) -> tuple[Float32, Float32]:
    """Return the mean, shape (dimensions,), and the two axes, shape (dimensions, 2), of vectors of shape (n, dimensions).

    The largest part of each axis is positive, so that the same vectors give the same map.
    """
    fitted = vectors[:: max(1, len(vectors) // _FITTED)].astype(np.float32)
    mean = fitted.mean(axis=0)
    centred = fitted - mean
    _, found = np.linalg.eigh(centred.T @ centred)
    two = found[:, [-1, -2]]
    signs = np.sign(two[np.abs(two).argmax(axis=0), [0, 1]])
    return mean, (two * signs).astype(np.float32)


def placed(vectors: Vectors, mean: Float32, two: Float32) -> Float32:
    """Return the places of vectors on a map, shape (n, 2)."""
    return np.asarray((vectors.astype(np.float32) - mean) @ two, dtype=np.float32)
