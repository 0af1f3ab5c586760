"""Programs of the kind that everybody writes: as they are they pass, with FLAW they fail.

Their styles differ on purpose: old C and new, options, files, text, queues of other people's
macros. What matters is that nothing in them is refused.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from heald.explorer.program import CheckResult, check
from heald.verdicts import Verdict

HERE = Path(__file__).parent / "everyday"

#: What the flaw of each shows as.
KINDS = {
    "accounts": "deadlock",
    "back_off": "data race",
    "block_cache": "data race",
    "closable_queue": ("uninitialised read", "wild access", "data race"),
    "command_line": "data race",
    "counted_cache": ("use after free", "data race"),
    "deadline_queue": "data race",
    "detached_worker": ("data race", "use after free"),
    "divided_sum": ("data race", "exit status"),
    "event_count": "deadlock",
    "event_loop": ("data race", "exit status"),
    "fields": "data race",
    "flushed_stack": ("data race", "uninitialised read", "use after free"),
    "future": ("data race", "uninitialised read"),
    "interned_names": "data race",
    "last_error": "data race",
    "lazy_settings": "data race",
    "left_right": "data race",
    "log_file": "data race",
    "log_ring": "data race",
    "logger_thread": "data race",
    "messages": "data race",
    "name_list": "data race",
    "operations": "data race",
    "parking_lot": "deadlock",
    "polled_events": "data race",
    "rate_limiter": "data race",
    "recently_used": "data race",
    "scratch_buffer": "data race",
    "settings": "data race",
    "smoothing": "data race",
    "sorted_halves": "data race",
    "sorted_records": "data race",
    "striped_table": "data race",
    "swapped_settings": "use after free",
    "text_builder": "data race",
    "thread_buffers": "data race",
    "thread_pool": ("assertion", "data race"),
    "threaded_code": "assertion",
    "timer_thread": "data race",
    "two_pipes": ("data race", "exit status"),
    "worker": "data race",
    "workers": "data race",
}


def run(name: str, *flags: str) -> CheckResult:
    standard = "-std=gnu89" if name == "accounts" else "-std=gnu11"
    return check([HERE / f"{name}.c"], cflags=["-w", standard, *flags])


def test_every_program_is_in_the_table() -> None:
    assert {path.stem for path in HERE.glob("*.c")} == KINDS.keys()


@pytest.mark.slow
@pytest.mark.parametrize(("compiler", "level"), [("gcc", "-O1"), ("clang", "-O2")])
@pytest.mark.parametrize("name", KINDS)
def test_an_everyday_program(
    name: str, compiler: str, level: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not here")
    monkeypatch.setenv("CC", compiler)
    result = run(name, level)
    assert (result.verdict, result.failures) == (Verdict.PASSED, [])
    flawed = run(name, level, "-DFLAW")
    assert flawed.verdict is Verdict.FAILED
    assert flawed.failures[0]["kind"] in KINDS[name]
