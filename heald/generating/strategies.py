"""Hypothesis strategies: scenarios over a subject.

Drawn so that Hypothesis shrinks them well: threads and calls are lists, from which any
element can go; operations shrink towards the first of the description, arguments as their
own strategies do. So the minimal scenario has the fewest threads, then the fewest calls.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from hypothesis import strategies as st

from heald.generating.waiting import may_wait_for_ever
from heald.scenario import Call, Scenario
from heald.subject.operation import BoundOperation
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.subject.subject import Subject

Range: TypeAlias = int | tuple[int, int]
"""At most so many, or (at least, at most)."""


def scenarios(
    subject: Subject,
    *,
    threads: Range = 2,
    ops: Range = 3,
    before: Range = 2,
    after: Range = 2,
) -> st.SearchStrategy[Scenario]:
    """Draw scenarios over a subject, or from its own strategy if it brings one.

    Parameters
    ----------
    threads
        Number of threads: at most so many, at least 2 (or the given minimum). Each role
        of the subject has a thread of its own: role number k belongs to thread k.
    ops
        Calls per thread, at least 1.
    before, after
        Calls before and after the threads, at least 0, besides those that the subject's
        description always makes.

    Raises
    ------
    UsageError
        If there are more roles than threads, or no operation for a thread to call.
    """
    if subject.scenarios is not None:
        return subject.scenarios
    least, most = _bounds("threads", threads, minimum=min(2, _most(threads)))
    roles = subject.roles
    if len(roles) > most:
        raise UsageError(
            f"{subject.name} has {len(roles)} roles ({', '.join(roles)}), each with a "
            f"thread of its own; threads={threads!r} is too few"
        )
    own = [_thread(subject, role, ops) for role in roles]
    free = _pool(subject, "threads", role=None)
    if free:
        rest = st.lists(
            _thread(subject, None, ops),
            min_size=max(0, least - len(roles)),
            max_size=most - len(roles),
        )
    elif roles:
        rest = st.just([])
    else:
        raise UsageError(f"{subject.name} has no operation for threads to call")
    drawn = st.builds(
        lambda fixed, more, first, last: Scenario(
            threads=(*fixed, *map(tuple, more)),
            before=(*subject.before, *first),
            after=(*last, *subject.after),
        ),
        st.tuples(*own),
        rest,
        _calls(_pool(subject, "before", anyone=True), before, 0, "before"),
        _calls(_pool(subject, "after", anyone=True), after, 0, "after"),
    )
    return drawn.filter(lambda scenario: not may_wait_for_ever(subject, scenario))


def calls(operation: BoundOperation) -> st.SearchStrategy[Call]:
    """Draw calls of one operation, with arguments from its own strategies."""
    strategies = operation.operation.strategies
    drawn = [strategies[slot.name] for slot in operation.arguments]
    return st.tuples(*drawn).map(
        lambda arguments: Call(operation.name, tuple(map(_whole, arguments)))
    )


def _whole(value: Any) -> Any:
    """Return a truth value or an enumerator as a number; what is none is refused later."""
    return int(value) if isinstance(value, int) else value


def _thread(
    subject: Subject, role: str | None, ops: Range
) -> st.SearchStrategy[tuple[Call, ...]]:
    return _calls(_pool(subject, "threads", role=role), ops, 1, "ops")


def _calls(
    pool: Sequence[BoundOperation], count: Range, minimum: int, what: str
) -> st.SearchStrategy[tuple[Call, ...]]:
    least, most = _bounds(what, count, minimum=minimum)
    if not pool:
        return st.just(())
    widest = max(len(operation.arguments) for operation in pool)
    one = st.one_of(*(_padded(operation, widest) for operation in pool))
    return st.lists(one, min_size=least, max_size=most).map(tuple)


def _padded(operation: BoundOperation, width: int) -> st.SearchStrategy[Call]:
    """Draw a call with as many choices as the widest operation's.

    Hypothesis shrinks by changing one choice at a time. If another operation had more or
    fewer arguments, all later choices would move, and it would give up early.
    """
    unused = [st.integers(0, 1)] * (width - len(operation.arguments))
    return st.tuples(calls(operation), *unused).map(lambda drawn: drawn[0])


def _pool(
    subject: Subject, part: str, *, role: str | None = None, anyone: bool = False
) -> list[BoundOperation]:
    """Return the operations that one thread may call in one part of a scenario."""
    return [
        operation
        for operation in subject.operations.values()
        if part in operation.operation.when
        and (anyone or operation.operation.role in (None, role))
    ]


def _most(given: Range) -> int:
    return given if isinstance(given, int) else given[1]


def _bounds(what: str, given: Range, *, minimum: int) -> tuple[int, int]:
    least, most = (min(minimum, given), given) if isinstance(given, int) else given
    if not 0 <= least <= most or (what == "threads" and least < 1):
        raise UsageError(
            f"{what}={given!r}: give at most how many, or (at least, at most)"
        )
    return least, most
