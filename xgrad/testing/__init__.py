"""Checks of derivatives and of backends, for users and for the project's own tests.

`check_grads` checks the derivatives of any function. `check_backend` runs the table of all ops on
any backend, also on one that another package brings. `check_op` checks one `Row` of such a table.
"""

from typing import TYPE_CHECKING

from ..names import find
from .cases import Place, Row, Sample, Spec
from .checks import CHECKS, check_op
from .gradients import check_grads
from .mapped import check_vmap
from .report import Report, check_backend
from .table import NOT_OPS, ROWS

__all__ = [
    "CHECKS",
    "NOT_OPS",
    "ROWS",
    "Place",
    "Report",
    "Row",
    "Sample",
    "Spec",
    "check_backend",
    "check_grads",
    "check_op",
    "check_vmap",
]


if not TYPE_CHECKING:  # for checkers there are no other names

    def __getattr__(name):
        return find(__name__, name)
