"""``docs/memory-model.md`` names a function and a litmus test for every rule; both must exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.litmus.test_litmus import TABLE

ROOT = Path(__file__).parents[2]
RULES = [
    [cell.strip() for cell in line.strip("|\n").split("|")]
    for line in (ROOT / "docs" / "memory-model.md").read_text().splitlines()
    if re.match(r"^\| .*`\w+/\w+\.[ch]: ", line)
]
each_rule = pytest.mark.parametrize("rule", RULES, ids=[rule[0] for rule in RULES])


def test_all_three_models_have_rules() -> None:
    assert len(RULES) >= 28


@each_rule
def test_a_rule_has_a_formula_and_a_litmus_test(rule: list[str]) -> None:
    _, formula, _, litmus = rule
    assert formula
    assert litmus in TABLE


@each_rule
def test_a_rule_names_a_function_of_the_explorer(rule: list[str]) -> None:
    match = re.fullmatch(r"`(\w+/\w+\.[ch]): (\w+)`", rule[2])
    assert match is not None
    source = ROOT / "csrc" / "explore" / match[1]
    assert re.search(rf"^[a-z].*\b{match[2]}\(", source.read_text(), re.MULTILINE)
