"""The scheme on the canvas, between a workflow and what is drawn."""

from .scheme import (
    FLOW_IN,
    FLOW_OUT,
    Scheme,
    StepLink,
    StepNode,
    describe,
    is_flow,
    key_of,
    reach,
)

__all__ = [
    "FLOW_IN",
    "FLOW_OUT",
    "Scheme",
    "StepLink",
    "StepNode",
    "describe",
    "is_flow",
    "key_of",
    "reach",
]
