"""The pytest plugin: options, what a run can be repeated with, seeds, repetitions, replay lines.

Nothing here changes a test run that does not use heald: the options have defaults, the
fixtures are asked for by name, and Hypothesis keeps its own profile unless one of ours is
chosen (``--heald-profile``, or ``heald_profile`` in the configuration). No compiler is
started and no line printed unless a collected test has something of heald's.
"""

from __future__ import annotations

import hashlib
import os
import random
import re
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

import pytest

from heald.durations import seconds_in
from heald.explaining.while_testing import EXPLANATIONS
from heald.testing.located import line_of_test, locate
from heald.testing.repeated import HealdRun
from heald.testing.written import Written, add_options, attach
from heald.violation import Violated

#: Examples per property and seconds per test on real threads.
PROFILES = {"quick": (50, 1.0), "thorough": (500, 10.0), "nightly": (5000, 60.0)}

#: What may become of a test that could not have failed.
DOUBTS = ("fail", "skip", "warn")

#: Seconds for the explanation of one failure.
EXPLAIN_S = 5.0

_STEP = "__pytest_repeat_step_number"
_FIXTURES = {"heald_run", "heald_repetitions"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options."""
    group = parser.getgroup("heald", "heald: lock-free C and zero-copy I/O")
    group.addoption(
        "--heald-seed",
        type=int,
        help="base of all schedule seeds [$HEALD_SEED, else a new one; it is printed]",
    )
    group.addoption(
        "--heald-budget",
        type=seconds_in,
        metavar="DURATION",
        help="time of each check on real threads, like 500ms or 10s [by profile]",
    )
    group.addoption(
        "--heald-explain",
        type=lambda text: 0.0 if text == "0" else seconds_in(text),
        metavar="DURATION",
        help="time to search the explorer for a failure on real threads [5s]; 0: none",
    )
    group.addoption(
        "--heald-resume",
        action="store_true",
        help="leave out scenarios that earlier runs explored to the end and found right",
    )
    group.addoption(
        "--heald-profile",
        choices=list(PROFILES),
        help="how much to try: quick (default), thorough or nightly",
    )
    add_options(group)
    parser.addini("heald_profile", "the default of --heald-profile", default="")
    parser.addini(
        "heald_untrustworthy",
        "what becomes of a test that could not have failed: fail (default), skip or warn",
        default="fail",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Choose the base seed and the profile; processes that share the tests share the seed."""
    given = getattr(config, "workerinput", {})
    seed = given.get("heald_seed", config.getoption("--heald-seed"))
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(_Shared())
    written = Written.asked_for(config)
    if written is not None:
        config.pluginmanager.register(written)
    if seed is None:
        seed = _seed_of_environment()
    untrustworthy = config.getini("heald_untrustworthy")
    if untrustworthy not in DOUBTS:
        raise pytest.UsageError(
            f"heald_untrustworthy is one of {', '.join(DOUBTS)}; got {untrustworthy!r}"
        )
    config.stash[_SEED] = seed
    asked = config.getoption("--heald-profile") or config.getini("heald_profile")
    if asked and asked not in PROFILES:
        raise pytest.UsageError(
            f"heald_profile is one of {', '.join(PROFILES)}; got {asked!r}"
        )
    config.stash[_PROFILE] = asked or "quick"
    config.stash[_CAPSULES] = {}
    asked_s = config.getoption("--heald-explain")
    EXPLANATIONS.budget_s = EXPLAIN_S if asked_s is None else asked_s
    _register_profiles(asked)


def _seed_of_environment() -> int:
    given = os.environ.get("HEALD_SEED")
    try:
        return int(given) if given else random.SystemRandom().randrange(2**32)
    except ValueError:
        raise pytest.UsageError(f"HEALD_SEED is a number; got {given!r}") from None


_SEED = pytest.StashKey[int]()
_PROFILE = pytest.StashKey[str]()
_CAPSULES = pytest.StashKey[dict[str, list[str]]]()


def _register_profiles(chosen: str) -> None:
    if not chosen:
        return
    from hypothesis import HealthCheck, settings

    for name, (examples, _) in PROFILES.items():
        settings.register_profile(
            name,
            max_examples=examples,
            # Real threads, system calls and compilers take the time they take.
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            print_blob=True,
        )
    settings.load_profile(chosen)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Place a test that heald made at the line that asked for it."""
    function = getattr(item, "function", None)
    made_in = str(getattr(function, "__module__", "") or "")
    line = line_of_test(item.path, item.name, made_in)
    if line is not None:
        item.stash[_LINE] = line
        file, _, name = item.location
        item.location = (_beside(item, file), line - 1, name)


def _beside(item: pytest.Item, file: str) -> str:
    """Return the test's own file as pytest names files: from the root where it is below it."""
    path, root = item.path, item.config.rootpath
    return str(path.relative_to(root)) if path.is_relative_to(root) else file


def pytest_report_collectionfinish(
    config: pytest.Config, items: Sequence[pytest.Item]
) -> list[str]:
    """Say what a run can be repeated with, if there is something of heald's in it."""
    return _told(config) if _is_ours(items) and config.get_verbosity() >= 0 else []


def _is_ours(items: Iterable[pytest.Item]) -> bool:
    """Whether a test asks for a fixture of ours, or anything imported a part of heald."""
    if not _names_of_heald() <= _PLUGIN_NEEDS:
        return True
    return any(_FIXTURES & set(getattr(item, "fixturenames", ())) for item in items)


def _told(config: pytest.Config) -> list[str]:
    from heald.topology import this_machine
    from heald.version import VERSION

    return [
        f"heald: {VERSION}, --heald-seed={config.stash[_SEED]}, "
        f"profile {config.stash[_PROFILE]}, {_compiler()}",
        f"heald: {this_machine()}",
    ]


def _compiler() -> str:
    """Name the compiler and its version, or say that there is none."""
    import subprocess

    from heald.building.engine_parts import compiler_command

    command = compiler_command()
    try:
        done = subprocess.run(
            [*command, "-dumpfullversion", "-dumpversion"],
            capture_output=True,
            text=True,
            timeout=20,
        )
    except (OSError, subprocess.TimeoutExpired):
        return f"no compiler {command[0]}"
    return f"{' '.join(command)} {done.stdout.strip()}".strip()


@pytest.hookimpl(tryfirst=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Keep ``--count`` from multiplying a test that repeats itself.

    A hundred thousand items cost more than a minute and half a gigabyte before the first
    of them runs; a loop costs nothing.
    """
    if "heald_repetitions" in metafunc.fixturenames:
        metafunc.definition.add_marker(pytest.mark.repeat(1), append=False)


@pytest.fixture
def heald_run(request: pytest.FixtureRequest) -> HealdRun:
    """Seed, budget and profile of this test; each repetition has a seed of its own."""
    callspec = getattr(request.node, "callspec", None)
    step = callspec.params.get(_STEP) if callspec is not None else None
    return _run(request, step or 0)


@pytest.fixture
def heald_repetitions(request: pytest.FixtureRequest) -> Iterator[HealdRun]:
    """As many runs as ``--count`` says (one without it), each with its own seed.

    A test that iterates over them is one item, whatever the count.
    """
    marks = [m for m in request.node.iter_markers("repeat") if m.args != (1,)]
    count = int(marks[0].args[0]) if marks else request.config.getoption("count", 1)

    def runs() -> Iterator[HealdRun]:
        for number in range(count):
            run = _run(request, number)
            request.node.stash[_LAST] = run
            yield run

    return runs()


_LAST = pytest.StashKey[HealdRun]()
_WORTH = pytest.StashKey[str]()
_LINE = pytest.StashKey[int]()


def _run(request: pytest.FixtureRequest, number: int) -> HealdRun:
    config = request.config
    profile = config.stash[_PROFILE]
    budget_s = config.getoption("--heald-budget") or PROFILES[profile][1]
    seed = _derived(config.stash[_SEED], _name(request.node), number)

    def say(worth: str) -> None:
        request.node.stash[_WORTH] = worth

    def doubt(why: str) -> None:
        kind = config.getini("heald_untrustworthy")
        if kind == "warn":
            say(why)
            request.node.warn(pytest.PytestWarning(why))
        elif kind == "skip":
            pytest.skip(why)
        else:
            pytest.fail(why, pytrace=False)

    resume = bool(config.getoption("--heald-resume"))
    return HealdRun(seed, budget_s, profile, number, say, doubt, resume)


def _name(node: pytest.Item) -> str:
    """Return the test's name without the part that says which repetition it is."""
    callspec = getattr(node, "callspec", None)
    step = callspec.params.get(_STEP) if callspec is not None else None
    if step is None:
        return node.nodeid
    return re.sub(rf"(?<=[\[-]){step + 1}-\d+(?=[\]-])", "", node.nodeid)


def _derived(base: int, name: str, number: int) -> int:
    digest = hashlib.blake2b(f"{base} {name} {number}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put findings into the report (and so into JUnit), capsules into the summary."""
    error = call.excinfo.value if call.excinfo is not None else None
    violations = list(_carried(error))
    for violation in violations:
        finding, capsule = violation.finding, violation.capsule
        if finding is not None:
            item.user_properties.append(("heald.finding", finding.kind))
        if violation.bug:
            item.user_properties.append(("heald.bug", violation.bug))
        if capsule is not None:
            item.user_properties.append(("heald.replay", f"heald replay {capsule}"))
            item.config.stash[_CAPSULES].setdefault(item.nodeid, []).append(str(capsule))
    last = item.stash.get(_LAST, None)
    if call.when == "call" and last is not None:
        item.user_properties.append(("heald.repetitions", str(last.number + 1)))
    worth = item.stash.get(_WORTH, None)
    if call.when == "call" and worth is not None:
        item.user_properties.append(("heald.worth", worth))
    report = yield
    attach(report, violations)
    line = item.stash.get(_LINE, None)
    if report.failed and line is not None:
        locate(report, str(item.path), line)
    if report.failed and last is not None:
        told = f"repetition {last.number + 1}, seed {last.seed}"
        report.sections.append(("heald", told))
    return report


def _carried(
    error: BaseException | None, seen: frozenset[int] = frozenset()
) -> Iterator[Violated]:
    """Yield each violation in `error`, its causes and members."""
    if error is None or id(error) in seen:
        return
    seen |= {id(error)}
    if isinstance(error, Violated):
        yield error
    if isinstance(error, BaseExceptionGroup):
        for member in error.exceptions:
            yield from _carried(member, seen)
    yield from _carried(error.__cause__, seen)


class _Shared:
    """What processes of pytest-xdist tell each other; it has these hooks, pytest has not."""

    @staticmethod
    def pytest_configure_node(node: Any) -> None:
        """Give a process the seed of all."""
        node.workerinput["heald_seed"] = node.config.stash[_SEED]

    @staticmethod
    def pytest_testnodedown(node: Any) -> None:
        """Take what a process has seen."""
        told = getattr(node, "workeroutput", {}).get("heald", {})
        stash = node.config.stash
        stash[_CAPSULES].update(told.get("capsules", {}))
        stash[_USED_ELSEWHERE] = stash.get(_USED_ELSEWHERE, False) or bool(told)

    @staticmethod
    def pytest_sessionfinish(session: pytest.Session) -> None:
        """Tell what this process has seen."""
        output = getattr(session.config, "workeroutput", None)
        if output is not None and _is_ours(session.items):
            output["heald"] = {"capsules": session.config.stash[_CAPSULES]}


_USED_ELSEWHERE = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> Iterator[None]:
    """After everything else, print the lines to type."""
    yield
    if config.stash.get(_USED_ELSEWHERE, False):
        for line in _told(config):
            terminalreporter.line(line)
    # pytest makes single letters of -rA, and "p" is one of them.
    if terminalreporter.hasopt("p") or config.get_verbosity() > 0:
        _tell_worth(terminalreporter)
    capsules = config.stash.get(_CAPSULES, {})
    if not capsules:
        return
    terminalreporter.section("heald: see it again", sep="-")
    for test, paths in capsules.items():
        for path in dict.fromkeys(paths):
            terminalreporter.line(f"heald replay {path}    # {test}")


def _tell_worth(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what each pass is worth, for ``-rA`` and ``-v``."""
    told = [
        (report.nodeid, worth)
        for report in terminalreporter.getreports("passed")
        if report.when == "call"
        for name, worth in report.user_properties
        if name == "heald.worth"
    ]
    if told:
        terminalreporter.section("heald: what a pass is worth", sep="-")
    for test, worth in told:
        terminalreporter.line(f"{test}: {worth}")


def _names_of_heald() -> frozenset[str]:
    return frozenset(name for name in sys.modules if name.partition(".")[0] == "heald")


#: What the plugin itself needs of heald; tests that use heald need more.
_PLUGIN_NEEDS = _names_of_heald()
