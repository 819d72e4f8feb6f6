"""The functions that users call, one form for each form of op."""
