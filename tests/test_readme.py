"""What the README tells people to type works as printed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from heald import Verdict
from heald.building.engine import engine_path
from heald.cli import main
from heald.testing.repeated import HealdRun
from tests.processor import spent

README = (Path(__file__).resolve().parents[1] / "README.md").read_text()

TREIBER = """
#include <stdatomic.h>
#include <stdlib.h>

struct node {
    struct node *next;
    int value;
};
struct stack {
    _Atomic(struct node *) head;
};

void stack_init(struct stack *stack)
{
    atomic_init(&stack->head, NULL);
}

void stack_push(struct stack *stack, int value)
{
    struct node *node = malloc(sizeof *node);
    node->value = value;
    node->next = atomic_load(&stack->head);
    while (!atomic_compare_exchange_weak(&stack->head, &node->next, node)) {
    }
}

/* Never frees, so it needs no protection against reuse. */
int stack_pop(struct stack *stack, int *out)
{
    struct node *node = atomic_load(&stack->head);
    while (node && !atomic_compare_exchange_weak(&stack->head, &node, node->next)) {
    }
    if (!node)
        return 0;
    *out = node->value;
    return 1;
}
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder: treiber.c and the README's Python beside it."""
    monkeypatch.chdir(tmp_path)
    (python,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    (tmp_path / "my_stack.py").write_text(python)
    (tmp_path / "treiber.c").write_text(TREIBER)
    return tmp_path


@pytest.mark.slow
def test_stack_of_the_readme_is_checked_and_a_mistake_in_it_is_found(here: Path) -> None:
    def stress(*, until: Callable[[Result], bool]) -> Result:
        """Give a machine that is too busy to let two threads overlap more time."""
        for seconds in (2, 5, 20, 60):
            arguments = ["my_stack.py", "--budget", f"{seconds}s", "--json"]
            result = CliRunner().invoke(main, ["stress", *arguments])
            if until(result):
                break
        return result

    def overlapped(done: Result) -> bool:
        if done.exit_code == Verdict.UNTRUSTWORTHY.exit_code:
            return False
        return (
            done.exit_code != 0 or json.loads(done.stdout)["targets"][0]["outcomes"] > 1
        )

    sound = stress(until=overlapped)
    assert sound.exit_code == 0, sound.output
    (row,) = json.loads(sound.stdout)["targets"]
    assert row["samples"] > 100
    assert row["outcomes"] > 1
    flawed = TREIBER.replace(
        "while (!atomic_compare_exchange_weak(&stack->head, &node->next, node)) {\n    }",
        "atomic_store(&stack->head, node);",
    )
    assert flawed != TREIBER
    (here / "treiber.c").write_text(flawed)
    result = stress(until=lambda done: done.exit_code == Verdict.FAILED.exit_code)
    assert result.exit_code == 1, result.output
    (row,) = json.loads(result.stdout)["targets"]
    assert "forbidden outcome" in row["findings"]


def test_commands_of_the_readme_have_the_options_they_are_given() -> None:
    lines = re.findall(r"^heald (\w+) ([^#\n]*)", README, re.MULTILINE)
    assert {name for name, _ in lines} >= {"stress", "replay", "report"}
    for name, rest in lines:
        text = CliRunner().invoke(main, [name, "--help"]).output
        for option in re.findall(r"--\w+", rest):
            assert option in text, (name, option)


def test_pages_that_the_readme_names_are_there() -> None:
    root = Path(__file__).resolve().parents[1]
    pages = re.findall(r"\]\((docs/[^)]+)\)", README)
    assert pages
    assert [page for page in pages if not (root / page).is_file()] == []


#: Seconds of the processor: five on one, thirty on two.
VERIFYING = {"a mistake in it is named": 5, "a verdict on it": 60}


@pytest.mark.parametrize("what", VERIFYING)
def test_stack_of_the_readme_is_verified_within_seconds(
    what: str, here: Path, heald_run: HealdRun
) -> None:
    """Processor time: what it takes where nobody else is, with the engine as a wheel has it."""
    engine_path("explore")
    text = TREIBER
    if what == "a mistake in it is named":
        text = TREIBER.replace("    return 1;", "    free(node);\n    return 1;")
        assert text != TREIBER
    elif heald_run.profile == "quick":
        pytest.skip("in the profiles thorough and nightly")
    (here / "treiber.c").write_text(f"{text}/* never compiled before: {here} */\n")
    before_s = spent()
    done = subprocess.run(
        [sys.executable, "-m", "heald", "verify", "my_stack.py"],
        capture_output=True,
        text=True,
    )
    taken_s = spent() - before_s
    if what == "a mistake in it is named":
        assert done.returncode == Verdict.FAILED.exit_code, done.stdout + done.stderr
        assert "treiber: use after free" in done.stdout + done.stderr
        assert "heald replay " in done.stdout + done.stderr
    else:
        assert done.returncode == 0, done.stdout + done.stderr
    assert taken_s < VERIFYING[what]
