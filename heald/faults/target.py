"""A transfer as a campaign's target: every fault method gets its share of a slice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from heald.building.engine import engine_path, is_compiled
from heald.building.engine_parts import compiler_command
from heald.building.places import quoted
from heald.capsule import digest_of
from heald.faults.case import Case
from heald.faults.checking import MethodReport, check
from heald.faults.clauses import KINDS, Clause, clauses_of
from heald.faults.host import Host, Ran
from heald.faults.located import places_of, with_calls
from heald.faults.methods import METHODS, Method
from heald.faults.records import can_draw
from heald.faults.smaller import smaller
from heald.faults.subject import TransferSubject
from heald.finding import Finding
from heald.stop import Stop
from heald.targets.shrinking import shrinking_s
from heald.targets.so_far import so_far
from heald.targets.target import Expected, SliceResult

_SHOWN_CALLS = 12
#: Part of a slice that goes to scripted cases drawn in C, some ten thousands a second.
BULK_PART = 0.4
#: Part of a flawed variant's slice that goes to the methods that must catch it.
NAMED_PART = 0.75
#: A case that takes longer is a hang. A loaded machine must not look like one.
DEADLINE_S = 20.0
#: One that moves nothing, though it had every chance to, is not waited for so long; of a flawed
#: variant it is no surprise.
STILL_S = {"flawed": 1.5}
STILL_OF_OTHERS_S = 4.0


@dataclass
class TransferTarget:
    """One variant of a transfer, run for slices of time.

    Attributes
    ----------
    subject
        What is checked.
    caught_by
        Of a flawed one, the methods that must catch it.
    """

    subject: TransferSubject
    caught_by: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """The subject and its variant."""
        return self.subject.full_name

    @property
    def expected(self) -> Expected:
        """What it must show."""
        return self.subject.expected

    @property
    def shown_here(self) -> Literal["yes", "rare"]:
        """Whether the machine has one of the methods that must catch it."""
        known = [method for method in METHODS if method.name in self.caught_by]
        has = any(method.missing() is None for method in known)
        return "yes" if has or not known else "rare"

    @property
    def _still_s(self) -> float:
        return STILL_S.get(self.expected or "", STILL_OF_OTHERS_S)

    @property
    def processors(self) -> int:
        """A transfer and its peer take turns most of the time."""
        return 1

    @staticmethod
    def load() -> None:
        """Ask the machine which methods work here, before each target is a process."""
        if is_compiled("faults"):
            for method in METHODS:
                method.missing()

    def prepare(self) -> None:
        """Compile, if that is still to be done, what every slice needs.

        A flawed variant ends with its first failure, for most in the first of the methods
        that its author names: what the others run is made when they are reached.
        """
        engine_path("faults")
        usable = self._methods()
        flawed = self.expected == "flawed" and bool(self.caught_by)
        self._build(usable[:1] if flawed else usable)

    def run_slice(self, *, seconds: float, seed: int, stop: Stop) -> SliceResult:
        """Run bulk cases, until one fails, and every method that works here, for `seconds` or so.

        A flawed variant has shown itself with its first failure: the slice ends there, and
        the methods that its author names come first, the cheap ones before the others.
        """
        self.prepare()
        begin = time.monotonic()
        outcomes: Counter[str] = Counter()
        failures: list[Ran] = []
        flawed = self.expected == "flawed"
        samples, notes = 0, list[str]()

        def tell() -> None:
            took, found = time.monotonic() - begin, findings_of(failures, seed)
            so_far(SliceResult(samples, took, dict(outcomes), found))

        if not flawed and can_draw(self.subject.contract):
            samples = self._bulk(seed, seconds * BULK_PART, stop, outcomes, failures)
            if failures:
                tell()
        usable = self._methods()
        named = sum(m.name in self.caught_by for m in usable) if flawed else 0
        for at, method in enumerate(usable):
            left = seconds - (time.monotonic() - begin)
            if left <= 0 or stop.is_set() or (flawed and failures):
                break
            begin += self._build([method])  # compiling is not part of the slice
            part = left / (len(usable) - at)
            if at < named:  # some show a flaw in one case of hundreds
                part = max(part, left * NAMED_PART / (named - at))
            report = self._method(method, seed, part)
            samples += report.ran
            if report.unseen:
                notes.append(f"{method.name}: does not apply: {_UNSEEN}")
            outcomes.update(report.outcomes)
            failures += report.failures
            if report.failures:
                tell()
        left = seconds - (time.monotonic() - begin)
        shrinking = shrinking_s(self.expected, slice_s=seconds, left_s=left)
        if shrinking:
            failures = self._made_smaller(failures, shrinking)
        notes += [f"{m.name}: {m.missing()}" for m in METHODS if m.missing() is not None]
        return SliceResult(
            samples=samples,
            seconds=time.monotonic() - begin,
            outcomes=dict(outcomes),
            findings=findings_of(failures, seed, self.subject if shrinking else None),
            notes=notes,
            trustworthy=samples > 0,
        )

    def _build(self, methods: Sequence[Method]) -> float:
        """Make what the methods run; return the seconds that it took."""
        began = time.monotonic()
        for wrapped, checked in {(m.wrapped, m.checked) for m in methods}:
            self.subject.build(wrapped=wrapped, checked=checked)
        return time.monotonic() - began

    def _methods(self) -> list[Method]:
        usable = [method for method in METHODS if method.missing() is None]
        return sorted(usable, key=lambda m: (m.name not in self.caught_by, m.cost_ms))

    def identity(self) -> dict[str, Any]:
        """Say what was run: sources with their digests, flags, compiler."""
        return {
            "check": "transfer",
            "subject": self.subject.name,
            "variant": self.subject.variant,
            "sources": {str(file): digest_of(file) for file in self.subject.inputs()},
            "flags": [
                f"-D{name}={value}" for name, value in self.subject.defines.items()
            ],
            "compiler": " ".join(compiler_command()),
        }

    def replay_slice(
        self, finding: Finding, *, seconds: float, seed: int, stop: Stop
    ) -> SliceResult:
        """Run the finding's own case again and again: peers and signals keep their own time."""
        del seed
        case = Case.from_json(finding.detail["case"])
        failures, samples = list[Ran](), 0
        checked = bool(finding.detail.get("checked", False))
        with self._host_for(case, checked=checked) as host:
            begin = time.monotonic()  # now all is compiled
            while not failures and not stop.is_set():
                ran = host.run_one(case)
                samples += 1
                failures += [ran] if ran.broken else []
                if time.monotonic() - begin > seconds:
                    break
        return SliceResult(
            samples=samples,
            seconds=time.monotonic() - begin,
            findings=findings_of(failures, finding.seed or 0, self.subject),
        )

    def _made_smaller(self, failures: list[Ran], seconds: float) -> list[Ran]:
        """Shrink what will be told: the first failure of each kind."""
        told = {_kind_of(ran): at for at, ran in reversed(list(enumerate(failures)))}
        made = list(failures)
        for at in told.values():
            ran = failures[at]
            with self._host_for(ran.case, checked=ran.checked) as host:
                made[at] = smaller(
                    ran,
                    host.run_one,
                    whole=self.subject.contract.whole,
                    seconds=seconds / len(told),
                )
        return made

    def _host_for(self, case: Case, *, checked: bool) -> Host:
        """Return the host in which a case is run alone."""
        return Host(
            self.subject,
            wrapped=bool(case.steps) and not (case.notify or case.outside),
            checked=checked,
            deadline_s=DEADLINE_S,
            still_s=self._still_s,
        )

    def _method(self, method: Method, seed: int, seconds: float) -> MethodReport:
        return check(
            self.subject,
            method,
            seed=seed,
            count=1_000_000,
            seconds=seconds,
            stop_at_failure=True,
            deadline_s=DEADLINE_S,
            still_s=self._still_s,
        )

    def _bulk(
        self,
        seed: int,
        seconds: float,
        stop: Stop,
        outcomes: Counter[str],
        failures: list[Ran],
    ) -> int:
        with Host(self.subject, deadline_s=DEADLINE_S, still_s=self._still_s) as host:
            report = host.bulk(
                (seed & 0x7FFFFFFF) << 32,
                1_000_000_000,
                seconds=seconds,
                stop=lambda report: stop.is_set() or bool(_seen(report.failures)),
            )
        seen = _seen(report.failures)
        failures += seen
        if len(seen) < len(report.failures):
            # Its script acts at calls that are not made: such cases say nothing.
            return 0
        outcomes["scripted, as promised"] += report.ran - report.failed
        for ran in seen:
            outcomes[", ".join(KINDS[clause] for clause in clauses_of(ran.broken))] += 1
        return report.ran


_UNSEEN = "none of the calls that its scripts act at was made"


def findings_of(
    failures: list[Ran], seed: int, subject: TransferSubject | None = None
) -> list[Finding]:
    """Make one finding of each kind of failure: its first case, and how often it came.

    With the subject its calls are told, and the lines of C that made them.
    """
    by_kind: dict[str, list[Ran]] = {}
    for ran in failures:
        by_kind.setdefault(_kind_of(ran), []).append(ran)
    return [
        _finding(kind, ran[0], len(ran), seed, subject) for kind, ran in by_kind.items()
    ]


def _finding(
    kind: str, ran: Ran, count: int, seed: int, subject: TransferSubject | None
) -> Finding:
    if subject is not None:
        ran = with_calls(subject, ran)
    where = [] if subject is None else places_of(subject, ran)
    return Finding(
        kind=kind,
        message=f"{_without_kind(ran.explain()[0])}\n  {ran.case}",
        seed=ran.seed if ran.seed is not None else seed,
        count=count,
        detail={
            "case": ran.case.to_json(),
            "calls": _calls(ran),
            "acted": [call.step for call in ran.result.log] if ran.result else [],
            "where": where,
            "shown": [*map(quoted, where), *_shown(ran, told=bool(where))],
            "bytes": _bytes(ran),
            "result": _numbers(ran),
            "checked": ran.checked,
        },
    )


def _kind_of(ran: Ran) -> str:
    return KINDS[min(clauses_of(ran.broken), default=Clause.ENGINE)]


def _shown(ran: Ran, *, told: bool = False) -> list[str]:
    """Return what the script did, call by call, and all that is wrong with the bytes."""
    calls = _calls(ran)
    if told and len(calls) == 1:
        calls = []  # its place says it
    left = len(calls) - _SHOWN_CALLS
    return [
        *calls[:_SHOWN_CALLS],
        *([f"({left} calls more)"] if left > 0 else []),
        *(said for said in ran.explain()[1:]),
        *_bytes(ran),
    ]


def _bytes(ran: Ran) -> list[str]:
    """Set the bytes that had to come beside those that did, from where they differ."""
    numbers = _numbers(ran)
    if "meant" not in numbers:
        return []
    return [
        f"from byte {numbers['shown_at']} on had to come  {numbers['meant']}",
        f"{'came':>{len(str(numbers['shown_at'])) + 27}}  {numbers['got'] or 'nothing'}",
    ]


def _calls(ran: Ran) -> list[str]:
    return [str(call) for call in ran.result.log] if ran.result is not None else []


#: What a page draws of a result.
_NUMBERS = ("moved", "arrived", "expected", "wrong_at", "result", "error")


def _numbers(ran: Ran) -> dict[str, Any]:
    result = ran.result
    if result is None:
        return {}
    told: dict[str, Any] = {name: getattr(result, name) for name in _NUMBERS}
    if result.shown_at >= 0 and result.meant:
        told |= {"shown_at": result.shown_at}
        told |= {"meant": result.meant.hex(" "), "got": result.got.hex(" ")}
    return told


def _without_kind(said: str) -> str:
    return said.partition(": ")[2] or said


def _seen(failures: Sequence[Ran]) -> list[Ran]:
    """Leave out cases whose script acts at calls that are not made: they say nothing."""
    return [ran for ran in failures if ran.broken != Clause.UNSEEN]
