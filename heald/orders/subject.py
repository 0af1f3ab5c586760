"""A subject whose orders can be changed: explored over many small scenarios.

It passes if every execution of every scenario is right, and fails with the first one that is
not. Most questions about orders are answered by the few scenarios that failed before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from heald.explorer.exploration import Exploration, explore_scenario, program_of
from heald.explorer.options import Options
from heald.generating.small import size, small_scenarios
from heald.orders.explorable import Answer, Explorable, OutOfTime, TooMany, placed
from heald.orders.mutants import local_files
from heald.precedence import Precedence
from heald.scenario import Scenario
from heald.subject.subject import Subject
from heald.verdicts import Verdict

_WAITS = ("deadlock", "livelock")
_MOST_EXECUTIONS = 20_000
"""Of one scenario under sc; one that has more is left out."""


class OrderedSubject(Explorable):
    """A subject, and the scenarios that it is judged by.

    Attributes
    ----------
    left_out
        How many scenarios were not used: too big, or a call waits for ever.
    in_time
        Of a single scenario: calls that were over before others began.
    failed
        Those that failed under some orders, the last one first.
    """

    def __init__(
        self,
        subject: Subject,
        scenarios: Iterable[Scenario],
        options: Options | None = None,
        on_progress: Callable[[int], None] | None = None,
        *,
        in_time: Precedence = (),
    ) -> None:
        self.subject = subject
        self.in_time = in_time
        self.scenarios = list(scenarios)
        self.left_out = 0
        self.failed: list[Scenario] = []
        defines = [f"-D{name}={value}" for name, value in subject.defines.items()]
        super().__init__(
            subject.name,
            program_of(subject),
            local_files(subject),
            [*subject.cflags, *defines],
            options or Options(),
            on_progress,
        )

    @classmethod
    def over_small_scenarios(
        cls,
        subject: Subject,
        *,
        most: int,
        options: Options,
        on_progress: Callable[[int], None] | None = None,
    ) -> OrderedSubject:
        """Take the subject's interesting scenarios, and so many small ones."""
        small = small_scenarios(subject, most=most).scenarios
        scenarios = sorted({*subject.interesting, *small}, key=size)
        return cls(subject, scenarios, options, on_progress)

    def leave_out_what_waits(self) -> Mapping[str, Any] | None:
        """Keep the scenarios that can be judged; return a failure under sc, if there is one.

        A scenario in which calls wait for ever under sc is not well made (nobody sends
        what one receives); one with too many executions cannot be asked again and again.
        """
        kept = []
        for scenario in self.scenarios:
            found = self._explore(
                scenario,
                ["--places"],
                Options(
                    model="sc",
                    budget_s=self.left_s(),
                    max_executions=_MOST_EXECUTIONS,
                ),
            )
            kinds = {finding.kind for finding in found.findings}
            if kinds and kinds <= set(_WAITS):
                continue
            if found.findings:
                return self._failure(found)
            if found.exhaustive and found.executions:
                kept.append(scenario)
        self.left_out = len(self.scenarios) - len(kept)
        self.scenarios = kept
        return None

    def from_texts(self, texts: Mapping[str, str], folder: Path) -> OrderedSubject:
        """Return the same, compiled from other texts of its files, written into `folder`."""
        root, copies = placed(texts, folder)
        subject = self.subject
        made = subject.with_changes(
            f"{subject.variant or 'as-written'}+orders",
            expected=subject.expected,
            sources=[copies[str(source)] for source in subject.sources],
        )
        made.headers = tuple(copies[str(header)] for header in subject.headers)
        made.cflags = (f"-I{folder}", *_moved(subject, root, folder))
        made.__dict__.pop("machine", None)  # it remembers, and is the original's
        other = OrderedSubject(made, self.scenarios, self.options)
        self.continue_budget(other)
        return other

    def run(self, words: Sequence[str], options: Options, *, briefly: bool) -> Answer:
        """Explore the scenarios, those that failed before first, until one fails."""
        executions = 0
        others = [each for each in self.scenarios if each not in self.failed]
        for scenario in [*self.failed] if briefly else [*self.failed, *others]:
            found = self._explore(scenario, words, options)
            executions += found.executions
            if found.findings:
                if scenario in self.failed:
                    self.failed.remove(scenario)
                self.failed.insert(0, scenario)  # it may decide the next question, too
                return Answer([self._failure(found)], executions)
            if not found.exhaustive:
                if found.engine.get("reason") == "executions":
                    raise TooMany("a scenario has more executions than were allowed")
                raise OutOfTime("the budget ended before all executions were explored")
            self.left_s()
        return Answer((), executions)

    def _explore(
        self, scenario: Scenario, words: Sequence[str], options: Options
    ) -> Exploration:
        chosen = {each.name: getattr(options, each.name) for each in fields(options)}
        self.explorations += 1
        found = explore_scenario(
            self.subject, scenario, in_time=self.in_time, engine_words=words, **chosen
        )
        self.learn(found.engine.get("places", ()))
        self.executions += found.executions + found.blocked
        if (
            found.verdict is Verdict.UNDECIDED
            and found.engine.get("reason") == "interrupt"
        ):
            raise KeyboardInterrupt
        return found

    def _failure(self, found: Exploration) -> Mapping[str, Any]:
        finding = found.findings[0]
        return {
            **finding.detail,
            "kind": finding.kind,
            "message": finding.message,
            "scenario": str(found.scenario),
        }


def _moved(subject: Subject, root: str, folder: Path) -> list[str]:
    """Return the flags; folders are the subject's own, and copies come first."""
    from heald.orders.explorable import moved_flags

    flags, words = [], iter(subject.cflags)
    for word in words:
        if word in ("-I", "-iquote"):
            word = word + next(words, ".")
        if word.startswith("-I"):
            word = f"-I{(subject.folder / word[2:]).resolve()}"
        flags.append(word)
    return moved_flags(flags, root, folder)
