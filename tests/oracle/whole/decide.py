"""What a whole program may do, by brute force: every state once, every thread, every step.

``decide`` gives for each model the executions that end, as graphs, and what may go wrong. Steps
that only one thing can come of are taken at once. That is enough to know whether something goes
wrong, not for all that does: an assertion in one thread may hide a race of two others. So the kinds
of failure come from a second search, in which any thread may be next at every step (``kinds``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.oracle.graph import Graph
from tests.oracle.program import Order

from .channels import EMPTY, EVENT, PIPE
from .choices import choices
from .event import MODELS, Event
from .flatten import OWN, rows_of, steps_of
from .graph import to_graph
from .heap import heap_of
from .partial import EXITED, FINISHED, RUNNING, STILL, Partial
from .program import ATOMIC_ELEMENTS, ATOMICS, MEMBERS, SEMAPHORE, Whole, registers_used
from .steps import Step, advance, changed, result_of

PRIVATE = ("fence", "read", "write", "spawn", "join", "exit", "result", "stand")


class TooBigError(Exception):
    """There are more states than the caller wants to look at."""


@dataclass
class Decision:
    """Per model: each execution and how often (once, where locks are shown), and what fails."""

    graphs: dict[str, Counter[Graph]] = field(
        default_factory=lambda: {m: Counter() for m in MODELS}
    )
    kinds: dict[str, set[str]] = field(default_factory=lambda: {m: set() for m in MODELS})
    states: int = 0

    def fails(self, kind: str, models: int) -> None:
        """Something goes wrong in some of the models."""
        for name, bit in MODELS.items():
            if models & bit:
                self.kinds[name].add(kind)


def decide(program: Whole, *, limit: int | None = None) -> Decision:
    """Look at every execution.

    Raises
    ------
    TooBigError
        If there are more than ``limit`` states.
    """
    return _Search(program, limit, eager=True).run()


def kinds(program: Whole, *, limit: int | None = None) -> dict[str, set[str]]:
    """Every kind of failure that an execution may end with, per model."""
    return _Search(program, limit, eager=False).run().kinds


class _Search:
    def __init__(self, program: Whole, limit: int | None, *, eager: bool) -> None:
        count = len(program.threads)
        self.registers = registers_used(program)
        self.steps = [steps_of(program, thread) for thread in range(count)]
        every = [step for steps in self.steps for step in steps]
        every += [step.then for step in every if step.then]
        named = [step.location for step in every if step.location]
        self.locations = dict.fromkeys((*named, *(f"res{i}" for i in range(count))), 0)
        self.locations |= {
            SEMAPHORE: program.posted,
            EVENT: program.channels.start,
            PIPE: EMPTY,
            **heap_of(program, count),
            **rows_of(program),
        }
        self.shown = {*ATOMICS, *MEMBERS, *ATOMIC_ELEMENTS}
        self.shown |= {f"res{i}" for i in range(count)}
        self.limit, self.eager = limit, eager
        self.decision = Decision()

    def run(self) -> Decision:
        start = Partial(len(self.steps), self.registers + OWN + 1, self.locations)
        seen, todo = {start.key()}, [start]
        while todo:
            partial = todo.pop()
            self.decision.states += 1
            if self.limit is not None and self.decision.states > self.limit:
                raise TooBigError
            for after in self.after(partial):
                key = after.key()
                if key not in seen:
                    seen.add(key)
                    todo.append(after)
        return self.decision

    def after(self, partial: Partial) -> list[Partial]:
        """All states one step on; failures, ends and deadlocks are noted on the way."""
        found: list[Partial] = []
        going = 0
        running = [t for t, state in enumerate(partial.state) if state == RUNNING]
        for thread in running:
            ways = list(self.ways(partial, thread))
            for made in ways:
                if made.raced:
                    self.race(made)
                if not self.may_wait(partial, thread):
                    going |= made.alive | made.raced
            if self.eager and len(ways) == 1 and self.is_private(partial, thread):
                return [made for made in ways if made.alive]
            found += [made for made in ways if made.alive]
        if STILL in partial.state:
            return found  # it is left unfinished: nothing is said of it
        if not running:
            self.ends(partial, partial.alive)
        elif not partial.halts and (stuck := partial.alive & ~going):
            if partial.exited:
                self.ends(partial, stuck)
            else:
                self.sticks(partial, running, stuck)
        return found

    def race(self, partial: Partial) -> None:
        """Of an access and the end of its block: which of them comes last has many names."""
        self.decision.fails("data race", partial.raced)
        if partial.raced_at.startswith("block") and "." not in partial.raced_at:
            self.decision.fails("use after free", partial.raced)
            self.decision.fails("double free", partial.raced)

    def step(self, partial: Partial, thread: int) -> Step | None:
        """What a running thread stands at."""
        at = partial.at[thread]
        return self.steps[thread][at] if at < len(self.steps[thread]) else None

    def may_wait(self, partial: Partial, thread: int) -> bool:
        """May it have to go on waiting with the newest write, although an older one would do?"""
        step = self.step(partial, thread)
        if step is None or step.guard is None or not (step.spins or step.late):
            return False
        newest = partial.value(partial.mo[step.location][-1])
        return not step.guard(newest, partial.registers[thread])

    def sticks(self, partial: Partial, running: list[int], models: int) -> None:
        """Nobody can go on. A thread that loads in a loop is awake, whoever else is asleep.

        One that takes a lock, looks and releases it may be either.
        """
        steps = [self.step(partial, thread) for thread in running]
        loops = [step is not None and step.spins for step in steps]
        if any(loops):
            self.decision.fails("livelock", models)
        if not all(loops) or any(step is not None and step.then for step in steps):
            self.decision.fails("deadlock", models)

    def ways(self, partial: Partial, thread: int) -> Iterator[Partial]:
        """Every way in which the thread goes on."""
        steps = self.steps[thread]
        at, registers, fails = advance(
            steps, partial.at[thread], partial.registers[thread]
        )
        if fails:
            self.fails(partial, "assertion")
            return
        partial.at[thread], partial.registers[thread] = at, registers
        if at >= len(steps):
            yield self.finished(partial, thread)
            return
        yield from self.taken(partial, thread, steps[at])

    def taken(  # noqa: C901  one case each
        self, partial: Partial, thread: int, step: Step
    ) -> Iterator[Partial]:
        """Every way in which a running thread takes a step."""
        if step.where:
            location = step.where(partial.registers[thread])
            if location is None:
                self.fails(partial, "wild access")
                return
            step = replace(step, location=location)
        if step.kind == "exit":
            if step.constant:
                self.decision.fails("exit status", partial.alive)
            made = partial.copy()
            made.add(Event(partial.number(thread), "X"))
            made.state[thread] = EXITED
            made.exited = True
            yield made
        elif step.kind == "spawn":
            made = partial.copy()
            event = Event(partial.number(thread), "S", other=step.thread)
            made.add(event)
            made.begin(event)
            made.at[thread] += 1
            yield made
        elif step.kind == "join":
            if partial.state[step.thread] == FINISHED:
                yield self.joined(partial, thread, step)
        elif step.kind == "result":
            yield self.with_result(partial, thread)
        elif step.kind == "choose":
            yield from self.chosen(partial, thread, step)
        elif step.kind == "stand":
            made = partial.copy()
            made.add(Event(partial.number(thread), "N"))
            made.state[thread] = STILL
            yield made
        else:
            for made in self.with_then(partial, thread, step):
                found = made.newest(thread).read
                kind = step.wrong(found) if step.wrong and found is not None else ""
                if kind and made.alive:
                    self.fails(partial, kind)
                    made.alive = 0
                yield made

    def chosen(self, partial: Partial, thread: int, step: Step) -> Iterator[Partial]:
        """The thread goes on with every number below that of the step."""
        for value in range(step.constant):
            made = partial.copy()
            made.add(Event(partial.number(thread), "C", written=value))
            made.at[thread] += 1
            made.registers[thread] = changed(made.registers[thread], step.register, value)
            yield made

    def joined(self, partial: Partial, thread: int, step: Step) -> Partial:
        """The thread goes on behind the end of another, whose first register it may get."""
        made = partial.copy()
        made.add(Event(partial.number(thread), "J", other=step.thread))
        made.at[thread] += 1
        got = partial.registers[step.thread][0]
        made.registers[thread] = changed(made.registers[thread], step.register, got)
        return made

    def with_then(self, partial: Partial, thread: int, step: Step) -> Iterator[Partial]:
        """Every way to take a step, with what has to come with it.

        A loop's rounds in vain are not kept, but what they read may be in a race.
        """
        if step.spins and step.kind == "load":
            for made in choices(partial, thread, replace(step, guard=None)):
                if made.raced:
                    self.race(made)
        for made in choices(partial, thread, step):
            if step.then is None:
                yield made
                continue
            for after in choices(made, thread, step.then):
                after.at[thread] -= 1
                found, guard = after.newest(thread).read, step.then.guard
                assert guard is not None
                assert found is not None
                if after.raced or guard(found, ()):
                    yield after

    def fails(self, partial: Partial, kind: str) -> None:
        """A thread's next step ends the execution; others may still come before it."""
        partial.halts = True
        if kind:
            self.decision.fails(kind, partial.alive)

    def is_private(self, partial: Partial, thread: int) -> bool:
        """Can the step neither be chosen nor change what others choose from?"""
        step = self.step(partial, thread)
        return step is None or step.kind in PRIVATE

    def with_result(self, partial: Partial, thread: int) -> Partial:
        """The thread stores what its registers hold."""
        made = partial.copy()
        event = Event(
            made.number(thread),
            "W",
            f"res{thread}",
            Order.RLX,
            written=result_of(partial.registers[thread], self.registers),
        )
        made.add(event, 1)
        made.at[thread] += 1
        return made

    def finished(self, partial: Partial, thread: int) -> Partial:
        """The thread ends."""
        made = partial.copy()
        made.add(Event(made.number(thread), "E"))
        made.state[thread] = FINISHED
        return made

    def ends(self, partial: Partial, models: int) -> None:
        """An execution is complete, also where a thread waits that will end with the process."""
        graph = to_graph(partial, self.shown)
        for name, bit in MODELS.items():
            if models & bit:
                self.decision.graphs[name][graph] += 1
