"""Linear algebra, on stacks of matrices.

In the formulas A is the argument, G the cotangent, ^H the conjugate transpose. A Hermitian argument
(`cholesky`, `eigh`) stands for its Hermitian part. Sources: M. Giles, "Collected matrix derivative
results for forward and reverse mode algorithmic differentiation", 2008; for complex matrices and
the singular value decomposition J. Townsend, "Differentiating the SVD", 2016, and Z.-Q. Wan and
S.-X. Zhang, arXiv:1909.02659; for QR M. Seeger et al., arXiv:1710.08717, and H.-J. Liao et al.,
arXiv:1903.09650.
"""

from typing import TYPE_CHECKING

from ..names import find
from ..ops.einsum import multi_dot
from ..ops.manipulation import matrix_transpose
from ..ops.products import matmul, tensordot, vecdot
from .determinants import det, slogdet
from .factorisations import cholesky, qr
from .functions import expm, matrix_function, polar, sqrtm
from .least_squares import cond, lstsq, tensorinv, tensorsolve
from .norms import matrix_norm, norm, vector_norm
from .products import cross, diagonal, matrix_power, matrix_rank, outer, trace
from .singular import svd, svdvals
from .solving import inv, pinv, solve, solve_triangular
from .spectra import eig, eigh, eigvals, eigvalsh

__all__ = [
    "cholesky",
    "cond",
    "cross",
    "det",
    "diagonal",
    "eig",
    "eigh",
    "eigvals",
    "eigvalsh",
    "expm",
    "inv",
    "lstsq",
    "matmul",
    "matrix_function",
    "matrix_norm",
    "matrix_power",
    "matrix_rank",
    "matrix_transpose",
    "multi_dot",
    "norm",
    "outer",
    "pinv",
    "polar",
    "qr",
    "slogdet",
    "solve",
    "solve_triangular",
    "sqrtm",
    "svd",
    "svdvals",
    "tensordot",
    "tensorinv",
    "tensorsolve",
    "trace",
    "vecdot",
    "vector_norm",
]


if not TYPE_CHECKING:  # for checkers there are no other names

    def __getattr__(name):
        return find(__name__, name)
