"""Litmus shapes: which outcomes each memory order allows, declared.

The C is in ``csrc/subjects/litmus/``. Every outcome that some interleaving gives is allowed
for all orders. Each shape has at most one more, its *weak* outcome, allowed until its
accesses are strong enough; that is all RC11 has to say about these shapes.

What a machine shows must be among what RC11 allows. x86 shows the weak outcomes of store
buffering and R and no other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from hypothesis import strategies as st

from heald import Call, Outcome, Scenario, Subject, op

_FOLDER = "../csrc/subjects/litmus"
_THREADS = ("first", "second", "third", "fourth")


@dataclass(frozen=True, eq=False)
class Order:
    """How strong all accesses of a shape are.

    Attributes
    ----------
    name
        As it stands in the variant's name.
    defines
        For the C file.
    strength
        0: nothing pairs up; 1: releases pair with acquires; 2: sequential consistency.
    """

    name: str
    defines: Mapping[str, str]
    strength: int


def _order(
    name: str, strength: int, store: str = "", load: str = "", fence: str = ""
) -> Order:
    given = {"LITMUS_STORE": store, "LITMUS_LOAD": load, "LITMUS_FENCE": fence}
    defines = {key: f"memory_order_{order}" for key, order in given.items() if order}
    return Order(name, MappingProxyType(defines), strength)


ORDERS = (
    _order("relaxed", 0),
    _order("release-relaxed", 0, store="release"),
    _order("relaxed-acquire", 0, load="acquire"),
    _order("release-acquire", 1, store="release", load="acquire"),
    _order("seq-cst", 2, store="seq_cst", load="seq_cst"),
    _order("acq-rel-fences", 1, fence="acq_rel"),
    _order("seq-cst-fences", 2, fence="seq_cst"),
)


@dataclass(frozen=True, eq=False)
class Shape:
    """One litmus shape.

    Attributes
    ----------
    name
        The field's name, in lower case.
    threads
        Per thread its accesses: ``("x", 1)`` stores 1 to x, ``("x", None)`` loads x.
    weak
        What the loads return in the weak outcome, in the order of the threads, followed by
        the last values of x and y if ``final``. No interleaving gives it.
    forbidden_from
        The strength of orders from which the weak outcome is forbidden; 0: always is.
    on_x86
        Whether x86 shows the weak outcome where it is allowed.
    why
        What forbids it.
    executions
        Complete executions per (order, model), where they are known from elsewhere.
    """

    name: str
    threads: tuple[tuple[tuple[str, int | None], ...], ...]
    weak: tuple[int, ...]
    forbidden_from: int
    why: str
    final: bool = False
    on_x86: bool = False
    executions: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def scenario(self) -> Scenario:
        """Each thread once; then what is left in memory, if that matters."""
        calls = tuple((Call(name),) for name in _THREADS[: len(self.threads)])
        return Scenario(threads=calls, after=(Call("read"),) if self.final else ())

    @property
    def weak_outcome(self) -> Outcome:
        """The weak outcome in the form that checks report."""
        return _outcome(self, self.weak)

    def allowed(self, order: Order) -> frozenset[Outcome]:
        """Every outcome that RC11 allows with this order."""
        weak = (
            {self.weak_outcome}
            if order.strength < self.forbidden_from
            else set[Outcome]()
        )
        return interleavings(self) | weak

    def observable(self, order: Order) -> frozenset[Outcome]:
        """Every outcome that x86 allows: that of interleavings, and of store buffers."""
        weak = (
            {self.weak_outcome} if self.on_x86 and order.strength < 2 else set[Outcome]()
        )
        return interleavings(self) | weak


def _outcome(shape: Shape, values: tuple[int, ...]) -> Outcome:
    rest = iter(values)
    made = []
    for thread in shape.threads:
        seen = tuple(next(rest) for _, stored in thread if stored is None)
        made.append((None if not seen else seen[0] if len(seen) == 1 else seen,))
    last = (tuple(rest),) if shape.final else ()
    return ((), *made, last)


@cache
def interleavings(shape: Shape) -> frozenset[Outcome]:
    """Every outcome of taking the threads' accesses one at a time."""
    return frozenset(_outcome(shape, values) for values in _values(shape))


def _values(shape: Shape) -> Iterator[tuple[int, ...]]:
    """Yield what is loaded, and what is left, for each interleaving."""

    def go(
        at: tuple[int, ...], memory: dict[str, int], seen: dict[tuple[int, int], int]
    ) -> Iterator[tuple[int, ...]]:
        if all(a == len(t) for a, t in zip(at, shape.threads, strict=True)):
            loads = tuple(value for _, value in sorted(seen.items()))
            yield loads + ((memory["x"], memory["y"]) if shape.final else ())
        for thread, place in enumerate(at):
            if place == len(shape.threads[thread]):
                continue
            location, stored = shape.threads[thread][place]
            further = (*at[:thread], place + 1, *at[thread + 1 :])
            if stored is None:
                yield from go(
                    further, memory, {**seen, (thread, place): memory[location]}
                )
            else:
                yield from go(further, {**memory, location: stored}, seen)

    yield from go(tuple(0 for _ in shape.threads), {"x": 0, "y": 0, "z": 0}, {})


def _shape(
    name: str,
    text: str,
    weak: tuple[int, ...],
    forbidden_from: int,
    why: str,
    **more: object,
) -> Shape:
    """Read ``"x=1 y=1 | y x"``: two stores by one thread, two loads by the other."""
    threads = tuple(
        tuple(
            (word[0], int(word[2:]) if "=" in word else None) for word in thread.split()
        )
        for thread in text.split("|")
    )
    return Shape(name, threads, weak, forbidden_from, why, **more)  # type: ignore[arg-type]


def _counts(**known: tuple[int, int, int]) -> Mapping[tuple[str, str], int]:
    """Turn ``relaxed=(rc11, sc, tso)`` into executions per order and model."""
    return MappingProxyType(
        {
            (order.replace("_", "-"), model): number
            for order, numbers in known.items()
            for model, number in zip(("rc11", "sc", "tso"), numbers, strict=True)
        }
    )


_COHERENCE = "the stores to one location have one order, and nobody goes back in it"
_TRANSITIVE = "release and acquire are transitive"

SHAPES = (
    _shape(
        "sb",
        "x=1 y | y=1 x",
        (0, 0),
        2,
        "only one order of all accesses rules out that each load misses the other's store",
        on_x86=True,
        executions=_counts(relaxed=(4, 3, 4), seq_cst=(3, 3, 3)),
    ),
    _shape(
        "mp",
        "x=1 y=1 | y x",
        (1, 0),
        1,
        "who sees the release sees what came before it",
        executions=_counts(relaxed=(4, 3, 3), release_acquire=(3, 3, 3)),
    ),
    _shape(
        "lb",
        "x y=1 | y x=1",
        (1, 1),
        0,
        "RC11 has no cycle of program order and reads-from",
        executions=_counts(relaxed=(3, 3, 3)),
    ),
    _shape(
        "iriw",
        "x=1 | y=1 | x y | y x",
        (1, 0, 1, 0),
        2,
        "only one order of all accesses makes two readers agree on two stores",
        executions=_counts(release_acquire=(16, 15, 15), seq_cst=(15, 15, 15)),
    ),
    _shape(
        "2-2w",
        "x=1 y=2 | y=1 x=2",
        (1, 1),
        2,
        "only one order of all accesses rules out a cycle of program and modification order",
        final=True,
        executions=_counts(relaxed=(4, 3, 3), seq_cst=(3, 3, 3)),
    ),
    _shape("wrc", "x=1 | x y=1 | y x", (1, 1, 0), 1, _TRANSITIVE),
    _shape("isa2", "x=1 y=1 | y z=1 | z x", (1, 1, 0), 1, _TRANSITIVE),
    _shape(
        "r",
        "x=1 y=1 | y=2 x",
        (0, 1, 2),
        2,
        "only one order of all accesses puts the load after the store that lost",
        final=True,
        on_x86=True,
    ),
    _shape(
        "s",
        "x=2 y=1 | y x=1",
        (1, 2, 1),
        1,
        "a store after the acquire comes after what came before the release",
        final=True,
        executions=_counts(relaxed=(4, 3, 3)),
    ),
    _shape("corr", "x=1 | x x", (1, 0), 0, _COHERENCE),
    _shape(
        "corr2",
        "x=1 | x=2 | x x | x x",
        (1, 2, 2, 1),
        0,
        _COHERENCE,
        executions=_counts(relaxed=(72, 72, 72)),
    ),
    _shape("coww", "x=1 x=2 | x x", (2, 1), 0, _COHERENCE),
    _shape("cowr", "x=1 x | x=2", (2, 1, 0), 0, _COHERENCE, final=True),
    _shape("corw", "x x=1 | x=2", (2, 2, 0), 0, _COHERENCE, final=True),
)


def litmus(shape: Shape, order: Order) -> Subject:
    """Make the subject that runs one shape with one order."""
    ops = {
        name: op(f"void litmus_{name}({', '.join(_parameters(thread))})")
        for name, thread in zip(_THREADS, shape.threads, strict=False)
    }
    if shape.final:
        ops["read"] = op(
            "void litmus_read(struct litmus *, int *x, int *y)", when="after"
        )
    return Subject(
        f"{_FOLDER}/litmus_{shape.name.replace('-', '_')}.c",
        name="litmus",
        variant=f"{shape.name}-{order.name}",
        expected="sound",
        headers=[f"{_FOLDER}/litmus.h"],
        state="struct litmus",
        is_valid="bool litmus_is_valid(struct litmus *)",
        ops=ops,
        outcomes=lambda scenario: (
            shape.allowed(order) if scenario == shape.scenario else set()
        ),
        scenarios=st.just(shape.scenario),
        interesting=[shape.scenario],
        defines=order.defines,
    )


def _parameters(thread: tuple[tuple[str, int | None], ...]) -> list[str]:
    loads = sum(stored is None for _, stored in thread)
    return ["struct litmus *", *(f"int *{name}" for name in "ab"[:loads])]


TABLE = {(shape, order): litmus(shape, order) for shape in SHAPES for order in ORDERS}
"""Every shape with every order."""

_CAMPAIGN = {"sb", "mp", "lb", "iriw", "2-2w", "r", "s", "corr"}

TARGETS = [
    subject
    for (shape, order), subject in TABLE.items()
    if shape.name in _CAMPAIGN
    and (order.name == "relaxed" or (shape.on_x86 and order.name == "seq-cst"))
]
"""What campaigns run: on x86 the other orders are the same machine code as these."""
