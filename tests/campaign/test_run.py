from __future__ import annotations

import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from heald import UsageError, Verdict
from heald.campaign.database import Database
from heald.campaign.judgement import judge, overall
from heald.campaign.record import Record
from heald.campaign.run import Campaign
from heald.campaign.turns import slice_seed
from heald.capsule import load_capsule
from heald.finding import Finding
from heald.targets.so_far import so_far
from tests.campaign import fakes
from tests.campaign.fakes import Fake, campaign_of

ROOT = Path(__file__).resolve().parents[2]


class Silent:
    """A watcher that checks what it is told: committed first, announced then.

    It ends the campaign as soon as it has shown `enough`, so that a budget can be far more
    than a busy machine needs.
    """

    def __init__(self, enough: Callable[[Campaign], bool] | None = None) -> None:
        self.heard: list[str] = []
        self.enough = enough

    def begun(self, campaign: Campaign) -> None:
        self.database = campaign.database.path

    def found(self, record: Record, finding: Finding, capsule: str) -> None:
        with closing(sqlite3.connect(self.database)) as other:
            (count,) = other.execute(
                "SELECT count(*) FROM finding WHERE capsule = ?", (capsule,)
            ).fetchone()
        assert count >= 1
        assert load_capsule(Path(capsule)).target == record.name
        self.heard.append(record.name)

    def explained(self, record: Record, capsule: str) -> None:
        with closing(sqlite3.connect(self.database)) as other:
            (count,) = other.execute(
                "SELECT count(*) FROM explanation WHERE capsule = ?", (capsule,)
            ).fetchone()
        assert count == 1
        assert load_capsule(Path(capsule)).target == record.name

    def went_on(self, campaign: Campaign) -> None:
        if self.enough is not None and not campaign.interrupts and self.enough(campaign):
            signal.raise_signal(signal.SIGINT)


def run(
    campaign: Campaign, enough: Callable[[Campaign], bool] | None = None
) -> tuple[dict[str, Verdict], list[str]]:
    watcher = Silent(enough)
    campaign.run(watcher)
    verdicts = {name: judge(record).verdict for name, record in campaign.records.items()}
    return verdicts, watcher.heard


@pytest.mark.slow
@pytest.mark.parametrize(
    ("behave", "kind", "message"),
    [
        (fakes.crash, "crash", "SIGSEGV"),
        (fakes.leave, "exit", "exited with code 0"),
        (fakes.hang, "hang", "did not end within"),
        (fakes.failing, "lost update", "2 increments gave 1"),
    ],
    ids=["crash", "exit", "hang", "finding"],
)
def test_whatever_a_target_does_is_a_finding_and_the_others_go_on(
    tmp_path: Path, behave: fakes.Work, kind: str, message: str
) -> None:
    campaign = campaign_of(
        tmp_path,
        Fake("bad/one", behave, "sound"),
        Fake("good/one", fakes.good, "sound"),
        budget_s=60.0,
        patience_s=0.9 if kind == "hang" else 30.0,
    )
    bad, good = campaign.records["bad/one"], campaign.records["good/one"]
    verdicts, heard = run(campaign, lambda _: bool(bad.findings) and good.samples >= 2000)
    assert verdicts == {"bad/one": Verdict.FAILED, "good/one": Verdict.PASSED}
    assert set(heard) == {"bad/one"}
    assert set(campaign.records["bad/one"].findings) == {kind}
    capsule = load_capsule(Path(campaign.records["bad/one"].capsules[0]))
    assert message in capsule.message
    assert campaign.records["good/one"].samples >= 2000


@pytest.mark.slow
@pytest.mark.parametrize("behave", [fakes.hang, fakes.good], ids=["hang", "good"])
def test_budget_holds_within_the_grace(tmp_path: Path, behave: fakes.Work) -> None:
    campaign = campaign_of(
        tmp_path, Fake("a/b", behave, "sound"), budget_s=0.5, slice_s=0.3, patience_s=60
    )
    began = time.monotonic()
    run(campaign)
    # Patience alone would be a minute.
    assert 0.3 <= time.monotonic() - began <= 30


@pytest.mark.slow
@pytest.mark.parametrize(
    ("budget_s", "kinds"), [(0.5, {"crash"}), (60, {"crash", "hang"})]
)
def test_what_a_slice_found_before_it_hung_is_kept(
    tmp_path: Path, budget_s: float, kinds: set[str]
) -> None:
    def behave(seconds: float, seed: int, stop: fakes.Stop) -> fakes.SliceResult:
        so_far(fakes.SliceResult(9, 0.1, findings=(Finding("crash", "seen", seed=seed),)))
        return fakes.hang(seconds, seed, stop)

    campaign = campaign_of(
        tmp_path,
        Fake("a/b", behave, "sound"),
        budget_s=budget_s,
        slice_s=0.3,
        patience_s=0.3 if budget_s > 1 else 60,
    )
    record = campaign.records["a/b"]
    verdicts, _ = run(campaign, lambda _: kinds <= set(record.findings))
    assert verdicts == {"a/b": Verdict.FAILED}
    assert set(record.findings) == kinds


@pytest.mark.slow
@pytest.mark.parametrize(
    ("behave", "expected", "facts", "verdict", "worth"),
    [
        (fakes.good, "sound", {}, Verdict.PASSED, "misses below"),
        (fakes.good, None, {}, Verdict.PASSED, "misses below"),
        (fakes.failing, None, {}, Verdict.FAILED, "lost update x"),
        (fakes.failing, "flawed", {}, Verdict.PASSED, "caught: lost update x"),
        (fakes.good, "flawed", {}, Verdict.UNDECIDED, "not caught in"),
        (
            fakes.good,
            "flawed",
            {"catch_within_s": 0.05},
            Verdict.FAILED,
            "must be within 0.1 s",
        ),
        (fakes.good, "flawed", {"shown_here": "no"}, Verdict.PASSED, "not shown"),
        (fakes.failing, "flawed", {"shown_here": "no"}, Verdict.FAILED, "cannot show"),
        (fakes.good, "flawed", {"shown_here": "rare"}, Verdict.PASSED, "rare"),
        (
            fakes.doubtful,
            "sound",
            {},
            Verdict.UNTRUSTWORTHY,
            "no failure could have shown in",
        ),
        (
            fakes.doubtful,
            "flawed",
            {},
            Verdict.UNTRUSTWORTHY,
            "no failure could have shown in",
        ),
        (fakes.empty, "sound", {}, Verdict.UNTRUSTWORTHY, "no sample"),
        (fakes.refuse, "sound", {}, Verdict.USAGE_ERROR, "stack.c:3: error"),
        (fakes.blunder, "flawed", {}, Verdict.USAGE_ERROR, "the model forgot"),
    ],
)
def test_verdict_follows_from_what_was_expected_and_what_was_seen(
    tmp_path: Path,
    behave: fakes.Work,
    expected: fakes.Expected,
    facts: dict[str, object],
    verdict: Verdict,
    worth: str,
) -> None:
    fake = Fake("a/b", behave, expected)
    for name, value in facts.items():
        setattr(fake, name, value)
    campaign = campaign_of(tmp_path, fake, budget_s=0.4)
    verdicts, _ = run(campaign)
    judged = judge(campaign.records["a/b"])
    assert verdicts == {"a/b": verdict}
    assert worth in judged.worth


@pytest.mark.slow
def test_targets_are_prepared_before_the_first_slice(tmp_path: Path) -> None:
    made = tmp_path / "made"

    class Compiled(Fake):
        def prepare(self) -> None:
            made.write_text("once")

    class Broken(Fake):
        def prepare(self) -> None:
            raise UsageError("b.c:3: error: expected ';'")

    def needs_it(seconds: float, seed: int, stop: fakes.Stop) -> fakes.SliceResult:
        assert made.read_text() == "once"
        return fakes.good(seconds, seed, stop)

    campaign = campaign_of(
        tmp_path,
        Compiled("a/one", needs_it, "sound"),
        Broken("b/two", fakes.good, "sound"),
        budget_s=0.5,
    )
    verdicts, _ = run(campaign)
    assert verdicts == {"a/one": Verdict.PASSED, "b/two": Verdict.USAGE_ERROR}
    assert campaign.records["b/two"].slices == 0


@pytest.mark.slow
def test_compiling_is_not_part_of_the_budget_and_has_a_limit_of_its_own(
    tmp_path: Path,
) -> None:
    class Endless(Fake):
        def prepare(self) -> None:
            time.sleep(60)

    began = time.monotonic()
    campaign = campaign_of(
        tmp_path, Endless("a/one", fakes.good, "sound"), budget_s=0.5, patience_s=0.4
    )
    verdicts, _ = run(campaign)
    assert 0.8 <= time.monotonic() - began < 30
    assert verdicts == {"a/one": Verdict.PASSED}
    assert campaign.clock.used_s < 1.5


@pytest.mark.slow
def test_target_without_a_trusted_sample_is_tried_again_before_the_others(
    tmp_path: Path,
) -> None:
    tried = tmp_path / "tried"

    def third_time(seconds: float, seed: int, stop: fakes.Stop) -> fakes.SliceResult:
        times = len(tried.read_text()) if tried.exists() else 0
        tried.write_text("x" * (times + 1))
        trusted = times >= 2
        return fakes.SliceResult(10 * trusted, 0.01, trustworthy=trusted)

    others = [Fake(f"good/{number}", fakes.good, "sound") for number in range(8)]
    campaign = campaign_of(
        tmp_path, Fake("a/b", third_time, "sound"), *others, budget_s=60, slice_s=0.05
    )
    doubtful = campaign.records["a/b"]
    run(campaign, lambda _: doubtful.samples > 0)
    assert doubtful.samples > 0
    assert doubtful.slices >= 3
    rest = [record for record in campaign.records.values() if record is not doubtful]
    # Two lanes: while one tries again, the other gives every other target its turn.
    assert max(record.slices for record in rest) <= doubtful.slices


def test_failure_outweighs_everything_else() -> None:
    assert overall(Verdict) is Verdict.FAILED
    assert overall([Verdict.PASSED, Verdict.UNDECIDED]) is Verdict.UNDECIDED
    assert overall([]) is Verdict.UNDECIDED


@pytest.mark.slow
def test_kill_at_ten_random_moments_loses_nothing_announced_and_resume_finishes(
    tmp_path: Path,
) -> None:
    # One campaign of a minute: ten runs of it are killed, the eleventh finishes a shorter one.
    program = [sys.executable, "-m", "tests.campaign.fakes", str(tmp_path)]
    moments = random.Random(20260101)
    announced: set[str] = set()
    for number in range(10):
        log = tmp_path / f"log{number}"
        with open(log, "w") as file:
            again = ["resume"] if number else []
            child = subprocess.Popen([*program, "60", *again], cwd=ROOT, stderr=file)
            # Once after the first announcement, on whatever disk; else anywhere.
            _wait_until_it_speaks(log, child, "heald replay" if number == 0 else "")
            time.sleep(moments.uniform(0.0, 0.25))
            child.kill()
            child.wait()
        announced |= set(re.findall(r"heald replay (\S+)", log.read_text()))
        assert announced <= _committed(tmp_path / "results.db")
    assert announced
    with Database(tmp_path / "results.db") as database:
        killed = database.latest()
    assert killed is not None
    budget_s = killed.used_s + 1
    subprocess.run(
        [*program, str(budget_s), "resume"],
        cwd=ROOT,
        check=True,
        stderr=subprocess.DEVNULL,
    )
    with Database(tmp_path / "results.db") as database:
        latest = database.latest()
        assert latest is not None
        records = {record.name: record for record in database.records(latest.id)}
    assert latest.id == killed.id
    assert latest.state == "complete"
    assert latest.used_s >= budget_s - 0.2
    assert announced <= {c for record in records.values() for c in record.capsules}
    assert overall(judge(record).verdict for record in records.values()) is Verdict.PASSED


def _wait_until_it_speaks(
    log: Path, child: subprocess.Popen[bytes], words: str = ""
) -> None:
    deadline = time.monotonic() + 60
    while child.poll() is None and time.monotonic() < deadline:
        if (said := log.read_text()) and words in said:
            break
        time.sleep(0.01)
    assert child.poll() is None, log.read_text()


def _committed(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        rows = database.execute("SELECT capsule FROM finding WHERE capsule IS NOT NULL")
        return {capsule for (capsule,) in rows}


@pytest.mark.slow
def test_killed_campaign_leaves_no_process_behind(tmp_path: Path) -> None:
    marker = tmp_path / "pid"
    program = f"""
import os, pathlib, sys, time
from tests.campaign.fakes import *
def sit(seconds, seed, stop):
    pathlib.Path({str(marker)!r}).write_text(str(os.getpid()))
    time.sleep(60)
campaign_of(pathlib.Path({str(tmp_path)!r}), Fake("a/b", sit), budget_s=60).run(Lines())
"""
    child = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stderr=-3)
    deadline = time.monotonic() + 30
    while not (marker.exists() and marker.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    pid = int(marker.read_text())
    child.kill()
    child.wait()
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not _runs(pid)


def _runs(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.mark.slow
def test_interrupt_ends_with_the_results_so_far(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "tests.campaign.fakes", str(tmp_path), "60"]
    log = tmp_path / "log"
    with open(log, "w") as file:
        child = subprocess.Popen(program, cwd=ROOT, stderr=file)
        _wait_until_it_speaks(log, child)
        time.sleep(0.3)
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=900) == 0
    with Database(tmp_path / "results.db") as database:
        latest = database.latest()
    assert latest is not None
    assert latest.state == "interrupted"


def test_seeds_of_slices_depend_on_all_three_parts() -> None:
    seeds = {slice_seed(b, n, k) for b in (1, 2) for n in ("a", "b") for k in (0, 1)}
    assert len(seeds) == 8
    assert slice_seed(1, "a", 0) == slice_seed(1, "a", 0)
