"""Show the work: the graph of a computation, its chain rule, where its gradient goes and the time.

=================  ================================================================================
`draw`             the tape as a picture, with values, and cotangents on the edges
`explain`          the chain rule of one computation, step by step, with formulas and numbers
`gradient_flow`    activations and cotangents of each layer, with a verdict
`profile`          time and memory of each op, forward and backward
`live`             learning curves while a program runs; `progress` a bar, `curve` one as text
=================  ================================================================================

Text needs nothing but xgrad. Pictures need the extra ``show`` (matplotlib); those of `draw` are
best with the program ``dot`` of Graphviz.
"""

from .draw import draw
from .explain import explain
from .flow import gradient_flow
from .html import array_html as array_html
from .live import curve, live, progress
from .profile import profile

__all__ = ["curve", "draw", "explain", "gradient_flow", "live", "profile", "progress"]
