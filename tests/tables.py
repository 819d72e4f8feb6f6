"""A test that goes through the rows of a table: one item for pytest, every row that fails is told.

`over` is used like ``pytest.mark.parametrize`` where rows are many and each takes less time than
pytest's own work on an item, which is about two milliseconds in a run with several processes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any

import pytest

__all__ = ["over"]


def over(name: str, values: Collection[Any], ids: Callable[[Any], str] = str) -> Any:
    """Call a test once for each value of a parameter; may be put on top of itself.

    Args:
        name: the parameter.
        values: what it is to be; a dict's keys.
        ids: how a value is called in the text of a failure.

    A failure lists all values that failed, and is raised from the first; the test is skipped only
    if each of them was.
    """

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def run(*args: Any, **kwargs: Any) -> None:
            failures: list[tuple[str, BaseException]] = []
            skips: list[str] = []
            for value in values:
                try:
                    test(*args, **kwargs, **{name: value})
                except pytest.skip.Exception as skip:
                    skips.append(str(skip))
                except (Exception, pytest.fail.Exception) as error:
                    failures.append((f"{name} = {ids(value)}", error))
            if failures:
                texts = [f"{what}: {type(e).__name__}: {e}" for what, e in failures]
                count = f"{len(failures)} of {len(values)} failed"
                raise AssertionError("\n".join([count, *texts])) from failures[0][1]
            if len(skips) == len(values):
                pytest.skip(skips[0] if skips else f"no {name} here")

        signature = inspect.signature(test)
        assert name in signature.parameters, f"{test.__name__} has no parameter {name}"
        rest = [p for p in signature.parameters.values() if p.name != name]
        run.__signature__ = signature.replace(parameters=rest)  # type: ignore[attr-defined]
        return run

    return decorate
