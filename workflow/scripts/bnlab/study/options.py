"""Types of the options that networks, kernels and normalizers take, by which a config is checked.

A config is checked without importing TensorFlow: the annotations in a class' ``__init__`` are read
from its source, so an annotation has to be one of the names below. Another one allows any value.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

Count = Annotated[int, Field(ge=1)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Divisor = Annotated[int, Field(ge=1)]
"""A count that divides the number of features, channels or units that are normalized."""
Widths = Annotated[list[Count], Field(min_length=1)]
"""Units or channels of consecutive layers that are normalized."""
Head = list[Count]
"""The same, and possibly none."""
Stages = Annotated[list[Widths], Field(min_length=1)]
"""Widths of layers with something between the lists, such as pooling."""
Pooling = Literal["max", "average"]
Norm = Literal[1, 2, "inf"]
"""Which power mean of absolute values: the mean, the root of the mean square, or the largest."""

TYPES: dict[str, Any] = {
    "int": int,
    "float": float,
    "bool": bool,
    "str": str,
    "Count": Count,
    "Fraction": Fraction,
    "Positive": Positive,
    "Divisor": Divisor,
    "Widths": Widths,
    "Head": Head,
    "Stages": Stages,
    "Pooling": Pooling,
    "Norm": Norm,
}
LAYERS = ("Widths", "Head", "Stages")
"""Annotations whose numbers are sizes that a normalizer sees."""
