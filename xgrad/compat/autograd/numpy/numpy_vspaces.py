"""The spaces of arrays."""

from __future__ import annotations

from .. import refused
from ..vspace import ArrayVSpace, ComplexArrayVSpace, NamedTupleVSpace, VSpace

EigResultVSpace = EighResultVSpace = QRResultVSpace = NamedTupleVSpace
SlogdetResultVSpace = SVDResultVSpace = NamedTupleVSpace

__all__ = [
    "ArrayVSpace",
    "ComplexArrayVSpace",
    "EigResultVSpace",
    "EighResultVSpace",
    "NamedTupleVSpace",
    "QRResultVSpace",
    "SVDResultVSpace",
    "SlogdetResultVSpace",
    "VSpace",
]

__getattr__ = refused.lookup(__name__)
