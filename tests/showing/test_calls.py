"""What ``heald check`` really reports, drawn: the forms of trace and text fit each other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from heald.explorer.program import check
from heald.showing.trace import render

PROGRAMS = Path(__file__).parents[1] / "programs"


def drawn(program: str, define: str) -> str:
    result = check([PROGRAMS / f"{program}.c"], cflags=[f"-D{define}"], capsules=None)
    return render(result.failures[0], width=100)


@pytest.mark.slow
def test_old_data_is_shown_with_the_store_that_was_missed() -> None:
    text = drawn("message_fences", "READ_FENCE=memory_order_relaxed")
    said = " ".join(text.split())
    assert re.search(r"#\d+ message_fences.c:\d+ atomic_store_explicit\(&data, 42,", said)
    assert "data is 0  (load, relaxed)" in text
    assert re.search(
        r"STALE: the initial value, not #\d+'s +\(42\)", " ".join(text.split())
    )
    assert "    FAILS\n\nstale publication: " in text


@pytest.mark.slow
def test_a_race_shows_both_places_and_no_private_accesses() -> None:
    text = drawn("message_passing", "RAISE=memory_order_relaxed")
    assert re.search(
        r"^  read   thread 2  \S+message_passing.c:\d+  receive$", text, re.M
    )
    assert re.search(r"^  write  thread 1  \S+message_passing.c:\d+  send$", text, re.M)
    assert "stack#" not in text


@pytest.mark.slow
def test_a_deadlock_shows_where_each_thread_is_stuck() -> None:
    assert drawn("lock_order", "OWN_FIRST").count("STUCK at lock mutexes") == 2


@pytest.mark.slow
def test_the_same_check_draws_the_same_text() -> None:
    first, second = (drawn("peterson", "RAISE=memory_order_release") for _ in range(2))
    assert first == second
