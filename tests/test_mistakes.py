# Tests of xgrad/errors, xgrad/engine/hints.py, xgrad/arrays/absent.py
"""Mistakes that people make: what Python prints says what happened, where, and what to do.

Each row is a program with one wrong line, marked by ``# wrong``; what the message says of it; and
the line to write instead, as the message advises, which runs. Of xgrad's own frames at most three
are shown, the last line of code is the user's wrong one, and the advice stands below it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import inspect
import io
import linecache
import re
import sys
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import xgrad as xg
from tests.tables import over
from xgrad import nn, optim

LIBRARY = str(Path(xg.__file__).parent)
START = """\
import math
import numpy as np
import xgrad as xg
from xgrad import nn, optim
w = np.array([1.0, 2.0, 3.0])
M = np.ones((2, 3))
t = xg.asarray([1.0, 2.0, 3.0], requires_grad=True)
x = xg.asarray(w)
A = xg.asarray(M)
"""


class Mistake(NamedTuple):
    """A wrong program: its text, what the message says, and the line instead of the wrong one."""

    code: str
    says: str
    instead: str
    needs: str = ""


def grad(body: str, by: str = "w") -> str:
    """Return a program that differentiates a function of `v` with one wrong line."""
    return f"def f(v):\n    {body}  # wrong\n    return out\nxg.grad(f)({by})"


LEAF = "a leaf that requires a gradient.*no_grad"
MISTAKES: dict[str, Mistake] = {
    # Transforms
    "a forgotten return": Mistake(
        "def f(v):\n    xg.sum(v**2)\nxg.grad(f)(w)  # wrong",
        r"grad: f returned None; expected an array.*without a `return`",
        "xg.grad(lambda v: xg.sum(v**2))(w)",
    ),
    "a forgotten return, jacrev": Mistake(
        "xg.jacrev(lambda v: None)(w)  # wrong",
        r"jacrev: f returned None; expected an array",
        "xg.jacrev(lambda v: v)(w)",
    ),
    "the argument beside f": Mistake(
        "f = xg.sum\nxg.grad(f, w)(w)  # wrong",
        r"argnums is array\(.*expected a position.*xgrad\.grad\(f\)\(x\)",
        "xg.grad(f)(w)",
    ),
    "a value in the place of f": Mistake(
        "f = xg.sum\nxg.grad(f(w))  # wrong",
        r"grad: f is np\.float64\(6\.0\).*expected a function.*xgrad\.grad\(f\)\(x\)",
        "xg.grad(f)(w)",
    ),
    "None in the place of f": Mistake(
        "xg.grad(None)(w)  # wrong",
        r"grad: f is None of type NoneType; expected a function",
        "xg.grad(xg.sum)(w)",
    ),
    "None in the place of f, vmap": Mistake(
        "xg.vmap(None)  # wrong",
        r"vmap: f is None of type NoneType; expected a function",
        "xg.vmap(xg.sin)",
    ),
    "None in the place of f, vjp": Mistake(
        "xg.vjp(None, w)  # wrong",
        r"vjp: f is None of type NoneType; expected a function",
        "xg.vjp(xg.sin, w)",
    ),
    "a name for argnums": Mistake(
        "xg.grad(lambda a, b: xg.sum(a * b), argnums='b')(w, w)  # wrong",
        r"argnums is 'b' of type str; expected a position",
        "xg.grad(lambda a, b: xg.sum(a * b), argnums=1)(w, w)",
    ),
    "argnums beyond": Mistake(
        "xg.grad(xg.sum, argnums=1)(w)  # wrong",
        r"grad: argnums has 1, but f was called with 1 arguments.*counted from 0",
        "xg.grad(xg.sum, argnums=0)(w)",
    ),
    "an argument twice": Mistake(
        "xg.grad(xg.sum, argnums=(0, 0))(w)  # wrong",
        r"grad: argnums is \(0, 0\) for 1 arguments, and names one twice; expected each once",
        "xg.grad(xg.sum, argnums=(0,))(w)",
    ),
    "a rectangle of NumPy's inverted": Mistake(
        "xg.linalg.inv(M)  # wrong",
        r"in xgrad\.linalg\.inv\(float64\[2, 3\]\)[\s\S]*expected square|Expected square",
        "xg.linalg.pinv(M)",
    ),
    "an axis of NumPy's array that is not there": Mistake(
        "xg.fft.fft(M, axis=5)  # wrong",
        r"in xgrad\.fft\.fft\(float64\[2, 3\]\)\s+x has shape \(2, 3\): expected an axis from -2",
        "xg.fft.fft(M, axis=1)",
    ),
    "float of many": Mistake(
        "float(A)  # wrong",
        r"float\(\): got float64\[2, 3\]; expected one element\. float\(x\[i\]\)",
        "float(A[0, 1])",
    ),
    "a power of text": Mistake(
        "t ** '2'  # wrong",
        r"'Array' and 'str'\. An array is computed with arrays, numbers",
        "t ** 2",
    ),
    "compared with text": Mistake(
        "t < '2'  # wrong",
        r"'Array' and 'str'\. An array is computed with arrays, numbers",
        "t < 2",
    ),
    "a loss of what is no probability": Mistake(
        "nn.functional.binary_cross_entropy(3 * A, A)  # wrong",
        r"binary_cross_entropy: the input has values from 3 to 3; expected probabilities.*sigmoid",
        "nn.functional.binary_cross_entropy(xg.sigmoid(3 * A), A)",
    ),
    "a step of the rule": Mistake(
        "optim.Adam(lr=0.1).step()  # wrong",
        r"'Adam' object has no attribute 'step'.*Optimizer\(Adam\(lr=\.\.\.\), model\)",
        "optim.Optimizer(optim.Adam(lr=0.1), nn.Linear(3, 1))",
    ),
    "no_grad of an array": Mistake(
        "xg.no_grad(x)  # wrong",
        r"no_grad\(\) takes no arguments, got 1\. It is a block or a decorator",
        "with xg.no_grad(): x * 2",
    ),
    "rows of an embedding cut": Mistake(
        "nn.Embedding(3, 4, max_norm=1.0)  # wrong",
        r"unexpected keyword argument 'max_norm'\. Shorten the rows yourself",
        "nn.Embedding(3, 4)",
    ),
    "argnum": Mistake(
        "xg.grad(xg.sum, argnum=0)(w)  # wrong",
        r"grad\(\) got an unexpected keyword argument 'argnum'. Here it is argnums=",
        "xg.grad(xg.sum, argnums=0)(w)",
    ),
    "no scalar": Mistake(
        "xg.grad(lambda v: v**2)(w)  # wrong",
        r"grad: f returned float64\[3\]; grad needs a real.*scalar.*xgrad\.jacrev\(f\)",
        "xg.jacrev(lambda v: v**2)(w)",
    ),
    "two results": Mistake(
        "xg.grad(lambda v: (xg.sum(v), v))(w)  # wrong",
        r"grad: f returned 2 arrays; grad needs.*has_aux=True",
        "xg.grad(lambda v: (xg.sum(v), v), has_aux=True)(w)",
    ),
    "one result with has_aux": Mistake(
        "xg.grad(xg.sum, has_aux=True)(w)  # wrong",
        r"grad: has_aux=True, and f returned float64\[\]; expected a pair.*leave has_aux out",
        "xg.grad(xg.sum)(w)",
    ),
    "a word as the result": Mistake(
        "xg.grad(lambda v: 'loss')(w)  # wrong",
        r"grad: the result of f: got 'loss' of type str; expected an array",
        "xg.grad(lambda v: xg.sum(v))(w)",
    ),
    "integers": Mistake(
        "xg.grad(lambda v: xg.sum(v**2))(np.array([1, 2]))  # wrong",
        r"grad: got an argument of dtype int64.*expected a floating-point one.*xgrad\.astype",
        "xg.grad(lambda v: xg.sum(v**2))(xg.astype(np.array([1, 2]), xg.float64))",
    ),
    "an int": Mistake(
        "xg.grad(lambda v: v**2)(3)  # wrong",
        r"grad: got an argument of dtype int64.*Pass 3\.0 instead of 3",
        "xg.grad(lambda v: v**2)(3.0)",
    ),
    "None as the argument": Mistake(
        "xg.grad(xg.sum)(None)  # wrong",
        r"grad: argument 0 is None: the arguments hold no arrays; expected an array or a number",
        "xg.grad(xg.sum)(w)",
    ),
    "a vector for tuples": Mistake(
        "xg.jvp(xg.sin, w, w)  # wrong",
        r"jvp: primals and tangents are of type ndarray.*expected tuples",
        "xg.jvp(xg.sin, (w,), (w,))",
    ),
    "a tangent of another shape": Mistake(
        "xg.jvp(xg.sin, (w,), (np.ones(2),))  # wrong",
        r"jvp: the tangent has shape \(2,\); expected \(3,\)",
        "xg.jvp(xg.sin, (w,), (np.ones(3),))",
    ),
    "a cotangent of another shape": Mistake(
        "y, pullback = xg.vjp(xg.sin, w)\npullback(np.ones(2))  # wrong",
        r"vjp: the cotangent has shape \(2,\); expected \(3,\)",
        "pullback(np.ones(3))",
    ),
    "examples of two numbers": Mistake(
        "xg.vmap(lambda a, b: a * b)(w, np.ones(2))  # wrong",
        r"vmap: .*args\[0\] has 3, args\[1\] has 2. Say None in in_axes",
        "xg.vmap(lambda a, b: a * b, in_axes=(0, None))(w, np.ones(2))",
    ),
    "a branch in vmap": Mistake(
        "f = lambda v: v if v > 0 else -v  # wrong\nxg.vmap(f)(w)",
        r"vmap: bool\(\) of an array.*xgrad\.where\(condition, a, b\)",
        "f = lambda v: xg.where(v > 0, v, -v)",
    ),
    "a branch in compile": Mistake(
        "f = lambda v: v if v[0] > 0 else -v  # wrong\nxg.compile(f)(w)",
        r"compile: bool\(\) asks for the value.*xgrad\.where\(condition, a, b\)",
        "f = lambda v: xg.where(v[0] > 0, v, -v)",
    ),
    # Leaving the tape
    "an entry of NumPy's": Mistake(
        "def f(p):\n    n = np.zeros(3)\n    n[0] = p[0]  # wrong\n    return xg.sum(n)\n"
        "xg.grad(f)(w)",
        r"float\(\) of a tracked array \(float64\[\]\).*make the target an xgrad\.Array, by.*zeros",
        "    n = xg.zeros(3); n[0] = p[0]",
    ),
    "a mask of NumPy's": Mistake(
        "def f(p):\n    n = np.zeros(3)\n    n[np.array([True, False, True])] = p[1]  # wrong\n"
        "    return xg.sum(n)\nxg.grad(f)(w)",
        r"of a tracked array \(float64\[\]\).*make the target an xgrad\.Array, by.*xgrad\.zeros",
        "    n = xg.zeros(3); n[np.array([True, False, True])] = p[1]",
    ),
    "all of NumPy's": Mistake(
        "def f(p):\n    n = np.zeros(3)\n    n[:] = p  # wrong\n    return xg.sum(n)\n"
        "xg.grad(f)(w)",
        r"of a tracked array \(float64\[3\]\).*make the target an xgrad\.Array",
        "    n = xg.asarray(n); n[:] = p",
    ),
    "an entry outside": Mistake(
        "n = np.zeros(3)\nn[0] = t[0]  # wrong",
        r"float\(\) of a tracked array \(float64\[\]\).*make the target an xgrad\.Array",
        "n = xg.zeros(3); n[0] = t[0]",
    ),
    "in place into NumPy's": Mistake(
        "def f(p):\n    n = np.zeros(3)\n    n += p  # wrong\n    return xg.sum(n)\nxg.grad(f)(w)",
        r"numpy\.add: out= is a NumPy array.*Use x = x \+ y instead of x \+= y",
        "    n = n + p",
    ),
    "np.add.at": Mistake(
        "def f(p):\n    n = np.zeros(3)\n    np.add.at(n, [0, 0], p[0])  # wrong\n"
        "    return xg.sum(n)\nxg.grad(f)(w)",
        r"numpy\.add\.at: out= is a NumPy array.*make it an xgrad\.Array by xgrad\.asarray before",
        "    n = xg.asarray(n); np.add.at(n, [0, 0], p[0])",
    ),
    "np.array of a list": Mistake(
        grad("out = xg.sum(np.array([v[0], v[1]]))"),
        r"numpy\.asarray of a tracked array.*use xgrad\.asarray\(\[\.\.\.\]\) or xgrad\.stack",
        "    out = xg.sum(xg.asarray([v[0], v[1]]))",
    ),
    "np.asarray": Mistake(
        grad("out = xg.sum(np.asarray(v))"),
        r"numpy\.asarray of a tracked array \(float64\[3\]\).*use x itself.*or xgrad\.asarray\(x\)",
        "    out = xg.sum(xg.asarray(v))",
    ),
    "math.sin": Mistake(
        grad("out = math.sin(v)", "1.0"),
        r"float\(\) of a tracked array \(float64\[\]\).*use xgrad\.sin or numpy\.sin",
        "    out = xg.sin(v)",
    ),
    "float()": Mistake(
        grad("out = float(v[0]) ** 2"),
        r"float\(\) of a tracked array.*use x itself: a 0-d array calculates like a number",
        "    out = v[0] ** 2",
    ),
    "int()": Mistake(
        grad("out = v[0] * int(v[1])"),
        r"int\(\) of a tracked array.*use x itself, or xgrad\.floor\(x\)",
        "    out = v[0] * xg.floor(v[1])",
    ),
    "np.vectorize": Mistake(
        "g = np.vectorize(lambda v: v**2)\n" + grad("out = xg.sum(g(v))"),
        r"of a tracked array.*xgrad\.vmap\(f\)\(x\), in the place of numpy\.vectorize",
        "    out = xg.sum(xg.vmap(lambda v: v**2)(v))",
    ),
    "a drawn parameter": Mistake(
        "rng = np.random.default_rng(0)\n" + grad("out = xg.sum(rng.normal(v))"),
        r"of a tracked array.*draw standard numbers, and shift and scale them",
        "    out = xg.sum(v + rng.normal(size=3))",
    ),
    "a picture": Mistake(
        "import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\n"
        "plt.plot(t)  # wrong",
        r"of a tracked array \(float64\[3\]\).*draw x\.detach\(\): a picture has no derivative",
        "plt.plot(t.detach())",
        "matplotlib",
    ),
    "a column made": Mistake(
        "import pandas as pd\ndf = pd.DataFrame({'a': w})\ndf['b'] = t  # wrong",
        r"of a tracked array \(float64\[3\]\).*x\.detach\(\)",
        "df['b'] = np.asarray(t.detach())",
        "pandas",
    ),
    "a tensor": Mistake(
        "import torch\ntorch.tensor(t)  # wrong",
        r"of a tracked array \(float64\[3\]\).*use x\.to_backend\('torch'\)",
        "t.to_backend('torch')",
        "torch",
    ),
    "a pickle": Mistake(
        "import pickle\npickle.dumps(t * 2)  # wrong",
        r"a pickle of a tracked array.*differentiate inside.*x\.detach\(\)",
        "pickle.dumps((t * 2).detach())",
    ),
    # Shapes
    "matmul of a vector": Mistake(
        "xg.matmul(A, xg.ones(2))  # wrong",
        r"in xgrad\.matmul\(float64\[2, 3\], float64\[2\]\)\nThe last axis of x1 has length 3, the "
        r"axis of x2 2; expected the same. Transpose one",
        "xg.matmul(A.T, xg.ones(2))",
    ),
    "the operator of matmul": Mistake(
        "A @ A  # wrong",
        r"matmul\(float64\[2, 3\], float64\[2, 3\]\)\nThe last axis of x1 has length 3.*x1 @ x2\.T",
        "A @ A.T",
    ),
    "matmul inside": Mistake(
        grad("out = xg.sum(M @ v[:2])"),
        r"matmul\(float64\[2, 3\], float64\[2\]\)\nThe last axis of x1 has length 3, the axis of",
        "    out = xg.sum(M.T @ v[:2])",
    ),
    "shapes that do not fit": Mistake(
        "x + xg.ones(2)  # wrong",
        r"in xgrad\.add\(float64\[3\], float64\[2\]\)\nAlong axis -1 the lengths are 3 and 2; "
        r"expected the same, or 1. A new axis",
        "x[:, None] + xg.ones(2)",
    ),
    "shapes that do not fit, inside": Mistake(
        grad("out = xg.sum(v * np.ones(2))"),
        r"in xgrad\.multiply\(float64\[3\], float64\[2\]\)\nAlong axis -1.*expected the same",
        "    out = xg.sum(v[:, None] * np.ones(2))",
    ),
    "reshape": Mistake(
        "x.reshape(2, 2)  # wrong",
        r"in xgrad\.reshape\(float64\[3\]\)\nx has 3 elements; expected a shape of as many",
        "x.reshape(3, -1)",
    ),
    "an axis": Mistake(
        "xg.sum(x, axis=1)  # wrong",
        r"axis 1 is out of bounds.*\nin xgrad\.sum.*\nx has shape \(3,\): expected an axis from -1",
        "xg.sum(x, axis=-1)",
    ),
    "an axis of a method": Mistake(
        "x.mean(axis=3)  # wrong",
        r"in xgrad\.mean\(float64\[3\]\)\nx has shape \(3,\): expected an axis from -1 to 0",
        "x.mean(axis=0)",
    ),
    "concat": Mistake(
        "xg.concat([A, A.T])  # wrong",
        r"in xgrad\.concat.*\nThe shapes are \(2, 3\) and \(3, 2\); expected the same, for concat",
        "xg.concat([A, xg.reshape(A.T, (2, 3))])",
    ),
    "stack": Mistake(
        "xg.stack([x, xg.ones(2)])  # wrong",
        r"in xgrad\.stack\(.*\nThe shapes are \(3,\) and \(2,\); expected the same",
        "xg.stack([x[:2], xg.ones(2)])",
    ),
    "an index beyond": Mistake(
        "x[5]  # wrong",
        r"index 5 is out of bounds.*\nin xgrad\.getitem.*\nx has shape \(3,\): expected indices of "
        r"1 axis, from -3 to 2",
        "x[-3]",
    ),
    "two indices of a vector": Mistake(
        "x[0, 1]  # wrong",
        r"in xgrad\.getitem\(float64\[3\]\)\nx has shape \(3,\): expected indices of 1 axis",
        "x[0]",
    ),
    "a float as an index": Mistake(
        "x[1.0]  # wrong",
        r"getitem: got the index 1\.0; expected integers, slices or arrays",
        "x[1]",
    ),
    "a matrix that is not square": Mistake(
        "xg.linalg.inv(A)  # wrong",
        r"in xgrad\.linalg\.inv.*\nExpected square matrices.*got \(2, 3\).*xgrad\.linalg\.pinv",
        "xg.linalg.pinv(A)",
    ),
    "a right side of another length": Mistake(
        "xg.linalg.solve(xg.eye(3), xg.ones(4))  # wrong",
        r"in xgrad\.linalg\.solve.*\nx1 has 3 rows, and x2 has 4; expected as many",
        "xg.linalg.solve(xg.eye(3), xg.ones(4)[:3])",
    ),
    "a singular matrix": Mistake(
        "xg.linalg.solve(xg.ones((2, 2)), xg.ones(2))  # wrong",
        r"x1 is singular.*expected regular matrices. xgrad\.linalg\.pinv\(x1\) @ x2",
        "xg.linalg.pinv(xg.ones((2, 2))) @ xg.ones(2)",
    ),
    # Arguments
    "a list": Mistake(
        "xg.sin([1.0, 2.0])  # wrong",
        r"sin: x is \[1\.0, 2\.0\] of type list; expected an array or a number. xgrad\.asarray",
        "xg.sin(xg.asarray([1.0, 2.0]))",
    ),
    "a word": Mistake(
        "xg.exp('a')  # wrong",
        r"exp: x is 'a' of type str; expected an array or a number",
        "xg.exp(1.0)",
    ),
    "dim": Mistake(
        "xg.sum(x, dim=0)  # wrong",
        r"sum\(\) got an unexpected keyword argument 'dim'. Here it is axis=",
        "xg.sum(x, axis=0)",
    ),
    "keepdim": Mistake(
        "x.max(axis=0, keepdim=True)  # wrong",
        r"max\(\) got an unexpected keyword argument 'keepdim'. Here it is keepdims=",
        "x.max(axis=0, keepdims=True)",
    ),
    "two arrays, not a list": Mistake(
        "xg.concat(x, x)  # wrong",
        r"concat\(\) got 2 arguments by position; expected the arrays as one list, as in concat",
        "xg.concat([x, x])",
    ),
    "two arrays, not a list, hstack": Mistake(
        "xg.hstack(x, x)  # wrong",
        r"hstack\(\) got 2 arguments by position; expected the arrays as one list",
        "xg.hstack([x, x])",
    ),
    "a value that does not fit": Mistake(
        "x[0:2] = xg.ones(3)  # wrong",
        r"in xgrad\.setitem.*\nThe value has shape \(3,\); expected that of x\[key\]",
        "x[0:2] = xg.ones(2)",
    ),
    "a count that is none": Mistake(
        "xg.linspace(0.0, 1.0, 2.5)  # wrong",
        r"in xgrad\.linspace\(0\.0, 1\.0, 2\.5\): expected integers for lengths and counts",
        "xg.linspace(0.0, 1.0, 3)",
    ),
    "a word as a seed": Mistake(
        "xg.random.default_rng('a')  # wrong",
        r"default_rng: got seed 'a' of type str; expected a non-negative integer or None",
        "xg.random.default_rng(0)",
    ),
    "an axis by position": Mistake(
        "xg.sum(x, 0)  # wrong",
        r"sum\(\) takes 1 positional argument, got 2. Pass the rest by name, as in sum\(..., axis=",
        "xg.sum(x, axis=0)",
    ),
    "lengths one by one": Mistake(
        "xg.zeros(3, 4)  # wrong",
        r"zeros: got 4 for the dtype; expected one such.*as in xgrad\.zeros\(\(2, 3\)\)",
        "xg.zeros((3, 4))",
    ),
    "rows of two lengths": Mistake(
        "xg.asarray([[1.0], [1.0, 2.0]])  # wrong",
        r"in xgrad\.asarray: the rows differ in length.*expected a full array. Pad the rows",
        "xg.asarray([[1.0, 0.0], [1.0, 2.0]])",
    ),
    "two libraries": Mistake(
        "import torch\nx + torch.ones(3)  # wrong",
        r"add: got arrays of two backends, 'numpy' and 'torch'.*to_backend\('numpy'\)",
        "x + xg.asarray(torch.ones(3)).to_backend('numpy')",
        "torch",
    ),
    "an unknown backend": Mistake(
        "xg.set_backend('nump')  # wrong",
        r"backend 'nump' is unknown; known are numpy, cupy, torch",
        "xg.set_backend('numpy')",
    ),
    # Names
    "a name misspelt": Mistake(
        "xg.sinn(x)  # wrong",
        r"module 'xgrad' has no attribute 'sinn'. Did you mean xgrad\.sin",
        "xg.sin(x)",
    ),
    "a name of PyTorch's": Mistake(
        "xg.cat([x, x])  # wrong",
        r"module 'xgrad' has no attribute 'cat'. Instead of PyTorch's: xgrad\.concat\(arrays, axis",
        "xg.concat([x, x], axis=0)",
    ),
    "a method of PyTorch's": Mistake(
        "x.unsqueeze(0)  # wrong",
        r"an xgrad\.Array has no attribute 'unsqueeze'. Instead: xgrad\.expand_dims\(x, axis\)",
        "xg.expand_dims(x, 0)",
    ),
    "numpy() of PyTorch's": Mistake(
        "t.numpy()  # wrong",
        r"an xgrad\.Array has no attribute 'numpy'. Instead: numpy\.asarray\(x\.detach\(\)\)",
        "np.asarray(t.detach())",
    ),
    "zero_grad": Mistake(
        "t.zero_grad()  # wrong",
        r"an xgrad\.Array has no attribute 'zero_grad'. Instead: x\.grad = None",
        "t.grad = None",
    ),
    # Truths, lengths and numbers
    "a branch on many": Mistake(
        grad("out = xg.sum(v) if v > 0 else xg.sum(-v)"),
        r"bool\(\): got bool\[3\]; expected one element.*xgrad\.where\(x, a, b\)",
        "    out = xg.sum(xg.where(v > 0, v, -v))",
    ),
    "max() of Python": Mistake(
        grad("out = xg.sum(max(v, 0.0))"),
        r"bool\(\): got bool\[3\]; expected one element.*xgrad\.maximum\(a, b\)",
        "    out = xg.sum(xg.maximum(v, 0.0))",
    ),
    "item of many": Mistake(
        "t.item()  # wrong",
        r"item: got shape \(3,\); expected exactly one element. Use x\.tolist\(\)",
        "t.tolist()",
    ),
    "iteration over a number": Mistake(
        "list(xg.sum(x))  # wrong",
        r"iteration over a 0-d array.*xgrad\.atleast_1d\(x\)",
        "list(xg.atleast_1d(xg.sum(x)))",
    ),
    "an array as an index": Mistake(
        "[1, 2, 3][x[0]]  # wrong",
        r"an index.* must be an integer; got an array of float64. Use int\(x\.item\(\)\)",
        "[1, 2, 3][int(x[0].item())]",
    ),
    # In tensor style
    "backward of many": Mistake(
        "(t * 2).backward()  # wrong",
        r"backward: got float64\[3\]; expected a real.*scalar.*call y\.backward\(cotangent\)",
        "(t * 2).backward(np.ones(3))",
    ),
    "backward twice": Mistake(
        "y = xg.sum(t**2)\ny.backward()\ny.backward()  # wrong",
        r"backward: this graph was walked before.*Compute the result anew",
        "xg.sum(t**2).backward()",
    ),
    "backward of a constant": Mistake(
        "xg.sum(x).backward()  # wrong",
        r"backward: this array depends on no leaf.*requires_grad=True",
        "xg.sum(xg.asarray(x, requires_grad=True)).backward()",
    ),
    "a write to a leaf": Mistake(
        "t[0] = 5.0  # wrong",
        rf"x\[key\] = value: this array is {LEAF}",
        "with xg.no_grad(): t[0] = 5.0",
    ),
    "in place to a leaf": Mistake(
        "t += 1.0  # wrong",
        rf"\+=: this array is {LEAF}",
        "with xg.no_grad(): t += 1.0",
    ),
    "requires_grad of integers": Mistake(
        "xg.asarray([1, 2], requires_grad=True)  # wrong",
        r"requires_grad: got an array of int64; only floating-point.*xgrad\.astype",
        "xg.asarray(xg.astype(xg.asarray([1, 2]), xg.float64), requires_grad=True)",
    ),
    "requires_grad of a result": Mistake(
        "y = t * 2\ny.requires_grad = True  # wrong",
        r"requires_grad: this array is a result, not a leaf; set it on x\.detach\(\)",
        "y = y.detach(); y.requires_grad = True",
    ),
    # Networks
    "features": Mistake(
        "nn.Linear(3, 2, rng=0)(xg.ones((4, 5)))  # wrong",
        r"Linear: input of shape \(4, 5\) has 5 features; expected 3 on its last axis",
        "nn.Linear(5, 2, rng=0)(xg.ones((4, 5)))",
    ),
    "labels of floats": Mistake(
        "labels = xg.asarray([0.0, 1.0])\nnn.functional.cross_entropy(A, labels)  # wrong",
        r"cross_entropy: the labels are of float64; expected an integer dtype. Use xgrad\.astype",
        "nn.functional.cross_entropy(A, xg.astype(labels, xg.int64))",
    ),
    "a column beside a row": Mistake(
        "nn.functional.mse_loss(xg.ones((3, 1)), x)  # wrong",
        r"mse_loss: input has shape \(3, 1\) and target \(3,\); expected the same.*xgrad\.reshape",
        "nn.functional.mse_loss(xg.reshape(xg.ones((3, 1)), (3,)), x)",
    ),
    "a word as a width": Mistake(
        "nn.Linear('3', 2)  # wrong",
        r"Linear: in_features is '3' of type str; expected an integer. help\(Linear\)",
        "nn.Linear(3, 2)",
    ),
    "a width that is no whole number": Mistake(
        "nn.Linear(3, 4 / 2)  # wrong",
        r"Linear: out_features is 2\.0 of type float; expected an integer",
        "nn.Linear(3, 4 // 2)",
    ),
    "an activation for the bias": Mistake(
        "nn.Conv2d(3, 8, 3, bias='relu')  # wrong",
        r"Conv2d: bias is 'relu' of type str; expected True or False",
        "nn.Conv2d(3, 8, 3, bias=False)",
    ),
    "None as a window": Mistake(
        "nn.MaxPool2d(None)  # wrong",
        r"MaxPool2d: kernel_size is None of type NoneType; expected an integer, or one for each",
        "nn.MaxPool2d(2)",
    ),
    "a word as a probability": Mistake(
        "nn.Dropout('0.5')  # wrong",
        r"Dropout: p is '0\.5' of type str; expected a number",
        "nn.Dropout(0.5)",
    ),
    "an argument too few": Mistake(
        "nn.Linear(3)  # wrong",
        r"Linear\.__init__\(\) missing 1 required positional argument: 'out_features'",
        "nn.Linear(3, 2)",
    ),
    # Optimisers, loops
    "parameters for the options": Mistake(
        "optim.Adam(w)  # wrong",
        r"Adam: got array\(.*by position; expected options by name, as in Adam\(lr=0\.01\).*"
        r"Optimizer\(Adam\(lr=0\.01\), params\)",
        "optim.Optimizer(optim.Adam(lr=0.01), w)",
    ),
    "a word as a rate": Mistake(
        "optim.SGD(lr='0.1')  # wrong",
        r"SGD: lr is '0\.1' of type str; expected a number, or a schedule",
        "optim.SGD(lr=0.1)",
    ),
    "a method's class": Mistake(
        "optim.Optimizer(optim.Adam, w)  # wrong",
        r"Optimizer: method is <class.*expected one with its options, as in Optimizer\(Adam\(lr",
        "optim.Optimizer(optim.Adam(lr=0.01), w)",
    ),
    "no length of a schedule": Mistake(
        "optim.Cosine(0.1, None)  # wrong",
        r"Cosine: steps is None of type NoneType; expected an integer",
        "optim.Cosine(0.1, 100)",
    ),
    "a word as a norm": Mistake(
        "optim.clip_by_global_norm([w], '1')  # wrong",
        r"clip_by_global_norm: max_norm is '1' of type str; expected a number",
        "optim.clip_by_global_norm([w], 1.0)",
    ),
    "nothing to minimise": Mistake(
        "xg.optimize.minimize(None, w)  # wrong",
        r"minimize: f is None of type NoneType; expected a function",
        "xg.optimize.minimize(lambda v: xg.sum(v**2), w)",
    ),
    "a size of batches in words": Mistake(
        "list(xg.data.batches(w, '2'))  # wrong",
        r"batches: batch_size is '2' of type str; expected an integer",
        "list(xg.data.batches(w, 2))",
    ),
    "no function for a rule": Mistake(
        "xg.custom_vjp(None)  # wrong",
        r"custom_vjp: f is None of type NoneType; expected a function",
        "xg.custom_vjp(lambda v: v)",
    ),
    "a value for a rule": Mistake(
        "xg.custom_jvp(w)  # wrong",
        r"custom_jvp: f is array\(.*expected a function",
        "xg.custom_jvp(lambda v: v)",
    ),
    "no function for a black box": Mistake(
        "xg.primitive(None)  # wrong",
        r"primitive: f is None of type NoneType; expected a function",
        "xg.primitive(lambda v: v)",
    ),
    "a custom rule without cotangents": Mistake(
        "@xg.custom_vjp\ndef f(v):\n    return v**2\n"
        "f.defvjp(lambda v: (v**2, v), lambda v, g: 2 * v * g)\n"
        "xg.grad(lambda v: xg.sum(f(v)))(w)  # wrong",
        r"custom_vjp: bwd of f returned.*expected a tuple with 1 cotangents",
        "f.defvjp(lambda v: (v**2, v), lambda v, g: (2 * v * g,)); "
        "xg.grad(lambda v: xg.sum(f(v)))(w)",
    ),
    # What Python and other libraries refuse
    "size as a method": Mistake(
        "n = x.size()  # wrong", r"'int' object.*PyTorch's x\.size\(\) is x\.shape", "n = x.shape"
    ),
    "size of an axis": Mistake(
        "n = x.size(0)  # wrong", r"x\.size\(i\) is x\.shape\[i\]", "n = x.shape[0]"
    ),
    "shape as a method": Mistake(
        "n = x.shape()  # wrong", r"It is an attribute: leave out the brackets", "n = x.shape"
    ),
    "T as a method": Mistake(
        "B = A.T()  # wrong", r"It is an attribute: leave out the brackets", "B = A.T"
    ),
    "an array that is called": Mistake(
        "y = x(0)  # wrong", r"'Array' object is not callable\. x\[i\] reads", "y = x[0]"
    ),
    "a set of arrays": Mistake(
        "seen = {x, t}  # wrong",
        r"unhashable type: 'Array'\. .*use id\(x\)",
        "seen = {id(x), id(t)}",
    ),
    "an array as a key": Mistake(
        "seen = {x[0]: 1}  # wrong", r"unhashable type.*x\.item\(\)", "seen = {x[0].item(): 1}"
    ),
    "del of an element": Mistake(
        "del x[0]  # wrong",
        r"keeps its length: x = xgrad\.delete\(x, i\)",
        "x = xg.delete(x, 0)",
    ),
    "append": Mistake(
        "x.append(4.0)  # wrong", r"Instead: xgrad\.append\(x, value\)", "x = xg.append(x, 4.0)"
    ),
    "a new shape by assignment": Mistake(
        "x.shape = (3, 1)  # wrong", r"Instead: x = x\.reshape\(shape\)", "x = x.reshape((3, 1))"
    ),
    "a new dtype by assignment": Mistake(
        "x.dtype = np.float32  # wrong",
        r"Instead: x = x\.astype\(dtype\)",
        "x = x.astype(np.float32)",
    ),
    "a number beside a text": Mistake(
        "y = x + 'a'  # wrong", r"computed with arrays, numbers, and lists", "y = x + 1.0"
    ),
    "None in a sum": Mistake(
        "y = x + None  # wrong", r"computed with arrays, numbers, and lists", "y = x + 0.0"
    ),
    "a text as often as a number says": Mistake(
        grad("out = xg.sum(v) if v[0] * '-' else v"),
        r"an index, a length or a count must be an integer.*int\(x\.item\(\)\)",
        "    out = xg.sum(v) if int(v[0].item()) * '-' else v",
    ),
    "a half as the end of a slice": Mistake(
        "y = x[: 3 / 2]  # wrong", r"slice indices must be.*int\(i\)", "y = x[: int(3 / 2)]"
    ),
    "JSON": Mistake(
        "import json\njson.dumps({'loss': x})  # wrong",
        r"not JSON serializable\. Its values are x\.tolist\(\)",
        "json.dumps({'loss': x.tolist()})",
    ),
    "%d": Mistake(
        "s = '%d' % t[0]  # wrong", r"x\.item\(\) is the number", "s = '%d' % t[0].item()"
    ),
    "a memoryview": Mistake(
        "m = memoryview(x)  # wrong",
        r"Its memory is that of numpy\.asarray\(x\.detach\(\)\)",
        "m = memoryview(np.asarray(x.detach()))",
    ),
    "statistics": Mistake(
        "import statistics\nm = statistics.mean(t)  # wrong",
        r"xgrad\.mean, xgrad\.median",
        "m = xg.mean(t)",
    ),
    "a decimal": Mistake(
        "from decimal import Decimal\nd = Decimal(t[0])  # wrong",
        r"x\.item\(\) is the number",
        "d = Decimal(t[0].item())",
    ),
    "a sample": Mistake(
        "import random\ny = random.sample(x, 2)  # wrong",
        r"default_rng\(seed\)\.choice\(x, k, replace=False\)",
        "y = xg.random.default_rng(0).choice(x, 2, replace=False)",
    ),
    "a ufunc of Python's": Mistake(
        "sine = np.frompyfunc(math.sin, 1, 1)\n" + grad("out = xg.sum(sine(v))"),
        r"no derivative of this ufunc.*xgrad\.primitive",
        "    out = xg.sum(xg.sin(v))",
    ),
    "an iterator of NumPy's": Mistake(
        "y = [2 * v for v in np.nditer(t)]  # wrong",
        r"numpy\.ndindex\(x\.shape\)",
        "y = [2 * t[i] for i in np.ndindex(t.shape)]",
    ),
    "a function of PyTorch's": Mistake(
        "import torch\n" + grad("out = torch.sin(v).sum()"),
        r"function of PyTorch's: use xgrad's.*, or xgrad\.interchange\.from_torch",
        "    out = xg.interchange.from_torch(torch.sin)(v).sum()",
        needs="torch",
    ),
    "from_numpy": Mistake(
        "import torch\ny = torch.from_numpy(x)  # wrong",
        r"Use x\.to_backend\('torch'\)",
        "y = x.to_backend('torch')",
        needs="torch",
    ),
    "a function of JAX's": Mistake(
        "import jax.numpy as jnp\ny = jnp.sin(x)  # wrong",
        r"function of JAX's: use xgrad's of the same name, or xgrad\.interchange\.from_jax",
        "y = xg.sin(x)",
        needs="jax",
    ),
}


def printed(name: str, text: str) -> str:
    """Return what Python prints when a program ends in an error; "" if it does not."""
    file = f"<program: {name}>.py"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    try:
        exec(compile(text, file, "exec"), {"__name__": "__main__"})
    except Exception as error:
        told = io.StringIO()
        traceback: Any = error.__traceback__
        error.__traceback__ = traceback.tb_next  # without this function
        with contextlib.redirect_stderr(told):
            sys.excepthook(type(error), error, traceback.tb_next)
        return told.getvalue()
    finally:
        xg.set_backend("numpy")
    return ""


def marked(text: str) -> int:
    """Return the number of the line that is wrong."""
    (number,) = [i for i, line in enumerate(text.splitlines(), 1) if line.endswith("  # wrong")]
    return number


@over("name", list(MISTAKES))
def test_a_mistake_is_told_in_the_users_words(name: str) -> None:
    mistake = MISTAKES[name]
    if mistake.needs and importlib.util.find_spec(mistake.needs) is None:
        pytest.skip(f"{mistake.needs} is not installed")
    text = f"{START}{mistake.code}\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        told = printed(name, text)
    places = re.findall(r'File "(.*?)", line (\d+)', told)
    assert places, "no error"
    assert sum(file.startswith(LIBRARY) for file, _ in places) <= 3, told
    assert places[-1] == (f"<program: {name}>.py", str(marked(text))), told
    below = told[told.rindex('File "') :].partition("\n")[2]
    assert re.search(mistake.says, below, re.DOTALL), told


@over("name", list(MISTAKES))
def test_what_the_message_advises_works(name: str) -> None:
    mistake = MISTAKES[name]
    if mistake.needs and importlib.util.find_spec(mistake.needs) is None:
        pytest.skip(f"{mistake.needs} is not installed")
    lines = f"{START}{mistake.code}".splitlines()
    lines[marked("\n".join(lines)) - 1] = mistake.instead
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert printed(name, "\n".join(lines)) == ""


LAYERS = {n: c for n, c in vars(nn).items() if isinstance(c, type) and issubclass(c, nn.Module)}
SCHEDULES = {n: getattr(optim, n) for n in ("Cosine", "Exponential", "OneCycle", "Step", "Warmup")}
ANYTHING = {"AdaptiveAvgPool", "AdaptiveMaxPool"}  # take None: as many parts as there are


def test_what_a_layer_or_schedule_cannot_be_made_of_is_named() -> None:
    wrong = []
    for name, cls in (LAYERS | SCHEDULES).items():
        parameters = inspect.signature(cls).parameters.values()
        needed = [
            p for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
        ]
        for bad in (None, "3", object(), {}):
            if not needed or (bad is None and name[:-2] in ANYTHING):
                continue
            try:
                made = cls(*[bad] * len(needed))
            except (TypeError, ValueError) as error:
                names = "|".join(p.name for p in needed)
                if not re.match(rf"{name}: ({names}) .*expected", str(error), re.DOTALL):
                    wrong.append(f"{name}({bad!r}): {error}")
            else:
                wrong.append(f"{name}({bad!r}) made {made!r}")
    assert not wrong, "\n".join(wrong)


def test_there_are_sixty() -> None:
    assert len(MISTAKES) >= 60
