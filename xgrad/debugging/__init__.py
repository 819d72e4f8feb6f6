"""Where a NaN, a lost path or a zero comes from, seen from outside the engine.

`observer` watches a running program for all who ask: `nonfinite` (`xgrad.debug`), `lost_paths`
(``strict=True``), `zero_gradients` (`xgrad.explain_gradient`) and `xgrad.show`. `notes`
is what they remember of each op.
"""
