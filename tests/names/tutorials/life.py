"""The game of life (after rougier/numpy-tutorial)."""

import numpy as np


def by_index(Z):
    N = np.zeros(Z.shape, int)
    N[1:-1, 1:-1] += (
        Z[0:-2, 0:-2] + Z[0:-2, 1:-1] + Z[0:-2, 2:]
        + Z[1:-1, 0:-2] + Z[1:-1, 2:]
        + Z[2:, 0:-2] + Z[2:, 1:-1] + Z[2:, 2:]
    )  # fmt: skip
    N_, Z_ = N.ravel(), Z.ravel()
    lonely = np.argwhere((Z_ == 1) & (N_ < 2))
    crowded = np.argwhere((Z_ == 1) & (N_ > 3))
    born = np.argwhere((Z_ == 0) & (N_ == 3))
    Z_[lonely] = 0
    Z_[crowded] = 0
    Z_[born] = 1
    Z[0, :] = Z[-1, :] = Z[:, 0] = Z[:, -1] = 0


def by_mask(Z):
    N = (
        Z[0:-2, 0:-2] + Z[0:-2, 1:-1] + Z[0:-2, 2:]
        + Z[1:-1, 0:-2] + Z[1:-1, 2:]
        + Z[2:, 0:-2] + Z[2:, 1:-1] + Z[2:, 2:]
    )  # fmt: skip
    birth = (N == 3) & (Z[1:-1, 1:-1] == 0)
    survive = ((N == 2) | (N == 3)) & (Z[1:-1, 1:-1] == 1)
    Z[...] = 0
    Z[1:-1, 1:-1][birth | survive] = 1
    return Z


Z = np.array(
    [
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 1, 0, 0],
        [0, 1, 0, 1, 0, 0],
        [0, 0, 1, 1, 0, 0],
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]
)
first = Z.copy()
for _ in range(4):
    by_index(first)
second = Z.copy()
for _ in range(4):
    by_mask(second)

RESULT = [first, second]
