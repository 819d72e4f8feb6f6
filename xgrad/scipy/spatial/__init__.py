"""Distances and shapes, as in ``scipy.spatial``."""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ..common import chapter, raw, rest_of, twin
from ..examples import of_one, of_one_class
from ..mistakes import told
from ..precision import doubled
from ..sparse.arrays import SparseArray, SparseMatrix
from ..sparse.products import Pattern
from . import distance
from .hulls import ConvexHull, Delaunay, Voronoi

__all__ = ["ConvexHull", "Delaunay", "KDTree", "Voronoi", "cKDTree", "distance",
           "distance_matrix", "geometric_slerp", "minkowski_distance", "minkowski_distance_p",
           "procrustes"]  # fmt: skip


@twin("spatial")
def minkowski_distance_p(x: Any, y: Any, p: float = 2) -> Any:
    """Return distances to the power of `p`, over the last axis; see SciPy's."""
    away = xgrad.abs(xgrad.asarray(x) - y)
    return xgrad.max(away, axis=-1) if p == np.inf else xgrad.sum(away**p, axis=-1)


@twin("spatial", "D")
def minkowski_distance(x: Any, y: Any, p: float = 2) -> Any:
    """Return distances over the last axis; see ``scipy.spatial.minkowski_distance``."""
    return distance.METRICS["minkowski"](xgrad.asarray(x), xgrad.asarray(y), p)


@twin("spatial", "D")
def distance_matrix(x: Any, y: Any, p: float = 2, threshold: int = 1000000) -> Any:
    """Return the distances of all pairs of two sets; see ``scipy.spatial.distance_matrix``."""
    return distance.cdist(xgrad.asarray(x), y, "minkowski", p=p)


@twin("spatial", "D")
def procrustes(data1: Any, data2: Any) -> Any:
    """Return two sets of points, moved, scaled and turned onto each other, and what is left."""
    one, two = xgrad.asarray(data1), xgrad.asarray(data2)
    if one.ndim != 2 or one.shape != two.shape:
        raise ValueError(
            f"procrustes: got shapes {one.shape} and {two.shape}; expected as many rows"
        )
    one, two = one - xgrad.mean(one, axis=0), two - xgrad.mean(two, axis=0)
    one, two = one / xgrad.linalg.vector_norm(one), two / xgrad.linalg.vector_norm(two)
    u, s, vh = xgrad.linalg.svd(xgrad.matrix_transpose(one) @ two, full_matrices=False)
    turned = (two @ xgrad.matrix_transpose(u @ vh)) * xgrad.sum(s)
    return one, turned, xgrad.sum((one - turned) ** 2)


@twin("spatial")
def geometric_slerp(start: Any, end: Any, t: Any, tol: float = 1e-7) -> Any:
    """Interpolate along a great circle; see ``scipy.spatial.geometric_slerp``."""
    start, end, t = xgrad.asarray(start), xgrad.asarray(end), xgrad.asarray(t)
    q, r = xgrad.linalg.qr(xgrad.stack([start, end], axis=1))
    signs = xgrad.sign(xgrad.linalg.diagonal(r))
    q, r = q * signs, r * signs[:, None]
    angle = xgrad.atan2(r[1, 1], r[0, 1])
    turn = t[..., None] * angle if t.ndim else t * angle
    return q[:, 0] * xgrad.cos(turn) + q[:, 1] * xgrad.sin(turn)


@told("spatial")
@of_one_class("scipy.spatial.KDTree")
class KDTree:
    """SciPy's tree of points, with distances that are differentiable; see ``scipy.spatial.KDTree``.

    Which points are near has no derivative; how far they are has, by the points and the queries.
    """

    def __init__(self, data: Any, *args: Any, **options: Any) -> None:
        self.data = doubled(data)  # as SciPy's tree holds them
        self.plain = chapter("spatial").KDTree(raw(self.data.detach()), *args, **options)

    def __getattr__(self, name: str) -> Any:
        if name == "plain" or name.startswith("__"):  # of one that is not made yet, as by `copy`
            raise AttributeError(name)
        return getattr(self.plain, name)

    @of_one("scipy.spatial.KDTree.query")
    def query(self, x: Any, k: Any = 1, eps: float = 0, p: float = 2, **options: Any) -> Any:
        """Return the distances to the nearest points, and the numbers of these, raw."""
        x = doubled(x)
        _, place = self.plain.query(raw(x.detach()), k, eps, p, **options)
        found = np.minimum(place, self.data.shape[0] - 1)
        points = xgrad.reshape(
            xgrad.take(self.data, xgrad.asarray(np.ravel(found)), axis=0), (*np.shape(found), -1)
        )
        near = x if np.ndim(found) == x.ndim - 1 else x[..., None, :]
        out = distance.METRICS["minkowski"](near, points, p)
        return xgrad.where(xgrad.asarray(place == self.data.shape[0]), np.inf, out), place

    def query_ball_point(self, x: Any, r: Any, *args: Any, **options: Any) -> Any:
        """Return the numbers of the points near to others; they have no derivative."""
        x, r = (raw(xgrad.asarray(v).detach()) for v in (x, r))
        return self.plain.query_ball_point(x, r, *args, **options)

    def query_ball_tree(self, other: Any, r: Any, p: float = 2.0, eps: float = 0) -> Any:
        """Return the numbers of the points near to those of another tree."""
        return self.plain.query_ball_tree(_plain(other), raw(r), p, eps)

    def query_pairs(self, r: Any, *args: Any, **options: Any) -> Any:
        """Return the pairs of points that are near to each other; they have no derivative."""
        return self.plain.query_pairs(raw(r), *args, **options)

    def count_neighbors(self, other: Any, r: Any, *args: Any, **options: Any) -> Any:
        """Return how many pairs of points are near to each other; it has no derivative."""
        return self.plain.count_neighbors(_plain(other), raw(r), *args, **options)

    def sparse_distance_matrix(
        self, other: Any, max_distance: Any, p: float = 2.0, output_type: str = "dok_matrix"
    ) -> Any:
        """Return the distances of the pairs that are near, as a sparse array."""
        found = self.plain.sparse_distance_matrix(_plain(other), raw(max_distance), p, "coo_matrix")
        rows, cols = found.coords
        both = [
            xgrad.take(xgrad.asarray(tree.data), xgrad.asarray(at), axis=0)
            for tree, at in ((self, rows), (other, cols))
        ]
        kind = SparseMatrix if output_type.endswith("_matrix") else SparseArray
        return kind(
            distance.METRICS["minkowski"](*both, p), Pattern(rows, cols, found.shape, "coo")
        )


def _plain(tree: Any) -> Any:
    """Return SciPy's tree of one that may be ours."""
    return tree.plain if isinstance(tree, KDTree) else tree


cKDTree = KDTree  # noqa: N816 - SciPy's name

__getattr__ = rest_of("spatial")
