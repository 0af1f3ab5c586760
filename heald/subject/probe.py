"""What only the compiler knows: sizes, signs, and whether the declarations are true.

A small file that includes the subject's first source (or its headers) is compiled,
never run. It repeats every declaration of the description, so that the compiler
compares them with the definitions, and it holds sizes as constants that are read from
the object file: that works for any target and under any sanitizer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from heald.building.build import CompileError, Unit, compile
from heald.building.compilers import Compiler, find_compiler
from heald.building.flavours import Flavour
from heald.subject.declarations import ACCEPTED, CType
from heald.subject.description import Description
from heald.subject.languages import is_cxx, is_cxx_header, is_rust, rust_flags
from heald.subject.operation import BoundOperation, Slot
from heald.verdicts import EngineError, UsageError

_MARK = b"heald-fact-73f0:"
_PROBE = Flavour("probe", optimise="-O0", closed=False)


@dataclass(frozen=True)
class Facts:
    """What the compiler said.

    Attributes
    ----------
    sizes
        (bytes, alignment) of the state's and the local state's types, by their text.
    scalars
        What each named type is: an integer, a bool, a pointer.
    """

    sizes: dict[str, tuple[int, int]]
    scalars: dict[str, CType]


def probe(subject: Description, compiler: Compiler) -> Facts:
    """Ask the compiler about a subject's types.

    Raises
    ------
    CompileError
        If the source does not compile, a type is not defined, or a declaration of the
        description contradicts the definition.
    UsageError
        If a named type is a structure or floating point.
    """
    if any(map(is_rust, subject.sources)):
        return _of_rust(subject)
    states = [t for t in (subject.state, subject.local) if t is not None]
    named = sorted({t.text for t in subject.value_types() if t.kind == "named"})
    is_other = not subject.headers and is_cxx(subject.sources[0])
    text = _text_of_cxx(subject, states) if is_other else _text(subject, states, named)
    if is_other:
        named = []
    unit = Unit(Path("probe.cpp" if is_other else "probe.c"), text, instrument=False)
    try:
        made = compile(
            [unit],
            flavour=_PROBE,
            kind="object",
            compiler=compiler,
            cflags=(*subject.preprocessor, "-w", "-fno-lto"),
            folder=subject.folder,
            name=f"{subject.subject_name}-probe",
        )
    except CompileError as error:
        raise _explained(subject, error) from None
    numbers = _read(made.read_bytes(), 2 * len(states) + 3 * len(named))
    sizes = {t: (numbers[2 * i], numbers[2 * i + 1]) for i, t in enumerate(states)}
    rest = numbers[2 * len(states) :]
    scalars = {
        name: _scalar(subject, name, *rest[3 * i : 3 * i + 3])
        for i, name in enumerate(named)
    }
    return Facts(sizes, scalars)


def resolve(subject: Description) -> dict[str, BoundOperation]:
    """Return the operations with named types explained; compiles only if needed."""
    if not any(t.kind == "named" for t in subject.value_types()):
        return subject.operations
    scalars = probe(subject, find_compiler()).scalars
    return {name: _resolved(op, scalars) for name, op in subject.operations.items()}


def _resolved(operation: BoundOperation, scalars: dict[str, CType]) -> BoundOperation:
    described = operation.operation
    returns = _explain(described.declaration.returns, scalars)
    declaration = replace(described.declaration, returns=returns)
    slots = tuple(_resolved_slot(slot, scalars) for slot in operation.slots)
    return replace(
        operation, operation=replace(described, declaration=declaration), slots=slots
    )


def _resolved_slot(slot: Slot, scalars: dict[str, CType]) -> Slot:
    target = slot.type.target
    if target is None:
        return replace(slot, type=_explain(slot.type, scalars))
    return replace(slot, type=replace(slot.type, target=_explain(target, scalars)))


def _explain(ctype: CType, scalars: dict[str, CType]) -> CType:
    return scalars.get(ctype.text, ctype) if ctype.kind == "named" else ctype


def _text(subject: Description, states: list[str], named: list[str]) -> str:
    included = subject.headers or subject.sources[:1]
    lines = [f'#include "{path}"' for path in included]
    for what, declaration in subject.functions.items():
        lines += [f'#line 1 "{what}"', f"{declaration.text};"]
    lines.append('#line 1 "probe"')
    values = [f"{ask}({t})" for t in states for ask in ("sizeof", "_Alignof")]
    for name in named:
        value = f"*({name} *)0"
        values += [f"sizeof({name})", f"__builtin_classify_type({value})", _sign(value)]
    for number, value in enumerate(values):
        lines.append(f"const unsigned char heald_fact_{number}[] = {{{_bytes(value)}}};")
    return "\n".join(lines) + "\n"


def _text_of_cxx(subject: Description, states: list[str]) -> str:
    """Return the same in C++: declarations have the linkage of C, sizes that of the file."""
    lines = [f'#include "{subject.sources[0]}"', 'extern "C" {']
    # Those of a header have the linkage of C++, and wrappers that do not compile if they differ.
    declared = {} if is_cxx_header(subject.sources[0]) else subject.functions
    for what, declaration in declared.items():
        lines += [f'#line 1 "{what}"', f"{declaration.text};"]
    lines += ["}", '#line 1 "probe"']
    values = [f"{ask}({t})" for t in states for ask in ("sizeof", "alignof")]
    for number, value in enumerate(values):
        lines.append(
            f"extern const unsigned char heald_fact_{number}[] = {{{_bytes(value)}}};"
        )
    return "\n".join(lines) + "\n"


def _of_rust(subject: Description) -> Facts:
    """Ask rustc for the sizes; numbers are C's, by their names in C."""
    from heald.building.rust.library import sizes_in

    states = [t for t in (subject.state, subject.local) if t is not None]
    names = [t.removeprefix("struct ").removeprefix("union ") for t in states]
    source = next(filter(is_rust, subject.sources))
    found = sizes_in(source, rust_flags(subject.defines), names)
    sizes = {t: (found[2 * i], found[2 * i + 1]) for i, t in enumerate(states)}
    return Facts(sizes, {})


def _sign(value: str) -> str:
    """Return an expression: 0 unsigned, 1 signed, 2 bool."""
    unsigned = "".join(
        f"unsigned {name}: 0, " for name in ("char", "short", "int", "long", "long long")
    )
    return f"_Generic({value}, {unsigned}_Bool: 2, char: ((char)-1 < 0), default: 1)"


def _bytes(value: str) -> str:
    mark = ", ".join(str(byte) for byte in _MARK)
    shifts = [
        f"(unsigned char)((unsigned long long)({value}) >> {8 * i})" for i in range(8)
    ]
    return f"{mark}, {', '.join(shifts)}"


def _read(content: bytes, count: int) -> list[int]:
    numbers, at = [], -1
    while (at := content.find(_MARK, at + 1)) >= 0:
        start = at + len(_MARK)
        numbers.append(int.from_bytes(content[start : start + 8], "little"))
    if len(numbers) != count:
        raise EngineError(f"the probe holds {len(numbers)} facts, {count} were asked for")
    return numbers


_INTEGER_CLASSES = frozenset({1, 2, 3, 4})  # integer, char, enumeral, boolean
_POINTER_CLASS = 5


def _scalar(subject: Description, name: str, size: int, kind: int, sign: int) -> CType:
    if kind == _POINTER_CLASS:
        return CType(name, "pointer")
    if kind not in _INTEGER_CLASSES or size > 8:
        hint = f"; the state is {subject.state!r}, written differently" * bool(
            subject.state
        )
        raise UsageError(
            f"{name} is not a scalar of at most 64 bits, "
            f"in {_users(subject, name)}{hint}\n{ACCEPTED}"
        )
    if sign == 2:
        return CType(name, "bool", 1, signed=False)
    return CType(name, "integer", 8 * size, signed=sign == 1)


def _users(subject: Description, name: str) -> str:
    declared = [d.text for d in subject.functions.values() if name in d.text]
    return "; ".join(declared)


def _explained(subject: Description, error: CompileError) -> CompileError:
    first = (subject.headers or subject.sources)[0].name
    hints = []
    if "conflicting types" in error.output:
        hints.append(f"the description and {first} declare a function differently")
    if "incomplete type" in error.output or "undeclared" in error.output:
        hints.append(
            f"the types of state= and local= must be defined in {first}, the first "
            "source; name the file that defines them first, or give it in headers="
        )
    return CompileError("\n".join([str(error), *hints]), error.command, error.output)
