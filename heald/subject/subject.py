"""A subject: code under test, with its operations, its state and its sequential model.

One description serves every way of checking. Everything a user writes is kept as
written; what follows from it (which parameter is the state, how many slots a call
needs) is decided here, what only the compiler knows (sizes) in ``heald.subject.probe``. Nothing
is compiled before it is needed.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from heald.caller import callers_file, callers_folder
from heald.models.machine import Machine, Model
from heald.scenario import Call, Outcome, Scenario
from heald.subject.declarations import Declaration, normalised, parse_declaration
from heald.subject.layout import Layout, lay_out
from heald.subject.operation import BoundOperation, Operation, bind
from heald.topology import this_machine
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from heald.building.flavours import Flavour
    from heald.subject.glue import Build

Expected: TypeAlias = Literal["sound", "flawed"]
Shown: TypeAlias = Literal["yes", "rare", "no"]
ShownOn: TypeAlias = Shown | Mapping[str, Shown]
OutcomeTable: TypeAlias = (
    Mapping[Outcome, Literal["allowed", "forbidden"]]
    | Callable[[Scenario], Collection[Outcome]]
)


class Subject:
    """Code under test and how to call it.

    Parameters
    ----------
    *sources
        C files, compiled each by itself and linked; relative to the Python file that
        makes the subject. The first one (or ``headers``) must define the types named
        below. A single header is a subject, too: its inline functions are then called.
    name
        Defaults to the first source's name without suffix.
    state
        The type of the shared state, as in C. One zeroed object of it is made per sample;
        ``None`` if the code keeps its state in globals or needs none.
    init, fini
        Declarations of functions called before and after each sample, on the state.
    local, local_init, local_fini
        Type of the state that each thread has for itself, and functions called with the
        shared state, the local one and the thread's number (an integer parameter), each
        of which may be left out. Number 0 makes the calls before and after the threads.
    is_valid
        Declaration of the invariant, ``int stack_is_valid(struct stack *)``: asked when
        no call is in progress; 0 is a finding.
    ops
        Operations by the names that the model's methods and scenarios have.
    model
        The sequential specification: a class (or a function without arguments that
        makes an object) with one method per operation, or a ``heald.StepModel``.
    before, after
        Calls that every scenario makes before and after its threads: names of operations
        without arguments, or ``heald.Call`` objects.
    headers
        Headers that define the types, where the first source does not.
    defines, cflags, ldflags
        Preprocessor definitions (``{"RELEASE": "memory_order_relaxed"}``; ``None`` for
        one without a value) and further options for compiling and linking; relative
        paths in them (``-Iinclude``) start where the Python file is.
    trust
        Names of objects and archives in ``ldflags`` that the explorer may link although they
        have no hooks: what they do to memory is not seen then.
    scenarios
        A Hypothesis strategy of ``heald.Scenario``, where scenarios must be well formed
        in a way that roles cannot say (every thread drops what it holds).
    interesting
        Scenarios known to be nasty: tests try them first, campaigns again and again.
    outcomes
        Instead of a model, or before it: a table from outcomes to ``"allowed"`` and
        ``"forbidden"`` (unlisted ones go to the model), or a function from a scenario to
        the allowed ones (all others are forbidden).
    variant
        Name of this implementation among several of one subject.
    expected
        ``"sound"``, ``"flawed"``, or ``None`` where nobody knows.
    shown_here
        Whether real threads on this machine can show the flaw of a flawed variant:
        ``"yes"``, ``"rare"``, or ``"no"``; then only the explorer can. A mapping says it of
        each family of processors: ``{"x86_64": "no", "*": "rare"}``.
    catch_within_s
        Seconds of running within which such a flaw must be caught by a campaign.

    Raises
    ------
    UsageError
        If something in the description does not fit; nothing has been compiled yet.
    """

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
    ) -> Subject:
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

    def operation(self, name: str) -> BoundOperation:
        """Return an operation; ``UsageError`` names those that there are."""
        try:
            return self.resolved[name]
        except KeyError:
            raise UsageError(
                f"{self.name} has no operation {name!r}; it has {', '.join(self.ops)}"
            ) from None

    @property
    def shown_here(self) -> Shown:
        """Whether real threads on this machine can show the flaw."""
        return self.shown_by(this_machine().machine)

    def shown_by(self, machine: str) -> Shown:
        """Whether real threads can show the flaw on a family of processors."""
        if isinstance(self.shown_on, str):
            return self.shown_on
        return self.shown_on.get(machine, self.shown_on.get("*", "yes"))

    @cached_property
    def resolved(self) -> dict[str, BoundOperation]:
        """The operations, with the size and sign of every named type.

        Asks the compiler if there are named types (``value_t``), else only the
        description.
        """
        from heald.subject.probe import resolve

        return resolve(self)

    @cached_property
    def machine(self) -> Machine:
        """The model with numbered states, which remembers every step it has made."""
        if self.model is None:
            raise UsageError(
                f"{self.name} has no model to say what is allowed; give it model=..."
            )
        described = self.operations.values()
        return Machine(self.model, {o.name: o.operation.may_return for o in described})

    def with_defines(
        self,
        variant: str,
        *,
        expected: Expected | None = None,
        **defines: str | int | None,
    ) -> Subject:
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
    ) -> Subject:
        """Make a variant: same operations and model, another implementation.

        ``sources`` replaces this subject's, everything else is added to it.
        """
        other = copy.copy(self)
        other.__dict__.pop("resolved", None)
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

    def layout(self, scenario: Scenario) -> Layout:
        """Lay a scenario out for C; see ``heald.subject.layout``."""
        return lay_out(self, scenario)

    def outcome(self, scenario: Scenario, slots: Sequence[int]) -> Outcome:
        """Turn one run's result slots into results."""
        return self.layout(scenario).outcome(slots)

    def build(
        self, flavour: Flavour | str = "native", *, compiler: str | None = None
    ) -> Build:
        """Compile the subject with its glue into a shared object.

        Parameters
        ----------
        flavour
            ``"native"`` (also ``"native-O0"`` to ``"native-O3"``), ``"explored"``,
            ``"checked"``, or a ``heald.building.build.Flavour``.
        compiler
            A command; by default the environment's ``CC``, or gcc.

        Raises
        ------
        UsageError
            With the compiler's own words.
        """
        from heald.subject.glue import build_subject

        return build_subject(self, flavour, compiler=compiler)

    def __repr__(self) -> str:
        return f"<Subject {self.name}: {', '.join(self.ops)}>"

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
        if path.suffix not in (".c", ".h"):
            raise UsageError(
                f"{file}: sources are C files (.c) or headers (.h); for another language "
                'give a C file that calls it, and link with ldflags=["its object file"]'
            )
    return paths
