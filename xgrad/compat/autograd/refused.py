"""Names of autograd that cannot be had here: importing one works, using it says what to do.

They are its tape's own parts, and the rules and helpers of its own functions.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

_HOME = "xgrad.compat.autograd"

_REFUSED = {
    "builtins": (
        "DictMeta ListMeta TupleMeta _make_dict fwd_grad_make_sequence grad_container_take "
        "grad_sequence_extend_left grad_sequence_extend_right"
    ),
    "core": (
        "deprecated_defgrad deprecated_defvjp deprecated_defvjp_is_zero "
        "deprecated_defvjp_message translate_jvp translate_vjp"
    ),
    "misc.fixed_points": "fixed_point_vjp",
    "misc.flatten": "_concatenate _flatten",
    "misc.tracers": "ConstGraphNode FullGraphNode const_graph_unary full_graph",
    "numpy": (
        "_array_from_scalar_or_array _astype _is_np_or_autograd _original_where "
        "_primitive_mean _primitive_std _primitive_var array_from_args c_class "
        "concatenate_args custom_where notrace_functions parse_einsum_input r_class "
        "wrap_if_boxes_inside wrap_intdtype"
    ),
    "numpy.fft": (
        "check_even_shape check_no_repeated_axes fft_grad get_fft2_args get_fft_args "
        "get_fftn_args irfft_grad make_rfft_factors rfft_grad truncate_pad"
    ),
    "numpy.linalg": (
        "_matrix_diag _primitive_norm grad_cholesky grad_eig grad_eigh grad_inv grad_pinv "
        "grad_solve grad_svd norm_jvp norm_vjp"
    ),
    "numpy.numpy_boxes": "diff_methods nondiff_methods trace_primitives_map",
    "numpy.numpy_jvps": (
        "atleast_jvpmaker dot_adjoint_0 dot_adjoint_1 forward_grad_np_std forward_grad_np_var "
        "fwd_grad_chooser fwd_grad_concatenate_args fwd_grad_partition fwd_grad_sort "
        "nograd_functions np_abs_jvp np_conj_jvp tensordot_adjoint_0 tensordot_adjoint_1"
    ),
    "numpy.numpy_vjps": (
        "_unpad array_from_args_gradmaker array_from_scalar_or_array_gradmaker dot_adjoint_0 "
        "dot_adjoint_1 dot_vjp_0 dot_vjp_1 grad_broadcast_to grad_chooser "
        "grad_concatenate_args grad_diff grad_einsum grad_gradient grad_inner grad_kron "
        "grad_np_cumsum grad_np_mean grad_np_prod grad_np_std grad_np_sum grad_np_var "
        "grad_partition grad_repeat grad_reshape_list grad_rollaxis grad_sort grad_tile "
        "grad_transpose matmul_adjoint_0 matmul_adjoint_1 matmul_vjp_0 matmul_vjp_1 "
        "nograd_functions np_abs_vjp np_conj_vjp pad_vjp tensordot_adjoint_0 "
        "tensordot_adjoint_1 tensordot_vjp_0 tensordot_vjp_1 unbroadcast_einsum unpermuter "
        "wrapped_reshape"
    ),
    "scipy.integrate": "argnums_unpack grad_odeint",
    "scipy.linalg": (
        "_flip _jvp_sqrtm _jvp_sylvester _vjp_sqrtm _vjp_sylvester grad_solve_banded "
        "grad_solve_triangular"
    ),
    "scipy.signal": (
        "_pad as_strided compute_conv_size einsum_tensordot flipped_idxs grad_convolve parse_axes"
    ),
    "scipy.special": (
        "fwd_grad_logsumexp inv_root_pi make_gammainc_vjp_arg1 make_grad_logsumexp root_pi"
    ),
    "scipy.stats.beta": "grad_beta_logpdf_arg0 grad_beta_logpdf_arg1 grad_beta_logpdf_arg2",
    "scipy.stats.chi2": "grad_chi2_logpdf",
    "scipy.stats.gamma": "grad_gamma_logpdf_arg0 grad_gamma_logpdf_arg1",
    "scipy.stats.multivariate_normal": "covgrad generalized_outer_product",
    "scipy.stats.poisson": "grad_poisson_logpmf",
    "scipy.stats.t": (
        "grad_tlogpdf_df grad_tlogpdf_diff grad_tlogpdf_loc grad_tlogpdf_scale grad_tlogpdf_x"
    ),
    "tracer": "find_top_boxed_args notrace_primitives trace_primitives_map",
    "util": "deprecation_msg",
}
"""The names, by the module of autograd that has them."""

_SHARED = {
    **dict.fromkeys("defjvp defjvp_argnum defjvp_argnums defvjp defvjp_argnum".split(), "extend"),
    **dict.fromkeys("JVPNode VJPNode defvjp_argnums notrace_primitive".split(), "extend"),
    **dict.fromkeys("Box SparseObject primitive register_notrace vspace".split(), "extend"),
    **dict.fromkeys("func subval subvals toposort".split(), "util"),
    **dict.fromkeys("Node isbox trace".split(), "tracer"),
    **dict.fromkeys("make_jvp make_vjp".split(), "core"),
    **dict.fromkeys("beta digamma gamma psi".split(), "scipy.special"),
    **dict.fromkeys("tuple type".split(), "builtins"),
    **dict.fromkeys("repeat_to_match_shape unbroadcast_f".split(), "numpy.numpy_vjps"),
    "ArrayBox": "numpy.numpy_boxes",
    "solve": "numpy.linalg",
    "wrap_namespace": "numpy.numpy_wrapper",
    "wraps": "wrap_util",
}
"""What modules of autograd import from one another, and so have too."""


_MODULES = {"anp": ".numpy", "autograd": "", "builtins": ".builtins"}
"""What they call modules of autograd."""


class Refused:
    """A name of autograd that has no meaning here; using it raises."""

    def __init__(self, module: str, name: str) -> None:
        self.__name__ = self.__qualname__ = name
        self.__module__ = module
        self.__doc__ = (
            "it is a part of autograd's own tape, or of the rules of its own functions, and not "
            "here. Use make_vjp, make_jvp, defvjp, or xgrad.explain_gradient"
        )

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Say what to use instead."""
        raise NotImplementedError(f"{self.__module__}.{self.__name__}: {self.__doc__}")

    def __repr__(self) -> str:
        return f"<{self.__module__}.{self.__name__}, which is not here>"


def refused(module: str, name: str) -> Refused:
    """Return what stands for a name of a module of autograd."""
    return Refused(module, name)


def lookup(module: str, own: ModuleType | Callable[[str], Any] | None = None) -> Any:
    """Return the ``__getattr__`` of a module here.

    Args:
        module: its name.
        own: where it finds what it does not define: a module of NumPy or SciPy, or a function that
            raises an AttributeError where there is nothing of a name.
    """
    place = module.removeprefix(_HOME + ".")
    names = frozenset(_REFUSED.get(place, "").split())

    def __getattr__(name: str) -> Any:  # noqa: N807 - it becomes a module's own
        if own is not None and not name.startswith("__"):
            try:
                return getattr(own, name) if isinstance(own, ModuleType) else own(name)
            except AttributeError:
                pass
        if name in names:
            return refused(f"autograd.{place}", name)
        if name in _SHARED:
            return getattr(import_module(f"{_HOME}.{_SHARED[name]}"), name)
        if name in _MODULES:
            return import_module(_HOME + _MODULES[name])
        raise AttributeError(f"module {module!r} has no attribute {name!r}")

    return __getattr__
