"""Two lanes of tests: those that need all processors run alone, the rest side by side.

``make test`` runs ``-m 'not alone'`` with pytest-xdist and then ``-m alone`` without. A test is
alone where it asks real threads to meet: on a busy machine they meet less often, and what is
asked for (a lost update within a second) does not come.

Of long tables of cases (``SAMPLED``) the lanes ask some rows only, of what is ``NIGHTLY`` none, so
that they end within minutes. All is asked where a file is named (``pytest tests/programs``), with
``--heald-profile thorough`` or ``nightly``, and before a release.

What is drawn is the same in every run of the quick profile: a change is judged by what it changes.
New draws are for the longer profiles.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import signal
from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import settings

from heald.building.engine import engine_path
from heald.building.engine_parts import PARTS
from heald.verdicts import HealdError

pytest_plugins = ["tests.absent", "tests.costs"]

#: Folders and files whose tests are alone.
ALONE = (
    "stress/",
    "properties/test_cas.py",
    "properties/test_counter.py",
    "properties/test_publish.py",
    "properties/test_refcount.py",
    "properties/test_ring.py",
    "properties/test_stack.py",
    "tests/benchmarks/test_counters.py",
    "tests/cli/test_stress.py",
    "tests/explaining/test_while_testing.py",
    "tests/native/test_session.py",
    "tests/native/test_trial.py",
    "tests/subjects/test_stress.py",
    "tests/targets/test_of_subject.py",
    "tests/test_adding_a_subject.py",
    "tests/test_readme.py",
    "tests/testing/test_linearizable.py",
    "tests/testing/test_native.py",
)

#: Files of the other lane that take more than eight seconds, the longest first.
LONG = (
    "tests/cluster/test_dask_backend.py",
    "tests/cluster/test_searching.py",
    "tests/programs/cxx/test_cxx.py",
    "tests/test_csrc.py",
    "tests/engine/test_aarch64.py",
    "tests/oracle/test_explorer.py",
    "tests/building/rust/test_cargo.py",
    "tests/orders/test_other_languages.py",
    "tests/engine/test_sanitized.py",
    "properties/test_transfer.py",
    "tests/packaging/test_wheel.py",
    "tests/cli/test_deaths.py",
    "tests/explorer/test_panics.py",
    "tests/programs/test_whole_sabotage.py",
    "tests/test_pytest_plugin.py",
    "tests/testing/test_explored.py",
    "tests/native/test_engine.py",
    "tests/building/rust/test_standard.py",
    "tests/building/rust/test_library.py",
    "tests/engine/test_runtime.py",
    "tests/real/test_real_cxx.py",
    "tests/campaign/test_kills.py",
    "tests/subjects/test_catalogue.py",
    "tests/campaign/test_run.py",
    "tests/check/test_long_loop.py",
    "tests/campaign/test_explanations.py",
    "tests/faults/test_stillness.py",
    "tests/native/test_findings.py",
    "tests/engine/test_sample.py",
    "tests/models/test_linearize.py",
    "tests/explorer/test_program.py",
    "tests/check/test_unseen.py",
    "tests/explorer/test_exploration.py",
    "properties/test_message.py",
    "tests/programs/test_whole.py",
    "tests/generating/test_scope.py",
    "tests/explaining/test_explanation.py",
    "tests/native/test_hostile.py",
    "tests/verifying/test_subject.py",
)
#: Tables of which a lane asks one row of so many, of each test at least one.
SAMPLED = {
    "properties/test_message.py": 6,
    "properties/test_transfer.py": 12,
    "properties/test_transfer_nginx.py": 2,
    "properties/test_transfer_peers.py": 2,
    "tests/building/assembly/": 6,
    "tests/building/rust/": 24,
    "tests/building/rust/test_standard.py": 24,
    "tests/campaign/test_keeping.py": 3,
    "tests/check/": 5,
    "tests/check/test_lock_life.py": 6,
    "tests/check/test_waiting.py": 6,
    "tests/cli/test_check.py": 4,
    "tests/cli/test_faults.py": 4,
    "tests/cli/test_mistakes.py": 4,
    "tests/describing/": 4,
    "tests/docs/": 3,
    "tests/docs/test_tutorial.py": 8,
    "tests/engine/": 6,
    "tests/engine/test_sample.py": 8,
    "tests/explaining/test_explanation.py": 3,
    "tests/explorer/": 3,
    "tests/explorer/test_open_numbers.py": 5,
    "tests/explorer/test_panics.py": 16,
    "tests/explorer/test_program.py": 5,
    "tests/faults/": 5,
    "tests/faults/test_stillness.py": 12,
    "tests/generating/test_strategies.py": 2,
    "tests/litmus/test_litmus.py": 8,
    "tests/models/test_linearize.py": 3,
    "tests/mutation/test_tables.py": 4,
    "tests/naming/": 2,
    "tests/native/test_findings.py": 6,
    "tests/native/test_hostile.py": 4,
    "tests/oracle/": 6,
    "tests/oracle/whole/test_whole.py": 10,
    "tests/orders/": 4,
    "tests/orders/test_implied.py": 6,
    "tests/orders/test_other_languages.py": 16,
    "tests/orders/test_wrong_orders.py": 8,
    "tests/parsing/": 4,
    "tests/programs/": 8,
    "tests/programs/cxx/": 8,
    "tests/programs/test_everyday.py": 8,
    "tests/programs/test_programs.py": 12,
    "tests/programs/test_samplers.py": 14,
    "tests/programs/test_whole.py": 8,
    "tests/real/": 4,
    "tests/replaying/": 3,
    "tests/replaying/test_stranger.py": 6,
    "tests/showing/": 2,
    "tests/subject/test_glue.py": 4,
    "tests/subjects/test_alone.py": 4,
    "tests/subjects/test_catalogue.py": 8,
    "tests/subjects/test_exploring.py": 10,
    "tests/subjects/test_in_rust.py": 4,
    "tests/subjects/test_litmus.py": 6,
    "tests/test_csrc.py": 3,
}
#: What no lane asks, since it takes a minute and is of other tools: cargo builds all of theirs.
NIGHTLY = ("tests/building/rust/test_side_by_side.py",)
#: Which rows: CI sets the seed, and so asks every commit the same.
FIRST_ROW = int(os.environ.get("HEALD_SEED") or 0)
LANES = ("alone", "not alone")
_TURN = {file: turn for turn, file in enumerate(LONG)}


@pytest.hookimpl(trylast=True)  # the plugin has loaded its profile
def pytest_configure() -> None:
    """Draw in the quick profile what was drawn before, whatever an earlier run has kept."""
    if settings.get_current_profile_name() == "quick":
        settings.register_profile("quick", derandomize=True, database=None)
        settings.load_profile("quick")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the engine before the first test: its budget would be spent on that."""
    if hasattr(session.config, "workerinput"):
        return
    with contextlib.suppress(
        HealdError
    ):  # the tests that need it say why it is not there
        for part in PARTS:
            engine_path(part)


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist, where it is there
def pytest_xdist_auto_num_workers() -> int:
    """Ask for one worker more than there are processors: many tests wait for a while."""
    return len(os.sched_getaffinity(0)) + 1


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Read no file of the other lane: in each of them that is most of them."""
    lane = config.getoption("markexpr")
    if collection_path.suffix != ".py" or lane not in LANES:
        return None
    name = collection_path.relative_to(config.rootpath).as_posix()
    return True if name.startswith(ALONE) != (lane == "alone") else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Mark what is alone, before ``-m`` chooses; begin with what is long."""
    quick = config.getoption("--heald-profile") in (None, "quick")
    if quick and config.getoption("markexpr") in LANES:
        asked = rows([item.nodeid for item in items])
        config.hook.pytest_deselected(items=[i for i in items if i.nodeid not in asked])
        items[:] = [item for item in items if item.nodeid in asked]
    items.sort(key=lambda item: _TURN.get(item.nodeid.partition("::")[0], len(LONG)))
    for item in items:
        if item.nodeid.startswith(ALONE):
            item.add_marker(pytest.mark.alone)


def rows(names: list[str], first: int = FIRST_ROW) -> set[str]:
    """Return which of the tests a lane asks: of each table in an order that follows no column."""
    tables: dict[str, list[str]] = defaultdict(list)
    for name in names:
        tables[name.partition("[")[0]].append(name)
    asked: set[str] = set()
    for test, cases in tables.items():
        known = [table for table in SAMPLED if test.startswith(table)]
        if test.startswith(NIGHTLY):
            continue
        one_of = SAMPLED[max(known, key=len)] if known else 1  # the most exact one
        mixed = sorted(cases, key=lambda name: hashlib.sha256(name.encode()).digest())
        asked |= {*mixed[first % min(one_of, len(cases)) :: one_of]}
    return asked


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Let no test leave signals blocked: the next one's alarm would never come.

    Who did is written to the file that ``HEALD_TESTS_LOG`` names.
    """
    blocked = signal.pthread_sigmask(signal.SIG_SETMASK, ())
    if blocked:
        told = f"{item.nodeid} left {len(blocked)} signals blocked"
        item.add_report_section("teardown", "signals", told)
        if log := os.environ.get("HEALD_TESTS_LOG"):
            with open(log, "a") as file:
                print(told, file=file)
