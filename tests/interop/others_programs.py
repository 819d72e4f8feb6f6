"""Programs of array-api-extra, einops, opt_einsum, xarray, pandas and Python itself."""

from __future__ import annotations

import copy
import functools
import operator
import pickle
from typing import Any

import array_api_extra as xpx
import einops
import numpy as np
import opt_einsum
import optree
import pandas as pd
import xarray as xr
from array_api_compat import (
    array_namespace,
    device,
    is_array_api_obj,
    is_lazy_array,
    is_writeable_array,
    size,
    to_device,
)
from einops import array_api as einops_array_api

from .harness import Program

rng = np.random.default_rng(3)
P = Program
V = rng.uniform(0.2, 0.9, 6)
W = rng.uniform(0.2, 0.9, 6)
X = rng.uniform(0.2, 0.9, (3, 4))
Y = rng.uniform(0.2, 0.9, (3, 4))
T = rng.uniform(0.2, 0.9, (2, 3, 4))
S = rng.uniform(0.2, 0.9, (3, 3))
MASK = V > 0.5
ONE, TWO = np.asarray([0, 2]), np.asarray([0, 0, 2])


def at(x: Any, index: Any) -> Any:
    return xpx.at(x, index)


EXTRA = [
    P("xpx.at.set", lambda x, v: at(x, slice(0, 2)).set(v[:2]), (V, W)),
    P("xpx.at.set(copy=True)", lambda x: at(x, 1).set(2.0, copy=True) + x, (V,)),
    P("xpx.at.set(mask)", lambda x, m: at(x, m).set(0.0), (V,), (MASK,)),
    *(
        P(f"xpx.at.{n}", lambda x, v, n=n: getattr(at(x, slice(1, 4)), n)(v[:3]), (V, W))
        for n in "add subtract multiply divide power min max".split()
    ),
    P("xpx.at.add(indices)", lambda x, v, i: at(x, i).add(v[:2]), (V, W), (ONE,)),
    P("xpx.at.add(copy=None)", lambda x: at(x * 1.0, 0).add(x[1], copy=None), (V,)),
    P(
        "xpx.apply_where",
        lambda x, m: xpx.apply_where(m, (x,), lambda a: a**2, lambda a: a**3),
        (V,),
        (MASK,),
    ),
    P(
        "xpx.apply_where(fill)",
        lambda x, m: xpx.apply_where(m, (x,), lambda a: a**2, fill_value=0.5),
        (V,),
        (MASK,),
    ),
    P(
        "xpx.apply_where(two)",
        lambda x, y, m: xpx.apply_where(m, (x, y), lambda a, b: a * b, lambda a, b: a - b),
        (V, W),
        (MASK,),
    ),
    P("xpx.cov", xpx.cov, (X,)),
    P("xpx.cov(1d)", xpx.cov, (V,)),
    P("xpx.at.add(repeated)", lambda x, v, i: at(x, i).add(v[:3]), (V, W), (TWO,)),
    P("xpx.at.set(copy=False)", lambda x: at(x, 0).set(x[1] ** 2, copy=False), (V,)),
    P("xpx.searchsorted", lambda x, y: x * xpx.searchsorted(y, x), (V,), (np.sort(W),)),
    P("xpx.cov(aweights)", lambda x, w: xpx.cov(x, aweights=w[:4]), (X, W)),
    P("xpx.tril_indices", lambda x: x[xpx.tril_indices(3, xp=array_namespace(x))], (S,)),
    P("xpx.diag_indices", lambda x: x[xpx.diag_indices(3, xp=array_namespace(x))], (S,)),
    P("xpx.unravel_index", lambda x, i: x[xpx.unravel_index(i, (3, 3))], (S,), (TWO,)),
    P("xpx.sinc", xpx.sinc, (V,)),
    P("xpx.pad", lambda x: xpx.pad(x, 1), (X,)),
    P("xpx.pad(value)", lambda x: xpx.pad(x, ((1, 0), (0, 2)), constant_values=2.0), (X,)),
    P("xpx.kron", xpx.kron, (X, S)),
    P("xpx.atleast_nd", lambda x: xpx.atleast_nd(x, ndim=3), (V,)),
    P("xpx.create_diagonal", xpx.create_diagonal, (V,)),
    P("xpx.create_diagonal(offset)", lambda x: xpx.create_diagonal(x, offset=-1), (V,)),
    P("xpx.expand_dims", lambda x: xpx.expand_dims(x, axis=(0, 2)), (V,)),
    P("xpx.isclose", lambda x: x * xpx.isclose(x, x), (V,)),
    P("xpx.nan_to_num", xpx.nan_to_num, (V,)),
    P("xpx.partition", lambda x: xpx.partition(x, 2)[2], (V,)),
    P("xpx.argpartition", lambda x: x[xpx.argpartition(x, 2)[2]], (V,)),
    P("xpx.nunique", lambda x: x * xpx.nunique(x), (V,)),
    P("xpx.one_hot", lambda x, i: x[:3, None] * xpx.one_hot(i, 4), (V,), (ONE[[0, 1, 1]],)),
    P("xpx.setdiff1d", lambda x, y: xpx.setdiff1d(x, y + 5), (V,), (W,)),
    P("xpx.union1d", xpx.union1d, (V, W)),
    P(
        "xpx.lazy_apply",
        lambda x: xpx.lazy_apply(lambda a: a * 2.0, x, shape=x.shape, dtype=x.dtype),
        (V,),
    ),
    P(
        "xpx.default_dtype",
        lambda x: x * (1 + (xpx.default_dtype(array_namespace(x)) is None)),
        (V,),
    ),
    *(
        P(f"xpx.{n}", getattr(xpx, n), (V,))
        for n in "angle deg2rad rad2deg nanmin nanmax nanmean nansum".split()
        if hasattr(xpx, n)
    ),
]

EINOPS = [
    *(
        P(f"einops.rearrange({p})", lambda x, p=p: einops.rearrange(x, p), (T,))
        for p in ("a b c -> c a b", "a b c -> (a b) c", "a b c -> a (c b)", "a b c -> a 1 b c")
    ),
    P("einops.rearrange(split)", lambda x: einops.rearrange(x, "a (h w) -> h a w", h=2), (X,)),
    P("einops.rearrange(list)", lambda x, y: einops.rearrange([x, y], "l a b -> a b l"), (X, Y)),
    *(
        P(f"einops.reduce({o})", lambda x, o=o: einops.reduce(x, "a b c -> a c", o), (T,))
        for o in ("mean", "sum", "max", "min", "prod")
    ),
    P("einops.reduce(pool)", lambda x: einops.reduce(x, "a (b 2) -> a b", "mean"), (X,)),
    P("einops.repeat", lambda x: einops.repeat(x, "a b -> a b 3"), (X,)),
    P("einops.repeat(tile)", lambda x: einops.repeat(x, "a b -> (2 a) b"), (X,)),
    P("einops.einsum", lambda x, y: einops.einsum(x, y, "a b, c b -> a c"), (X, Y)),
    P("einops.pack", lambda x, y: einops.pack([x, y[:, :2]], "a *")[0], (X, Y)),
    P("einops.unpack", lambda x: einops.unpack(x, [[2], [2]], "a *"), (X,)),
    P("einops.parse_shape", lambda x: x * einops.parse_shape(x, "a b")["a"], (X,)),
    P("einops.array_api.rearrange", lambda x: einops_array_api.rearrange(x, "a b -> b a"), (X,)),
    P("einops.array_api.reduce", lambda x: einops_array_api.reduce(x, "a b -> a", "max"), (X,)),
    P(
        "einops.array_api.reduce(mean)",
        lambda x: einops_array_api.reduce(x, "a b -> b", "mean"),
        (X,),
    ),
    P("einops.array_api.repeat", lambda x: einops_array_api.repeat(x, "a b -> a b 2"), (X,)),
    P("einops.array_api.pack", lambda x, y: einops_array_api.pack([x, y], "* b")[0], (X, Y)),
]

EINSUM = [
    P("opt_einsum.contract", lambda x, y: opt_einsum.contract("ij,kj->ik", x, y), (X, Y)),
    P("opt_einsum.contract(3)", lambda x, y: opt_einsum.contract("ij,kj,kl->il", x, y, x), (X, Y)),
    P("opt_einsum.contract(trace)", lambda x: opt_einsum.contract("ii,ij->j", x, x), (S,)),
    P("opt_einsum.contract(transpose)", lambda x: opt_einsum.contract("ij->ji", x), (X,)),
    P(
        "opt_einsum.contract(chain)",
        lambda x, y: opt_einsum.contract("ij,kj,kl,ml->im", x, y, x, y, optimize="optimal"),
        (X, Y),
    ),
    P(
        "opt_einsum.contract(batch)",
        lambda x, y: opt_einsum.contract("bij,bkj->bik", x, y),
        (T, T[::-1]),
    ),
    P(
        "opt_einsum.contract_expression",
        lambda x, y: opt_einsum.contract_expression("ij,kj->ik", (3, 4), (3, 4))(x, y),
        (X, Y),
    ),
]

LABELLED = [
    P("xarray: arithmetic", lambda x: (xr.DataArray(x, dims=("a", "b")) ** 2 + 1).data, (X,)),
    P("xarray: sum", lambda x: xr.DataArray(x, dims=("a", "b")).sum("a", skipna=False).data, (X,)),
    P(
        "xarray: mean",
        lambda x: xr.DataArray(x, dims=("a", "b")).mean("b", skipna=False).data,
        (X,),
    ),
    P("xarray: ufunc", lambda x: np.sin(xr.DataArray(x, dims=("a", "b"))).data, (X,)),
    P("xarray: isel", lambda x: xr.DataArray(x, dims=("a", "b")).isel(a=1).data, (X,)),
    P(
        "xarray: transpose",
        lambda x: xr.DataArray(x, dims=("a", "b")).transpose("b", "a").data,
        (X,),
    ),
    P(
        "xarray: broadcasting by name",
        lambda x, v: (xr.DataArray(x, dims=("a", "b")) * xr.DataArray(v[:4], dims=("b",))).data,
        (X, V),
    ),
    P(
        "xarray: dot",
        lambda x, y: (
            xr.dot(xr.DataArray(x, dims=("a", "b")), xr.DataArray(y, dims=("c", "b")), dim="b").data
        ),
        (X, Y),
    ),
    P(
        "xarray: concat",
        lambda x, y: (
            xr.concat(
                [xr.DataArray(x, dims=("a", "b")), xr.DataArray(y, dims=("a", "b"))], "a"
            ).data
        ),
        (X, Y),
    ),
    P("xarray: where", lambda x: xr.where(xr.DataArray(x) > 0.5, xr.DataArray(x), 0.0).data, (X,)),
    P("xarray: std", lambda x: xr.DataArray(x, dims=("a", "b")).std("a", skipna=False).data, (X,)),
    P("xarray: Dataset", lambda x: xr.Dataset({"u": (("a", "b"), x)}).u.cumsum("a").data, (X,)),
    P("pandas: Series * Array", lambda x: x * np.asarray(pd.Series(V)), (V,)),
    P("pandas: Array * Series.to_numpy()", lambda x: x * pd.Series(V).to_numpy(), (V,)),
    P("pandas: DataFrame.to_numpy() @ Array", lambda x: pd.DataFrame(X).to_numpy() @ x[:4], (V,)),
    P("pandas: Series(Array)", lambda x: pd.Series(x).sum(), (V,)),
    P("pandas: Array * Series", lambda x: x * pd.Series(V), (V,)),
]

PYTHON = [
    P("copy.deepcopy", lambda x: copy.deepcopy(x) * 2, (V,)),
    P("copy.copy", lambda x: copy.copy(x) * 2, (V,)),
    P("pickle of a constant", lambda x: x * pickle.loads(pickle.dumps(V)), (V,)),
    P("sum, max, min, abs", lambda x: sum(x) * max(x) - min(x) + abs(-x), (V,)),
    P("functools.reduce", lambda x: functools.reduce(operator.mul, x), (V,)),
    P("pow and divmod", lambda x: (pow(x, 2), 2**x, divmod(5 * x, 0.7)), (V,)),
    P("if x > 0", lambda x: x if x[0] > 0 else -x, (V,)),
    P("unpacking", lambda x: operator.add(*x[:2]), (V,)),
    P("sorted", lambda x: sorted(x)[1], (V,)),
    P("range(len(x))", lambda x: sum(x[i] * i for i in range(len(x))), (V,)),
    P("optree.tree_map", lambda x: optree.tree_map(lambda a: a * 2, {"a": x}), (V,)),
    P("optree.tree_reduce", lambda x: optree.tree_reduce(operator.add, [x, x]), (V,)),
    P("compat: array_namespace", lambda x: array_namespace(x).sin(x), (V,)),
    P("compat: device", lambda x: to_device(x, device(x)) * size(x), (V,)),
    P("compat: is_writeable_array", lambda x: x * is_writeable_array(x), (V,)),
    P("compat: is_lazy_array", lambda x: x * (1 + is_lazy_array(x)), (V,)),
    P("compat: is_array_api_obj", lambda x: x * is_array_api_obj(x), (V,)),
    P("math.exp(x)", lambda x: __import__("math").exp(x[0]), (V,)),
    P("statistics.mean", lambda x: __import__("statistics").mean(x), (V,)),
    P("complex(x)", lambda x: complex(x[0]), (V,)),
    P("f'{x:.2f}'", lambda x: x * float(f"{x[0]:.0f}"), (V,)),
]

PROGRAMS: list[Program] = [*EXTRA, *EINOPS, *EINSUM, *LABELLED, *PYTHON]
