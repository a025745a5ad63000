"""Types of the arrays that the index computes with; not in `types`, which must not import numpy."""

from typing import Any

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Int8 = npt.NDArray[np.int8]
Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Integers = npt.NDArray[np.integer[Any]]
Float16 = npt.NDArray[np.float16]
Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]
#: Rows are unit vectors; shape (n, dimensions) or (dimensions,).
Vectors = Float32


def unit(vector: Float32) -> Vectors:
    """Return a vector (dimensions,) at length 1; one of length 0 stays as it is."""
    # No norm of numpy's: its last bits depend on which BLAS kernels the process uses.
    length = np.sqrt((vector.astype(np.float64) ** 2).sum())
    return (vector / (length or 1.0)).astype(np.float32)
