"""A subject: code under test, with its operations, its state and its sequential model.

One description serves every way of checking (``heald.subject.description``). What can be asked
of it is here: what only the compiler knows is asked in ``heald.subject.probe``, and nothing
is compiled before it is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from heald.models.machine import Machine
from heald.scenario import Outcome, Scenario
from heald.subject.description import (
    Description,
    Expected,
    OutcomeTable,
    Shown,
    ShownOn,
)
from heald.subject.glue import build_subject
from heald.subject.layout import Layout, lay_out
from heald.subject.operation import BoundOperation
from heald.subject.probe import resolve
from heald.topology import this_machine
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.building.flavours import Flavour
    from heald.subject.glue import Build


class Subject(Description):
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
    volatile
        ``"race"``, or ``"relaxed"`` where the author means accesses through volatile as
        relaxed atomic ones, as kernels and older libraries do.
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

    def layout(self, scenario: Scenario) -> Layout:
        """Lay a scenario out for C; see ``heald.subject.layout``."""
        return lay_out(self.operation, scenario)

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
        return build_subject(self, flavour, compiler=compiler)

    def __repr__(self) -> str:
        return f"<Subject {self.name}: {', '.join(self.ops)}>"


__all__ = ["Expected", "OutcomeTable", "Shown", "ShownOn", "Subject"]
