"""The engine: the tape, its two walks, the kinds of op, and the record of a run."""
