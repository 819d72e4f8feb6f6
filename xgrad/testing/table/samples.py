"""Samples that many ops share."""

from __future__ import annotations

from typing import Any

from ..cases import Sample, a

__all__ = ["binary", "comparison", "sample", "unary"]


def sample(*args: object, dtypes: str | None = None, **kwargs: object) -> Sample:
    """Return the sample of a call with these arguments."""
    return Sample(args, kwargs, dtypes)


def unary(low: float = -2.0, high: float = 2.0) -> tuple[Sample, ...]:
    """Return samples of a function of one array, in every shape and layout."""
    return (
        sample(a(2, 3, low=low, high=high)),
        sample(a(low=low, high=high)),
        sample(a(0, 3, low=low, high=high)),
        sample(a(3, 2, low=low, high=high, layout="transposed")),
        sample(a(4, low=low, high=high, layout="strided")),
        sample(a(3, 2, low=low, high=high, layout="broadcast")),
    )


def binary(
    low: float = -2.0,
    high: float = 2.0,
    low2: float | None = None,
    high2: float | None = None,
    number: float = 1.5,
    mixed: str = "fc",
) -> tuple[Sample, ...]:
    """Return samples of a function of two arrays: shapes that broadcast, layouts, numbers.

    Args:
        low: the lower end of the values of the first array.
        high: the upper end.
        low2: the lower end of those of the second, if it differs.
        high2: the upper end.
        number: a Python number to put in the place of each array.
        mixed: with ``"f"`` a single array is mixed with a double one, with ``"c"`` a real one with
            a complex one.
    """
    one: dict[str, Any] = {"low": low, "high": high}
    two: dict[str, Any] = {
        "low": low if low2 is None else low2,
        "high": high if high2 is None else high2,
    }
    plain = (
        sample(a(2, 3, **one), a(2, 3, **two)),
        sample(a(**one), a(**two)),
        sample(a(2, 3, **one), a(3, **two)),
        sample(a(2, 1, **one), a(4, 1, 3, **two)),
        sample(a(**one), a(2, **two)),
        sample(a(0, 3, **one), a(1, 3, **two)),
        sample(a(3, 2, **one, layout="transposed"), a(3, 2, **two, layout="broadcast")),
        sample(a(3, **one), number, dtypes="f"),
        sample(number, a(3, **two), dtypes="f"),
    )
    more = (
        sample(a(3, **one, kind="real"), a(2, 3, **two), dtypes="c"),
        sample(a(2, 3, **one), a(3, **two, kind="real"), dtypes="c"),
        sample(a(3, **one, kind="single"), a(2, 3, **two), dtypes="f"),
    )
    return (*plain, *(s for s in more if s.dtypes and s.dtypes in mixed))


def comparison() -> tuple[Sample, ...]:
    """Return samples of a comparison, with ties."""
    return (
        sample(a(2, 3), a(2, 3)),
        sample(a(4, low=0, high=3, kind="int64"), a(2, 1, low=0, high=3, kind="int64"), dtypes="f"),
        sample(a(), a(3)),
        sample(a(0), a(1)),
        sample(a(3), 0.5, dtypes="f"),
    )
