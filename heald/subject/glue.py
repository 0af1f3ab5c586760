"""Glue: the generated C between a subject and whoever runs scenarios over it.

The subject's files are compiled as they are; the glue is a file of its own, linked with
them, compiled without the flavour's instrumentation (what it reads and writes is not
the subject's business). It exports ``heald_subject`` of
``csrc/include/heald/subject.h``. Prototypes in the glue use plain types of the same
size, so it needs none of the subject's headers and no name in them can disturb it. Only
where the subject is a header do its inline functions need a file of their own that
includes it, compiled like a source of the subject.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heald.building.build import CompileError, Unit, compile
from heald.building.compilers import Compiler, find_compiler
from heald.building.engine import engine_include
from heald.building.flavours import Flavour
from heald.building.interfaces import interface
from heald.subject.declarations import CType, Declaration, normalised
from heald.subject.description import HOOKS, Description
from heald.subject.languages import beside, is_cxx_header, is_rust
from heald.subject.operation import BoundOperation, Place
from heald.subject.probe import Facts, probe
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from jinja2 import Template


@dataclass(frozen=True)
class Build:
    """A compiled subject.

    Attributes
    ----------
    path
        A shared object that exports ``heald_subject``.
    seconds
        What it took, next to nothing if it was in the cache.
    """

    subject: Description
    flavour: Flavour
    compiler: Compiler
    path: Path
    seconds: float

    def load(self) -> Any:
        """Load the shared object into this process (cffi); only for native builds.

        The subject may crash the process that calls it; runners do this in a worker.
        """
        return interface("subject").dlopen(str(self.path))


def build_subject(
    subject: Description,
    flavour: Flavour | str,
    *,
    compiler: str | Compiler | None = None,
    cflags: tuple[str, ...] = (),
    ldflags: tuple[str, ...] = (),
    drivers: tuple[Unit, ...] = (),
) -> Build:
    """Compile a subject and its glue into one shared object.

    Parameters
    ----------
    cflags, ldflags
        Added to the subject's own: what an engine needs for its kind of run.
    drivers
        Further files to link, such as the one that makes a scenario a program.

    Raises
    ------
    UsageError
        With the compiler's own words, or a linker's with a hint where a function is
        missing.
    """
    began = time.monotonic()
    chosen = compiler if isinstance(compiler, Compiler) else find_compiler(compiler)
    wanted = Flavour.parse(flavour) if isinstance(flavour, str) else flavour
    facts = probe(subject, chosen)
    options = subject.preprocessor
    more = beside(subject.sources, subject.defines, wanted, chosen, options)
    try:
        path = compile(
            [*units(subject, facts), *more.units, *drivers],
            flavour=wanted,
            compiler=chosen,
            cflags=(
                *subject.preprocessor,
                f"-I{engine_include()}",
                *more.cflags,
                *cflags,
            ),
            ldflags=(*more.ldflags, *subject.ldflags, *ldflags),
            trusted=[*subject.trust, *more.known],
            folder=subject.folder,
            name=f"{subject.name.replace('/', '-')}-{wanted.name}",
        )
    except CompileError as error:
        raise _explained(subject, error) from None
    return Build(subject, wanted, chosen, path, time.monotonic() - began)


def units(subject: Description, facts: Facts) -> list[Unit]:
    """Return the files that make the shared object, own and generated."""
    own = [
        Unit(path)
        for path in subject.sources
        if not _is_header(path) and not is_rust(path)
    ]
    inline = [path for path in subject.sources if _is_header(path)]
    if inline:
        name = "inline.cpp" if any(map(is_cxx_header, inline)) else "inline.c"
        own.append(Unit(Path(name), _inline_text(subject, inline)))
    glue = Unit(Path("glue.c"), glue_text(subject, facts), instrument=False)
    return [*own, glue]


def glue_text(subject: Description, facts: Facts) -> str:
    """Return the C text of the glue."""
    state = facts.sizes.get(subject.state or "", (1, 1))
    local = facts.sizes.get(subject.local or "", (0, 1))
    prefix = _INLINE if any(map(_is_header, subject.sources)) else ""
    hooks = [
        _hook(subject, what, prefix, facts) for what in HOOKS if getattr(subject, what)
    ]
    names = {
        what: f"heald_hook_{what}" if getattr(subject, what) else "0" for what in HOOKS
    }
    return glue_template().render(
        name=subject.subject_name,
        prototypes=[_prototype(d, prefix, facts) for d in _distinct(subject)],
        calls=[_call(o, prefix, facts) for o in subject.operations.values()],
        hooks=hooks,
        hook_names=names,
        state_size=max(1, state[0]),
        state_alignment=state[1],
        local_size=local[0],
    )


_INLINE = "heald_inline_"
_STATE, _LOCAL = "void *state", "void *local"
_HOOK_PARAMETERS = {
    "init": _STATE,
    "fini": _STATE,
    "local_init": f"{_STATE}, {_LOCAL}, uint32_t thread",
    "local_fini": f"{_STATE}, {_LOCAL}, uint32_t thread",
    "is_valid": _STATE,
}


@cache
def glue_template() -> Template:
    """Return the template of the glue, read once a process."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("heald.subject", "."),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("subject.c.j2")


def _distinct(subject: Description) -> list[Declaration]:
    """Each declared function once: two operations may call the same one."""
    return list({d.name: d for d in subject.functions.values()}.values())


def _prototype(declaration: Declaration, prefix: str, facts: Facts) -> str:
    parameters = (
        ", ".join(_plain(p.type, facts) for p in declaration.parameters) or "void"
    )
    returns = _plain(declaration.returns, facts)
    return f"{returns} {prefix}{declaration.name}({parameters})"


def _plain(ctype: CType, facts: Facts) -> str:
    """Return a type of the same size and kind that needs no header of the subject's."""
    ctype = facts.scalars.get(ctype.text, ctype) if ctype.kind == "named" else ctype
    if ctype.kind == "pointer":
        return "void *"
    if ctype.kind == "integer":
        return f"{'' if ctype.signed else 'u'}int{ctype.bits}_t"
    return "_Bool" if ctype.kind == "bool" else ctype.text


def _call(operation: BoundOperation, prefix: str, facts: Facts) -> dict[str, Any]:
    before: list[str] = []
    passed: list[str] = []
    after: list[str] = []
    returned = operation.declaration.returns.kind != "void"
    for number, slot in enumerate(operation.slots):
        argument = len([s for s in operation.slots[:number] if s in operation.arguments])
        if slot.place in (Place.STATE, Place.LOCAL):
            passed.append(slot.place.value)
        elif slot.place is Place.ARGUMENT:
            passed.append(_from_slot(slot.type, f"arguments[{argument}]", facts))
        else:
            plain, name = _plain(slot.value_type, facts), f"out_{number}"
            given = slot.place is Place.IN_OUT
            value = f"arguments[{argument}]" if given else "0"
            before.append(
                f"{plain} {name} = {_from_slot(slot.value_type, value, facts)};"
            )
            passed.append(f"&{name}")
            result = len(after) + returned
            after.append(f"results[{result}] = {_to_slot(slot.value_type, name, facts)};")
    call = f"{prefix}{operation.declaration.name}({', '.join(passed)})"
    if returned:
        shown = _to_slot(operation.declaration.returns, call, facts)
        call = f"results[0] = {shown}"
    return {
        "name": json.dumps(operation.name),
        "arguments": len(operation.arguments),
        "results": len(operation.result_types),
        "body": [*before, f"{call};", *after],
    }


def _from_slot(ctype: CType, value: str, facts: Facts) -> str:
    plain = _plain(ctype, facts)
    return f"(void *)(intptr_t){value}" if plain == "void *" else f"({plain}){value}"


def _to_slot(ctype: CType, value: str, facts: Facts) -> str:
    pointer = _plain(ctype, facts) == "void *"
    return f"(int64_t)(intptr_t){value}" if pointer else f"(int64_t){value}"


def _hook(subject: Description, what: str, prefix: str, facts: Facts) -> dict[str, Any]:

    declaration: Declaration = getattr(subject, what)
    passed = []
    for parameter in declaration.parameters:
        if parameter.type.kind != "pointer":
            passed.append(f"({_plain(parameter.type, facts)})thread")
        elif parameter.type.text == normalised(subject.state) and "state" not in passed:
            passed.append("state")
        else:
            passed.append("local")
    call = f"{prefix}{declaration.name}({', '.join(passed)})"
    names = [p.split()[-1].lstrip("*") for p in _HOOK_PARAMETERS[what].split(", ")]
    unused = ", ".join(f"(void){name}" for name in names)
    asked = what == "is_valid"
    return {
        "name": what,
        "returns": "int" if asked else "void",
        "parameters": _HOOK_PARAMETERS[what],
        "body": [f"{unused};", f"return {call} != 0;" if asked else f"(void){call};"],
    }


def _is_header(path: Path) -> bool:
    return path.suffix == ".h" or is_cxx_header(path)


def _inline_text(subject: Description, headers: list[Path]) -> str:
    """Return a file whose external functions call the headers' inline ones."""
    lines = [f'#include "{path}"' for path in headers]
    is_cxx = any(map(is_cxx_header, headers))
    lines += ["#include <type_traits>", "#define _Bool bool"] if is_cxx else []
    for declaration in _distinct(subject):
        types = [p.type.c for p in declaration.parameters]
        parameters = ", ".join(f"{t} heald_{i}" for i, t in enumerate(types)) or "void"
        passed = ", ".join(f"heald_{i}" for i in range(len(types)))
        returned, call = declaration.returns.c, f"{declaration.name}({passed})"
        head = f"{returned} {_INLINE}{declaration.name}({parameters})"
        keyword = "" if declaration.returns.kind == "void" else "return "
        if is_cxx:
            same = f"std::is_same<decltype({call}), {returned}>::value"
            told = f'"{declaration.name} does not return {returned}"'
            body = f"{{ static_assert({same}, {told}); {keyword}{call}; }}"
            lines.append(f'extern "C" {head} {body}')
        else:
            lines += [f"{head};", f"{head} {{ {keyword}{call}; }}"]
    return "\n".join(lines) + "\n"


def _explained(subject: Description, error: CompileError) -> UsageError:
    names = [d.name for d in _distinct(subject)]
    missing = [n for n in names if f"undefined reference to `{n}'" in error.output]
    if not missing:
        return error
    files = ", ".join(path.name for path in subject.sources)
    return CompileError(
        f"{error}\nno external function {', '.join(missing)} in {files}: is it static, "
        "spelled differently, or in a file that is not among the sources?",
        error.command,
        error.output,
    )
