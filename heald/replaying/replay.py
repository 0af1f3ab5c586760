"""Replay of a capsule: run what failed again until it fails or the budget ends.

Each kind of check has its replayer. On real threads one repetition proves little, so the
answer is a count: how often it failed in how many samples, and between which rates that
lies. What is replayed is the code as it is now: if it changed since, that is said first.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from heald import deadline
from heald.capsule import Capsule, load_capsule
from heald.deadline import OutOfTime
from heald.finding import Finding
from heald.intervals import bound_on_missed, show_rate
from heald.kinds import of_ended
from heald.replaying.confined import can_confine, needs_mounts, replay_confined
from heald.replaying.elsewhere import UNPACKED, at_home
from heald.replaying.result import Replay
from heald.replaying.sources import changed_sources
from heald.replaying.stranger import check_capsule, check_carried
from heald.stop import Stop
from heald.targets.isolated import Ended, IsolatedSlice
from heald.targets.places import target_named
from heald.targets.target import SliceResult, Target
from heald.verdicts import EngineError, UsageError, Verdict

#: Length of one slice, seconds: how soon a failure ends the replay.
SLICE_S = 1.0
#: How long past its slice it may stay silent before that counts as a hang.
PATIENCE_S = 30.0
_LAST_MOMENT_S = 0.5


_NO_CAPSULE = (
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    TypeError,
    ValueError,
    struct.error,
)

Replayer = Callable[[Capsule, float], Replay]
"""Given a capsule and a budget in seconds."""

#: Kind of check to who replays it, as ``module:function``. The checks that run a target
#: differ in the target only.
REPLAYERS: dict[str, str] = {
    **dict.fromkeys(
        ("native", "transfer", "message"), "heald.replaying.replay:replay_target"
    ),
    "explored": "heald.replaying.replay:replay_explored",
}


def replay(capsule: Capsule | Path | str, *, budget_s: float = 60.0) -> Replay:
    """Replay a capsule of any kind, or the one in a file.

    Raises
    ------
    UsageError
        If this version cannot replay that kind, or its target is not to be found.
    EngineError
        If the engine failed.
    """
    if not isinstance(capsule, Capsule):
        capsule = load_capsule(Path(capsule))
    if capsule.check not in REPLAYERS:
        raise UsageError(
            f"this heald cannot replay a capsule of check {capsule.check!r}, only "
            f"{', '.join(sorted(REPLAYERS))}; it was written by heald {capsule.heald}"
        )
    check_carried(capsule.carried)
    began = time.monotonic()
    try:
        with at_home(capsule) as here:
            check_capsule(here)
            if here.carried is not UNPACKED or not can_confine() or needs_mounts(here):
                return _replay(here, budget_s)
            return replay_confined(
                _replay, here, budget_s, patience_s=_patience_s(budget_s)
            )
    except OutOfTime as ended:
        message = f"not replayed: {ended}"
        seconds = time.monotonic() - began
        return Replay(Verdict.UNDECIDED, 0, 0, seconds, {}, None, {}, message)


def _patience_s(seconds: float) -> float:
    """Return how long past its time a child is waited for: not past the end of all."""
    left_s = deadline.left_s()
    if left_s is None:
        return PATIENCE_S
    return min(PATIENCE_S, max(0.0, left_s - seconds) + _LAST_MOMENT_S)


def _replay(capsule: Capsule, budget_s: float) -> Replay:
    module, _, function = REPLAYERS[capsule.check].partition(":")
    replayer: Replayer = getattr(import_module(module), function)
    try:
        return replayer(capsule, budget_s)
    except _NO_CAPSULE as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> UsageError:
    """Return the error for what is of the right types and still makes no sense somewhere."""
    return UsageError(f"a damaged capsule: {type(error).__name__}: {error}")


def replay_target(capsule: Capsule, budget_s: float) -> Replay:
    """Run the capsule's target on the capsule's scenario, slice by slice."""
    target = target_named(capsule.target, capsule.place)
    identity = getattr(target, "identity", None)
    now = identity().get("sources", {}) if callable(identity) else {}
    changed = changed_sources(capsule, now)
    finding = capsule.finding()
    runs = _Runs(capsule.kind)
    end = time.monotonic() + budget_s
    number = 0
    while not runs.failures and (left_s := end - time.monotonic()) > 0:
        seconds = min(SLICE_S, max(left_s, 0.05))
        try:
            runs.add(_slice(target, finding, seconds, number), seconds)
        except OutOfTime:
            if not runs.samples:
                raise
            break
        number += 1
    return _concluded(runs, changed)


def replay_explored(capsule: Capsule, budget_s: float) -> Replay:
    """Run one execution again, of a scenario or of a whole program."""
    if capsule.scenario is None:
        from heald.replaying.program import replay_program

        return replay_program(capsule, budget_s)
    from heald.replaying.scenario import replay_scenario

    return replay_scenario(capsule, budget_s)


def _slice(target: Target, finding: Finding, seconds: float, number: int) -> Ended:
    # The first slice has the very seed of the failure, the others go on from it.
    seed = (finding.seed or 0) + number

    def work(stop: Stop) -> SliceResult:
        again = getattr(target, "replay_slice", None)
        if again is None:
            return target.run_slice(seconds=seconds, seed=seed, stop=stop)
        try:
            result = again(finding, seconds=seconds, seed=seed, stop=stop)
        except _NO_CAPSULE as error:
            raise _damaged(error) from error
        assert isinstance(result, SliceResult)
        return result

    deadline.must_be_left("it was run")
    ended = IsolatedSlice(work).wait(seconds + _patience_s(seconds))
    if ended.how == "killed" and deadline.left_s() == 0.0:
        raise OutOfTime(ended.message)  # it had no time to be called a hang
    return ended


class _Runs:
    """Sums over the slices of a replay."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.failures = self.samples = self.slices = self.doubtful = 0
        self.seconds = 0.0
        self.finding: Finding | None = None
        self.other_kinds: dict[str, int] = {}

    def add(self, ended: Ended, slice_s: float) -> None:
        """Add a slice, however it ended."""
        if ended.how == "usage error":
            raise UsageError(ended.message)
        if ended.how == "engine error":
            raise EngineError(ended.message.removeprefix("engine bug: "))
        self.slices += 1
        result = ended.result or _lost(
            ended, slice_s
        )  # what it saw before it was lost counts
        self.samples += result.samples
        self.seconds += result.seconds
        self.doubtful += not result.trustworthy
        for finding in result.findings:
            self._count(finding)

    def _count(self, finding: Finding) -> None:
        if finding.kind == self.kind:
            self.failures += finding.count
            self.samples = max(self.samples, self.failures)
            self.finding = self.finding or finding
        else:
            seen = self.other_kinds.get(finding.kind, 0)
            self.other_kinds[finding.kind] = seen + finding.count


def _lost(ended: Ended, slice_s: float) -> SliceResult:
    kind = of_ended(ended.how)
    return SliceResult(1, slice_s, findings=(Finding(kind, ended.message),))


def _concluded(runs: _Runs, changed: Mapping[str, str]) -> Replay:
    if runs.failures or runs.other_kinds:
        verdict = Verdict.FAILED
    elif runs.samples == 0 or 2 * runs.doubtful > runs.slices:
        verdict = Verdict.UNTRUSTWORTHY
    else:
        verdict = Verdict.PASSED if changed else Verdict.UNDECIDED
    replayed = Replay(
        verdict=verdict,
        failures=runs.failures,
        samples=runs.samples,
        seconds=runs.seconds,
        changed=changed,
        finding=runs.finding,
        other_kinds=runs.other_kinds,
        message="",
    )
    return replace(replayed, message=_message(replayed))


def _message(replayed: Replay) -> str:
    samples = f"{replayed.samples:,} samples in {replayed.seconds:.1f} s"
    if replayed.failures:
        low, high = map(show_rate, replayed.interval)
        return (
            f"failed again: {replayed.failures:,} of {samples} "
            f"(95 % interval of the rate: {low} to {high})"
        )
    if replayed.other_kinds:
        kinds = ", ".join(f"{kind} x {n:,}" for kind, n in replayed.other_kinds.items())
        return f"failed in another way: {kinds}, in {samples}"
    if replayed.verdict is Verdict.UNTRUSTWORTHY:
        return f"could not have failed: {samples}, and the power check failed or none ran"
    worth = (
        f"95 % sure that fewer than {show_rate(bound_on_missed(replayed.samples))} fail"
    )
    if replayed.changed:
        return f"did not fail with the source as it is now: {samples}; {worth}"
    return (
        f"did not fail again: {samples}; {worth}. The source is as it was, so the flaw is "
        "still there: give it more time with --budget, or the machine it failed on"
    )
