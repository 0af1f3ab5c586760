"""Failures that several threads name at the same time: one file of debugging information."""

from __future__ import annotations

import copy
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from heald.building.engine import engine_path
from heald.explorer.process import explore
from heald.explorer.program import build_program
from heald.explorer.sites import name_places
from heald.naming import objects

RACE = """
#include <pthread.h>
struct pair { int first, second; };
static struct pair pairs[3];
static void *write_it(void *arg) { ((struct pair *)arg)->second = 1; return arg; }
int main(void) {
    pthread_t thread;
    pthread_create(&thread, 0, write_it, &pairs[1]);
    pairs[1].second = 2;
    pthread_join(thread, 0);
    return 0;
}
"""


class _Hesitating(BytesIO):
    """Bytes that lets others run between finding a place and reading there."""

    def seek(self, at: int, whence: int = 0) -> int:
        found = super().seek(at, whence)
        time.sleep(1e-6)
        return found


def test_threads_name_failures_at_the_same_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "race.c"
    source.write_text(RACE)
    program = build_program([str(source)])
    [raw] = explore(engine_path("explore"), program, ["--model", "rc11"], []).failures

    def named(failure: dict[str, Any]) -> dict[str, Any]:
        name_places(program, [failure])
        return failure

    wanted = named(copy.deepcopy(raw))
    assert "pairs[1].second" in str(wanted)
    fresh = objects.Objects(str(program))
    section = fresh._dwarf.debug_info_sec
    slow = _Hesitating(section.stream.getvalue())
    fresh._dwarf.debug_info_sec = section._replace(stream=slow)
    monkeypatch.setattr(objects, "_objects", lambda *_: fresh)
    with ThreadPoolExecutor(4) as pool:
        again = list(pool.map(named, [copy.deepcopy(raw) for _ in range(4)]))
    assert again == [wanted] * 4
