"""docs/zero-copy.md shows ten shrunk counterexamples and more, of three steps at most."""

from __future__ import annotations

import re
from pathlib import Path

from subjects.transfer import FLAWS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "zero-copy.md").read_text()
#: Name of a variant, and the script that catches it.
SHOWN = re.findall(r"^\*\*(\w+)/(.+)\*\*\n\n```\n.*script \[(.*)\]$", PAGE, re.MULTILINE)


def test_ten_counterexamples_are_shown_each_of_a_variant_that_there_is() -> None:
    assert len(SHOWN) >= 10
    assert all(variant in FLAWS[name] for name, variant, _ in SHOWN)


def test_no_script_has_more_than_three_steps() -> None:
    assert all(len(script.split(", ")) <= 3 for _, _, script in SHOWN)
