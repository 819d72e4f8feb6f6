"""PyTorch, eager or compiled."""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch.autograd import functional

from . import Function, Library, namespace


def gradient(f: Function, wrt: int) -> Function:
    """Return a function that gives the gradients of f."""

    def run(*inputs: Any) -> tuple[Any, ...]:
        leaves = [x.detach().requires_grad_() for x in inputs[:wrt]]
        return torch.autograd.grad(f(*leaves, *inputs[wrt:]), leaves)

    return run


def peak(call: Callable[[], Any]) -> int:
    """Return the most bytes that a call adds on the GPU."""
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    call()
    return torch.cuda.max_memory_allocated() - before


def load(name: str, threads: int, device: str) -> Library:
    """Return PyTorch as a library of the benchmark."""
    torch.set_num_threads(threads)
    torch.backends.cudnn.allow_tf32 = False  # the others' float32 has 24 bits
    xp = namespace(
        torch,
        bordered=lambda x: torch.nn.functional.pad(x, (1, 1, 1, 1)),
        convolved=lambda x, K, b: torch.nn.functional.conv2d(x, K, b, padding=1),
        fft=torch.fft,
        imag=torch.imag,
        linalg=torch.linalg,
        log_softmax=lambda x: torch.log_softmax(x, -1),
        pooled=lambda x: torch.nn.functional.max_pool2d(x, 2),
        real=torch.real,
        relu=torch.relu,
        sigmoid=torch.sigmoid,
        take=torch.take,
    )
    ways = {
        "gradient": gradient,
        "hessian": lambda f, wrt: lambda x: functional.hessian(f, x, vectorize=True),
        "jacobian": lambda f, wrt: torch.func.jacrev(f),
        "product": lambda f, wrt: lambda x, v: functional.vhp(f, x, v)[1],  # fastest of its ways
    }
    if name == "torch_compile":
        warnings.filterwarnings("ignore", module=r"torch\..*")
        ways = {
            "gradient": lambda f, wrt: gradient(torch.compile(f), wrt),
            "hessian": lambda f, wrt: torch.compile(torch.func.hessian(f)),
            "jacobian": lambda f, wrt: torch.compile(torch.func.jacrev(f)),
            "product": lambda f, wrt: torch.compile(
                lambda x, v: torch.func.jvp(torch.func.grad(f), (x,), (v,))[1]
            ),
        }
    return Library(
        name,
        xp,
        lambda x: torch.from_numpy(x).to(device),
        ways,
        None if name == "torch_compile" else lambda f: lambda x: f(x.detach().requires_grad_()),
        lambda x: x.detach().cpu().numpy(),
        traces=name == "torch_compile",
        peak=peak if device == "cuda" else None,
    )
