"""How the process treats the memory of freed arrays."""

from __future__ import annotations

import ctypes

from .. import errors

__all__ = ["keep_memory"]

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h
_LARGEST = 32 * 2**20  # what glibc takes at most for the second


def keep_memory(limit: int = 2**30) -> None:
    """Let the process keep the memory of freed arrays for the next ones, up to `limit` bytes.

    By default the C library of Linux gives freed memory of large arrays back to the system at once,
    and the next array of that size pays for every page again: for arrays between 0.1 and 32 MB this
    is often half of the time of a program in NumPy, differentiated or not. This switch is for the
    whole process, for everything that allocates in it, and cannot be undone; the process will look
    larger than the arrays that are alive. It does nothing for arrays on a GPU.

    Args:
        limit: how many bytes of freed memory to keep at most.

    Raises:
        BackendUnavailableError: where the C library is not glibc, as on Windows and macOS.
        ValueError: if the C library refuses the limit; expected are 1 to 2**31 - 1 bytes.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        raise errors.BackendUnavailableError(
            "keep_memory: this system's C library has no mallopt; the switch is for Linux with "
            "glibc. Leave it out here: results do not depend on it"
        ) from None
    largest = min(limit, 2**31 - 1)
    if not (mallopt(_TRIM_THRESHOLD, largest) and mallopt(_MMAP_THRESHOLD, min(limit, _LARGEST))):
        raise ValueError(f"keep_memory: the C library refused limit={limit}; expected 1 to 2**31-1")
