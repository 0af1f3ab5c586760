"""The smallest change of memory orders that makes every execution of a program right.

What fails under ``sc`` is no matter of orders: no change of them will help, and the answer says
so. What does not is mended by strengthening, and by nothing else. The cheapest change is
found (``cheapest.py``), written into the text, and the patched text is compiled and explored
anew: the patch is verified as it will be applied, not as it was imagined.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from heald.deadline import undisturbed
from heald.explorer.options import Options
from heald.orders.answer import Answer
from heald.orders.cheapest import Search
from heald.orders.explorable import Explorable, OutOfTime
from heald.orders.patch import (
    added_fences,
    changed_orders,
    patched,
    refused_changes,
)
from heald.orders.program import OrderedProgram
from heald.orders.subject import OrderedSubject
from heald.orders.variables import OrderText, Texts
from heald.showing.diagnosis import diagnose
from heald.subject.subject import Subject
from heald.verdicts import EngineError, Verdict


class Mending(Answer):
    """What became of it; ``FAILED``: no order mends it."""


def mend(
    sources: Sequence[str],
    *,
    cflags: Sequence[str] = (),
    arguments: Sequence[str] = (),
    on_progress: Callable[[int], None] | None = None,
    **options: Any,
) -> Mending:
    """Find the smallest strengthening of orders under which a program passes.

    Parameters
    ----------
    sources
        C or C++ files of one program.
    cflags, arguments
        As for ``heald.check``.
    on_progress
        Called with the number of explorations so far.
    **options
        The attributes of ``heald.check.Options``; ``budget_s`` is that of everything.

    Raises
    ------
    UsageError
        If the program does not compile, or cannot be modelled.
    """
    try:
        program = OrderedProgram(
            list(sources), list(cflags), list(arguments), Options(**options), on_progress
        )
    except OutOfTime as ended:
        return Mending(Verdict.UNDECIDED, reason=str(ended))
    return mend_explorable(program, lambda: program.explore(model="sc").failures)


def mend_subject(
    subject: Subject,
    *,
    scenarios: int = 120,
    on_progress: Callable[[int], None] | None = None,
    **options: Any,
) -> Mending:
    """Find the smallest strengthening of orders under which a subject passes.

    Parameters
    ----------
    subject
        It is judged by its model, invariant and outcomes in every execution of every scenario.
    scenarios
        Small ones, at most, besides the interesting ones.
    on_progress, **options
        As of `mend`.
    """
    try:
        program = OrderedSubject.over_small_scenarios(
            subject, most=scenarios, options=Options(**options), on_progress=on_progress
        )
    except OutOfTime as ended:
        return Mending(Verdict.UNDECIDED, reason=str(ended))

    def failures_under_sc() -> Sequence[Mapping[str, Any]]:
        failure = program.leave_out_what_waits()
        return [failure] if failure else []

    return mend_explorable(program, failures_under_sc, sc_first=True)


def mend_explorable(
    program: Explorable,
    failures_under_sc: Callable[[], Sequence[Mapping[str, Any]]],
    *,
    sc_first: bool = False,
) -> Mending:
    """Mend a program or a subject; `failures_under_sc` explores it under ``sc``."""
    failure: Mapping[str, Any] | None = None
    try:
        under_sc = failures_under_sc() if sc_first else ()
        first = program.explore() if not under_sc else None
        if first is not None and first.passes:
            return Mending(
                Verdict.PASSED,
                reason="nothing to mend: every execution is right",
                executions=first.executions,
                explorations=program.explorations,
            )
        failure = first.failures[0] if first else None
        under_sc = under_sc if sc_first else failures_under_sc()
        mending = _no_matter_of_orders(under_sc[0]) if under_sc else _mended(program)
    except OutOfTime as ended:
        mending = Mending(Verdict.UNDECIDED, reason=str(ended))
    return replace(
        mending,
        failure=mending.failure or failure,
        explorations=program.explorations,
    )


def _no_matter_of_orders(failure: Mapping[str, Any]) -> Mending:
    return Mending(Verdict.FAILED, reason=of_algorithm(failure), failure=failure)


def _mended(program: Explorable) -> Mending:
    texts = Texts(program)
    while True:
        found, failure = _cheapest(program, texts)
        if failure is not None:
            return Mending(
                Verdict.FAILED,
                reason="no order mends it: it fails although every atomic operation is "
                "seq_cst and between fences",
                failure=failure,
            )
        if found is None:
            return Mending(Verdict.FAILED, reason=_unreachable(texts))
        mending = _verified(program, texts, found)
        if mending is not None:
            return mending


def cheapest_orders(program: Explorable) -> tuple[Texts, dict[str, str]] | None:
    """Return the cheapest assignment that passes, not yet written; None: there is none.

    Raises
    ------
    OutOfTime
        If the budget ended first.
    """
    texts = Texts(program)
    found, _ = _cheapest(program, texts)
    return None if found is None else (texts, found)


def _cheapest(
    program: Explorable, texts: Texts
) -> tuple[dict[str, str] | None, Mapping[str, Any] | None]:
    """Return the cheapest assignment, or a failure of the strongest one."""

    def asked(assignment: Mapping[str, str], *, briefly: bool = False) -> bool:
        each = texts.each(assignment)
        orders, fences = texts.orders(each), texts.fenced(each)
        return program.explore(orders, fences=fences, briefly=briefly).passes

    if not program.explore(everywhere=["seq_cst"]).passes:
        # Accesses that cannot be changed: a futex's own look, a library's.
        strongest = program.explore(everywhere=["seq_cst", "fences"])
        if not strongest.passes:
            return None, strongest.failures[0]
        texts.with_fences = True
    while True:
        texts.learn()
        found = Search(
            texts.for_search(OrderText.stronger), partial(asked, briefly=True), asked
        ).cheapest()
        if found is not None:
            return texts.each(found), None
        if texts.learn():
            continue
        if texts.with_fences:
            return None, None
        texts.with_fences = True


def _unreachable(texts: Texts) -> str:
    where = []
    for site in sorted(texts.unwritten):
        frames = texts.program.frames(site)
        if frames:
            where.append(f"{os.path.relpath(frames[0].file)}:{frames[0].line}")
    places = ", ".join(dict.fromkeys(where))
    return (
        "orders would mend it, but not those that your files name; what also executes: "
        f"{places}"
        if places
        else "no order that your files name mends it"
    )


def _verified(
    program: Explorable, texts: Texts, found: Mapping[str, str]
) -> Mending | None:
    """Return the patch if it does what the orders did; else leave out the fences it put in."""
    patch = patched(program, texts, found)
    if patch.failures:
        if texts.leave_out_guesses(texts.written(found)):
            return None
        if patch.is_refused and texts.written(found):
            texts.leave_as_written(refused_changes(program, texts, found))
            return None
        put_in = [name for name in texts.fences if found.get(name) == "seq_cst"]
        if not put_in:
            raise EngineError(
                "the orders that mend this program do not, once they are written: "
                f"{patch.failures[0]['message']}\n{patch.diff}"
            )
        for name in put_in:
            texts.leave_out(name)
        return None
    with undisturbed():
        return Mending(
            Verdict.PASSED,
            patch=patch.diff,
            changes=[
                *changed_orders(program, texts, found),
                *added_fences(program, texts, found),
            ],
            executions=patch.executions,
            after=patch.after,
        )


_CURES = {
    "data race": "plain accesses race whatever the orders of others: make the variable atomic, "
    "or guard it with a lock",
    "use after free": "memory is given back while another thread may still use it, or a stale "
    "pointer wins a compare-exchange (ABA): reference counts, hazard pointers, epochs, or a "
    "tag beside the pointer",
    "double free": "exactly one may come to free it; who does not know that it is the last must "
    "ask by one read-modify-write",
    "deadlock": "threads wait for each other, or for a wake-up that came before they slept: "
    "take locks in one order, test the condition under the lock",
    "livelock": "a thread waits for what nobody will write any more",
    "assertion": "an interleaving breaks it, and its kind is not known from this execution; look "
    "whether what was checked still holds when it is acted on, and whether a load and a store "
    "should be one read-modify-write",
}


def of_algorithm(failure: Mapping[str, Any]) -> str:
    """Say that no order can help, and what does."""
    found = diagnose(failure)
    told = found.line if found.is_by_rule else f"{failure['kind']}: {failure['message']}"
    text = (
        f"no memory order mends it: it fails under sequential consistency, too ({told})"
    )
    cure = (found.advice if found.is_by_rule else "") or _CURES.get(failure["kind"])
    return f"{text}; {cure}" if cure else text
