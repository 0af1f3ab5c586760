"""A small program that still differs: threads left out, then statements, then orders.

Every step keeps what the program is: each thread created once, joined at most once, and only if
it is created. What remains may be anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from tests.oracle.program import Fence, Order, Value

from .program import (
    Block,
    Detach,
    Join,
    Spawn,
    Statement,
    Whole,
    inner_blocks,
    statements_of,
    with_block,
)


def shrunk(
    program: Whole, differs: Callable[[Whole], bool], *, tries: int = 400
) -> Whole:
    """Make smaller as long as it ``differs``, in at most so many tries."""
    going = True
    while going:
        going = False
        for smaller in smaller_programs(program):
            tries -= 1
            if tries < 0:
                return program
            if differs(smaller):
                program, going = smaller, True
                break
    return program


def smaller_programs(program: Whole) -> Iterator[Whole]:
    """Each program that is one step smaller, the greatest steps first."""
    for words in program.words.plainer():
        yield replace(program, words=words)
    for thread in range(1, len(program.threads)):
        yield _without_thread(program, thread)
    for thread, block in enumerate(program.threads):
        for smaller in _smaller_blocks(block):
            threads = (*program.threads[:thread], smaller, *program.threads[thread + 1 :])
            yield replace(program, threads=threads)
    for smaller in _smaller_blocks(program.destructor):
        yield replace(program, destructor=smaller)


def _without_thread(program: Whole, thread: int) -> Whole:
    """Leave out a thread; what it creates is created where it was."""
    inside = tuple(s for s in program.threads[thread] if isinstance(s, Spawn))
    threads = [
        _replaced(block, thread, inside if index != thread else ())
        for index, block in enumerate(program.threads)
    ]
    threads[thread] = ()
    return _renumbered(program, threads, thread)


def _replaced(block: Block, thread: int, instead: tuple[Spawn, ...]) -> Block:
    made: list[Statement] = []
    for statement in block:
        if statement == Spawn(thread):
            made += instead
        elif not (isinstance(statement, Join | Detach) and statement.thread == thread):
            for name, inner in inner_blocks(statement):
                statement = with_block(statement, name, _replaced(inner, thread, instead))
            made.append(statement)
    return tuple(made)


def _renumbered(program: Whole, threads: list[Block], gone: int) -> Whole:
    def renumber(block: Block) -> Block:
        made = []
        for statement in block:
            if isinstance(statement, Spawn | Join | Detach) and statement.thread > gone:
                statement = replace(statement, thread=statement.thread - 1)
            for name, inner in inner_blocks(statement):
                statement = with_block(statement, name, renumber(inner))
            made.append(statement)
        return tuple(made)

    kept = [renumber(block) for index, block in enumerate(threads) if index != gone]
    return replace(program, threads=tuple(kept))


def _smaller_blocks(block: Block) -> Iterator[Block]:
    for index, statement in enumerate(block):
        before, after = block[:index], block[index + 1 :]
        inside = any(isinstance(s, Spawn) for s in statements_of((statement,)))
        if not inside:
            yield (*before, *after)
        for name, inner in inner_blocks(statement):
            yield (*before, *inner, *after)
            for smaller in _smaller_blocks(inner):
                yield (*before, with_block(statement, name, smaller), *after)
        for simpler in _simpler(statement):
            yield (*before, simpler, *after)


def _simpler(statement: Statement) -> Iterator[Statement]:
    for name, value in vars(statement).items():
        if isinstance(value, Value) and value.register is not None:
            yield _with(statement, **{name: Value(value.constant)})
        if isinstance(value, Order) and value is not Order.RLX:
            weaker = {name: Order.RLX}
            if name == "success":
                weaker["failure"] = Order.RLX
            if not isinstance(statement, Fence):
                yield _with(statement, **weaker)


def _with(statement: Statement, **fields: object) -> Statement:
    return replace(statement, **fields)  # type: ignore[arg-type]
