"""Where a NaN, a lost path or a zero comes from."""
