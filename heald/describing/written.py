"""The files of a first description: the Python one, and the C one where one is needed."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heald.describing.guesses import Guess, Kind, Part, guess
from heald.describing.header import read_header
from heald.describing.observed import Observed, is_complete, observe
from heald.describing.plan import Plan, plan
from heald.describing.step import Step
from heald.verdicts import UsageError

_FAR = 4
_RESERVED = {"signature", "result", "role", "when", "may_return", "args"}


@dataclass(frozen=True)
class Described:
    """What was written.

    Attributes
    ----------
    files
        Text by file; the Python file first.
    kind
        What the functions were taken for.
    operations, left_out
        Names of those that are called; of the others, with the reason.
    """

    files: dict[Path, str]
    kind: Kind
    operations: tuple[str, ...]
    left_out: tuple[tuple[str, str], ...]


def describe(
    header: Path,
    sources: Sequence[Path],
    output: Path,
    *,
    state: str | None = None,
    cflags: Sequence[str] = (),
) -> Described:
    """Describe the code of `header` so that it runs at once.

    Parameters
    ----------
    header
        What declares the functions; those that it defines need no source.
    sources
        C files that define the others.
    output
        The Python file to be; nothing is written here.
    state
        The type of the shared state, where the guess would be wrong.

    Raises
    ------
    UsageError
        If there is no function that can be called, with what was found.
    """
    if header.suffix not in (".h", ".c"):
        raise UsageError(
            f"{header}: a header in C is needed. For C++ write a few functions around the "
            'class in an extern "C" block and describe those (docs/adding-a-subject.md)'
        )
    found = read_header(header, cflags)
    name = _identifier(header.stem)
    guessed = guess(found.functions, header.stem, state)
    complete = guessed.state is None or is_complete(header, guessed.state, cflags)
    wrapper = output.with_name(f"{name}_subject.c")
    include = _included(header, output)
    planned = plan(name, include, found.functions, guessed, is_complete=complete)
    left_out = (*planned.left_out, *found.refused)
    if not planned.steps:
        raise UsageError(_nothing(header, guessed, left_out))
    compiled = [s for s in sources if s.resolve() != header.resolve()]
    observed = _observed(planned, header, wrapper, compiled, cflags)
    text = _python(
        planned,
        observed,
        include,
        wrapper,
        compiled,
        output,
        cflags,
        left_out,
        found.is_volatile,
    )
    files = {output: text}
    if planned.wrapper is not None:
        files[wrapper] = planned.wrapper
    return Described(files, planned.kind, tuple(s.name for s in planned.steps), left_out)


def _nothing(header: Path, guessed: Guess, left_out: Sequence[tuple[str, str]]) -> str:
    lines = [f"{header}: no function of it can be called from a description"]
    lines += [f"  {name}: {why}" for name, why in left_out]
    if guessed.state is not None:
        lines.append(
            f"the shared state was taken to be {guessed.state}; --state says another"
        )
    lines.append("macros are no functions: write small C functions around them")
    return "\n".join(lines)


def _included(header: Path, user: Path) -> str:
    """Name the header as a file beside `user` would: where it is far away, in full."""
    relative = os.path.relpath(header.resolve(), user.resolve().parent)
    return relative if relative.count("../") < _FAR else str(header.resolve())


def _identifier(stem: str) -> str:
    import re

    name = re.sub(r"\W", "_", stem)
    return f"_{name}" if name[:1].isdigit() else name


def _observed(
    planned: Plan,
    header: Path,
    wrapper: Path,
    sources: Sequence[Path],
    cflags: Sequence[str],
) -> Observed:
    if planned.wrapper is None:
        return observe(planned, header, sources, cflags)
    import tempfile

    # Beside the header's includes nothing of the wrapper depends on where it lies.
    with tempfile.TemporaryDirectory(prefix="heald-init-") as directory:
        text = planned.wrapper.replace(
            f'#include "{_included(header, wrapper)}"', f'#include "{header.resolve()}"'
        )
        copy = Path(directory) / wrapper.name
        copy.write_text(text)
        return observe(planned, copy, sources, cflags)


def _python(
    planned: Plan,
    observed: Observed,
    include: str,
    wrapper: Path,
    sources: Sequence[Path],
    output: Path,
    cflags: Sequence[str],
    left_out: Sequence[tuple[str, str]],
    is_volatile: bool,
) -> str:
    from jinja2 import Environment, PackageLoader

    environment = Environment(
        loader=PackageLoader("heald", "describing"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    where = output.resolve().parent
    own = [os.path.relpath(source.resolve(), where) for source in sources]
    model = _model(planned, observed)
    return environment.get_template("test_subject.py.j2").render(
        name=planned.name,
        kind=planned.kind.value,
        plan=planned,
        sources=[wrapper.name if planned.wrapper else include, *own],
        cflags=_relocated(cflags, where),
        model=model,
        ops=[_op(step, planned, observed, model is not None) for step in planned.steps],
        left_out=left_out,
        is_volatile=is_volatile,
    )


def _relocated(cflags: Sequence[str], where: Path) -> list[str]:
    """Make the directories of -I begin where the Python file is."""
    return [
        f"-I{os.path.relpath(flag[2:], where)}"
        if flag.startswith("-I") and len(flag) > 2 and not os.path.isabs(flag[2:])
        else flag
        for flag in cflags
    ]


def _op(step: Step, planned: Plan, observed: Observed, has_model: bool) -> dict[str, Any]:
    plain = {n: s for n, s in step.arguments.items() if n not in _RESERVED}
    return {
        "name": step.name,
        "signature": step.signature,
        "arguments": plain,
        "reserved": {n: s for n, s in step.arguments.items() if n in _RESERVED},
        "role": step.role,
        "result": _result(step, observed) if has_model else None,
        "may_return": _late(step, planned, observed) if has_model else None,
    }


def _late(step: Step, planned: Plan, observed: Observed) -> str | None:
    """Write what a bounded queue may answer late: full, or empty, when it no longer is.

    Both ends look at the other's index; without seq_cst each may still see the old one.
    """
    capacities = [observed.of(s.name, "capacity") for s in planned.steps]
    if planned.kind is not Kind.QUEUE or not any(capacities):
        return None
    if step.part is Part.PUT:
        full = observed.of(step.name, "full")
        return None if full is None else _value(step, full)
    return None if (step.name, "empty") in observed.waits else "None"


def _result(step: Step, observed: Observed) -> str | None:
    """Write the function that makes of a take's results the value or ``None``."""
    if step.part is not Part.TAKE:
        return None
    took, empty = observed.of(step.name, "took"), observed.of(step.name, "empty")
    if (step.name, "empty") in observed.waits:
        return "lambda _, out: out" if step.out and step.returns.kind != "void" else None
    if step.out:
        if took == 0:
            return "lambda failed, out: None if failed else out"
        return "lambda ok, out: out if ok else None" if not empty else (
            f"lambda code, out: out if code == {took} else None"
        )  # fmt: skip
    return f"lambda value: None if value == {empty} else value"


def _model(planned: Plan, observed: Observed) -> list[str] | None:
    """Write the model's class; ``None`` where no answer, or a strange one, was observed."""
    match planned.kind:
        case Kind.LOCK:
            body = ["def __init__(self):", "    self.entered = 0"]
            for step in planned.steps:
                body += ["", f"def {step.name}(self):"]
                body += ["    self.entered += 1"] if step.part is Part.LOCK else []
                body.append("    return self.entered")
            return body
        case Kind.STACK | Kind.QUEUE:
            return _container(planned, observed)
        case Kind.COUNTER:
            return _counter(planned, observed)
        case _:
            return None


def _container(planned: Plan, observed: Observed) -> list[str] | None:
    body = ["def __init__(self):", "    self.items = []"]
    at = "" if planned.kind is Kind.STACK else "0"
    for step in planned.steps:
        is_put = step.part is Part.PUT
        lines = (
            _put(step, observed, _is_of_nodes(planned))
            if is_put
            else _take(step, observed, at)
        )
        if lines is None:
            return None
        listed = ", ".join(["self", *step.arguments])
        body += ["", f"def {step.name}({listed}):", *(f"    {line}" for line in lines)]
    return body


def _is_of_nodes(planned: Plan) -> bool:
    """Whether it is made of nodes that a caller brings: such a one is never full."""
    return planned.wrapper is not None and "items[" in planned.wrapper


def _put(step: Step, observed: Observed, is_of_nodes: bool) -> list[str] | None:
    ok = observed.of(step.name, "put")
    if (step.name, "put") in observed.waits or (ok is None) != (
        step.returns.kind == "void"
    ):
        return None
    lines = []
    capacity, full = observed.of(step.name, "capacity"), observed.of(step.name, "full")
    if capacity == 1 and is_of_nodes and ok is not None and full is not None:
        (value,) = step.arguments
        return [
            "was_there = bool(self.items)  # measured: that is what it returns",
            f"self.items.append({value})",
            f"return {_value(step, full)} if was_there else {_value(step, ok)}",
        ]
    if capacity is not None:
        lines += [
            f"if len(self.items) == {capacity}:  # counted: a full one holds so many"
        ]
        lines += [f"    return {_value(step, full)}"]
    elif (step.name, "full") in observed.waits:
        held = observed.of(step.name, "held")
        if held is None:
            return None
        lines += [f"if len(self.items) == {held}:", "    raise heald.NotYet  # it waits"]
    (value,) = step.arguments
    lines.append(f"self.items.append({value})")
    if ok is not None:
        lines.append(f"return {_value(step, ok)}")
    return lines


def _take(step: Step, observed: Observed, at: str) -> list[str] | None:
    out = observed.of(step.name, "took out" if step.out else "took")
    if out != 2 or step.arguments:
        return None
    if (step.name, "empty") in observed.waits:
        return [
            "if not self.items:",
            "    raise heald.NotYet",
            f"return self.items.pop({at})",
        ]
    took, empty = observed.of(step.name, "took"), observed.of(step.name, "empty")
    if empty is None or took == empty:
        return None
    return [f"return self.items.pop({at}) if self.items else None"]


def _counter(planned: Plan, observed: Observed) -> list[str] | None:
    body = ["def __init__(self):", "    self.value = 0"]
    for step in planned.steps:
        if step.part is Part.LOOK:
            lines = ["return self.value"]
            if step.arguments or step.out:
                return None
        else:
            amount = next(iter(step.arguments), "1")
            by = 2 if step.arguments else 1
            once, twice = observed.of(step.name, "once"), observed.of(step.name, "twice")
            lines = [f"self.value += {amount}"]
            if (
                observed.of(step.name, "look") not in (by, None)
                or len(step.arguments) > 1
            ):
                return None
            if (once, twice) == (0, by):
                lines.append(f"return self.value - {amount}")
            elif (once, twice) == (by, 2 * by):
                lines.append("return self.value")
            elif once is not None or step.returns.kind != "void":
                return None
        listed = ", ".join(["self", *step.arguments])
        body += ["", f"def {step.name}({listed}):", *(f"    {line}" for line in lines)]
    return body


def _value(step: Step, number: int | None) -> str:
    if step.returns.kind == "bool":
        return str(bool(number))
    return str(number)
