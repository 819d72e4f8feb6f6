"""The libraries: each is a namespace for the models, and its ways to differentiate them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib import import_module
from types import SimpleNamespace
from typing import Any

Function = Callable[..., Any]

NAMES = "clip concat exp log sin sqrt stack sum tanh where zeros_like"


@dataclass(frozen=True)
class Library:
    """A library that can differentiate the models.

    Attributes:
        name: what it is called in tables and after ``--libs``.
        xp: the namespace that the models are given.
        put: makes the library's array of a NumPy array.
        ways: for each derivative the function that makes it: of a function and the number of
            arguments to differentiate, a function of the arguments.
        forward: makes a function that evaluates and records, but does not walk back.
        take: makes a NumPy array of the library's array.
        traces: whether operations on single numbers are so slow that long loops are left out.
        peak: the most bytes that a call adds on a GPU, if the library brings its own memory.
        held: the bytes that a compiled function keeps between calls.
    """

    name: str
    xp: Any
    put: Function
    ways: dict[str, Function]
    forward: Function | None = None
    take: Function = field(default=lambda x: x)
    traces: bool = False
    peak: Callable[[Callable[[], Any]], int] | None = None
    held: Callable[[Function], int] | None = None

    def bind(self, model: Function) -> Function:
        """Return a model as a function of its inputs alone."""
        xp = self.xp

        def f(*inputs: Any) -> Any:
            return model(xp, *inputs)

        return f


# The name of each library, the module that loads it, and the packages whose versions count.
LIBRARIES = {
    "xgrad": ("xgrad", ["xgrad"]),
    "xgrad_compile": ("xgrad", ["xgrad"]),
    "xgrad_native": ("xgrad", ["xgrad"]),
    "xgrad_graph": ("xgrad", ["xgrad"]),
    "autograd": ("autograd", ["autograd"]),
    "mygrad": ("mygrad", ["mygrad"]),
    "torch": ("torch", ["torch"]),
    "torch_compile": ("torch", ["torch"]),
    "jax": ("jax", ["jax", "jaxlib"]),
    "jax_jit": ("jax", ["jax", "jaxlib"]),
}

USUAL = [name for name in LIBRARIES if name not in ("torch_compile", "xgrad_native", "xgrad_graph")]
"""Without what needs a compiler, PyTorch compiles for minutes, or a GPU."""


def load(name: str, threads: int, device: str = "cpu") -> Library:
    """Return a library, or raise ImportError if it is not installed, or not for this device."""
    if device != "cpu" and name in {"autograd", "mygrad"}:
        raise ImportError("it computes on the CPU only")
    if device == "cpu" and name == "xgrad_graph":
        raise ImportError("its graphs are those of a GPU")
    module = import_module(f"{__name__}.{LIBRARIES[name][0]}")
    return module.load(name, threads, device)  # type: ignore[no-any-return]


def loop(n: int, step: Function, *state: Any) -> tuple[Any, ...]:
    """Return the state after n steps: ``state = step(i, *state)``."""
    for i in range(n):
        state = step(i, *state)
    return state


def namespace(module: Any, **more: Any) -> SimpleNamespace:
    """Return what the models use: the library's own functions, and `more` under these names."""
    names = {name: getattr(module, name) for name in NAMES.split() if name not in more}
    return SimpleNamespace(**{"loop": loop, **names, **more})
