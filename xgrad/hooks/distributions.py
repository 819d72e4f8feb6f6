"""SciPy's distributions on an `Array`: their methods hand it to the distribution in xgrad.scipy."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from . import is_enabled
from .holding import holds

METHODS = (
    "logpdf pdf logpmf pmf cdf logcdf sf logsf ppf isf mean var std stats median interval entropy "
    "moment support expect fit nnlf rvs freeze"
).split()
VECTORS = (
    "multivariate_normal multivariate_t dirichlet wishart invwishart matrix_normal matrix_t "
    "multinomial dirichlet_multinomial multivariate_hypergeom vonmises_fisher normal_inverse_gamma"
).split()
"""The distributions of more than one number that have a twin."""
OF_VECTORS = (
    "logpdf pdf logcdf cdf logpmf pmf mean mode var cov entropy fit marginal __call__".split()
)


def enter(module: Any, twin_of: Callable[[Any], Any]) -> None:
    """Put a look at the arguments before each method of the two kinds of distributions."""
    import xgrad.scipy.stats as twins  # late: it may be what is being imported

    generic = module._distn_infrastructure
    for cls in (generic.rv_generic, generic.rv_continuous, generic.rv_discrete):
        for name in METHODS:
            own = cls.__dict__.get(name)
            if own is not None and not hasattr(own, "xgrad_original"):
                setattr(cls, name, _before(own, name, twin_of))
    for cls in {type(x) for x in vars(module).values() if isinstance(x, generic.rv_generic)}:
        for name in METHODS:
            own = cls.__dict__.get(name)  # as norm has its own fit
            if own is not None and not hasattr(own, "xgrad_original"):
                setattr(cls, name, _before(own, name, twin_of))
    for name in VECTORS:
        plain = getattr(module, name, None)
        if plain is not None:
            _vector(type(plain), getattr(twins, name))
            _frozen_vector(getattr(module._multivariate, f"{name}_frozen"), getattr(twins, name))
    _frozen(generic.rv_frozen, twin_of)


def _vector(cls: Any, twin: Any) -> None:
    for method in OF_VECTORS:
        own = cls.__dict__.get(method)
        if own is not None and not hasattr(own, "xgrad_original") and hasattr(type(twin), method):
            setattr(cls, method, _before(own, method, lambda self, twin=twin: twin))


def _frozen_vector(cls: Any, twin: Any) -> None:
    """Have a distribution whose parameters SciPy has fixed ask its twin, by what it was made of."""
    init = cls.__init__
    if hasattr(init, "xgrad_original"):
        return
    names = inspect.signature(init)

    @functools.wraps(init)
    def initialised(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **kwargs)
        given = names.bind(self, *args, **kwargs).arguments
        self.__dict__["_xgrad_made_of"] = {k: given[k] for k in list(given)[1:] if k != "seed"}

    initialised.xgrad_original = init  # type: ignore[attr-defined]
    cls.__init__ = initialised
    for method in ("logpdf", "pdf", "logcdf", "cdf"):  # of counts there is no derivative
        own = cls.__dict__.get(method)
        if own is None or not hasattr(type(twin), method):
            continue

        @functools.wraps(own)
        def call(self: Any, *args: Any, own: Any = own, method: str = method, **kwargs: Any) -> Any:
            if is_enabled() and any(holds(x) for x in (*args, *kwargs.values())):
                return getattr(twin, method)(*args, **kwargs, **self._xgrad_made_of)
            return own(self, *args, **kwargs)

        setattr(cls, method, call)


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


def _frozen(cls: Any, twin_of: Callable[[Any], Any]) -> None:
    """Ask a frozen distribution's twin, with the parameters it holds, where x is an `Array`."""
    for base in (cls, *cls.__subclasses__()):
        for name in METHODS:
            own = base.__dict__.get(name)
            if own is None or hasattr(own, "xgrad_original") or name == "freeze":
                continue

            @functools.wraps(own)
            def call(self: Any, *args: Any, own: Any = own, name: str = name, **kwargs: Any) -> Any:
                given = (*args, *self.args, *self.kwds.values())
                if is_enabled() and any(holds(x) for x in given):
                    if name == "rvs":  # whose arguments come after those of the distribution
                        own_names = zip(("size", "random_state"), args, strict=False)
                        kwargs = {**dict(own_names), **kwargs}
                        args = ()
                    return getattr(twin_of(self.dist), name)(
                        *args, *self.args, **self.kwds, **kwargs
                    )
                return own(self, *args, **kwargs)

            call.xgrad_original = own  # type: ignore[attr-defined]
            setattr(base, name, call)
