"""Special functions for JAX: those of ``jax.scipy.special``, under SciPy's names.

A few that JAX lacks are one line of others. What it has nothing for is left out.
"""

from __future__ import annotations

import importlib
from typing import Any

from xgrad.backends import Functions

from .detect import require

jax: Any = require("jax")
jnp: Any = importlib.import_module("jax.numpy")
own: Any = importlib.import_module("jax.scipy.special")


def _log_expit(x: Any, /) -> Any:
    return -jnp.logaddexp(0.0, -x)


def _rgamma(x: Any, /) -> Any:
    return 1 / own.gamma(x)


def _owens_t(h: Any, a: Any, /) -> Any:
    return own.owens_t(h, a).astype(jnp.result_type(h, a))  # JAX's is always in double precision


SPECIAL = Functions("jax", own, log_expit=_log_expit, owens_t=_owens_t, rgamma=_rgamma)
