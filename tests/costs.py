"""What each test takes of the processors, told at the end: a pytest plugin of this suite.

Why     A suite grows slow test by test. Wall clock does not say which: on a busy machine it
        blames whoever waits. Processor time of a test and of its children does.
How     Differences of ``tests.processor.spent`` from report to report of one process, so that
        nothing between two tests is lost; sent with the reports, since pytest-xdist has a
        process for each worker. What serves several tests counts where it ends.
Never   fails anything: ``--costs 20`` prints a table for the next one who adds a test.
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


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Meter(), "costs-meter")
    if config.getoption("--costs") and not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Table(config.getoption("--costs")), "costs-table")


class _Meter:
    """Writes into each report what was spent since the one before."""

    def __init__(self) -> None:
        self.before = 0.0  # the first report counts what collecting took

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self,
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        now = spent()
        report.processor_s = now - self.before  # a field that xdist passes on
        self.before = now
        return report


class _Table:
    """Sums up the reports and prints who took most."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.costs: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.costs[report.nodeid] += getattr(report, "processor_s", 0.0)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("processor time")
        for line in lines(self.costs, self.most):
            terminalreporter.write_line(line)


def lines(costs: Mapping[str, float], most: int) -> list[str]:
    """Return the table: who took most first, then folders, then the sum."""
    folders: Counter[str] = Counter()
    for name, seconds in costs.items():
        folders["/".join(name.partition("::")[0].split("/")[:2])] += seconds
    rows = [*Counter(costs).most_common(most), *folders.most_common(most)]
    rows.append((f"all of {len(costs)} tests", sum(costs.values())))
    return [f"{seconds:8.1f} s  {name}" for name, seconds in rows]
