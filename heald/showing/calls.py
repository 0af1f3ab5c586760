"""The trace of a scenario, without the machinery around it.

The explorer runs a scenario as a whole program (``csrc/explore/driver/scenario_main.c``).
Whoever reads a failure wants the calls: what they did between their begin and their end.
So the driver's own steps go, a call made while no other thread ran becomes one step, and
blocks that the driver allocated get their names: ``state``, ``local#1``; for people, those of
the parameters that point to them.

Pure: JSON in, JSON out; ``from`` and ``newer`` count among the steps that are left.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, TypeAlias

from heald.naming.naming import whose
from heald.naming.objects import objects_of
from heald.scenario import Call, Scenario
from heald.subject.operation import Place

if TYPE_CHECKING:
    from heald.subject.subject import Subject

Step: TypeAlias = Mapping[str, Any]

DRIVER = "scenario_main.c"
_THREAD = "run_thread"
_BLOCK = re.compile(r"heap#[0-9.]+")


def named_calls(
    failure: Mapping[str, Any], subject: Subject, scenario: Scenario
) -> dict[str, Any]:
    """Return the failure with its calls, threads and blocks named, and all its steps.

    Parameters
    ----------
    failure
        With ``trace``, as the explorer wrote it and ``name_places`` completed it.
    """
    trace = failure["trace"]
    names = {
        raw: name for raw, (name, _) in driver_blocks(trace["steps"], subject).items()
    }
    calls = scenario.calls
    threads = [
        {**thread, "name": "" if thread["name"] == _THREAD else thread["name"]}
        for thread in trace["threads"]
    ]
    steps = [_named(step, names, subject, calls) for step in trace["steps"]]
    pending = [_named(step, names, subject, calls) for step in trace.get("pending", ())]
    where = [_named(place, names, subject, calls) for place in failure.get("where", ())]
    told = {"threads": threads, "steps": steps, "pending": pending}
    told["blocks"] = trace.get("blocks", {})
    return {**failure, "where": where, "trace": told}


def shortened(failure: Mapping[str, Any]) -> dict[str, Any]:
    """Keep of a failure with named calls what happened inside them.

    Calls that ran alone (before and after the threads) are one step each. Of a failure
    between calls, in ``is_valid`` say, what came after the last call stays.
    """
    trace = failure["trace"]
    steps: Sequence[Step] = trace["steps"]
    stands_for = _stand_ins(steps, _failing_thread(failure))
    kept = sorted({new for new in stands_for if new is not None})
    place = {old: new for new, old in enumerate(kept)}
    renumbered = []
    for old in kept:
        step = {key: value for key, value in steps[old].items() if key != "source"}
        if step.get("from") is not None:
            stand_in = stands_for[step["from"]]
            step["from"] = None if stand_in is None else place[stand_in]
        if "newer" in step:
            stand_ins = [stands_for[index] for index in step["newer"]]
            step["newer"] = sorted({place[new] for new in stand_ins if new is not None})
        renumbered.append(step)
    pending = [step for step in trace["pending"] if step["op"] != "join"]
    told = {**trace, "steps": renumbered, "pending": pending}
    return {**failure, "trace": told}


def _failing_thread(failure: Mapping[str, Any]) -> int | None:
    """Return the thread whose last steps matter although no call is open."""
    where = failure.get("where", ())
    return where[0].get("thread") if where else None


def _stand_ins(steps: Sequence[Step], failing: int | None) -> list[int | None]:
    """For each step: itself if it stays, its call if that stands for it, or None."""
    ends = _ends(steps)
    last_return = max(
        (
            i
            for i, s in enumerate(steps)
            if s["op"] == "return" and s["thread"] == failing
        ),
        default=len(steps),
    )
    open_call: dict[int, int | None] = {}
    result: list[int | None] = []
    for index, step in enumerate(steps):
        thread = step["thread"]
        if step["op"] == "call":
            open_call[thread] = index
        inside = open_call.get(thread)
        end = None if inside is None else ends.get(inside)
        if inside is None:
            stays = thread == failing and index > last_return and not _of_driver(step)
            result.append(index if stays else None)
        elif thread == 0 and end is not None:
            result.append(end)
        else:
            result.append(index)
        if step["op"] == "return":
            open_call[thread] = None
    return result


def _ends(steps: Sequence[Step]) -> dict[int, int]:
    """Map the index of each call to that of its return."""
    ends: dict[int, int] = {}
    begun: dict[int, int] = {}
    for index, step in enumerate(steps):
        if step["op"] == "call":
            begun[step["thread"]] = index
        elif step["op"] == "return" and step["thread"] in begun:
            ends[begun.pop(step["thread"])] = index
    return ends


def _of_driver(step: Step) -> bool:
    return PurePath(str(step.get("file", DRIVER))).name == DRIVER


def driver_blocks(
    steps: Sequence[Step], subject: Subject
) -> dict[str, tuple[str, str | None]]:
    """Name what the driver allocates, with its type: the state, then each thread's own."""
    blocks = [
        str(step["at"]).removesuffix("+0")
        for step in steps
        if step["op"] == "alloc" and _of_driver(step)
    ]
    names = [("state", subject.state)]
    names += [(f"local#{number}", subject.local) for number in range(len(blocks))]
    return dict(zip(blocks, names, strict=False))


def parameter_blocks(
    steps: Sequence[Step], subject: Subject, program: Path
) -> dict[str, tuple[str, str | None]]:
    """Name the same blocks by the pointers that the author's functions have to them.

    ``counter`` where the operations are defined with ``struct counter *counter``: what the
    trace calls ``counter->left`` is what the source has there.
    """
    state = _parameter(subject, Place.STATE, program)
    local = _parameter(subject, Place.LOCAL, program)
    blocks = driver_blocks(steps, subject).items()
    owned = (f"{whose(number)} {local}" for number in range(len(blocks)))
    names = [state, *owned]
    return {
        raw: (name, type) for name, (raw, (_, type)) in zip(names, blocks, strict=False)
    }


def _parameter(subject: Subject, place: Place, program: Path) -> str:
    """Return what most operations call it; where it has no name, what it is for."""
    objects = objects_of(program)
    names: Counter[str] = Counter()
    for operation in subject.operations.values():
        defined = objects.parameters_of(operation.declaration.name)
        for index, slot in enumerate(operation.slots):
            if slot.place is place:
                named = defined[index] if index < len(defined) else ""
                names[named or slot.name] += 1
    known = [name for name, _ in names.most_common() if name.isidentifier()]
    return known[0] if known else place.value


def _named(
    step: Step, names: Mapping[str, str], subject: Subject, calls: Sequence[Call]
) -> dict[str, Any]:
    named = dict(step)
    for key in ("at", "old", "new"):
        if isinstance(named.get(key), str):
            named[key] = _BLOCK.sub(lambda m: names.get(m[0], m[0]), named[key])
    if step.get("op") in ("call", "return") and "call" in step:
        named["at"] = _call_text(step, subject, calls[step["call"]])
        for key in ("file", "line", "function"):
            named.pop(key, None)
    return named


def _call_text(step: Step, subject: Subject, call: Call) -> str:
    if step["op"] == "call":
        return str(call)
    result = subject.operation(call.op).decode(step.get("results", []))
    return call.with_result(result)
