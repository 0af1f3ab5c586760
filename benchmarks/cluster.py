"""What do agents cost, and what do two give? One search by one agent and by two; slices; a start.

    python -m benchmarks.cluster [--quick]

Search    The same exhaustive search by one agent on one processor and by two on one each,
          alternately. The speed-up is the ratio of the seconds. Beside it is what processor
          time alone says, for a machine that is not quiet: the time of the one over that of
          the busier of the two. It shows shares that are uneven, and work done twice.
Slices    A campaign whose slices sleep for a second: what is more than that is ours. By
          clock: how much longer than a slice it is from one to the next. By processor time:
          of leader, agent and children together. Plain and with an agent, alternately.
Start     From starting an agent to its being ready for slices: imported, greeted, the
          project loaded, its targets compiled before. Of that, what follows the hello.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from heald.campaign.agents import AgentHands
from heald.campaign.beginning import begin
from heald.campaign.database import Database
from heald.campaign.hands import Hands, OwnHands
from heald.campaign.plan import Plan
from heald.campaign.run import Campaign
from heald.cluster.crew import Crew
from heald.cluster.pipes import PipesBackend, Start, local_backend
from heald.cluster.project import project_here
from heald.cluster.searching import ClusterSearch
from heald.explorer.process import exploring
from heald.explorer.program import check
from heald.targets.places import targets_in

PROGRAM = """
#include <pthread.h>
#include <stdatomic.h>
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
    return 0;
}
"""
#: A tree whose subtrees are alike, and one where a single one of the thousands that are dealt
#: out is some hundredths of the whole.
TREES = {
    "even": ("-DN=3", "-DROUNDS=3", "-DSTORES=3"),
    "uneven": ("-DN=3", "-DROUNDS=2", "-DSTORES=8"),
}
QUICK_TREES = {"small": ("-DN=4", "-DROUNDS=2", "-DSTORES=1")}
WARMING = ("-DN=2", "-DROUNDS=2", "-DSTORES=1")

SLEEPERS = """
import time
from heald.targets.target import SliceResult


class Sleeper:
    name, expected, shown_here = "sleeper", "sound", "yes"

    def identity(self):
        return {"check": "sleeper", "sources": {}, "flags": []}

    def run_slice(self, *, seconds, seed, stop):
        time.sleep(seconds)
        return SliceResult(1, seconds, {"1": 1}, [])


TARGETS = [Sleeper()]
"""
_TICKS = os.sysconf("SC_CLK_TCK")


def busy_of(pid: int) -> float:
    """Return the processor seconds of a process and of the children that it has waited for."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(word) for word in words[11:15]) / _TICKS


def busy_here() -> float:
    """Return the same of this process."""
    usages = [
        resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@dataclass(frozen=True)
class Searched:
    """One search.

    Attributes
    ----------
    executions
        Of the whole tree.
    seconds
        From the moment it is divided; the agents are ready.
    busy_s
        Processor seconds of each agent.
    leader_s
        Those of the leader.
    """

    executions: int
    seconds: float
    busy_s: tuple[float, ...]
    leader_s: float


class Searcher:
    """Agents that are ready, each on a processor of its own."""

    def __init__(self, processors: Sequence[int]) -> None:
        command = [sys.executable, "-m", "heald", "agent", "--parent", str(os.getpid())]
        starts = [Start(f"on-{number}", command, [number]) for number in processors]
        self._backend = PipesBackend(starts, is_here=True)
        self._search = ClusterSearch(self._backend, at_home_s=0.0)
        self.search(WARMING)

    def search(self, cflags: Sequence[str]) -> Searched:
        """Search, and say what that took."""
        pids = [link.process.pid for link in self._backend.links()]
        before, here = [busy_of(pid) for pid in pids], time.process_time()
        with exploring(self._search):
            found = check(["program.c"], cflags=cflags)
        if not found.exhaustive:
            raise RuntimeError(f"the search was not finished: {found.reason}")
        leader_s = time.process_time() - here
        busy_s = tuple(busy_of(pid) - was for pid, was in zip(pids, before, strict=True))
        return Searched(found.executions, found.seconds, busy_s, leader_s)

    def close(self) -> None:
        """End the agents."""
        self._search.close()


@dataclass(frozen=True)
class Divided:
    """The same search by one and by two, a round."""

    alone: Searched
    shared: Searched

    @property
    def speed_up(self) -> float:
        """Of two over one, by clock."""
        return self.alone.seconds / self.shared.seconds

    @property
    def by_processor_time(self) -> float:
        """What the speed-up would be if each agent had its processor to itself."""
        return self.alone.busy_s[0] / max(self.shared.busy_s)


def searches(rounds: int, cflags: Sequence[str]) -> list[Divided]:
    """Search by one agent and by two, alternately."""
    first, second = sorted(os.sched_getaffinity(0))[:2]
    seen = []
    with in_a_folder(), contextlib.ExitStack() as agents:
        Path("program.c").write_text(PROGRAM)
        one, two = Searcher([first]), Searcher([first, second])
        agents.callback(one.close)
        agents.callback(two.close)
        for _ in range(rounds):
            seen.append(Divided(one.search(cflags), two.search(cflags)))
    totals = {each.executions for round in seen for each in (round.alone, round.shared)}
    if len(totals) != 1:
        raise RuntimeError(f"the totals of one tree differ: {sorted(totals)}")
    return seen


@dataclass
class Slices:
    """What slices took.

    Attributes
    ----------
    gaps_s
        From each slice that came to the next.
    busy_s
        Processor seconds of a slice: leader, agents and children.
    """

    gaps_s: list[float] = field(default_factory=list)
    busy_s: float = 0.0


class _Watcher:
    """Ends a campaign after some slices."""

    def __init__(self, slices: int, agents: Sequence[int]) -> None:
        self.slices = slices
        self.agents = agents
        self.came: list[float] = []
        self.busy: list[float] = []

    def begun(self, campaign: Campaign) -> None: ...

    def found(self, *_: object) -> None: ...

    def explained(self, *_: object) -> None: ...

    def went_on(self, campaign: Campaign) -> None:
        count = sum(record.slices for record in campaign.records.values())
        if campaign.preparing_s and count > len(self.came):
            self.came.append(time.monotonic())
            self.busy.append(busy_here() + sum(busy_of(pid) for pid in self.agents))
            if count > self.slices and not campaign.interrupts:
                signal.raise_signal(signal.SIGINT)


def slices(count: int, slice_s: float, *, by_agent: bool) -> Slices:
    """Run so many slices, after a first one, by an agent or plainly."""
    with in_a_folder() as folder, Database(Path(folder, "r.db")) as database:
        Path("sleepers.py").write_text(SLEEPERS)
        targets = {
            target.name: (target, "sleepers.py") for target in targets_in("sleepers.py")
        }
        agents: list[int] = []
        hands: Hands = OwnHands(1)
        if by_agent:
            backend = local_backend(1)
            agents = [link.process.pid for link in backend.links()]
            hands = AgentHands(backend, project_here(["sleepers.py"]), list(targets), 1)
        plan = Plan(budget_s=3600.0, jobs=1, seed=1, slice_s=slice_s)
        watcher = _Watcher(count, agents)
        begin(plan, targets, database, capsules=Path("capsules"), hands=hands).run(
            watcher
        )
    gaps = [
        after - before
        for before, after in zip(watcher.came, watcher.came[1:], strict=False)
    ]
    return Slices(gaps, (watcher.busy[-1] - watcher.busy[0]) / len(gaps))


@dataclass(frozen=True)
class Overhead:
    """What agents cost more than a campaign without any, as parts of a slice."""

    by_clock: float
    by_processor_time: float


def overhead(
    plain: Sequence[Slices], agents: Sequence[Slices], slice_s: float
) -> Overhead:
    """Compare the medians."""

    def gap_s(runs: Sequence[Slices]) -> float:
        return median(gap for run in runs for gap in run.gaps_s)

    def busy_s(runs: Sequence[Slices]) -> float:
        return median(run.busy_s for run in runs)

    return Overhead(
        (gap_s(agents) - gap_s(plain)) / slice_s,
        (busy_s(agents) - busy_s(plain)) / slice_s,
    )


@dataclass(frozen=True)
class Started:
    """How long an agent took: from its start, from its hello, and its processor's time."""

    seconds: float
    after_hello_s: float
    busy_s: float


def starts(rounds: int) -> list[Started]:
    """Start an agent some times; the first, which may compile, does not count."""
    seen = []
    with in_a_folder():
        Path("sleepers.py").write_text(SLEEPERS)
        files = project_here(["sleepers.py"])
        for _ in range(rounds + 1):
            began = time.monotonic()
            backend = local_backend(1)
            try:
                _wait_until_ready(Crew(backend, None))
                greeted = time.monotonic()
                _wait_until_ready(Crew(backend, files, ("sleeper", None)))
                ready = time.monotonic()
                busy_s = sum(busy_of(link.process.pid) for link in backend.links())
            finally:
                backend.close()
            seen.append(Started(ready - began, ready - greeted, busy_s))
    return seen[1:]


def _wait_until_ready(crew: Crew) -> None:
    while not crew.is_settled():
        crew.look()
        crew.must_go_on()
        time.sleep(0.001)


@contextlib.contextmanager
def in_a_folder() -> Iterator[Path]:
    """Work in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        yield Path(folder)


def _tell_searches(name: str, seen: Sequence[Divided]) -> None:
    print(
        f"{seen[0].alone.executions:,} executions, {name} tree, medians of {len(seen)}:"
    )
    one_s, two_s, ratio = (
        median(values)
        for values in zip(
            *((each.alone.seconds, each.shared.seconds, each.speed_up) for each in seen),
            strict=True,
        )
    )
    print(f"  {one_s:8.2f} s by one agent on one processor")
    print(f"  {two_s:8.2f} s by two on one each")
    print(f"  {ratio:8.2f} x is the speed-up (wanted: 1.9)")
    by_time = median(each.by_processor_time for each in seen)
    print(f"  {by_time:8.2f} x by processor time of the busier one")
    work = median(sum(each.shared.busy_s) / each.alone.busy_s[0] for each in seen)
    print(f"  {work:8.3f} x the processor time of one, by both together")
    leader = median(each.shared.leader_s / each.shared.seconds for each in seen)
    print(f"  {100 * leader:8.1f} % of a processor is the leader's meanwhile")


def _tell_slices(
    plain: Sequence[Slices], agents: Sequence[Slices], slice_s: float
) -> None:
    count = sum(len(run.gaps_s) for run in agents)
    cost = overhead(plain, agents, slice_s)
    print(f"slices of {slice_s:g} s, {count} with an agent and as many without:")
    for who, runs in (("without", plain), ("with", agents)):
        gap_s = median(gap for run in runs for gap in run.gaps_s)
        busy_s = median(run.busy_s for run in runs)
        print(f"  {1000 * gap_s:8.1f} ms from one to the next {who}, ", end="")
        print(f"{1000 * busy_s:.1f} ms of processors")
    print(
        f"  {100 * cost.by_clock:8.2f} % is the agent's overhead by clock (wanted: below 3)"
    )
    print(f"  {100 * cost.by_processor_time:8.2f} % by processor time")


def _tell_starts(seen: Sequence[Started]) -> None:
    print(f"an agent that starts warm, medians of {len(seen)}:")
    print(
        f"  {median(each.seconds for each in seen):8.3f} s until it is ready (wanted: below 1)"
    )
    print(
        f"  {median(each.after_hello_s for each in seen):8.3f} s of that after its hello"
    )
    print(f"  {median(each.busy_s for each in seen):8.3f} s of its processor")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a look, no measurement")
    words = sys.argv[1:] if __name__ == "__main__" else []
    quick = parser.parse_args(words).quick
    if len(os.sched_getaffinity(0)) < 2:
        print("there is one processor: two agents need two")
    else:
        for name, cflags in (QUICK_TREES if quick else TREES).items():
            _tell_searches(name, searches(1 if quick else 2, cflags))
    slice_s, rounds, count = (0.2, 1, 4) if quick else (1.0, 2, 8)
    plain, agents = [], []
    for _ in range(rounds):
        plain.append(slices(count, slice_s, by_agent=False))
        agents.append(slices(count, slice_s, by_agent=True))
    _tell_slices(plain, agents, slice_s)
    _tell_starts(starts(2 if quick else 7))


if __name__ == "__main__":
    main()
