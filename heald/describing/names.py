"""What operations and their parameters are called, and how a declaration is written."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Sequence

from heald.describing.guesses import words
from heald.subject.declarations import CType, Declaration, Parameter


def partner(lock: Declaration, unlocks: Sequence[Declaration]) -> Declaration:
    """Return the unlock whose name shares most words: read_lock with read_unlock."""
    named = {w.removesuffix("lock") for w in words(lock.name)}

    def shared(unlock: Declaration) -> int:
        other = {w.removesuffix("lock").removesuffix("un") for w in words(unlock.name)}
        return len(named & other) - len(named ^ other)

    return max(unlocks, key=shared)


def short_names(
    functions: Iterable[Declaration], name: str, state: str | None
) -> dict[str, str]:
    """Take off what all names share, as long as each stays an identifier of its own."""
    full = [f.name for f in functions]
    prefixes = {f"{name}_", f"{(state or '').split(' ')[-1].removesuffix('_t')}_"}
    prefixes |= {f"_{prefix}" for prefix in prefixes}
    for prefix in sorted(prefixes, key=lambda text: (-len(text), text)):
        short = [n.removeprefix(prefix) for n in full]
        if short != full and all(s.isidentifier() for s in short):
            return dict(zip(full, map(_method, short), strict=True))
    return dict(zip(full, map(_method, full), strict=True))


def _method(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def named(function: Declaration) -> Declaration:
    """Give each parameter a name; a declaration need not have any."""
    if all(p.name for p in function.parameters):
        return function
    parameters = [
        p if p.name else Parameter("value" if i < 2 else f"value{i}", p.type)
        for i, p in enumerate(function.parameters)
    ]
    return declared(function.name, function.returns, parameters)


def declared(name: str, returns: CType, parameters: Sequence[Parameter]) -> Declaration:
    """Return the declaration of such a function, with its text."""
    listed = ", ".join(f"{spaced(p.type.c)}{p.name}" for p in parameters) or "void"
    text = f"{spaced(returns.c)}{name}({listed})"
    return Declaration(text, name, returns, tuple(parameters))


def spaced(ctype: str) -> str:
    """Return a type so that a name can follow it: ``int ``, ``int *``."""
    text = ctype.rstrip()
    return text if text.endswith("*") else f"{text} "
