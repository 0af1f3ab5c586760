"""Make the failures of docs/reading-a-failure.md anew: ``python -m tests.explaining.page``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from heald import Scenario, Subject
from heald.explaining.explanation import explain
from heald.explorer.execution import completed, text_of
from heald.explorer.exploration import explore_scenario
from heald.explorer.options import Options
from heald.finding import Finding
from heald.orders.advice import with_change
from subjects import publish, stack

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reading-a-failure.md"
WIDTH = 126

_SUBJECTS = {each.name: each for each in (*publish.TARGETS, *stack.TARGETS)}


def explained(name: str, kind: str, scenario: Scenario) -> str:
    """Return what is said of a failure that real threads showed."""
    found = explain(_SUBJECTS[name], Finding(kind, "", scenario), budget_s=300)
    return found.text(width=WIDTH)


def explored(name: str, scenario: Scenario) -> str:
    """Return what is said of a failure that the explorer found by itself."""
    subject: Subject = _SUBJECTS[name]
    options = Options(races="allow", shortest=True)
    found = explore_scenario(subject, scenario, **vars(options))
    failed = completed(subject, found.findings[0], options)
    return text_of(with_change(subject, failed, options), width=WIDTH)


SHOWN: Mapping[str, Callable[[], str]] = {
    "stack/malloc": lambda: explained("stack/malloc", "crash", stack.MIXED),
    "stack/pool": lambda: explained("stack/pool", "forbidden outcome", stack.ABA),
    "publish/relaxed-acquire": lambda: explored(
        "publish/relaxed-acquire", publish.TRYING
    ),
}


def block(name: str) -> re.Pattern[str]:
    """Match the page's block for one of the failures; its text is the second group."""
    return re.compile(rf"(<!-- {re.escape(name)} -->\n```\n)(.*?)(```\n)", re.DOTALL)


def made(name: str) -> str:
    """Return the text of a failure as the page shows it: paths from the project."""
    return SHOWN[name]().replace(f"{ROOT}/", "") + "\n"


def main() -> None:
    """Write the page anew."""
    text = PAGE.read_text()
    for name in SHOWN:
        found = block(name).search(text)
        assert found is not None
        text = text.replace(found[0], found[1] + made(name) + found[3])
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
