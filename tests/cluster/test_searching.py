"""One search by many agents: the same total however it was divided, and whoever is lost."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from heald import EngineError, UsageError, Verdict
from heald.cluster.asks import PROTOCOL
from heald.cluster.pipes import PipesBackend, Start, local_backend
from heald.explorer.program import CheckResult, check
from tests.cluster.asked import asking
from tests.cluster.test_agent import children_of, wait_until_gone

pytestmark = pytest.mark.slow

COUNTING = """
#include <pthread.h>
#include <stdatomic.h>
#ifndef N
#define N 4
#define ROUNDS 2
#define STORES 1
#endif
static atomic_int x, y;
static void *work(void *unused) {
    for (int i = 0; i < ROUNDS; i++) {
        atomic_fetch_add_explicit(&x, 1, memory_order_relaxed);
        atomic_load_explicit(&y, memory_order_relaxed);
    }
    return unused;
}
int main(void) {
    pthread_t thread[N];
    for (int i = 0; i < N; i++) pthread_create(&thread[i], 0, work, 0);
    for (int i = 0; i < STORES; i++) atomic_store(&y, i + 1);
    for (int i = 0; i < N; i++) pthread_join(thread[i], 0);
    CHECK
}
"""
ALL = 204_120

#: A search of some seconds, and one of hours.
LONG = ("-DN=3", "-DROUNDS=3", "-DSTORES=2")
ALL_LONG = 1_680_000
#: One long enough to see what becomes of it.
MIDDLE = ("-DN=2", "-DROUNDS=5", "-DSTORES=3")
ALL_MIDDLE = 790_272
SMALL = ("-DN=2", "-DROUNDS=2", "-DSTORES=1")
ENDLESS = ("-DN=6", "-DROUNDS=2", "-DSTORES=1")


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("counting.c").write_text(COUNTING.replace("CHECK", "return 0;"))


def searched(
    backend: Any,
    program: str = "counting.c",
    cflags: tuple[str, ...] = (),
    on_progress: Any = None,
    **options: Any,
) -> tuple[CheckResult, dict[str, int]]:
    known = {key: options.pop(key) for key in ("parts", "at_home_s") if key in options}
    options.setdefault("budget_s", 600.0)  # of the clock: agents may compile meanwhile
    with asking(backend, **known) as search:
        result = check(
            [program],
            cflags=cflags,
            capsules=Path("capsules"),
            on_progress=on_progress,
            **options,
        )
    return result, search.by_machine


@pytest.mark.parametrize("parts", [1, 2, 8, 32, None])
def test_the_total_is_the_same_however_the_tree_is_divided(parts: int | None) -> None:
    result, by_machine = searched(local_backend(2), parts=parts)
    assert (result.verdict, result.exhaustive) == (Verdict.PASSED, True)
    assert result.executions == ALL == sum(by_machine.values())
    assert len(by_machine) == min(2, parts or 2)
    assert result.estimate == ALL
    assert not list(Path(".heald/searches").iterdir())


@pytest.mark.parametrize("parts", [2, 8])
def test_shares_that_meet_other_sizes_of_an_object_begin_again(parts: int) -> None:
    program = Path(__file__).parents[1] / "engine/mixed_sizes/only_in_a_branch.c"
    flags = ("-DBAD=9",)
    alone = check([program], cflags=flags)
    result, _ = searched(local_backend(2), str(program), cflags=flags, parts=parts)
    assert (result.exhaustive, result.executions) == (True, alone.executions)


def test_the_total_is_the_same_when_an_agent_is_killed() -> None:
    backend = local_backend(2)
    killed = []

    def kill(counts: Mapping[str, Any]) -> None:
        if not killed and counts["executions"] > 20_000:
            killed.append(backend.links()[0].process)
            killed[0].kill()

    result, _ = searched(backend, cflags=MIDDLE, on_progress=kill, parts=8)
    assert killed
    assert (result.executions, result.exhaustive) == (ALL_MIDDLE, True)


def test_who_is_idle_takes_from_who_is_not() -> None:
    """The search begins with one share, the whole: who is idle has its work from the first."""
    backend = local_backend(3)
    begun: list[int] = []
    submit = type(backend.links()[0]).submit

    def counted(link: Any, ask: str, **fields: Any) -> Any:
        if ask == "part":
            begun.append(fields["words"].count("--after"))
        return submit(link, ask, **fields)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(backend.links()[0]), "submit", counted)
        with asking(backend) as search:
            result = check(["counting.c"], cflags=MIDDLE)
    assert (result.executions, result.exhaustive) == (ALL_MIDDLE, True)
    assert len(begun) >= 3
    assert len(search.by_machine) >= 2


def test_a_failure_ends_the_search_and_its_capsule_replays_without_agents() -> None:
    Path("rare.c").write_text(COUNTING.replace("CHECK", "return atomic_load(&x) > 6;"))
    began = time.monotonic()
    result, _ = searched(local_backend(2), "rare.c", cflags=ENDLESS, budget_s=100.0)
    assert result.verdict is Verdict.FAILED
    assert [failure["kind"] for failure in result.failures] == ["exit status"]
    assert result.failures[0]["where"][0]["file"].endswith("rare.c")
    assert time.monotonic() - began < 60
    done = subprocess.run(
        [sys.executable, "-m", "heald", "replay", result.failures[0]["capsule"]],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr


def test_what_is_over_in_a_moment_is_searched_here() -> None:
    result, by_machine = searched(local_backend(1), cflags=SMALL, at_home_s=30.0)
    assert result.exhaustive
    assert by_machine == {}


def test_a_budget_ends_it_undecided_with_an_estimate() -> None:
    result, _ = searched(local_backend(2), cflags=ENDLESS, budget_s=3.0, at_home_s=0.5)
    assert (result.verdict, result.reason) == (Verdict.UNDECIDED, "budget")
    assert 0 < result.executions <= result.estimate


def test_a_killed_search_goes_on_where_it_was() -> None:
    command = [sys.executable, "-m", "heald", "check", "counting.c", "--json"]
    command += ["--cluster", "local:2", "--parts", "32", "--budget", "600s"]
    leader = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + 100
    while not any(done(path) for path in Path(".heald/searches").glob("*")):
        assert time.monotonic() < end
        assert leader.poll() is None
        time.sleep(0.01)
    agents = children_of(leader.pid)
    leader.kill()
    leader.wait()
    wait_until_gone(*agents)
    (journal,) = Path(".heald/searches").glob("*")
    counted = sum(line["counts"]["executions"] for line in done(journal))
    assert 0 < counted < ALL
    again = subprocess.run(
        [*command, "--resume"], capture_output=True, check=True, timeout=200
    )
    found = json.loads(again.stdout)
    assert (found["executions"], found["exhaustive"]) == (ALL, True)
    assert not journal.exists()


def done(path: Path) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in path.read_text().split("\n")[:-1]]
    return [line for line in lines if "counts" in line]


def test_an_interrupt_ends_it_with_what_was_found() -> None:
    command = [sys.executable, "-m", "heald", "check", "counting.c", "--json"]
    leader = subprocess.Popen(
        [
            *command,
            "--budget",
            "600s",
            "--cluster",
            "local:2",
            "--parts",
            "8",
            "--",
            *ENDLESS,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    end = time.monotonic() + 100
    while not (Path(".heald/searches").exists() and len(children_of(leader.pid)) == 2):
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(1.0)
    leader.send_signal(signal.SIGINT)
    output, _ = leader.communicate(timeout=100)
    found = json.loads(output)
    assert (leader.returncode, found["reason"]) == (3, "interrupt")


def test_a_part_that_kills_every_machine_is_an_error() -> None:
    backend = local_backend(1)

    def kill(counts: Mapping[str, Any]) -> None:
        for link in backend.links():
            if any(map(_explores, children_of(link.process.pid))):
                os.kill(link.process.pid, signal.SIGKILL)

    with pytest.raises(
        EngineError, match="was lost 3 times, on local-0, local-0, local-0"
    ):
        searched(backend, cflags=ENDLESS, on_progress=kill, parts=1)


def _explores(process: int) -> bool:
    """Whether a process is the explorer or has one, and not a compiler, as at an agent's start."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes()
        return b"heald-explore" in words or any(map(_explores, children_of(process)))
    except OSError:
        return False


def clang() -> str:
    """Another compiler, of which other tests have an explorer, too."""
    if shutil.which("clang") is None:
        pytest.skip("clang is not installed")
    return "clang"


def test_an_agent_with_another_compiler_compiles_and_the_total_is_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    backend = local_backend(2, environments=[{}, {"CC": clang()}])
    # Compiling the explorer, too, where it was never compiled by that compiler.
    monkeypatch.setattr("heald.cluster.divided._WAIT_FOR_ALL_S", 600.0)
    result, by_machine = searched(backend, parts=8, cflags=LONG)
    assert result.executions == ALL_LONG == sum(by_machine.values())
    assert all(by_machine.values())
    assert len(by_machine) == 2


def test_another_compiler_that_makes_another_program_of_the_text_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    more = "for (int i = 0; i < 2; i++) atomic_load(&y);"
    text = COUNTING.replace("CHECK", f"\n#ifdef __clang__\n{more}\n#endif\nreturn 0;")
    Path("differs.c").write_text(text)
    backend = local_backend(2, environments=[{}, {"CC": clang()}])
    monkeypatch.setattr("heald.cluster.divided._WAIT_FOR_ALL_S", 600.0)
    with pytest.raises(UsageError, match=r"for local-\d \(.*clang.*makes other accesses"):
        searched(backend, "differs.c", cflags=MIDDLE)


def test_what_another_compiler_shows_is_named_as_it_is_called_here() -> None:
    Path("inc").mkdir()
    Path("inc/rare.h").write_text("#define RARE(x) ((x) == 3)\n")
    text = COUNTING.replace("CHECK", "return RARE(atomic_load(&x)) ? 0 : 1;")
    Path("rare.c").write_text('#include "rare.h"\n' + text)
    backend = local_backend(1, environments=[{"CC": clang()}])
    result, _ = searched(backend, "rare.c", cflags=(*SMALL, "-Iinc"))
    (failure,) = result.failures
    assert failure["kind"] == "exit status"
    assert failure["where"][0]["file"] == "rare.c"


def test_without_texts_an_agent_with_another_compiler_is_of_no_use() -> None:
    from heald.building.engine import engine_path
    from heald.explorer.built import build_program
    from heald.explorer.process import explore

    backend = local_backend(1, environments=[{"CC": clang()}])
    program = build_program(["counting.c"])
    words = ["--search", "exhaustive"]
    with asking(backend), pytest.raises(UsageError, match="no agent can run what"):
        explore(engine_path("explore"), program, words, ["program"])


def test_an_agent_of_another_heald_is_refused() -> None:
    said = {"answer": "hello", "id": 1, "heald": "0.0.1", "protocol": PROTOCOL}
    line = json.dumps(said)
    script = f"input(); print({line!r}, flush=True); input()"
    start = Start("old", [sys.executable, "-c", script])
    with pytest.raises(UsageError, match=r"the agent on old has other heald: '0\.0\.1'"):
        searched(PipesBackend([start], is_here=True))
