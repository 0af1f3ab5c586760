"""Conventions, measured: what a fresh state answers to one thread.

Whether success is 0 or 1, what an empty queue returns, how many a full one holds and whether
the counter returns its old value or its new one cannot be read from a declaration. A small
program makes the calls and prints the answers; a question that is not answered in time waits.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from heald.building.compilers import find_compiler
from heald.describing.guesses import Kind, Part
from heald.describing.plan import Plan
from heald.describing.step import Step

_PATIENCE_S = 2.0
_FILLED = 1000
_FILLED_NODES = 16


@dataclass(frozen=True)
class Observed:
    """Answers of one operation, by question; a question without an answer is missing.

    ========  =====================================================================
    put       what putting 2 into a fresh one returns
    took      what taking it out again returns, and ``took out`` what came out
    empty     what taking from a fresh one returns, and ``empty out``
    full      what putting returns when no more goes in, after ``capacity`` of them;
              ``held`` is how many went in before it waited
    once      what counting returns the first time, and ``twice`` the second
    look      what is read after the first
    ========  =====================================================================
    """

    answers: dict[str, dict[str, int]] = field(default_factory=dict)
    waits: frozenset[tuple[str, str]] = frozenset()

    def of(self, step: str, question: str) -> int | None:
        """Return an answer, or ``None``."""
        return self.answers.get(step, {}).get(question)


def is_complete(header: Path, ctype: str, cflags: Sequence[str]) -> bool:
    """Say whether the header defines the type, so that its size is known."""
    text = f'#include "{header.resolve()}"\nchar size[sizeof({ctype})];\n'
    command = [*find_compiler().command, "-fsyntax-only", "-w", *cflags, "-x", "c", "-"]
    return (
        subprocess.run(command, input=text, capture_output=True, text=True).returncode
        == 0
    )


def observe(
    plan: Plan, include: Path, sources: Sequence[Path], cflags: Sequence[str]
) -> Observed:
    """Make the calls, one process a question that may wait.

    Parameters
    ----------
    include
        The wrapper or the header: what a call of the operations needs to be known.
    """
    puts = [s for s in plan.steps if s.part is Part.PUT]
    takes = [s for s in plan.steps if s.part is Part.TAKE]
    questions: list[tuple[str, str, list[str]]] = []
    if plan.kind in (Kind.STACK, Kind.QUEUE):
        for put in puts:
            questions.append((put.name, "put", [_ask(plan, put, "put", "2")]))
            questions.append((put.name, "full", _fill(plan, put)))
        for take in takes:
            questions.append(
                (take.name, "took", [_make(plan, puts[0], "2"), _ask(plan, take, "took")])
            )
            questions.append((take.name, "empty", [_ask(plan, take, "empty")]))
    if plan.kind is Kind.COUNTER:
        looks = [s for s in plan.steps if s.part is Part.LOOK and not s.arguments]
        for step in (s for s in plan.steps if s.part is Part.STEP):
            asked = [
                _ask(plan, step, "once", "2"),
                *(_ask(plan, look, "look") for look in looks),
            ]
            questions.append(
                (step.name, "once", [*asked, _ask(plan, step, "twice", "2")])
            )
    if not questions:
        return Observed()
    with tempfile.TemporaryDirectory(prefix="heald-init-") as directory:
        program = Path(directory) / "observe"
        text = _program(plan, include, [lines for _, _, lines in questions])
        command = [*find_compiler().command, "-O1", "-w", "-pthread", *cflags, "-x", "c"]
        command += ["-", *map(str, sources), "-o", str(program), "-latomic"]
        if subprocess.run(command, input=text, capture_output=True, text=True).returncode:
            return Observed()
        answers: dict[str, dict[str, int]] = {}
        waits = set()
        for number, (name, question, _) in enumerate(questions):
            printed, is_waiting = _answer(program, number)
            answers.setdefault(name, {}).update(printed)
            if is_waiting:
                waits.add((name, question))
    return Observed(answers, frozenset(waits))


def _answer(program: Path, number: int) -> tuple[dict[str, int], bool]:
    """Return what was printed, and whether it then waited."""
    with subprocess.Popen(
        [str(program), str(number)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
    ) as process:
        try:
            printed, is_waiting = process.communicate(timeout=_PATIENCE_S)[0], False
        except subprocess.TimeoutExpired:
            process.kill()
            printed, is_waiting = process.communicate()[0], True
    if process.returncode and not is_waiting:
        return {}, False
    lines = (line.rpartition(" ") for line in printed.splitlines())
    return {k: int(v) for k, _, v in lines if v.lstrip("-").isdigit()}, is_waiting


def _call(plan: Plan, step: Step, value: str) -> str:
    passed = ["&state"] if plan.state else []
    passed += [f"(void *){value}" if "*" in _declared_type(step, name) else value
               for name in step.arguments]  # fmt: skip
    passed += ["&out"] if step.out else []
    return f"{step.function}({', '.join(passed)})"


def _declared_type(step: Step, name: str) -> str:
    """Return what stands before a parameter's name in the declaration."""
    inside = step.signature.partition("(")[2]
    return next(
        (p for p in inside.rstrip(")").split(",") if p.rstrip().endswith(name)), ""
    )


def _make(plan: Plan, step: Step, value: str) -> str:
    return f"{_call(plan, step, value)};"


def _ask(plan: Plan, step: Step, question: str, value: str = "0") -> str:
    """Write a call that prints what it returned and what came out."""
    call = _call(plan, step, value)
    lines = []
    if step.out:
        out = next(
            p for p in step.signature.partition("(")[2].rstrip(")").split(",")[::-1]
        )
        ctype = out.rsplit("*", 1)[0].strip()
        lines.append(f"{ctype} out = ({ctype})0;")
    if step.returns.kind == "void":
        lines.append(f"{call};")
    else:
        lines.append(f'printf("{question} %lld\\n", (long long){call});')
    if step.out:
        lines.append(f'printf("{question} out %lld\\n", (long long)out);')
    return "{ " + " ".join(lines) + " }"


def _fill(plan: Plan, put: Step) -> list[str]:
    """Put until the answer changes."""
    limit = _FILLED_NODES if plan.wrapper and "items[" in plan.wrapper else _FILLED
    if put.returns.kind == "void":
        told = 'printf("held %d\\n", n); fflush(stdout);'
        return [
            f"for (int n = 1; n <= {limit}; n++) {{ {_make(plan, put, '2')} {told} }}"
        ]
    return [
        f"long long first = (long long){_call(plan, put, '2')}, last = first; int n = 1;",
        f"while (n < {limit} && (last = (long long){_call(plan, put, '2')}) == first) n++;",
        'if (last != first) printf("capacity %d\\nfull %lld\\n", n, last);',
    ]


def _program(plan: Plan, include: Path, questions: Sequence[Sequence[str]]) -> str:
    cases = "\n".join(
        f"    case {number}: {{ {' '.join(lines)} break; }}"
        for number, lines in enumerate(questions)
    )
    start = (
        f"{plan.init.partition('(')[0].split()[-1].lstrip('*')}(&state);"
        if plan.init
        else ""
    )
    return f"""#include "{include.resolve()}"
#include <stdio.h>
#include <stdlib.h>
int main(int argc, char **argv)
{{
    static {plan.state or "int"} state;
    (void)argc;
    {start}
    switch (atoi(argv[1])) {{
{cases}
    }}
    return 0;
}}
"""
