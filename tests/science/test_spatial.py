# Tests of xgrad/scipy/spatial
"""Distances: values of SciPy, derivatives in the vectors and in the metrics' parameters."""

import numpy as np
import pytest

import xgrad as xg
from xgrad import scipy

from .programs import Program, check

RNG = np.random.default_rng(9)
U, V, W = RNG.uniform(0.2, 1, 4), RNG.uniform(0.2, 1, 4), RNG.uniform(0.5, 1, 4)
A, B = RNG.uniform(0.2, 1, (5, 3)), RNG.uniform(0.2, 1, (4, 3))
C2, C3, Z = RNG.normal(size=(9, 2)), RNG.normal(size=(9, 3)), RNG.normal(size=(4, 3))
NAMES = ("braycurtis", "canberra", "chebyshev", "cityblock", "correlation", "cosine", "euclidean", "jensenshannon",
         "minkowski", "sqeuclidean")  # fmt: skip
ALL = (*NAMES, "mahalanobis", "seuclidean")


def S(name, *args, f=None, **options):
    """Return the program of a function of all arrays."""
    return Program(name, lambda sp, xp, *xs: f(sp.spatial, *xs), args, **options)


PROGRAMS = (
    *(S(n, U, V, f=lambda s, u, v, n=n: getattr(s.distance, n)(u, v)) for n in NAMES),
    *(S(f"{n} w", U, V, f=lambda s, u, v, n=n: getattr(s.distance, n)(u, v, w=W)) for n in NAMES if n != "jensenshannon"),
    S("mahalanobis", U, V, np.eye(4) + 0.1, f=lambda s, u, v, m: s.distance.mahalanobis(u, v, m)),
    S("seuclidean", U, V, W, f=lambda s, u, v, w: s.distance.seuclidean(u, v, w)),
    S("minkowski p", U, V, f=lambda s, u, v: [s.distance.minkowski(u, v, p) for p in (1, 1.5, 3, np.inf)]),
    *(S(f"cdist {n}", A, B, f=lambda s, a, b, n=n: s.distance.cdist(a, b, n), rtol=1e-5) for n in ALL),
    *(S(f"pdist {n}", A, f=lambda s, a, n=n: s.distance.pdist(a, n), rtol=1e-5) for n in ALL),
    S("squareform", A, f=lambda s, a: [s.distance.squareform(s.distance.pdist(a)), s.distance.squareform(s.distance.squareform(s.distance.pdist(a)))]),
    S("hausdorff", A, B, f=lambda s, a, b: s.distance.directed_hausdorff(a, b)[0]),
    S("matrices", A, B, f=lambda s, a, b: [s.distance_matrix(a, b, 3), s.minkowski_distance(a[:4], b), s.minkowski_distance_p(a[:4], b, 3)]),
    S("procrustes", A[:4], B, f=lambda s, a, b: s.procrustes(a, b), rtol=1e-5),
    S("hulls", C2, C3, f=lambda s, p, q: [w for h in (s.ConvexHull(p), s.ConvexHull(q)) for w in (h.volume, h.area, h.equations)], rtol=1e-5, step=1e-5),
    S("triangles", C2, f=lambda s, p: [p[s.Delaunay(p).simplices], s.Delaunay(p).transform, s.Voronoi(p).vertices], rtol=1e-4, step=1e-6, value=1e-8),
    S("turns", A, np.asarray([0.1, 0.8]), f=lambda s, a, t: [s.transform.Slerp([0, 0.5, 1], s.transform.Rotation.from_rotvec(Z[:3]))(t).as_rotvec(),
        (s.transform.Rotation.from_rotvec(a) * s.transform.Rotation.from_euler("z", 30, degrees=True)).as_matrix(), s.transform.Rotation.from_rotvec(Z[0]).apply(a)]),
    S("trees", A, B, f=lambda s, a, b: [s.KDTree(a).sparse_distance_matrix(s.KDTree(b), 0.6).toarray()]),
    S("arcs", np.asarray([0.1, 0.8]), f=lambda s, t: s.geometric_slerp(np.asarray([1.0, 0.0, 0.0]), np.asarray([0.0, 0.6, 0.8]), t)),
    S("KDTree", A, B, f=lambda s, a, b: [s.KDTree(a).query(b)[0], s.KDTree(a).query(b, 2)[0], s.cKDTree(a).query(b[0])[0]]),
)  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.name)
def test_derivatives(program):
    check(program)


def test_the_distance_of_equal_vectors_has_the_derivative_zero():
    assert not np.any(xg.grad(lambda a: xg.sum(scipy.spatial.distance.cdist(a, a)))(A[:1]))


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda d, a: d.cdist(a, B[:, :2]), ValueError, "expected rows as long"),
        (lambda d, a: d.cdist(a, B, "jaccard"), NotImplementedError, "'jaccard' has no derivative"),
        (lambda d, a: d.euclidean(a, a), ValueError, "expected two vectors"),
        (lambda d, a: d.squareform(a[0][:2]), ValueError, "expected the pairs"),
    ],
)
def test_bad_input(call, error, says):
    with pytest.raises(error, match=says):
        call(scipy.spatial.distance, xg.asarray(A))
