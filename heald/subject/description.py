"""What an author describes: files, operations, hooks, a model, and what each must fit.

Everything a user writes is kept as written; what follows from it alone (which parameter is the
state, how many slots a call needs) is decided here. Nothing is compiled: what only the
compiler knows, and everything that can be asked of a subject, is built on this.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from heald.caller import callers_file, callers_folder
from heald.models.machine import Model
from heald.scenario import Call, Outcome, Scenario
from heald.subject.declarations import CType, Declaration, normalised, parse_declaration
from heald.subject.languages import SUFFIXES
from heald.subject.operation import BoundOperation, Operation, bind
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from typing import Self

    from hypothesis.strategies import SearchStrategy

Expected: TypeAlias = Literal["sound", "flawed"]
Shown: TypeAlias = Literal["yes", "rare", "no"]
ShownOn: TypeAlias = Shown | Mapping[str, Shown]
OutcomeTable: TypeAlias = (
    Mapping[Outcome, Literal["allowed", "forbidden"]]
    | Callable[[Scenario], Collection[Outcome]]
)

HOOKS = ("init", "fini", "local_init", "local_fini", "is_valid")
"""Functions of a subject that are no operations, by what they are for."""


class Description:
    """The description of a subject; ``heald.Subject`` says what each part means."""

    def __init__(
        self,
        *sources: str | Path,
        ops: Mapping[str, Operation],
        name: str | None = None,
        state: str | None = None,
        init: str | None = None,
        fini: str | None = None,
        local: str | None = None,
        local_init: str | None = None,
        local_fini: str | None = None,
        is_valid: str | None = None,
        model: Model | None = None,
        before: Sequence[str | Call] = (),
        after: Sequence[str | Call] = (),
        headers: Sequence[str | Path] = (),
        defines: Mapping[str, str | int | None] | None = None,
        cflags: Sequence[str] = (),
        ldflags: Sequence[str] = (),
        trust: Sequence[str] = (),
        volatile: str = "race",
        scenarios: SearchStrategy[Scenario] | None = None,
        interesting: Sequence[Scenario] = (),
        outcomes: OutcomeTable | None = None,
        variant: str | None = None,
        expected: Expected | None = None,
        shown_here: ShownOn = "yes",
        catch_within_s: float = 60.0,
    ) -> None:
        self.place = callers_file()
        folder = self.place.parent if self.place else Path.cwd()
        self.folder = folder
        self.sources = _found(folder, sources)
        self.headers = _found(folder, headers)
        if not self.sources:
            raise UsageError("a subject needs a source file; got none")
        self.subject_name = name or self.sources[0].stem
        self.variant = variant
        self.expected = expected
        self.defines = dict(defines or {})
        self.cflags = tuple(cflags)
        self.ldflags = tuple(ldflags)
        self.trust = tuple(trust)
        if volatile not in ("race", "relaxed"):
            raise UsageError(f'volatile is "race" or "relaxed"; got {volatile!r}')
        self.volatile = volatile
        self.model = model
        self.scenarios = scenarios
        self.interesting = tuple(interesting)
        self.outcomes = outcomes
        self.shown_on = shown_here
        self.catch_within_s = catch_within_s
        self.state = state
        self.local = local
        self.init = _function("init", init)
        self.fini = _function("fini", fini)
        self.local_init = _function("local_init", local_init)
        self.local_fini = _function("local_fini", local_fini)
        self.is_valid = _function("is_valid", is_valid)
        self.operations = _bind_all(ops, state, local)
        self.before = tuple(self._call("before", call) for call in before)
        self.after = tuple(self._call("after", call) for call in after)
        self._check_functions()

    @classmethod
    def from_compile_commands(
        cls,
        database: str | Path,
        *sources: str | Path,
        cflags: Sequence[str] = (),
        **description: Any,
    ) -> Self:
        """Make a subject of sources that a build system compiles, with its flags.

        Parameters
        ----------
        database
            A ``compile_commands.json``, or the build directory where it is; relative to
            the Python file that makes the subject.
        *sources
            Those that are in it bring their include paths and definitions; a wrapper of
            one's own beside them need not be.
        cflags, **description
            As for ``heald.Subject``.

        Raises
        ------
        UsageError
            If the file is no compilation database, or knows none of the sources.
        """
        from heald.building.compile_commands import flags_of

        found = _found(callers_folder(), sources)
        flags = flags_of(callers_folder() / database, found)
        return cls(*found, cflags=(*flags, *cflags), **description)

    @property
    def name(self) -> str:
        """The subject's name, with the variant if there is one: ``stack/tagged``."""
        return (
            f"{self.subject_name}/{self.variant}" if self.variant else self.subject_name
        )

    @property
    def sound(self) -> bool | None:
        """``expected`` as a boolean; ``None`` where not known."""
        return None if self.expected is None else self.expected == "sound"

    @property
    def ops(self) -> tuple[str, ...]:
        """Names of the operations, in the order of the description."""
        return tuple(self.operations)

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles in the order of the operations; role number k belongs to thread k + 1."""
        found = [operation.operation.role for operation in self.operations.values()]
        return tuple(dict.fromkeys(role for role in found if role is not None))

    @property
    def preprocessor(self) -> tuple[str, ...]:
        """The options for compiling: definitions, then ``cflags``."""
        defines = [
            f"-D{name}" if value is None else f"-D{name}={value}"
            for name, value in self.defines.items()
        ]
        return (*defines, *self.cflags)

    @property
    def functions(self) -> dict[str, Declaration]:
        """Everything that is declared, by what it is for."""
        found = {f"operation {o.name}": o.declaration for o in self.operations.values()}
        for what in HOOKS:
            declaration = getattr(self, what)
            if declaration is not None:
                found[what] = declaration
        return found

    def value_types(self) -> Iterable[CType]:
        """Yield the types of all values that are passed or returned."""
        for operation in self.operations.values():
            yield from (slot.value_type for slot in operation.arguments)
            yield from operation.result_types
        for what in ("local_init", "local_fini", "is_valid"):
            declaration = getattr(self, what)
            if declaration is not None:
                yield from (
                    p.type for p in declaration.parameters if p.type.kind == "named"
                )
                yield declaration.returns

    def with_defines(
        self,
        variant: str,
        *,
        expected: Expected | None = None,
        **defines: str | int | None,
    ) -> Self:
        """Make the variant that has further preprocessor definitions."""
        return self.with_changes(variant, expected=expected, defines=defines)

    def with_changes(
        self,
        variant: str,
        *,
        expected: Expected | None = None,
        sources: Sequence[str | Path] | None = None,
        defines: Mapping[str, str | int | None] | None = None,
        cflags: Sequence[str] = (),
        ldflags: Sequence[str] = (),
        shown_here: ShownOn | None = None,
        catch_within_s: float | None = None,
    ) -> Self:
        """Make a variant: same operations and model, another implementation.

        ``sources`` replaces this subject's, everything else is added to it.
        """
        other = copy.copy(self)
        other.__dict__.pop("resolved", None)  # asked of the compiler for these files
        other.variant = variant
        other.expected = expected
        if sources is not None:
            other.sources = _found(self.folder, sources)
        other.defines = {**self.defines, **(defines or {})}
        other.cflags = (*self.cflags, *cflags)
        other.ldflags = (*self.ldflags, *ldflags)
        other.shown_on = shown_here or self.shown_on
        other.catch_within_s = catch_within_s or self.catch_within_s
        return other

    def _call(self, part: str, call: str | Call) -> Call:
        made = Call(call) if isinstance(call, str) else call
        if made.op not in self.operations:
            raise UsageError(
                f"{part}= names operation {made.op!r}; there are {', '.join(self.ops)}"
            )
        wanted = len(self.operations[made.op].arguments)
        if wanted != len(made.args):
            raise UsageError(
                f"{part}= has {made}, but {made.op} takes {wanted} arguments; "
                f"write heald.Call({made.op!r}, (1, ...))"
            )
        return made

    def _check_functions(self) -> None:
        for what in ("init", "fini", "is_valid"):
            declaration = getattr(self, what)
            _check_parameters(what, declaration, {self.state})
        for what in ("local_init", "local_fini"):
            declaration = getattr(self, what)
            _check_parameters(what, declaration, {self.state, self.local}, number=True)
        if self.is_valid is not None and self.is_valid.returns.kind in (
            "void",
            "pointer",
        ):
            raise UsageError(
                f"is_valid must return an integer or bool\n    {self.is_valid.text}"
            )


def _check_parameters(
    what: str,
    declaration: Declaration | None,
    states: set[str | None],
    *,
    number: bool = False,
) -> None:
    if declaration is None:
        return
    for parameter in declaration.parameters:
        ctype = parameter.type
        known = {normalised(state) for state in states}
        if ctype.kind == "pointer" and ctype.text in known:
            continue
        if number and ctype.kind in ("integer", "named"):
            continue
        accepted = ", ".join(f"{state} *" for state in sorted(filter(None, known)))
        raise UsageError(
            f"{what}: nothing is known to pass for {parameter.name or ctype.c!r}\n"
            f"    {declaration.text}\n"
            f"it may take {accepted or 'nothing (no state= is given)'}"
            f"{' and the number of the thread' if number else ''}"
        )


def _function(what: str, text: str | None) -> Declaration | None:
    if text is None:
        return None
    try:
        return parse_declaration(text)
    except UsageError as error:
        raise UsageError(f"{what}: {error}") from None


def _bind_all(
    ops: Mapping[str, Operation], state: str | None, local: str | None
) -> dict[str, BoundOperation]:
    if not ops:
        raise UsageError("a subject needs operations: ops={'push': heald.op(...)}")
    shared, own = normalised(state), normalised(local)
    return {
        name: bind(name, index, operation, state=shared, local=own)
        for index, (name, operation) in enumerate(ops.items())
    }


def _found(folder: Path, files: Sequence[str | Path]) -> tuple[Path, ...]:
    paths = tuple((folder / file).resolve() for file in files)
    for file, path in zip(files, paths, strict=True):
        if not path.is_file():
            raise UsageError(f"{file}: no such file; looked for {path}")
        if path.suffix not in SUFFIXES:
            raise UsageError(
                f"{file}: sources are C, C++ or Rust files (.c, .cpp, .rs) or headers "
                "(.h, .hpp); for another language "
                'give a C file that calls it, and link with ldflags=["its object file"]'
            )
    return paths
