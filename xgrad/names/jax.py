"""JAX's names that xgrad has not, and what to write instead."""

from __future__ import annotations

_NEEDLESS = "nothing: xgrad computes at once"

INSTEAD: dict[str, str] = {
    "jit": "xgrad.compile(f)",
    "pmap": "xgrad.vmap(f)",
    "lax": "Python's own loops and branches, xgrad.scan, or xgrad.where",
    "numpy": "xgrad itself, as in `import xgrad as np`",
    "jacobian": "xgrad.jacrev(f), or xgrad.jacfwd(f)",
    "remat": "xgrad.checkpoint(f)",
    "custom_gradient": "xgrad.custom_vjp(f)",
    "closure_convert": "f itself: closures are differentiated through",
    "linear_transpose": "xgrad.vjp(f, x)",
    "make_jaxpr": "xgrad.show.draw(y), a picture of the tape",
    "pure_callback": "xgrad.custom_vjp(f)",
    "device_put": "x.to_device(device), or xgrad.to_backend(x, name)",
    "device_get": "x.detach(), or numpy.asarray(x)",
    "devices": "xgrad.available_backends()",
    "local_devices": "xgrad.available_backends()",
    "default_backend": "xgrad.get_backend()",
    "block_until_ready": _NEEDLESS,
    "effects_barrier": _NEEDLESS,
    "disable_jit": _NEEDLESS + ", but for what xgrad.compile made",
    "eval_shape": "xgrad.use_backend('torch:meta')",
    "debug_nans": "xgrad.debug()",
    "debug_infs": "xgrad.debug()",
    "tree_util": "xgrad.tree",
    "tree_map": "xgrad.tree.map(f, tree)",
    "tree_leaves": "xgrad.tree.leaves(tree)",
    "tree_flatten": "xgrad.tree.flatten(tree)",
    "tree.structure": "xgrad.tree.flatten(tree)[1]",
    "tree.unflatten": "structure.unflatten(leaves), of xgrad.tree.flatten(tree)",
    "tree.reduce": "functools.reduce(f, xgrad.tree.leaves(tree))",
    "random.PRNGKey": "xgrad.random.default_rng(seed)",
    "random.key": "xgrad.random.default_rng(seed)",
    "random.split": "a generator for each, xgrad.random.default_rng(seed)",
    "random.bernoulli": "xgrad.random.default_rng(seed).bernoulli(p)",
    "enable_x64": "nothing: xgrad.float64 is the default",
    "config": "nothing: xgrad.float64 is the default",
    "image": "xgrad.scipy.ndimage.zoom(x, factor)",
    "experimental": "xgrad itself: what JAX tries out there has its place here",
    "bfloat16": "x.astype('bfloat16'), of an array of PyTorch",
}
"""For each name what to write instead; names of a chapter with its path."""
