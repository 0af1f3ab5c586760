"""A whole program verified: every execution, or samples; real threads; its orders."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from heald.building.build import CompileError
from heald.building.compilers import find_compiler
from heald.building.rust.named import is_rust
from heald.deadline import OutOfTime, undisturbed
from heald.explorer.built import compiler_of
from heald.explorer.program import check
from heald.explorer.result import CheckResult
from heald.intervals import bound_on_missed, show_rate
from heald.native.program import NativeProgram, ProgramRuns, shows_a_known_race
from heald.orders.advice import of_mending
from heald.orders.mend import mend
from heald.orders.mutate import mutate_program
from heald.showing.terminal import terminal_width
from heald.showing.trace import render
from heald.verdicts import Verdict
from heald.verifying.models import MODELS, explained
from heald.verifying.verification import Verification, Walk, patch_of

EVERY, SAMPLES, ORDERS = "every execution", "sampled executions", "orders"
REAL = "real threads"
_MOST_REAL_S = 20.0
_WHY = re.compile(r"\b(error|undefined)\b")


def verify_program(
    sources: Sequence[str],
    *,
    cflags: Sequence[str] = (),
    arguments: Sequence[str] = (),
    budget_s: float = 120.0,
    capsules: Path | None = None,
    on_step: Callable[[str], None] | None = None,
) -> Verification:
    """Verify a program within a budget.

    Parameters
    ----------
    sources, cflags, arguments, capsules
        As for ``heald.check``.
    budget_s
        Seconds for everything.
    on_step
        Called with the name of each step as it begins.

    Raises
    ------
    UsageError
        If the program does not compile, or cannot be modelled.
    """
    walk = Walk(budget_s, on_step)
    given: dict[str, Any] = {"cflags": list(cflags), "arguments": list(arguments)}
    try:
        return _verified(walk, sources, given, capsules)
    except OutOfTime as ended:
        walk.cut(ended)
        name = " ".join(sources)
        return Verification(name, walk.verdict(), walk.steps, sentence=_sentence(walk))


def _verified(
    walk: Walk,
    sources: Sequence[str],
    given: Mapping[str, Any],
    capsules: Path | None,
) -> Verification:
    walk.begin(EVERY)
    result = check(sources, **given, capsules=capsules, budget_s=walk.share_s(0.6))
    walk.end(EVERY, result.verdict, _covered(result))
    if result.verdict is Verdict.UNDECIDED:
        walk.begin(SAMPLES)
        result = check(
            sources,
            **given,
            capsules=capsules,
            search="random",
            budget_s=walk.share_s(0.6),
        )
        walk.end(SAMPLES, _sampled_verdict(result), _covered(result))
    name = " ".join(sources)
    if result.failures:
        return _failed(name, walk, sources, given, result)
    failed = _real(walk, sources, given)
    if failed is not None:
        return _failed_on_real_threads(name, walk, failed)
    if result.verdict is Verdict.PASSED and result.exhaustive:
        _orders(walk, sources, given)
    return Verification(name, walk.verdict(), walk.steps, sentence=_sentence(walk))


def _sampled_verdict(result: CheckResult) -> Verdict:
    """Leave undecided what samples that are right cannot decide."""
    passed = result.verdict is Verdict.PASSED
    return Verdict.UNDECIDED if passed else result.verdict


def _covered(result: CheckResult) -> str:
    if result.failures:
        kinds = ", ".join(dict.fromkeys(failure["kind"] for failure in result.failures))
        first = not (result.executions or result.blocked)
        when = "in the first" if first else f"after {result.executions:,}"
        what = "execution" if first or result.executions == 1 else "executions"
        return f"{kinds}, {when} {what} under {result.model}"
    if result.exhaustive:
        return f"all {result.executions:,} executions under {result.model}"
    if result.missed_bound is not None:
        rate = show_rate(result.missed_bound)
        return f"{result.executions:,} samples; 95 % sure that fewer than {rate} fail"
    estimate = f" of about {result.estimate:,.0f}" if result.estimate else ""
    return f"{result.executions:,} executions{estimate}, none failed"


def _failed(
    name: str,
    walk: Walk,
    sources: Sequence[str],
    given: Mapping[str, Any],
    result: CheckResult,
) -> Verification:
    failure, where, patch = result.failures[0], "", ""
    try:
        where = _models(walk, sources, given)
        walk.begin("mend")
        mending = mend(sources, **given, budget_s=max(0.1, walk.left_s()))
        said = mending.reason or patch_of(len(mending.changes))
        walk.end("mend", None, said)
        failure, patch = {**failure, **of_mending(mending)}, mending.patch
    except OutOfTime as ended:  # what was found is told all the same
        walk.cut(ended)
    with undisturbed():
        told = render(failure, width=terminal_width()).rstrip("\n")
    return Verification(
        name,
        Verdict.FAILED,
        walk.steps,
        message="\n".join(part for part in (told, where) if part),
        failure={key: failure[key] for key in ("kind", "message", "capsule")},
        patch=patch,
        shown=failure,
    )


def _real(
    walk: Walk, sources: Sequence[str], given: Mapping[str, Any]
) -> ProgramRuns | None:
    """Run the program on real threads; return a run that failed."""
    if walk.left_s() < 1.0:
        return None
    walk.begin(REAL)
    compiler = find_compiler() if is_rust(sources) else compiler_of(sources)
    try:
        program = NativeProgram(sources, given["cflags"], compiler)
    except CompileError as error:
        lines = error.output.strip().splitlines() or [str(error)]
        why = next((line for line in lines if _WHY.search(line)), lines[0])
        text = f"not run: it does not compile outside of the explorer: {why.strip()}"
        walk.end(REAL, None, text)
        return None
    seconds = min(_MOST_REAL_S, walk.share_s(0.4))
    power = shows_a_known_race(compiler, min(2.0, seconds / 4))
    result = program.run(given["arguments"], seconds)
    if result.kind:
        walk.end(REAL, Verdict.FAILED, f"{result.kind}: {result.message}")
        return result
    if not result.runs:
        walk.end(REAL, None, "not run: one run takes longer than there is time for")
    elif not power:
        text = (
            f"{result.runs:,} runs, but no race that is known to be there showed itself"
        )
        walk.end(REAL, Verdict.UNTRUSTWORTHY, text)
    else:
        rate = show_rate(bound_on_missed(result.runs))
        text = f"{result.runs:,} runs; 95 % sure that fewer than {rate} fail"
        walk.end(REAL, Verdict.PASSED, text)
    return None


def _failed_on_real_threads(name: str, walk: Walk, failed: ProgramRuns) -> Verification:
    message = (
        f"{name}: {failed.message}\n"
        "no execution that was explored fails so: what differs is the optimiser (as it ships, and "
        "-O1 for the explorer), the C library and the machine, or what no model here has"
    )
    return Verification(
        name,
        Verdict.FAILED,
        walk.steps,
        message=message,
        failure={"kind": failed.kind, "message": failed.message, "capsule": None},
    )


def _models(walk: Walk, sources: Sequence[str], given: Mapping[str, Any]) -> str:
    """Say under which of the stronger models it fails, too."""

    def fails(model: str) -> bool | None:
        found = check(sources, **given, model=model, budget_s=walk.share_s(0.2))
        return True if found.failures else False if found.exhaustive else None

    if walk.left_s() < 0.5:
        return ""
    walk.begin(MODELS)
    text = explained(fails)
    walk.end(MODELS, None, text)
    return text


def _orders(walk: Walk, sources: Sequence[str], given: Mapping[str, Any]) -> None:
    if walk.left_s() < 0.5:
        return
    walk.begin(ORDERS)
    mutation = mutate_program(sources, **given, budget_s=walk.left_s())
    needed, decided = mutation.shown_needed()
    if not mutation.mutants:
        text = "none is stronger than relaxed"
    else:
        text = f"{needed} of {decided} shown needed"
    for state in ("never run", "undecided"):
        if mutation.count(state):
            text += f", {mutation.count(state)} {state}"
    walk.end(ORDERS, None, text)


def _sentence(walk: Walk) -> str:
    parts = [step.covered for step in walk.steps if step.name != ORDERS]
    parts += [f"orders: {step.covered}" for step in walk.steps if step.name == ORDERS]
    how = "verified" if walk.verdict() is Verdict.PASSED else "not decided"
    return f"{how}: {'; '.join(parts)}"
