"""Solvers for sparse matrices, as in ``scipy.sparse.linalg``."""

from ...common import rest_of
from .exponential import expm_multiply
from .iterative import bicg, bicgstab, cg, cgs, gcrotmk, gmres, lgmres, minres, qmr, tfqmr
from .matrices import expm, inv, norm, onenormest, spilu, spsolve_triangular
from .operators import LinearOperator, aslinearoperator
from .pencils import eigs
from .solving import SuperLU, factorized, splu, spsolve
from .spectra import eigsh, lobpcg, svds
from .squares import lsmr, lsqr

__all__ = [
    "LinearOperator",
    "SuperLU",
    "aslinearoperator",
    "bicg",
    "bicgstab",
    "cg",
    "cgs",
    "eigs",
    "eigsh",
    "expm",
    "expm_multiply",
    "factorized",
    "gcrotmk",
    "gmres",
    "inv",
    "lgmres",
    "lobpcg",
    "lsmr",
    "lsqr",
    "minres",
    "norm",
    "onenormest",
    "qmr",
    "spilu",
    "splu",
    "spsolve",
    "spsolve_triangular",
    "svds",
    "tfqmr",
]

__getattr__ = rest_of("sparse.linalg")
