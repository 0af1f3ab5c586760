"""Sequential consistency: one order of everything, whatever orders the program asks for.

Lamport 1979, in the axiomatic form of Shasha and Snir, TOPLAS 10(2), 1988.
"""

from __future__ import annotations

from .execution import Execution


def sequential(x: Execution) -> bool:
    """``sb ∪ rf ∪ mo ∪ rb`` is acyclic."""
    return (x.sb | x.rf | x.mo | x.rb).is_acyclic()


def atomicity(x: Execution) -> bool:
    """``rmw ∩ (rb ; mo)`` is empty."""
    return not any((x.rmw & (x.rb @ x.mo)).rows)


def is_consistent(execution: Execution) -> bool:
    """Whether both axioms hold."""
    return atomicity(execution) and sequential(execution)
