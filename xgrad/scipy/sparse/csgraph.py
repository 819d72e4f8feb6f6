"""Graphs, as in ``scipy.sparse.csgraph``: which edges are taken is SciPy's, lengths have slopes.

A shortest path stays the same one while the weights move a little, so that its length is a sum of
theirs. What only tells which nodes belong together has no derivative, and is SciPy's answer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import xgrad

from ...arrays.array import Array
from ..common import chapter, fixed, raw, raws, rest_of, twin, with_derivative_of
from .arrays import SparseArray, as_sparse
from .products import Pattern

__all__ = [
    "bellman_ford",
    "breadth_first_order",
    "breadth_first_tree",
    "connected_components",
    "depth_first_order",
    "depth_first_tree",
    "dijkstra",
    "floyd_warshall",
    "johnson",
    "laplacian",
    "maximum_bipartite_matching",
    "min_weight_full_bipartite_matching",
    "minimum_spanning_tree",
    "reverse_cuthill_mckee",
    "shortest_path",
    "structural_rank",
    "yen",
]

HOME = "sparse.csgraph"


class _Edges:
    """The edges of a graph: SciPy's matrix of the weights, and which entry each of them is."""

    def __init__(self, graph: Any) -> None:
        if isinstance(graph, SparseArray) or hasattr(graph, "tocsr"):
            given = as_sparse(graph).tocsr()
            self.is_dense = False
        else:
            dense = xgrad.asarray(graph)
            held = chapter(HOME).csgraph_from_dense(np.asarray(raw(dense.detach())))
            found = held.tocoo()
            rows, cols = found.coords
            given = SparseArray(dense[rows, cols], Pattern(rows, cols, found.shape)).tocsr()
            self.is_dense = True
        self.data, pattern = given.pair
        self.weights = given.plain()
        self.plain = self.weights.copy()
        self.plain.data = np.asarray(raw(xgrad.asarray(self.data).detach()))
        self.ids = pattern.matrix(np.arange(1, self.nnz + 1))

    @property
    def nnz(self) -> int:
        """How many edges there are."""
        return int(self.weights.nnz)

    def which(self, start: Any, end: Any, directed: bool) -> Any:
        """Return the numbers of edges; of one that has no direction the lighter entry."""
        one = np.asarray(self.ids[start, end]).reshape(-1) - 1
        if directed:
            return one
        two = np.asarray(self.ids[end, start]).reshape(-1) - 1
        w = self.plain.data
        back = (one < 0) | ((two >= 0) & (w[two] < w[np.maximum(one, 0)]))
        return np.where(back, two, one)

    def lengths(self, value: Any, before: Any, ends: Any, directed: bool) -> Array:
        """Return lengths of paths with their derivative.

        Args:
            value: the lengths, raw.
            before: for each path its row of predecessors.
            ends: for each path the node where it ends, as `value` has them.
            directed: whether an edge has a direction.
        """
        import scipy.sparse

        paths, nodes = np.arange(ends.size), ends.ravel().copy()
        rows, edges = [np.zeros(0, dtype=int)], [np.zeros(0, dtype=int)]
        while True:
            earlier = before[paths, nodes]
            on = earlier >= 0
            paths_on, nodes_on, earlier = paths[on], nodes[on], earlier[on]
            if not paths_on.size:
                break
            rows.append(paths_on)
            edges.append(self.which(earlier, nodes_on, directed))
            paths, nodes = paths_on, earlier
        where = (np.concatenate(rows), np.concatenate(edges))
        taken = scipy.sparse.csr_array((np.ones(len(where[0])), where), shape=(ends.size, self.nnz))
        total = xgrad.reshape(as_sparse(taken) @ xgrad.asarray(self.data), value.shape)
        return with_derivative_of(value, total)

    def chosen(self, tree: Any) -> Any:
        """Return the entries that a tree of SciPy's holds, with their derivative."""
        found = tree.tocoo()
        rows, cols = found.coords
        place = np.asarray(self.ids[rows, cols]).reshape(-1) - 1
        back = np.asarray(self.ids[cols, rows]).reshape(-1) - 1
        place = np.where(place < 0, back, place)
        data = xgrad.take(xgrad.asarray(self.data), xgrad.asarray(place))
        data = xgrad.astype(data, np.float64, copy=False)  # as SciPy's trees are
        return SparseArray(data, Pattern(rows, cols, found.shape)).tocsr()


def _paths(
    name: str, graph: Any, directed: bool, indices: Any, return_predecessors: bool,
    unweighted: bool, **options: Any,
) -> Any:  # fmt: skip
    edges = _Edges(graph)
    if indices is not None:
        options["indices"] = raw(indices)
    value, before, *sources = getattr(chapter(HOME), name)(
        edges.plain, directed=directed, return_predecessors=True, unweighted=unweighted, **options
    )
    n = edges.plain.shape[0]
    ends = np.broadcast_to(np.arange(n), value.shape)
    rows = np.repeat(before.reshape(-1, n), n, axis=0)
    out = Array(value) if unweighted else edges.lengths(value, rows, ends, directed)
    if not return_predecessors:
        return out
    return (out, before, *sources)


@twin(HOME)
def shortest_path(
    csgraph: Any, method: str = "auto", directed: bool = True, return_predecessors: bool = False,
    unweighted: bool = False, overwrite: bool = False, indices: Any = None,
) -> Any:  # fmt: skip
    """Return the lengths of shortest paths, in the weights; see SciPy's ``shortest_path``.

    >>> import numpy as np, xgrad as xg
    >>> from xgrad.scipy import sparse
    >>> def away(w):
    ...     graph = sparse.csr_array((w, ([0, 0, 1], [1, 2, 2])), shape=(3, 3))
    ...     return sparse.csgraph.shortest_path(graph)[0, 2]
    >>> xg.grad(away)(np.asarray([1.0, 5.0, 2.0]))
    array([1., 0., 1.])
    """
    return _paths(
        "shortest_path", csgraph, directed, indices, return_predecessors, unweighted, method=method
    )


@twin(HOME)
def dijkstra(
    csgraph: Any, directed: bool = True, indices: Any = None, return_predecessors: bool = False,
    unweighted: bool = False, limit: Any = np.inf, min_only: bool = False,
) -> Any:  # fmt: skip
    """Return the lengths of shortest paths by Dijkstra's algorithm; see `shortest_path`."""
    limit = fixed("dijkstra", limit=limit)
    return _paths(
        "dijkstra", csgraph, directed, indices, return_predecessors, unweighted, limit=limit,
        **({"min_only": True} if min_only else {}),
    )  # fmt: skip


@twin(HOME)
def bellman_ford(
    csgraph: Any, directed: bool = True, indices: Any = None, return_predecessors: bool = False,
    unweighted: bool = False,
) -> Any:  # fmt: skip
    """Return the lengths of shortest paths by Bellman and Ford; see `shortest_path`."""
    return _paths("bellman_ford", csgraph, directed, indices, return_predecessors, unweighted)


@twin(HOME)
def johnson(
    csgraph: Any, directed: bool = True, indices: Any = None, return_predecessors: bool = False,
    unweighted: bool = False,
) -> Any:  # fmt: skip
    """Return the lengths of shortest paths by Johnson's algorithm; see `shortest_path`."""
    return _paths("johnson", csgraph, directed, indices, return_predecessors, unweighted)


@twin(HOME)
def floyd_warshall(
    csgraph: Any, directed: bool = True, return_predecessors: bool = False,
    unweighted: bool = False, overwrite: bool = False,
) -> Any:  # fmt: skip
    """Return the lengths of shortest paths by Floyd and Warshall; see `shortest_path`."""
    return _paths("floyd_warshall", csgraph, directed, None, return_predecessors, unweighted)


@twin(HOME)
def yen(
    csgraph: Any, source: int, sink: int, K: int, *,
    directed: bool = True, return_predecessors: bool = False, unweighted: bool = False,
) -> Any:  # fmt: skip
    """Return the lengths of the K shortest paths between two nodes; see SciPy's ``yen``."""
    edges = _Edges(csgraph)
    value, before = chapter(HOME).yen(
        edges.plain, source, sink, K, directed=directed, return_predecessors=True,
        unweighted=unweighted,
    )  # fmt: skip
    ends = np.full(value.shape, sink)
    out = Array(value) if unweighted else edges.lengths(value, before, ends, directed)
    return (out, before) if return_predecessors else out


@twin(HOME)
def minimum_spanning_tree(csgraph: Any, overwrite: bool = False) -> Any:
    """Return the edges of the lightest tree, with their weights; see SciPy's function."""
    edges = _Edges(csgraph)
    return edges.chosen(chapter(HOME).minimum_spanning_tree(edges.plain))


@twin(HOME)
def breadth_first_tree(csgraph: Any, i_start: int, directed: bool = True) -> Any:
    """Return the edges of a breadth-first search, with their weights; see SciPy's function."""
    edges = _Edges(csgraph)
    return edges.chosen(chapter(HOME).breadth_first_tree(edges.plain, i_start, directed))


@twin(HOME)
def depth_first_tree(csgraph: Any, i_start: int, directed: bool = True) -> Any:
    """Return the edges of a depth-first search, with their weights; see SciPy's function."""
    edges = _Edges(csgraph)
    return edges.chosen(chapter(HOME).depth_first_tree(edges.plain, i_start, directed))


@twin(HOME)
def laplacian(
    csgraph: Any, normed: bool = False, return_diag: bool = False, use_out_degree: bool = False, *,
    copy: bool = True, form: str = "array", dtype: Any = None, symmetrized: bool = False,
) -> Any:  # fmt: skip
    """Return the Laplacian of a graph, in its weights; see ``scipy.sparse.csgraph.laplacian``."""
    if form != "array":
        raise NotImplementedError(
            f"laplacian: form is {form!r}; only 'array' has a derivative here, a matrix A of which "
            "A @ x is taken"
        )
    is_sparse = isinstance(csgraph, SparseArray)
    m: Any = csgraph if is_sparse else xgrad.asarray(csgraph) * 1.0
    if symmetrized:
        m = m + (m.T.conj() if is_sparse else xgrad.conj(m.T))
    main = m.diagonal() if is_sparse else xgrad.linalg.diagonal(m)
    degree = xgrad.reshape(xgrad.asarray(m.sum(axis=1 if use_out_degree else 0)), (-1,)) - main
    unit: Any = degree
    if normed:
        alone = degree == 0
        degree = xgrad.where(alone, 1.0, xgrad.sqrt(xgrad.where(alone, 1.0, degree)))
        unit = 1.0 - xgrad.astype(alone, degree.dtype)
        scale = 1.0 / (degree[:, None] * degree[None, :])
        m = m.multiply(scale) if is_sparse else m * scale
    if is_sparse:
        m = (-m).tocsr()
        m.setdiag(unit)
        m = m.tocoo()
    else:
        eye = xgrad.asarray(np.eye(m.shape[0], dtype=bool))
        m = xgrad.where(eye, unit[:, None], -m)
    if dtype is not None:
        m = m.astype(dtype)
    return (m, degree) if return_diag else m


def _plain(graph: Any) -> Any:
    return graph.plain() if isinstance(graph, SparseArray) else raws(graph)


@twin(HOME)
def connected_components(
    csgraph: Any, directed: bool = True, connection: str = "weak", return_labels: bool = True
) -> Any:
    """Return how many parts a graph has, and which each node is in; it has no derivative."""
    return chapter(HOME).connected_components(_plain(csgraph), directed, connection, return_labels)


@twin(HOME)
def breadth_first_order(
    csgraph: Any, i_start: int, directed: bool = True, return_predecessors: bool = True
) -> Any:
    """Return the order of a breadth-first search; it has no derivative."""
    return chapter(HOME).breadth_first_order(
        _plain(csgraph), i_start, directed, return_predecessors
    )


@twin(HOME)
def depth_first_order(
    csgraph: Any, i_start: int, directed: bool = True, return_predecessors: bool = True
) -> Any:
    """Return the order of a depth-first search; it has no derivative."""
    return chapter(HOME).depth_first_order(_plain(csgraph), i_start, directed, return_predecessors)


@twin(HOME)
def reverse_cuthill_mckee(graph: Any, symmetric_mode: bool = False) -> Any:
    """Return an order of the rows that narrows the band; it has no derivative."""
    return chapter(HOME).reverse_cuthill_mckee(_plain(graph), symmetric_mode)


@twin(HOME)
def maximum_bipartite_matching(graph: Any, perm_type: str = "row") -> Any:
    """Return which column each row is matched with; it has no derivative."""
    return chapter(HOME).maximum_bipartite_matching(_plain(graph), perm_type)


@twin(HOME)
def min_weight_full_bipartite_matching(biadjacency: Any, maximize: bool = False) -> Any:
    """Return the rows and columns of the lightest matching; ``A[rows, cols]`` has derivatives."""
    return chapter(HOME).min_weight_full_bipartite_matching(_plain(biadjacency), maximize)


@twin(HOME)
def structural_rank(graph: Any) -> Any:
    """Return the largest rank of a matrix with these entries; it has no derivative."""
    return chapter(HOME).structural_rank(_plain(graph))


__getattr__ = rest_of("sparse.csgraph")
