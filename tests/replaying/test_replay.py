from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from heald import UsageError, Verdict
from heald.capsule import Capsule, digest_of
from heald.replaying.replay import replay

MODULE = """
import hashlib, os, pathlib, signal
from heald import Finding
from heald.targets.target import SliceResult

SOURCE = pathlib.Path(__file__).with_name("subject.c")


class Target:
    expected = "flawed"

    def __init__(self, name, again):
        self.name, self.again = name, again

    def run_slice(self, *, seconds, seed, stop):
        raise AssertionError("a replay replays")

    def replay_slice(self, finding, *, seconds, seed, stop):
        return self.again(finding, seed)

    def identity(self):
        return {"sources": {"subject.c": hashlib.sha256(SOURCE.read_bytes()).hexdigest()}}


def third_time(finding, seed):
    failed = seed == finding.seed + 2
    findings = [Finding(finding.kind, "again", count=4)] if failed else []
    return SliceResult(50, 0.1, findings=findings)


def never(finding, seed):
    return SliceResult(1000, 0.1)


def differently(finding, seed):
    return SliceResult(10, 0.1, findings=[Finding("broken invariant", "another")])


def crash(finding, seed):
    os.kill(os.getpid(), signal.SIGSEGV)


def doubtful(finding, seed):
    return SliceResult(10, 0.1, trustworthy=False)


TARGETS = [
    Target(f"fake/{f.__name__}", f) for f in (third_time, never, differently, crash, doubtful)
]
"""


@pytest.fixture
def capsule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Capsule:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "place.py").write_text(MODULE)
    source = tmp_path / "subject.c"
    source.write_text("int x;\n")
    return Capsule(
        check="native",
        kind="lost update",
        message="2 increments gave 1",
        target="fake/third_time",
        place=str(tmp_path / "place.py"),
        sources={"subject.c": digest_of(source)},
        seed=100,
    )


def test_replay_goes_on_until_it_fails_and_counts(capsule: Capsule) -> None:
    replayed = replay(capsule, budget_s=200)
    assert replayed.verdict is Verdict.FAILED
    assert (replayed.failures, replayed.samples) == (4, 150)
    low, high = replayed.interval
    assert low < 4 / 150 < high
    assert replayed.message.startswith(
        "failed again: 4 of 150 samples in 0.3 s (95 % interval"
    )
    assert replayed.changed == {}


@pytest.mark.slow
def test_not_failing_is_undecided_while_the_source_is_the_same(capsule: Capsule) -> None:
    replayed = replay(replace(capsule, target="fake/never"), budget_s=0.3)
    assert replayed.verdict is Verdict.UNDECIDED
    assert replayed.samples >= 1000
    assert "The source is as it was" in replayed.message


@pytest.mark.slow
def test_not_failing_is_a_pass_once_the_source_has_changed(capsule: Capsule) -> None:
    Path(capsule.place).with_name("subject.c").write_text("int y;\n")
    replayed = replay(replace(capsule, target="fake/never"), budget_s=0.3)
    assert replayed.verdict is Verdict.PASSED
    assert replayed.changed == {"subject.c": "changed"}


@pytest.mark.slow
def test_failing_in_another_way_is_said_so(capsule: Capsule) -> None:
    replayed = replay(replace(capsule, target="fake/differently"), budget_s=0.3)
    assert replayed.verdict is Verdict.FAILED
    assert replayed.failures == 0
    assert replayed.message.startswith("failed in another way: broken invariant x")


def test_crash_that_comes_again_is_the_failure(capsule: Capsule) -> None:
    replayed = replay(replace(capsule, target="fake/crash", kind="crash"), budget_s=200)
    assert (replayed.verdict, replayed.failures) == (Verdict.FAILED, 1)


@pytest.mark.slow
def test_replay_without_power_is_untrustworthy(capsule: Capsule) -> None:
    replayed = replay(replace(capsule, target="fake/doubtful"), budget_s=0.3)
    assert replayed.verdict is Verdict.UNTRUSTWORTHY


def test_unknown_check_and_missing_target_are_usage_errors(capsule: Capsule) -> None:
    with pytest.raises(
        UsageError, match=r"^this heald cannot replay a capsule of check 'x'"
    ):
        replay(replace(capsule, check="x"), budget_s=1)
    with pytest.raises(
        UsageError,
        match=r"^there is no target fake/gone in .* any more; there are fake/third_time, ",
    ):
        replay(replace(capsule, target="fake/gone"), budget_s=1)
