"""A capsule of a program is enough: it replays where none of its files is left."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from heald.capsule import load_capsule
from heald.explorer.program import check
from heald.replaying.replay import replay
from heald.verdicts import Verdict

HEADER = """
#include <pthread.h>
static int shared;
static void *add(void *unused) { (void)unused; shared++; return 0; }
"""
MAIN = """
int main(void) {
    pthread_t thread;
    pthread_create(&thread, 0, add, 0);
    shared++;
    pthread_join(thread, 0);
}
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(files: dict[str, str]) -> None:
    for name, text in files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)


def failed_with(source: str, *cflags: str) -> Path:
    found = check([source], cflags=cflags, capsules=Path("kept"))
    assert [each["kind"] for each in found.failures] == ["data race"]
    return Path(found.failures[0]["capsule"])


LAID_OUT = {
    "below": ({"prog.c": '#include "inc/x.h"' + MAIN, "inc/x.h": HEADER}, "prog.c", ()),
    "beside and above": (
        {"src/prog.c": '#include "../inc/x.h"' + MAIN, "inc/x.h": HEADER},
        "src/prog.c",
        (),
    ),
    "through another": (
        {
            "prog.c": '#include "inc/x.h"' + MAIN,
            "inc/x.h": '#include "deep/y.h"\n',
            "inc/deep/y.h": HEADER,
        },
        "prog.c",
        (),
    ),
    "named by -I": (
        {"prog.c": "#include <mine/x.h>" + MAIN, "include/mine/x.h": HEADER},
        "prog.c",
        ("-Iinclude", "-DUNUSED=1"),
    ),
    "named by -I, a word of its own": (
        {"prog.c": "#include <x.h>" + MAIN, "include/x.h": HEADER},
        "prog.c",
        ("-I", "include"),
    ),
    "named by -include": (
        {"prog.c": MAIN, "x.h": HEADER},
        "prog.c",
        ("-include", "x.h"),
    ),
    "two of one name": (
        {
            "a/prog.c": '#include "x.h"' + MAIN,
            "a/x.h": '#include "../b/x.h"\n',
            "b/x.h": HEADER,
        },
        "a/prog.c",
        (),
    ),
}


@pytest.mark.parametrize("case", LAID_OUT)
def test_capsule_replays_where_sources_and_headers_are_gone(case: str) -> None:
    files, source, cflags = LAID_OUT[case]
    written(files)
    capsule = load_capsule(failed_with(source, *cflags))
    for name in files:
        shutil.rmtree(Path(name).parts[0]) if "/" in name and Path(
            name
        ).exists() else Path(name).unlink(missing_ok=True)
    again = replay(capsule, budget_s=200)
    assert again.verdict is Verdict.FAILED, again.message
    assert set(again.changed.values()) == {"gone"}
    assert "heald-replay-" not in again.message


def test_capsule_replays_where_only_a_header_is_gone() -> None:
    files, source, _ = LAID_OUT["below"]
    written(files)
    capsule = load_capsule(failed_with(source))
    shutil.rmtree("inc")
    assert replay(capsule, budget_s=200).verdict is Verdict.FAILED


SEEN_EARLY = """
#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
static atomic_int set;
static void *sets(void *unused) { (void)unused; set = 1; return 0; }
int main(void) {
    pthread_t thread;
    pthread_create(&thread, 0, sets, 0);
    assert(set == 0);
    pthread_join(thread, 0);
}
"""


@pytest.mark.parametrize("schedule", ["v1:0*3 1*3 0*9", "v1:0*400"])
def test_program_is_searched_where_the_schedule_of_another_version_leads_elsewhere(
    schedule: str,
) -> None:
    written({"prog.c": SEEN_EARLY})
    (failure,) = check(["prog.c"], capsules=Path("kept")).failures
    path = Path(failure["capsule"])
    kept = json.loads(path.read_text())
    kept["settings"]["schedule"] = schedule
    path.write_text(json.dumps(kept))
    again = replay(load_capsule(path), budget_s=200)
    assert again.verdict is Verdict.FAILED, again.message
    assert again.message.startswith("the schedule does not lead there: the capsule comes")
    assert "searched anew: it failed again\n" in again.message


@pytest.mark.skipif(not shutil.which("g++"), reason="g++ is not installed")
def test_capsule_of_cxx_names_the_compiler_for_cxx(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("CC", "gcc")
    written({"prog.cpp": HEADER + MAIN, "prog.c": HEADER + MAIN})
    names = [
        json.loads(failed_with(f).read_text())["compiler"] for f in ("prog.cpp", "prog.c")
    ]
    assert names[0].startswith("g++")
    assert names[1].startswith("gcc")
