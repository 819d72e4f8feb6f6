# Tests of tests/tables.py
"""A loop over a table tells of every row that fails."""

import pytest

from tests.tables import over


@over("n", [1, 2, 3])
@over("sign", {"plus": 1, "minus": -1})
def test_every_combination_runs(n, sign, request):
    seen = request.node.stash.setdefault(SEEN, [])
    seen.append((n, sign))
    assert len(seen) == len(set(seen))


SEEN = pytest.StashKey()


def test_all_rows_that_fail_are_told():
    @over("n", [1, 2, 3])
    def odd(n):
        assert n % 2, f"{n} is even"
        if n == 3:
            pytest.fail("three")

    with pytest.raises(AssertionError, match=r"^2 of 3 failed\nn = 2: .*2 is even") as caught:
        odd()
    assert str(caught.value).splitlines()[-1] == "n = 3: Failed: three"


def test_a_skip_of_some_is_no_skip_of_all():
    @over("n", [1, 2])
    def skips(n, least):
        if n >= least:
            pytest.skip(f"{n} is too much")

    skips(least=2)
    with pytest.raises(pytest.skip.Exception, match="1 is too much"):
        skips(least=1)


def test_a_parameter_that_is_not_there_is_an_error():
    with pytest.raises(AssertionError, match="has no parameter m"):
        over("m", [1])(lambda n: None)
