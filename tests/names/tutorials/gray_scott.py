"""Reaction and diffusion on a grid, with views that are written to (after rougier)."""

import numpy as np

np.random.seed(0)
n, r = 24, 3
Du, Dv, F, k = 0.16, 0.08, 0.035, 0.065
U, V = np.zeros((n + 2, n + 2), np.double), np.zeros((n + 2, n + 2), np.double)
u, v = U[1:-1, 1:-1], V[1:-1, 1:-1]
u[...] = 1.0
U[n // 2 - r : n // 2 + r, n // 2 - r : n // 2 + r] = 0.50
V[n // 2 - r : n // 2 + r, n // 2 - r : n // 2 + r] = 0.25
u += 0.05 * np.random.random((n, n))
v += 0.05 * np.random.random((n, n))


def laplacian(Z):
    return Z[:-2, 1:-1] + Z[1:-1, :-2] - 4 * Z[1:-1, 1:-1] + Z[1:-1, 2:] + Z[2:, 1:-1]


for _ in range(20):
    uvv = u * v * v
    Lu, Lv = laplacian(U), laplacian(V)
    u += Du * Lu - uvv + F * (1 - u)
    v += Dv * Lv + uvv - (F + k) * v

RESULT = [U, V, V.min(), V.max()]
