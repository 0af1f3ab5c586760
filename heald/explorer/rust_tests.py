"""Tests of Rust under libtest's harness: each is explored by itself, as a program of its own.

What to run    The program tells of its tests (``csrc/rust/tests.rs``), and of what
               ``#[heald::test(model = "sc")]`` asks for: options as ``heald check`` has them.
Together       One result for several: counts are added, the least certain verdict stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heald.durations import seconds_in
from heald.explorer.options import Options
from heald.verdicts import UsageError, Verdict

if TYPE_CHECKING:
    from heald.explorer.result import CheckResult

LIST = "--list"
Run = Callable[[Sequence[str], Options], "CheckResult"]

#: Of several results, the one that stands for all: the first of these that one of them has.
_WORST = (
    Verdict.ENGINE_ERROR,
    Verdict.FAILED,
    Verdict.USAGE_ERROR,
    Verdict.UNTRUSTWORTHY,
    Verdict.UNDECIDED,
    Verdict.PASSED,
)


@dataclass(frozen=True)
class RustTest:
    """A test of a program.

    Attributes
    ----------
    name
        With its modules, as ``tests::full``.
    is_ignored, ignored_for
        ``#[ignore]``, and its reason.
    should_panic
        Whether it is one that must.
    options
        What ``#[heald::test(...)]`` says, as it is written there; None for an ordinary test.
    """

    name: str
    is_ignored: bool = False
    should_panic: bool = False
    ignored_for: str = ""
    options: Mapping[str, str] | None = None

    @property
    def fails(self) -> str | None:
        """The kind of failure that it must show, if it is a planted one."""
        return (self.options or {}).get("fails")

    def chosen(self, given: Options) -> Options:
        """Return how to explore it: what it says itself, and `given` for the rest.

        Raises
        ------
        UsageError
            If it says what is no option.
        """
        asked = dict(self.options or {})
        asked.pop("fails", None)
        return replace(given, **_read(self.name, asked)).checked()


def tests_listed(output: str) -> list[RustTest]:
    """Return the tests that a program has told of."""
    found: list[RustTest] = []
    options: dict[str, dict[str, str]] = {}
    for line in output.splitlines():
        kind, *rest = line.split("\t")
        if kind == "options" and len(rest) >= 1:
            options[rest[0]] = dict(p.split("=", 1) for p in rest[1:] if "=" in p)
        elif kind in ("test", "ignored") and len(rest) == 3:
            name, panics, why = rest
            found.append(RustTest(name, kind == "ignored", bool(panics), why))
    return [replace(each, options=options.get(each.name)) for each in found]


def _read(name: str, asked: Mapping[str, str]) -> dict[str, Any]:
    """Return options of people's as attributes of `Options`."""
    known = {way.flag(each.name)[2:]: (each.name, way) for each, way in Options.rows()}
    read: dict[str, Any] = {}
    for word, value in asked.items():
        attribute, way = known.get(word.replace("_", "-"), ("", None))
        if way is None or way.told is None or way.form == "texts":
            raise UsageError(f"#[heald::test] of {name} has no option {word}")
        if way.form == "duration":
            read[attribute] = None if value == "none" else seconds_in(value)
        elif way.form == "flag":
            read[attribute] = value == "true"
        elif way.form == "number":
            if not value.isdecimal():
                raise UsageError(
                    f"#[heald::test] of {name}: {word} is a number; got {value!r}"
                )
            read[attribute] = int(value)
        else:
            read[attribute] = value
    return read


def _together(
    results: Sequence[CheckResult], tests: Sequence[RustTest], left_out: int
) -> CheckResult:
    """Return one result for those of several tests."""
    verdicts = {each.verdict for each in results}
    models = {each.model: None for each in results}
    ignored = f"; {left_out} ignored" if left_out else ""
    names = ", ".join(test.name for test in tests)
    told = f"{_count(len(tests))}, each explored by itself: {names}{ignored}"
    notes = dict.fromkeys([told, *(note for each in results for note in each.notes)])
    return replace(
        results[0],
        model=" and ".join(models),
        verdict=next(verdict for verdict in _WORST if verdict in verdicts),
        exhaustive=all(each.exhaustive for each in results),
        executions=sum(each.executions for each in results),
        blocked=sum(each.blocked for each in results),
        cut=sum(each.cut for each in results),
        seconds=sum(each.seconds for each in results),
        failures=[failure for each in results for failure in each.failures],
        failed_executions=sum(each.failed_executions for each in results),
        reason=next((each.reason for each in results if each.reason), None),
        estimate=0.0,
        notes=list(notes),
        unkept=[text for each in results for text in each.unkept],
        output="".join(each.output for each in results if each.failures),
    )


def _count(tests: int) -> str:
    return f"{tests} test" + ("s" if tests != 1 else "")


def holds_tests(sources: Sequence[str], program: Path) -> bool:
    """Whether a program is one of Rust's tests, under libtest's harness."""
    from heald.building.rust.libtest import has_tests
    from heald.building.rust.named import is_rust

    return is_rust(sources) and has_tests(program)


def tests_of(run: Run) -> list[RustTest]:
    """Ask a program for its tests."""
    once = run([LIST], Options(search="random", max_executions=1))
    return tests_listed(once.output)


def check_each(given: Options, run: Run) -> CheckResult:
    """Explore the tests of a program one after the other; return what there is to say of all.

    Parameters
    ----------
    given
        Options; its budget is for all, and each has an equal part of what is left.
    run
        Explores the program with these arguments.

    Raises
    ------
    UsageError
        If there is none.
    """
    known = tests_of(run)
    asked = [each for each in known if not each.is_ignored]
    if not asked:
        raise UsageError("there are no tests in it")
    results: list[CheckResult] = []
    left_s = given.budget_s
    for number, test in enumerate(asked):
        share = None if left_s is None else max(left_s, 0.1) / (len(asked) - number)
        options = test.chosen(replace(given, budget_s=share))
        result = expected(test, run([test.name], options))
        for failure in result.failures:
            failure["message"] = f"test {test.name}: {failure['message']}"
            failure["test"] = test.name
        results.append(result)
        if left_s is not None:
            left_s -= result.seconds
    return _together(results, asked, len(known) - len(asked))


def expected(test: RustTest, result: CheckResult) -> CheckResult:
    """Turn round the result of a test that must fail in a certain way."""
    if test.fails is None or result.verdict is Verdict.USAGE_ERROR:
        return result
    found = {failure["kind"] for failure in result.failures}
    if test.fails in found:
        return replace(
            result,
            verdict=Verdict.PASSED,
            failures=[],
            failed_executions=0,
            exhaustive=True,
            reason=None,
        )
    if not found and result.verdict is Verdict.PASSED:
        told = f"{test.name} should show a {test.fails}, and shows nothing"
        return replace(result, verdict=Verdict.FAILED, notes=[*result.notes, told])
    return result
