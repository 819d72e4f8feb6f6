"""Dense linear algebra, as in ``scipy.linalg``."""

from .equations import solve_continuous_are, solve_continuous_lyapunov, solve_discrete_are, solve_discrete_lyapunov, solve_lyapunov, solve_sylvester
from .factorisations import eig, eigh, eigvals, eigvalsh, ldl, norm, orth, polar, qr, svd, svdvals
from .functions import coshm, cosm, expm, expm_frechet, fractional_matrix_power, logm, signm, sinhm, sinm, sqrtm, tanhm, tanm
from .solving import cho_factor, cho_solve, cholesky, det, inv, lstsq, lu, lu_factor, lu_solve, matmul_toeplitz, pinv, pinvh, solve, solve_triangular
from .special_matrices import bandwidth, block_diag, circulant, companion, convolution_matrix, fiedler, hankel, ishermitian, issymmetric, khatri_rao, leslie, toeplitz
from .structured import solve_banded, solve_toeplitz, solveh_banded

__all__ = ['bandwidth', 'block_diag', 'cho_factor', 'cho_solve', 'cholesky', 'circulant', 'companion', 'convolution_matrix', 'coshm', 'cosm', 'det', 'eig', 'eigh', 'eigvals', 'eigvalsh', 'expm', 'expm_frechet', 'fiedler', 'fractional_matrix_power', 'hankel', 'inv', 'ishermitian', 'issymmetric', 'khatri_rao', 'ldl', 'leslie', 'logm', 'lstsq', 'lu', 'lu_factor', 'lu_solve', 'matmul_toeplitz', 'norm', 'orth', 'pinv', 'pinvh', 'polar', 'qr', 'signm', 'sinhm', 'sinm', 'solve', 'solve_banded', 'solve_continuous_are', 'solve_continuous_lyapunov', 'solve_discrete_are', 'solve_discrete_lyapunov', 'solve_lyapunov', 'solve_sylvester', 'solve_toeplitz', 'solve_triangular', 'solveh_banded', 'sqrtm', 'svd', 'svdvals', 'tanhm', 'tanm', 'toeplitz',]
