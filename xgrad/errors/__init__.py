"""The errors of xgrad: each says what it got, what it expected and what to do next.

::

    XgradError
    +-- BackendError
    |   +-- UnknownBackendError          (LookupError)   no adapter has this name
    |   +-- BackendUnavailableError      (RuntimeError)  the library or its device is missing
    |   +-- MixedBackendError            (TypeError)     arrays of two libraries in one op
    |   +-- MixedDeviceError             (ValueError)    arrays of two devices in one op
    |   +-- MissingFunctionError         (NotImplementedError)  the library lacks a function
    |   +-- SubclassError                (TypeError)     an array with a mask, a unit or the like
    +-- DerivativeError
    |   +-- NotScalarError               (TypeError)     ``grad`` of a non-scalar
    |   +-- NotDifferentiableError       (TypeError)     an integer, or a value off the tape
    |   +-- RuleError                    (ValueError)    a derivative rule broke its contract
    |   +-- NonFiniteError               (FloatingPointError)  ``debug`` found a NaN or infinity
    |   +-- ReplayError                  (RuntimeError)  a checkpointed function gave another result
    |   +-- GraphFreedError              (RuntimeError)  a second backward through a freed graph
    +-- DistributedError                 (RuntimeError)  ranks that disagree, or that are gone
    +-- FileError                        (ValueError)    a file is damaged, or holds another tree
    +-- TracedConversionError            (TypeError)     a conversion that would drop the gradient
    +-- TraceError                       (TypeError)     ``compile`` needs a value not known yet
    +-- MutationError                    (RuntimeError)  a write that no derivative could follow
    XgradWarning                         (UserWarning)
    +-- CompileWarning                   a compiled function is slow, or draws only once
    +-- ConstantResultWarning            a result that does not depend on what it is derived by
    +-- DegenerateSpectrumWarning        equal eigenvalues that a loss tells apart
    +-- LoopWarning                      ``vmap`` calls a black box in a loop
    +-- PrecisionWarning                 a layer's weights and its input differ in precision
    XgradDeprecationWarning              (DeprecationWarning)  a name that a later version drops
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

__all__ = [
    "BackendError",
    "BackendUnavailableError",
    "CompileWarning",
    "ConstantResultWarning",
    "DegenerateSpectrumWarning",
    "DerivativeError",
    "DistributedError",
    "FileError",
    "GraphFreedError",
    "LoopWarning",
    "MissingFunctionError",
    "MixedBackendError",
    "MixedDeviceError",
    "MutationError",
    "NonFiniteError",
    "NotDifferentiableError",
    "NotScalarError",
    "PrecisionWarning",
    "ReplayError",
    "RuleError",
    "SubclassError",
    "TraceError",
    "TracedConversionError",
    "UnknownBackendError",
    "XgradDeprecationWarning",
    "XgradError",
    "XgradWarning",
]

UNKNOWN = (
    "an array with a length that is not known, as Dask's X[mask]; expected known ones. Call "
    "x.compute_chunk_sizes() on Dask's array first, which computes the mask, or weigh the entries "
    "with xgrad.where(mask, x, 0.0)"
)
"""What is wrong with an array of such lengths, and what to do."""

P = ParamSpec("P")
R = TypeVar("R")


class XgradError(Exception):
    """Base of every error that xgrad itself raises."""


class BackendError(XgradError):
    """Something is wrong with the array library or the device."""


class UnknownBackendError(BackendError, LookupError):
    """No adapter is known under this name or for this type."""


class BackendUnavailableError(BackendError, RuntimeError):
    """The adapter is known, but its library or its device cannot be used here."""


class MixedBackendError(BackendError, TypeError):
    """One op got arrays of two libraries."""


class MixedDeviceError(BackendError, ValueError):
    """One op got arrays of two devices."""


class MissingFunctionError(BackendError, NotImplementedError, AttributeError):
    """The backend's library has no such function."""


class SubclassError(BackendError, TypeError):
    """An array is of a subclass that means more than its numbers: a mask, a unit, another product.

    xgrad computes with numbers, so that the rest would be dropped silently.
    """


class DerivativeError(XgradError):
    """A derivative was asked for that does not exist or cannot be formed."""


class NotScalarError(DerivativeError, TypeError):
    """A gradient was asked of something that is not a real scalar."""


class NotDifferentiableError(DerivativeError, TypeError):
    """A derivative was asked with respect to, or of, something that has none."""


class RuleError(DerivativeError, ValueError):
    """A derivative rule returned something that does not fit its argument."""


class NonFiniteError(DerivativeError, FloatingPointError):
    """A value, gradient or tangent is NaN or infinite, and this is the op that made it so.

    Attributes:
        op: the name of the op; None if the value came in from outside.
        line: the user's line that called it: file, number and function.
        chain: ops and lines from there back to the leaf, for people to read.
    """

    def __init__(self, message: str, op: object = None, line: object = None, *chain: str) -> None:
        super().__init__(message, op, line, *chain)
        self.op, self.line, self.chain = op, line, chain

    def __str__(self) -> str:
        return str(self.args[0])


class GraphFreedError(DerivativeError, RuntimeError):
    """A graph was walked backward again after its values were freed."""


class ReplayError(DerivativeError, RuntimeError):
    """A function of `checkpoint` gave another result when it was run again."""


class DistributedError(XgradError, RuntimeError):
    """Ranks of a distributed program disagree, or one of them is gone."""


class FileError(XgradError, ValueError):
    """A file is damaged, or does not hold what was asked of it."""


class TracedConversionError(XgradError, TypeError):
    """A conversion to a plain number or array would drop the gradient."""


class TraceError(XgradError, TypeError):
    """A compiled function asks for a value, or a shape, that depends on its arguments."""


class MutationError(XgradError, RuntimeError):
    """An in-place write was asked that no derivative could follow."""


class XgradWarning(UserWarning):
    """Base of every warning that xgrad itself gives."""


class ConstantResultWarning(XgradWarning):
    """A derivative is zero since the result does not depend on the argument at all.

    Given once for each line that asks; ``strict=False`` silences `grad` and `value_and_grad`, and
    ``warnings.simplefilter("error", ...)`` makes it an error.
    """


class DegenerateSpectrumWarning(XgradWarning):
    """A loss tells equal eigenvalues or singular values apart, which no derivative can.

    Given where values are on the host; ``warnings.simplefilter("error", ...)`` makes it an error.
    """


class CompileWarning(XgradWarning):
    """A compiled function is recorded anew again and again, runs uncompiled, or draws only once.

    Random numbers of other libraries than xgrad are drawn while it is recorded, and stay.
    """


class LoopWarning(XgradWarning):
    """`vmap` calls a function that it cannot look into once for each example.

    Given once for each function; ``warnings.simplefilter("error", ...)`` makes it an error.
    """


class PrecisionWarning(XgradWarning):
    """A layer's weights and its input are of different precision, so the wider one is computed in.

    Given once for each pair of dtypes; a step then takes several times as long as in float32.
    ``warnings.simplefilter("ignore", ...)`` silences it.
    """


class XgradDeprecationWarning(DeprecationWarning):
    """A name or an argument that still works, and that a later version will drop.

    The text says since when, until when, and what to write instead. Python shows it where it comes
    from your own script, and pytest always; ``python -W error::DeprecationWarning`` makes it an
    error. The page on versions says how long a deprecated name stays.
    """


DEPRECATED: list[tuple[str, str, str]] = []
"""What is deprecated: its name, since which version, and in which it is gone."""


def warn_deprecated(what: str, *, since: str, gone: str, instead: str, stacklevel: int = 2) -> None:
    """Warn that something still works, and for how long.

    Args:
        what: the name that a user wrote, as in ``"xg.old"``.
        since: the first version that warns.
        gone: the version that will no longer have it.
        instead: what to write.
        stacklevel: how many frames lie between the user's line and this call.
    """
    text = f"{what} is deprecated since xgrad {since} and gone in {gone}. Instead: {instead}"
    warnings.warn(text, XgradDeprecationWarning, stacklevel=stacklevel + 1)


def deprecated(
    what: str, *, since: str, gone: str, instead: str
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a function as deprecated: it works as before, and warns.

    Args:
        what: the name that a user writes, as in ``"xg.old"``.
        since: the first version that warns.
        gone: the version that will no longer have it; a test fails once that is the version.
        instead: what to write.

    >>> @deprecated("xg.twice", since="0.2", gone="0.4", instead="2 * x")
    ... def twice(x):
    ...     return 2 * x
    >>> DEPRECATED.pop()
    ('xg.twice', '0.2', '0.4')
    """
    DEPRECATED.append((what, since, gone))

    def decorate(f: Callable[P, R]) -> Callable[P, R]:
        @wraps(f)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            warn_deprecated(what, since=since, gone=gone, instead=instead)
            return f(*args, **kwargs)

        return call

    return decorate
