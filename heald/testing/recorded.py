"""Recorded verdicts: how Hypothesis shrinks a failure that does not always happen.

Why       Hypothesis asks the same question again and expects the same answer. Real threads
          do not give it: the failure ends as ``FlakyFailure``, unshrunk and without a recipe.
How       Each scenario is tried once, with as many trials as it takes, and the verdict is
          recorded. From then on the record answers: shrinking, the final replay and a later
          run of the same code see one deterministic function from scenarios to verdicts.
Rules     A failure is proof and is kept, on disk, too. A pass is worth its trials; it is kept
          for this session only. What is recorded is keyed by what was compiled (source,
          headers, flags, compiler), so that a changed source starts anew.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from heald.finding import Finding
from heald.scenario import Scenario
from heald.testing.wald import SequentialTest
from heald.verdicts import UsageError

if TYPE_CHECKING:
    from heald.native.trial import Trial

Attempt: TypeAlias = "Callable[[Scenario, int, float], Trial]"
"""``attempt(scenario, seed, budget_s)`` tries a scenario, until it fails or time is up."""


@dataclass(frozen=True)
class Patience:
    """How long a scenario is tried.

    Attributes
    ----------
    trial_s
        Seconds of one trial.
    search_s
        Seconds for a scenario as long as nothing has failed.
    shrink_s
        Most seconds for one scenario once something has.
    total_shrink_s
        Most seconds for all of them together; what is asked after that is not tried and
        counts as holding, so the failure stays as small as it is by then.
    slower
        A smaller scenario still counts as failing if it fails at least at the rate seen,
        divided by this.
    miss
        Chance that one failing at just that rate is taken to hold.
    """

    trial_s: float = 0.05
    search_s: float = 0.1
    shrink_s: float = 0.5
    total_shrink_s: float = 4.0
    slower: float = 5.0
    miss: float = 0.05


@dataclass(frozen=True)
class Verdict:
    """What is recorded of one scenario.

    Attributes
    ----------
    finding
        The failure, or ``None`` if it held.
    samples, seconds, trials
        What the verdict rests on; no trials: it was not tried, patience had ended.
    from_disk
        Whether it failed in an earlier run of the same code and was not tried now.
    """

    scenario: Scenario
    finding: Finding | None
    samples: int
    seconds: float
    trials: int
    from_disk: bool = False

    @property
    def failed(self) -> bool:
        """Whether a failure is recorded."""
        return self.finding is not None


class Recordings:
    """One function from scenarios to verdicts, made up as it is asked.

    Parameters
    ----------
    name
        Of the subject and variant; part of the file's path.
    code
        Identifies what was compiled; a record of other code is not believed.
    attempt
        Tries a scenario.
    seed
        Base of the trials' seeds; each scenario's own follow from it and the scenario, so
        they do not depend on the order of asking.
    folder
        Where failures are kept; ``None``: nowhere.
    """

    def __init__(
        self,
        name: str,
        code: str,
        attempt: Attempt,
        *,
        seed: int = 0,
        patience: Patience | None = None,
        folder: Path | None = None,
    ) -> None:
        self.name = name
        self.code = code
        self.patience = patience or Patience()
        self._attempt = attempt
        self._seed = seed
        self._folder = folder
        self._known: dict[Scenario, Verdict] = {}
        self._failures = 0
        self._failing_s = 0.0
        self._shrunk_s = 0.0
        self.doubts: list[str] = []

    def verdict(self, scenario: Scenario, *, search_s: float | None = None) -> Verdict:
        """Return what is recorded of a scenario; try it if nothing is.

        `search_s` replaces the patience with one that is expected to fail.
        """
        known = self._known.get(scenario)
        if known is None:
            known = self._load(scenario) or self._try(scenario, search_s)
            self._known[scenario] = known
        return known

    @property
    def failures(self) -> list[Verdict]:
        """Every failing scenario so far, in the order of asking."""
        return [verdict for verdict in self._known.values() if verdict.failed]

    @property
    def verdicts(self) -> list[Verdict]:
        """Every verdict so far, in the order of asking."""
        return list(self._known.values())

    def smallest(self) -> Verdict | None:
        """Return the failing scenario with the fewest calls, then the fewest threads."""
        return min(
            self.failures,
            key=lambda v: (len(v.scenario.calls), len(v.scenario.threads)),
            default=None,
        )

    def _try(self, scenario: Scenario, search_s: float | None) -> Verdict:
        test, budget_s = self._plan() if search_s is None else (None, search_s)
        samples, seconds, trials = 0, 0.0, 0
        finding: Finding | None = None
        while seconds < budget_s - 1e-9:
            began = time.monotonic()
            trial = self._attempt(
                scenario,
                self._seed_of(scenario, trials),
                min(self.patience.trial_s, budget_s - seconds),
            )
            samples += trial.samples
            # Starting, judging and burying a process cost patience, too; and a trial takes
            # some time, whatever it says: the loop must end.
            seconds += max(trial.seconds, time.monotonic() - began, 0.001)
            trials += 1
            if not trial.trustworthy and not trial.failed:
                self.doubts.extend(trial.doubts)
            finding = trial.findings[0] if trial.failed else None
            decided = test is not None and test.observe(trial.failed) is not None
            if decided or trial.failed:
                break
        if self._failures:
            self._shrunk_s += seconds
        verdict = Verdict(scenario, finding, samples, seconds, trials)
        if finding is not None:
            self._failures += 1
            self._failing_s += seconds
            self._save(verdict)
        return verdict

    def _plan(self) -> tuple[SequentialTest | None, float]:
        """Return the test that decides for "holds", and the most seconds it may take.

        Without a test only time decides: nothing has failed so far, so nothing is known of
        how often failures come.
        """
        patience = self.patience
        if not self._failures:
            return None, patience.search_s
        left_s = patience.total_shrink_s - self._shrunk_s
        per_second = self._failures / max(self._failing_s, 0.001) / patience.slower
        rate = -math.expm1(-per_second * patience.trial_s)
        test = SequentialTest(rate_fails=min(1.0, rate), miss=patience.miss)
        return test, max(0.0, min(patience.shrink_s, left_s))

    def _seed_of(self, scenario: Scenario, trial: int) -> int:
        text = json.dumps([self._seed, scenario.to_json(), trial])
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") >> 1

    def _path(self, scenario: Scenario) -> Path | None:
        if self._folder is None:
            return None
        text = json.dumps([self.name, self.code, scenario.to_json()])
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return self._folder / self.name.replace("/", "-") / f"{digest}.json"

    def _load(self, scenario: Scenario) -> Verdict | None:
        path = self._path(scenario)
        if path is None:
            return None
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            finding = Finding.from_json(data["finding"])
            samples, seconds = int(data["samples"]), float(data["seconds"])
            trials = int(data["trials"])
        except (OSError, ValueError, KeyError, TypeError, UsageError):
            return None  # not there, or cut off: it is tried again
        self._failures += 1
        self._failing_s += seconds
        return Verdict(scenario, finding, samples, seconds, trials, from_disk=True)

    def _save(self, verdict: Verdict) -> None:
        path = self._path(verdict.scenario)
        if path is None or verdict.finding is None:
            return
        data = {
            "name": self.name,
            "code": self.code,
            "finding": verdict.finding.to_json(),
            "samples": verdict.samples,
            "seconds": verdict.seconds,
            "trials": verdict.trials,
        }
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_suffix(f".{os.getpid()}")
        temporary.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
        os.replace(temporary, path)
