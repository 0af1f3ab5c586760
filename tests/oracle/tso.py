"""x86-TSO of the compiled program.

Owens, Sarkar, Sewell: A better x86 memory model, TPHOLs 2009, in the axiomatic form of
Alglave, Maranget, Tautschnig: Herding cats, TOPLAS 36(2), 2014. The mapping is the usual one:
loads of every order are plain moves; a seq_cst store is a move and ``mfence``, weaker stores a
move; every read-modify-write, also a compare-exchange that fails, is a locked instruction and
orders like ``mfence``; a seq_cst fence is ``mfence``, weaker fences are nothing.
"""

from __future__ import annotations

from .execution import Execution
from .program import Order
from .relation import Relation, on


def preserved(x: Execution) -> Relation:
    """``ppo = sb \\ (W × R)`` between accesses."""
    writes, reads = _on(x, "W"), _on(x, "R")
    accesses = writes | reads
    return (accesses @ x.sb @ accesses) - (writes @ x.sb @ reads)


def fenced(x: Execution) -> Relation:
    """``sb ; [F_sc] ; sb  ∪  [W_sc] ; sb  ∪  sb ; [locked]  ∪  [locked] ; sb``."""
    nodes = x.nodes
    mfence = on(x.size, lambda i: nodes[i].kind == "F" and nodes[i].order is Order.SC)
    flushed = on(x.size, lambda i: nodes[i].kind == "W" and nodes[i].order is Order.SC)
    locked = on(x.size, lambda i: nodes[i].locked)
    return x.sb @ mfence @ x.sb | flushed @ x.sb | x.sb @ locked | locked @ x.sb


def uniproc(x: Execution) -> bool:
    """``sb|loc ∪ rf ∪ mo ∪ rb`` is acyclic."""
    return ((x.sb & x.same_location) | x.rf | x.mo | x.rb).is_acyclic()


def atomicity(x: Execution) -> bool:
    """``rmw ∩ (rb ; mo)`` is empty."""
    return not any((x.rmw & (x.rb @ x.mo)).rows)


def global_happens_before(x: Execution) -> bool:
    """``ppo ∪ fenced ∪ rfe ∪ mo ∪ rb`` is acyclic: one order of all stores reaching memory."""
    external = x.rf - x.internal
    return (preserved(x) | fenced(x) | external | x.mo | x.rb).is_acyclic()


def is_consistent(execution: Execution) -> bool:
    """Whether the three axioms hold."""
    return (
        atomicity(execution) and uniproc(execution) and global_happens_before(execution)
    )


def _on(x: Execution, kind: str) -> Relation:
    return on(x.size, lambda i: x.nodes[i].kind == kind)
