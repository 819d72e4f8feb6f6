"""Solvers for sparse matrices, as in ``scipy.sparse.linalg``."""

from ...common import rest_of
from .exponential import expm_multiply
from .iterative import bicg, bicgstab, cg, cgs, gcrotmk, gmres, lgmres, minres, tfqmr
from .operators import LinearOperator, aslinearoperator
from .solving import SuperLU, factorized, splu, spsolve
from .spectra import eigsh, svds
from .squares import lsmr, lsqr

__all__ = [
    "LinearOperator",
    "SuperLU",
    "aslinearoperator",
    "bicg",
    "bicgstab",
    "cg",
    "cgs",
    "eigsh",
    "expm_multiply",
    "factorized",
    "gcrotmk",
    "gmres",
    "lgmres",
    "lsmr",
    "lsqr",
    "minres",
    "splu",
    "spsolve",
    "svds",
    "tfqmr",
]

__getattr__ = rest_of("sparse.linalg")
