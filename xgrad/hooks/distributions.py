"""SciPy's distributions on an `Array`: their methods hand it to the distribution in xgrad.scipy."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from xgrad.scipy.stats import multivariate

from . import is_enabled
from .holding import holds

METHODS = (
    "logpdf pdf logpmf pmf cdf logcdf sf logsf ppf isf mean var std median interval entropy fit "
    "nnlf freeze"
).split()
VECTORS = {"multivariate_normal_gen": "multivariate_normal", "multivariate_t_gen": "multivariate_t",
           "dirichlet_gen": "dirichlet"}  # fmt: skip


def enter(module: Any, twins: Mapping[str, Any]) -> None:
    """Put a look at the arguments before each method of the two kinds of distributions."""
    generic = module._distn_infrastructure
    for cls in (generic.rv_generic, generic.rv_continuous, generic.rv_discrete):
        for name in METHODS:
            own = cls.__dict__.get(name)
            if own is not None and not hasattr(own, "xgrad_original"):
                setattr(cls, name, _before(own, name, lambda self: twins.get(self.name)))
    for cls in {type(twin) for name in twins if (twin := getattr(module, name, None)) is not None}:
        for name in METHODS:
            own = cls.__dict__.get(name)  # as norm has its own fit
            if own is not None and not hasattr(own, "xgrad_original"):
                setattr(cls, name, _before(own, name, lambda self: twins.get(self.name)))
    for short, name in VECTORS.items():
        cls = getattr(module._multivariate, short)
        twin = getattr(multivariate, name)
        for method in ("logpdf", "pdf", "entropy", "__call__"):
            own = cls.__dict__.get(method)
            if own is not None and not hasattr(own, "xgrad_original"):
                setattr(cls, method, _before(own, method, lambda self, twin=twin: twin))
    _frozen(generic.rv_frozen, twins)


def _before(own: Any, name: str, find: Any) -> Any:
    @functools.wraps(own)
    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if is_enabled() and any(holds(x) for x in (*args, *kwargs.values())):
            twin = find(self)
            if twin is not None and hasattr(type(twin), name):
                return getattr(twin, name)(*args, **kwargs)
        return own(self, *args, **kwargs)

    call.xgrad_original = own  # type: ignore[attr-defined]
    return call


def _frozen(cls: Any, twins: Mapping[str, Any]) -> None:
    """Ask a frozen distribution's twin, with the parameters it holds, where x is an `Array`."""
    for base in (cls, *cls.__subclasses__()):
        for name in METHODS:
            own = base.__dict__.get(name)
            if own is None or hasattr(own, "xgrad_original") or name == "freeze":
                continue

            @functools.wraps(own)
            def call(self: Any, *args: Any, own: Any = own, name: str = name, **kwargs: Any) -> Any:
                given = (*args, *self.args, *self.kwds.values())
                twin = twins.get(self.dist.name)
                if is_enabled() and twin is not None and any(holds(x) for x in given):
                    return getattr(twin, name)(*args, *self.args, **self.kwds, **kwargs)
                return own(self, *args, **kwargs)

            call.xgrad_original = own  # type: ignore[attr-defined]
            setattr(base, name, call)
