"""Calling a compiled subject in this process: for tests of the glue alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from heald import Call, Outcome, Scenario, Subject
from heald.building.interfaces import interface
from heald.subject.layout import Layout, lay_out

ffi = interface("subject")


@dataclass(frozen=True)
class CScenario:
    """A ``struct heald_scenario`` and what keeps its arrays alive."""

    pointer: Any
    layout: Layout
    _arrays: tuple[Any, ...]


def c_scenario(subject: Subject, scenario: Scenario) -> CScenario:
    """Make the C form of a scenario, with cffi; valid as long as the result is held."""
    layout = lay_out(subject.operation, scenario)
    lengths = ffi.new("uint32_t[]", list(layout.lengths))
    calls = ffi.new("struct heald_call[]", [list(row) for row in layout.calls] or 1)
    arguments = ffi.new("int64_t[]", list(layout.arguments) or 1)
    pointer = ffi.new(
        "struct heald_scenario *",
        {
            "threads": layout.threads,
            "result_count": layout.result_count,
            "length": lengths,
            "calls": calls,
            "arguments": arguments,
        },
    )
    return CScenario(pointer, layout, (lengths, calls, arguments))


def run_alone(subject: Subject, scenario: Scenario, *, compiler: str = "gcc") -> Outcome:
    """Make all calls of a scenario in order on one thread, as a runner's worker would."""
    library = subject.build("native", compiler=compiler).load()
    table = library.heald_subject
    state = ffi.new("char[]", table.state_size)
    made = c_scenario(subject, scenario)
    results = ffi.new("int64_t[]", made.layout.result_count or 1)
    locals_ = [
        ffi.new("char[]", table.local_size or 1) for _ in range(len(scenario.threads) + 1)
    ]
    if table.init:
        table.init(state)
    for number, local in enumerate(locals_):
        if table.local_init:
            table.local_init(state, local, number)
    _call_all(table, state, locals_, made, results)
    for number, local in enumerate(locals_):
        if table.local_fini:
            table.local_fini(state, local, number)
    if table.fini:
        table.fini(state)
    return made.layout.outcome(list(results)[: made.layout.result_count])


def one_call(subject: Subject, op: str, *args: int, compiler: str = "gcc") -> Any:
    """Make a single call and return its result."""
    scenario = Scenario(threads=((Call(op, args),),))
    return run_alone(subject, scenario, compiler=compiler)[1][0]


def _call_all(
    table: Any, state: Any, locals_: Sequence[Any], made: Any, results: Any
) -> None:
    position = 0
    last = len(made.layout.lengths) - 1
    for sequence, length in enumerate(made.layout.lengths):
        local = locals_[0 if sequence == last else sequence]
        for operation, argument, result in made.layout.calls[
            position : position + length
        ]:
            arguments = made.pointer.arguments + argument
            call = table.operations[operation].call
            call(
                state,
                local if table.local_size else ffi.NULL,
                arguments,
                results + result,
            )
        position += length
