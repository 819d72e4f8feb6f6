"""Programs of xarray: statistics of labelled arrays, windows, groups, and interpolation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from .harness import Program

rng = np.random.default_rng(5)
X = rng.permutation(np.linspace(0.4, 3.1, 24)).reshape(4, 6)
TIMES = np.asarray([0.0, 1.0, 2.5, 4.0])
DAYS = np.asarray(["2020-01-01", "2020-01-02", "2020-02-01", "2020-02-02"], "datetime64[ns]")


def da(x: Any, t: Any = TIMES) -> xr.DataArray:
    return xr.DataArray(x, dims=("t", "s"), coords={"t": t, "s": np.arange(6.0)})


W = da(np.linspace(0.1, 1.0, 24).reshape(4, 6))
LABELS = xr.DataArray(["a", "a", "b", "b"], dims="t", name="g")
GRID = xr.DataArray(np.zeros(3), dims="t", coords={"t": [0.2, 1.5, 3.9]})

PLACES = xr.DataArray([0, 2], dims="p")

REDUCTIONS = "sum mean std var max min prod median".split()


def written(d: Any, key: dict[str, Any]) -> Any:
    d = d * 1.0
    d[key] = 0.0
    return d


CALLS: dict[str, Callable[[Any], Any]] = {
    **{f"{n}()": lambda d, n=n: getattr(d, n)() for n in REDUCTIONS},
    **{f"{n}(t)": lambda d, n=n: getattr(d, n)("t") for n in REDUCTIONS},
    "std(ddof)": lambda d: d.std("s", ddof=1),
    "std with NaN": lambda d: d.std("s", skipna=False, ddof=1),
    "var with NaN": lambda d: d.var(skipna=False),
    "sum(min_count)": lambda d: d.sum("t", min_count=1),
    "mean of gaps": lambda d: d.where(W > 0.3).mean("t"),
    "std of gaps": lambda d: d.where(W > 0.2).std("s").fillna(0.0),
    "cumsum": lambda d: d.cumsum("t"),
    "cumprod": lambda d: d.cumprod("t"),
    "quantile": lambda d: d.quantile(0.3, dim="t"),
    "quantiles": lambda d: d.quantile([0.2, 0.7], dim="s"),
    "groupby mean": lambda d: d.groupby(LABELS).mean(),
    "groupby sum": lambda d: d.groupby(LABELS).sum(),
    "groupby max": lambda d: d.groupby(LABELS).max(),
    "groupby std": lambda d: d.groupby(LABELS).std(),
    "groupby median": lambda d: d.groupby(LABELS).median(),
    "groupby first": lambda d: d.groupby(LABELS).first(),
    "groupby last": lambda d: d.where(W > 0.2).groupby(LABELS).last().fillna(0.0),
    "groupby map": lambda d: d.groupby(LABELS).map(lambda part: part - part.mean("t")),
    "groupby bins": lambda d: d.groupby_bins("s", [-1, 2, 5]).mean(),
    "groupby month": lambda d: da(d.data, DAYS).groupby("t.month").mean(),
    "resample": lambda d: da(d.data, DAYS).resample(t="MS").mean(),
    "rolling mean": lambda d: d.rolling(t=2).mean().isel(t=slice(1, None)),
    "rolling sum": lambda d: d.rolling(s=3).sum().isel(s=slice(2, None)),
    "rolling max": lambda d: d.rolling(s=3, min_periods=1).max(),
    "rolling std": lambda d: d.rolling(s=3).std().isel(s=slice(2, None)),
    "rolling construct": lambda d: d.rolling(s=2).construct("w", fill_value=0.0),
    "rolling center": lambda d: d.rolling(s=3, center=True, min_periods=1).mean(),
    "rolling of two": lambda d: d.rolling(t=2, s=2, min_periods=1).mean(),
    "coarsen mean": lambda d: d.coarsen(s=2).mean(),
    "coarsen max": lambda d: d.coarsen(t=2, s=3).max(),
    "coarsen trim": lambda d: d.coarsen(s=4, boundary="trim").sum(),
    "coarsen pad": lambda d: d.coarsen(s=4, boundary="pad").mean(),
    "weighted mean": lambda d: d.weighted(W[:, 0]).mean("t"),
    "weighted sum": lambda d: d.weighted(W).sum(),
    "weighted std": lambda d: d.weighted(W[:, 0]).std("t"),
    "weighted var": lambda d: d.weighted(W[:, 0]).var("t"),
    "weighted quantile": lambda d: d.weighted(W[:, 0]).quantile(0.4, dim="t"),
    "interp": lambda d: d.interp(t=[0.5, 3.0]),
    "interp nearest": lambda d: d.interp(t=[0.4, 3.1], method="nearest"),
    "interp of two": lambda d: d.interp(t=[0.5], s=[1.5, 2.2]),
    "interp cubic": lambda d: d.interp(s=[0.5, 3.3], method="cubic"),
    "interp_like": lambda d: d.interp_like(GRID),
    "differentiate": lambda d: d.differentiate("t"),
    "integrate": lambda d: d.integrate("t"),
    "cumulative_integrate": lambda d: d.cumulative_integrate("t"),
    "diff": lambda d: d.diff("t"),
    "shift": lambda d: d.shift(t=1, fill_value=0.0),
    "roll": lambda d: d.roll(s=2),
    "cov": lambda d: xr.cov(d, W, dim="t"),
    "cov of all": lambda d: xr.cov(d, W),
    "corr": lambda d: xr.corr(d, W, dim="t"),
    "dot": lambda d: xr.dot(d, W, dim="t"),
    "where": lambda d: d.where(W > 0.5, 0.0),
    "clip": lambda d: d.clip(0.9, 2.05),
    "concat": lambda d: xr.concat([d, W], dim="t"),
    "apply_ufunc": lambda d: xr.apply_ufunc(np.tanh, d),
    "sel": lambda d: d.sel(t=2.5),
    "isel of argmax": lambda d: d.isel(t=d.argmax("t")),
    "isel of one argmax": lambda d: d.isel(t=d.isel(s=0, drop=True).argmax("t")),
    "isel of argmax of all": lambda d: d.isel(d.argmax(...)),
    "sel of idxmin": lambda d: d.sel(t=d.idxmin("t")),
    "isel of lists": lambda d: d.isel(t=[1, 0], s=[0, 0]),
    "isel of points": lambda d: d.isel(t=PLACES, s=PLACES + 1),
    "write at points": lambda d: written(d, {"t": PLACES, "s": PLACES + 1}),
    "write at lists": lambda d: written(d, {"t": [0], "s": [1, 3]}),
    "stack": lambda d: d.stack(z=("t", "s")),
    "broadcast": lambda d: d + W[0],
    "Dataset.mean": lambda d: xr.Dataset({"a": d}).mean("t").a,
    "polyfit": lambda d: d.polyfit("t", 1).polyfit_coefficients,
    "pad": lambda d: d.pad(t=1, mode="reflect"),
}

PROGRAMS = [
    Program(name, lambda x, f=f: f(da(x)).data, (X,), rtol=1e-4) for name, f in CALLS.items()
]
