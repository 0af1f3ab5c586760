"""Volatile is not atomic, says the race; --volatile relaxed takes it, and nothing else, for it."""

from __future__ import annotations

from typing import Any

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict
from tests.texts import written

from .programs import HEAD

FLAG = (
    "volatile int flag; THREAD(f) { UNUSED; flag = 1; return 0; }"
    "int main(void) { go(f,0); while (!flag) ; done(); }"
)
ON_A_STACK = (
    "THREAD(f) { *(volatile int *)arg = 1; return 0; }"
    "int main(void) { volatile int x = 0; go(f,(void *)&x); int v = x; done(); return v > 1; }"
)
#: What a relaxed flag does not order.
MESSAGE = (
    "volatile int flag; int box; THREAD(f) { UNUSED; box = 7; flag = 1; return 0; }"
    "int main(void) { go(f,0); if (flag) assert(box == 7); done(); }"
)
#: Store buffering: what relaxed accesses may show.
BUFFERS = (
    "volatile int x, y; int a, b; THREAD(f) { UNUSED; x = 1; a = y; return 0; }"
    "int main(void) { go(f,0); y = 1; b = x; done(); assert(a || b); }"
)


def run(text: str, **options: Any) -> CheckResult:
    source = written(HEAD + text)
    return check([source], **options)


@pytest.mark.parametrize("text", [FLAG, ON_A_STACK], ids=["flag", "on a stack"])
def test_a_race_says_that_volatile_is_not_atomic_and_the_way_out(text: str) -> None:
    (failure,) = run(text).failures
    assert failure["kind"] == "data race"
    assert "through volatile: that is not atomic" in failure["message"]
    assert "--volatile relaxed" in failure["message"]


@pytest.mark.parametrize("text", [FLAG, ON_A_STACK], ids=["flag", "on a stack"])
@pytest.mark.parametrize("model", ["rc11", "tso", "sc"])
@pytest.mark.parametrize("how", [{"volatile": "relaxed"}, {"races": "allow"}])
def test_volatile_may_count_as_relaxed(
    text: str, model: str, how: dict[str, str]
) -> None:
    assert run(text, model=model, **how).verdict is Verdict.PASSED


def test_every_other_access_is_still_checked() -> None:
    (failure,) = run(MESSAGE, volatile="relaxed").failures
    assert failure["kind"] == "data race"
    assert "volatile" not in failure["message"]


@pytest.mark.parametrize(("model", "kinds"), [("rc11", ["assertion"]), ("sc", [])])
def test_relaxed_is_as_weak_as_relaxed(model: str, kinds: list[str]) -> None:
    result = run(BUFFERS, volatile="relaxed", model=model)
    assert [failure["kind"] for failure in result.failures] == kinds
