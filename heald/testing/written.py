"""``pytest --heald-html FILE --heald-sarif FILE --heald-github``: what heald's tests found.

JUnit is pytest's own (``--junitxml``), and so are all other tests. Failures travel with the
reports, so that it is the same with pytest-xdist.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from heald.violation import Violated

if TYPE_CHECKING:
    import pytest

_KEY = "heald_failures"


def add_options(group: pytest.OptionGroup) -> None:
    """Add the options to pytest's."""
    group.addoption(
        "--heald-html",
        type=Path,
        metavar="FILE",
        help="write a page to step through what heald's tests found",
    )
    group.addoption(
        "--heald-sarif", type=Path, metavar="FILE", help="write that as SARIF 2.1.0"
    )
    group.addoption(
        "--heald-github",
        action="store_true",
        help="print annotations of it for a GitHub workflow",
    )


def attach(report: pytest.TestReport, violations: Iterable[Violated]) -> None:
    """Give a report what its test found, in a form that goes from process to process."""
    failures = [each.failure for each in violations if each.failure is not None]
    if failures:
        setattr(report, _KEY, json.dumps(failures))


@dataclass
class Written:
    """Collects what the tests found, and writes it in the end. A plugin of pytest."""

    html: Path | None
    sarif: Path | None
    github: bool
    failures: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def asked_for(cls, config: pytest.Config) -> Written | None:
        """Return one if an option asks for it and this process has all reports."""
        asked = cls(
            *(config.getoption(f"--heald-{n}") for n in ("html", "sarif", "github"))
        )
        if hasattr(config, "workerinput"):
            return None
        return asked if asked.html or asked.sarif or asked.github else None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test found."""
        for failure in json.loads(getattr(report, _KEY, "[]")):
            told = f"{report.nodeid}: {failure['message']}"
            self.failures.append({**failure, "message": told})

    def pytest_terminal_summary(
        self, terminalreporter: pytest.TerminalReporter, exitstatus: int
    ) -> None:
        """Write all that was asked for."""
        from heald.showing import annotations
        from heald.showing.page import Page
        from heald.state import write_file
        from heald.version import VERSION

        if self.html is not None:
            passed = "failed" if exitstatus else "passed"
            headline = f"{passed}; {len(self.failures)} findings of heald's"
            Page("pytest", headline, self.failures).save(self.html)
        if self.sarif is not None:
            write_file(self.sarif, annotations.sarif(self.failures, VERSION))
        if self.github:
            for line in annotations.github(self.failures):
                terminalreporter.line(line)
