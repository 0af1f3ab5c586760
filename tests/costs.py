"""What each test takes of the processors, told at the end: a pytest plugin of this suite.

Why     A suite grows slow test by test. Wall clock does not say which: on a busy machine it
        blames whoever waits. Processor time of a test and of its children does.
How     Differences of ``tests.processor.spent`` from report to report of one process, so that
        nothing between two tests is lost; sent with the reports, since pytest-xdist has a
        process for each worker. What serves several tests counts where it ends.
Fails   a run in which a test takes more than ``--most-costs``, by name: one took 137 seconds before
        anybody saw it. The limit is several times what the dearest takes, compiling of what all
        share included, so that a busy machine does not reach it; ``pytest.mark.costs`` has
        another one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping

import pytest

from tests.processor import spent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--costs",
        type=int,
        default=0,
        metavar="N",
        help="print the N tests that take most processor time, and the sum of all",
    )

    parser.addoption(
        "--most-costs",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="fail where one test takes more processor time",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "costs(seconds): another limit than --most-costs")
    config.pluginmanager.register(_Meter(), "costs-meter")
    if config.getoption("--costs") and not hasattr(config, "workerinput"):
        table = _Table(config.getoption("--costs"), config.getoption("--most-costs"))
        config.pluginmanager.register(table, "costs-table")


class _Meter:
    """Writes into each report what was spent since the one before."""

    def __init__(self) -> None:
        self.before = 0.0  # the first report counts what collecting took

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        now = spent()
        report.processor_s = now - self.before  # fields that xdist passes on
        own = item.get_closest_marker("costs")
        report.most_processor_s = own.args[0] if own else None
        self.before = now
        return report


class _Table:
    """Sums up the reports and prints who took most."""

    def __init__(self, most: int, limit_s: float) -> None:
        self.most = most
        self.limit_s = limit_s
        self.costs: Counter[str] = Counter()
        self.limits: dict[str, float] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.costs[report.nodeid] += getattr(report, "processor_s", 0.0)
        own = getattr(report, "most_processor_s", None)
        self.limits[report.nodeid] = self.limit_s if own is None else own

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.limit_s and too_dear(self.costs, self.limits):
            session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("processor time")
        for line in lines(self.costs, self.most):
            terminalreporter.write_line(line)
        for line in too_dear(self.costs, self.limits) if self.limit_s else ():
            terminalreporter.write_line(line, red=True)


def too_dear(costs: Mapping[str, float], limits: Mapping[str, float]) -> list[str]:
    """Return who takes more than it may, in words."""
    return [
        f"{name} takes {seconds:.0f} s of processor time, and may take {limits[name]:.0f}"
        for name, seconds in costs.items()
        if seconds > limits[name]
    ]


def lines(costs: Mapping[str, float], most: int) -> list[str]:
    """Return the table: who took most first, then folders, then the sum."""
    folders: Counter[str] = Counter()
    for name, seconds in costs.items():
        folders["/".join(name.partition("::")[0].split("/")[:2])] += seconds
    rows = [*Counter(costs).most_common(most), *folders.most_common(most)]
    rows.append((f"all of {len(costs)} tests", sum(costs.values())))
    return [f"{seconds:8.1f} s  {name}" for name, seconds in rows]
