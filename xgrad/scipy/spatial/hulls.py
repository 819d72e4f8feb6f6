"""Hulls, triangulations and cells: which points belong together is Qhull's, sizes have slopes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import chapter, raw
from ..examples import of_one_class
from ..mistakes import told
from ..precision import doubled

__all__ = ["ConvexHull", "Delaunay", "Voronoi"]


class _Of:
    """What Qhull found for points, with what is differentiable in front of it."""

    def __init__(self, name: str, points: Any, *args: Any, **options: Any) -> None:
        self.points = doubled(points)  # as Qhull holds them
        held = np.asarray(raw(self.points.detach()))
        self.plain = getattr(chapter("spatial"), name)(held, *args, **options)

    def __getattr__(self, name: str) -> Any:
        if name == "plain" or name.startswith("__"):  # of one that is not made yet, as by `copy`
            raise AttributeError(name)
        return getattr(self.plain, name)

    def _corners(self) -> Any:
        """Return the points of each simplex, shape (m, k, d)."""
        at = self.plain.simplices
        taken = xgrad.take(self.points, xgrad.asarray(at.ravel()), axis=0)
        return xgrad.reshape(taken, (*at.shape, self.points.shape[1]))


def _like(value: Any, x: Any) -> Any:
    """Return Qhull's number with the derivative of ours, which is the same up to rounding."""
    return Array(np.asarray(value, dtype=float), x._node)


@told("spatial")
@of_one_class("scipy.spatial.ConvexHull")
class ConvexHull(_Of):
    """The convex hull of points, with its sizes in the points; see ``scipy.spatial.ConvexHull``.

    Attributes:
        volume: what is inside, in two dimensions the area.
        area: the surface, in two dimensions its length.
        equations: outward normals and offsets of the facets.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad.scipy import spatial
    >>> corners = np.asarray([[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]])
    >>> xg.grad(lambda p: spatial.ConvexHull(p).volume)(corners)
    array([[-1., -1.],
           [ 1.,  0.],
           [ 0.,  1.]])
    """

    def __init__(self, points: Any, incremental: bool = False, qhull_options: Any = None) -> None:
        super().__init__("ConvexHull", points, incremental, qhull_options)

    @property
    def volume(self) -> Any:
        """The size of what is inside."""
        corners = self._corners()
        inside = np.asarray(raw(self.points.detach())).mean(axis=0)
        sizes = xgrad.linalg.det(corners - inside)
        signs = np.sign(np.asarray(raw(sizes.detach())))
        total = xgrad.sum(sizes * signs) / math.factorial(self.points.shape[1])
        return _like(self.plain.volume, total)

    @property
    def area(self) -> Any:
        """The size of the surface."""
        corners = self._corners()
        edges = corners[:, 1:, :] - corners[:, :1, :]
        squares = xgrad.linalg.det(edges @ xgrad.matrix_transpose(edges))
        total = xgrad.sum(xgrad.sqrt(squares)) / math.factorial(self.points.shape[1] - 1)
        return _like(self.plain.area, total)

    @property
    def equations(self) -> Any:
        """Outward normal and offset of the plane of each facet."""
        corners, n = self._corners(), self.points.shape[1]
        held = self.plain.equations
        edges = corners[:, 1:, :] - corners[:, :1, :]
        near = xgrad.asarray(np.ascontiguousarray(held[:, None, :n]))
        rows = xgrad.concat([edges, near], axis=1)
        unit = np.zeros((len(held), n, 1))
        unit[:, -1] = 1.0
        normal = xgrad.linalg.solve(rows, xgrad.asarray(unit))[..., 0]
        normal = normal / xgrad.linalg.vector_norm(normal, axis=-1, keepdims=True)
        offset = -xgrad.sum(normal * corners[:, 0, :], axis=-1, keepdims=True)
        return _like(held, xgrad.concat([normal, offset], axis=1))


@told("spatial")
@of_one_class("scipy.spatial.Delaunay")
class Delaunay(_Of):
    """A triangulation of points; see ``scipy.spatial.Delaunay``.

    Which points are joined has no derivative; ``points[simplices]`` has.
    """

    def __init__(
        self, points: Any, furthest_site: bool = False, incremental: bool = False,
        qhull_options: Any = None,
    ) -> None:  # fmt: skip
        super().__init__("Delaunay", points, furthest_site, incremental, qhull_options)

    @property
    def transform(self) -> Any:
        """What gives barycentric coordinates in each simplex, shape (m, d + 1, d)."""
        corners = self._corners()
        edges = xgrad.matrix_transpose(corners[:, :-1, :] - corners[:, -1:, :])
        made = xgrad.concat([xgrad.linalg.inv(edges), corners[:, -1:, :]], axis=1)
        return _like(self.plain.transform, made)

    def find_simplex(self, xi: Any, bruteforce: bool = False, tol: Any = None) -> Any:
        """Return which simplex points are in; it has no derivative."""
        x = np.asarray(raw(xgrad.asarray(xi).detach()))
        return self.plain.find_simplex(x, bruteforce, tol)


@told("spatial")
@of_one_class("scipy.spatial.Voronoi")
class Voronoi(_Of):
    """Cells of what is nearest to each point; see ``scipy.spatial.Voronoi``.

    Attributes:
        vertices: the corners of the cells, which are as far from each of their points.
    """

    def __init__(
        self, points: Any, furthest_site: bool = False, incremental: bool = False,
        qhull_options: Any = None,
    ) -> None:  # fmt: skip
        super().__init__("Voronoi", points, furthest_site, incremental, qhull_options)

    @property
    def vertices(self) -> Any:
        """The corners of the cells."""
        held, n = self.plain.vertices, self.points.shape[1]
        near = np.linalg.norm(self.plain.points[None, :, :] - held[:, None, :], axis=-1)
        order = np.argsort(near, axis=1, kind="stable")
        if self.plain.furthest_site:
            order = order[:, ::-1]
        chosen = np.stack([_apart(self.plain.points, row, n) for row in order])
        corners = xgrad.reshape(
            xgrad.take(self.points, xgrad.asarray(chosen.ravel()), axis=0), (len(held), n + 1, n)
        )
        first = corners[:, :1, :]
        squares = xgrad.sum(corners[:, 1:, :] ** 2 - first**2, axis=-1, keepdims=True)
        out = xgrad.linalg.solve(corners[:, 1:, :] - first, 0.5 * squares)
        return _like(held, out[..., 0])


def _apart(points: Any, order: Any, n: int) -> Any:
    """Return the first n + 1 points of an order that lie in no common plane."""
    kept = [order[0]]
    for i in order[1:]:
        edges = points[[*kept[1:], i]] - points[kept[0]]
        if np.linalg.svd(edges, compute_uv=False)[-1] > 1e-9 * np.abs(edges).max():
            kept.append(i)
        if len(kept) == n + 1:
            break
    return np.asarray(kept)
