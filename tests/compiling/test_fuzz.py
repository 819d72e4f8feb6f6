# Tests of xgrad/compiling
"""Random programs, replayed on values they were not recorded for; see tests/right/fuzzing.py."""

from __future__ import annotations

import pytest

from tests.right.fuzzing import examined, replayed
from xgrad.compiling.buffers import Memory


@pytest.mark.parametrize("first", range(200_000, 200_030, 10))
def test_random_programs_replay_what_eager_code_gives(first):
    found = [t for seed in range(first, first + 10) if (t := examined(seed, replayed))]
    assert not found, "\n".join(found)


def test_memory_that_is_used_too_early_is_found(monkeypatch):
    """The check can fail: with views that do not keep what they show."""
    monkeypatch.setattr(Memory, "of", lambda self, v: v)
    assert any(examined(seed, replayed) for seed in range(30))
