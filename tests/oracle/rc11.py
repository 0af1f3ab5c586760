"""RC11, axiom by axiom.

Lahav, Vafeiadis, Kang, Hur, Dreyer: Repairing Sequential Consistency in C/C++11, PLDI 2017.
One change, agreed for this project: a release sequence goes on through read-modify-writes only
(as in C++20), where the paper's also takes later writes of the same thread. The paper's
SC axiom is kept; the wording of C++20 is stronger.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from .execution import Execution
from .program import Order
from .relation import Relation, on

_AT_LEAST: dict[str, Callable[[Order | None], bool]] = {
    "any": lambda order: True,
    "rlx": lambda order: order is not None,
    "acq": lambda order: order is not None and order.acquires,
    "rel": lambda order: order is not None and order.releases,
    "sc": lambda order: order is Order.SC,
}


class Rc11:
    """The derived relations of one execution and the four axioms over them."""

    def __init__(self, execution: Execution) -> None:
        self.x = execution

    def _on(self, kinds: str, at_least: str = "any") -> Relation:
        """``[S]``: events of these kinds and of at least this order; initial writes have none."""
        accepts = _AT_LEAST[at_least]
        nodes = self.x.nodes
        return on(
            self.x.size, lambda i: nodes[i].kind in kinds and accepts(nodes[i].order)
        )

    @cached_property
    def rs(self) -> Relation:
        """``rs = [W⊒rlx] ; (rf ; rmw)*``."""
        return self._on("W", "rlx") @ (self.x.rf @ self.x.rmw).plus().maybe()

    @cached_property
    def sw(self) -> Relation:
        """``sw = [E⊒rel] ; ([F];sb)? ; rs ; rf ; [R⊒rlx] ; (sb;[F])? ; [E⊒acq]``."""
        fence = self._on("F")
        before = self._on("RWF", "rel") @ (fence @ self.x.sb).maybe()
        after = (self.x.sb @ fence).maybe() @ self._on("RWF", "acq")
        return before @ self.rs @ self.x.rf @ self._on("R", "rlx") @ after

    @cached_property
    def hb(self) -> Relation:
        """``hb = (sb ∪ sw)+``."""
        return (self.x.sb | self.sw).plus()

    @cached_property
    def scb(self) -> Relation:
        """``scb = sb ∪ sb|≠loc ; hb ; sb|≠loc ∪ hb|loc ∪ mo ∪ rb``."""
        changes_location = self.x.sb - self.x.same_location
        through = changes_location @ self.hb @ changes_location
        return (
            self.x.sb | through | (self.hb & self.x.same_location) | self.x.mo | self.x.rb
        )

    @cached_property
    def psc_base(self) -> Relation:
        """``([E_sc] ∪ [F_sc] ; hb?) ; scb ; ([E_sc] ∪ hb? ; [F_sc])``."""
        event, fence = self._on("RWF", "sc"), self._on("F", "sc")
        hb = self.hb.maybe()
        return (event | fence @ hb) @ self.scb @ (event | hb @ fence)

    @cached_property
    def psc_fence(self) -> Relation:
        """``[F_sc] ; (hb ∪ hb ; eco ; hb) ; [F_sc]``."""
        fence = self._on("F", "sc")
        return fence @ (self.hb | self.hb @ self.x.eco @ self.hb) @ fence

    def coherence(self) -> bool:
        """``hb ; eco?`` is irreflexive."""
        return (self.hb @ self.x.eco.maybe()).is_irreflexive()

    def atomicity(self) -> bool:
        """``rmw ∩ (rb ; mo)`` is empty."""
        return not any((self.x.rmw & (self.x.rb @ self.x.mo)).rows)

    def sc(self) -> bool:
        """``psc_base ∪ psc_F`` is acyclic."""
        return (self.psc_base | self.psc_fence).is_acyclic()

    def no_thin_air(self) -> bool:
        """``sb ∪ rf`` is acyclic."""
        return (self.x.sb | self.x.rf).is_acyclic()


def is_consistent(execution: Execution) -> bool:
    """Whether all four axioms hold."""
    model = Rc11(execution)
    return model.atomicity() and model.coherence() and model.no_thin_air() and model.sc()
