"""What Python and other libraries say when they refuse an `Array`, and what to write instead.

Their messages name types, not what a person wanted. They are completed when they are printed: from
the message, and where it says too little, from the line of code that led to it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

_NUMBER = "x.item() is the number of one element, off the tape"


class Refusal(NamedTuple):
    """What may be said of an `Array`.

    Attributes:
        says: a pattern of the message, from its beginning.
        code: a pattern of the user's line.
        instead: what to do, with what the pattern of the message found.
    """

    says: str
    code: str
    instead: str


REFUSALS = (
    # Python's own
    Refusal(
        r"'int' object is not callable",
        r"\.size\(",
        "x.size is the number of elements, as in NumPy. PyTorch's x.size() is x.shape, and its "
        "x.size(i) is x.shape[i]",
    ),
    Refusal(
        r"'[\w.]+' object is not callable",
        r"\.(?:shape|dtype|device|ndim|size|T|mT|real|imag|grad|data|requires_grad|backend|flat|"
        r"itemsize|nbytes|strides)\(",
        "It is an attribute: leave out the brackets",
    ),
    Refusal(
        r"'Array' object is not callable",
        "",
        "x[i] reads an element, and x * (...) multiplies",
    ),
    Refusal(
        r"unhashable type: 'Array'",
        "",
        "Arrays are compared element by element, and may be written to. As a key use id(x) for the "
        "array itself, or x.item() or tuple(x.tolist()) for its values",
    ),
    Refusal(r"__delitem__", r"\bdel\b", "An array keeps its length: x = xgrad.delete(x, i)"),
    Refusal(
        r"property 'shape' of 'Array' object has no setter", "", "Instead: x = x.reshape(shape)"
    ),
    Refusal(
        r"property 'dtype' of 'Array' object has no setter", "", "Instead: x = x.astype(dtype)"
    ),
    Refusal(
        r"property '(\w+)' of 'Array' object has no setter",
        "",
        r"x.\1 follows from the array: make a new one",
    ),
    Refusal(
        r"unsupported operand type\(s\) for [^']+ '\w+' and '\w+'|"
        r"'[<>=]+' not supported between instances of '\w+' and '\w+'",
        "",
        "An array is computed with arrays, numbers, and lists of numbers",
    ),
    Refusal(
        r"slice indices must be integers",
        "",
        "Of a float that is whole use int(i); arrays have x.astype(xgrad.int64)",
    ),
    Refusal(
        r"(memoryview: )?a bytes-like object is required, not 'Array'",
        "",
        "Its memory is that of numpy.asarray(x.detach())",
    ),
    Refusal(r"%\w format: a real number is required, not Array", "", _NUMBER),
    # The standard library
    Refusal(
        r"Object of type Array is not JSON serializable",
        "",
        "Its values are x.tolist(), or x.item() of one number; xgrad.files.save keeps whole models",
    ),
    Refusal(
        r"can't convert type 'Array' to numerator/denominator",
        "",
        "Of statistics there are xgrad.mean, xgrad.median, xgrad.std and xgrad.var",
    ),
    Refusal(
        r"Population must be a sequence",
        r"\bsample\(",
        "Instead: xgrad.random.default_rng(seed).choice(x, k, replace=False)",
    ),
    Refusal(
        r"conversion from Array to Decimal|unsupported type for timedelta \w+ component: Array|"
        r"argument should be a string or a Rational|required argument is not a float",
        "",
        _NUMBER,
    ),
    # Other libraries
    Refusal(
        r"[\w.]+\(\): argument .* must be .*Tensor.*not Array",
        "",
        "That is a function of PyTorch's: use xgrad's of the same purpose, or "
        "xgrad.interchange.from_torch(f)(x) for a function f of tensors",
    ),
    Refusal(
        r"expected np\.ndarray \(got Array\)",
        "",
        "Use x.to_backend('torch'), which is differentiated, or "
        "xgrad.interchange.from_torch(f)(x) for a function f of tensors",
    ),
    Refusal(
        r"[\s\S]*xgrad\.arrays\.array\.Array'> is not a valid JAX type",
        "",
        "That is a function of JAX's: use xgrad's of the same name, or "
        "xgrad.interchange.from_jax(f)(x) for a function f of JAX arrays",
    ),
    Refusal(
        r"operand type\(s\) all returned NotImplemented from __array_ufunc__\(<ufunc '([^']+)'",
        "",
        "xgrad has no derivative of this ufunc: use functions of arrays, or make it an op of "
        "your own by xgrad.primitive",
    ),
    Refusal(
        r"Iterator operand is flagged as writeable",
        r"\bnditer\(",
        "Instead: loop over i in numpy.ndindex(x.shape), and use x[i]",
    ),
)


def instead(said: str, code: str) -> str:
    """Return what to do instead, "" if nothing is known of a message and a line of code."""
    for refusal in REFUSALS:
        found = re.match(refusal.says, said)
        if found and re.search(refusal.code, code):
            return found.expand(refusal.instead)
    return ""
