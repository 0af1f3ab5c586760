"""``cargo heald test``: what ``cargo test`` prints, of tests whose every execution is explored.

cargo takes any command called ``cargo-...`` for one of its own. Words before ``--`` are those
of ``cargo test`` (a package, features, which tests are built, a filter), words behind it are
libtest's and the explorer's. The exit code is cargo's: 101 where a test has failed.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heald.cli.explorer_options import explorer_options
from heald.verdicts import HealdError, UsageError, Verdict

if TYPE_CHECKING:
    from heald.building.rust.cargo import BuiltTests
    from heald.explorer.program import Asked
    from heald.explorer.result import CheckResult
    from heald.explorer.rust_tests import RustTest

_FAILED = 101
_USAGE = """usage: cargo heald test [WORDS OF cargo test] [FILTER] [-- OPTIONS]

Explores every test that #[heald::test] marks. WORDS say what is built, as for cargo test:
--lib, --test NAME, --features LIST, --manifest-path FILE. OPTIONS, besides those below:
"""
#: Words of cargo test that a value follows.
_WITH_VALUE = frozenset(
    {
        *("--test", "--bin", "--example", "--bench", "--features", "-F", "--package"),
        *("-p", "--exclude", "--profile", "--jobs", "-j", "--config", "--color", "-Z"),
        *("--manifest-path", "--lockfile-path"),
    }
)


@dataclass
class _Words:
    """The words of ``cargo heald test`` before the dashes, sorted."""

    cargo: list[str] = field(default_factory=list)
    filters: list[str] = field(default_factory=list)
    manifest: Path = Path("Cargo.toml")
    goes_on: bool = False

    @classmethod
    def sorted(cls, words: Sequence[str]) -> _Words:
        found, rest = cls(), iter(words)
        for word in rest:
            name, _, value = word.partition("=")
            if name == "--manifest-path":
                found.manifest = Path(value or next(rest, ""))
            elif word == "--no-fail-fast":
                found.goes_on = True
            elif word in _WITH_VALUE:
                found.cargo += [
                    word,
                    *([following] if (following := next(rest, "")) else []),
                ]
            elif word.startswith("-"):
                found.cargo.append(word)
            else:
                found.filters.append(word)
        return found


@dataclass
class _Tally:
    """What became of the tests of one program, or of all."""

    passed: int = 0
    failed: int = 0
    ignored: int = 0
    filtered: int = 0
    executions: int = 0

    def add(self, other: _Tally) -> None:
        """Count what another has counted."""
        for name in vars(other):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def main() -> None:
    """Run ``cargo heald ...``, as cargo calls it."""
    words = sys.argv[1:]
    words = words[1:] if words[:1] == ["heald"] else words
    at = words.index("--") if "--" in words else len(words)
    try:
        if words[:1] != ["test"] or {"-h", "--help"} & {*words[:at]}:
            click.echo(_USAGE + command.get_help(click.Context(command)), err=True)
            sys.exit(0 if {"-h", "--help"} & {*words} else _FAILED)
        before = _Words.sorted(words[1:at])
        command.main(
            [*words[at + 1 :], *before.filters],
            obj=before,
            prog_name="cargo heald test --",
        )
    except HealdError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(_FAILED)


@click.command("test", add_help_option=False)
@click.argument("filters", nargs=-1)
@click.option("--all-tests", is_flag=True, help="Explore ordinary tests (#[test]), too.")
@click.option("--exact", is_flag=True, help="A filter is a whole name.")
@click.option("--skip", multiple=True, help="Leave out tests whose name has this in it.")
@click.option("--ignored", is_flag=True, help="Only tests that are ignored.")
@click.option("--include-ignored", is_flag=True, help="Those, too.")
@click.option("--list", "only_list", is_flag=True, help="Say which tests there are.")
@click.option("--nocapture", is_flag=True, hidden=True)
@click.option(
    "--show-output", is_flag=True, help="Say of tests that passed what was seen."
)
@click.option("--test-threads", hidden=True)
@explorer_options(budget="60s")
@click.pass_obj
def command(
    before: _Words, /, nocapture: bool, test_threads: str | None, **given: Any
) -> None:
    """Explore the tests of a package."""
    from heald.building.rust.cargo import build_tests

    names = ("filters", "all_tests", "exact", "skip", "ignored", "include_ignored")
    chosen = {name: given.pop(name) for name in names}
    shown = {name: given.pop(name) for name in ("only_list", "show_output")}
    manifest = _manifest(before.manifest)
    began = time.monotonic()
    all_of_them, is_marked = _Tally(), False
    for built in build_tests(str(manifest), before.cargo, given.get("trust", ())):
        program = _Program(built, manifest, given, chosen, **shown)
        program.run()
        is_marked |= program.is_marked
        all_of_them.add(program.tally)
        if program.tally.failed:
            again = " ".join(word for word in built.words if word != "--unit-tests")
            click.echo(f"error: test failed, to rerun pass `{again}`", err=True)
            if not before.goes_on:
                break
    if not is_marked and not chosen["all_tests"]:
        raise UsageError(
            "no test is marked with #[heald::test]: mark those that are to be explored, or "
            "explore all with `cargo heald test -- --all-tests`"
        )
    seconds = time.monotonic() - began
    count = all_of_them.passed + all_of_them.failed
    if not shown["only_list"]:
        told = f"{all_of_them.executions:,} executions of {count} tests ({seconds:.1f} s)"
        click.echo(f"    Explored {told}", err=True)
    sys.exit(_FAILED if all_of_them.failed else 0)


def _manifest(named: Path) -> Path:
    """Return the package's manifest: the one that is named, or the nearest one upwards."""
    if named.is_absolute() or len(named.parts) > 1 or named.exists():
        return named
    for folder in Path.cwd().parents:
        if (folder / named).exists():
            return folder / named
    raise UsageError(f"there is no {named} in {Path.cwd()} or in a folder above it")


@dataclass
class _Program:
    """The tests of one program."""

    built: BuiltTests
    manifest: Path
    given: dict[str, Any]
    chosen: dict[str, Any]
    only_list: bool
    show_output: bool
    tally: _Tally = field(default_factory=_Tally)
    is_marked: bool = False
    said: list[tuple[str, str]] = field(default_factory=list)

    def run(self) -> None:
        """Explore those that are asked for, and print what cargo test prints."""
        asked = self._asked()
        tests = self._tests(asked)
        if self.only_list:
            for test in tests:
                click.echo(f"{test.name}: test")
            return
        click.echo(f"     Running {self.built.title} ({self.built.program})", err=True)
        click.echo(f"\nrunning {len(tests)} test{'s' if len(tests) != 1 else ''}")
        began = time.monotonic()
        failed = [test.name for test in tests if not self._test(asked, test)]
        for title, wanted in (("successes", False), ("failures", True)):
            self._told(title, [s for s in self.said if (s[0] in failed) is wanted])
        if failed:
            click.echo("\nfailures:")
            for name in failed:
                click.echo(f"    {name}")
        tally = self.tally
        click.echo(
            f"\ntest result: {'FAILED' if failed else 'ok'}. {tally.passed} passed; "
            f"{tally.failed} failed; {tally.ignored} ignored; 0 measured; "
            f"{tally.filtered} filtered out; finished in {time.monotonic() - began:.2f}s\n"
        )

    def _asked(self) -> Asked:
        from heald.building.engine import engine_path
        from heald.explorer.program import Asked

        sources, words = [str(self.manifest)], list(self.built.words)
        return Asked(
            sources, self.built.program, engine_path("explore"), words, None, 0.0
        )

    def _tests(self, asked: Asked) -> list[RustTest]:
        from heald.building.rust.libtest import has_tests
        from heald.explorer.rust_tests import RustTest, tests_of

        if not has_tests(self.built.program):  # it has a main of its own
            return (
                [RustTest(Path(self.built.title).stem)]
                if self.chosen["all_tests"]
                else []
            )
        known = sorted(tests_of(asked.explored), key=lambda test: test.name)
        self.is_marked = any(test.options is not None for test in known)
        taken = [test for test in known if self._is_wanted(test)]
        self.tally.filtered = len(known) - len(taken)
        return taken

    def _is_wanted(self, test: RustTest) -> bool:
        chosen = self.chosen
        if test.options is None and not chosen["all_tests"]:
            return False
        if chosen["ignored"] and not test.is_ignored:
            return False
        if any(word in test.name for word in chosen["skip"]):
            return False
        filters = chosen["filters"]
        if chosen["exact"]:
            return not filters or test.name in filters
        return not filters or any(word in test.name for word in filters)

    def _test(self, asked: Asked, test: RustTest) -> bool:
        """Explore one; return whether it has not failed."""
        panics = " - should panic" if test.should_panic else ""
        click.echo(f"test {test.name}{panics} ... ", nl=False)
        if test.is_ignored and not (
            self.chosen["ignored"] or self.chosen["include_ignored"]
        ):
            why = f", {test.ignored_for}" if test.ignored_for else ""
            click.echo(f"ignored{why}")
            self.tally.ignored += 1
            return True
        result = self._explored(asked, test)
        self.tally.executions += result.executions
        has_passed = result.verdict is Verdict.PASSED
        self.tally.passed += has_passed
        self.tally.failed += not has_passed
        click.echo("ok" if has_passed else "FAILED")
        if not has_passed or self.show_output:
            self.said.append((test.name, _report(test, result)))
        return has_passed

    def _explored(self, asked: Asked, test: RustTest) -> CheckResult:
        from heald.explorer.options import Options
        from heald.explorer.rust_tests import expected
        from heald.state import CAPSULES

        options = test.chosen(Options(**self.given))
        capsules = None if test.fails else CAPSULES
        return expected(test, asked.explored([test.name], options, capsules))

    def _told(self, title: str, said: Sequence[tuple[str, str]]) -> None:
        if said:
            click.echo(f"\n{title}:")
            for name, text in said:
                click.echo(f"\n---- {name} stdout ----\n{text}")


def _report(test: RustTest, result: CheckResult) -> str:
    from dataclasses import replace

    from heald.cli.check import report

    return report(replace(result, program=test.name))


if __name__ == "__main__":
    main()
