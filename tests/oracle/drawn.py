"""Hypothesis strategy of litmus programs.

A program has 2 to 4 threads, up to nine accesses and fences, one to three locations. Each has a
palette of orders, because programs with one or two kinds of order reach the corners of a model
far more often than an even mixture does. Shrinks to few threads, few statements, relaxed orders.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hypothesis import assume
from hypothesis import strategies as st

from .enumerate import TooBigError, consistent_graphs
from .graph import Graph
from .program import (
    FAILURE_ORDERS,
    FENCE_ORDERS,
    LOAD_ORDERS,
    LOCATIONS,
    RMW_OPS,
    RMW_ORDERS,
    STORE_ORDERS,
    Cas,
    Fence,
    If,
    Load,
    Order,
    Program,
    Rmw,
    Statement,
    Store,
    Value,
)

MOST_EVENTS = 10
MOST_CANDIDATES = 4_000
# Events of each thread, small shapes first: that is the way a failure shrinks.
SHAPES = (
    (1, 1), (2, 1), (2, 2), (2, 2), (3, 2), (3, 3), (4, 3), (4, 4), (5, 4),
    (1, 1, 1), (2, 1, 1), (2, 2, 1), (2, 2, 2), (2, 2, 2), (3, 2, 2), (3, 3, 2), (3, 3, 3),
    (4, 2, 1), (1, 1, 1, 1), (2, 1, 1, 1), (2, 2, 1, 1), (2, 2, 2, 1), (2, 2, 2, 2), (3, 2, 1, 1),
    (3, 2, 2, 1), (3, 2, 2, 2),
)  # fmt: skip
ACCESSES = ("load", "store", "load", "store", "rmw", "cas")

_R, _C, _A, _L, _B, _S = Order
PALETTES = (
    (_R, _C, _A, _L, _B, _S),
    (_R,),
    (_A, _L, _B),
    (_R, _A, _L, _B),
    (_R, _S),
    (_A, _L, _S),
    (_S,),
)


@dataclass(frozen=True)
class Palette:
    """What a program may use."""

    orders: tuple[Order, ...]
    locations: tuple[str, ...]
    kinds: tuple[str, ...]
    weak: bool = False  # a compare-exchange may be a weak one

    def among(self, allowed: tuple[Order, ...]) -> st.SearchStrategy[Order]:
        """An order of the palette that fits here, or the weakest one that does."""
        fitting = [order for order in allowed if order in self.orders] or [allowed[0]]
        return st.sampled_from(fitting)


@st.composite
def palettes(draw: st.DrawFn, weak: bool) -> Palette:
    """Orders, locations and kinds of statement of one program."""
    locations = LOCATIONS[: draw(st.sampled_from((2, 2, 2, 1, 3)))]
    kinds = ("load", "store", "rmw", "if", "cas", "if", "load", "fence")
    plain = draw(st.booleans())
    return Palette(
        draw(st.sampled_from(PALETTES)),
        locations,
        ("load", "store") if plain and not weak else kinds,
        weak,
    )


@st.composite
def statement(
    draw: st.DrawFn, palette: Palette, known: tuple[str, ...], room: int
) -> Statement:
    """One statement; ``known`` are the registers of the thread so far, ``room`` events left."""
    kind = draw(st.sampled_from(palette.kinds))
    if kind == "if" and known and room > 1:
        return draw(branch(palette, known, room))
    location = draw(st.sampled_from(palette.locations))
    if kind == "fence":
        return Fence(draw(palette.among(FENCE_ORDERS)))
    if kind == "store":
        written = draw(value(known, at_least=1))
        return Store(location, written, draw(palette.among(STORE_ORDERS)))
    register = f"r{draw(st.integers(0, 2))}"
    if kind == "rmw":
        op = draw(st.sampled_from(RMW_OPS))
        operand = draw(value(known, at_least=1))
        return Rmw(register, op, location, operand, draw(palette.among(RMW_ORDERS)))
    if kind == "cas":
        success = draw(palette.among(RMW_ORDERS))
        failure = draw(palette.among(FAILURE_ORDERS[success]))
        desired = draw(value(known, at_least=1))
        expected = draw(st.integers(0, 2))
        weak = palette.weak and draw(st.booleans())
        return Cas(register, location, expected, desired, success, failure, weak)
    return Load(register, location, draw(palette.among(LOAD_ORDERS)))


@st.composite
def value(draw: st.DrawFn, known: tuple[str, ...], at_least: int) -> Value:
    """A small constant, or a register read before plus a small constant."""
    register = draw(st.sampled_from((None, None, *known)))
    return Value(draw(st.integers(at_least, 2)), register)


@st.composite
def branch(draw: st.DrawFn, palette: Palette, known: tuple[str, ...], room: int) -> If:
    """``if`` on a register that was read, with one or two arms."""
    register = draw(st.sampled_from(known))
    constant = draw(st.integers(0, 2))
    then = draw(block(palette, known, draw(st.integers(1, min(2, room)))))
    left = min(1, room - events_of(then))
    otherwise = draw(block(palette, known, left)) if draw(st.booleans()) else ()
    return If(register, constant, then, otherwise)


@st.composite
def block(
    draw: st.DrawFn, palette: Palette, known: tuple[str, ...], room: int
) -> tuple[Statement, ...]:
    """Statements of one thread for exactly ``room`` events, less where a branch ends short."""
    statements: list[Statement] = []
    while (left := room - events_of(tuple(statements))) > 0:
        made = draw(statement(palette, known, left))
        if isinstance(made, Load | Rmw | Cas) and made.register not in known:
            known = (*known, made.register)
        statements.append(made)
    return tuple(statements)


@st.composite
def pair(
    draw: st.DrawFn, palette: Palette, first: str, second: str
) -> tuple[Statement, ...]:
    """An access to each of two locations, a fence between or not: one side of a classic shape."""
    before, after = (
        draw(statement(replace(palette, locations=(location,), kinds=ACCESSES), (), 1))
        for location in (first, second)
    )
    if not draw(st.booleans()):
        return before, after
    return before, Fence(draw(palette.among(FENCE_ORDERS))), after


@st.composite
def classic(draw: st.DrawFn, weak: bool) -> Program:
    """A critical cycle: each thread goes from one location to the next; a writer or two beside it.

    Store buffering, message passing, IRIW, WRC, ISA2 and their like are all of this form.
    """
    palette = draw(palettes(weak))
    sides = draw(st.sampled_from((2, 2, 3)))
    locations = LOCATIONS[:sides]
    palette = replace(palette, locations=locations)
    threads = [
        draw(pair(palette, locations[i], locations[(i + 1) % sides]))
        for i in range(sides)
    ]
    single = replace(palette, kinds=("store", "load", "rmw"))
    for _ in range(draw(st.integers(0, 4 - sides))):
        threads.append((draw(statement(single, (), 1)),))
    return Program(tuple(draw(st.permutations(threads))))


@st.composite
def free(draw: st.DrawFn, weak: bool) -> Program:
    """Threads of any text."""
    palette = draw(palettes(weak))
    shape = draw(st.sampled_from(SHAPES))
    return Program(tuple(draw(block(palette, (), room)) for room in shape))


def programs(weak: bool = False) -> st.SearchStrategy[Program]:
    """A whole program: any text, or a classic shape with any orders."""
    return st.one_of(free(weak), classic(weak), classic(weak))


@st.composite
def judged_programs(
    draw: st.DrawFn, weak: bool = False
) -> tuple[Program, dict[str, set[Graph]]]:
    """A program with the graphs each model allows it; programs too big to judge are not drawn."""
    program = draw(programs(weak))
    try:
        return program, consistent_graphs(program, limit=MOST_CANDIDATES)
    except TooBigError:
        assume(False)
        raise


# Events of one thread of a row, threads in the row, events of one thread beside it (0: none).
ROWS = (
    (1, 2, 0), (2, 2, 0), (2, 2, 1), (3, 2, 0), (2, 2, 2), (3, 2, 1), (3, 2, 2), (4, 2, 0),
    (1, 3, 0), (1, 3, 1), (2, 3, 0), (2, 3, 1), (3, 3, 0), (1, 3, 2), (1, 4, 0),
)  # fmt: skip


@st.composite
def judged_rows(
    draw: st.DrawFn, weak: bool = False
) -> tuple[Program, dict[str, set[Graph]]]:
    """A judged program in which two to four threads in a row have the same text."""
    palette = draw(palettes(weak))
    each, count, beside = draw(st.sampled_from(ROWS))
    row = (draw(block(palette, (), each)),) * count
    other = (draw(block(palette, (), beside)),) if beside else ()
    program = Program(draw(st.sampled_from((row + other, other + row))))
    try:
        return program, consistent_graphs(program, limit=MOST_CANDIDATES)
    except TooBigError:
        assume(False)
        raise


def events_of(statements: tuple[Statement, ...]) -> int:
    """Most events the statements can give: of an ``if``, both arms count."""
    return sum(
        events_of(s.then) + events_of(s.otherwise) if isinstance(s, If) else 1
        for s in statements
    )
