"""How fast xgrad is, beside hand-written NumPy and beside other libraries."""
